import Domain
import TestKit
import Testing

@testable import Reconciler

private func pointer(_ text: String) -> JSONPointer {
    guard let pointer = JSONPointer(text) else { preconditionFailure("no pointer: \(text)") }
    return pointer
}

private func live(_ fields: Value, _ entries: [(manager: String, operation: String, fields: Value)]) -> Value {
    var object = fields
    object["metadata"] = [
        "managedFields": .list(
            entries.map {
                ["manager": .string($0.manager), "operation": .string($0.operation), "fieldsV1": $0.fields]
            })
    ]
    return object
}

@Suite("Ignored fields")
struct IgnoredFieldsTests {
    private let replicas = IgnoredFields([pointer("/spec/replicas")])
    private let desired: Value = ["spec": ["replicas": 2, "image": "a"]]

    @Test("a field that another manager has is left out")
    func othersHave() {
        let live = live(
            ["spec": ["replicas": 7, "image": "a"]],
            [
                ("kubernaut", "Apply", ["f:spec": ["f:image": [:]]]),
                ("autoscaler", "Update", ["f:spec": ["f:replicas": [:]]]),
            ])
        #expect(replicas.applied(desired, over: live) == ["spec": ["image": "a"]])
    }

    @Test("a field that only we have keeps its live value: left out, it would fall to the default")
    func solelyOurs() {
        let live = live(
            ["spec": ["replicas": 7, "image": "a"]],
            [("kubernaut", "Apply", ["f:spec": ["f:image": [:], "f:replicas": [:]]])])
        #expect(replicas.applied(desired, over: live) == ["spec": ["replicas": 7, "image": "a"]])
        let dropped: Value = ["spec": ["image": "a"]]
        #expect(replicas.applied(dropped, over: live) == ["spec": ["replicas": 7, "image": "a"]])
    }

    @Test("whole maps are left to others member by member")
    func members() {
        let ignored = IgnoredFields([pointer("/data")])
        let live = live(
            ["data": ["ours": "1", "theirs": "2", "both": "3"]],
            [
                ("kubernaut", "Apply", ["f:data": ["f:ours": [:], "f:both": [:]]]),
                ("vault", "Update", ["f:data": ["f:theirs": [:], "f:both": [:]]]),
            ])
        #expect(ignored.applied(["data": ["ours": "9"]], over: live) == ["data": ["ours": "1"]])
    }

    @Test("items of lists are found by their names, wherever they stand")
    func items() {
        let ignored = IgnoredFields([pointer("/spec/containers/0/image")])
        let desired: Value = ["spec": ["containers": [["name": "app", "image": "app:1"]]]]
        let live = live(
            ["spec": ["containers": [["name": "proxy", "image": "p:1"], ["name": "app", "image": "app:9"]]]],
            [
                (
                    "kubernaut", "Apply",
                    ["f:spec": ["f:containers": [#"k:{"name":"app"}"#: [".": [:], "f:name": [:], "f:image": [:]]]]]
                )
            ])
        let sent = ignored.applied(desired, over: live)
        #expect(sent == ["spec": ["containers": [["name": "app", "image": "app:9"]]]])
        #expect(ignored.replaced(desired, over: live) == sent)
    }

    @Test("a PUT carries the live value over, whoever has it, and sends none that is not there")
    func replace() {
        #expect(replicas.replaced(desired, over: ["spec": ["replicas": 7]]) == ["spec": ["replicas": 7, "image": "a"]])
        #expect(replicas.replaced(desired, over: ["spec": [:]]) == ["spec": ["image": "a"]])
    }

    @Test("an annotation adds to the environment's rules; what names an object cannot be ignored")
    func sources() throws {
        let location = SourceLocation(file: "kubernaut.yaml")
        let rule = IgnoreRule(kind: Glob("Deployment"), pointers: [pointer("/spec/replicas")], location: location)
        let key = key("Deployment.apps/shop/cart")
        let both = try IgnoredFields(for: key, rules: [rule], annotation: "/data/a, /data/b")
        #expect(both.pointers.map(\.description) == ["/spec/replicas", "/data/a", "/data/b"])
        for text in ["spec", "/metadata/name", "/kind", "/metadata"] {
            #expect(throws: IgnoredFieldsProblem.self) { try IgnoredFields(for: key, rules: [], annotation: text) }
        }
    }
}

@Suite("Fields of others", .timeLimit(.minutes(1)))
struct OthersFieldsTests {
    private static let autoscalers = FakeCluster.kind(
        "autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")

    private func autoscaler(namespace: String? = nil) -> Value {
        object(
            "HorizontalPodAutoscaler", "cart", version: "autoscaling/v2", namespace: namespace,
            ["spec": ["scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"]]])
    }

    private func scale(_ world: World, to replicas: Int64) {
        world.cluster.edit(key("Deployment.apps/shop/cart"), as: "kube-controller-manager") {
            $0["spec"]?["replicas"] = .integer(replicas)
        }
    }

    private func replicas(_ world: World) -> Value? {
        world.object("Deployment.apps/shop/cart")?[at: "spec", "replicas"]
    }

    @Test(
        "an autoscaler sets replicas from the first scaling on, in git or only in the cluster",
        arguments: [true, false])
    func autoscaler(inGit: Bool) async throws {
        let world = World(cluster: FakeCluster(kinds: FakeCluster.builtIn + [Self.autoscalers]))
        let extra = inGit ? [autoscaler()] : []
        if !inGit {
            world.cluster.put(object("Namespace", "shop"))
            world.cluster.put(autoscaler(namespace: "shop"))
        }
        let all = { (image: String) in [service("cart", [deployment("cart", image: image)] + extra)] }
        try await withLoop(world, all("app:1")) { loop in
            #expect(replicas(world) == 2)
            scale(world, to: 7)
            loop.request(.poll, at: world.repository.commit(all("app:2")))
            await eventually { loop.book.current.lastPass?.count(of: .configured) == 1 }
            await eventually { !loop.book.current.isReconciling && loop.status.services.first?.verdict == .healthy }
            #expect(replicas(world) == 7)
            scale(world, to: 9)
            await eventually { loop.status.services.first?.verdict == .healthy }
            #expect(replicas(world) == 9)
            #expect(loop.book.current.fights.isEmpty)
        }
        let record = await world.pass(all("app:2"))
        #expect(record.outcome == .succeeded && replicas(world) == 9)
    }

    @Test("an ignored field is created from git, and left to others from then on", arguments: [true, false])
    func ignored(isServerSide: Bool) async throws {
        let world = World(mode: isServerSide ? .serverSide : .replace)
        let marked = [Conventions.ignoreAnnotation: "/data/value"]
        let all = { (other: String) in
            var map = configMap("settings", "git", annotations: marked)
            map["data"]?["other"] = .string(other)
            return [service("cart", [map])]
        }
        let daemon = Daemon(world)
        await daemon.pass(all("1"))
        #expect(world.object("ConfigMap/shop/settings")?["data"] == ["value": "git", "other": "1"])
        world.cluster.edit(key("ConfigMap/shop/settings"), as: "rotator") { $0["data"]?["value"] = "rotated" }
        await daemon.pass(all("2"))
        #expect(world.object("ConfigMap/shop/settings")?["data"] == ["value": "rotated", "other": "2"])
        world.cluster.forgetRequests()
        let record = await world.pass(all("2"))
        #expect(record.outcome == .succeeded && world.cluster.requests.filter(\.isWrite).isEmpty)
    }
}
