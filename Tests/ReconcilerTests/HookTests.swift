import Domain
import TestKit
import Testing

@testable import Reconciler

private func hook(_ phase: String, image: String = "migrate:1", _ name: String = "migrate") -> Value {
    object(
        "Job", name, version: "batch/v1", annotations: [Conventions.hookAnnotation: phase],
        ["spec": ["activeDeadlineSeconds": 30, "slow": true, "template": ["spec": ["image": .string(image)]]]])
}

/// Runs of one hook in the cluster.
private func runs(_ world: World, of name: String = "migrate") -> [Value] {
    world.cluster.objects.filter { $0.key.groupKind == Hook.kind && $0.key.name.hasPrefix("\(name)-") }
        .sorted { $0.key < $1.key }.map(\.value)
}

private func end(_ run: Value, _ world: World, health: String = "healthy", says: String = "") {
    let name = run.objectName ?? ""
    var pod = object("Pod", "\(name)-x", namespace: "shop", annotations: ["test/log": says])
    pod["metadata"]?["labels"] = ["job-name": .string(name)]
    pod["spec"] = ["containers": [["name": "migrate"]]]
    world.cluster.put(pod)
    world.cluster.setStatus(key("Job.batch/shop/\(name)"), ["health": .string(health)])
}

@Suite("Hooks", .timeLimit(.minutes(1)))
struct HookTests {
    private func all(_ phase: String = "before", image: String = "app:1") -> [RenderedService] {
        [service("cart", [hook(phase), deployment("cart", image: image)])]
    }

    /// A pass in which every run that begins ends like this.
    private func pass(
        _ daemon: Daemon, _ services: [RenderedService], health: String = "healthy", says: String = "done"
    ) async -> PassRecord {
        let world = daemon.world
        let before = Set(runs(world).compactMap(\.uid))
        async let record = daemon.pass(services)
        let ending = Task {
            await eventually { runs(world).contains { !before.contains($0.uid ?? "") } }
            for run in runs(world) where !before.contains(run.uid ?? "") { end(run, world, health: health, says: says) }
        }
        let result = await record
        ending.cancel()
        return result
    }

    @Test("a hook runs before the rest of its wave, and its output is kept with the pass")
    func before() async throws {
        let world = World()
        async let record = world.pass(all())
        await eventually { runs(world).count == 1 }
        #expect(world.object("Deployment.apps/shop/cart") == nil)
        let run = try #require(runs(world).first)
        #expect(run.annotation(Conventions.hookOfAnnotation) == "Job.batch/shop/migrate")
        end(run, world, says: "one\ntwo\n")
        let result = await record
        #expect(result.outcome == .succeeded, "\(result.reason)")
        #expect(world.object("Deployment.apps/shop/cart") != nil)
        #expect(result.logs.map(\.text) == ["one\ntwo\n"] && result.logs.first?.container == "migrate")
    }

    @Test("a hook after its wave waits until the rest is healthy")
    func after() async throws {
        let world = World()
        let services = [service("cart", [hook("after"), deployment("cart", isSlow: true)])]
        async let record = world.pass(services)
        await eventually { world.object("Deployment.apps/shop/cart") != nil }
        #expect(runs(world).isEmpty)
        world.cluster.setStatus(key("Deployment.apps/shop/cart"), ["health": "healthy"])
        await eventually { runs(world).count == 1 }
        end(try #require(runs(world).first), world)
        #expect(await record.outcome == .succeeded)
    }

    @Test("a hook runs once for each rendering, also after a restart, and again for every other one")
    func once() async {
        let world = World()
        let daemon = Daemon(world)
        #expect(await pass(daemon, all()).outcome == .succeeded)
        let first = runs(world).first?.uid
        #expect(await daemon.pass(all()).outcome == .succeeded)
        #expect(await world.pass(all()).outcome == .succeeded)
        #expect(runs(world).map(\.uid) == [first])
        #expect(await pass(daemon, all(image: "app:2")).outcome == .succeeded)
        #expect(runs(world).count == 1 && runs(world).first?.uid != first)
        // Back to what it ran for before: the database may have moved on since.
        let second = runs(world).first?.uid
        #expect(await pass(daemon, all()).outcome == .succeeded)
        #expect(runs(world).count == 1 && ![first, second].contains(runs(world).first?.uid))
    }

    @Test("a failed hook stops its service and no other, and says its last words")
    func failed() async throws {
        let world = World()
        let other = service("shop", [configMap("shop")])
        let record = await pass(Daemon(world), all() + [other], health: "degraded", says: "no such table\n")
        #expect(record.outcome == .incomplete)
        #expect(record.reason.contains("no such table"), "\(record.reason)")
        #expect(world.object("Deployment.apps/shop/cart") == nil && world.object("ConfigMap/shop/shop") != nil)
        #expect(record.objects.contains { $0.key == key("Deployment.apps/shop/cart") && $0.action == .skipped })
    }

    @Test("a failed hook runs again with a new commit, or on request, and not by itself")
    func again() async throws {
        let world = World()
        let daemon = Daemon(world)
        let commit = world.repository.commit(all())
        let failing = Task {
            await eventually { runs(world).count == 1 }
            if let run = runs(world).first { end(run, world, health: "degraded") }
        }
        #expect(await daemon.pass(commit).outcome == .incomplete)
        await failing.value
        let first = try #require(runs(world).first?.uid)
        let retried = await daemon.pass(commit)
        #expect(retried.outcome == .incomplete && runs(world).map(\.uid) == [first])
        #expect(retried.reason.contains("runs again with a new commit"))
        #expect(await pass(daemon, all()).outcome == .succeeded)
        #expect(runs(world).count == 1 && runs(world).first?.uid != first)
    }

    @Test("a new commit ends the wait, the run goes on, and no second one begins beside it")
    func preempted() async throws {
        let world = World()
        try await withHookLoop(world, all()) { loop in
            await eventually { runs(world).count == 1 }
            let first = try #require(runs(world).first)
            loop.request(.poll, at: world.repository.commit(all(image: "app:2") + [service("new", [configMap("new")])]))
            await eventually { world.object("ConfigMap/shop/new") != nil }
            #expect(runs(world).map(\.uid) == [first.uid])
            end(first, world)
            await eventually { runs(world).contains { $0.uid != first.uid } }
            await eventually { runs(world).count == 1 }
            end(try #require(runs(world).first), world)
            await eventually {
                world.object("Deployment.apps/shop/cart") != nil && loop.book.current.lastPass?.outcome == .succeeded
            }
        }
    }

    @Test("a run whose end nobody saw is noted, and not repeated")
    func unseen() async throws {
        let world = World()
        let daemon = Daemon(world)
        let interruption = Interruption()
        let commit = world.repository.commit(all())
        async let stopped = daemon.pass(commit, interruption: interruption)
        await eventually { runs(world).count == 1 }
        interruption.raise()
        #expect(await stopped.outcome == .stopped)
        let run = try #require(runs(world).first)
        end(run, world)
        #expect(await world.pass(all()).outcome == .succeeded)
        #expect(runs(world).map(\.uid) == [run.uid])
    }

    @Test("a hook without an end, or on another kind, is refused")
    func invalid() async {
        let world = World()
        var endless = hook("before")
        endless["spec"]?["activeDeadlineSeconds"] = nil
        let wrong = configMap("settings", annotations: [Conventions.hookAnnotation: "before"])
        let record = await world.pass([service("a", [endless]), service("b", [wrong])])
        #expect(record.count(of: .failed) == 2 && world.members.isEmpty)
    }

    @Test("deleting the Job of a hook that has run is no drift")
    func deleted() async throws {
        let world = World()
        #expect(await pass(Daemon(world), all()).outcome == .succeeded)
        try await withLoop(world, all()) { loop in
            let run = try #require(runs(world).first)
            world.cluster.remove(key("Job.batch/shop/\(run.objectName ?? "")"))
            world.cluster.remove(key("Deployment.apps/shop/cart"))
            await eventually { world.object("Deployment.apps/shop/cart") != nil }
            #expect(runs(world).isEmpty)
            await eventually { loop.status.services.first?.verdict == .healthy }
        }
    }

    private func withHookLoop(
        _ world: World, _ services: [RenderedService], _ body: (EnvironmentLoop) async throws -> Void
    ) async throws {
        let loop = world.loop()
        // Ended by `stop()` below, whatever the body does.
        let running = Task { try await loop.run() }
        loop.request(.start, at: world.repository.commit(services))
        let result: Result<Void, any Error>
        do { result = .success(try await body(loop)) } catch { result = .failure(error) }
        loop.stop()
        try await running.value
        try result.get()
    }
}
