// SPDX-License-Identifier: Apache-2.0

import Domain

/// Waits for what other objects stand on: namespaces that are active, kinds that the cluster serves.
struct Foundation: Sendable {
    let bench: Workbench
    let interruption: Interruption

    static let namespaces = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "Namespace"), plural: "namespaces",
        isNamespaced: false, verbs: [])

    /// Creates the environment's own namespace when it is missing. It never becomes a member: nobody prunes it.
    func ensureNamespace() async throws(ClusterError) {
        let name = bench.applySet.namespace
        let key = ResourceKey(groupKind: Self.namespaces.kind.groupKind, namespace: nil, name: name)
        var found: Value?
        do throws(ClusterError) {
            found = try await bench.get(key, Self.namespaces, detail: .metadata, interruption)
        } catch  where error.code == .forbidden {
            // Who may not look at namespaces is given an existing one.
            return
        }
        if found?[at: "metadata", "deletionTimestamp"]?.string != nil {
            try await awaitNamespace(name)
            found = nil
        }
        guard found == nil else { return }
        let namespace = Self.namespace(of: bench.applySet)
        _ = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.apply(namespace, to: Self.namespaces, force: false, dryRun: false)
        }
    }

    /// The environment's own namespace, as it is created.
    static func namespace(of set: ApplySet) -> Value {
        let key = ResourceKey(groupKind: namespaces.kind.groupKind, namespace: nil, name: set.namespace)
        return [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .string(set.namespace),
                "labels": [Conventions.environmentLabel: .string(set.environment.text)],
                "annotations": [Conventions.objectAnnotation: .string(key.identity)],
            ],
        ]
    }

    /// Returns when the namespace is not being deleted: gone, or there again.
    ///
    /// - Throws: `.terminating` with what the cluster says about it, when that takes too long.
    func awaitNamespace(_ name: String) async throws(ClusterError) {
        let key = ResourceKey(groupKind: Self.namespaces.kind.groupKind, namespace: nil, name: name)
        try await poll("waiting for the namespace \(name)") { () throws(ClusterError) -> String? in
            let found = try await bench.get(key, Self.namespaces, detail: .whole, interruption)
            guard let found, found[at: "metadata", "deletionTimestamp"]?.string != nil else { return nil }
            let stuck = (found[at: "status", "conditions"]?.list ?? []).filter { $0["status"]?.string == "True" }
            let reasons = stuck.compactMap { $0["message"]?.string }
            return "the namespace \(name) is being deleted"
                + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; "))
        }
    }

    /// Returns when the cluster has established the CRD.
    func awaitEstablished(_ desired: DesiredObject) async throws(ClusterError) {
        try await poll("waiting for \(desired.key)") { () throws(ClusterError) -> String? in
            let found = try await bench.get(desired.key, desired.resource, detail: .whole, interruption)
            let conditions = found?[at: "status", "conditions"]?.list ?? []
            if let refused = conditions.first(where: {
                $0["type"]?.string == "NamesAccepted" && $0["status"]?.string == "False"
            }) {
                throw ClusterError(
                    .invalid, operation: "establishing \(desired.key)",
                    detail: "the cluster does not accept its names: \(refused["message"]?.string ?? "no reason given")")
            }
            let isEstablished = conditions.contains {
                $0["type"]?.string == "Established" && $0["status"]?.string == "True"
            }
            return isEstablished ? nil : "\(desired.key) is not established yet"
        }
    }

    /// Returns when discovery lists the kind: that comes later than "established".
    func awaitServed(_ kind: GroupVersionKind) async throws(ClusterError) {
        try await poll("waiting for the kind \(kind)") { () throws(ClusterError) -> String? in
            let discovery = try await bench.request(interruption) { () throws(ClusterError) in
                try await bench.cluster.discovery(refresh: true)
            }
            return discovery.resource(for: kind) == nil ? "the cluster does not serve \(kind) yet" : nil
        }
    }

    /// Asks until `problem` gives nil.
    private func poll(
        _ operation: String, _ problem: () async throws(ClusterError) -> String?
    ) async throws(ClusterError) {
        let limit = bench.time.uptime() + bench.settings.readinessTimeout
        let writer = ObjectWriter(bench: bench, interruption: interruption)
        var polls = 0
        while let reason = try await problem() {
            guard bench.time.uptime() < limit else {
                throw ClusterError(.terminating, operation: operation, detail: reason)
            }
            polls += 1
            try await writer.pollPause(polls, operation)
        }
    }
}
