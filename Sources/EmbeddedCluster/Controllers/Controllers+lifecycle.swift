// SPDX-License-Identifier: Apache-2.0

import Domain

/// Deletion: dependents, finalizers, namespaces.
extension Controllers {
    // MARK: Garbage collection

    /// Looks at everything that names a uid as owner, after that owner went or began to go.
    func collectGarbage(ownedBy uid: String) {
        for reference in store.dependents(of: uid) {
            guard let object = store.get(reference.resource, reference.key) else { continue }
            collect(object, reference)
        }
    }

    private enum OwnerState {
        case alive
        case absent
        /// Waits for its dependents to go first.
        case waiting
        /// Goes without taking anything along.
        case orphaning
    }

    private func state(of owner: Value, for object: Value) -> OwnerState {
        let kind = GroupVersionKind(apiVersion: owner["apiVersion"]?.string ?? "", kind: owner["kind"]?.string ?? "")
        // A kind that is not served now may come back: its objects are not known to be gone.
        guard let resource = store.registry[GroupKind(group: kind.group, kind: kind.kind)] else { return .alive }
        let key = ObjectKey(
            namespace: resource.isNamespaced ? object.namespace : "", name: owner["name"]?.string ?? "")
        guard let found = store.get(resource.id, key), found.uid == owner["uid"]?.string else { return .absent }
        if found.isTerminating, found.finalizers.contains(Objects.foregroundFinalizer) { return .waiting }
        if found.isTerminating, found.finalizers.contains(Objects.orphanFinalizer) { return .orphaning }
        return .alive
    }

    private func collect(_ object: Value, _ reference: ObjectReference) {
        let states = object.ownerReferences.map { ($0, state(of: $0, for: object)) }
        if states.contains(where: { $0.1 == .orphaning }) { return }
        let gone = states.filter { $0.1 == .absent || $0.1 == .waiting }
        guard !gone.isEmpty else { return }
        if gone.count == states.count {
            guard !object.isTerminating else { return }
            delete(object, reference.resource, states.contains { $0.1 == .waiting } ? .foreground : nil)
        } else {
            let uids = Set(gone.compactMap { $0.0["uid"]?.string })
            dropOwners(of: object, reference.resource) { uids.contains($0["uid"]?.string ?? "") }
        }
    }

    private func dropOwners(of object: Value, _ id: ResourceID, _ isGone: (Value) -> Bool) {
        guard let resource = store.registry[id] else { return }
        let options = Objects.WriteOptions(manager: Self.manager)
        _ = try? objects.update(resource, object.key, options) { old, _ throws(APIError) in
            var new = old
            let left = old.ownerReferences.filter { !isGone($0) }
            new.metadata["ownerReferences"] = left.isEmpty ? nil : .list(left)
            return self.objects.tracked(new, from: old, resource, options)
        }
    }

    /// Takes off the finalizers that the cluster itself is responsible for.
    func finishDeletion(_ reference: ObjectReference, _ object: Value) {
        if object.finalizers.contains(Objects.orphanFinalizer) {
            for dependent in store.dependents(of: object.uid) {
                guard let found = store.get(dependent.resource, dependent.key) else { continue }
                dropOwners(of: found, dependent.resource) { $0["uid"]?.string == object.uid }
            }
            removeFinalizer(Objects.orphanFinalizer, object, reference.resource)
        }
        if object.finalizers.contains(Objects.foregroundFinalizer) {
            let left = store.dependents(of: object.uid).filter { dependent in
                let found = store.get(dependent.resource, dependent.key)
                return found?.ownerReferences.contains {
                    $0["uid"]?.string == object.uid && $0["blockOwnerDeletion"]?.bool == true
                } == true
            }
            collectGarbage(ownedBy: object.uid)
            if left.isEmpty { removeFinalizer(Objects.foregroundFinalizer, object, reference.resource) }
        }
    }

    func removeFinalizer(_ finalizer: String, _ object: Value, _ id: ResourceID) {
        guard let resource = store.registry[id] else { return }
        let options = Objects.WriteOptions(manager: Self.manager)
        _ = try? objects.update(resource, object.key, options) { old, _ throws(APIError) in
            var new = old
            let left = old.finalizers.filter { $0 != finalizer }
            new.metadata["finalizers"] = left.isEmpty ? nil : .list(left.map { .string($0) })
            return self.objects.tracked(new, from: old, resource, options)
        }
    }

    // MARK: Namespaces

    func namespace(_ namespace: Value) {
        guard namespace.isTerminating else {
            furnish(namespace)
            return
        }
        var isEmpty = true
        for resource in store.registry.resources where resource.isNamespaced {
            for object in store.list(resource.id, namespace: namespace.name).objects {
                isEmpty = false
                if !object.isTerminating { delete(object, resource.id) }
            }
        }
        guard isEmpty, let resource = resource("Namespace"), !(namespace[at: "spec", "finalizers"]?.list ?? []).isEmpty
        else { return }
        let options = Objects.WriteOptions(manager: Self.manager, subresource: "finalize")
        _ = try? objects.update(resource, namespace.key, options) { old, _ throws(APIError) in
            var new = old
            new["spec"] = [:]
            return self.objects.tracked(new, from: old, resource, options)
        }
    }

    /// What every namespace holds.
    private func furnish(_ namespace: Value) {
        let accounts = ResourceID(group: "", plural: "serviceaccounts")
        let maps = ResourceID(group: "", plural: "configmaps")
        if store.get(accounts, ObjectKey(namespace: namespace.name, name: "default")) == nil {
            create(["metadata": ["name": "default"]], "ServiceAccount", in: namespace.name)
        }
        if store.get(maps, ObjectKey(namespace: namespace.name, name: "kube-root-ca.crt")) == nil {
            create(
                ["metadata": ["name": "kube-root-ca.crt"], "data": ["ca.crt": ""]], "ConfigMap", in: namespace.name)
        }
    }

    // MARK: Custom kinds

    /// Serves a kind once its definition is sound; takes its objects along when the definition goes.
    func definition(_ definition: Value) {
        let kind = "CustomResourceDefinition.apiextensions.k8s.io"
        guard let resource = CustomSchema.resource(of: definition) else { return }
        if definition.isTerminating {
            guard definition.finalizers.contains(Strategy.cleanupFinalizer) else { return }
            let left = store.list(resource.id).objects
            for object in left where !object.isTerminating { delete(object, resource.id) }
            if left.isEmpty {
                removeFinalizer(Strategy.cleanupFinalizer, definition, .definitions)
                store.changeRegistry { $0.remove(resource.id) }
            }
            return
        }
        setStatus(definition, kind, manager: "kube-apiserver") { status in
            setCondition(&status, "NamesAccepted", true, "NoConflicts", "no conflicts found")
            setCondition(&status, "Established", true, "InitialNamesAccepted", "the initial names have been accepted")
            status["acceptedNames"] = definition[at: "spec", "names"]
            var versions = status["storedVersions"]?.list ?? []
            if !versions.contains(.string(resource.version)) { versions.append(.string(resource.version)) }
            status["storedVersions"] = .list(versions)
        }
        // Only then is it served, as a real API server does: who finds the kind finds its definition established.
        store.changeRegistry { $0.insert(resource) }
    }

    /// - Parameter name: Of the definition: `widgets.example.com`.
    func forgetKind(_ name: String) {
        let parts = name.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { return }
        let id = ResourceID(group: String(parts[1]), plural: String(parts[0]))
        store.changeRegistry { if $0[id]?.isCustom == true { $0.remove(id) } }
    }
}
