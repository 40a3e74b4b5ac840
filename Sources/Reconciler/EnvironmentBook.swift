// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// What one pass leaves for the next, for healing and for status. Safe from any thread.
final class EnvironmentBook: Sendable {
    struct State: Sendable {
        var environment: Environment
        var snapshot: SourceSnapshot?
        var rendering: Rendering?
        var desired = DesiredState.unknown
        /// Objects that were seen to be as this revision wants them: what changes of these now is drift.
        var settled: Set<ResourceKey> = []
        /// Why an object is not as git wants it.
        var problems: [ResourceKey: ObjectResult] = [:]
        var serviceProblems: [Name: String] = [:]
        /// Objects whose healing is paused, and against whom.
        var fights: [ResourceKey: String] = [:]
        var head: Commit?
        var appliedCommit: CommitID?
        var lastCommit: CommitID?
        var lastPass: PassRecord?
        /// The newest record in the history.
        var lastStored: PassRecord?
        var isReconciling = false
        /// Whether what failed may succeed later without a new commit.
        var isRetryable = false
        /// Of the revision's health rules.
        var ruleProblems: [Diagnostic] = []
        var sourceProblem: String?
        var signature: SignatureStatus?
        var clusterProblem: String?
        var leadership: Leadership?
        /// What waits for a person.
        var held: [HeldList.Purpose: HeldList] = [:]
        /// Why objects stay that nobody wants.
        var keptReasons: [ResourceKey: String] = [:]
        var orphans: [Orphan] = []
        /// What people wrote on the parent, as last seen.
        var notes = ParentNotes()
        /// Whether somebody watches the parent.
        var isParentFollowed = false
        var releases: [Name: [ReleaseEvent]] = [:]
        /// What comparing the histories of branches says about services.
        var oddities: [Name: [Diagnostic]] = [:]
        /// Since when a service has been rolling out, by `TimeSource.uptime`.
        var rollingSince: [Name: Duration] = [:]
        /// Since when services have been healthy, and with which release.
        var healthy: [Name: (release: ReleaseRecord?, span: HealthySpan)] = [:]
        /// Services that were seen at work, or not working, when they were last judged.
        var unwell: Set<Name> = []
        /// Passes that changed nothing and are not in the history.
        var quietPasses = 0

        func suspension(at now: Instant) -> Suspension? {
            [environment.suspension, notes.suspension].compactMap(\.self).first { $0.isActive(at: now) }
        }
    }

    private let state: Lock<State>

    /// Why nothing may be written now, as the pipeline or somebody on the parent says; nil when it may.
    func suspension(at now: Instant) -> Suspension? { current.suspension(at: now) }

    /// Sends after every change.
    let changes = Broadcast()

    init(_ environment: Environment) { state = Lock(State(environment: environment)) }

    var current: State { state.withLock { $0 } }

    func update(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
        changes.send()
    }

    /// The wanted object, if this revision has been applied to it; nil while a pass still has it to do.
    func settledObject(_ key: ResourceKey) -> DesiredObject? {
        state.withLock { $0.settled.contains(key) ? $0.desired.objects[key] : nil }
    }

    /// From now on, what others change of this object is drift.
    func settle(_ key: ResourceKey) { state.withLock { _ = $0.settled.insert(key) } }

    /// Remembers since when services have been rolling out.
    func noteRolling(_ services: Set<Name>, at now: Duration) {
        state.withLock { state in
            var since: [Name: Duration] = [:]
            for service in services { since[service] = state.rollingSince[service] ?? now }
            state.rollingSince = since
        }
    }

    /// Remembers since when services have been healthy with the release they have, and says it of each.
    func noteHealth(_ services: [ServiceStatus], at now: Instant) -> [ServiceStatus] {
        state.withLock { state in
            var (spans, unwell) = (state.healthy, state.unwell)
            let judged = services.map { service -> ServiceStatus in
                var service = service
                let name = service.name
                switch service.wellness {
                case .well:
                    let known = spans[name]
                    let isSame = known.map { $0.release == service.release } ?? false
                    // Where neither an end nor a beginning was seen, it may have been so for long.
                    let span =
                        isSame ? known?.span : HealthySpan(since: now, wasSeen: known != nil || unwell.contains(name))
                    service.healthy = span
                    spans[name] = span.map { (service.release, $0) }
                    unwell.remove(name)
                case .unwell:
                    spans[name] = nil
                    unwell.insert(name)
                case .unknown: spans[name] = nil
                // What is known is of the release before: the next verdict tells.
                case .between: break
                }
                return service
            }
            let names = Set(services.map(\.name))
            state.healthy = spans.filter { names.contains($0.key) }
            state.unwell = unwell.intersection(names)
            return judged
        }
    }
}

extension ServiceStatus {
    fileprivate enum Wellness {
        case well
        case unwell
        /// The cluster is still being brought to what git says.
        case between
        case unknown
    }

    /// Whether it works, as far as this one look tells.
    fileprivate var wellness: Wellness {
        switch verdict {
        case .healthy: .well
        // A hold says nothing of health.
        case .held: objects.allSatisfy { [.healthy, .suspended].contains($0.health.status) } ? .well : .unknown
        case .failed, .unhealthy, .stuck, .rollingOut, .drifted: .unwell
        case .waiting: .between
        case .unknown, .notHere: .unknown
        }
    }
}
