// SPDX-License-Identifier: Apache-2.0

import Domain
import Health
import Lifecycle

/// Asks after the pods of workloads that are not healthy, so that a reason names the pod, the container and its last words.
///
/// Nothing is asked while all is well; of what stays unhealthy, less and less often.
final class PodInquiry: Sendable {
    private struct Question {
        var at: Duration
        var pause: Duration
    }

    private let bench: Workbench
    private let questions = Lock<[ResourceKey: Question]>([:])
    /// Whether reading logs was refused once: then it is not tried again.
    private let mayReadLogs = Lock(true)

    private static let kinds: Set<GroupKind> = Set(
        ["Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "ReplicaSet.apps", "Job.batch"].map { GroupKind($0) })
    /// A rollout that goes well is over by then.
    private static let patience = Duration.seconds(3)
    private static let pauseLimit = Duration.seconds(300)
    /// Workloads in one go: a cluster whose every workload fails must not get a request for each at once.
    private static let batch = 10

    init(_ bench: Workbench) { self.bench = bench }

    /// Returns when stopping begins.
    func run(until stopping: Interruption) async {
        while !stopping.isRaised {
            for key in due().prefix(Self.batch) where !stopping.isRaised { await ask(key, stopping) }
            _ = await wait(
                upTo: max(.milliseconds(200), timeToNext()), time: bench.time, interruption: stopping,
                on: [bench.index.changes], until: { self.noteUnhealthy() })
        }
    }

    /// Whether a workload became unhealthy that was not before. Forgets those that are healthy again.
    private func noteUnhealthy() -> Bool {
        let unhealthy = bench.index.members.filter {
            Self.kinds.contains($0.key.groupKind) && [.progressing, .degraded].contains($0.value.health.status)
        }
        let first = bench.time.uptime() + Self.patience
        return questions.withLock { questions in
            for key in questions.keys where unhealthy[key] == nil {
                questions[key] = nil
                bench.index.note(finding: nil, for: key)
            }
            let new = unhealthy.keys.filter { questions[$0] == nil }
            for key in new { questions[key] = Question(at: first, pause: .seconds(5)) }
            return !new.isEmpty
        }
    }

    private func due() -> [ResourceKey] {
        let now = bench.time.uptime()
        return questions.withLock { questions in
            questions.filter { $0.value.at <= now }.sorted { ($0.value.at, $0.key) < ($1.value.at, $1.key) }.map(\.key)
        }
    }

    private func timeToNext() -> Duration {
        let now = bench.time.uptime()
        return questions.withLock { $0.values.map(\.at).min().map { $0 - now } ?? .seconds(3600) }
    }

    private func ask(_ key: ResourceKey, _ stopping: Interruption) async {
        let now = bench.time.uptime()
        questions.withLock { questions in
            guard var question = questions[key] else { return }
            question.at = now + question.pause
            question.pause = min(question.pause * 2, Self.pauseLimit)
            questions[key] = question
        }
        // A question that fails is asked again at its next turn.
        guard let discovery = try? await bench.cluster.discovery(refresh: false),
            let workloads = discovery.resource(for: key.groupKind),
            let pods = discovery.resource(for: GroupKind("Pod")),
            let workload = try? await bench.get(key, workloads, detail: .whole, stopping),
            let selector = PodFinding.selector(of: workload), let namespace = key.namespace,
            let list = try? await bench.request(
                stopping,
                { () throws(ClusterError) in
                    try await self.bench.cluster.list(pods, namespace: namespace, labels: selector, detail: .whole)
                })
        else { return }
        guard let finding = PodFinding(list.items, now: bench.time.now()) else {
            return bench.index.note(finding: nil, for: key)
        }
        let words = await lastWords(of: finding, stopping).map { ", its log ends: \($0)" } ?? ""
        bench.index.note(finding: finding.reason + words, for: key)
    }

    /// The last line that is not empty; nil without permission, or without words.
    private func lastWords(of finding: PodFinding, _ stopping: Interruption) async -> String? {
        guard let container = finding.container, mayReadLogs.withLock({ $0 }) else { return nil }
        do throws(ClusterError) {
            let log = try await bench.request(stopping) { () throws(ClusterError) in
                try await self.bench.cluster.log(
                    pod: finding.pod, namespace: finding.namespace, container: container, lines: 5)
            }
            let line = log.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
            return line.map { String($0.prefix(300)) }
        } catch {
            if error.code == .forbidden { mayReadLogs.withLock { $0 = false } }
            return nil
        }
    }
}
