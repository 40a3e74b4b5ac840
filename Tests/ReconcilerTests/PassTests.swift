import Domain
import TestKit
import Testing

@testable import Reconciler

@Suite("One pass", .timeLimit(.minutes(1)))
struct PassTests {
    @Test("a first pass creates the namespace, the parent and every object with our marks")
    func firstPass() async throws {
        let world = World()
        let record = await world.pass([service("cart", [configMap("settings"), deployment("cart")])])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(record.count(of: .created) == 2)
        let live = try #require(world.object("Deployment.apps/shop/cart"))
        #expect(live.label(Conventions.applySetPartOfLabel) == ApplySet(of: world.environment).id)
        #expect(live.label(Conventions.environmentLabel) == "dev")
        #expect(live.label(Conventions.serviceLabel) == "cart")
        #expect(live.annotation(Conventions.objectAnnotation) == "Deployment.apps/shop/cart")
        #expect(live.annotation(Conventions.digestAnnotation)?.isEmpty == false)
        #expect(world.parent?.annotation(Conventions.applySetGroupKindsAnnotation) == "ConfigMap,Deployment.apps")
        #expect(world.parent?.annotation(Conventions.applySetNamespacesAnnotation) == "")
    }

    @Test("the parent announces a kind before its first object is written")
    func parentFirst() async {
        let world = World()
        await world.pass([service("cart", [configMap("settings")])])
        let writes = world.cluster.requests.filter(\.isWrite).map(\.subject)
        #expect(writes == ["Namespace/shop", "ConfigMap/shop/kubernaut-dev", "ConfigMap/shop/settings"])
    }

    @Test("a second pass over the same manifests writes nothing")
    func unchanged() async {
        let world = World()
        let daemon = Daemon(world)
        let services = [service("cart", [configMap("settings"), deployment("cart")])]
        await daemon.pass(services)
        world.cluster.forgetRequests()
        let record = await daemon.pass(services)
        #expect(record.outcome == .succeeded)
        #expect(record.unchangedCount == 2 && record.objects.isEmpty)
        #expect(world.cluster.requests.filter { !["get", "discovery"].contains($0.verb) }.map(\.verb) == [])
    }

    @Test("a daemon that starts anew lists what it has and writes nothing")
    func restart() async {
        let world = World()
        let services = [service("cart", [configMap("settings"), deployment("cart")])]
        await world.pass(services)
        world.cluster.forgetRequests()
        let record = await world.pass(services)
        #expect(record.unchangedCount == 2)
        #expect(world.cluster.requests.filter(\.isWrite).isEmpty)
        #expect(world.cluster.requests.count { $0.verb == "list" } == 2)
    }

    @Test("a changed manifest is configured, the others are left alone")
    func changed() async {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass([service("cart", [configMap("settings"), deployment("cart")])])
        let record = await daemon.pass([service("cart", [configMap("settings"), deployment("cart", image: "app:2")])])
        #expect(record.objects.map(\.action) == [.configured])
        #expect(record.unchangedCount == 1)
    }

    @Test("what git no longer has is deleted, and the parent narrowed")
    func prune() async {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass([service("cart", [configMap("settings"), deployment("cart")])])
        let record = await daemon.pass([service("cart", [configMap("settings")])])
        #expect(record.objects.map(\.action) == [.deleted])
        #expect(world.members == ["ConfigMap/shop/settings"])
        #expect(world.parent?.annotation(Conventions.applySetGroupKindsAnnotation) == "ConfigMap")
    }

    @Test("an object that exists and is not ours is refused, and nothing else")
    func stranger() async {
        let world = World()
        world.cluster.put(object("Namespace", "shop"))
        world.cluster.put(object("ConfigMap", "settings", namespace: "shop", ["data": ["value": "theirs"]]))
        let record = await world.pass([service("cart", [configMap("settings")]), service("shop", [configMap("other")])])
        #expect(record.outcome == .incomplete)
        #expect(record.objects.first { $0.action == .failed }?.message.contains("kubernaut.dev/adopt") == true)
        #expect(world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "theirs")
        #expect(world.object("ConfigMap/shop/other") != nil)
    }

    @Test("an object that exists is taken over when its manifest says adopt")
    func adopt() async {
        let world = World()
        world.cluster.put(object("Namespace", "shop"))
        world.cluster.put(object("ConfigMap", "settings", namespace: "shop", ["data": ["value": "theirs"]]))
        let adopting = configMap("settings", annotations: [Conventions.adoptAnnotation: "true"])
        let record = await world.pass([service("cart", [adopting])])
        #expect(record.outcome == .succeeded)
        #expect(world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "1")
    }

    @Test("a copy of one of our objects is never pruned")
    func copy() async throws {
        let world = World()
        let services = [service("cart", [configMap("settings")])]
        await world.pass(services)
        var copy = try #require(world.object("ConfigMap/shop/settings"))
        var metadata = try #require(copy["metadata"])
        metadata["name"] = "copy"
        for field in ["uid", "resourceVersion", "managedFields"] { metadata[field] = nil }
        copy["metadata"] = metadata
        world.cluster.put(copy)
        let record = await world.pass(services)
        #expect(record.outcome == .succeeded && record.objects.isEmpty)
        #expect(world.object("ConfigMap/shop/copy") != nil)
    }

    @Test("one service's failure never stops another's, and what follows in its own order waits")
    func isolation() async {
        let world = World()
        world.cluster.script { $0.verb == "apply" && $0.subject == "ConfigMap/shop/bad" ? .refuse(.invalid) : nil }
        let record = await world.pass([
            service("bad", [configMap("bad"), deployment("bad")]),
            service("good", [configMap("good"), deployment("good")]),
        ])
        #expect(record.outcome == .incomplete)
        #expect(world.members == ["ConfigMap/shop/good", "Deployment/shop/good"])
        #expect(record.objects.first { $0.key == key("Deployment.apps/shop/bad") }?.action == .skipped)
    }

    @Test("nothing of a service that failed to render is pruned")
    func failedServiceKeepsItsObjects() async {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass([
            service("cart", [configMap("cart")]), service("shop", [configMap("shop"), configMap("old")]),
        ])
        let record = await daemon.pass([
            service("cart", problem: "unknown variable"), service("shop", [configMap("shop")]),
        ])
        #expect(record.outcome == .incomplete)
        #expect(world.members == ["ConfigMap/shop/cart", "ConfigMap/shop/shop"])
    }

    @Test("a rendering that is unreadable as a whole touches nothing")
    func unreadable() async {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass([service("cart", [configMap("cart")])])
        world.cluster.forgetRequests()
        let problem = Diagnostic(.error, "KN1001", "bad YAML", at: SourceLocation(file: "defaults.yaml", line: 2))
        let record = await daemon.pass([], problem: problem)
        #expect(record.outcome == .failed && record.stage == .render)
        #expect(world.cluster.requests.isEmpty)
        #expect(world.members == ["ConfigMap/shop/cart"])
    }

    @Test(
        "nothing is deleted when something could not be read",
        arguments: [ClusterError.Code.forbidden, .unavailable, .interrupted])
    func partialRead(code: ClusterError.Code) async {
        let world = World()
        await world.pass([service("cart", [configMap("old"), deployment("cart")])])
        world.cluster.script { $0.verb == "list" && $0.subject == "Deployment" ? .refuse(code) : nil }
        let record = await world.pass([service("cart", [configMap("new"), deployment("cart")])])
        #expect(record.outcome == .incomplete)
        #expect(world.members.contains("ConfigMap/shop/old"))
    }

    @Test("nothing is deleted while an API group of ours does not answer")
    func missingGroup() async {
        let world = World()
        await world.pass([service("cart", [configMap("old"), deployment("cart")])])
        world.cluster.setUnavailable(["apps/v1"])
        let record = await world.pass([service("cart", [configMap("new")])])
        #expect(record.reason.contains("Deployment.apps"))
        #expect(world.members == ["ConfigMap/shop/old", "ConfigMap/shop/new", "Deployment/shop/cart"])
    }

    @Test("a kind that the cluster does not know fails clearly, the others go on")
    func unknownKind() async {
        let world = World()
        let monitor = object("ServiceMonitor", "cart", version: "monitoring.coreos.com/v1")
        let record = await world.pass([service("cart", [deployment("cart"), monitor])])
        #expect(record.outcome == .incomplete)
        #expect(record.objects.first { $0.action == .failed }?.message.contains("install its CRD") == true)
        #expect(world.members == ["Deployment/shop/cart"])
    }

    @Test("a CRD and an object of its kind come in one revision, in any order")
    func customResource() async {
        let world = World()
        let definition = object(
            "CustomResourceDefinition", "widgets.acme.io", version: "apiextensions.k8s.io/v1",
            [
                "spec": [
                    "group": "acme.io", "scope": "Namespaced", "names": ["kind": "Widget", "plural": "widgets"],
                    "versions": [["name": "v1"]],
                ]
            ])
        let record = await world.pass([service("cart", [object("Widget", "blue", version: "acme.io/v1"), definition])])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(world.object("Widget.acme.io/shop/blue") != nil)
    }
}
