// SPDX-License-Identifier: Apache-2.0

import Domain

/// A PATCH other than server-side apply.
enum Patch: Sendable {
    /// RFC 6902.
    case json([Value])
    /// RFC 7386.
    case merge(Value)
    /// Kubernetes' own: lists merge by the keys of the type table.
    case strategic(Value)

    /// - Throws: 400 or 422 for a patch that cannot be applied.
    func apply(to object: Value, _ schema: Schema) throws(APIError) -> Value {
        switch self {
        case .json(let operations): try JSONPatch.apply(operations, to: object)
        case .merge(let patch): Self.merge(patch, into: object)
        case .strategic(let patch): try StrategicMergePatch.apply(patch, to: object, schema)
        }
    }

    private static func merge(_ patch: Value, into target: Value?) -> Value {
        guard let changes = patch.map else { return patch }
        var result = target?.map ?? Map()
        for change in changes {
            result[change.key] = change.value.isNull ? nil : merge(change.value, into: result[change.key])
        }
        return .map(result)
    }
}

/// RFC 6902 over RFC 6901 pointers. Pure.
enum JSONPatch {
    /// - Throws: 422 for a pointer that leads nowhere or a test that fails, 400 for what is no operation.
    static func apply(_ operations: [Value], to object: Value) throws(APIError) -> Value {
        var result = object
        for operation in operations {
            guard let name = operation["op"]?.string, let target = operation["path"]?.string.flatMap(pointer) else {
                throw .badRequest("error decoding patch: an operation needs \"op\" and \"path\"")
            }
            let step = Step(name: name, path: operation["path"]?.string ?? "")
            switch name {
            case "add": try add(operation["value"] ?? .null, at: target, in: &result, step)
            case "remove": _ = try remove(target, from: &result, step)
            case "replace":
                _ = try remove(target, from: &result, step)
                try add(operation["value"] ?? .null, at: target, in: &result, step)
            case "move", "copy":
                guard let source = operation["from"]?.string.flatMap(pointer) else {
                    throw .badRequest("error decoding patch: \"\(name)\" needs \"from\"")
                }
                let value = try name == "move" ? remove(source, from: &result, step) : find(source, in: result, step)
                try add(value, at: target, in: &result, step)
            case "test":
                let expected = operation["value"] ?? .null
                let found = try? find(target, in: result, step)
                guard found ?? .null == expected else {
                    throw step.failure
                }
            default: throw .badRequest("error decoding patch: unknown operation \"\(name)\"")
            }
        }
        return result
    }

    private struct Step {
        let name: String
        let path: String

        /// The real server does not say more either.
        var failure: APIError {
            APIError(422, "Invalid", "the server rejected our request due to an error in our request", details: [:])
        }

        var missing: APIError { failure }
    }

    /// The steps of `/spec/ports/0`; nil when it is no pointer.
    private static func pointer(_ text: String) -> [String]? {
        if text.isEmpty { return [] }
        guard text.hasPrefix("/") else { return nil }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    private static func find(_ path: [String], in value: Value, _ step: Step) throws(APIError) -> Value {
        var value = value
        for key in path {
            if let items = value.list {
                guard let index = Int(key), items.indices.contains(index) else { throw step.missing }
                value = items[index]
            } else {
                guard let next = value[key] else { throw step.missing }
                value = next
            }
        }
        return value
    }

    private static func add(
        _ value: Value, at path: [String], in target: inout Value, _ step: Step
    ) throws(APIError) {
        guard let key = path.first else {
            target = value
            return
        }
        let rest = Array(path.dropFirst())
        switch target {
        case .list(var items):
            if rest.isEmpty {
                guard let index = key == "-" ? items.count : Int(key), (0...items.count).contains(index) else {
                    throw step.missing
                }
                items.insert(value, at: index)
            } else {
                guard let index = Int(key), items.indices.contains(index) else { throw step.missing }
                try add(value, at: rest, in: &items[index], step)
            }
            target = .list(items)
        case .map(var map):
            if rest.isEmpty {
                map[key] = value
            } else {
                guard var inner = map[key] else { throw step.missing }
                try add(value, at: rest, in: &inner, step)
                map[key] = inner
            }
            target = .map(map)
        default: throw step.missing
        }
    }

    private static func remove(
        _ path: [String], from target: inout Value, _ step: Step
    ) throws(APIError) -> Value {
        guard let key = path.first else {
            let old = target
            target = .null
            return old
        }
        let rest = Array(path.dropFirst())
        switch target {
        case .list(var items):
            guard let index = Int(key), items.indices.contains(index) else { throw step.missing }
            let removed = rest.isEmpty ? items.remove(at: index) : try remove(rest, from: &items[index], step)
            target = .list(items)
            return removed
        case .map(var map):
            guard var inner = map[key] else { throw step.missing }
            let removed = rest.isEmpty ? inner : try remove(rest, from: &inner, step)
            map[key] = rest.isEmpty ? nil : inner
            target = .map(map)
            return removed
        default: throw step.missing
        }
    }
}
