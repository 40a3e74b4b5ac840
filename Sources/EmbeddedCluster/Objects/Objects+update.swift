// SPDX-License-Identifier: Apache-2.0

import Domain

extension Objects {
    /// Changes an object, again from the start when another writer came first.
    ///
    /// - Parameters:
    ///   - revision: The revision the writer has seen; nil writes over any.
    ///   - change: Makes the new object, decoded and with `managedFields`, from the stored one.
    /// - Throws: 404, 409 for another revision or uid, 400, 422, and what `change` throws.
    func update(
        _ resource: Resource, _ key: ObjectKey, _ options: WriteOptions,
        change: (Value, inout [String]) throws(APIError) -> Value
    ) throws(APIError) -> Written {
        for _ in 0..<100 {
            var written = Written(object: [:])
            let old = try find(resource, key)
            var new = try change(old, &written.warnings)
            try checkPreconditions(of: new, on: old, resource)
            prepare(&new, from: old, resource, options)
            let problems = Validation.problems(in: new, from: old, resource, options.subresource)
            if !problems.isEmpty { throw .invalid(resource, key.name, problems) }
            try allocator.prepareForUpdate(&new, from: old, resource)
            written.object = old
            if new.isSameButForTimes(as: old) { return written }
            written.object = new
            if options.dryRun {
                if resource.id == .services { allocator.release(new, keptBy: old) }
                return written
            }
            if new.isTerminating, new.finalizers.isEmpty, !isHeldByGrace(new, resource) {
                if let last = store.remove(resource.id, key, at: old.revision) {
                    written.object.metadata["resourceVersion"] = last.metadata["resourceVersion"]
                    return written
                }
                continue
            }
            if let stored = store.update(resource.id, new, at: old.revision) {
                written.object = stored
                return written
            }
        }
        throw .modified(resource, key.name)
    }

    /// PUT of a whole object.
    func replace(
        _ sent: Value, in resource: Resource, _ key: ObjectKey, _ options: WriteOptions
    ) throws(APIError) -> Written {
        if store.get(resource.id, key) == nil, Strategy.createsOnUpdate(resource), options.subresource.isEmpty {
            return try create(sent, in: resource, options)
        }
        return try update(resource, key, options) { old, warnings throws(APIError) in
            if !Strategy.allowsUnconditionalUpdate(resource), sent.revision == 0 {
                throw .revisionRequired(resource, key.name)
            }
            let new = try self.decode(sent, resource, options, warnings: &warnings)
            return self.tracked(new, from: old, resource, options)
        }
    }

    /// Keeps from the old object what this endpoint does not write, then notes who changed what.
    func tracked(_ new: Value, from old: Value, _ resource: Resource, _ options: WriteOptions) -> Value {
        var new = new
        Strategy.prepareForUpdate(&new, from: old, resource, subresource: options.subresource)
        return fieldManager(resource, options).update(new, from: old, manager: options.manager)
    }

    private func checkPreconditions(of new: Value, on old: Value, _ resource: Resource) throws(APIError) {
        let revision = new[at: "metadata", "resourceVersion"]?.string ?? ""
        if !revision.isEmpty, revision != String(old.revision) { throw .modified(resource, old.name) }
        if !new.uid.isEmpty, new.uid != old.uid {
            throw .conflict(
                resource, old.name,
                "StorageError: invalid object, Code: 4, Key: /registry/\(resource.plural)/"
                    + (resource.isNamespaced ? "\(old.namespace)/" : "") + "\(old.name), ResourceVersion: 0, "
                    + "AdditionalErrorMsg: Precondition failed: UID in precondition: \(new.uid), "
                    + "UID in object meta: \(old.uid)")
        }
    }

    /// Server-owned metadata stays; the generation counts changes of what people ask for.
    private func prepare(_ new: inout Value, from old: Value, _ resource: Resource, _ options: WriteOptions) {
        var metadata = new.metadata
        for name in [
            "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion",
            "generation", "generateName",
        ] {
            metadata[name] = old.metadata[name]
        }
        new.metadata = metadata
        Strategy.prepareForUpdate(&new, from: old, resource, subresource: options.subresource)
        if resource.hasGeneration, options.subresource != "status", Strategy.countsAsChange(new, old, resource) {
            new.metadata["generation"] = .integer(old.generation + 1)
        }
    }

    /// A pod ends when its node says so.
    private func isHeldByGrace(_ object: Value, _ resource: Resource) -> Bool {
        resource.groupKind == GroupKind(group: "", kind: "Pod")
            && object[at: "metadata", "deletionGracePeriodSeconds"]?.integer ?? 0 > 0
            || resource.groupKind == GroupKind(group: "", kind: "Namespace")
                && !(object[at: "spec", "finalizers"]?.list ?? []).isEmpty
    }
}

extension Value {
    /// Equal, apart from when managers last wrote.
    fileprivate func isSameButForTimes(as other: Value) -> Bool {
        guard withoutManagedFields == other.withoutManagedFields else { return false }
        func withoutTimes(_ object: Value) -> [Value] {
            (object[at: "metadata", "managedFields"]?.list ?? []).map { entry in
                var entry = entry
                entry["time"] = nil
                return entry
            }
        }
        let left = withoutTimes(self)
        let right = withoutTimes(other)
        return left.count == right.count && left.allSatisfy(right.contains)
    }
}
