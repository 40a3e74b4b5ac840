// SPDX-License-Identifier: Apache-2.0

import Domain

/// Who set which fields of one object: `metadata.managedFields`.
struct ManagedFields: Sendable {
    enum Operation: String, Sendable, Hashable {
        case apply = "Apply"
        case update = "Update"
    }

    /// What tells managers apart. For an applier the version does not count.
    struct Manager: Sendable, Hashable {
        let name: String
        let operation: Operation
        let apiVersion: String
        /// Empty for the object itself.
        let subresource: String

        func isSame(as other: Manager) -> Bool {
            name == other.name && operation == other.operation && subresource == other.subresource
                && (operation == .apply || apiVersion == other.apiVersion)
        }

        /// As conflicts name it.
        var description: String {
            var text = "\"\(name)\""
            if !subresource.isEmpty { text += " with subresource \"\(subresource)\"" }
            return operation == .update ? "\(text) using \(apiVersion)" : text
        }
    }

    struct Entry: Sendable {
        var manager: Manager
        var fields: FieldSet
        /// RFC 3339.
        var time: String
    }

    var entries: [Entry] = []

    /// - Returns: Nil when an entry cannot be read.
    init?(_ list: [Value]) {
        for item in list {
            guard let operation = item["operation"]?.string.flatMap(Operation.init(rawValue:)),
                item["fieldsType"]?.string == "FieldsV1", let apiVersion = item["apiVersion"]?.string
            else { return nil }
            entries.append(
                Entry(
                    manager: Manager(
                        name: item["manager"]?.string ?? "", operation: operation, apiVersion: apiVersion,
                        subresource: item["subresource"]?.string ?? ""),
                    fields: FieldSet(value: item["fieldsV1"] ?? [:]), time: item["time"]?.string ?? ""))
        }
    }

    init() {}

    func fields(of manager: Manager) -> FieldSet? { entries.first { $0.manager.isSame(as: manager) }?.fields }

    mutating func set(_ fields: FieldSet, for manager: Manager, time: String) {
        entries.removeAll { $0.manager.isSame(as: manager) }
        if !fields.isEmpty { entries.append(Entry(manager: manager, fields: fields, time: time)) }
    }

    /// The JSON form: appliers first, then by time, as the real server sorts.
    var value: Value {
        let sorted = entries.sorted { left, right in
            (
                left.manager.operation.rawValue, left.time, left.manager.name, left.manager.apiVersion,
                left.manager.subresource
            )
                < (
                    right.manager.operation.rawValue, right.time, right.manager.name, right.manager.apiVersion,
                    right.manager.subresource
                )
        }
        return .list(sorted.map(\.value))
    }

    /// Merges the oldest updaters into one when there are more than ten, so that the list stays bounded.
    mutating func cap(apiVersion: String) {
        let limit = 10
        var updaters = entries.filter { $0.manager.operation == .update }.sorted { $0.time < $1.time }
        guard updaters.count > limit else { return }
        let name = "ancient-changes"
        while updaters.count > limit {
            let oldest = updaters.removeFirst()
            let second = updaters.removeFirst()
            entries.removeAll { $0.manager == oldest.manager || $0.manager == second.manager }
            let merged = Entry(
                manager: Manager(
                    name: name, operation: .update, apiVersion: second.manager.apiVersion, subresource: ""),
                fields: oldest.fields.union(second.fields), time: second.time)
            entries.append(merged)
            updaters.insert(merged, at: 0)
        }
    }
}

extension ManagedFields.Entry {
    fileprivate var value: Value {
        var value: Value = [
            "manager": .string(manager.name), "operation": .string(manager.operation.rawValue),
            "apiVersion": .string(manager.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": fields.value,
        ]
        if !time.isEmpty { value["time"] = .string(time) }
        if !manager.subresource.isEmpty { value["subresource"] = .string(manager.subresource) }
        return value
    }
}
