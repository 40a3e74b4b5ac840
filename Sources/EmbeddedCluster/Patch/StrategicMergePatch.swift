// SPDX-License-Identifier: Apache-2.0

import Domain

/// Kubernetes' strategic merge patch: maps merge, lists merge by key, directives (`$patch`, `$retainKeys`,
/// `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say the rest. Pure.
enum StrategicMergePatch {
    /// - Throws: 400 for a directive that makes no sense.
    static func apply(_ patch: Value, to object: Value, _ schema: Schema) throws(APIError) -> Value {
        guard let changes = patch.map else { throw .badRequest("the patch is no object") }
        return .map(try merge(changes, into: object.map ?? Map(), schema) ?? Map())
    }

    /// Nil when the patch deletes the map.
    private static func merge(_ patch: Map, into target: Map, _ schema: Schema) throws(APIError) -> Map? {
        var patch = patch
        switch patch["$patch"]?.string {
        case nil: break
        case "delete": return nil
        case "replace":
            patch["$patch"] = nil
            return patch
        case "merge": patch["$patch"] = nil
        case let other?: throw .badRequest("unknown patch type found: \(other)")
        }
        var result = target
        if let kept = patch["$retainKeys"]?.list {
            let names = Set(kept.compactMap(\.string))
            result = Map(result.filter { names.contains($0.key) })
            patch["$retainKeys"] = nil
        }
        let orders = patch.filter { $0.key.hasPrefix("$setElementOrder/") }
        for change in patch {
            if change.key.hasPrefix("$setElementOrder/") { continue }
            if change.key.hasPrefix("$deleteFromPrimitiveList/") {
                let name = String(change.key.dropFirst("$deleteFromPrimitiveList/".count))
                let gone = Set(change.value.list ?? [])
                if let items = result[name]?.list { result[name] = .list(items.filter { !gone.contains($0) }) }
                continue
            }
            if change.value.isNull {
                result[change.key] = nil
                continue
            }
            result[change.key] = try merge(change.value, into: result[change.key], key: change.key, schema)
        }
        for order in orders {
            let name = String(order.key.dropFirst("$setElementOrder/".count))
            guard let items = result[name]?.list, let wanted = order.value.list else { continue }
            let key = mergeKey(name, schema)
            try check(patch[name]?.list ?? [], isOrderedLike: wanted, key)
            result[name] = .list(sort(items, by: wanted, key: key, before: target[name]?.list ?? []))
        }
        return result
    }

    /// - Throws: As the real server, 500 when a patch contradicts its own order.
    private static func check(_ items: [Value], isOrderedLike wanted: [Value], _ key: String?) throws(APIError) {
        func id(_ value: Value) -> Value { key.flatMap { $0.isEmpty ? nil : value[$0] } ?? value }
        let order = wanted.map(id)
        let positions = items.filter { $0["$patch"] == nil }.map { item in order.firstIndex(of: id(item)) }
        let known = positions.compactMap { $0 }
        guard known.count < positions.count || known != known.sorted() else { return }
        throw APIError(
            500, "",
            "The order in patch list:\n\(Value.list(items).compactText)\n doesn't match $setElementOrder list:\n"
                + "\(Value.list(wanted).compactText)\n")
    }

    private static func merge(
        _ change: Value, into old: Value?, key: String, _ schema: Schema
    ) throws(APIError) -> Value? {
        let inner = schema.member(key) ?? .any
        switch change {
        case .map(let map):
            return try merge(map, into: old?.map ?? Map(), inner).map { .map($0) }
        case .list(let items):
            guard let mergeKey = mergeKey(key, schema) else { return .list(items.filter { $0["$patch"] == nil }) }
            let before = old?.list ?? []
            let merged =
                try mergeKey.isEmpty
                ? mergeScalars(items, into: before) : mergeItems(items, into: before, by: mergeKey, inner)
            return .list(sort(merged, by: items, key: mergeKey, before: before))
        default:
            return change
        }
    }

    /// Empty for a list of scalars that merges; nil for a list that is replaced.
    private static func mergeKey(_ name: String, _ schema: Schema) -> String? {
        schema.object?.fields[name]?.patchMergeKey
    }

    private static func mergeScalars(_ items: [Value], into old: [Value]) -> [Value] {
        old + items.filter { !old.contains($0) }
    }

    private static func mergeItems(
        _ items: [Value], into old: [Value], by key: String, _ schema: Schema
    ) throws(APIError) -> [Value] {
        guard case .list(let element, _) = schema else { return items }
        if items.contains(where: { $0["$patch"] == "replace" }) { return items.filter { $0["$patch"] == nil } }
        var result = old
        for item in items {
            guard let map = item.map else { throw .badRequest("a list of objects is patched with a scalar") }
            guard let id = map[key] else {
                throw .badRequest("map: \(item.compactText) does not contain declared merge key: \(key)")
            }
            let index = result.firstIndex { $0[key] == id }
            if map["$patch"] == "delete" {
                result.removeAll { $0[key] == id }
            } else if let index {
                let merged = try merge(map, into: result[index].map ?? Map(), element)
                if let merged { result[index] = .map(merged) } else { result.remove(at: index) }
            } else if let merged = try merge(map, into: Map(), element) {
                result.append(.map(merged))
            }
        }
        return result
    }

    /// Items the patch names stand in its order; the server's others keep theirs and go in front of a named item only
    /// when they stood in front of it before.
    private static func sort(_ items: [Value], by wanted: [Value], key: String?, before: [Value]) -> [Value] {
        func id(_ value: Value) -> Value { key.flatMap { $0.isEmpty ? nil : value[$0] } ?? value }
        let order = wanted.map(id)
        var named = order.compactMap { wantedID in items.first { id($0) == wantedID } }[...]
        var others = items.filter { !order.contains(id($0)) }[...]
        let places = before.map(id)
        var result: [Value] = []
        while let other = others.first, let next = named.first {
            let (left, right) = (places.firstIndex(of: id(other)), places.firstIndex(of: id(next)))
            if let left, let right, left < right {
                result.append(other)
                others.removeFirst()
            } else {
                result.append(next)
                named.removeFirst()
            }
        }
        return result + others + named
    }
}
