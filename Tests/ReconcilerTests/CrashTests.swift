import Domain
import Lifecycle
import TestKit
import Testing

@testable import Reconciler

/// A daemon that dies after its k-th request, for every k, leaves nothing behind that the next one does not mend.
@Suite("A crash", .timeLimit(.minutes(1)))
struct CrashTests {
    static let before = [
        service("cart", [configMap("settings"), deployment("cart")]),
        service(
            "shop",
            [configMap("shop"), object("Service", "shop", ["spec": ["ports": [["name": "http", "port": 80]]]])]),
    ]
    static let after = [service("cart", [configMap("settings", "2"), object("Secret", "token")])]

    /// Runs one pass that is cut hard when request `limit` has had its effect.
    private func crash(_ world: World, _ services: [RenderedService], after limit: Int) async {
        world.cluster.forgetRequests()
        world.cluster.script { request in
            if request.number == limit { return .persistThenFail(.cancelled) }
            return request.number > limit ? .refuse(.cancelled) : nil
        }
        await world.pass(services)
        world.cluster.script { _ in nil }
    }

    /// Everything ours in the cluster is announced by the parent: nobody can lose it.
    private func expectNoOrphan(_ world: World) throws {
        let set = ApplySet(of: world.environment)
        let members = world.cluster.objects.filter { $0.value.label(Conventions.applySetPartOfLabel) == set.id }
        guard !members.isEmpty else { return }
        let announced = try set.contents(of: #require(world.parent))
        #expect(announced.isSuperset(of: ApplySet.Contents(of: members.keys)))
    }

    @Test("during a first apply leaves no orphan, and the next daemon finishes", arguments: 1...24)
    func firstApply(limit: Int) async throws {
        let world = World()
        await crash(world, Self.before, after: limit)
        try expectNoOrphan(world)
        let record = await world.pass(Self.before)
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(record.count(of: .deleted) == 0)
        #expect(
            world.members == [
                "ConfigMap/shop/settings", "Deployment/shop/cart", "ConfigMap/shop/shop", "Service/shop/shop",
            ])
    }

    @Test("during a first apply whose commit is replaced leaves nothing of it", arguments: 1...24)
    func replaced(limit: Int) async throws {
        let world = World()
        await crash(world, Self.before, after: limit)
        let record = await world.pass(Self.after)
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(world.members == ["ConfigMap/shop/settings", "Secret/shop/token"])
        try expectNoOrphan(world)
    }

    @Test("during an update with a prune deletes nothing that is wanted", arguments: 1...24)
    func prune(limit: Int) async throws {
        let world = World()
        await world.pass(Self.before)
        await crash(world, Self.after, after: limit)
        try expectNoOrphan(world)
        #expect(world.object("ConfigMap/shop/settings") != nil)
        let record = await world.pass(Self.after)
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(world.members == ["ConfigMap/shop/settings", "Secret/shop/token"])
        #expect(world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "2")
    }
}

@Suite("Faults", .timeLimit(.minutes(1)))
struct FaultTests {
    static let services = [service("cart", [configMap("settings"), deployment("cart")])]

    @Test(
        "an answer that got lost is no second object and no failure",
        arguments: [ClusterError.Code.unavailable, .interrupted], [Environment.ApplyMode.serverSide, .replace])
    func ambiguous(code: ClusterError.Code, mode: Environment.ApplyMode) async {
        let world = World(mode: mode)
        let writes = Lock(0)
        world.cluster.script { request in
            guard request.isWrite else { return nil }
            let isLost = writes.withLock { count in
                count += 1
                return count % 2 == 1
            }
            return isLost ? .persistThenFail(code) : nil
        }
        let record = await world.pass(Self.services)
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(world.members == ["ConfigMap/shop/settings", "Deployment/shop/cart"])
    }

    @Test("a server that asks to wait is waited for, as long as it says")
    func throttled() async {
        let world = World()
        world.cluster.script {
            $0.verb == "apply" && $0.number < 10 ? .refuse(.throttled, retryAfter: .milliseconds(20)) : nil
        }
        let record = await world.pass(Self.services)
        #expect(record.outcome == .succeeded, "\(record.reason)")
    }

    @Test("convergence under random faults", arguments: 0..<60)
    func random(seed: UInt64) async {
        let world = World(mode: seed.isMultiple(of: 3) ? .replace : .serverSide)
        let codes: [ClusterError.Code] = [.throttled, .unavailable, .interrupted, .conflict, .unreachable, .gone]
        world.cluster.script { request in
            var state =
                (UInt64(request.number) &+ seed &* 7919) &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            state ^= state >> 29
            guard request.number < 60, state % 3 == 0 else { return nil }
            let code = codes[Int(state / 3 % UInt64(codes.count))]
            let isPersisted = state / 64 % 2 == 0 && [.unavailable, .interrupted].contains(code)
            return isPersisted ? .persistThenFail(code) : .refuse(code, retryAfter: .milliseconds(1))
        }
        let daemon = Daemon(world)
        await daemon.pass(CrashTests.before)
        for _ in 0..<20 where await daemon.pass(CrashTests.after).outcome != .succeeded {}
        #expect(world.members == ["ConfigMap/shop/settings", "Secret/shop/token"])
        #expect(world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "2")
    }
}
