// SPDX-License-Identifier: Apache-2.0

import Domain

extension CustomSchema {
    /// What a custom resource breaks of its schema: types, required fields, enum, ranges, lengths, patterns.
    ///
    /// Not covered: `oneOf`, `anyOf`, `not` and CEL rules, which are stored and not evaluated.
    static func problems(in object: Value, _ schema: Schema) -> [FieldProblem] {
        guard let root = schema.object?.rules else { return [] }
        var problems: [FieldProblem] = []
        for entry in root["properties"]?.map ?? Map() where entry.key != "metadata" {
            if let value = object[entry.key] { check(value, entry.value, entry.key, &problems) }
        }
        problems += missing(object, root, "")
        return problems
    }

    private static func missing(_ value: Value, _ rules: Value, _ path: String) -> [FieldProblem] {
        (rules["required"]?.list ?? []).compactMap(\.string).filter { value[$0] == nil }
            .map { .required(path.isEmpty ? $0 : "\(path).\($0)") }
    }

    private static func check(_ value: Value, _ rules: Value, _ path: String, _ problems: inout [FieldProblem]) {
        if value.isNull, rules["nullable"]?.bool == true { return }
        guard hasType(value, rules) else {
            let type = rules["type"]?.string ?? ""
            let found = value.isNull ? "null" : "\"\(typeName(value))\""
            problems.append(
                FieldProblem(
                    reason: "FieldValueTypeInvalid", field: path,
                    message: "Invalid value: \(found): \(path) in body must be of type \(type): \"\(typeName(value))\"")
            )
            return
        }
        if let allowed = rules["enum"]?.list, !allowed.contains(value) {
            problems.append(.unsupported(path, value, allowed.map { $0.string ?? $0.compactText }))
        }
        switch value {
        case .map(let map):
            problems += missing(value, rules, path)
            for entry in map {
                let inner = rules[at: "properties", entry.key] ?? rules["additionalProperties"]
                if let inner, inner.map != nil { check(entry.value, inner, "\(path).\(entry.key)", &problems) }
            }
        case .list(let items):
            checkCount(items.count, rules, "Items", "items", value, path, &problems)
            guard let inner = rules["items"] else { return }
            for (index, item) in items.enumerated() { check(item, inner, "\(path)[\(index)]", &problems) }
        case .string(let text):
            checkCount(text.unicodeScalars.count, rules, "Length", "chars long", value, path, &problems)
            checkPattern(text, rules, path, &problems)
        case .integer(let number):
            checkRange(number, rules, path, &problems)
        default: break
        }
    }

    private static func hasType(_ value: Value, _ rules: Value) -> Bool {
        if rules["x-kubernetes-int-or-string"]?.bool == true { return value.integer != nil || value.string != nil }
        switch (rules["type"]?.string, value) {
        case (nil, _), ("object", .map), ("array", .list), ("string", .string), ("boolean", .bool),
            ("integer", .integer), ("number", .integer), ("number", .decimal):
            return true
        default: return false
        }
    }

    private static func typeName(_ value: Value) -> String {
        switch value {
        case .map: "object"
        case .list: "array"
        case .integer: "integer"
        default: value.kindName
        }
    }

    private static func checkCount(
        _ count: Int, _ rules: Value, _ suffix: String, _ unit: String, _ value: Value, _ path: String,
        _ problems: inout [FieldProblem]
    ) {
        if let least = rules["min\(suffix)"]?.integer, count < least {
            problems.append(.invalid(path, value, "\(path) in body should be at least \(least) \(unit)"))
        }
        if let most = rules["max\(suffix)"]?.integer, count > most {
            problems.append(
                FieldProblem(
                    reason: "FieldValueTooLong", field: path, message: "Too long: may not be more than \(most) \(unit)")
            )
        }
    }

    private static func checkPattern(
        _ text: String, _ rules: Value, _ path: String, _ problems: inout [FieldProblem]
    ) {
        // A pattern that cannot be read here is not enforced, rather than refusing everything.
        guard let pattern = rules["pattern"]?.string, let regex = try? Regex(pattern),
            text.firstMatch(of: regex) == nil
        else { return }
        problems.append(.invalid(path, .string(text), "\(path) in body should match '\(pattern)'"))
    }

    private static func checkRange(
        _ number: Int64, _ rules: Value, _ path: String, _ problems: inout [FieldProblem]
    ) {
        if let least = rules["minimum"]?.integer, number < least {
            problems.append(
                .invalid(path, .integer(number), "\(path) in body should be greater than or equal to \(least)"))
        }
        if let most = rules["maximum"]?.integer, number > most {
            problems.append(
                .invalid(path, .integer(number), "\(path) in body should be less than or equal to \(most)"))
        }
    }
}
