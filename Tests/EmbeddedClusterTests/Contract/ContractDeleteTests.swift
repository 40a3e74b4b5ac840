// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Testing

@Suite("Contract: deleting", .timeLimit(.minutes(2)))
struct ContractDeleteTests {
    @Test("DELETE answers with a Status that names what went", arguments: Implementation.available)
    func deletes(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", Sample.configMaps, Sample.configMap("a"))
        let answer = try await api.send("DELETE", "\(Sample.configMaps)/a")
        #expect(answer.status == 200)
        #expect(answer.body["status"] == "Success")
        #expect(
            answer.body["details"]
                == ["name": "a", "kind": "configmaps", "uid": made.body[at: "metadata", "uid"] ?? .null])
        let again = try await api.send("DELETE", "\(Sample.configMaps)/a")
        #expect(again.status == 404)
        #expect(again.message == "configmaps \"a\" not found")
    }

    @Test("a precondition that does not hold is a conflict", arguments: Implementation.available)
    func checksPreconditions(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", Sample.configMaps, Sample.configMap("a"))
        let path = "\(Sample.configMaps)/a"
        let uid = made.body[at: "metadata", "uid"] ?? .null
        let other = try await api.send("DELETE", path, ["preconditions": ["uid": "other"]])
        #expect(other.status == 409)
        #expect(
            other.message
                == "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (other) does not "
                + "match the UID in record (\(uid.string ?? "")). The object might have been deleted and then recreated"
        )
        #expect(try await api.send("DELETE", path, ["preconditions": ["resourceVersion": "1"]]).status == 409)
        #expect(try await api.send("DELETE", path, ["preconditions": ["uid": uid]]).status == 200)
    }

    @Test("a finalizer holds an object until it is taken off", arguments: Implementation.available)
    func waitsForFinalizers(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        let path = "\(Sample.configMaps)/a"
        var held = Sample.configMap("a")
        held["metadata"] = ["name": "a", "finalizers": ["example.com/f"]]
        _ = try await api.send("POST", Sample.configMaps, held)
        let deleted = try await api.send("DELETE", path)
        #expect(deleted.status == 200)
        #expect(deleted.body[at: "metadata", "deletionTimestamp"] != nil)
        let more = try await api.merge(path, ["metadata": ["finalizers": ["example.com/f", "example.com/g"]]])
        #expect(more.status == 422)
        #expect(more.message.contains("no new finalizers can be added if the object is being deleted"))
        #expect(try await api.merge(path, ["metadata": ["finalizers": .null]]).status == 200)
        #expect(try await api.send("GET", path).status == 404)
    }

    @Test("a selector deletes its part of a collection", arguments: Implementation.available)
    func deletesCollections(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        for (name, label) in [("a", "1"), ("b", "2"), ("c", "1")] {
            _ = try await api.send(
                "POST", Sample.configMaps, Sample.configMap(name, labels: ["l": .string(label)]))
        }
        let answer = try await api.send("DELETE", "\(Sample.configMaps)?labelSelector=l%3D1")
        #expect(answer.status == 200)
        let left = try await api.send("GET", "\(Sample.configMaps)?labelSelector=l")
        #expect(left.body["items"]?.list?.compactMap { $0[at: "metadata", "name"]?.string } == ["b"])
    }

    @Test("nothing new enters a namespace that ends", arguments: Implementation.available)
    func closesNamespaces(on implementation: Implementation) async throws {
        let api = try await ContractAPI(implementation)
        var held = Sample.configMap("held")
        // Holds the namespace open long enough to be looked at.
        held["metadata"] = ["name": "held", "finalizers": ["example.com/f"]]
        _ = try await api.send("POST", Sample.configMaps, held)
        let deleted = try await api.send("DELETE", "/api/v1/namespaces/NS")
        #expect(deleted.body[at: "status", "phase"] == "Terminating")
        let late = try await api.send("POST", Sample.configMaps, Sample.configMap("late"))
        #expect(late.status == 403)
        #expect(late.causes == ["metadata.namespace NamespaceTerminating"])
        #expect(
            late.message
                == "configmaps \"late\" is forbidden: unable to create new content in namespace \(api.namespace) because "
                + "it is being terminated")
    }

    struct Fixed: Sendable, CustomTestStringConvertible {
        let collection: String
        let object: Value
        let patch: Value
        let message: String
        var testDescription: String { message }
    }

    static let fixed: [Fixed] = [
        Fixed(
            collection: Sample.deployments, object: Sample.deployment("x"),
            patch: [
                "spec": [
                    "selector": ["matchLabels": ["app": "y"]], "template": ["metadata": ["labels": ["app": "y"]]],
                ]
            ],
            message:
                "Deployment.apps \"x\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"y\"}}: field is immutable"
        ),
        Fixed(
            collection: Sample.configMaps,
            object: ["metadata": ["name": "x"], "data": ["k": "v"], "immutable": true], patch: ["data": ["k": "w"]],
            message:
                "ConfigMap \"x\" is invalid: data: Forbidden: field is immutable when `immutable` is set"),
        Fixed(
            collection: "/api/v1/namespaces/NS/secrets", object: ["metadata": ["name": "x"], "stringData": ["k": "v"]],
            patch: ["type": "example.com/t"],
            message: "Secret \"x\" is invalid: type: Invalid value: \"example.com/t\": field is immutable"),
        Fixed(
            collection: Sample.services,
            object: [
                "metadata": ["name": "x"],
                "spec": ["clusterIP": "None", "selector": ["a": "b"], "ports": [["port": 80]]],
            ],
            patch: ["spec": ["clusterIP": "10.0.0.77"]],
            message:
                "Service \"x\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.0.0.77\"]: may not change once set"),
    ]

    @Test("what is fixed at creation stays", arguments: Implementation.available, fixed)
    func staysFixed(on implementation: Implementation, _ fixed: Fixed) async throws {
        let api = try await ContractAPI(implementation)
        let made = try await api.send("POST", fixed.collection, fixed.object)
        #expect(made.status == 201)
        let answer = try await api.merge("\(fixed.collection)/x", fixed.patch)
        #expect(answer.status == 422)
        #expect(answer.message == fixed.message)
    }
}
