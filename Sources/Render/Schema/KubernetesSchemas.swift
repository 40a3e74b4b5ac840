// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What a cluster says about the fields of its kinds: the OpenAPI documents that it serves, one for each group and
/// version.
public struct KubernetesSchemas: Sendable {
    private var documents: [String: SchemaDocument] = [:]
    /// By kind, from definitions among the manifests.
    private var custom: [GroupVersionKind: SchemaDocument] = [:]
    /// Every group and version that the cluster serves, such as `apps/v1`; nil when that is not known.
    public var served: Set<String>?

    public init() {}

    /// Adds an OpenAPI 3 document.
    ///
    /// - Parameter groupVersion: `apps/v1`, or `v1`.
    public mutating func add(_ document: Value, for groupVersion: String) {
        documents[groupVersion] = SchemaCompiler.document(document)
    }

    /// Adds an OpenAPI 3 document whose own paths say which group and version it is about.
    ///
    /// - Returns: False when it has no such paths.
    public mutating func add(_ document: Value) -> Bool {
        for entry in document["paths"]?.map ?? Map() {
            let parts = entry.key.split(separator: "/")
            guard let root = parts.first, root == "api" || root == "apis" else { continue }
            let count = root == "api" ? 2 : 3
            guard parts.count >= count else { continue }
            add(document, for: parts[1..<count].joined(separator: "/"))
            return true
        }
        return false
    }

    /// Adds the kinds that CustomResourceDefinitions among `manifests` describe; they count more than what the cluster
    /// has, since they will be applied first.
    public mutating func add(definitionsAmong manifests: some Sequence<Manifest>) {
        for manifest in manifests
        where manifest.kind.groupKind == GroupKind("CustomResourceDefinition.apiextensions.k8s.io") {
            let document = SchemaCompiler.document(customResourceDefinition: manifest.object)
            for kind in document.kinds.keys { custom[kind] = document }
        }
    }

    /// Whether objects of a kind can be compared with anything.
    public func describes(_ kind: GroupVersionKind) -> Bool { document(for: kind) != nil }

    func document(for kind: GroupVersionKind) -> SchemaDocument? {
        if let own = custom[kind] { return own }
        guard let document = documents[kind.apiVersion], document.kinds[kind] != nil else { return nil }
        return document
    }

    /// What is known about a kind whose fields are not, for people.
    func hint(for kind: GroupVersionKind) -> String? {
        guard let served, !served.contains(kind.apiVersion) else { return nil }
        let versions = served.filter { GroupVersionKind(apiVersion: $0, kind: "").group == kind.group }
            .filter { documents[$0]?.kinds.keys.contains { $0.kind == kind.kind } ?? true }.sorted()
        if versions.isEmpty {
            return "the cluster does not serve \(kind.apiVersion): it has to get the kind before it is applied"
        }
        return "the cluster serves \(versions.joined(separator: ", ")) instead of \(kind.apiVersion)"
    }
}
