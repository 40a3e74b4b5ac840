import Domain
import TestKit
import Testing

@testable import Reconciler

/// Runs a loop for the length of a test, until everything it has is watched.
func withLoop(
    _ world: World, _ services: [RenderedService], _ body: (EnvironmentLoop) async throws -> Void
) async throws {
    let loop = world.loop()
    // Ended by `stop()` below, whatever the body does.
    let running = Task { try await loop.run() }
    loop.request(.start, at: world.repository.commit(services))
    await eventually { loop.book.current.lastPass != nil && !loop.book.current.isReconciling }
    let kinds = loop.bench.index.kinds
    await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } && loop.book.current.isParentFollowed }
    let result: Result<Void, any Error>
    do { result = .success(try await body(loop)) } catch { result = .failure(error) }
    loop.stop()
    try await running.value
    try result.get()
}

@Suite("Drift", .timeLimit(.minutes(1)))
struct DriftTests {
    let services = [service("cart", [configMap("settings"), deployment("cart")])]

    @Test("a deleted object comes back at once, and a record says so")
    func deleted() async throws {
        let world = World()
        try await withLoop(world, services) { _ in
            let clock = ContinuousClock()
            let start = clock.now
            world.cluster.remove(key("ConfigMap/shop/settings"))
            await eventually { world.object("ConfigMap/shop/settings") != nil }
            #expect(clock.now - start < .seconds(2))
            await eventually { world.history.records.contains { $0.trigger == .drift } }
            let record = try #require(world.history.records.last)
            #expect(record.objects.map(\.action) == [.created] && record.outcome == .succeeded)
        }
    }

    @Test("a changed field of ours is put back; a field of others stays")
    func changed() async throws {
        let world = World()
        try await withLoop(world, services) { _ in
            world.cluster.edit(key("Deployment.apps/shop/cart"), as: "kubectl-edit") {
                $0["spec"]?["replicas"] = 7
                $0["spec"]?["paused"] = false
            }
            await eventually { world.object("Deployment.apps/shop/cart")?[at: "spec", "replicas"] == 2 }
            #expect(world.object("Deployment.apps/shop/cart")?[at: "spec", "paused"] == false)
        }
    }

    @Test("a label that was taken off is put back on the same object")
    func labelStripped() async throws {
        let world = World()
        try await withLoop(world, services) { _ in
            let uid = world.object("ConfigMap/shop/settings")?.uid
            world.cluster.edit(key("ConfigMap/shop/settings"), as: "kubectl-label") {
                $0["metadata"]?["labels"]?[Conventions.applySetPartOfLabel] = nil
            }
            await eventually { world.object("ConfigMap/shop/settings")?.label(Conventions.applySetPartOfLabel) != nil }
            #expect(world.object("ConfigMap/shop/settings")?.uid == uid)
        }
    }

    @Test("a status that changes is no drift")
    func status() async throws {
        let world = World()
        try await withLoop(world, services) { loop in
            world.cluster.forgetRequests()
            world.cluster.setStatus(key("Deployment.apps/shop/cart"), ["health": "progressing"])
            await eventually { loop.status.services.first?.verdict == .rollingOut }
            world.cluster.setStatus(key("Deployment.apps/shop/cart"), ["health": "healthy"])
            await eventually { loop.status.services.first?.verdict == .healthy }
            #expect(world.cluster.requests.isEmpty)
        }
    }

    @Test("a watch that lost its place lists again and misses nothing")
    func gone() async throws {
        let world = World()
        try await withLoop(world, services) { _ in
            world.cluster.endWatches(.gone)
            world.cluster.remove(key("ConfigMap/shop/settings"))
            await eventually { world.object("ConfigMap/shop/settings") != nil }
        }
    }

    @Test("a deleted namespace comes back with everything in it")
    func namespaceDeleted() async throws {
        let world = World()
        let all = [service("base", [object("Namespace", "shop")]), service("cart", [configMap("settings")])]
        try await withLoop(world, all) { _ in
            world.cluster.remove(key("Namespace/shop"))
            await eventually { world.object("ConfigMap/shop/settings") != nil && world.parent != nil }
        }
    }

    @Test("an idle environment sends nothing")
    func idle() async throws {
        let world = World()
        try await withLoop(world, services) { _ in
            world.cluster.forgetRequests()
            try await Task.sleep(for: .milliseconds(300))
            #expect(world.cluster.requests.isEmpty)
        }
    }

    @Test("a Job that is done and cleared away does not run again, not even after a restart")
    func clearedJob() async throws {
        let world = World()
        let job = object(
            "Job", "migrate", version: "batch/v1", ["spec": ["ttlSecondsAfterFinished": 60, "template": [:]]])
        let all = [service("cart", [job, configMap("settings")])]
        try await withLoop(world, all) { loop in
            world.cluster.remove(key("Job.batch/shop/migrate"))
            await eventually { world.parent?[at: "data", ParentMemory.finishedField] != nil }
            world.cluster.remove(key("ConfigMap/shop/settings"))
            await eventually { world.object("ConfigMap/shop/settings") != nil }
            #expect(world.object("Job.batch/shop/migrate") == nil)
            #expect(loop.status.services.first?.verdict == .healthy)
        }
        let record = await world.pass(all)
        #expect(record.outcome == .succeeded && world.object("Job.batch/shop/migrate") == nil)
        let changed = object(
            "Job", "migrate", version: "batch/v1", ["spec": ["ttlSecondsAfterFinished": 90, "template": [:]]])
        await world.pass([service("cart", [changed, configMap("settings")])])
        #expect(world.object("Job.batch/shop/migrate") != nil)
    }

    @Test("a fight is stopped and named, and the rest goes on being healed")
    func fight() async throws {
        let world = World()
        try await withLoop(world, services) { loop in
            let undo: @Sendable () -> Void = {
                world.cluster.edit(key("Deployment.apps/shop/cart"), as: "other-operator") {
                    $0["spec"]?["replicas"] = 7
                }
            }
            while loop.book.current.fights.isEmpty, !Task.isCancelled {
                undo()
                await eventually {
                    !loop.book.current.fights.isEmpty
                        || world.object("Deployment.apps/shop/cart")?[at: "spec", "replicas"] == 2
                }
            }
            let healings = world.history.records.flatMap(\.objects).count { $0.action == .configured }
            #expect(healings == world.settings.fightThreshold)
            let service = try #require(loop.status.services.first)
            #expect(service.verdict == .drifted)
            #expect(service.reason.contains("other-operator sets spec.replicas"))
            #expect(world.object("Deployment.apps/shop/cart")?[at: "spec", "replicas"] == 7)
            world.cluster.remove(key("ConfigMap/shop/settings"))
            await eventually { world.object("ConfigMap/shop/settings") != nil }
        }
    }
}

@Suite("The environment's loop", .timeLimit(.minutes(1)))
struct LoopTests {
    @Test("a new commit ends the wait for an unhealthy wave at once")
    func preemption() async throws {
        let world = World { $0.healthTimeout = .seconds(600) }
        let second = [Conventions.waveAnnotation: "1"]
        let loop = world.loop()
        let running = Task { try await loop.run() }
        loop.request(
            .start,
            at: world.repository.commit([
                service("cart", [deployment("cart", isSlow: true), configMap("late", annotations: second)])
            ]))
        await eventually { loop.bench.index.member(key("Deployment.apps/shop/cart"))?.health.status == .progressing }
        #expect(world.object("ConfigMap/shop/late") == nil)
        loop.request(.poll, at: world.repository.commit([service("cart", [configMap("fixed")])]))
        await eventually {
            world.object("ConfigMap/shop/fixed") != nil && world.object("Deployment.apps/shop/cart") == nil
        }
        await eventually { world.history.records.count == 2 }
        #expect(world.history.records.map(\.outcome) == [.stopped, .succeeded])
        loop.stop()
        try await running.value
    }

    @Test("what failed for a moment is tried again by itself")
    func retry() async throws {
        let world = World()
        world.cluster.script { $0.number < 12 && $0.verb == "apply" ? .refuse(.unreachable) : nil }
        let loop = world.loop()
        let running = Task { try await loop.run() }
        loop.request(.start, at: world.repository.commit([service("cart", [configMap("settings")])]))
        await eventually { world.object("ConfigMap/shop/settings") != nil }
        loop.stop()
        try await running.value
    }

    @Test("stop before run ends at once")
    func stopFirst() async throws {
        let loop = World().loop()
        loop.stop()
        try await loop.run()
    }

    @Test("deletions over the budget wait until exactly that list is confirmed")
    func heldPrune() async throws {
        let world = World(prune: PruneBudget(limit: 1, percent: 100))
        let all = [service("cart", [configMap("a"), configMap("b"), configMap("c")])]
        try await withLoop(world, all) { loop in
            loop.request(.poll, at: world.repository.commit([service("cart", [configMap("a")])]))
            await eventually { !loop.status.held(.prune).isEmpty && !loop.book.current.isReconciling }
            #expect(
                loop.status.held(.prune).items.map(\.key)
                    == [key("ConfigMap/shop/b"), key("ConfigMap/shop/c")].reversed())
            #expect(loop.book.current.lastPass?.outcome == .incomplete)
            let orders = EnvironmentOrders(for: world.environment, on: world.cluster)
            try await orders.confirm(.prune, "another", by: "Kim")
            await eventually { world.parent?.annotation(Conventions.confirmedPruneAnnotation) == nil }
            #expect(world.members.count == 3)
            try await orders.confirm(.prune, loop.status.held(.prune).hash, by: "Kim")
            await eventually { world.members == ["ConfigMap/shop/a"] && loop.status.held(.prune).isEmpty }
        }
    }
}
