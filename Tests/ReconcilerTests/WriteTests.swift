import Domain
import TestKit
import Testing

@testable import Reconciler

@Suite("Writing", .timeLimit(.minutes(1)))
struct WriteTests {
    private func job(_ image: String, annotations: [String: String] = [:]) -> Value {
        object(
            "Job", "migrate", version: "batch/v1", annotations: annotations,
            ["spec": ["template": ["spec": ["image": .string(image)]]]])
    }

    @Test("an immutable field fails with advice, and the old object stays")
    func immutable() async {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass([service("cart", [job("1")])])
        let uid = world.object("Job.batch/shop/migrate")?.uid
        let record = await daemon.pass([service("cart", [job("2")])])
        #expect(record.outcome == .incomplete)
        #expect(record.objects.first?.message.contains("kubernaut.dev/recreate") == true)
        #expect(world.object("Job.batch/shop/migrate")?.uid == uid)
    }

    @Test("an immutable field is changed by recreating where the manifest allows it")
    func recreate() async {
        let world = World()
        let daemon = Daemon(world)
        let allowed = [Conventions.recreateAnnotation: "allowed"]
        await daemon.pass([service("cart", [job("1", annotations: allowed)])])
        let record = await daemon.pass([service("cart", [job("2", annotations: allowed)])])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(world.object("Job.batch/shop/migrate")?[at: "spec", "template", "spec", "image"] == "2")
        #expect(world.members == ["Job/shop/migrate"])
    }

    @Test("nothing is deleted when the new object would be refused")
    func unproven() async {
        let world = World()
        let daemon = Daemon(world)
        let allowed = [Conventions.recreateAnnotation: "allowed"]
        await daemon.pass([service("cart", [job("1", annotations: allowed)])])
        world.cluster.script { $0.verb == "create" && $0.isDryRun ? .refuse(.invalid) : nil }
        let record = await daemon.pass([service("cart", [job("2", annotations: allowed)])])
        #expect(record.outcome == .incomplete)
        #expect(world.object("Job.batch/shop/migrate")?[at: "spec", "template", "spec", "image"] == "1")
    }

    @Test("the old object is put back when the new one is refused after all")
    func putBack() async {
        let world = World()
        let daemon = Daemon(world)
        let allowed = [Conventions.recreateAnnotation: "allowed"]
        await daemon.pass([service("cart", [job("1", annotations: allowed)])])
        world.cluster.script { request in
            guard request.subject == "Job/shop/migrate", request.verb == "apply" else { return nil }
            // The update is refused as immutable, the create after the delete by somebody's rule.
            return world.object("Job.batch/shop/migrate") == nil ? .refuse(.forbidden) : nil
        }
        let record = await daemon.pass([service("cart", [job("2", annotations: allowed)])])
        #expect(record.outcome == .incomplete)
        #expect(world.object("Job.batch/shop/migrate")?[at: "spec", "template", "spec", "image"] == "1")
    }

    @Test("a whole object is put over what the cluster owns")
    func replace() async {
        let world = World(mode: .replace)
        let daemon = Daemon(world)
        let ports: (Int64) -> Value = { port in
            object("Service", "cart", ["spec": ["ports": [["name": "http", "port": .integer(port)]]]])
        }
        await daemon.pass([service("cart", [ports(80)])])
        world.cluster.edit(key("Service/shop/cart"), as: "apiserver") { $0["spec"]?["clusterIP"] = "10.0.0.9" }
        let record = await daemon.pass([service("cart", [ports(81)])])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        let live = world.object("Service/shop/cart")
        #expect(live?[at: "spec", "clusterIP"] == "10.0.0.9")
        #expect(live?[at: "spec", "ports"]?.list?.first?["port"] == 81)
        #expect(world.cluster.requests.contains { $0.verb == "replace" })
        #expect(!world.cluster.requests.contains { $0.verb == "apply" && $0.subject == "Service/shop/cart" })
    }

    @Test("an object that is being deleted is waited for, then created")
    func terminating() async {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass([service("cart", [configMap("a")])])
        world.cluster.edit(key("ConfigMap/shop/a"), as: "other") { $0["metadata"]?["finalizers"] = ["acme.io/wait"] }
        world.cluster.remove(key("ConfigMap/shop/a"))
        let fresh = Daemon(world)
        async let record = fresh.pass([service("cart", [configMap("a")])])
        await eventually { world.cluster.requests.count { $0.subject == "ConfigMap/shop/a" && $0.verb == "get" } > 0 }
        world.cluster.release(key("ConfigMap/shop/a"))
        #expect(await record.outcome == .succeeded)
        #expect(world.object("ConfigMap/shop/a")?[at: "metadata", "deletionTimestamp"] == nil)
        #expect(world.object("ConfigMap/shop/a") != nil)
    }

    @Test("an object that cannot go names what holds it")
    func stuckFinalizer() async {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass([service("cart", [configMap("a")])])
        world.cluster.edit(key("ConfigMap/shop/a"), as: "other") { $0["metadata"]?["finalizers"] = ["acme.io/wait"] }
        world.cluster.remove(key("ConfigMap/shop/a"))
        let record = await Daemon(world).pass([service("cart", [configMap("a")])])
        #expect(record.objects.first?.message.contains("acme.io/wait") == true)
    }

    @Test("waves wait for health, and the next wave says what it waits for")
    func waves() async {
        let world = World { $0.healthTimeout = .milliseconds(50) }
        let late = configMap("late", annotations: [Conventions.waveAnnotation: "1"])
        let record = await world.pass([service("cart", [deployment("cart", isSlow: true), late])])
        #expect(record.outcome == .incomplete)
        #expect(record.objects.first { $0.action == .skipped }?.message.contains("waits for wave 0") == true)
        #expect(world.members == ["Deployment/shop/cart"])
    }

    @Test("a service starts when what it needs is healthy, also without watches")
    func needs() async {
        let world = World()
        async let record = world.pass([
            service("base", [deployment("base", isSlow: true)]), service("cart", [configMap("cart")], needs: ["base"]),
        ])
        await eventually { world.object("Deployment.apps/shop/base") != nil }
        #expect(world.object("ConfigMap/shop/cart") == nil)
        world.cluster.setStatus(key("Deployment.apps/shop/base"), ["health": "healthy"])
        #expect(await record.outcome == .succeeded)
        #expect(world.object("ConfigMap/shop/cart") != nil)
    }

    @Test("what needs a service that could not be rendered does not wait for it")
    func needsUnrendered() async {
        let world = World { $0.healthTimeout = .seconds(600) }
        let record = await world.pass([
            service("base", problem: "unknown variable"), service("cart", [configMap("cart")], needs: ["base"]),
        ])
        #expect(record.objects.map(\.message) == ["it needs base, which could not be rendered"])
        #expect(world.members.isEmpty)
    }

    @Test("what the server would write differently costs one dry run after a restart, and no write")
    func normalized() async {
        let world = World()
        let services = [service("cart", [configMap("a")])]
        await world.pass(services)
        // The server spells a value in its own way, as it does with quantities; nobody took the field from us.
        world.cluster.respell(key("ConfigMap/shop/a")) { $0["data"]?["value"] = "1000m" }
        world.cluster.forgetRequests()
        let record = await world.pass(services)
        #expect(record.outcome == .succeeded)
        #expect(world.cluster.requests.contains { $0.verb == "apply" && $0.isDryRun })
    }
}

@Suite("Comparing")
struct ComparisonTests {
    @Test(
        "a live object covers what it holds letter by letter",
        arguments: [
            (["a": 1], ["a": 1, "b": 2], true), (["a": 1], ["a": 2], false), (["a": 1], [:], false),
            (["a": .null], [:], true), (["a": []], [:], true), (["a": [:]], [:], false),
            (["a": [1, 2]], ["a": [1, 2]], true), (["a": [1]], ["a": [1, 2]], false),
            (["a": [["n": 1]]], ["a": [["n": 1, "default": true]]], true),
        ] as [(Value, Value, Bool)])
    func covers(desired: Value, live: Value, expected: Bool) {
        #expect(Comparison.covers(live, desired) == expected)
    }

    @Test(
        "back-off grows to its cap and is spread by chance",
        arguments: [(0, 0.9, 0.0), (1, 1.0, 1.0), (2, 1.0, 2.0), (3, 0.5, 2.0), (10, 1.0, 30.0), (.max, 1.0, 30.0)])
    func backoff(failures: Int, chance: Double, seconds: Double) {
        let backoff = Backoff(base: .seconds(1), cap: .seconds(30))
        #expect(backoff.delay(afterFailures: failures, unitRandom: chance) == .seconds(seconds))
    }
}
