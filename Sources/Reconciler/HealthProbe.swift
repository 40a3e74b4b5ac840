// SPDX-License-Identifier: Apache-2.0

import Domain

/// Waits until objects are healthy: by watching where somebody watches, by asking where nobody does.
struct HealthProbe: Sendable {
    let bench: Workbench
    let interruption: Interruption

    private static let askInterval = Duration.milliseconds(500)
    /// Without a status, whether a custom resource works is a matter of time: see `Health.health(of:now:)`.
    private static let lookInterval = Duration.seconds(10)

    /// Looks again at custom resources on their way, whose health may change without any event.
    func askUndecided() async {
        let undecided = bench.index.members.filter {
            $0.value.health.status == .progressing && Self.isCustom($0.key.groupKind)
        }
        await ask(undecided.keys.sorted())
    }

    /// - Parameter timeout: How long it may take; nil for the environment's setting.
    /// - Returns: What is not healthy in time, and why; nil when everything is.
    func wait(for keys: [ResourceKey], upTo timeout: Duration? = nil) async -> String? {
        let timeout = timeout ?? bench.settings.healthTimeout
        let limit = bench.time.uptime() + timeout
        let index = bench.index
        while true {
            await ask(
                keys.filter {
                    Self.problem($0, in: index) != nil
                        && (!index.isFollowed($0.groupKind) || Self.isCustom($0.groupKind))
                })
            let problem: @Sendable () -> String? = { Self.firstProblem(of: keys, in: index) }
            let left = limit - bench.time.uptime()
            guard let reason = problem() else { return nil }
            if let failed = keys.first(where: { Self.isHopeless($0, in: index) }) {
                return "\(failed) failed: \(index.member(failed)?.health.reason ?? "")"
            }
            guard left > .zero else {
                return "\(reason); given up after \(timeout.components.seconds) s"
            }
            let isAsking = keys.contains { !index.isFollowed($0.groupKind) }
            let result = await Reconciler.wait(
                upTo: min(left, isAsking ? Self.askInterval : Self.lookInterval), time: bench.time,
                interruption: interruption,
                on: [index.changes],
                until: { problem() == nil || keys.contains { Self.isHopeless($0, in: index) } })
            if result == .interrupted { return reason }
        }
    }

    /// A Job that failed stays so.
    private static func isHopeless(_ key: ResourceKey, in index: MemberIndex) -> Bool {
        key.groupKind == GroupKind("Job.batch") && index.member(key)?.health.status == .degraded
    }

    private static func isCustom(_ kind: GroupKind) -> Bool {
        kind.group.contains(".") && !kind.group.hasSuffix(".k8s.io")
    }

    /// One look at each object. A lazy `compactMap` looks twice, and dies when the object became healthy in between.
    static func firstProblem(of keys: [ResourceKey], in index: MemberIndex) -> String? {
        for key in keys {
            if let problem = problem(key, in: index) { return problem }
        }
        return nil
    }

    private static func problem(_ key: ResourceKey, in index: MemberIndex) -> String? {
        guard let member = index.member(key) else {
            return index.finished[key] == nil && !index.hasEndedWell(key) ? "\(key) is missing" : nil
        }
        switch member.health.status {
        case .healthy, .suspended: return nil
        case .progressing, .terminating, .missing, .degraded, .unknown: return "\(key): \(member.health.reason)"
        }
    }

    /// Asks after objects of kinds that nobody watches.
    func askUnfollowed(_ keys: [ResourceKey]) async { await ask(keys.filter { !bench.index.isFollowed($0.groupKind) }) }

    private func ask(_ keys: [ResourceKey]) async {
        guard !keys.isEmpty, let discovery = try? await bench.cluster.discovery(refresh: false) else { return }
        for key in keys {
            // A failed question is asked again a moment later.
            guard let resource = discovery.resource(for: key.groupKind),
                let object = try? await bench.get(key, resource, detail: .whole, interruption)
            else { continue }
            bench.index.observe(.modified(object), of: key.groupKind)
        }
    }
}
