// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Testing

@Suite("Contract: server-side apply", .timeLimit(.minutes(2)))
struct ContractApplyTests {
    private let path = "\(Sample.configMaps)/a"

    @Test("the first apply creates, the same again changes nothing", arguments: Implementation.available)
    func appliesTwice(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let config = Sample.configMap("a", ["k": "v"], labels: ["l": "1"])
        let made = try await api.apply(path, config, as: "one")
        #expect(made.status == 201)
        #expect(made.fields(of: "one") == ["f:data": ["f:k": [:]], "f:metadata": ["f:labels": ["f:l": [:]]]])
        let again = try await api.apply(path, config, as: "one")
        #expect(again.status == 200)
        #expect(again.revision == made.revision)
    }

    @Test("a field of another manager is a conflict that names it", arguments: Implementation.available)
    func conflicts(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.apply(path, Sample.configMap("a", ["k": "v", "z": "1"]), as: "one")
        let one = try await api.apply(path, Sample.configMap("a", ["k": "w"]), as: "two")
        #expect(one.status == 409)
        #expect(one.reason == "Conflict")
        #expect(one.message == "Apply failed with 1 conflict: conflict with \"one\": .data.k")
        #expect(one.causes == [".data.k FieldManagerConflict"])
        let two = try await api.apply(path, Sample.configMap("a", ["k": "w", "z": "2"]), as: "two")
        #expect(two.message == "Apply failed with 2 conflicts: conflicts with \"one\":\n- .data.k\n- .data.z")
        let forced = try await api.apply(path, Sample.configMap("a", ["k": "w"]), as: "two", force: true)
        #expect(forced.status == 200)
        #expect(forced.fields(of: "one") == ["f:data": ["f:z": [:]]])
        #expect(forced.fields(of: "two") == ["f:data": ["f:k": [:]]])
    }

    @Test("a conflict with an updater names its version", arguments: Implementation.available)
    func conflictsWithUpdater(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.send("POST", "\(Sample.configMaps)?fieldManager=cli", Sample.configMap("a", ["k": "v"]))
        let answer = try await api.apply(path, Sample.configMap("a", ["k": "w"]), as: "one")
        #expect(answer.message == "Apply failed with 1 conflict: conflict with \"cli\" using v1: .data.k")
    }

    @Test("an equal value is owned together and stays while one owner names it", arguments: Implementation.available)
    func sharesFields(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.apply(path, Sample.configMap("a", ["k": "v", "own": "1"]), as: "one")
        let shared = try await api.apply(path, Sample.configMap("a", ["k": "v"]), as: "two")
        #expect(shared.status == 200)
        #expect(shared.fields(of: "two") == ["f:data": ["f:k": [:]]])
        let left = try await api.apply(path, Sample.configMap("a"), as: "one")
        #expect(left.body["data"] == ["k": "v"])
        #expect(left.fields(of: "one") == nil)
        let empty = try await api.apply(path, Sample.configMap("a"), as: "two")
        #expect(empty.body["data"] == nil)
        #expect(empty.body[at: "metadata", "name"] == "a")
    }

    @Test("dropped labels go while the object keeps its metadata", arguments: Implementation.available)
    func prunesLabels(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.apply(path, Sample.configMap("a", ["k": "v"], labels: ["l": "1"]), as: "one")
        _ = try await api.merge(path, ["metadata": ["labels": ["other": "2"], "finalizers": ["example.com/f"]]])
        let pruned = try await api.apply(path, Sample.configMap("a", ["k": "v"]), as: "one")
        #expect(pruned.body[at: "metadata", "labels"] == ["other": "2"])
        #expect(pruned.body[at: "metadata", "finalizers"] == ["example.com/f"])
        #expect(pruned.body[at: "metadata", "uid"] == made.body[at: "metadata", "uid"])
    }

    @Test("list items belong to whoever names them, by their keys", arguments: Implementation.available)
    func mergesLists(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let path = "\(Sample.deployments)/a"
        let made = try await api.apply(path, Sample.deployment("a"), as: "one")
        let container = made.fields(of: "one")?[
            at: "f:spec", "f:template", "f:spec", "f:containers", "k:{\"name\":\"web\"}"]
        #expect(
            container == [
                ".": [:], "f:name": [:], "f:image": [:], "f:resources": ["f:requests": ["f:cpu": [:]]],
                "f:env": ["k:{\"name\":\"A\"}": [".": [:], "f:name": [:], "f:value": [:]]],
                "f:ports": [
                    "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": [".": [:], "f:containerPort": [:]]
                ],
            ])
        let side: Value = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "a"],
            "spec": ["template": ["spec": ["containers": [["name": "side", "image": "side:1"]]]]],
        ]
        #expect(try await api.apply(path, side, as: "two").containers == ["web=nginx:1", "side=side:1"])
        var none = side
        none["spec"] = ["template": ["spec": ["containers": []]]]
        #expect(try await api.apply(path, none, as: "two").containers == ["web=nginx:1"])
    }

    @Test("defaults belong to nobody, so another may set them", arguments: Implementation.available)
    func leavesDefaults(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let path = "\(Sample.deployments)/a"
        let made = try await api.apply(path, Sample.deployment("a"), as: "one")
        #expect(made.body[at: "spec", "revisionHistoryLimit"] == 10)
        #expect(
            made.body[at: "spec", "template", "spec", "containers"]?.list?[0][at: "resources", "requests", "cpu"] == "1"
        )
        let changed = try await api.apply(
            path,
            [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "a"],
                "spec": ["revisionHistoryLimit": 3],
            ], as: "two")
        #expect(changed.status == 200)
        #expect(changed.body[at: "spec", "revisionHistoryLimit"] == 3)
    }

    @Test("an update takes fields away without asking", arguments: Implementation.available)
    func loses(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.apply(path, Sample.configMap("a", ["k": "v", "z": "1"]), as: "one")
        let changed = try await api.send(
            "PATCH", "\(path)?fieldManager=hand", ["data": ["k": "w"]], type: "application/merge-patch+json")
        #expect(changed.fields(of: "one") == ["f:data": ["f:z": [:]]])
        #expect(changed.fields(of: "hand", "Update") == ["f:data": ["f:k": [:]]])
    }

    @Test("a Service that changes its type sheds what belonged to the old one", arguments: Implementation.available)
    func changesServiceType(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let path = "\(Sample.services)/a"
        func service(_ spec: Value) -> Value {
            ["apiVersion": "v1", "kind": "Service", "metadata": ["name": "a"], "spec": spec]
        }
        func typed(_ type: String) -> Value {
            service(["type": .string(type), "selector": ["a": "b"], "ports": [["port": 80]]])
        }
        let plain = try await api.apply(path, typed("ClusterIP"), as: "one")
        let balanced = try await api.apply(path, typed("LoadBalancer"), as: "one")
        #expect(balanced.body[at: "spec", "clusterIP"] == plain.body[at: "spec", "clusterIP"])
        #expect(balanced.body[at: "spec", "ports"]?.list?.first?["nodePort"]?.integer ?? 0 >= 30_000)
        #expect(balanced.body[at: "spec", "externalTrafficPolicy"] == "Cluster")
        let back = try await api.apply(path, typed("ClusterIP"), as: "one")
        #expect(back.body["spec"] == plain.body["spec"])
        let named = try await api.apply(path, service(["type": "ExternalName", "externalName": "a.b"]), as: "one")
        #expect(
            named.body["spec"] == ["type": "ExternalName", "externalName": "a.b", "sessionAffinity": "None"])
    }

    @Test("a default that no longer fits is refused, not dropped", arguments: Implementation.available)
    func refusesLeftovers(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.apply("\(Sample.deployments)/a", Sample.deployment("a"), as: "one")
        var changed = Sample.deployment("a")
        changed = changed.setting("strategy", ["type": "Recreate"])
        let answer = try await api.apply("\(Sample.deployments)/a", changed, as: "one")
        #expect(answer.status == 422)
        #expect(
            answer.message
                == "Deployment.apps \"a\" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be specified when "
                + "strategy `type` is 'Recreate'")
    }

    @Test("scaling is an owner of its own", arguments: Implementation.available)
    func scales(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let path = "\(Sample.deployments)/a"
        _ = try await api.apply(path, Sample.deployment("a"), as: "one")
        let scaled = try await api.send(
            "PATCH", "\(path)/scale?fieldManager=hand", ["spec": ["replicas": 1]], type: "application/merge-patch+json")
        #expect(scaled.body["kind"] == "Scale")
        let found = try await api.send("GET", path)
        #expect(found.fields(of: "hand", "Update", subresource: "scale") == ["f:spec": ["f:replicas": [:]]])
        let answer = try await api.apply(path, Sample.deployment("a"), as: "one")
        #expect(
            answer.message
                == "Apply failed with 1 conflict: conflict with \"hand\" with subresource \"scale\" using apps/v1: "
                + ".spec.replicas")
    }

    @Test("an object without managers belongs to before-first-apply", arguments: Implementation.available)
    func adoptsUnmanaged(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.send("POST", Sample.configMaps, Sample.configMap("a", ["k": "v"]))
        let reset = try await api.merge(path, ["metadata": ["managedFields": [[:]]]])
        #expect(reset.body[at: "metadata", "managedFields"] == nil)
        let applied = try await api.apply(path, Sample.configMap("a", ["n": "1"]), as: "one")
        #expect(applied.fields(of: "before-first-apply", "Update") == ["f:data": [".": [:], "f:k": [:]]])
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        let query: String
        let config: Value
        let status: Int
        let message: String
        var testDescription: String { name }
    }

    static let mistakes: [Mistake] = [
        Mistake(
            name: "no manager", query: "", config: Sample.configMap("a"), status: 422,
            message:
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"),
        Mistake(
            name: "managedFields", query: "?fieldManager=m",
            config: [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": "a", "managedFields": [["manager": "x"]]],
            ], status: 400, message: "metadata.managedFields must be nil"),
        Mistake(
            name: "unknown field", query: "?fieldManager=m",
            config: ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "foo": [:]], status: 500,
            message:
                "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .foo: field not declared in schema"),
        Mistake(
            name: "wrong type", query: "?fieldManager=m", config: Sample.configMap("a", "x"), status: 500,
            message: "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data: expected map, got &{x}"),
        Mistake(
            name: "no kind", query: "?fieldManager=m", config: ["metadata": ["name": "a"]], status: 400,
            message: "invalid object type: /, Kind="),
    ]

    @Test("a configuration that cannot be applied is refused", arguments: Implementation.available, mistakes)
    func refuses(on implementation: Implementation, _ mistake: Mistake) async throws {
        let api = try await ContractAPI(implementation)
        let answer = try await api.send(
            "PATCH", path + mistake.query, mistake.config, type: "application/apply-patch+yaml")
        #expect(answer.status == mistake.status)
        #expect(answer.message == mistake.message)
    }
}

extension Value {
    /// With another member of its `spec`.
    fileprivate func setting(_ name: String, _ value: Value) -> Value {
        var spec = self["spec"] ?? [:]
        spec[name] = value
        var copy = self
        copy["spec"] = spec
        return copy
    }
}
