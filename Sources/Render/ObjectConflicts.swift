// SPDX-License-Identifier: Apache-2.0

import Domain

/// Which service wants which object, and which objects are wanted by more than one.
struct ObjectConflicts: Sendable {
    /// One owner of each object.
    private var owners: [ObjectIdentity: Name] = [:]
    /// Objects with two owners or more, and all of them.
    private var shared: [ObjectIdentity: Set<Name>] = [:]
    /// Where objects go that name no namespace.
    private let namespace: String

    init(namespace: String) { self.namespace = namespace }

    var isEmpty: Bool { shared.isEmpty }

    /// Takes note of what a service wants now instead of what it wanted before.
    mutating func replace(_ before: RenderedService?, with after: RenderedService?) {
        for manifest in before?.manifests ?? [] {
            remove(ObjectIdentity(manifest, namespace: namespace), manifest.service)
        }
        for manifest in after?.manifests ?? [] {
            add(ObjectIdentity(manifest, namespace: namespace), manifest.service)
        }
    }

    private mutating func add(_ identity: ObjectIdentity, _ service: Name) {
        guard let owner = owners[identity] else {
            owners[identity] = service
            return
        }
        shared[identity, default: [owner]].insert(service)
    }

    private mutating func remove(_ identity: ObjectIdentity, _ service: Name) {
        guard var others = shared[identity] else {
            owners[identity] = nil
            return
        }
        others.remove(service)
        owners[identity] = others.first
        shared[identity] = others.count > 1 ? others : nil
    }

    /// The services, each one failed that wants another's object: applying either would undo the other.
    func refuse(in services: [RenderedService]) -> [RenderedService] {
        var first: [ObjectIdentity: Manifest] = [:]
        var problems: [Name: [Diagnostic]] = [:]
        let involved = shared.values.reduce(into: Set<Name>()) { $0.formUnion($1) }
        for service in services where involved.contains(service.name) {
            for manifest in service.manifests {
                let identity = ObjectIdentity(manifest, namespace: namespace)
                guard shared[identity] != nil else { continue }
                guard let other = first[identity] else {
                    first[identity] = manifest
                    continue
                }
                problems[service.name, default: []].append(problem(identity, manifest, other))
                problems[other.service, default: []].append(problem(identity, other, manifest))
            }
        }
        return services.map { service in problems[service.name].map(service.failing) ?? service }
    }

    private func problem(_ identity: ObjectIdentity, _ mine: Manifest, _ other: Manifest) -> Diagnostic {
        Diagnostic(
            .error, Codes.duplicateObject, "\(identity) is also wanted by the service \(other.service)",
            at: mine.location, hint: "the other one is at \(other.location); an object has one manifest",
            service: mine.service)
    }
}

extension RenderedService {
    /// The same, with more errors and without manifests.
    func failing(with more: [Diagnostic]) -> RenderedService {
        RenderedService(
            name: name, team: team, release: release, needs: needs, manifests: [], diagnostics: diagnostics + more,
            inputs: inputs, source: source, hold: hold, adoptsExisting: adoptsExisting)
    }
}
