import Domain
import TestKit
import Testing

@testable import Reconciler

@Suite("Traps", .timeLimit(.minutes(1)))
struct TrapTests {
    @Test("a namespace that does not end is named with what the cluster says holds it")
    func terminatingNamespace() async {
        let world = World()
        await world.pass([service("cart", [configMap("a")])])
        world.cluster.edit(key("Namespace/shop"), as: "other") { $0["metadata"]?["finalizers"] = ["acme.io/wait"] }
        world.cluster.setStatus(
            key("Namespace/shop"),
            [
                "conditions": [
                    [
                        "type": "NamespaceContentRemaining", "status": "True",
                        "message": "Some resources are remaining: widgets.acme.io has 2 resource instances",
                    ],
                    ["type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "all is well"],
                ]
            ])
        world.cluster.remove(key("Namespace/shop"))
        let record = await world.pass([service("cart", [configMap("a"), configMap("b")])])
        #expect(record.outcome == .incomplete)
        let message = record.objects.first { $0.action == .failed }?.message ?? ""
        #expect(message.contains("the namespace shop is being deleted: Some resources are remaining"), "\(message)")
        #expect(!message.contains("all is well"))
    }

    @Test("a webhook comes after its backend is healthy, and goes before it")
    func webhooks() async {
        let kind = FakeCluster.kind(
            "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations",
            isNamespaced: false)
        let world = World(cluster: FakeCluster(kinds: FakeCluster.builtIn + [kind]))
        let webhook = object("ValidatingWebhookConfiguration", "guard", version: "admissionregistration.k8s.io/v1")
        let daemon = Daemon(world)
        async let record = daemon.pass([service("guard", [webhook, deployment("guard", isSlow: true)])])
        await eventually { world.object("Deployment.apps/shop/guard") != nil }
        let webhookKey = key("ValidatingWebhookConfiguration.admissionregistration.k8s.io/guard")
        #expect(world.cluster.object(webhookKey) == nil)
        world.cluster.setStatus(key("Deployment.apps/shop/guard"), ["health": "healthy"])
        #expect(await record.outcome == .succeeded)
        #expect(world.cluster.object(webhookKey) != nil)
        world.cluster.forgetRequests()
        await daemon.pass([])
        let deleted = world.cluster.requests.filter { $0.verb == "delete" }.map(\.subject)
        #expect(deleted == ["ValidatingWebhookConfiguration/guard", "Deployment/shop/guard"])
    }

    @Test("a service may say how long its waves take; the environment says it for the others")
    func healthTimeouts() async {
        let late = [Conventions.waveAnnotation: "1"]
        let patient = [Conventions.healthTimeoutAnnotation: "300ms"]
        let world = World(
            environment: Environment(
                name: name("dev"), namespace: "shop", healthTimeout: .milliseconds(20)))
        let record = await world.pass([
            service("a", [deployment("a", isSlow: true), configMap("a", annotations: late)]),
            service("b", [deployment("b", isSlow: true, annotations: patient), configMap("b", annotations: late)]),
            service("c", [configMap("c", annotations: [Conventions.healthTimeoutAnnotation: "soon"])]),
        ])
        #expect(record.outcome == .incomplete)
        #expect(record.finishedAt.since(record.startedAt) >= .milliseconds(300))
        #expect(record.finishedAt.since(record.startedAt) < .seconds(4))
        let refused = record.objects.first { $0.service == name("c") }?.message ?? ""
        #expect(refused.contains("must be a duration such as 5m"), "\(refused)")
    }

    @Test("health that changes while it is asked for is never asked for twice")
    func restless() async {
        let world = World()
        let index = Daemon(world).bench.index
        let map = key("ConfigMap/shop/a")
        let live = { (dying: Bool) in
            var object = object("ConfigMap", "a", namespace: "shop")
            if dying { object["metadata"]?["deletionTimestamp"] = "2026-01-01T00:00:00Z" }
            return object
        }
        let (healthy, dying) = (live(false), live(true))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for turn in 0..<20_000 { index.record(turn % 2 == 0 ? healthy : dying, key: map) } }
            group.addTask { for _ in 0..<20_000 { _ = HealthProbe.firstProblem(of: [map], in: index) } }
        }
        #expect(HealthProbe.firstProblem(of: [map], in: index) == "ConfigMap/shop/a: it is being deleted")
    }

    @Test("an object stuck in its deletion is named in the pass, and put there when it is gone")
    func finalizer() async {
        let world = World()
        await world.pass([service("cart", [configMap("a")])])
        world.cluster.edit(key("ConfigMap/shop/a"), as: "other") { $0["metadata"]?["finalizers"] = ["acme.io/wait"] }
        world.cluster.remove(key("ConfigMap/shop/a"))
        let orphans = try? await OrphanSearch(of: world.environment, on: world.cluster)
            .orphans(of: Rendering(environment: world.environment, commit: nil, services: [], diagnostics: [])).orphans
        #expect(orphans?.first?.reason == "it is being deleted and waits for the finalizers acme.io/wait")
        world.cluster.release(key("ConfigMap/shop/a"))
        #expect(await world.pass([service("cart", [configMap("a")])]).outcome == .succeeded)
    }
}
