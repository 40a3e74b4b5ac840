// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// How controllers write: through the same door as everybody, under their own names.
extension Controllers {
    static let manager = "kube-controller-manager"

    func resource(_ kind: String) -> Resource? { store.registry[GroupKind(kind)] }

    /// - Returns: The new object; nil when it could not be created, which the next change of its owner tries again.
    @discardableResult
    func create(_ object: Value, _ kind: String, in namespace: String, manager: String = manager) -> Value? {
        guard let resource = resource(kind) else { return nil }
        var object = object
        if resource.isNamespaced { object[["metadata", "namespace"]] = .string(namespace) }
        return try? objects.create(object, in: resource, .init(manager: manager)).object
    }

    /// Changes an object as it is when the write happens; nil when it is gone or the change is refused.
    @discardableResult
    func change(
        _ object: Value, _ kind: String, subresource: String = "", manager: String = manager,
        _ body: (inout Value) -> Void
    ) -> Value? {
        guard let resource = resource(kind) else { return nil }
        let options = Objects.WriteOptions(manager: manager, subresource: subresource)
        return try? objects.update(resource, object.key, options) { old, _ throws(APIError) in
            // Another object under the same name is none of our business.
            guard old.uid == object.uid else { throw .notFound(resource, object.name) }
            var new = old
            body(&new)
            return self.objects.tracked(new, from: old, resource, options)
        }
        .object
    }

    @discardableResult
    func setStatus(_ object: Value, _ kind: String, manager: String = manager, _ body: (inout Value) -> Void) -> Value?
    {
        change(object, kind, subresource: "status", manager: manager) { new in
            var status = new["status"] ?? [:]
            body(&status)
            new["status"] = status
        }
    }

    func delete(_ object: Value, _ resource: ResourceID, _ propagation: Propagation? = .background) {
        guard let resource = store.registry[resource] else { return }
        // Gone already, or replaced by another: both are fine.
        _ = try? objects.delete(
            resource, object.key, DeleteOptions(uid: object.uid, propagation: propagation))
    }

    /// Objects of a kind whose controller is `owner`, by name.
    func owned(by owner: Value, _ resource: ResourceID) -> [Value] {
        store.dependents(of: owner.uid).filter { $0.resource == resource }
            .compactMap { store.get($0.resource, $0.key) }
            .filter { $0.controllerUID == owner.uid }
            .sorted { $0.key < $1.key }
    }

    func ownerReference(_ owner: Value) -> Value {
        [
            [
                "apiVersion": owner["apiVersion"] ?? "", "kind": owner["kind"] ?? "", "name": .string(owner.name),
                "uid": .string(owner.uid), "controller": true, "blockOwnerDeletion": true,
            ]
        ]
    }

    /// Takes over objects that match a selector and have no controller; asked once, when the owner is new.
    func adopt(for owner: Value, _ resource: ResourceID, kind: String) {
        let selector = LabelSelector(object: owner[at: "spec", "selector"])
        guard !selector.requirements.isEmpty else { return }
        for key in relations.orphans(resource, in: owner.namespace) {
            guard let object = store.get(resource, key), object.controllerUID == nil, !object.isTerminating,
                selector.matches(object.labels)
            else { continue }
            change(object, kind) { new in
                let others = new.ownerReferences.filter { $0["uid"]?.string != owner.uid }
                new[["metadata", "ownerReferences"]] = .list(others + (self.ownerReference(owner).list ?? []))
            }
        }
    }

    /// Sets one condition; its time changes only with its status.
    func setCondition(
        _ status: inout Value, _ type: String, _ isTrue: Bool, _ reason: String, _ message: String,
        updates: Bool = false
    ) {
        var conditions = status["conditions"]?.list ?? []
        let time = objects.timestamp
        var condition: Value = [
            "type": .string(type), "status": isTrue ? "True" : "False", "lastTransitionTime": time,
        ]
        if !reason.isEmpty { condition["reason"] = .string(reason) }
        if !message.isEmpty { condition["message"] = .string(message) }
        if updates { condition["lastUpdateTime"] = time }
        if let index = conditions.firstIndex(where: { $0["type"]?.string == type }) {
            let old = conditions[index]
            if old["status"] == condition["status"] {
                condition["lastTransitionTime"] = old["lastTransitionTime"]
                if old["reason"] == condition["reason"], old["message"] == condition["message"] { return }
            }
            conditions[index] = condition
        } else {
            conditions.append(condition)
        }
        status["conditions"] = .list(conditions)
    }

    func isTrue(_ type: String, _ object: Value) -> Bool {
        (object[at: "status", "conditions"]?.list ?? [])
            .contains { $0["type"]?.string == type && $0["status"] == "True" }
    }

    /// Writes down a notable step for `kubectl describe`.
    func event(_ object: Value, _ reason: String, _ message: String, isWarning: Bool = false, source: String) {
        let namespace = object.namespace.isEmpty ? "default" : object.namespace
        let time = objects.timestamp
        create(
            [
                "metadata": ["name": .string("\(object.name.prefix(230)).\(Objects.randomSuffix(16))")],
                "involvedObject": [
                    "apiVersion": object["apiVersion"] ?? "", "kind": object["kind"] ?? "",
                    "name": .string(object.name), "namespace": .string(object.namespace), "uid": .string(object.uid),
                    "resourceVersion": .string(String(object.revision)),
                ],
                "reason": .string(reason), "message": .string(message), "type": isWarning ? "Warning" : "Normal",
                "firstTimestamp": time, "lastTimestamp": time, "count": 1,
                "source": ["component": .string(source)], "reportingComponent": .string(source),
                "reportingInstance": "",
            ], "Event", in: namespace, manager: source)
        trimEvents(namespace)
    }

    /// Keeps the events of a namespace bounded, as their time to live does in a real cluster.
    private func trimEvents(_ namespace: String) {
        let limit = 1000
        let resource = ResourceID(group: "", plural: "events")
        guard store.count(resource, namespace: namespace) > limit + 200 else { return }
        let found = store.list(resource, namespace: namespace).objects
        for event in found.sorted(by: { $0.revision < $1.revision }).prefix(found.count - limit) {
            delete(event, resource)
        }
    }

    /// A short text that changes with the value, made of letters that form no words.
    static func hash(of value: Value) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in value.json() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String((0..<10).map { letters[Int((hash >> (UInt64($0) * 6)) % UInt64(letters.count))] })
    }
}
