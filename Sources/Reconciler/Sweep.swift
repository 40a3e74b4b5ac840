// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Looks through the whole cluster for objects that carry our label and that no revision wants: also in kinds and
/// namespaces that the parent does not announce. Lists metadata alone; writes nothing.
struct Sweep: Sendable {
    let bench: Workbench
    let interruption: Interruption

    struct Findings: Sendable {
        /// In the order of their keys.
        var orphans: [Orphan] = []
        /// Kinds with real members that nobody looks after, because the parent does not announce them.
        var unannounced: Set<GroupKind> = []
        /// Kinds that could not be listed, and why.
        var unread: [GroupKind: String] = [:]
    }

    /// Kinds whose objects the cluster makes itself, with the labels of what they were made for.
    private static let derived: Set<GroupKind> = [
        GroupKind("Endpoints"), GroupKind("EndpointSlice.discovery.k8s.io"), GroupKind("Event"),
        GroupKind("Event.events.k8s.io"), GroupKind("PodMetrics.metrics.k8s.io"),
        GroupKind("NodeMetrics.metrics.k8s.io"), GroupKind("ControllerRevision.apps"),
    ]

    /// - Parameters:
    ///   - announced: Kinds that passes look after.
    ///   - kept: Why a pass left an object where it is.
    func run(
        wanted: Set<ResourceKey>, hookOrigins: Set<ResourceKey>, announced: Set<GroupKind>,
        kept: [ResourceKey: String]
    ) async throws(ClusterError) -> Findings {
        let discovery = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.discovery(refresh: true)
        }
        let kinds = Set(discovery.resources.map(\.kind.groupKind)).subtracting(Self.derived)
        var findings = Findings()
        for kind in kinds.sorted() {
            guard !interruption.isRaised, let resource = discovery.resource(for: kind),
                resource.verbs.isEmpty || resource.verbs.isSuperset(of: ["list", "delete"])
            else { continue }
            let items: [Value]
            do throws(ClusterError) {
                items = try await bench.request(interruption) { () throws(ClusterError) in
                    try await bench.cluster.list(
                        resource, namespace: nil, labels: bench.applySet.selector, detail: .metadata)
                }.items
            } catch {
                if [.unreachable, .unauthorized, .cancelled].contains(error.code) { throw error }
                findings.unread[kind] = error.detail
                continue
            }
            for object in items {
                guard let key = ResourceKey(of: object, kind: kind), !wanted.contains(key), !Self.isDerived(object)
                else { continue }
                let origin = object.annotation(Conventions.hookOfAnnotation).flatMap { ResourceKey(identity: $0) }
                if let origin, hookOrigins.contains(origin) { continue }
                let ownership = Ownership(of: object, key: key, in: bench.applySet)
                if ownership == .ours, !announced.contains(kind) { findings.unannounced.insert(kind) }
                let reason = kept[key] ?? Self.reason(ownership, object, isAnnounced: announced.contains(kind))
                findings.orphans.append(
                    Orphan(
                        key: key, service: object.label(Conventions.serviceLabel).flatMap { Name($0) }, reason: reason))
            }
        }
        return findings
    }

    /// A controller made it from one of ours, and takes it away with it.
    private static func isDerived(_ object: Value) -> Bool {
        (object[at: "metadata", "ownerReferences"]?.list ?? []).contains { $0["controller"]?.bool == true }
    }

    private static func reason(_ ownership: Ownership, _ object: Value, isAnnounced: Bool) -> String {
        switch ownership {
        case .ours where object[at: "metadata", "deletionTimestamp"]?.string != nil:
            let holders = object[at: "metadata", "finalizers"]?.list?.compactMap(\.string) ?? []
            return "it is being deleted"
                + (holders.isEmpty ? "" : " and waits for the finalizers \(holders.joined(separator: ", "))")
        case .ours where isAnnounced: return "the next pass deletes it, within the budget"
        case .ours: return "the parent did not announce its kind; the next pass takes it up"
        case .copy:
            let original = object.annotation(Conventions.objectAnnotation) ?? "another object"
            return "it is a copy of \(original), with its label: never deleted by itself"
        case .unproven: return "somebody gave it our label: never deleted by itself"
        case .another, .nobody: return "it changed while it was looked at"
        }
    }
}

/// The sweep without a daemon, for people.
public struct OrphanSearch: Sendable {
    private let environment: Environment
    private let bench: Workbench

    public init(of environment: Environment, on cluster: any Cluster, settings: ReconcilerSettings = .init()) {
        self.environment = environment
        bench = Workbench(toLookAt: environment, on: cluster, settings)
    }

    /// - Returns: Orphans in the order of their keys, and the kinds that could not be listed with the reason.
    public func orphans(
        of rendering: Rendering
    ) async throws(ClusterError) -> (orphans: [Orphan], unread: [GroupKind: String]) {
        let interruption = Interruption()
        let discovery = try await bench.cluster.discovery(refresh: false)
        let desired = DesiredState(rendering, discovery: discovery)
        let live = try await LiveReader(bench: bench, interruption: interruption).read(desired, discovery: discovery)
        let plan = PrunePlan(desired, live: live, environment: environment, confirmed: nil)
        let findings = try await Sweep(bench: bench, interruption: interruption).run(
            wanted: desired.wanted, hookOrigins: desired.hookOrigins, announced: live.announced.groupKinds,
            kept: plan.reasons)
        return (findings.orphans, findings.unread)
    }
}

extension PrunePlan {
    /// Why each object is still there that nobody wants.
    var reasons: [ResourceKey: String] {
        let waiting = Dictionary(held.items.map { ($0.key, "its deletion waits for a person") }) { first, _ in first }
        return kept.merging(waiting) { first, _ in first }
    }
}
