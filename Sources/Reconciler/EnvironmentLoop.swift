// SPDX-License-Identifier: Apache-2.0

public import Domain
import Health
public import Lifecycle
public import Logging

/// Keeps one environment's cluster equal to its branch: passes one at a time as triggers arrive, healing in between.
///
/// Level-triggered: a pass works from the newest commit, so triggers that arrive during a pass collapse into one. A
/// newer commit ends every wait of the pass in hand. `stop()` lets the object in hand finish; cancelling aborts it.
public final class EnvironmentLoop: Service {
    /// What an environment needs from the rest of the house.
    public struct Rooms: Sendable {
        public let source: any Source
        public let render: ReconcilePass.Renderer
        let health: Judge
        public let history: any PassHistory
        public let time: TimeSource
        public let settings: ReconcilerSettings
        public let logger: Logger
        /// Nil when signatures do not count anywhere.
        public let verifier: (any HeadVerifier)?

        /// - Parameter health: How a live object does; nil for the rules of the `Health` room. Pure.
        public init(
            source: any Source, render: @escaping ReconcilePass.Renderer, history: any PassHistory, logger: Logger,
            settings: ReconcilerSettings = ReconcilerSettings(), time: TimeSource = .system,
            verifier: (any HeadVerifier)? = nil, health: (@Sendable (Value) -> ObjectHealth)? = nil
        ) {
            self.verifier = verifier
            self.source = source
            self.render = render
            self.health = { object, rules in health?(object) ?? rules.health(of: object, now: time.now()) }
            self.history = history
            self.time = time
            self.settings = settings
            self.logger = logger
        }
    }

    private struct Inbox {
        var trigger: Trigger?
        var commit: CommitID?
        /// The pass in hand.
        var running: (interruption: Interruption, commit: CommitID)?
        /// The one pass of `runOnce`.
        var once: Interruption?
        var isStopping = false
    }

    public let environment: Environment
    public var name: String { "environment \(environment.name)" }
    let rooms: Rooms
    let bench: Workbench
    private let keeper: LeaseKeeper?
    let book: EnvironmentBook
    private let inbox = Lock(Inbox())
    private let arrivals = Broadcast()
    /// Ends healing and waiting for triggers.
    private let stopping = Interruption()
    private let publish: @Sendable (EnvironmentStatus) -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - lease: The replica's leases, and the cluster that holds this one; nil where one replica works alone.
    ///   - publish: Takes the environment's status whenever it changed.
    public init(
        _ environment: Environment, cluster: any Cluster, rooms: Rooms,
        lease: (office: LeaseOffice, cluster: any Cluster)? = nil,
        publish: @escaping @Sendable (EnvironmentStatus) -> Void
    ) {
        self.environment = environment
        self.rooms = rooms
        self.publish = publish
        let logger = rooms.logger.with(["environment": environment.name])
        keeper = lease.map {
            LeaseKeeper(
                ApplySet(of: environment), cluster: $0.cluster, office: $0.office, time: rooms.time, logger: logger)
        }
        bench = Workbench(environment, cluster: cluster, rooms: rooms, term: keeper?.term)
        book = EnvironmentBook(environment)
        self.logger = logger
        book.update { $0.leadership = keeper?.leadership }
        keeper?.onChange { [weak self] leadership, isTurned in self?.note(leadership, isTurned: isTurned) }
        keeper?.term.onRefusal { [weak self] in self?.interruptPass() }
    }

    /// Whether this replica leads or not: what is to be done is compared anew, by a pass that may or may not write.
    private func note(_ leadership: Leadership, isTurned: Bool) {
        book.update { $0.leadership = leadership }
        guard isTurned else { return }
        interruptPass()
        request(.start)
    }

    /// What the pass in hand still has to write is not its to write any more.
    private func interruptPass() { inbox.withLock { $0.running?.interruption }?.raise() }

    /// Asks for a pass. Returns at once; safe from any thread.
    ///
    /// - Parameter commit: The branch's head; nil for the one of the pass before.
    public func request(_ trigger: Trigger, at commit: CommitID? = nil) {
        let outdated = inbox.withLock { inbox in
            inbox.trigger = trigger
            if let commit { inbox.commit = commit }
            // A pass may be waiting for minutes; what a person asks or drift needs starts it over at once.
            guard let running = inbox.running,
                running.commit != inbox.commit || trigger == .drift || trigger == .request
            else { return nil as Interruption? }
            return running.interruption
        }
        outdated?.raise()
        arrivals.send()
    }

    public func stop() {
        let passes = inbox.withLock { inbox in
            inbox.isStopping = true
            return [inbox.running?.interruption, inbox.once]
        }
        for pass in passes { pass?.raise() }
        stopping.raise()
        arrivals.send()
    }

    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.followKinds() }
            group.addTask {
                await ParentFollower(bench: self.bench, book: self.book) { self.request($0) }.run()
            }
            group.addTask { await self.publishChanges() }
            group.addTask { await self.sweep() }
            group.addTask { await PodInquiry(self.bench).run(until: self.stopping) }
            await withTaskGroup(of: Void.self) { keeping in
                if let keeper { keeping.addTask { await keeper.run() } }
                await withTaskGroup(of: Void.self) { work in
                    work.addTask { await self.runPasses() }
                    work.addTask { await self.healer.run() }
                }
                // Released when nothing here writes any more, so that another replica need not wait for its end.
                keeper?.stop()
            }
            group.cancelAll()
        }
        publish(status)
        try Task.checkCancellation()
    }

    // MARK: Passes

    /// One pass over these files and no more: nothing is watched, nothing tried again later. For `apply --once`;
    /// not for an environment whose loop runs.
    ///
    /// - Parameter snapshot: Of a commit, or of a working tree.
    public func runOnce(_ trigger: Trigger, over snapshot: SourceSnapshot) async -> PassRecord {
        let interruption = Interruption()
        inbox.withLock { inbox in
            if inbox.isStopping { interruption.raise() }
            inbox.once = interruption
        }
        let record = await pass(interruption) { _ in snapshot }.run(trigger, at: snapshot.commit?.id)
        await remember(record)
        return record
    }

    private func pass(_ interruption: Interruption, read: @escaping ReconcilePass.Reader) -> ReconcilePass {
        ReconcilePass(
            environment: environment, read: read, render: rooms.render, bench: bench, book: book,
            interruption: interruption)
    }

    private func runPasses() async {
        var failures = 0
        while !stopping.isRaised {
            if let (trigger, commit, interruption) = take() {
                let source = rooms.source
                let pass = pass(interruption) { try await source.snapshot(at: commit, reusing: $0) }
                let record = await pass.run(trigger, at: commit)
                inbox.withLock { $0.running = nil }
                failures = record.outcome == .succeeded || record.outcome == .stopped ? 0 : failures + 1
                await remember(record)
                // What many objects left behind on their way is not needed again soon.
                if record.previousCommit == nil || record.objects.count > 100 { returnFreeMemory() }
            } else {
                let inbox = inbox
                let suspensionLeft = suspensionLeft
                let result = await wait(
                    upTo: min(retryDelay(afterFailures: failures), suspensionLeft ?? .seconds(3600)),
                    time: rooms.time, interruption: stopping,
                    on: [arrivals], until: { inbox.withLock { $0.trigger != nil && $0.commit != nil } })
                if result == .timedOut, failures > 0 || suspensionLeft != nil { request(.retry) }
            }
        }
    }

    private func take() -> (Trigger, CommitID, Interruption)? {
        inbox.withLock { inbox in
            guard !inbox.isStopping, let trigger = inbox.trigger, let commit = inbox.commit else { return nil }
            let interruption = Interruption()
            inbox.trigger = nil
            inbox.running = (interruption, commit)
            return (trigger, commit, interruption)
        }
    }

    /// Until the suspension that holds now ends by itself; nil when there is none, or no end.
    private var suspensionLeft: Duration? {
        let now = rooms.time.now()
        guard let until = book.suspension(at: now)?.until else { return nil }
        return until.since(now) + .milliseconds(10)
    }

    /// Soon when the cluster or the repository stumbled; in minutes when only a change elsewhere can help.
    private func retryDelay(afterFailures failures: Int) -> Duration {
        guard failures > 0 else { return .seconds(3600) }
        let base: Duration = book.current.isRetryable ? .seconds(1) : .seconds(60)
        let delay = Backoff(base: base, cap: .seconds(300))
            .delay(afterFailures: failures, unitRandom: rooms.time.unitRandom())
        // An object whose own wait is over sooner does not wait for the others'.
        let next = bench.retries.next.map { max(.zero, $0 - rooms.time.uptime()) } ?? delay
        return min(delay, next) + .milliseconds(100)
    }

    /// Writes the record into history and log, unless it tells nothing new.
    private func remember(_ record: PassRecord) async {
        // Of a pass that only looked, while another replica applies, there is nothing to tell.
        if record.objects.isEmpty, !bench.mayWrite { return }
        PassLog(logger: logger).write(record)
        guard record.isNoteworthy, !isRepetition(record) else { return book.update { $0.quietPasses += 1 } }
        book.update { $0.lastStored = record }
        do {
            try await rooms.history.append(record)
        } catch {
            logger.error("The pass is missing from the history", ["pass": record.id, "error": "\(error)"])
        }
    }

    private func isRepetition(_ record: PassRecord) -> Bool {
        guard record.trigger == .retry, let last = book.current.lastStored else { return false }
        return last.outcome == record.outcome && last.reason == record.reason && last.objects == record.objects
            && last.commit == record.commit
    }

    // MARK: Between passes

    private var healer: Healer {
        Healer(
            bench: bench, book: book,
            fights: Fights(threshold: bench.settings.fightThreshold, pause: bench.settings.fightPause),
            interruption: stopping,
            report: { record in
                self.book.update { $0.lastPass = record }
                await self.remember(record)
            },
            escalate: { self.request(.drift) }, retry: { self.request(.retry) })
    }

    /// Now and then looks through the whole cluster. What belongs to a kind that no pass looked at is taken up.
    private func sweep() async {
        var pause = rooms.settings.sweepInterval / 3
        while (try? await rooms.time.sleep(pause * (1 + 0.1 * rooms.time.unitRandom()))) != nil {
            pause = rooms.settings.sweepInterval
            let state = book.current
            guard state.lastPass != nil, !state.isReconciling else { continue }
            let sweep = Sweep(bench: bench, interruption: stopping)
            do throws(ClusterError) {
                let findings = try await sweep.run(
                    wanted: state.desired.wanted, hookOrigins: state.desired.hookOrigins,
                    announced: bench.index.kinds, kept: state.keptReasons)
                book.update { $0.orphans = findings.orphans }
                bench.index.noteSwept(findings.unannounced)
                let isBehind = findings.orphans.contains { state.keptReasons[$0.key] == nil }
                if !findings.unannounced.isEmpty, isBehind { request(.drift) }
            } catch {
                logger.warning("The cluster could not be looked through for orphans", ["error": "\(error)"])
            }
        }
    }

    /// One follower for each kind that was listed.
    private func followKinds() async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let remove = bench.index.changes.add(wake)
        defer { remove() }
        wake.yield()
        var followed: Set<GroupKind> = []
        await withTaskGroup(of: Void.self) { group in
            for await _ in wakes {
                for kind in bench.index.kinds.subtracting(followed) {
                    followed.insert(kind)
                    let follower = KindFollower(bench: bench, book: book, kind: kind)
                    group.addTask { await follower.run() }
                }
            }
            group.cancelAll()
        }
    }

    /// The environment as people see it, now.
    public var status: EnvironmentStatus {
        let report = StatusReport(
            book.current, members: bench.index.explainedMembers, finished: bench.index.finished,
            hooks: bench.index.hooks, now: rooms.time.uptime(), date: rooms.time.now(),
            stuckAfter: rooms.settings.stuckAfter)
        book.noteRolling(report.rolling, at: rooms.time.uptime())
        var status = report.status
        status.services = book.noteHealth(status.services, at: rooms.time.now())
        return status
    }

    /// Many changes within a moment become one; a rollout is looked at now and then, it may be stuck.
    private func publishChanges() async {
        let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let removals = [bench.index.changes, book.changes].map { $0.add(wake) }
        defer { for remove in removals { remove() } }
        wake.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await self.rooms.time.sleep(.seconds(30))) != nil {
                    let since = self.book.current.rollingSince.values
                    guard let newest = since.max() else { continue }
                    if self.rooms.time.uptime() - newest < .seconds(90) {
                        await HealthProbe(bench: self.bench, interruption: self.stopping).askUndecided()
                    }
                    wake.yield()
                }
            }
            for await _ in wakes {
                publish(status)
                guard (try? await rooms.time.sleep(.milliseconds(100))) != nil else { break }
            }
            group.cancelAll()
        }
    }

    // MARK: What the repository says

    /// Why the branch cannot be read; nil when it can. What was read before stays in force.
    public func note(sourceProblem: String?) { book.update { $0.sourceProblem = sourceProblem } }

    /// What checking the branch's signatures said; nil when they do not count.
    public func note(signature: SignatureStatus?) {
        guard book.current.signature != signature else { return }
        book.update { $0.signature = signature }
    }

    /// The releases that the branch remembers, newest first.
    public func note(releases: [Name: [ReleaseEvent]]) { book.update { $0.releases = releases } }

    /// What comparing histories says about services; shown with them.
    func note(oddities: [Name: [Diagnostic]]) { book.update { $0.oddities = oddities } }
}

extension Workbench {
    init(_ environment: Environment, cluster: any Cluster, rooms: EnvironmentLoop.Rooms, term: LeaseTerm? = nil) {
        let applySet = ApplySet(of: environment)
        var settings = rooms.settings
        settings.healthTimeout = environment.healthTimeout ?? settings.healthTimeout
        self.init(
            cluster: term.map { cluster.fenced(by: $0.fence) } ?? cluster, applySet: applySet,
            index: MemberIndex(applySet: applySet, health: rooms.health),
            gate: Gate(limit: rooms.settings.parallelRequests), time: rooms.time, settings: settings, term: term)
    }
}

/// One line per pass.
struct PassLog {
    let logger: Logger

    func write(_ record: PassRecord) {
        let fields: Logger.Fields = [
            "pass": record.id, "trigger": record.trigger.rawValue, "commit": record.commit?.hex ?? "",
            "outcome": record.outcome.rawValue, "stage": record.stage.rawValue,
            "created": record.count(of: .created), "configured": record.count(of: .configured),
            "deleted": record.count(of: .deleted), "unchanged": record.unchangedCount,
            "failed": record.count(of: .failed), "skipped": record.count(of: .skipped),
            "durationMs": record.finishedAt.milliseconds - record.startedAt.milliseconds, "reason": record.reason,
        ]
        switch record.outcome {
        case .failed, .incomplete: logger.warning("Reconciled", fields)
        case .succeeded, .stopped:
            if record.objects.isEmpty { logger.info("Reconciled", fields) } else { logger.notice("Reconciled", fields) }
        }
    }
}
