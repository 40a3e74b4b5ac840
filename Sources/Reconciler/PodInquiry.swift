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

    /// Returns when its task is cancelled, or soon after stopping begins.
    func run(until stopping: Interruption) async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let remove = bench.index.changes.add(wake)
        defer { remove() }
        wake.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.remind(wake) }
            for await _ in wakes {
                noteUnhealthy()
                for key in due().prefix(Self.batch) where !stopping.isRaised { await ask(key, stopping) }
                // A large apply changes thousands of members: they are gone through once a second at most.
                guard !stopping.isRaised, (try? await bench.time.sleep(.seconds(1))) != nil else { break }
            }
            group.cancelAll()
        }
    }

    /// What stays unhealthy changes nothing, and is asked after all the same.
    private func remind(_ wake: AsyncStream<Void>.Continuation) async {
        while (try? await bench.time.sleep(Self.patience)) != nil {
            if questions.withLock({ !$0.isEmpty }) { wake.yield() }
        }
    }

    /// Takes up workloads that became unhealthy, and forgets those that are healthy again.
    private func noteUnhealthy() {
        let unhealthy = bench.index.members.filter {
            Self.kinds.contains($0.key.groupKind) && [.progressing, .degraded].contains($0.value.health.status)
        }
        let first = bench.time.uptime() + Self.patience
        let recovered = questions.withLock { questions in
            let recovered = questions.keys.filter { unhealthy[$0] == nil }
            for key in recovered { questions[key] = nil }
            for key in unhealthy.keys where questions[key] == nil {
                questions[key] = Question(at: first, pause: .seconds(5))
            }
            return recovered
        }
        for key in recovered { bench.index.note(finding: nil, for: key) }
    }

    private func due() -> [ResourceKey] {
        let now = bench.time.uptime()
        return questions.withLock { questions in
            questions.filter { $0.value.at <= now }.sorted { ($0.value.at, $0.key) < ($1.value.at, $1.key) }.map(\.key)
        }
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
