// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging

/// Takes, renews, hands over and releases the Lease of one environment.
///
/// As client-go's leader election, with three differences: what may be written is a matter of the clock (`LeaseTerm`)
/// and not of this loop's turn to run; a watch tells at once when the Lease is free; and a replica that leads too many
/// environments hands some over.
final class LeaseKeeper: Sendable {
    private struct State {
        var rules: LeaseRules
        var leadership: Leadership
        /// When the Lease was last asked for or heard of.
        var heardAt: Duration?
        var isHinted = false
        var changed: @Sendable (_ leadership: Leadership, _ isTurned: Bool) -> Void = { _, _ in }
    }

    private let applySet: ApplySet
    private let cluster: any Cluster
    private let office: LeaseOffice
    private let time: TimeSource
    private let logger: Logger
    let term: LeaseTerm
    private let state: Lock<State>
    private let hints = Broadcast()
    private let stopping = Interruption()

    /// - Parameter cluster: With a line of its own: a renewal must not wait behind a thousand applies.
    init(_ applySet: ApplySet, cluster: any Cluster, office: LeaseOffice, time: TimeSource, logger: Logger) {
        self.applySet = applySet
        self.cluster = cluster
        self.office = office
        self.time = time
        self.logger = logger
        term = LeaseTerm(uptime: time.uptime)
        state = Lock(
            State(
                rules: LeaseRules(identity: office.identity),
                leadership: Leadership(replica: office.identity, leader: nil)))
    }

    var leadership: Leadership { state.withLock { $0.leadership } }

    /// Is told what changed, and whether this replica began or ceased to lead.
    func onChange(_ body: @escaping @Sendable (_ leadership: Leadership, _ isTurned: Bool) -> Void) {
        state.withLock { $0.changed = body }
    }

    /// Asks to let the Lease go; `run` returns when that is done. Only after the environment's work has ended.
    func stop() { stopping.raise() }

    /// Returns after `stop()`, or when cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            while !stopping.isRaised {
                await turn()
                let pause = office.times.retry * (1 + 0.1 * time.unitRandom())
                // A hint is acted on at once, but a storm of them is not.
                _ = await wait(upTo: pause / 20, time: time, interruption: stopping)
                _ = await wait(
                    upTo: pause, time: time, interruption: stopping, on: [hints], until: { self.takeHint() })
            }
            group.cancelAll()
        }
        await release()
    }

    private func takeHint() -> Bool {
        state.withLock { state in
            defer { state.isHinted = false }
            return state.isHinted
        }
    }

    private func hint() {
        state.withLock { $0.isHinted = true }
        hints.send()
    }

    // MARK: One turn

    private func turn() async {
        let now = time.uptime()
        let (step, heardAt) = state.withLock { ($0.rules.step(at: now), $0.heardAt) }
        switch step {
        case .renew where term.isOpen: await claim(renewed(), at: now)
        case .follow(let holder) where heardAt.map { now - $0 < office.times.retry } ?? false:
            note(leader: holder, nil)
            await askForIt(now)
        default: await look()
        }
        // Time alone may have ended it.
        if !term.isOpen, leadership.isOurs { note(leader: nil, leadership.problem) }
    }

    private func look() async {
        let askedAt = time.uptime()
        let (cluster, set) = (cluster, applySet)
        let answer = await limited { () throws(ClusterError) in
            try await cluster.get(LeaseRecord.resource, namespace: set.namespace, name: set.name, detail: .whole)
        }
        switch answer {
        case .success(let object):
            let step = observe(object.map(LeaseRecord.init), at: askedAt)
            if stopping.isRaised { return }
            await act(step, askedAt)
        case .failure(let error): note(leader: leadership.leader, advice(error))
        }
    }

    private func observe(_ record: LeaseRecord?, at now: Duration) -> LeaseRules.Step {
        state.withLock { state in
            state.rules.observe(record, at: now)
            state.heardAt = now
            return state.rules.step(at: now)
        }
    }

    private func act(_ step: LeaseRules.Step, _ now: Duration) async {
        switch step {
        case .take: await claim(taken(), at: time.uptime())
        case .renew:
            let wish = state.withLock { $0.rules.record?.wish }
            if let wish, leadership.isOurs, office.count >= wish.leads + 2 { return await handOver(to: wish.replica) }
            await claim(renewed(), at: time.uptime())
        case .follow(let holder):
            term.close()
            note(leader: holder, nil)
            await askForIt(now)
        }
    }

    /// Writes a claim of ours, bound to the version that was read.
    private func claim(_ record: LeaseRecord, at sentAt: Duration) async {
        switch await write(record) {
        case .success(let written):
            _ = observe(written, at: sentAt)
            // Others wait from when it was written, which is not before it was sent.
            term.extend(from: sentAt, office.times)
            note(leader: office.identity, nil)
        case .failure(let error):
            switch error.code {
            // Somebody wrote it meanwhile. What we have holds until a look says otherwise.
            case .conflict, .alreadyExists: await look(after: error)
            case .notFound where record.resourceVersion == nil: await makeNamespace()
            case .notFound:
                // Somebody deleted it, and another replica may make a new one at any moment.
                term.close()
                _ = observe(nil, at: sentAt)
                note(leader: nil, nil)
                hint()
            default: note(leader: leadership.leader, advice(error))
            }
        }
    }

    /// Once; a second conflict waits for the next turn.
    private func look(after conflict: ClusterError) async {
        let askedAt = time.uptime()
        let (cluster, set) = (cluster, applySet)
        let answer = await limited { () throws(ClusterError) in
            try await cluster.get(LeaseRecord.resource, namespace: set.namespace, name: set.name, detail: .whole)
        }
        guard case .success(let object) = answer else { return }
        let step = observe(object.map(LeaseRecord.init), at: askedAt)
        if case .follow = step { return await act(step, askedAt) }
        hint()
        guard case .renew = step, leadership.isOurs,
            let wish = state.withLock({ $0.rules.record?.wish }), office.count >= wish.leads + 2
        else { return }
        await handOver(to: wish.replica)
    }

    private func taken() -> LeaseRecord {
        var record = state.withLock { $0.rules.record } ?? LeaseRecord()
        if record.resourceVersion != nil { record.claim.transitions += 1 }
        record.acquireTime = LeaseRecord.microTime(time.now())
        return owned(record, leads: office.count + 1)
    }

    private func renewed() -> LeaseRecord {
        owned(state.withLock { $0.rules.record } ?? LeaseRecord(), leads: max(1, office.count))
    }

    private func owned(_ original: LeaseRecord, leads: Int) -> LeaseRecord {
        var record = original
        record.claim.holder = office.identity
        record.claim.duration = office.times.duration
        record.claim.renewTime = LeaseRecord.microTime(time.now())
        record.leads = leads
        record.wish = nil
        return record
    }

    // MARK: Balance

    private func askForIt(_ now: Duration) async {
        let own = office.count
        let record = state.withLock { $0.rules.isWorthAsking(leading: own) ? $0.rules.record : nil }
        guard var record, office.mayWish(for: applySet.environment, at: now) else { return }
        record.wish = LeaseRecord.Wish(replica: office.identity, leads: own)
        // Refused when the holder renews at this moment: there is another turn.
        if case .success(let written) = await write(record) { _ = observe(written, at: now) }
    }

    /// Names the other replica as the holder, when everything that was begun here is over.
    private func handOver(to replica: String) async {
        term.close()
        note(leader: nil, nil)
        await term.drain()
        guard var record = state.withLock({ $0.rules.record }) else { return }
        record.claim.holder = replica
        record.claim.transitions += 1
        record.claim.renewTime = LeaseRecord.microTime(time.now())
        record.acquireTime = record.claim.renewTime
        record.leads = 0
        record.wish = nil
        let now = time.uptime()
        guard case .success(let written) = await write(record) else { return }
        _ = observe(written, at: now)
        note(leader: replica, nil)
    }

    private func release() async {
        term.close()
        let isHolder = leadership.isOurs
        office.note(applySet.environment, leads: false)
        guard isHolder, !Task.isCancelled, var record = state.withLock({ $0.rules.record }) else { return }
        await term.drain()
        record.claim.holder = ""
        record.claim.duration = .seconds(1)
        record.leads = 0
        record.wish = nil
        if case .failure(let error) = await write(record) {
            logger.warning("The lease could not be released; it ends by itself", ["error": "\(error)"])
        }
    }

    // MARK: What others write

    /// Hears of the Lease's changes between two looks. Without the watch the looks alone do.
    private func listen() async {
        while !Task.isCancelled, !stopping.isRaised {
            if let version = state.withLock({ $0.rules.record?.resourceVersion }) {
                let events = cluster.watch(
                    LeaseRecord.resource, namespace: applySet.namespace,
                    labels: "\(Conventions.environmentLabel)=\(applySet.environment)", from: version, detail: .whole)
                do {
                    for try await event in events { hear(event) }
                } catch {
                    // However it ended, it is opened again from what the next look found.
                }
            }
            guard (try? await time.sleep(office.times.retry)) != nil else { return }
        }
    }

    private func hear(_ event: WatchEvent) {
        switch event {
        case .bookmark: break
        case .deleted: hint()
        case .added(let object), .modified(let object):
            let record = LeaseRecord(object)
            let now = time.uptime()
            let needsTurn = state.withLock { state -> Bool in
                guard let version = record.resourceVersion,
                    state.rules.record?.resourceVersion.map({ isLater(version, than: $0) }) ?? true
                else { return false }
                // Of our own Lease only a wish is news, and a turn must look at it: the version we have is older.
                if record.claim.holder == office.identity { return record.wish != nil || !state.leadership.isOurs }
                if state.leadership.isOurs { return true }
                state.rules.observe(record, at: now)
                state.heardAt = now
                if case .take = state.rules.step(at: now) { return true }
                return false
            }
            if needsTurn {
                state.withLock { $0.heardAt = nil }
                hint()
            }
        }
    }

    private func note(leader: String?, _ problem: String?) {
        let new = Leadership(replica: office.identity, leader: leader, problem: problem)
        let (old, changed) = state.withLock { state in
            defer { state.leadership = new }
            return (state.leadership, state.changed)
        }
        guard new != old else { return }
        if new.isOurs != old.isOurs { office.note(applySet.environment, leads: new.isOurs) }
        if let problem, problem != old.problem {
            logger.warning("The lease cannot be had or kept", ["error": problem])
        } else if new.leader != old.leader {
            logger.notice(
                new.isOurs ? "Leading" : "Following", ["replica": office.identity, "leader": leader ?? "nobody"])
        }
        changed(new, new.isOurs != old.isOurs)
    }

    // MARK: Requests

    private func write(_ record: LeaseRecord) async -> Result<LeaseRecord, ClusterError> {
        let object = record.object(in: applySet)
        let cluster = cluster
        let answer = await limited { () throws(ClusterError) in
            record.resourceVersion == nil
                ? try await cluster.create(object, in: LeaseRecord.resource, dryRun: false)
                : try await cluster.replace(object, in: LeaseRecord.resource, dryRun: false)
        }
        return answer.map { LeaseRecord($0.object) }
    }

    /// The environment's namespace, which is made before anybody can lead it. Whoever comes second finds it there.
    private func makeNamespace() async {
        let (cluster, object) = (cluster, Foundation.namespace(of: applySet))
        let answer = await limited { () throws(ClusterError) in
            try await cluster.create(object, in: Foundation.namespaces, dryRun: false)
        }
        switch answer {
        case .success: hint()
        case .failure(let error) where error.code == .alreadyExists: hint()
        case .failure(let error): note(leader: nil, advice(error))
        }
    }

    /// Ends a request that takes half of the time in which a renewal must succeed.
    private func limited<Answer: Sendable>(
        _ body: @escaping @Sendable () async throws(ClusterError) -> Answer
    ) async -> Result<Answer, ClusterError> {
        let limit = office.times.renewDeadline / 2
        return await withTaskGroup(of: Result<Answer, ClusterError>.self) { group in
            group.addTask {
                do throws(ClusterError) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask { [time, applySet] in
                // A cancelled sleep: the answer is there.
                try? await time.sleep(limit)
                return .failure(
                    ClusterError(
                        .interrupted, operation: "asking for Lease/\(applySet.namespace)/\(applySet.name)",
                        detail: "no answer within \(limit)"))
            }
            defer { group.cancelAll() }
            return await group.next()
                ?? .failure(ClusterError(.cancelled, operation: "asking for the lease", detail: "cancelled"))
        }
    }

    private func advice(_ error: ClusterError) -> String {
        let lease = "Lease/\(applySet.namespace)/\(applySet.name)"
        switch error.code {
        case .forbidden:
            return
                "\(error); grant get, watch, create and update of leases.coordination.k8s.io in \(applySet.namespace), "
                + "or run a single replica with --leases off"
        case .unknownKind:
            return
                "\(lease): the cluster does not serve leases.coordination.k8s.io; run a single replica with --leases off"
        default: return "\(error)"
        }
    }
}
