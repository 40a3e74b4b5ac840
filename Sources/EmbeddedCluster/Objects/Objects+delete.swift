// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a DELETE asks for.
struct DeleteOptions: Sendable {
    var uid: String?
    var resourceVersion: String?
    var propagation: Propagation?
    /// Seconds; nil leaves it to the kind.
    var grace: Int64?
    var dryRun = false
}

extension Objects {
    static let orphanFinalizer = "orphan"
    static let foregroundFinalizer = "foregroundDeletion"

    /// Deletes an object, or marks it when finalizers, dependents or a grace period hold it.
    ///
    /// - Returns: The object as it was left, and whether it is gone.
    /// - Throws: 404, and 409 when a precondition does not hold.
    func delete(
        _ resource: Resource, _ key: ObjectKey, _ options: DeleteOptions
    ) throws(APIError) -> (object: Value, isGone: Bool) {
        for _ in 0..<100 {
            let old = try find(resource, key)
            try check(options, on: old, resource)
            var marked = old
            mark(&marked, resource, options)
            if marked.isTerminating {
                if marked == old || options.dryRun { return (marked, false) }
                if let stored = store.update(resource.id, marked, at: old.revision) { return (stored, false) }
            } else {
                if options.dryRun { return (old, true) }
                if var last = store.remove(resource.id, key, at: old.revision) {
                    if resource.groupKind == GroupKind("Pod") {
                        last.metadata["deletionTimestamp"] = timestamp
                        last.metadata["deletionGracePeriodSeconds"] = 0
                    }
                    return (last, true)
                }
            }
        }
        throw .modified(resource, key.name)
    }

    private func check(_ options: DeleteOptions, on old: Value, _ resource: Resource) throws(APIError) {
        if let uid = options.uid, uid != old.uid {
            throw .preconditionFailed(
                resource, old.name,
                "the UID in the precondition (\(uid)) does not match the UID in record (\(old.uid)). "
                    + "The object might have been deleted and then recreated")
        }
        if let revision = options.resourceVersion, revision != String(old.revision) {
            throw .preconditionFailed(
                resource, old.name,
                "the ResourceVersion in the precondition (\(revision)) does not match the ResourceVersion in record "
                    + "(\(old.revision)). The object might have been modified")
        }
    }

    /// Sets what keeps the object for now; an object without `deletionTimestamp` afterwards can go at once.
    private func mark(_ object: inout Value, _ resource: Resource, _ options: DeleteOptions) {
        var finalizers = object.finalizers
        let propagation = options.propagation ?? Strategy.defaultPropagation(resource)
        if options.propagation != nil || !object.isTerminating {
            finalizers.removeAll { $0 == Self.orphanFinalizer || $0 == Self.foregroundFinalizer }
            if propagation == .orphan { finalizers.append(Self.orphanFinalizer) }
            if propagation == .foreground { finalizers.append(Self.foregroundFinalizer) }
        }
        let isNamespace = resource.groupKind == GroupKind(group: "", kind: "Namespace")
        let isPod = resource.groupKind == GroupKind(group: "", kind: "Pod")
        if isNamespace { finalizers.removeAll { $0 == Self.orphanFinalizer || $0 == Self.foregroundFinalizer } }
        let isDefinition = resource.groupKind == GroupKind("CustomResourceDefinition.apiextensions.k8s.io")
        if isDefinition, !object.isTerminating, !finalizers.contains(Strategy.cleanupFinalizer) {
            finalizers.append(Strategy.cleanupFinalizer)
        }
        var grace: Int64 = 0
        if isPod {
            let isPlaced = !(object[at: "spec", "nodeName"]?.string ?? "").isEmpty
            let asked = object[at: "spec", "terminationGracePeriodSeconds"]?.integer ?? 30
            grace = isPlaced ? options.grace ?? asked : 0
        }
        object.metadata["finalizers"] = finalizers.isEmpty ? nil : .list(finalizers.map { .string($0) })
        let isHeld = !finalizers.isEmpty || grace > 0 || isNamespace
        if object.isTerminating {
            // Asked again: a pod may only get less time.
            if isPod, grace == 0, finalizers.isEmpty { object.metadata["deletionTimestamp"] = nil }
            return
        }
        guard isHeld else { return }
        object.metadata["deletionTimestamp"] = .string(now().adding(.seconds(grace)).description)
        if isDefinition { return }
        if !isNamespace || !finalizers.isEmpty { object.metadata["deletionGracePeriodSeconds"] = .integer(grace) }
        if isNamespace {
            object.metadata["deletionGracePeriodSeconds"] = nil
            object[["status", "phase"]] = "Terminating"
        }
        if resource.hasGeneration { object.metadata["generation"] = .integer(object.generation + 1) }
    }
}
