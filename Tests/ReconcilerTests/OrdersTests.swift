import Domain
import TestKit
import Testing

@testable import Reconciler

@Suite("Orders on the ApplySet's parent", .timeLimit(.minutes(1)))
struct OrdersTests {
    private let parentKey = key("ConfigMap/shop/kubernaut-dev")
    private let all = [service("cart", [configMap("a"), configMap("b"), configMap("c")])]

    private func held(_ world: World) -> HeldList { world.parent.map { ParentMemory(of: $0).held(.prune) } ?? .none }

    @Test("held deletions are written on the parent, and a confirmation there lets exactly them go, once")
    func confirm() async throws {
        let world = World(prune: PruneBudget(limit: 1, percent: 100))
        let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
        try await withLoop(world, all) { loop in
            #expect(try await orders.held(.prune) == nil)
            loop.request(.poll, at: world.repository.commit([service("cart", [configMap("a")])]))
            await eventually { held(world).hash != "" && !loop.book.current.isReconciling }
            let list = try #require(try await orders.held(.prune))
            #expect(list == loop.status.held(.prune))
            #expect(list.items.allSatisfy { $0.service == name("cart") && !$0.uid.isEmpty })
            try await orders.confirm(.prune, list.hash, by: "Kim")
            await eventually { world.members == ["ConfigMap/shop/a"] && loop.status.held(.prune).isEmpty }
            await eventually { world.parent?.annotation(Conventions.confirmedPruneAnnotation) == nil }
            #expect(held(world) == .none)
            await eventually { world.history.records.contains { $0.count(of: .deleted) == 2 } }
            let pruned = world.history.records.last { $0.count(of: .deleted) == 2 }
            #expect(pruned?.objects.map(\.message) == ["confirmed by Kim", "confirmed by Kim"])
        }
    }

    @Test("a confirmation of another list deletes nothing and is put aside")
    func outdated() async throws {
        let world = World(prune: PruneBudget(limit: 1, percent: 100))
        let daemon = Daemon(world)
        await daemon.pass(all)
        await daemon.pass([service("cart", [configMap("a")])])
        let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
        try await orders.confirm(.prune, "0123456789", by: "Kim")
        let record = await daemon.pass([service("cart", [configMap("a")])])
        #expect(record.warnings.contains { $0.contains("by Kim for `kubernaut prune` named another list") })
        #expect(world.members.count == 3)
        #expect(world.parent?.annotation(Conventions.confirmedPruneAnnotation) == nil)
    }

    @Test("a confirmation waits while not everything can be read")
    func partialRead() async throws {
        let world = World(prune: PruneBudget(limit: 1, percent: 100))
        await world.pass([service("cart", [configMap("a"), configMap("b"), deployment("cart")])])
        let fewer = [service("cart", [configMap("a")])]
        await world.pass(fewer)
        let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
        try await orders.confirm(.prune, held(world).hash, by: "Kim")
        world.cluster.script { $0.verb == "list" && $0.subject == "Deployment" ? .refuse(.forbidden) : nil }
        await world.pass(fewer)
        #expect(world.members.count == 3)
        world.cluster.script { _ in nil }
        await world.pass(fewer)
        #expect(world.members == ["ConfigMap/shop/a"])
    }

    @Test("a request on the parent starts a pass at once")
    func request() async throws {
        let world = World()
        try await withLoop(world, all) { loop in
            let before = try #require(loop.book.current.lastPass?.id)
            let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
            try await orders.requestPass(at: Instant(seconds: 1), unique: "x")
            await eventually { loop.book.current.lastPass?.id != before && !loop.book.current.isReconciling }
            #expect(loop.book.current.lastPass?.trigger == .request)
        }
    }

    @Test("a parent that somebody deletes, narrows or strips comes back whole, by itself")
    func mended() async throws {
        let world = World()
        try await withLoop(world, all) { loop in
            let whole: @Sendable () -> Bool = {
                world.parent?.annotation(Conventions.applySetGroupKindsAnnotation) == "ConfigMap"
                    && world.parent?.label(Conventions.applySetIDLabel) == ApplySet(of: world.environment).id
                    && world.parent?.annotation(Conventions.applySetToolingAnnotation) == ApplySet.tooling
            }
            world.cluster.remove(parentKey)
            await eventually { whole() }
            for edit in [
                { @Sendable in $0["metadata"]?["annotations"]?[Conventions.applySetGroupKindsAnnotation] = "" },
                { $0["metadata"]?["labels"]?[Conventions.applySetIDLabel] = nil },
                { $0["metadata"]?["annotations"]?[Conventions.applySetToolingAnnotation] = nil },
            ] as [@Sendable (inout Value) -> Void] {
                await eventually { !loop.book.current.isReconciling }
                world.cluster.edit(parentKey, as: "kubectl-edit", edit)
                await eventually { whole() }
            }
        }
    }

    @Test("without a parent there is nothing to write an order on")
    func noParent() async {
        let world = World()
        let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
        let error = await #expect(throws: ClusterError.self) { try await orders.confirm(.prune, "x", by: "Kim") }
        #expect(error?.code == .notFound)
    }
}
