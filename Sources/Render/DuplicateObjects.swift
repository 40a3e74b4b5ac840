// SPDX-License-Identifier: Apache-2.0

import Domain

/// Finds objects that two services want.
enum DuplicateObjects {
    /// The services, each one that wants another's object failed: applying either would undo the other.
    static func refuse(in services: [RenderedService], _ environment: Environment) -> [RenderedService] {
        var owners: [ObjectIdentity: (service: Int, manifest: Int)] = [:]
        owners.reserveCapacity(services.reduce(0) { $0 + $1.manifests.count })
        var problems: [Int: [Diagnostic]] = [:]
        for (index, service) in services.enumerated() {
            for (position, manifest) in service.manifests.enumerated() {
                let identity = ObjectIdentity(manifest, namespace: environment.namespace)
                guard let owner = owners[identity] else {
                    owners[identity] = (index, position)
                    continue
                }
                let first = services[owner.service].manifests[owner.manifest]
                problems[index, default: []].append(problem(identity, manifest, first))
                problems[owner.service, default: []].append(problem(identity, first, manifest))
            }
        }
        guard !problems.isEmpty else { return services }
        var result = services
        for (index, diagnostics) in problems { result[index] = services[index].failing(with: diagnostics) }
        return result
    }

    private static func problem(_ identity: ObjectIdentity, _ mine: Manifest, _ other: Manifest) -> Diagnostic {
        Diagnostic(
            .error, Codes.duplicateObject, "\(identity) is also wanted by the service \(other.service)",
            at: mine.location, hint: "the other one is at \(other.location); an object has one manifest",
            service: mine.service)
    }
}

extension RenderedService {
    fileprivate func failing(with more: [Diagnostic]) -> RenderedService {
        RenderedService(
            name: name, team: team, release: release, needs: needs, manifests: [], diagnostics: diagnostics + more,
            inputs: inputs, source: source, hold: hold)
    }
}
