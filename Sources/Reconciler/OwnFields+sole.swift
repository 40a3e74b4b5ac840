// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

extension OwnFields {
    /// The part of a live object that our server-side applies hold and nobody else does: what is left out of the
    /// next apply of it vanishes. Nil when there is none.
    static func sole(in live: Value) -> Value? {
        let entries = live[at: "metadata", "managedFields"]?.list ?? []
        func isOurs(_ entry: Value) -> Bool {
            entry["manager"]?.string == Conventions.fieldManager && entry["operation"]?.string == "Apply"
                && entry["subresource"]?.string ?? "" == ""
        }
        guard let ours = entries.first(where: isOurs)?["fieldsV1"] else { return nil }
        return part(of: live, ours: ours, others: entries.filter { !isOurs($0) }.compactMap { $0["fieldsV1"] })
    }

    /// - Parameters:
    ///   - ours: The part of our `fieldsV1` that is about `value`.
    ///   - others: The same of everybody who has some.
    private static func part(of value: Value, ours: Value, others: [Value]) -> Value? {
        let children = (ours.map ?? Map()).filter { $0.key != "." }
        // A set without members names the whole value.
        if children.isEmpty { return others.isEmpty ? value : nil }
        if others.contains(where: { $0.map?.isEmpty != false }) { return nil }
        if let items = value.list {
            let parts = children.compactMap { entry in item(entry.key, entry.value, items, others) }
            return parts.isEmpty ? nil : .list(parts)
        }
        var result: Value = [:]
        for entry in children where entry.key.hasPrefix("f:") {
            let key = String(entry.key.dropFirst(2))
            guard let member = value[key] else { continue }
            if let part = part(of: member, ours: entry.value, others: others.compactMap { $0[entry.key] }) {
                result[key] = part
            }
        }
        return result.map?.isEmpty == false ? result : nil
    }

    /// An item that is named by `k:{"name":"app"}`; its naming fields come with it, whoever else holds them.
    private static func item(_ name: String, _ fields: Value, _ items: [Value], _ others: [Value]) -> Value? {
        guard name.hasPrefix("k:"), let keys = try? parseJSON(Array(name.dropFirst(2).utf8)).map,
            let found = items.first(where: { item in keys.allSatisfy { item[$0.key] == $0.value } }),
            var part = part(of: found, ours: fields, others: others.compactMap { $0[name] })
        else { return nil }
        for key in keys { part[key.key] = key.value }
        return part
    }
}
