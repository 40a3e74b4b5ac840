// SPDX-License-Identifier: Apache-2.0

public import Domain

/// One pass, room by room: from a commit to a cluster that equals it. Start reading kubernaut here.
///
/// Comes in: a commit and why now. Goes out: a record of what happened, whatever happened.
public struct ReconcilePass: Sendable {
    /// Files of one commit → everything the environment wants. Called one at a time for each environment, and free
    /// to remember what did not change since the last time.
    public typealias Renderer = @Sendable (SourceSnapshot, Environment) -> Rendering
    /// The files, given the last ones that were read.
    typealias Reader = @Sendable (_ previous: SourceSnapshot?) async throws -> SourceSnapshot

    let environment: Environment
    let read: Reader
    let render: Renderer
    let bench: Workbench
    let book: EnvironmentBook
    let interruption: Interruption

    /// Never throws: a failure is a result too, and reaches the history like any other.
    func run(_ trigger: Trigger, at commit: CommitID?) async -> PassRecord {
        var record = begin(trigger, commit)
        do {
            let snapshot = try await read(book.current.snapshot)

            record.stage = .render
            let rendering = render(snapshot, environment)
            try accept(rendering, of: snapshot, into: &record)
            note(bench.index.adopt(rulesOf: snapshot), into: &record)

            record.stage = .plan
            let (desired, discovery) = try await want(rendering)
            try await rehome(discovery)
            if !bench.mayWrite || trigger == .start { bench.index.forgetUnproven() }
            let live = try await LiveReader(bench: bench, interruption: interruption).read(
                desired, discovery: discovery)
            let plan = Plan(
                desired, live: live, environment: environment, confirmed: live.notes.confirmations,
                order: order(trigger, commit))
            adopt(plan, desired, live)
            try stopIfFollowing(plan, live)
            try await stopIfSuspended(plan)

            record.stage = .apply
            let parent = ParentKeeper(bench: bench, interruption: interruption)
            try await parent.widen(for: plan, live: live)
            let applied = await applier(order(trigger, commit)).apply(plan)
            note(applied, of: plan, live, into: &record)

            record.stage = .prune
            try stopIfInterrupted()
            let pruner = Pruner(bench: bench, interruption: interruption, discovery: discovery)
            let pruned = await pruner.prune(
                plan.prune, failed: Set(applied.failedServices.keys),
                confirmedBy: live.notes.confirmations[.prune]?.by)
            note(pruned, into: &record)
            try stopIfInterrupted()
            let unfinished = unfinished(applied, of: plan, live)
            try await parent.narrow(
                to: desired, after: plan, live, lingering: pruned.lingering,
                held: plan.held.merging(unfinished) { $1 })
            try await settle(live, after: plan, but: Set(unfinished.keys), with: parent, into: &record)

            record.stage = .health
            conclude(applied, pruned, plan, into: &record)
        } catch {
            fail(error, into: &record)
        }
        return finish(record)
    }
}
