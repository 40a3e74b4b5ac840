// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What people ask of an environment through the cluster itself: notes on its ApplySet's parent.
///
/// Every daemon that follows the environment sees them at once, and they survive restarts. Who may write them is the
/// cluster's own matter: whoever may update that ConfigMap.
public struct EnvironmentOrders: Sendable {
    private let applySet: ApplySet
    private let cluster: any Cluster

    private static let attempts = 5

    public init(for environment: Environment, on cluster: any Cluster) {
        applySet = ApplySet(of: environment)
        self.cluster = cluster
    }

    /// `ConfigMap/shop/kubernaut-dev`
    public var parentKey: ResourceKey {
        ResourceKey(
            groupKind: ApplySet.resource.kind.groupKind, namespace: applySet.namespace, name: applySet.name)
    }

    /// What waits for a person, as the daemon wrote it down; nil when nothing waits.
    ///
    /// - Throws: `.notFound` when the environment was never applied; `.conflict` when the ConfigMap is somebody else's.
    public func held(_ purpose: HeldList.Purpose) async throws(ClusterError) -> HeldList? {
        HeldList(purpose, of: try await parent())
    }

    /// Lets exactly that happen which `hash` names. The daemon obeys once.
    ///
    /// - Parameter who: For the history; the cluster's audit log knows it for sure.
    public func confirm(
        _ purpose: HeldList.Purpose, _ hash: String, by who: String
    ) async throws(ClusterError) {
        let names = Confirmation.annotations(of: purpose)
        try await note([names.hash: hash, names.by: who])
    }

    /// Asks for a pass, as a person does on a page.
    public func requestPass(at time: Instant, unique: String) async throws(ClusterError) {
        try await note([Conventions.requestedAnnotation: "\(time) \(unique)"])
    }

    /// Stops every write to the environment until `until`, or until somebody ends it.
    public func suspend(reason: String, by who: String?, until: Instant?) async throws(ClusterError) {
        try await note([
            Conventions.suspendedAnnotation: reason, Conventions.suspendedByAnnotation: who,
            Conventions.suspendedUntilAnnotation: until?.description,
        ])
    }

    /// - Returns: False when nobody had suspended it here; `kubernaut.yaml` may still say so.
    public func endSuspension() async throws(ClusterError) -> Bool {
        guard ParentNotes(of: try await parent()).suspension != nil else { return false }
        try await note([
            Conventions.suspendedAnnotation: nil, Conventions.suspendedByAnnotation: nil,
            Conventions.suspendedUntilAnnotation: nil,
        ])
        return true
    }

    private func parent() async throws(ClusterError) -> Value {
        let found = try await cluster.get(
            ApplySet.resource, namespace: applySet.namespace, name: applySet.name, detail: .whole)
        guard let found else {
            throw ClusterError(
                .notFound, operation: "reading \(parentKey)",
                detail: "the environment \(applySet.environment) was never applied to this cluster")
        }
        _ = try applySet.contents(of: found)
        return found
    }

    /// Sets annotations; nil takes one off. Bound to the version that was read, repeated when another came between.
    private func note(_ annotations: [String: String?]) async throws(ClusterError) {
        for attempt in 1...Self.attempts {
            let changed = try await parent().annotated(annotations)
            do throws(ClusterError) {
                _ = try await cluster.replace(changed, in: ApplySet.resource, dryRun: false)
                return
            } catch  where error.code == .conflict && attempt < Self.attempts {
                continue
            }
        }
    }
}

extension Value {
    /// The object with these annotations; nil takes one off.
    func annotated(_ annotations: [String: String?]) -> Value {
        var object = self
        var metadata = object["metadata"] ?? [:]
        var all = metadata["annotations"] ?? [:]
        for (key, value) in annotations { all[key] = value.map { .string($0) } }
        metadata["annotations"] = all.map?.isEmpty == true ? nil : all
        object["metadata"] = metadata
        return object
    }
}
