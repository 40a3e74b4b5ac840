// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Lifecycle
import Logging

/// Follows the config repository: fetches, reads the pipeline, and keeps one `EnvironmentLoop` per environment.
///
/// A fetch that fails, a branch that vanished or a pipeline that cannot be read keeps what was good last: the
/// environments go on healing. Taking an environment out of the pipeline ends its loop and deletes nothing.
///
/// The daemon composes it so:
///
///     let board = StatusBoard(repository: url)
///     let rooms = EnvironmentLoop.Rooms(source: mirror, render: …, health: …, history: store, logger: logger)
///     let loop = RepositoryLoop(rooms: rooms, readPipeline: …, readRelease: …, cluster: { name in … }, board: board)
///     serviceGroup: [loop, …]; SIGHUP, API and webhooks call `loop.request(…)`
public final class RepositoryLoop: Service {
    /// Where the services of an environment stand: its files compared with those of the environment before.
    public typealias EnvironmentComparison =
        @Sendable (_ environment: Environment, _ target: SourceSnapshot, _ source: SourceSnapshot) async throws ->
        Standing
    /// `kubernaut.yaml` of one snapshot; a nil pipeline comes with at least one error.
    public typealias PipelineReader = @Sendable (SourceSnapshot) -> (pipeline: Pipeline?, diagnostics: [Diagnostic])

    public var name: String { "repository" }
    private let rooms: EnvironmentLoop.Rooms
    private let readPipeline: PipelineReader
    private let readRelease: @Sendable (SourceFile, String) -> ReleaseRecord?
    private let cluster: @Sendable (String?) -> (any Cluster)?
    private let compare: EnvironmentComparison
    private let board: StatusBoard
    private let leases: Leases?
    private let stopping = Interruption()
    /// When the loop last began a round; nil before the first.
    private let heartbeat = Lock<Duration?>(nil)
    private let arrivals = Broadcast()
    private let requested = Lock(Requests())
    private let loops = Lock<[Name: EnvironmentLoop]>([:])

    private static let backoff = Backoff(base: .seconds(2), cap: .seconds(300))

    /// How replicas share environments.
    public struct Leases: Sendable {
        let office: LeaseOffice
        let cluster: @Sendable (String?) -> (any Cluster)?

        /// - Parameter cluster: The cluster of that name, over a connection on which nothing else waits in line.
        public init(office: LeaseOffice, cluster: @escaping @Sendable (String?) -> (any Cluster)?) {
            self.office = office
            self.cluster = cluster
        }
    }

    /// - Parameters:
    ///   - leases: Nil where one replica works alone.
    ///   - readRelease: The record in a file under `releases/`, given its path; nil when it cannot be read.
    ///   - compare: Called when one of two neighbours has moved.
    ///   - cluster: The cluster of that name in the daemon's configuration; the default one for nil. Nil when there
    ///     is none of that name.
    public init(
        rooms: EnvironmentLoop.Rooms, readPipeline: @escaping PipelineReader,
        readRelease: @escaping @Sendable (SourceFile, String) -> ReleaseRecord?,
        compare: @escaping EnvironmentComparison = { _, _, _ in Standing() },
        cluster: @escaping @Sendable (String?) -> (any Cluster)?, board: StatusBoard, leases: Leases? = nil
    ) {
        self.rooms = rooms
        self.readPipeline = readPipeline
        self.readRelease = readRelease
        self.compare = compare
        self.cluster = cluster
        self.board = board
        self.leases = leases
    }

    /// Asks for a fetch now; `.request` also for a pass of every environment. Returns at once; safe from any thread.
    ///
    /// - Parameter announced: Heads that somebody said branches have now; looked for again soon when the fetch does not
    ///   bring them.
    public func request(_ trigger: Trigger, announcing announced: [String: CommitID] = [:]) {
        requested.withLock { $0.add(trigger, announced) }
        arrivals.send()
    }

    /// The running loop of an environment, to request one pass or confirm a prune; nil when there is none.
    public func environment(_ name: Name) -> EnvironmentLoop? { loops.withLock { $0[name] } }

    /// Whether the loop began a round within three poll intervals and the ten minutes that the slowest fetch may take.
    /// False only when it hangs, which nothing but a restart mends. Safe from any thread.
    public var isTurning: Bool {
        guard let last = heartbeat.withLock({ $0 }) else { return true }
        return rooms.time.uptime() - last < rooms.settings.pollInterval * 3 + .seconds(600)
    }

    public func stop() {
        stopping.raise()
        for loop in loops.withLock({ Array($0.values) }) { loop.stop() }
        arrivals.send()
    }

    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var state = RepositoryState()
            var trigger = Trigger.start
            while !stopping.isRaised {
                heartbeat.withLock { $0 = rooms.time.uptime() }
                await round(trigger, &state, &group)
                trigger = await nextTrigger(&state)
            }
            for runner in state.runners.values { runner.finish() }
            for loop in loops.withLock({ Array($0.values) }) { loop.stop() }
            try await group.waitForAll()
        }
        try Task.checkCancellation()
    }

    /// Waits for the next poll, or for a request and what comes close behind it.
    private func nextTrigger(_ state: inout RepositoryState) async -> Trigger {
        let failures = state.failures
        let interval = rooms.settings.pollInterval
        let jitter = interval * (0.1 * rooms.time.unitRandom())
        let backoff = Self.backoff.delay(afterFailures: failures, unitRandom: rooms.time.unitRandom())
        let pause = failures > 0 ? min(interval, .milliseconds(500) + backoff) : interval + jitter
        let announced = state.announcements.pause
        let requested = requested
        let result = await wait(
            upTo: min(pause, announced ?? pause), time: rooms.time, interruption: stopping, on: [arrivals],
            until: { requested.withLock { $0.trigger != nil } })
        if result == .met {
            _ = await wait(upTo: rooms.settings.debounce, time: rooms.time, interruption: stopping)
        }
        let taken = requested.withLock { requests in
            defer { requests = Requests() }
            return requests
        }
        state.announcements.note(taken.announced, heads: state.heads)
        return taken.trigger ?? (announced == nil ? .poll : .webhook)
    }

    // MARK: One round

    private func round(
        _ trigger: Trigger, _ state: inout RepositoryState, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async {
        do {
            let heads = try await rooms.source.fetch()
            state.failures = 0
            state.heads = heads
            state.announcements.settle(heads)
            let now = rooms.time.now()
            let problem = await refreshPipeline(await withVerifiedPolicy(heads, &state), &state)
            let policyProblem = state.policyProblem
            board.update { status in
                status.lastFetchAt = now
                status.policyProblem = policyProblem
                status.fetchProblem = problem
                status.fetchProblemSince = problem == nil ? nil : status.fetchProblemSince ?? now
            }
            syncLoops(with: state.pipeline, &state, &group)
            await distribute(heads, trigger, &state)
            await compareNeighbours(heads, &state)
        } catch {
            guard !Task.isCancelled, !stopping.isRaised else { return }
            state.failures += 1
            let now = rooms.time.now()
            rooms.logger.warning("The repository could not be fetched", ["error": "\(error)"])
            board.update { status in
                status.fetchProblem = "\(error)"
                status.fetchProblemSince = status.fetchProblemSince ?? now
            }
            if trigger == .request { for loop in loops.withLock({ Array($0.values) }) { loop.request(.request) } }
        }
    }

    /// The heads, with the policy branch where its signatures let it stand; without it when they let it stand nowhere.
    private func withVerifiedPolicy(_ heads: [String: CommitID], _ state: inout RepositoryState) async
        -> [String: CommitID]
    {
        guard let branch = rooms.settings.policyBranch, let head = heads[branch],
            let signature = await rooms.verifier?.verify(head, of: branch)
        else {
            state.policySignature = nil
            return heads
        }
        state.policySignature = signature
        var verified = heads
        verified[branch] = signature.followed
        return verified
    }

    /// - Returns: Why the pipeline could not be read; nil when it could. The last good one stays.
    private func refreshPipeline(_ heads: [String: CommitID], _ state: inout RepositoryState) async -> String? {
        do {
            let finder = PolicyBranch(source: rooms.source, read: readPipeline, configured: rooms.settings.policyBranch)
            let found = try await finder.pipeline(heads: heads, last: state.policy)
            state.policy = found
            state.pipeline = found.pipeline
            return nil
        } catch {
            rooms.logger.error("The pipeline could not be read", ["error": "\(error)"])
            return state.policyProblem ?? "\(error)"
        }
    }

    /// Starts, replaces and ends loops until they are those of the pipeline.
    private func syncLoops(
        with pipeline: Pipeline?, _ state: inout RepositoryState, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) {
        guard let pipeline else { return }
        for (name, runner) in state.runners where pipeline.environment(name) == nil {
            rooms.logger.notice("Stopped following an environment; its objects stay", ["environment": name])
            runner.finish()
            state.runners[name] = nil
            state.walks[name] = nil
            state.snapshots[name] = nil
            state.compared[name] = nil
            state.requestedHeads[name] = nil
            loops.withLock { $0.removeValue(forKey: name) }?.stop()
        }
        board.update { status in
            let known = Dictionary(status.environments.map { ($0.environment.name, $0) }) { first, _ in first }
            status.policy = pipeline.policy
            status.environments = pipeline.environments.map { environment in
                var shown = known[environment.name] ?? EnvironmentStatus(environment: environment)
                if shown.environment != environment { shown = EnvironmentStatus(environment: environment) }
                return shown
            }
        }
        for environment in pipeline.environments where self.environment(environment.name)?.environment != environment {
            start(environment, &state, &group)
        }
    }

    private func start(
        _ environment: Environment, _ state: inout RepositoryState, _ group: inout ThrowingTaskGroup<Void, any Error>
    ) {
        guard let cluster = cluster(environment.cluster) else {
            let name = environment.cluster ?? "default"
            board.update { status in
                status.change(environment.name) {
                    $0.clusterProblem =
                        "the daemon's configuration has no cluster \(name); add it, or correct `cluster`"
                }
            }
            return
        }
        let board = board
        let lease = leases.flatMap { leases in
            leases.cluster(environment.cluster).map { (office: leases.office, cluster: $0) }
        }
        let loop = EnvironmentLoop(environment, cluster: cluster, rooms: rooms, lease: lease) { board.show($0) }
        loops.withLock { $0.updateValue(loop, forKey: environment.name) }?.stop()
        state.requestedHeads[environment.name] = nil
        rooms.logger.notice(
            "Following an environment", ["environment": environment.name, "branch": environment.branch])
        if let runner = state.runners[environment.name] {
            // Runs when the one it replaces has ended.
            runner.yield(loop)
            return
        }
        let (queue, runner) = AsyncStream.makeStream(of: EnvironmentLoop.self)
        state.runners[environment.name] = runner
        group.addTask { for await loop in queue { try await loop.run() } }
        runner.yield(loop)
    }

    /// Tells every loop its branch's head.
    private func distribute(_ heads: [String: CommitID], _ trigger: Trigger, _ state: inout RepositoryState) async {
        for environment in state.pipeline?.environments ?? [] {
            guard let loop = self.environment(environment.name) else { continue }
            guard let head = heads[environment.branch] else {
                loop.note(
                    sourceProblem: "branch \(environment.branch) does not exist; push it, "
                        + "or correct `branch` in kubernaut.yaml")
                state.requestedHeads[environment.name] = nil
                loop.note(signature: nil)
                continue
            }
            guard let head = await followed(head, environment, loop, &state) else { continue }
            let isNew = state.requestedHeads[environment.name] != head
            if isNew {
                state.requestedHeads[environment.name] = head
                loop.note(sourceProblem: nil)
            }
            if isNew || trigger == .request { loop.request(trigger, at: head) }
        }
        // After the triggers: walking history must not delay a release.
        for environment in state.pipeline?.environments ?? [] {
            guard let loop = self.environment(environment.name), let head = state.requestedHeads[environment.name]
            else { continue }
            await walk(environment.name, to: head, loop, &state)
        }
    }

    /// The commit to work from; nil when the signatures allow none. What runs stays then as it is.
    private func followed(
        _ head: CommitID, _ environment: Environment, _ loop: EnvironmentLoop, _ state: inout RepositoryState
    ) async -> CommitID? {
        let signature = await rooms.verifier?.verify(head, of: environment.branch)
        loop.note(signature: signature)
        guard let signature else { return head }
        if signature.followed == nil { state.requestedHeads[environment.name] = nil }
        return signature.followed
    }

    private func walk(_ name: Name, to head: CommitID, _ loop: EnvironmentLoop, _ state: inout RepositoryState) async {
        var walk = state.walks[name] ?? ReleaseWalk()
        do {
            try await walk.advance(
                to: head, in: rooms.source, limit: rooms.settings.releaseLimit, read: readRelease)
            state.walks[name] = walk
            loop.note(releases: walk.releases)
        } catch {
            rooms.logger.warning("The release history could not be read", ["environment": name, "error": "\(error)"])
        }
    }
}

// MARK: Where services stand

extension RepositoryLoop {
    /// Compares every environment with the one before it, when one of the two has moved.
    private func compareNeighbours(_ heads: [String: CommitID], _ state: inout RepositoryState) async {
        let environments = state.pipeline?.environments ?? []
        for (source, target) in zip(environments, environments.dropFirst()) {
            guard let from = heads[source.branch], let to = heads[target.branch] else { continue }
            let pair = RepositoryState.Pair(target: target, to: to, from: from)
            guard state.compared[target.name] != pair else { continue }
            do {
                let there = try await snapshot(source.name, at: from, &state)
                let here = try await snapshot(target.name, at: to, &state)
                let standing = try await compare(target, here, there)
                state.compared[target.name] = pair
                board.update { status in status.change(target.name) { $0.positions = standing.positions } }
                environment(target.name)?.note(oddities: standing.notes)
            } catch {
                rooms.logger.warning(
                    "Two environments could not be compared",
                    ["environment": target.name, "with": source.name, "error": "\(error)"])
            }
        }
    }

    private func snapshot(_ name: Name, at commit: CommitID, _ state: inout RepositoryState) async throws
        -> SourceSnapshot
    {
        if let known = state.snapshots[name], known.commit?.id == commit { return known }
        let snapshot = try await rooms.source.snapshot(at: commit, reusing: state.snapshots[name])
        state.snapshots[name] = snapshot
        return snapshot
    }
}
