// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Testing

@Suite("Contract: creating and changing objects", .timeLimit(.minutes(2)))
struct ContractWriteTests {
    @Test("a new object has an identity and its writer owns its fields", arguments: Implementation.available)
    func creates(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", Sample.configMaps, Sample.configMap("a", ["k": "v"], labels: ["l": "1"]))
        #expect(made.status == 201)
        #expect(made.body[at: "metadata", "uid"]?.string?.count == 36)
        #expect(made.body[at: "metadata", "generation"] == nil)
        #expect(
            made.fields(of: "contract", "Update")
                == ["f:data": [".": [:], "f:k": [:]], "f:metadata": ["f:labels": [".": [:], "f:l": [:]]]])
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let name: String
        let path: String
        let body: String
        let status: Int
        let reason: String?
        let message: String
        var testDescription: String { name }
    }

    static let refusals: [Refusal] = [
        Refusal(
            name: "a name twice", path: Sample.configMaps, body: #"{"metadata":{"name":"taken"}}"#, status: 409,
            reason: "AlreadyExists", message: "configmaps \"taken\" already exists"),
        Refusal(
            name: "no name", path: Sample.configMaps, body: "{}", status: 422, reason: "Invalid",
            message:
                "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required"),
        Refusal(
            name: "no such namespace", path: "/api/v1/namespaces/absent/configmaps",
            body: #"{"metadata":{"name":"a"}}"#, status: 404, reason: "NotFound",
            message: "namespaces \"absent\" not found"),
        Refusal(
            name: "another namespace", path: Sample.configMaps, body: #"{"metadata":{"name":"a","namespace":"b"}}"#,
            status: 400, reason: "BadRequest",
            message: "the namespace of the provided object does not match the namespace sent on the request"),
        Refusal(
            name: "unknown and repeated fields", path: "\(Sample.configMaps)?fieldValidation=Strict",
            body: #"{"metadata":{"name":"a","foo":1},"dat":{},"data":{"k":"1","k":"2"}}"#, status: 400,
            reason: "BadRequest",
            message:
                "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field "
                + "\"metadata.foo\", unknown field \"dat\", duplicate field \"data.k\""),
        Refusal(
            name: "a wrong type", path: Sample.deployments, body: #"{"metadata":{"name":"a"},"spec":{"replicas":"3"}}"#,
            status: 400, reason: "BadRequest",
            message:
                "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go "
                + "struct field DeploymentSpec.spec.replicas of type int32"),
        Refusal(
            name: "no selector", path: Sample.deployments, body: #"{"metadata":{"name":"a"},"spec":{}}"#, status: 422,
            reason: "Invalid",
            message:
                "Deployment.apps \"a\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: "
                + "Invalid value: null: `selector` does not match template `labels`, "
                + "spec.template.spec.containers: Required value]"),
        Refusal(
            name: "no ports", path: Sample.services, body: #"{"metadata":{"name":"a"},"spec":{"selector":{"a":"b"}}}"#,
            status: 422, reason: "Invalid", message: "Service \"a\" is invalid: spec.ports: Required value"),
        Refusal(
            name: "an unknown dry run", path: "\(Sample.configMaps)?dryRun=x", body: #"{"metadata":{"name":"a"}}"#,
            status: 422, reason: "Invalid",
            message:
                "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"x\"]: supported values: \"All\""
        ),
    ]

    @Test("a refused object is refused in the same words", arguments: Implementation.available, refusals)
    func refuses(on implementation: Implementation, _ refusal: Refusal) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.send("POST", Sample.configMaps, Sample.configMap("taken"))
        let answer = try await api.send("POST", refusal.path, raw: Array(refusal.body.utf8))
        #expect(answer.status == refusal.status)
        #expect(answer.reason == refusal.reason)
        #expect(answer.message == refusal.message)
    }

    @Test("unknown fields are dropped with a warning unless asked otherwise", arguments: Implementation.available)
    func warns(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send(
            "POST", Sample.configMaps, raw: Array(#"{"metadata":{"name":"a"},"dat":{"k":"v"}}"#.utf8))
        #expect(made.status == 201)
        #expect(made.body["dat"] == nil)
        #expect(made.warnings == ["299 - \"unknown field \\\"dat\\\"\""])
    }

    @Test("a dry run answers as if and stores nothing", arguments: Implementation.available)
    func dryRuns(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", "\(Sample.configMaps)?dryRun=All", Sample.configMap("a"))
        #expect(made.status == 201)
        #expect(try await api.send("GET", "\(Sample.configMaps)/a").status == 404)
        _ = try await api.send("POST", Sample.configMaps, Sample.configMap("b", ["k": "1"]))
        let applied = try await api.send(
            "PATCH", "\(Sample.configMaps)/b?dryRun=All&fieldManager=m&force=true", Sample.configMap("b", ["k": "2"]),
            type: "application/apply-patch+yaml")
        #expect(applied.body[at: "data", "k"] == "2")
        let deleted = try await api.send("DELETE", "\(Sample.configMaps)/b?dryRun=All")
        #expect(deleted.status == 200)
        #expect(try await api.send("GET", "\(Sample.configMaps)/b").body[at: "data", "k"] == "1")
    }

    @Test("PUT over another revision or uid is a conflict", arguments: Implementation.available)
    func putConflicts(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", Sample.configMaps, Sample.configMap("a"))
        var stale = Sample.configMap("a", ["k": "v"])
        stale["metadata"] = ["name": "a", "resourceVersion": "1"]
        let answer = try await api.send("PUT", "\(Sample.configMaps)/a", stale)
        #expect(answer.status == 409)
        #expect(
            answer.message
                == "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your "
                + "changes to the latest version and try again")
        stale["metadata"] = ["name": "a", "uid": "another"]
        #expect(try await api.send("PUT", "\(Sample.configMaps)/a", stale).reason == "Conflict")
        stale["metadata"] = ["name": "a", "resourceVersion": .string(made.revision)]
        #expect(try await api.send("PUT", "\(Sample.configMaps)/a", stale).status == 200)
        #expect(try await api.send("PUT", "\(Sample.configMaps)/none", Sample.configMap("none")).status == 404)
    }

    @Test("a write that changes nothing keeps the revision", arguments: Implementation.available)
    func keepsRevision(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", Sample.configMaps, Sample.configMap("a", ["k": "v"]))
        let path = "\(Sample.configMaps)/a"
        #expect(try await api.merge(path, ["data": ["k": "v"]]).revision == made.revision)
        #expect(try await api.send("PUT", path, Sample.configMap("a", ["k": "v"])).revision == made.revision)
        #expect(try await api.merge(path, ["data": ["k": "w"]]).revision != made.revision)
    }

    @Test("JSON and strategic merge patches change lists as they say", arguments: Implementation.available)
    func patches(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        _ = try await api.send("POST", Sample.deployments, Sample.deployment("a"))
        let path = "\(Sample.deployments)/a"
        let added = try await api.send(
            "PATCH", path,
            [
                "spec": [
                    "template": [
                        "spec": [
                            "containers": [["name": "side", "image": "side:1"], ["name": "web", "image": "nginx:2"]]
                        ]
                    ]
                ]
            ],
            type: "application/strategic-merge-patch+json")
        #expect(added.containers == ["side=side:1", "web=nginx:2"])
        let removed = try await api.send(
            "PATCH", path,
            ["spec": ["template": ["spec": ["containers": [["name": "side", "$patch": "delete"]]]]]],
            type: "application/strategic-merge-patch+json")
        #expect(removed.containers == ["web=nginx:2"])
        let patched = try await api.send(
            "PATCH", path,
            [
                ["op": "test", "path": "/spec/template/spec/containers/0/name", "value": "web"],
                ["op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "nginx:3"],
            ], type: "application/json-patch+json")
        #expect(patched.containers == ["web=nginx:3"])
        let failed = try await api.send(
            "PATCH", path, [["op": "test", "path": "/spec/replicas", "value": 7]], type: "application/json-patch+json")
        #expect(failed.status == 422)
        #expect(try await api.send("PATCH", path, [:], type: "text/plain").status == 415)
    }

    @Test("the generation counts changes of the specification only", arguments: Implementation.available)
    func countsGenerations(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", Sample.deployments, Sample.deployment("a"))
        let path = "\(Sample.deployments)/a"
        #expect(made.body[at: "metadata", "generation"] == 1)
        let labeled = try await api.merge(path, ["metadata": ["labels": ["x": "y"]]])
        #expect(labeled.body[at: "metadata", "generation"] == 1)
        let status = try await api.merge(
            "\(path)/status", ["status": ["observedGeneration": 1], "spec": ["paused": true]])
        #expect(status.body[at: "metadata", "generation"] == 1)
        #expect(status.body[at: "spec", "paused"] == nil)
        let changed = try await api.merge(path, ["spec": ["minReadySeconds": 1], "status": ["replicas": 9]])
        #expect(changed.body[at: "metadata", "generation"] == 2)
        #expect(changed.body[at: "status", "replicas"] != 9)
    }
}

extension ContractAPI.Answer {
    /// `name=image` of each container of a pod template.
    var containers: [String] {
        (body[at: "spec", "template", "spec", "containers"]?.list ?? []).map {
            "\($0["name"]?.string ?? "")=\($0["image"]?.string ?? "")"
        }
    }
}
