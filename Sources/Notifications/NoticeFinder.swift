// SPDX-License-Identifier: Apache-2.0

import Domain

/// Finds what people want to hear of: statuses come in one after the other, notices go out. Pure but for its memory.
///
/// What was told last of a service is remembered; only another truth that lasts is told. A service that goes up and down says so
/// once, then is silent until `repeatAfter` has passed, and the last word is always true.
struct NoticeFinder: Sendable {
    struct Settings: Sendable {
        /// How long something must be so before it is told: rollouts stumble for moments.
        var settle = Duration.seconds(15)
        /// The same about the same release is told again only after this time.
        var repeatAfter = Duration.seconds(600)
    }

    /// A service in an environment, or the environment as a whole.
    struct Subject: Sendable, Hashable {
        let environment: Name
        let service: Name?
    }

    enum Condition: Sendable, Hashable {
        case well
        /// With the release it is about, or what else tells one failure from the next.
        case failed(String)
        case unhealthy(String)

        var isWell: Bool { self == .well }
    }

    struct Belief: Sendable {
        var told = Condition.well
        /// When each was told last.
        var times: [Condition: Instant] = [:]
        /// What seems to be so now, and since when.
        var seen: (condition: Condition, since: Instant)?
    }

    let settings: Settings
    var beliefs: [Subject: Belief] = [:]
    /// The newest release event that was looked at.
    var heads: [Subject: CommitID] = [:]
    /// Environments whose releases were read before.
    var knownEnvironments: Set<Name> = []
    var heldPrunes: [Name: String] = [:]
    /// Whether something is to be kept over the life of the process that was not kept yet.
    var hasChanged = false
    private let newID: @Sendable () -> String

    init(settings: Settings = Settings(), newID: @escaping @Sendable () -> String) {
        self.settings = settings
        self.newID = newID
    }

    /// What is new in this status. To be called after changes, and every now and then: what must last is told later.
    mutating func look(at status: DaemonStatus, now: Instant) -> [Notice] {
        let names = Set(status.environments.map(\.environment.name))
        if !names.isEmpty {
            beliefs = beliefs.filter { names.contains($0.key.environment) }
            heads = heads.filter { names.contains($0.key.environment) }
        }
        return status.environments.flatMap { look(at: $0, now) }
    }

    private mutating func look(at status: EnvironmentStatus, _ now: Instant) -> [Notice] {
        // Of several replicas the one that writes tells; the others keep up, to go on when it is their turn.
        let isOurs = status.leadership?.isOurs ?? true
        let notices =
            environmentNotices(status, now) + serviceNotices(status, now) + releaseNotices(status, now)
            + pruneNotices(status, now)
        return isOurs ? notices : []
    }

    // MARK: - conditions

    private mutating func environmentNotices(_ status: EnvironmentStatus, _ now: Instant) -> [Notice] {
        let name = status.environment.name
        let problem = status.sourceProblem ?? status.clusterProblem
        // Before the branch was read nothing is known.
        let condition: Condition? = problem != nil ? .failed("environment") : status.head == nil ? nil : .well
        let event = update(Subject(environment: name, service: nil), condition, now)
        return event.map { event in
            let summary = problem.map { "\(name): \($0)" } ?? "\(name) can be reconciled again"
            return [notice(event, status, [], nil, actor: nil, summary, now)]
        } ?? []
    }

    private mutating func serviceNotices(_ status: EnvironmentStatus, _ now: Instant) -> [Notice] {
        let name = status.environment.name
        if !status.services.isEmpty {
            let present = Set(status.services.map(\.name))
            beliefs = beliefs.filter { subject, _ in
                subject.environment != name || subject.service.map { present.contains($0) } ?? true
            }
        }
        var notices: [Notice] = []
        for service in status.services {
            let subject = Subject(environment: name, service: service.name)
            guard let event = update(subject, service.condition, now) else { continue }
            let version = service.release.map { " \($0.version)" } ?? ""
            let what = "\(service.name)\(version) in \(name)"
            let summary =
                event == .recovered
                ? "\(what) is well again" : "\(what): \(service.verdict.rawValue.lowercased()): \(service.reason)"
            notices.append(notice(event, status, [service.name], service.release?.version, actor: nil, summary, now))
        }
        return notices
    }

    /// - Parameter condition: Nil while it is neither well nor bad.
    private mutating func update(_ subject: Subject, _ condition: Condition?, _ now: Instant) -> Notice.Event? {
        var belief = beliefs[subject] ?? Belief()
        defer { beliefs[subject] = belief }
        guard let condition else {
            belief.seen = nil
            return nil
        }
        if belief.seen?.condition != condition { belief.seen = (condition, now) }
        let since = belief.seen?.since ?? now
        guard condition != belief.told, now.since(since) >= settings.settle,
            belief.times[condition].map({ now.since($0) >= settings.repeatAfter }) ?? true
        else { return nil }
        belief.told = condition
        hasChanged = true
        belief.times = belief.times.filter { now.since($0.value) < settings.repeatAfter }
        belief.times[condition] = now
        switch condition {
        case .well: return .recovered
        case .failed: return .failed
        case .unhealthy: return .unhealthy
        }
    }

    // MARK: - releases

    private mutating func releaseNotices(_ status: EnvironmentStatus, _ now: Instant) -> [Notice] {
        let name = status.environment.name
        let isKnown = knownEnvironments.contains(name)
        guard isKnown || !status.releases.isEmpty else { return [] }
        var fresh: [(service: Name, event: ReleaseEvent)] = []
        for (service, events) in status.releases.sorted(by: { $0.key < $1.key }) {
            let subject = Subject(environment: name, service: service)
            guard let newest = events.first, newest.commit.id != heads[subject] else { continue }
            let known = heads.updateValue(newest.commit.id, forKey: subject)
            hasChanged = true
            guard isKnown else { continue }
            let index = known.flatMap { known in events.firstIndex { $0.commit.id == known } }
            // After rewritten history, and for a service that is new here, the newest alone is news.
            fresh += events.prefix(min(index ?? 1, 5)).reversed().map { (service, $0) }
        }
        knownEnvironments.insert(name)
        var notices: [Notice] = []
        var promoted: Set<CommitID> = []
        for (service, event) in fresh {
            switch event.action {
            case "rollback":
                let version = event.release?.version
                notices.append(
                    notice(
                        .rolledBack, status, [service], version, event,
                        "\(service) in \(name) was rolled back\(version.map { " to \($0)" } ?? "")", now))
            case "promote" where promoted.insert(event.commit.id).inserted:
                let together = fresh.filter { $0.event.commit.id == event.commit.id }
                let texts = together.map { "\($0.service)\($0.event.release.map { " \($0.version)" } ?? "")" }
                let rest = texts.count > 10 ? ", and \(texts.count - 10) more" : ""
                notices.append(
                    notice(
                        .promoted, status, together.map(\.service),
                        together.count == 1 ? event.release?.version : nil, event,
                        "promoted to \(name): \(texts.prefix(10).joined(separator: ", "))\(rest)", now))
            default: continue
            }
        }
        return notices
    }

    private mutating func pruneNotices(_ status: EnvironmentStatus, _ now: Instant) -> [Notice] {
        let name = status.environment.name
        let held = status.held(.prune)
        guard heldPrunes.updateValue(held.hash, forKey: name) ?? "" != held.hash else {
            return []
        }
        hasChanged = true
        guard !held.isEmpty else { return [] }
        let count = counted(held.items.count, "deletion")
        let summary = "\(name): \(count) above the budget wait to be confirmed"
        return [notice(.heldPrune, status, [], nil, actor: nil, summary, now)]
    }

    // MARK: - notices

    private func notice(
        _ event: Notice.Event, _ status: EnvironmentStatus, _ services: [Name], _ version: String?,
        _ release: ReleaseEvent, _ what: String, _ now: Instant
    ) -> Notice {
        let by = release.actor.map { " by \($0)" } ?? ""
        return notice(event, status, services, version, release.commit.id, actor: release.actor, what + by, now)
    }

    private func notice(
        _ event: Notice.Event, _ status: EnvironmentStatus, _ services: [Name], _ version: String?,
        _ commit: CommitID? = nil, actor: String?, _ summary: String, _ now: Instant
    ) -> Notice {
        Notice(
            id: newID(), at: now, event: event, environment: status.environment.name, services: services,
            version: version, commit: commit ?? status.head?.id, actor: actor,
            // Reasons quote servers and pods: at most this much of them leaves the house.
            summary: String(summary.prefix(500)))
    }
}

extension ServiceStatus {
    /// Nil while it is on its way.
    fileprivate var condition: NoticeFinder.Condition? {
        let key = release.map { "\($0.version) \($0.image)" } ?? ""
        return switch verdict {
        case .failed: .failed(key)
        case .unhealthy, .stuck: .unhealthy(key)
        case .healthy, .held, .drifted: .well
        case .rollingOut, .waiting, .unknown, .notHere: nil
        }
    }
}
