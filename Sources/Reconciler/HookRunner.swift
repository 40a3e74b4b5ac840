// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Runs one hook to its end and keeps its output. Never two runs of one hook at a time, and none is killed.
struct HookRunner: Sendable {
    let bench: Workbench
    let interruption: Interruption
    let order: HookOrder

    struct Result: Sendable {
        let written: ObjectWriter.Written
        var logs: [HookLog] = []
    }

    /// Never throws: a failure is a result. Nil when interrupted; the Job runs on, and the next pass waits for it.
    func run(_ item: Plan.Item, _ hook: Hook) async -> Result? {
        switch item.step {
        case .leave: return Result(written: .init(action: .unchanged))
        case .refuse(let reason): return Result(written: .init(action: .failed, message: reason, isRetryable: false))
        default: break
        }
        do throws(ClusterError) {
            var action = Action.unchanged
            if case .awaitHook = item.step {
                // It runs already, or ended while nobody looked.
            } else {
                guard let created = try await start(item, hook) else { return nil }
                guard created.action != .failed else { return Result(written: created) }
                action = created.action
            }
            return try await end(of: item.desired, hook, action)
        } catch {
            if error.code == .cancelled { return nil }
            let message = Explanation.text(for: error, desired: item.desired)
            return Result(written: .init(action: .failed, message: message, isRetryable: error.isRetryable))
        }
    }

    /// Nil when interrupted.
    private func start(_ item: Plan.Item, _ hook: Hook) async throws(ClusterError) -> ObjectWriter.Written? {
        if case .rerun(let uid) = item.step {
            try await delete(item.key, uid, item.desired.resource)
            try await awaitEnd(of: item.key, uid, item.desired.resource)
        }
        let earlier = runs(of: hook).filter { $0.key != item.key }
        // Until the deadline of the earlier run, which the cluster itself keeps.
        let isOver: @Sendable () -> Bool = { [index = bench.index] in
            earlier.keys.allSatisfy { key in
                [.healthy, .degraded, nil].contains(index.member(key)?.health.status)
            }
        }
        let probe = HealthProbe(bench: bench, interruption: interruption)
        let limit = bench.time.uptime() + hook.deadline + bench.settings.readinessTimeout
        while !isOver() {
            await probe.askUnfollowed(earlier.keys.sorted())
            let left = limit - bench.time.uptime()
            guard left > .zero else {
                return .init(action: .failed, message: "the run before it did not end", isRetryable: true)
            }
            _ = await wait(
                upTo: min(left, .milliseconds(500)), time: bench.time, interruption: interruption,
                on: [bench.index.changes], until: isOver)
            if interruption.isRaised { return nil }
        }
        let writer = ObjectWriter(bench: bench, interruption: interruption)
        let step = if case .awaitDeletion = item.step { item.step } else { Plan.Step.create }
        let attempt = item.desired.attempted(by: order.commit)
        guard let written = await writer.bring(Plan.Item(desired: attempt, step: step)) else { return nil }
        guard written.action != .failed else { return written }
        for (key, member) in earlier { try await delete(key, member.uid, item.desired.resource) }
        return written
    }

    private func runs(of hook: Hook) -> [ResourceKey: Member] {
        bench.index.members.filter { $0.value.hookOf == hook.origin }
    }

    private func delete(_ key: ResourceKey, _ uid: String, _ resource: APIResource) async throws(ClusterError) {
        _ = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.delete(
                resource, namespace: key.namespace, name: key.name, preconditions: Preconditions(uid: uid),
                propagation: .background, dryRun: false)
        }
        bench.index.recordDeletion(key)
    }

    /// - Throws: `.terminating`, naming what holds it, when that takes too long.
    private func awaitEnd(of key: ResourceKey, _ uid: String, _ resource: APIResource) async throws(ClusterError) {
        let limit = bench.time.uptime() + bench.settings.readinessTimeout
        let writer = ObjectWriter(bench: bench, interruption: interruption)
        var polls = 0
        while let found = try await bench.get(key, resource, detail: .metadata, interruption), found.uid == uid {
            guard bench.time.uptime() < limit else {
                let holders = found[at: "metadata", "finalizers"]?.list?.compactMap(\.string) ?? []
                throw ClusterError(
                    .terminating, operation: "running \(key) again",
                    detail: "the run that failed is still being deleted; it waits for "
                        + (holders.isEmpty ? "the cluster" : "the finalizers \(holders.joined(separator: ", "))"))
            }
            polls += 1
            try await writer.pollPause(polls, "waiting for \(key) to go")
        }
    }

    private func end(
        of desired: DesiredObject, _ hook: Hook, _ action: Action
    ) async throws(ClusterError) -> Result? {
        let probe = HealthProbe(bench: bench, interruption: interruption)
        let problem = await probe.wait(for: [desired.key], upTo: hook.deadline + bench.settings.readinessTimeout)
        if problem != nil, interruption.isRaised { return nil }
        let logs = await HookOutput(bench: bench, interruption: interruption).read(desired)
        guard let problem else {
            try await ParentKeeper(bench: bench, interruption: interruption).remember(hook: hook)
            return Result(written: .init(action: action, message: "ran to its end"), logs: logs)
        }
        let last = logs.first { !$0.text.isEmpty }?.lastLine.map { "; last it said: \($0)" } ?? ""
        return Result(
            written: .init(action: .failed, message: "the hook did not succeed: \(problem)\(last)", isRetryable: false),
            logs: logs)
    }
}

/// Reads what a hook's pods wrote.
struct HookOutput: Sendable {
    let bench: Workbench
    let interruption: Interruption

    private static let pods = APIResource(
        kind: GroupVersionKind(group: "", version: "v1", kind: "Pod"), plural: "pods", isNamespaced: true, verbs: [])
    private static let podLimit = 3
    private static let lines = 200
    private static let bytes = 64 << 10

    /// The newest pods first. What cannot be read says why; losing it is no reason to fail.
    func read(_ desired: DesiredObject) async -> [HookLog] {
        func log(_ pod: String, _ container: String, _ text: String, _ problem: String?) -> HookLog {
            HookLog(
                key: desired.key, service: desired.service, pod: pod, container: container, text: text,
                problem: problem)
        }
        let pods: [Value]
        do throws(ClusterError) {
            pods = try await bench.request(interruption) { () throws(ClusterError) in
                try await bench.cluster.list(
                    Self.pods, namespace: desired.key.namespace, labels: "job-name=\(desired.key.name)",
                    detail: .whole)
            }.items
        } catch {
            return [log("", "", "", error.detail)]
        }
        let newest = pods.sorted { Self.age($0) > Self.age($1) }.prefix(Self.podLimit)
        var logs: [HookLog] = []
        for pod in newest {
            let spec = pod["spec"]
            let containers = (spec?["initContainers"]?.list ?? []) + (spec?["containers"]?.list ?? [])
            for name in containers.compactMap({ $0["name"]?.string }) {
                let podName = pod.objectName ?? ""
                do throws(ClusterError) {
                    let text = try await bench.gate.pass { () throws(ClusterError) in
                        try await bench.cluster.log(
                            pod: podName, namespace: desired.key.namespace ?? "", container: name, lines: Self.lines)
                    }
                    logs.append(log(podName, name, String(decoding: text.utf8.suffix(Self.bytes), as: UTF8.self), nil))
                } catch {
                    logs.append(log(podName, name, "", error.detail))
                }
            }
        }
        return logs
    }

    private static func age(_ pod: Value) -> String { pod[at: "metadata", "creationTimestamp"]?.string ?? "" }
}

extension HookLog {
    var lastLine: String? {
        text.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map { String($0.prefix(300)) }
    }
}
