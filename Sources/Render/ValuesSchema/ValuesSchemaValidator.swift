// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

extension ValuesSchema {
    /// What is wrong with `value`, in the order of the schema; empty when nothing is. Pure.
    func check(_ value: Value) -> [ValuesSchemaViolation] {
        guard isUsable else { return [] }
        var validator = ValuesSchemaValidator(self)
        _ = validator.check(0, value)
        return validator.result
    }
}

/// What a schema has looked at; only kept where another one asks.
struct Evaluated {
    var members = Set<String>()
    var hasAllMembers = false
    var items = Set<Int>()
    /// All items before this one.
    var itemCount = 0

    mutating func formUnion(_ other: Evaluated) {
        members.formUnion(other.members)
        hasAllMembers = hasAllMembers || other.hasAllMembers
        items.formUnion(other.items)
        itemCount = max(itemCount, other.itemCount)
    }
}

/// Checks one value; lives for one check.
struct ValuesSchemaValidator {
    let schema: ValuesSchema
    var violations: [ValuesSchemaViolation] = []
    var path: [FieldPath.Step] = []
    /// Steps that may still be made: nodes, and steps of patterns.
    var budget = Self.stepLimit
    private var depth = 0
    /// Why checking was given up; nil while it was not.
    private var failure: ValuesSchemaViolation?

    static let stepLimit = 2_000_000
    static let depthLimit = 200
    static let violationLimit = 100

    init(_ schema: ValuesSchema) { self.schema = schema }

    var result: [ValuesSchemaViolation] { failure.map { [$0] } ?? Array(violations.prefix(Self.violationLimit)) }

    /// - Returns: Nil when the value is wrong; what was looked at when it is right.
    mutating func check(_ index: Int, _ value: Value) -> Evaluated? {
        let node = schema.nodes[index]
        budget -= 10
        depth += 1
        defer { depth -= 1 }
        guard failure == nil, budget > 0, depth <= Self.depthLimit else {
            giveUp(node.location)
            return nil
        }
        if let constant = node.constant {
            if !constant { report("\(subject) is not allowed", node.location) }
            return constant ? Evaluated() : nil
        }
        var evaluated = Evaluated()
        var isValid = true
        for rule in node.rules {
            let before = violations.count
            if !apply(rule, value, &evaluated) {
                isValid = false
                explain(from: before, node)
            }
        }
        return isValid ? evaluated : nil
    }

    mutating func giveUp(_ location: SourceLocation) {
        guard failure == nil else { return }
        failure = ValuesSchemaViolation(
            path: FieldPath(path), message: "the schema cannot be checked: it goes on for ever, or takes too long",
            hint: "look for a $ref that leads back to itself, and for long texts with long patterns",
            location: location, isAboutKey: false)
    }

    /// What the values are for is the best hint when there is no other.
    private mutating func explain(from start: Int, _ node: ValuesSchemaNode) {
        guard let purpose = node.purpose else { return }
        for index in violations.indices[start...]
        where violations[index].hint == nil && violations[index].path.steps == path {
            let violation = violations[index]
            violations[index] = ValuesSchemaViolation(
                path: violation.path, message: violation.message, hint: purpose, location: violation.location,
                isAboutKey: violation.isAboutKey)
        }
    }

    // MARK: What is said

    /// The value's path, or all of the values.
    var subject: String { path.isEmpty ? "the whole of the values" : FieldPath(path).description }

    mutating func report(
        _ message: String, _ location: SourceLocation, hint: String? = nil, isAboutKey: Bool = false
    ) {
        violations.append(
            ValuesSchemaViolation(
                path: FieldPath(path), message: message, hint: hint, location: location, isAboutKey: isAboutKey))
    }

    /// Checks without keeping what is wrong.
    mutating func trial(_ index: Int, _ value: Value) -> (evaluated: Evaluated?, violations: [ValuesSchemaViolation]) {
        let before = violations.count
        let evaluated = check(index, value)
        let found = Array(violations[before...])
        violations.removeSubrange(before...)
        return (evaluated, found)
    }

    /// Checks a part of the value.
    mutating func check(_ index: Int, _ value: Value, at step: FieldPath.Step) -> Bool {
        path.append(step)
        defer { path.removeLast() }
        return check(index, value) != nil
    }

    mutating func matches(_ pattern: Pattern, _ text: String, _ location: SourceLocation) -> Bool {
        guard let matches = pattern.matches(text, budget: &budget) else {
            giveUp(location)
            return false
        }
        return matches
    }

    static func short(_ value: Value) -> String {
        let text = String(decoding: value.json(), as: UTF8.self)
        return text.count <= 40 ? text : text.prefix(39) + "…"
    }
}
