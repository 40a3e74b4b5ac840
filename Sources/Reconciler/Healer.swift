// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Puts back at once what somebody else changed or deleted, object by object, while passes come and go.
struct Healer: Sendable {
    let bench: Workbench
    let book: EnvironmentBook
    let fights: Fights
    let interruption: Interruption
    /// Takes the record of what was healed.
    let report: @Sendable (PassRecord) async -> Void
    /// Asks for a whole pass: what happened is too much, or too deep, for single objects.
    let escalate: @Sendable () -> Void
    /// Asks for a pass that may send again what had failed.
    let retry: @Sendable () -> Void

    private typealias Suspects = [ResourceKey: MemberIndex.Suspicion]

    /// Returns after an interruption.
    func run() async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let removals = [bench.index.suspicions, book.changes, interruption.broadcast].map { $0.add(wake) }
        defer { for remove in removals { remove() } }
        wake.yield()
        var pending: Suspects = [:]
        await withTaskGroup(of: Void.self) { group in
            for await _ in wakes {
                if interruption.isRaised { break }
                pending.merge(bench.index.takeSuspects()) { _, newer in newer }
                guard !pending.isEmpty else { continue }
                guard bench.mayWrite else {
                    pending = [:]
                    await lookAgain()
                    continue
                }
                // While the environment is suspended, they wait.
                if book.suspension(at: bench.time.now()) != nil { continue }
                let due = take(from: &pending)
                guard let until = await heal(due, pending: &pending) else { continue }
                group.addTask {
                    // When the pause of a fight is over, look again; a cancelled sleep needs no look.
                    if (try? await bench.time.sleep(until - bench.time.uptime())) != nil { wake.yield() }
                }
            }
            group.cancelAll()
        }
    }

    /// Another replica writes: many changes within a moment are one reason to compare anew.
    private func lookAgain() async {
        _ = await wait(upTo: .seconds(1), time: bench.time, interruption: interruption)
        _ = bench.index.takeSuspects()
        escalate()
    }

    /// What this revision has settled is drift. What a running pass still has to do, the pass will see to.
    private func take(from pending: inout Suspects) -> [(DesiredObject, MemberIndex.Suspicion)] {
        let state = book.current
        var due: [(DesiredObject, MemberIndex.Suspicion)] = []
        for (key, suspicion) in pending {
            if state.desired.objects[key]?.hook != nil || bench.index.member(key)?.hookOf != nil {
                // Runs of hooks come and go; what becomes of them is for a pass to see.
                pending[key] = nil
            } else if state.settled.contains(key), let desired = state.desired.objects[key] {
                due.append((desired, suspicion))
                pending[key] = nil
            } else if !state.isReconciling {
                pending[key] = nil
                if bench.retries.noteEvent(on: key, at: bench.time.uptime()) { retry() }
                if suspicion == .appeared, state.lastPass != nil, isUnwanted(key, state) { escalate() }
            }
        }
        return due.sorted { $0.0.position < $1.0.position }
    }

    /// Ours, in no revision, and not yet known to be waiting for a person: the next pass will prune it.
    private func isUnwanted(_ key: ResourceKey, _ state: EnvironmentBook.State) -> Bool {
        state.desired.objects[key] == nil && state.held[.prune]?.items.contains { $0.key == key } != true
            && bench.index.member(key)?.ownership == .ours
    }

    /// - Returns: When to look again at what is in a fight; nil when nothing is.
    private func heal(_ due: [(DesiredObject, MemberIndex.Suspicion)], pending: inout Suspects) async -> Duration? {
        guard !due.isEmpty else { return nil }
        if due.count > bench.settings.healLimit || due.contains(where: { ApplyOrder.isFoundation($0.0.key.groupKind) })
        {
            escalate()
            return nil
        }
        var record = begin()
        var nextLook: Duration?
        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for (desired, suspicion) in due { group.addTask { await heal(desired, suspicion) } }
            var outcomes: [Outcome] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        for outcome in outcomes {
            if let until = outcome.pausedUntil {
                nextLook = min(nextLook ?? until, until)
                pending[outcome.key] = outcome.suspicion
            }
            guard let written = outcome.written else { continue }
            record.warnings += written.warnings
            if written.action == .unchanged { record.unchangedCount += 1 } else { add(written, outcome, to: &record) }
        }
        record.finishedAt = bench.time.now()
        if !record.objects.isEmpty { await report(record) }
        return nextLook
    }

    private struct Outcome: Sendable {
        let key: ResourceKey
        let service: Name
        let suspicion: MemberIndex.Suspicion
        var written: ObjectWriter.Written?
        var pausedUntil: Duration?
    }

    private func begin() -> PassRecord {
        let now = bench.time.now()
        var record = PassRecord(
            id: bench.passIDs.next(at: now, unitRandom: bench.time.unitRandom), environment: bench.applySet.environment,
            trigger: .drift, startedAt: now)
        record.commit = book.current.lastCommit
        record.previousCommit = record.commit
        record.stage = .health
        return record
    }

    private func add(_ written: ObjectWriter.Written, _ outcome: Outcome, to record: inout PassRecord) {
        record.objects.append(
            ObjectResult(
                key: outcome.key, service: outcome.service, action: written.action, message: written.message))
        guard written.action == .failed || written.action == .skipped else { return }
        record.outcome = .incomplete
        record.stage = .apply
        record.reason = "\(outcome.key): \(written.message)"
    }

    private func heal(_ desired: DesiredObject, _ suspicion: MemberIndex.Suspicion) async -> Outcome {
        var outcome = Outcome(key: desired.key, service: desired.service, suspicion: suspicion)
        switch fights.ruling(on: desired.key, at: bench.time.uptime()) {
        case .paused(let until):
            outcome.pausedUntil = until
            return outcome
        case .pause:
            outcome.written = await declareFight(over: desired)
            outcome.pausedUntil = bench.time.uptime() + bench.settings.fightPause
            return outcome
        case .heal: break
        }
        if book.current.fights[desired.key] != nil { book.update { $0.fights[desired.key] = nil } }
        guard let step = await step(for: desired, suspicion) else { return outcome }
        bench.retries.forget(desired.key)
        outcome.written = await ObjectWriter(bench: bench, interruption: interruption)
            .bring(Plan.Item(desired: desired, step: step))
        switch outcome.written?.action {
        case .created?, .configured?: fights.noteHealing(desired.key, at: bench.time.uptime())
        case .failed?: escalate()
        default: break
        }
        return outcome
    }

    /// What to do about it; nil when there is nothing to do, or a whole pass must look.
    private func step(for desired: DesiredObject, _ suspicion: MemberIndex.Suspicion) async -> Plan.Step? {
        switch suspicion {
        case .changed, .appeared:
            guard let member = bench.index.member(desired.key) else { return .create }
            if member.isTerminating { return nil }
            if case .copy = member.ownership { return nil }
            return member.sync == .unproven ? .verify : .configure
        case .vanished(let uid, let wasHealthy):
            // Gone from our label's view: deleted, or only its label was taken off.
            do throws(ClusterError) {
                let found = try await bench.get(desired.key, desired.resource, detail: .metadata, interruption)
                if found == nil, wasHealthy, desired.isClearedWhenDone {
                    // Losing the note costs one more run at worst, and only after a restart.
                    try? await ParentKeeper(bench: bench, interruption: interruption)
                        .remember(finished: desired.key, digest: desired.digest)
                    return nil
                }
                guard let found else { return .create }
                // A dying one is for a pass to wait for: other objects must not wait behind it.
                if found.uid == uid, found[at: "metadata", "deletionTimestamp"]?.string == nil { return .configure }
            } catch {
                if error.code == .cancelled { return nil }
            }
            escalate()
            return nil
        }
    }

    private func declareFight(over desired: DesiredObject) async -> ObjectWriter.Written {
        // Without an answer the fight is declared all the same, only without a name.
        let live = try? await bench.get(desired.key, desired.resource, detail: .whole, interruption)
        let contender = live.flatMap { OwnFields.contender(in: $0, against: desired.object(in: bench.applySet)) }
        let who = contender.map { "\($0.manager) sets \($0.field)" } ?? "somebody changes it"
        let reason =
            "\(who) again and again; kubernaut leaves it alone for \(bench.settings.fightPause.components.seconds) s. "
            + "Take the field out of git, or stop the other one"
        book.update { $0.fights[desired.key] = reason }
        return ObjectWriter.Written(action: .skipped, message: reason)
    }
}
