import Domain
import Testing

@testable import Reconciler

@Suite("Taking fields over")
struct TakeoverTests {
    private func entry(_ manager: String, _ operation: String, _ fields: Value, subresource: String? = nil) -> Value {
        var entry: Value = [
            "manager": .string(manager), "operation": .string(operation), "apiVersion": "v1", "fieldsV1": fields,
        ]
        entry["subresource"] = subresource.map { .string($0) }
        return entry
    }

    private func live(_ entries: [Value]) -> Value {
        ["apiVersion": "v1", "metadata": ["managedFields": .list(entries)]]
    }

    @Test("fields of earlier tools become ours, those of others stay theirs")
    func takes() throws {
        let object = live([
            entry("kubectl-client-side-apply", "Update", ["f:data": ["f:a": [:]]]),
            entry("kubernaut", "Apply", ["f:data": ["f:b": [:]]]),
            entry("vault", "Update", ["f:data": ["f:c": [:]]]),
            entry("kubectl", "Update", ["f:status": [:]], subresource: "status"),
        ])
        let taken = try #require(FieldTakeover.object(object, desired: [:]))
        let entries = try #require(taken[at: "metadata", "managedFields"]?.list)
        #expect(entries.map { $0["manager"]?.string } == ["vault", "kubectl", "kubernaut"])
        #expect(entries.last?["fieldsV1"] == ["f:data": ["f:a": [:], "f:b": [:]]])
        #expect(entries.last?["operation"] == "Apply")
    }

    @Test("replicas are taken only when git sets them", arguments: [true, false])
    func replicas(isSet: Bool) throws {
        let object = live([entry("kubectl-create", "Update", ["f:spec": ["f:replicas": [:], "f:template": [:]]])])
        let desired: Value = isSet ? ["spec": ["replicas": 2]] : ["spec": [:]]
        let taken = try #require(FieldTakeover.object(object, desired: desired))
        let fields = taken[at: "metadata", "managedFields"]?.list?.first?["fieldsV1"]
        #expect((fields?[at: "f:spec", "f:replicas"] != nil) == isSet)
    }

    @Test("with nothing of earlier tools there is nothing to take over")
    func nothing() {
        #expect(FieldTakeover.object(live([entry("kubernaut", "Apply", ["f:data": [:]])]), desired: [:]) == nil)
        #expect(FieldTakeover.object(live([entry("hpa", "Update", ["f:data": [:]])]), desired: [:]) == nil)
    }
}
