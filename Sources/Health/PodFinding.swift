// SPDX-License-Identifier: Apache-2.0

public import Domain

/// The pod that keeps a workload from being healthy: a workload counts its pods, and does not say what ails them. Pure.
public struct PodFinding: Sendable, Hashable {
    public let pod: String
    public let namespace: String
    /// `pod cart-7f9: container app: CrashLoopBackOff: last run exited with 1`
    public let reason: String
    /// Whose last words may say more; nil when it never ran.
    public let container: String?

    /// Nil when all pods are healthy, or there is none. The worst counts, of equals the first by name.
    public init?(_ pods: [Value], now: Instant) {
        let judged = pods.map { ($0, health(of: $0, now: now)) }.filter { $0.1.status != .healthy }
        let worst = judged.min { left, right in
            (-left.1.status.severity, left.0.objectName ?? "") < (-right.1.status.severity, right.0.objectName ?? "")
        }
        guard let (pod, health) = worst, let name = pod.objectName, let namespace = pod.objectNamespace else {
            return nil
        }
        self.pod = name
        self.namespace = namespace
        reason = "pod \(name): \(health.reason)"
        container = health.status == .degraded ? Self.failedContainer(of: pod) : nil
    }

    /// The one that ended or waits after having run.
    private static func failedContainer(of pod: Value) -> String? {
        containerStatuses(of: pod).first { status in
            (status["restartCount"]?.integer ?? 0) > 0
                || status[at: "state", "terminated", "exitCode"]?.integer ?? 0 != 0
        }?["name"]?.string
    }

    /// The labels of a workload's pods as a query; nil when the workload selects none.
    public static func selector(of workload: Value) -> String? {
        guard let selector = workload[at: "spec", "selector"] else { return nil }
        // ReplicationControllers have the map itself.
        let labels = selector["matchLabels"]?.map ?? (selector["matchExpressions"] == nil ? selector.map : nil)
        var terms = (labels ?? Map()).compactMap { entry in entry.value.string.map { "\(entry.key)=\($0)" } }
        for expression in selector["matchExpressions"]?.list ?? [] {
            guard let key = expression["key"]?.string, let operation = expression["operator"]?.string else {
                return nil
            }
            let values = (expression["values"]?.list ?? []).compactMap(\.string).joined(separator: ",")
            switch operation {
            case "In": terms.append("\(key) in (\(values))")
            case "NotIn": terms.append("\(key) notin (\(values))")
            case "Exists": terms.append(key)
            case "DoesNotExist": terms.append("!\(key)")
            default: return nil
            }
        }
        return terms.isEmpty ? nil : terms.joined(separator: ",")
    }
}
