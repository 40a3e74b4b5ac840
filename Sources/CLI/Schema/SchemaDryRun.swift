// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import Render

/// Asks a server what it would say to each object, with strict field validation, and writes nothing.
struct SchemaDryRun {
    let cluster: KubernetesCluster

    /// - Parameter isAsked: Which kinds the server is asked about.
    /// - Throws: `ClusterError` when the server cannot be asked.
    func refusals(
        of rendering: Rendering, isAsked: (GroupVersionKind) -> Bool = { _ in true }
    ) async throws(ClusterError) -> [ManifestRefusal] {
        let discovery = try await cluster.discovery(refresh: false)
        let manifests = rendering.services.flatMap { service in
            service.manifests.enumerated().map { (service.name, $0.offset, $0.element) }
        }
        var refusals: [ManifestRefusal] = []
        for (service, index, manifest) in manifests where isAsked(manifest.kind) {
            func refusal(_ message: String, _ path: FieldPath, isUnknown: Bool = false) -> ManifestRefusal {
                ManifestRefusal(
                    service: service, manifest: index, message: message, path: path, isUnknown: isUnknown)
            }
            guard let resource = discovery.resource(for: manifest.kind) else {
                refusals.append(refusal("the cluster does not serve it", FieldPath(), isUnknown: true))
                continue
            }
            do throws(ClusterError) {
                try await ask(manifest, resource, manifest.namespace ?? rendering.environment.namespace)
            } catch {
                switch error.code {
                case .invalid, .immutable, .tooLarge:
                    for (message, path) in RefusalText.problems(error) { refusals.append(refusal(message, path)) }
                // Where the namespace is missing nothing can be tried.
                case .notFound, .unknownKind, .forbidden, .terminating:
                    refusals.append(refusal(error.detail, FieldPath(), isUnknown: true))
                default: throw error
                }
            }
        }
        return refusals
    }

    private func ask(_ manifest: Manifest, _ resource: APIResource, _ namespace: String) async throws(ClusterError) {
        do throws(ClusterError) {
            try await dryRun(manifest, resource, namespace)
        } catch {
            guard error.code == .notFound, resource.isNamespaced, namespace != Self.fallback else { throw error }
            do throws(ClusterError) {
                try await dryRun(manifest, resource, Self.fallback)
            } catch let other {
                // There it may meet an object of the same name, which says nothing about this one.
                throw other.code == .immutable ? error : other
            }
        }
    }

    /// Where an object is tried whose own namespace is yet to come: what a server says of fields is the same everywhere.
    private static let fallback = "default"

    private func dryRun(_ manifest: Manifest, _ resource: APIResource, _ namespace: String) async throws(ClusterError) {
        var object = manifest.object
        if resource.isNamespaced {
            var metadata = object["metadata"] ?? [:]
            metadata["namespace"] = .string(namespace)
            object["metadata"] = metadata
        }
        _ = try await cluster.apply(object, to: resource, force: true, dryRun: true)
    }
}

/// What an API server's words say about single fields.
enum RefusalText {
    static func problems(_ error: ClusterError) -> [(message: String, path: FieldPath)] {
        let causes = error.causes.compactMap { cause in
            FieldPath(cause.field).map { (cause.message, $0) }
        }
        if !causes.isEmpty { return causes }
        let unknown = unknownFields(error.detail)
        return unknown.isEmpty ? [(error.detail, FieldPath())] : unknown
    }

    /// Of `strict decoding error: unknown field "spec.foo", unknown field "spec.bar"`, and of
    /// `.spec.template.spec.foo: field not declared in schema`.
    static func unknownFields(_ text: String) -> [(message: String, path: FieldPath)] {
        var found: [(String, FieldPath)] = []
        var rest = text[...]
        while let start = rest.firstRange(of: "unknown field \"") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "\"") else { break }
            if let path = FieldPath(String(rest[..<end])) { found.append(("unknown field \(path)", path)) }
            rest = rest[end...]
        }
        for word in text.split(separator: " ") where word.hasPrefix(".") && word.hasSuffix(":") {
            guard text.contains("\(word) field not declared in schema") else { continue }
            // Items are named by their keys there, `containers[name="app"]`, which no path of ours can hold.
            let plain = word.dropFirst().dropLast().prefix { $0 != "[" }
            if let path = FieldPath(String(plain)) {
                found.append(("unknown field \(word.dropFirst().dropLast())", path))
            }
        }
        return found
    }
}
