// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Testing

@Suite("Contract: custom kinds and discovery", .timeLimit(.minutes(2)))
struct ContractCustomTests {
    private let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    /// A definition of `Widget` in a group of the test's own.
    private func definition(_ group: String) -> Value {
        let spec: Value = [
            "type": "object", "required": ["size"],
            "properties": [
                "size": ["type": "integer", "minimum": 1],
                "mode": ["type": "string", "default": "a", "enum": ["a", "b"]],
                "tags": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
                "parts": [
                    "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                    "items": [
                        "type": "object", "required": ["name"],
                        "properties": ["name": ["type": "string"], "value": ["type": "string"]],
                    ],
                ],
            ],
        ]
        let version: Value = [
            "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
            "schema": [
                "openAPIV3Schema": [
                    "type": "object",
                    "properties": [
                        "spec": spec, "status": ["type": "object", "properties": ["done": ["type": "boolean"]]],
                    ],
                ]
            ],
        ]
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string("widgets.\(group)")],
            "spec": [
                "group": .string(group), "scope": "Namespaced",
                "names": ["plural": "widgets", "kind": "Widget", "shortNames": ["wd"]], "versions": [version],
            ],
        ]
    }

    private func establish(_ api: ContractAPI) async throws -> (group: String, path: String) {
        let group = "\(api.namespace).example.com"
        let made = try await api.apply("\(definitions)/widgets.\(group)", definition(group), as: "one")
        #expect(made.status == 201)
        // Established is said before the kind is served everywhere.
        _ = try await api.wait("/apis/\(group)/v1/namespaces/NS/widgets") { $0.status == 200 }
        return (group, "/apis/\(group)/v1/namespaces/NS/widgets")
    }

    private func widget(_ group: String, _ spec: Value) -> Value {
        ["apiVersion": .string("\(group)/v1"), "kind": "Widget", "metadata": ["name": "a"], "spec": spec]
    }

    @Test("a definition brings its kind into discovery and takes it out", arguments: Implementation.available)
    func comesAndGoes(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let (group, path) = try await establish(api)
        let found = try await api.send("GET", "\(definitions)/widgets.\(group)")
        let conditions = found.body[at: "status", "conditions"]?.list ?? []
        #expect(
            conditions.filter { $0["status"] == "True" }.compactMap { $0["type"]?.string } == [
                "NamesAccepted", "Established",
            ])
        let list = try await api.send("GET", "/apis/\(group)/v1")
        #expect(list.body["resources"]?.list?.compactMap { $0["name"]?.string } == ["widgets", "widgets/status"])
        #expect(list.body["resources"]?.list?.first?["shortNames"] == ["wd"])
        _ = try await api.send("POST", path, widget(group, ["size": 1]))
        _ = try await api.send("DELETE", "\(definitions)/widgets.\(group)")
        _ = try await api.wait("\(definitions)/widgets.\(group)") { $0.status == 404 }
        _ = try await api.wait("/apis/\(group)/v1/namespaces/NS/widgets/a") { $0.status == 404 }
    }

    @Test("the schema fills in, drops and refuses", arguments: Implementation.available)
    func obeysSchema(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let (group, path) = try await establish(api)
        let made = try await api.send("POST", "\(path)?dryRun=All", widget(group, ["size": 1, "foo": 2]))
        #expect(made.body["spec"] == ["size": 1, "mode": "a"])
        #expect(made.warnings == ["299 - \"unknown field \\\"spec.foo\\\"\""])
        let strict = try await api.send("POST", "\(path)?fieldValidation=Strict", widget(group, ["size": 1, "foo": 2]))
        #expect(strict.status == 400)
        let small = try await api.send("POST", path, widget(group, ["size": 0]))
        #expect(
            small.message
                == "Widget.\(group) \"a\" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater "
                + "than or equal to 1")
        let text = try await api.send("POST", path, widget(group, ["size": "x"]))
        #expect(
            text.message
                == "Widget.\(group) \"a\" is invalid: spec.size: Invalid value: \"string\": spec.size in body must be of "
                + "type integer: \"string\"")
        let missing = try await api.send("POST", path, widget(group, [:]))
        #expect(missing.causes == ["spec.size FieldValueRequired"])
    }

    @Test("apply merges lists of a custom kind by its schema", arguments: Implementation.available)
    func merges(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let (group, path) = try await establish(api)
        _ = try await api.apply(
            "\(path)/a", widget(group, ["size": 1, "tags": ["x", "y"], "parts": [["name": "p", "value": "1"]]]),
            as: "one")
        let both = try await api.apply(
            "\(path)/a", widget(group, ["size": 1, "tags": ["y", "z"], "parts": [["name": "q"]]]), as: "two")
        #expect(both.body[at: "spec", "tags"] == ["x", "y", "z"])
        #expect(both.body[at: "spec", "parts"] == [["name": "p", "value": "1"], ["name": "q"]])
        let left = try await api.apply("\(path)/a", widget(group, ["size": 1]), as: "one")
        #expect(left.body[at: "spec", "tags"] == ["y", "z"])
        #expect(left.body[at: "spec", "parts"] == [["name": "q"]])
        #expect(left.body[at: "metadata", "generation"] == 3)
        let status = try await api.merge("\(path)/a/status", ["status": ["done": true], "spec": ["size": 9]])
        #expect(status.body["status"] == ["done": true])
        #expect(status.body[at: "spec", "size"] == 1)
        let put = try await api.send("PUT", "\(path)/a", widget(group, ["size": 2]))
        #expect(put.causes == ["metadata.resourceVersion FieldValueInvalid"])
        let strategic = try await api.send("PATCH", "\(path)/a", [:], type: "application/strategic-merge-patch+json")
        #expect(strategic.status == 415)
    }

    @Test("both forms of discovery list the built-in kinds", arguments: Implementation.available)
    func discovers(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let legacy = try await api.send("GET", "/apis/apps/v1")
        let deployments = legacy.body["resources"]?.list?.first { $0["name"] == "deployments" }
        #expect(deployments?["kind"] == "Deployment")
        #expect(deployments?["shortNames"] == ["deploy"])
        #expect(deployments?["namespaced"] == true)
        let aggregated = try await api.send(
            "GET", "/apis",
            accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json")
        #expect(aggregated.body["kind"] == "APIGroupDiscoveryList")
        let apps = aggregated.body["items"]?.list?.first { $0[at: "metadata", "name"] == "apps" }
        let resource = apps?["versions"]?.list?.first?["resources"]?.list?.first { $0["resource"] == "deployments" }
        #expect(resource?[at: "responseKind", "kind"] == "Deployment")
        #expect(resource?["scope"] == "Namespaced")
        #expect(resource?["subresources"]?.list?.compactMap { $0["subresource"]?.string } == ["scale", "status"])
        #expect(try await api.send("GET", "/api").body["versions"] == ["v1"])
    }
}
