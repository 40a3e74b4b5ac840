// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

extension TimeSource {
    /// The machine's clocks, so many times faster.
    static func fast(_ factor: Int) -> TimeSource {
        let start = ContinuousClock.now
        return TimeSource(
            now: TimeSource.system.now, uptime: { start.duration(to: .now) * factor },
            sleep: { try await ContinuousClock().sleep(for: $0 / factor) }, unitRandom: TimeSource.system.unitRandom)
    }
}

@Suite("The rules of a lease")
struct LeaseRulesTests {
    static func record(_ holder: String, renewed: String = "1", leads: Int = 1) -> LeaseRecord {
        var record = LeaseRecord()
        record.claim = .init(holder: holder, duration: .seconds(15), renewTime: renewed)
        record.leads = leads
        record.resourceVersion = "7"
        return record
    }

    @Test("a lease that nobody holds, or that was never seen, is taken")
    func free() {
        var rules = LeaseRules(identity: "a")
        #expect(rules.step(at: .zero) == .take)
        rules.observe(Self.record(""), at: .seconds(1))
        #expect(rules.step(at: .seconds(1)) == .take)
    }

    @Test("a holder lives for its duration since its claim last changed, whatever its own clock says")
    func observed() {
        var rules = LeaseRules(identity: "a")
        // An hour in the future or in the past: only the change counts.
        for (index, renewed) in ["2026-11-20T14:00:00.000000Z", "2026-11-20T12:00:00.000000Z"].enumerated() {
            let seen = Duration.seconds(100 * index)
            rules.observe(Self.record("b", renewed: renewed), at: seen)
            rules.observe(Self.record("b", renewed: renewed), at: seen + .seconds(14))
            #expect(rules.step(at: seen + .milliseconds(14_999)) == .follow(holder: "b"))
            #expect(rules.step(at: seen + .seconds(15)) == .take)
        }
    }

    @Test("a wish that another replica writes does not prolong a dead holder's life")
    func wish() {
        var rules = LeaseRules(identity: "a")
        rules.observe(Self.record("b"), at: .zero)
        var wished = Self.record("b")
        wished.wish = .init(replica: "c", leads: 0)
        wished.resourceVersion = "8"
        rules.observe(wished, at: .seconds(14))
        #expect(rules.step(at: .seconds(15)) == .take)
    }

    @Test("a lease that was held and then deleted counts as held for as long")
    func deleted() {
        var rules = LeaseRules(identity: "a")
        rules.observe(Self.record("b"), at: .zero)
        rules.observe(nil, at: .seconds(1))
        #expect(rules.step(at: .seconds(14)) == .follow(holder: "b"))
        #expect(rules.step(at: .seconds(15)) == .take)
    }

    @Test(
        "an environment is asked for when its holder leads two more",
        arguments: [(3, 1, true), (2, 1, false), (2, 0, true), (1, 0, false)])
    func balance(theirs: Int, ours: Int, isWorthIt: Bool) {
        var rules = LeaseRules(identity: "a")
        rules.observe(Self.record("b", leads: theirs), at: .zero)
        #expect(rules.isWorthAsking(leading: ours) == isWorthIt)
    }

    @Test("a Lease is read as it was written, and a mess is one that nobody holds")
    func roundTrip() {
        var record = Self.record("b", renewed: LeaseRecord.microTime(Instant(milliseconds: 1_000)))
        record.claim.transitions = 4
        record.wish = .init(replica: "c", leads: 2)
        let set = ApplySet(of: Environment(name: name("dev"), namespace: "shop"))
        #expect(LeaseRecord(record.object(in: set)) == record)
        #expect(record.claim.renewTime == "1970-01-01T00:00:01.000000Z")
        #expect(LeaseRecord(["spec": ["holderIdentity": 3]]).claim.holder.isEmpty)
    }

    @Test("writes begin until the renew deadline, and have ended before the lease does")
    func term() {
        let now = Lock(Duration.zero)
        let term = LeaseTerm { now.withLock { $0 } }
        let refusals = Counter(10)
        term.onRefusal { _ = refusals.takeOne() }
        #expect(term.fence.begin() == nil)
        term.extend(from: .seconds(100), LeaseTimes(duration: .seconds(15)))
        now.withLock { $0 = .milliseconds(109_999) }
        #expect(term.fence.begin() == .milliseconds(4001))
        term.fence.end()
        now.withLock { $0 = .seconds(110) }
        #expect(term.fence.begin() == nil && !term.isOpen)
        for _ in 0..<8 { #expect(refusals.takeOne()) }
        #expect(!refusals.takeOne())
    }
}

/// Several replicas on one cluster, with their loops running.
private final class Replicas: Sendable {
    let repository = TestRepository()
    let cluster = FakeCluster()
    let time = TimeSource.fast(10)
    let environments: [Environment]

    init(_ names: String...) {
        environments = names.map {
            Environment(name: name($0), namespace: $0, prune: PruneBudget(limit: 100, percent: 100))
        }
    }

    /// What one replica did and showed.
    final class Replica: Sendable {
        let office: LeaseOffice
        let history = TestHistory()
        let loops: [EnvironmentLoop]
        let running: Task<Void, any Error>
        /// Whether its writes to the Lease arrive.
        let isConnected: Lock<Bool>

        init(_ name: String, of all: Replicas) {
            let office = LeaseOffice(identity: name, duration: .seconds(6))
            self.office = office
            let rooms = EnvironmentLoop.Rooms(
                source: all.repository, render: all.repository.renderer, history: history, logger: .silent,
                time: all.time, health: testHealth)
            let isConnected = Lock(true)
            self.isConnected = isConnected
            let leases = all.cluster.fenced(
                by: WriteFence(begin: { isConnected.withLock { $0 } ? .seconds(60) : nil }, end: {}))
            let loops = all.environments.map {
                EnvironmentLoop($0, cluster: all.cluster, rooms: rooms, lease: (office: office, cluster: leases)) { _ in
                }
            }
            self.loops = loops
            // Ended by `stop()`.
            running = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for loop in loops { group.addTask { try await loop.run() } }
                    try await group.waitForAll()
                }
            }
        }

        var leads: Set<String> {
            Set(loops.filter { $0.status.leadership?.isOurs == true }.map(\.environment.name.text))
        }
        func request(_ trigger: Trigger, at commit: CommitID) {
            for loop in loops { loop.request(trigger, at: commit) }
        }
        func stop() async throws {
            for loop in loops { loop.stop() }
            try await running.value
        }
    }

    func start(_ name: String) -> Replica { Replica(name, of: self) }

    func value(in environment: String = "dev") -> String? {
        cluster.object(key("ConfigMap/\(environment)/settings"))?[at: "data", "value"]?.string
    }
}

@Suite("Replicas", .timeLimit(.minutes(1)))
struct ReplicaTests {
    private static func services(_ value: String) -> [RenderedService] {
        [service("cart", [configMap("settings", value), deployment("cart")])]
    }

    @Test("one leads and writes, the other follows, shows the same, and takes over at once when the first one leaves")
    func handOver() async throws {
        let world = Replicas("dev")
        let commit = world.repository.commit(Self.services("1"))
        let first = world.start("a")
        first.request(.start, at: commit)
        await eventually { world.value() == "1" }
        let second = world.start("b")
        second.request(.start, at: commit)
        await eventually { second.loops[0].status.leadership?.leader == "a" }
        await eventually { second.loops[0].status.appliedCommit == commit }
        #expect(second.loops[0].status.services.map(\.verdict) == [.healthy])
        #expect(second.history.records.isEmpty)

        let next = world.repository.commit(Self.services("2"))
        second.request(.poll, at: next)
        await eventually { second.loops[0].status.lastPass?.reason.contains("a leads this environment") == true }
        #expect(world.value() == "1")
        let start = ContinuousClock.now
        try await first.stop()
        await eventually { world.value() == "2" }
        // A tenth of a lease's six seconds, at ten times the speed: nobody waited for the lease to end.
        #expect(ContinuousClock.now - start < .milliseconds(400))
        #expect(second.leads == ["dev"])
        try await second.stop()
    }

    @Test("a follower sees what the leader applies, without a write of its own")
    func follows() async throws {
        let world = Replicas("dev")
        let commit = world.repository.commit(Self.services("1"))
        let first = world.start("a")
        first.request(.start, at: commit)
        await eventually { world.value() == "1" }
        let second = world.start("b")
        second.request(.start, at: commit)
        await eventually { second.loops[0].status.appliedCommit == commit }
        let next = world.repository.commit(Self.services("2"))
        second.request(.poll, at: next)
        first.request(.poll, at: next)
        await eventually { second.loops[0].status.appliedCommit == next }
        #expect(second.loops[0].status.services.map(\.verdict) == [.healthy])
        #expect(second.leads.isEmpty && first.leads == ["dev"])
        try await second.stop()
        try await first.stop()
    }

    @Test("a leader that cannot renew stops writing before another one takes over")
    func lost() async throws {
        let world = Replicas("dev")
        let commit = world.repository.commit(Self.services("1"))
        let first = world.start("a")
        first.request(.start, at: commit)
        await eventually { world.value() == "1" }
        let second = world.start("b")
        second.request(.start, at: commit)
        await eventually { second.loops[0].status.leadership?.leader == "a" }
        var haveBoth = false
        first.isConnected.withLock { $0 = false }
        while !second.leads.contains("dev") {
            haveBoth = haveBoth || first.loops[0].bench.mayWrite && second.loops[0].bench.mayWrite
            await Task.yield()
        }
        #expect(!haveBoth)
        await eventually { first.loops[0].status.leadership?.leader == "b" }
        let next = world.repository.commit(Self.services("2"))
        first.request(.poll, at: next)
        await eventually { first.loops[0].status.lastPass?.reason.contains("b leads this environment") == true }
        #expect(world.value() == "1")
        try await first.stop()
        try await second.stop()
    }

    @Test("environments spread: a replica that comes later gets half of them, and loses none of their objects")
    func spread() async throws {
        let world = Replicas("one", "two", "three", "four")
        let commit = world.repository.commit(Self.services("1"))
        let first = world.start("a")
        first.request(.start, at: commit)
        await eventually { first.leads.count == 4 }
        await eventually { ["one", "two", "three", "four"].allSatisfy { world.value(in: $0) == "1" } }
        let second = world.start("b")
        second.request(.start, at: commit)
        await eventually { first.leads.count == 2 && second.leads.count == 2 }
        #expect(first.leads.isDisjoint(with: second.leads))
        let next = world.repository.commit(Self.services("2"))
        first.request(.poll, at: next)
        second.request(.poll, at: next)
        await eventually { ["one", "two", "three", "four"].allSatisfy { world.value(in: $0) == "2" } }
        try await second.stop()
        try await first.stop()
        #expect(!world.cluster.requests.contains { $0.verb == "delete" })
    }

    @Test(
        "without leave to touch leases nothing is written, and the sentence says what to grant",
        arguments: [ClusterError.Code.forbidden, .unknownKind])
    func refused(code: ClusterError.Code) async throws {
        let world = Replicas("dev")
        world.cluster.script { $0.subject.hasPrefix("Lease") ? .refuse(code) : nil }
        let replica = world.start("a")
        replica.request(.start, at: world.repository.commit(Self.services("1")))
        await eventually { replica.loops[0].status.clusterProblem?.contains("--leases off") == true }
        #expect(!world.cluster.requests.contains { $0.isWrite && !$0.subject.hasPrefix("Lease") })
        try await replica.stop()
    }
}
