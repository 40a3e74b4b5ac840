import Domain
import Lifecycle
import TestKit
import Testing

@testable import Reconciler

@Suite("A suspended environment", .timeLimit(.minutes(1)))
struct SuspensionTests {
    private let all = [service("cart", [configMap("settings"), configMap("other")])]

    @Test("nothing is written, drift and new commits show, and everything is made up for at the end")
    func suspended() async throws {
        let world = World()
        let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
        try await withLoop(world, all) { loop in
            try await orders.suspend(reason: "node upgrade", by: "Kim", until: nil)
            await eventually { loop.status.suspension != nil && !loop.book.current.isReconciling }
            world.cluster.forgetRequests()
            world.cluster.remove(key("ConfigMap/shop/settings"))
            await eventually { loop.status.services.first?.verdict == .drifted }
            // A pass that looks at it calls it what it is, too.
            let before = loop.book.current.lastPass?.id
            loop.request(.request)
            await eventually { loop.book.current.lastPass?.id != before && !loop.book.current.isReconciling }
            #expect(loop.status.services.first?.verdict == .drifted)
            let changed = [service("cart", [configMap("settings"), configMap("other", "2")])]
            loop.request(.poll, at: world.repository.commit(changed))
            await eventually { loop.book.current.lastPass?.outcome == .incomplete }
            #expect(loop.book.current.lastPass?.reason == "suspended by Kim: node upgrade")
            #expect(loop.status.services.first?.reason.contains("suspended by Kim: node upgrade") == true)
            #expect(world.cluster.requests.filter(\.isWrite).isEmpty)
            #expect(try await orders.endSuspension())
            await eventually {
                world.object("ConfigMap/shop/settings") != nil
                    && world.object("ConfigMap/shop/other")?[at: "data", "value"] == "2"
            }
            #expect(try await !orders.endSuspension())
        }
    }

    @Test("a suspension ends by itself when its time is up")
    func expiry() async throws {
        let world = World()
        let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
        try await withLoop(world, all) { loop in
            let end = Instant(seconds: wallClock().milliseconds / 1000 + 2)
            try await orders.suspend(reason: "test", by: nil, until: end)
            await eventually { loop.status.suspension != nil && !loop.book.current.isReconciling }
            loop.request(.poll, at: world.repository.commit([service("cart", [configMap("settings", "2")])]))
            await eventually { world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "2" }
            #expect(wallClock() > end)
        }
    }

    @Test("a daemon that starts while the environment is suspended writes nothing")
    func restart() async throws {
        let world = World()
        await world.pass(all)
        try await EnvironmentOrders(for: world.environment, on: world.cluster).suspend(reason: "x", by: nil, until: nil)
        world.cluster.remove(key("ConfigMap/shop/settings"))
        world.cluster.forgetRequests()
        let record = await world.pass(all)
        #expect(record.outcome == .incomplete && record.reason == "suspended: x")
        #expect(world.cluster.requests.filter(\.isWrite).isEmpty)
    }
}
