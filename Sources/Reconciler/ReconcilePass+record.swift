// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

// What a pass writes down on its way.

/// Why a pass ended before its end.
private enum PassError: Error, CustomStringConvertible {
    case interrupted
    case unreadable(String)
    case suspended(Suspension)
    /// Another replica writes to the environment; nil when it is not known which.
    case following(String?)

    var description: String {
        switch self {
        case .interrupted: "a newer commit came, or kubernaut is stopping"
        case .unreadable(let problem): problem
        case .suspended(let suspension): suspension.sentence
        case .following(let leader?): "\(leader) leads this environment and applies it"
        case .following(nil): "this replica does not lead the environment, and nobody is known to"
        }
    }
}

extension ReconcilePass {
    func begin(_ trigger: Trigger, _ commit: CommitID?) -> PassRecord {
        let now = bench.time.now()
        var record = PassRecord(
            id: bench.passIDs.next(at: now, unitRandom: bench.time.unitRandom), environment: environment.name,
            trigger: trigger,
            startedAt: now)
        record.commit = commit
        record.previousCommit = book.current.lastCommit
        book.update { $0.isReconciling = true }
        if trigger != .retry, trigger != .drift { bench.retries.forgetAll() }
        return record
    }

    func accept(_ rendering: Rendering, of snapshot: SourceSnapshot, into record: inout PassRecord) throws {
        record.diagnostics = rendering.allDiagnostics
        let problem = rendering.diagnostics.first { $0.severity == .error }
        book.update { state in
            state.snapshot = snapshot
            state.head = snapshot.commit
            state.sourceProblem = problem.map(\.description)
            if problem == nil { state.rendering = rendering }
        }
        if let problem { throw PassError.unreadable("\(problem)") }
    }

    /// Health rules that cannot be used are shown and left out: nothing has to wait for them.
    func note(_ problemsOfRules: [Diagnostic], into record: inout PassRecord) {
        record.diagnostics += problemsOfRules
        book.update { $0.ruleProblems = problemsOfRules }
    }

    /// What the rendering wants, in terms of this cluster. Asks the cluster again before calling a kind unknown.
    func want(_ rendering: Rendering) async throws(ClusterError) -> (DesiredState, Discovery) {
        var discovery = try await discovery(refresh: false)
        var desired = DesiredState(rendering, discovery: discovery)
        if !desired.refusals.isEmpty || !discovery.unavailable.isEmpty {
            discovery = try await self.discovery(refresh: true)
            desired = DesiredState(rendering, discovery: discovery)
        }
        return (desired, discovery)
    }

    /// What the environment owned under its old name becomes its own.
    func rehome(_ discovery: Discovery) async throws(ClusterError) {
        guard bench.mayWrite, let former = environment.formerly, book.suspension(at: bench.time.now()) == nil else {
            return
        }
        try await Rehoming(bench: bench, interruption: interruption, former: ApplySet(of: former)).run(discovery)
    }

    private func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.discovery(refresh: refresh)
        }
    }

    /// What a person let be taken over and this pass did not come to: the word holds for the next one.
    func unfinished(
        _ applied: ApplyReport, of plan: Plan, _ live: LiveState
    ) -> [HeldList.Purpose: HeldList] {
        let isDone = plan.adoption.granted.keys.allSatisfy { applied.settled.contains($0) }
        return isDone ? [:] : [.adopt: live.memory.held(.adopt)].filter { !$0.value.isEmpty }
    }

    /// A confirmation counts once. While not everything can be read, one that does not fit waits: it may again.
    func settle(
        _ live: LiveState, after plan: Plan, but unfinished: Set<HeldList.Purpose>, with parent: ParentKeeper,
        into record: inout PassRecord
    ) async throws {
        for (purpose, confirmation) in live.notes.confirmations where !unfinished.contains(purpose) {
            let isRefused = plan.held[purpose] != nil
            if !live.unread.isEmpty, isRefused || purpose == .prune { continue }
            if isRefused {
                let who = confirmation.by.map { " by \($0)" } ?? ""
                record.warnings.append(
                    "a confirmation\(who) for `kubernaut \(purpose.rawValue)` named another list than the one that is held, and was put aside"
                )
            }
            try await parent.settle(confirmation, of: purpose)
        }
    }

    func adopt(_ plan: Plan, _ desired: DesiredState, _ live: LiveState) {
        let items = plan.foundation + plan.services.flatMap(\.items)
        let drifted = drifted(from: desired)
        book.update { state in
            state.desired = desired
            state.settled = Set(items.filter { $0.step == .leave && $0.desired.hook == nil }.map(\.key))
            state.held = plan.held
            state.keptReasons = plan.prune.reasons
            state.clusterProblem = nil
            state.notes = live.notes
            if state.suspension(at: bench.time.now()) != nil { state.settled.formUnion(drifted) }
        }
    }

    /// What was settled as it is wanted still, and has gone or was changed since: where nothing may be put back, that is no new work.
    private func drifted(from desired: DesiredState) -> Set<ResourceKey> {
        let known = book.current
        return known.settled.filter { key in
            guard let before = known.desired.objects[key], before.digest == desired.objects[key]?.digest else {
                return false
            }
            return bench.index.member(key).map { $0.sync == .drifted } ?? true
        }
    }

    func applier(_ order: HookOrder) -> Applier {
        Applier(bench: bench, interruption: interruption, order: order) { key in book.settle(key) }
    }

    func order(_ trigger: Trigger, _ commit: CommitID?) -> HookOrder {
        HookOrder(commit: commit?.hex ?? "", isRequested: trigger == .request)
    }

    func note(_ applied: ApplyReport, of plan: Plan, _ live: LiveState, into record: inout PassRecord) {
        let who = live.notes.confirmations[.adopt]?.by.map { ", confirmed by \($0)" } ?? ", confirmed"
        record.objects += applied.results.filter { $0.action != .unchanged }.sorted { $0.key < $1.key }.map { result in
            guard plan.adoption.granted[result.key] != nil, result.action == .configured else { return result }
            return ObjectResult(
                key: result.key, service: result.service, action: result.action, message: "taken over\(who)")
        }
        record.logs += applied.logs.sorted { $0.key < $1.key }
        record.unchangedCount = applied.results.count { $0.action == .unchanged }
        record.warnings = Array(applied.warnings.union(plan.notes)).sorted()
        let problems = applied.results.filter { $0.action == .failed || $0.action == .skipped }
        book.update { state in
            state.settled.formUnion(applied.settled)
            state.problems = Dictionary(problems.map { ($0.key, $0) }) { first, _ in first }
            state.serviceProblems = applied.failedServices
        }
    }

    func note(_ pruned: Pruner.Report, into record: inout PassRecord) {
        record.objects += pruned.results.sorted { $0.key < $1.key }
    }

    /// While the environment is suspended, a pass only looks: what differs shows as drift, and nothing is written.
    func stopIfSuspended(_ plan: Plan) async throws {
        guard let suspension = book.suspension(at: bench.time.now()) else { return }
        let writer = ObjectWriter(bench: bench, interruption: interruption)
        await withTaskGroup(of: Void.self) { group in
            for item in plan.foundation + plan.services.flatMap(\.items) where item.step == .verify {
                group.addTask { if await writer.isSame(item.desired) { book.settle(item.key) } }
            }
        }
        throw PassError.suspended(suspension)
    }

    /// A replica that follows goes as far as it can without a write: to the end where there is nothing to do.
    func stopIfFollowing(_ plan: Plan, _ live: LiveState) throws {
        guard !bench.mayWrite else { return }
        let isAnnounced = live.hasParent && live.announced.isSuperset(of: plan.announced)
        guard plan.isIdle, isAnnounced else { throw PassError.following(book.current.leadership?.leader) }
    }

    func stopIfInterrupted() throws {
        if interruption.isRaised { throw PassError.interrupted }
    }

    /// What the record says in one sentence, and whether the same commit is worth another try by itself.
    func conclude(_ applied: ApplyReport, _ pruned: Pruner.Report, _ plan: Plan, into record: inout PassRecord) {
        book.update { $0.isRetryable = applied.isRetryable || pruned.isRetryable || plan.prune.blocked != nil }
        let unrendered = Set(book.current.desired.failedServices)
        let failed = unrendered.union(applied.failedServices.keys).sorted()
        if let first = failed.first {
            let problem =
                applied.failedServices[first]
                ?? record.diagnostics.first { $0.service == first && $0.severity == .error }?.description
            let others = failed.count > 1 ? " (and \(failed.count - 1) more)" : ""
            record.outcome = .incomplete
            record.reason = "\(first): \(problem ?? "it could not be rendered")\(others)"
        } else if let problem = pruned.results.first(where: { $0.action == .failed }) {
            record.outcome = .incomplete
            record.reason = "deleting \(problem.key): \(problem.message)"
        } else if !plan.prune.held.isEmpty {
            record.outcome = .incomplete
            record.reason = "\(plan.prune.held.items.count) deletions wait for a person to confirm them"
        } else if let blocked = plan.prune.blocked {
            record.outcome = .incomplete
            record.reason = blocked
        }
    }

    func fail(_ error: any Error, into record: inout PassRecord) {
        let isCancelled = (error as? ClusterError)?.code == .cancelled
        if case PassError.following = error {
            record.outcome = .stopped
            record.reason = "\(error)"
        } else if interruption.isRaised || isCancelled {
            record.outcome = .stopped
            record.reason = "\(PassError.interrupted)"
        } else {
            // What was applied before the failure stays applied.
            let isSuspended = if case PassError.suspended = error { true } else { false }
            record.outcome =
                isSuspended || !record.objects.isEmpty || record.unchangedCount > 0 ? .incomplete : .failed
            record.reason = "\(error)"
        }
        let stage = record.stage
        let reason = record.reason
        book.update { state in
            if record.outcome == .stopped { return }
            // What cannot be read stays so until the next commit.
            state.isRetryable = !(error is PassError)
            if stage == .fetch { state.sourceProblem = reason }
            if error is ClusterError { state.clusterProblem = reason }
        }
    }

    func finish(_ unfinished: PassRecord) -> PassRecord {
        var record = unfinished
        record.finishedAt = bench.time.now()
        let result = record
        book.update { state in
            state.isReconciling = false
            state.lastPass = result
            if result.outcome != .stopped { state.lastCommit = result.commit }
            if result.outcome == .succeeded { state.appliedCommit = result.commit }
        }
        return record
    }
}
