// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Which workloads an autoscaler of the cluster scales, whoever made it: their replicas are not ours to set.
/// Safe from any thread.
final class Autoscalers: Sendable {
    private struct Answer {
        let targets: Set<ResourceKey>
        let at: Duration
    }

    private let answers = Lock<[String: Answer]>([:])
    /// So long an answer is good for: many objects are written at a time.
    private static let age = Duration.seconds(10)
    static let kind = GroupKind("HorizontalPodAutoscaler.autoscaling")

    /// `desired`, without a word about replicas when an autoscaler of the cluster has it. Asks at most once for a
    /// namespace within ten seconds; who may not look hears of none.
    func adjusted(_ desired: DesiredObject, _ bench: Workbench) async -> DesiredObject {
        guard let replicas = IgnoredFields.replicas, let namespace = desired.key.namespace,
            desired.manifest.object[at: "spec", "replicas"] != nil, !desired.ignored.pointers.contains(replicas),
            await targets(in: namespace, bench).contains(desired.key)
        else { return desired }
        return desired.ignoring(replicas)
    }

    private func targets(in namespace: String, _ bench: Workbench) async -> Set<ResourceKey> {
        let now = bench.time.uptime()
        if let known = answers.withLock({ $0[namespace] }), now - known.at < Self.age { return known.targets }
        // Not to be allowed to look is no reason not to write.
        let found = (try? await list(in: namespace, bench)) ?? []
        let targets = Set(found.compactMap { Self.target(of: $0, in: namespace) })
        answers.withLock { $0[namespace] = Answer(targets: targets, at: now) }
        return targets
    }

    private func list(in namespace: String, _ bench: Workbench) async throws(ClusterError) -> [Value] {
        guard let resource = try await bench.cluster.discovery(refresh: false).resource(for: Self.kind) else {
            return []
        }
        return try await bench.gate.pass { () throws(ClusterError) in
            try await bench.cluster.list(resource, namespace: namespace, labels: "", detail: .whole)
        }.items
    }

    /// What an autoscaler of a manifest or of the cluster scales; nil for an object that is none.
    static func target(of object: Value, in namespace: String) -> ResourceKey? {
        let isScaledObject = object["kind"]?.string == "ScaledObject"
        guard isScaledObject || object["kind"]?.string == "HorizontalPodAutoscaler",
            let target = object[at: "spec", "scaleTargetRef"], let name = target["name"]?.string
        else { return nil }
        // KEDA leaves out what is a Deployment.
        let version = target["apiVersion"]?.string ?? (isScaledObject ? "apps/v1" : "")
        let kind = target["kind"]?.string ?? (isScaledObject ? "Deployment" : "")
        return ResourceKey(
            groupKind: GroupVersionKind(apiVersion: version, kind: kind).groupKind, namespace: namespace, name: name)
    }
}
