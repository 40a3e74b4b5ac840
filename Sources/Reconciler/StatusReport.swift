// SPDX-License-Identifier: Apache-2.0

import Domain

/// Turns what is known of an environment into what people are told. Pure.
struct StatusReport {
    let status: EnvironmentStatus
    /// Services that are on their way to being healthy.
    let rolling: Set<Name>

    init(
        _ book: EnvironmentBook.State, members: [ResourceKey: Member], finished: [ResourceKey: String] = [:],
        hooks: [ResourceKey: String] = [:], now: Duration, date: Instant, stuckAfter: Duration
    ) {
        var status = EnvironmentStatus(environment: book.environment)
        status.head = book.head
        status.appliedCommit = book.appliedCommit
        status.releases = book.releases
        status.diagnostics = (book.rendering?.diagnostics ?? []) + book.ruleProblems
        status.sourceProblem = book.sourceProblem
        status.signature = book.signature
        status.leadership = book.leadership
        status.clusterProblem = book.clusterProblem ?? book.leadership?.problem
        status.held = book.held
        status.orphans = book.orphans
        status.suspension = book.suspension(at: date)
        status.isReconciling = book.isReconciling
        status.lastPass = book.lastPass
        let keys = Dictionary(grouping: book.desired.objects.values, by: \.service)
        var rolling: Set<Name> = []
        for service in book.rendering?.services ?? [] {
            let view = ServiceView(
                service: service, objects: (keys[service.name] ?? []).sorted { $0.position < $1.position },
                book: book, members: members, finished: finished, hooks: hooks, date: date)
            let (verdict, cause) = view.verdict(
                rollingFor: book.rollingSince[service.name].map { now - $0 } ?? .zero, stuckAfter: stuckAfter)
            let isWaiting = [.waiting, .drifted].contains(verdict)
            let reason = isWaiting ? view.explained(cause, status.suspension) : cause
            if view.isRolling { rolling.insert(service.name) }
            status.services.append(
                ServiceStatus(
                    name: service.name, team: service.team, release: service.release, verdict: verdict,
                    reason: reason, since: book.releases[service.name]?.first?.commit.date,
                    objects: view.statuses,
                    diagnostics: service.diagnostics + (book.oddities[service.name] ?? []),
                    hold: service.hold.flatMap { $0.isActive(at: date) ? $0 : nil }))
        }
        self.status = status
        self.rolling = rolling
    }
}

/// One service, for judging it.
private struct ServiceView {
    let service: RenderedService
    let objects: [DesiredObject]
    let book: EnvironmentBook.State
    let members: [ResourceKey: Member]
    let finished: [ResourceKey: String]
    let hooks: [ResourceKey: String]
    /// The wall clock, for holds that end by themselves.
    let date: Instant

    private func isFinished(_ object: DesiredObject) -> Bool {
        if let hook = object.hook { return hooks[hook.origin] == hook.run }
        return members[object.key] == nil && finished[object.key] == object.digest
    }

    var statuses: [ObjectStatus] {
        objects.map { object in
            if isFinished(object) { return ObjectStatus(key: object.key, health: .healthy, isInSync: true) }
            let member = members[object.key]
            let isInSync =
                member?.digest == object.digest && member?.sync == .proven && book.problems[object.key] == nil
            return ObjectStatus(
                key: object.key, health: member?.health ?? ObjectHealth(.missing, "it is not in the cluster"),
                isInSync: isInSync)
        }
    }

    /// What waits for a suspension to end says so.
    func explained(_ reason: String, _ suspension: Suspension?) -> String {
        guard let suspension else { return reason }
        return "\(reason.replacing(" and is being put back", with: "")); \(suspension.sentence)"
    }

    var isRolling: Bool {
        objects.contains { [.progressing, .terminating].contains(members[$0.key]?.health.status) }
    }

    /// The first that holds, in the order in which people must care.
    func verdict(rollingFor: Duration, stuckAfter: Duration) -> (Verdict, String) {
        if let reason = failure { return (.failed, reason) }
        if let reason = first(.degraded) { return (.unhealthy, reason) }
        if isRolling, rollingFor >= stuckAfter {
            let minutes = rollingFor.components.seconds / 60
            return (.stuck, "\(first(.progressing) ?? first(.terminating) ?? "not ready"), for \(minutes) min")
        }
        if let reason = first(.progressing) ?? first(.terminating) { return (.rollingOut, reason) }
        if let reason = waiting { return (.waiting, reason) }
        if let reason = drift { return (.drifted, reason) }
        if let hold = service.hold, hold.isActive(at: date) { return (.held, hold.sentence) }
        if let problem = book.clusterProblem { return (.unknown, problem) }
        if let reason = first(.unknown) { return (.unknown, reason) }
        return (.healthy, "")
    }

    private var failure: String? {
        if let problem = service.diagnostics.first(where: { $0.severity == .error }) { return "\(problem)" }
        let failed = book.problems.values.filter { $0.service == service.name && $0.action == .failed }
        return failed.min { $0.key < $1.key }.map { "\($0.key): \($0.message)" }
    }

    private func first(_ health: HealthStatus) -> String? {
        objects.lazy.compactMap { object in
            guard let found = members[object.key]?.health, found.status == health else { return nil }
            return "\(object.key): \(found.reason)"
        }.first
    }

    private var waiting: String? {
        let skipped = book.problems.values.filter { $0.service == service.name && $0.action == .skipped }
        if let reason = skipped.min(by: { $0.key < $1.key })?.message { return reason }
        // Rendered, but not yet looked up in the cluster's discovery: nothing is known of its objects.
        if objects.isEmpty, !service.manifests.isEmpty { return "it is not compared with the cluster yet" }
        guard
            let object = objects.first(where: {
                !isFinished($0) && !book.settled.contains($0.key) && book.problems[$0.key] == nil
            })
        else { return nil }
        return book.isReconciling ? "\(object.key) is being applied" : "\(object.key) is not applied yet"
    }

    private var drift: String? {
        for object in objects {
            if isFinished(object) { continue }
            if let fight = book.fights[object.key] { return "\(object.key): \(fight)" }
            guard let member = members[object.key] else { return "\(object.key) was deleted and is being put back" }
            if member.sync == .drifted { return "\(object.key) was changed and is being put back" }
        }
        return nil
    }
}

extension Suspension {
    /// "suspended by Ann until 2026-12-01T09:00:00Z: cluster upgrade"
    var sentence: String {
        let who = by.map { " by \($0)" } ?? ""
        let end = until.map { " until \($0)" } ?? ""
        return "suspended\(who)\(end): \(reason)"
    }
}

extension Hold {
    /// "held by Ann until 2026-12-01T09:00:00Z: memory leak"
    fileprivate var sentence: String {
        let who = by.map { " by \($0)" } ?? ""
        let end = until.map { " until \($0)" } ?? ""
        return "\(isForAll ? "the environment is held" : "held")\(who)\(end): \(reason)"
    }
}
