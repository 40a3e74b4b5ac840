// SPDX-License-Identifier: Apache-2.0

import Domain

/// Keeps `metadata.managedFields` true: server-side apply, and bookkeeping for every other write. Pure.
///
/// After structured-merge-diff's `Updater` and apimachinery's `managedfields`.
struct FieldManager: Sendable {
    let schema: Schema
    /// The object without any content, as a Go struct has it.
    let emptyObject: Value
    /// Fields this endpoint does not write: `status` for the object, the rest for `/status`.
    let ignored: FieldSet
    let apiVersion: String
    let subresource: String
    /// RFC 3339, whole seconds; empty where the real server writes none.
    let time: String

    /// What nobody can own.
    private static let unowned: FieldSet = {
        var set = FieldSet()
        for path in [
            ["apiVersion"], ["kind"], ["metadata"], ["metadata", "name"], ["metadata", "namespace"],
            ["metadata", "creationTimestamp"], ["metadata", "selfLink"], ["metadata", "uid"],
            ["metadata", "clusterName"], ["metadata", "generation"], ["metadata", "managedFields"],
            ["metadata", "resourceVersion"],
        ] {
            set.insert(path.map { "f:\($0)" })
        }
        return set
    }()

    /// The live object with the configuration applied, `managedFields` included.
    ///
    /// - Parameter live: Nil when there is no object yet.
    /// - Throws: 409 with one cause for each field that another manager owns, unless `force`.
    func apply(_ config: Value, to live: Value?, manager name: String, force: Bool) throws(APIError) -> Value {
        var base = live ?? emptyObject
        var managed = ManagedFields(base[at: "metadata", "managedFields"]?.list ?? []) ?? ManagedFields()
        base = base.withoutManagedFields
        let manager = ManagedFields.Manager(
            name: name, operation: .apply, apiVersion: apiVersion, subresource: subresource)
        if managed.entries.isEmpty, live != nil {
            managed = update(managed, from: emptyObject, to: base, manager: "before-first-apply")
        }
        let previous = managed.fields(of: manager)
        let before = managed
        // What nobody can own, such as the name, still counts while pruning: it is named, so it stays.
        let owned = fields(of: config, schema).recursiveDifference(ignored)
        // Nulls only served the comparison; nothing may be merged onto them.
        guard var merged = merge(live: live == nil ? base.withoutNulls : base, config: config, schema) else {
            return base
        }
        managed.set(owned, for: manager, time: time)
        if let previous, !previous.isEmpty { merged = prune(merged, previous, managed) }
        let comparison = Comparison(from: base, to: merged, schema)
        try resolve(&managed, comparison.without(ignored), except: manager, force: force)
        // Only an apply that changed the object has a time.
        let lastTime = before.entries.first { $0.manager.isSame(as: manager) }?.time ?? ""
        managed.set(
            (managed.fields(of: manager) ?? FieldSet()).difference(Self.unowned), for: manager,
            time: comparison.isSame && live != nil ? lastTime : time)
        if comparison.isSame, before.sameOwners(as: managed) { managed = before }
        merged.metadata["managedFields"] = managed.entries.isEmpty ? nil : managed.value
        return merged
    }

    /// `new` with `managedFields` that tell what this writer changed.
    ///
    /// - Parameter live: Nil when the object is being created.
    func update(_ new: Value, from live: Value?, manager: String) -> Value {
        let sent = new[at: "metadata", "managedFields"]?.list ?? []
        var result = new.withoutManagedFields
        // One empty entry is how a client asks to forget all managers.
        if sent.count == 1, sent[0].map?.isEmpty == true { return result }
        let stored = live?[at: "metadata", "managedFields"]?.list ?? []
        var managed = ManagedFields(sent) ?? ManagedFields()
        if managed.entries.isEmpty { managed = ManagedFields(stored) ?? ManagedFields() }
        if live == nil || !managed.entries.isEmpty {
            let base = (live ?? emptyObject).withoutManagedFields
            managed = update(managed, from: base, to: result, manager: manager)
            managed.cap(apiVersion: apiVersion)
        }
        if !managed.entries.isEmpty { result.metadata["managedFields"] = managed.value }
        return result
    }

    private func update(
        _ managed: ManagedFields, from old: Value, to new: Value, manager name: String
    ) -> ManagedFields {
        var managed = managed
        let manager = ManagedFields.Manager(
            name: name, operation: .update, apiVersion: apiVersion, subresource: subresource)
        let comparison = Comparison(from: old, to: new, schema).without(ignored)
        let previous = managed.fields(of: manager)
        // Forced, an update takes fields and never conflicts.
        try? resolve(&managed, comparison, except: nil, force: true)
        let taken = comparison.added.union(comparison.modified).difference(Self.unowned)
        if !taken.isEmpty {
            let kept = managed.fields(of: manager) ?? FieldSet()
            managed.set(kept.union(taken), for: manager, time: time)
        } else if previous != nil, managed.fields(of: manager)?.isEmpty == true {
            managed.set(FieldSet(), for: manager, time: time)
        }
        return managed
    }

    /// Takes changed fields away from other managers, or refuses.
    private func resolve(
        _ managed: inout ManagedFields, _ comparison: Comparison, except: ManagedFields.Manager?, force: Bool
    ) throws(APIError) {
        let changed = comparison.modified.union(comparison.added)
        var conflicts: [(manager: String, path: String)] = []
        for index in managed.entries.indices {
            let entry = managed.entries[index]
            if let except, entry.manager.isSame(as: except) { continue }
            let conflict = entry.fields.intersection(changed)
            conflicts += conflict.paths.map { (entry.manager.description, $0) }
            managed.entries[index].fields = entry.fields.difference(conflict).difference(comparison.removed)
        }
        if !force, !conflicts.isEmpty { throw APIError.applyConflict(conflicts) }
        managed.entries.removeAll { $0.fields.isEmpty }
    }

    /// Takes out what this applier named last time, does not name now, and nobody else owns.
    private func prune(_ merged: Value, _ previous: FieldSet, _ managed: ManagedFields) -> Value {
        let last = previous.withNamedFields(schema)
        guard var pruned = removing(last, from: merged, schema) else { return merged }
        let everything = fields(of: merged, schema).withNamedFields(schema)
        // Back comes what any manager, this one included, owns now …
        let owned = managed.entries.reduce(FieldSet()) { $0.union($1.fields) }.withNamedFields(schema)
        var left = fields(of: pruned, schema).withNamedFields(schema)
        pruned = removing(everything.difference(left.union(owned)), from: merged, schema) ?? pruned
        // … and what only hung below something that was removed.
        left = fields(of: pruned, schema).withNamedFields(schema)
        return removing(everything.difference(left).intersection(last), from: merged, schema) ?? pruned
    }
}

extension ManagedFields {
    /// Whether the same managers own the same fields, whatever the time.
    fileprivate func sameOwners(as other: ManagedFields) -> Bool {
        entries.count == other.entries.count
            && entries.allSatisfy { entry in
                other.entries.contains { $0.manager == entry.manager && $0.fields == entry.fields }
            }
    }
}

extension Value {
    var withoutManagedFields: Value {
        guard self[at: "metadata", "managedFields"] != nil else { return self }
        var copy = self
        copy.metadata["managedFields"] = nil
        return copy
    }
}

extension APIError {
    /// - Parameter conflicts: At least one.
    fileprivate static func applyConflict(_ conflicts: [(manager: String, path: String)]) -> APIError {
        var message = "Apply failed with 1 conflict: conflict with \(conflicts[0].manager): \(conflicts[0].path)"
        if conflicts.count > 1 {
            let lines = Dictionary(grouping: conflicts, by: \.manager).sorted { $0.key < $1.key }
                .flatMap { manager, found in ["conflicts with \(manager):"] + found.map { "- \($0.path)" } }
            message = "Apply failed with \(conflicts.count) conflicts: \(lines.joined(separator: "\n"))"
        }
        let causes: [Value] = conflicts.map {
            [
                "reason": "FieldManagerConflict", "message": .string("conflict with \($0.manager)"),
                "field": .string($0.path),
            ]
        }
        return APIError(409, "Conflict", message, details: ["causes": .list(causes)])
    }
}
