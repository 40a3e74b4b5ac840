// SPDX-License-Identifier: Apache-2.0

import Domain

extension ValuesSchemaValidator {
    mutating func map(_ rule: ValuesSchemaRule, _ map: Map, _ value: Value, _ evaluated: inout Evaluated) -> Bool {
        switch rule.check {
        case .memberCount(let min, let max):
            if (min...max).contains(map.count) { return true }
            report("\(subject) must have \(Self.range(min, max, "key")), but has \(map.count)", rule.location)
            return false
        case .required(let keys): return required(keys, map, rule)
        case .members(let named, let matching, let rest):
            return members(named, matching, rest, map, rule, &evaluated)
        case .memberNames(let schema): return memberNames(schema, map, rule)
        case .dependentRequired(let dependencies):
            var isValid = true
            for (key, others) in dependencies.sorted(by: { $0.key < $1.key }) where map[key] != nil {
                for other in others where map[other] == nil {
                    isValid = false
                    report("\(subject) has \"\(key)\", so it must have \"\(other)\" too", rule.location)
                }
            }
            return isValid
        case .dependentSchemas(let dependencies):
            var isValid = true
            for (key, schema) in dependencies.sorted(by: { $0.key < $1.key }) where map[key] != nil {
                guard let found = check(schema, value) else {
                    isValid = false
                    continue
                }
                evaluated.formUnion(found)
            }
            return isValid
        case .unevaluatedMembers(let schema):
            guard !evaluated.hasAllMembers else { return true }
            var isValid = true
            for entry in map where !evaluated.members.contains(entry.key) {
                if !member(schema, entry, known: Array(evaluated.members), rule) { isValid = false }
            }
            evaluated.hasAllMembers = true
            return isValid
        default: return true
        }
    }

    private mutating func required(_ keys: [String], _ map: Map, _ rule: ValuesSchemaRule) -> Bool {
        let missing = keys.filter { map[$0] == nil }
        for key in missing {
            let name = FieldPath(path).appending(key)
            report("\(name) is missing", rule.location, hint: didYouMean(key, in: map.keys).map { "\($0)" })
        }
        return missing.isEmpty
    }

    private mutating func members(
        _ named: [String: Int], _ matching: [(Pattern, Int)], _ rest: Int?, _ map: Map, _ rule: ValuesSchemaRule,
        _ evaluated: inout Evaluated
    ) -> Bool {
        var isValid = true
        for entry in map {
            var isKnown = false
            if let schema = named[entry.key] {
                isKnown = true
                if !check(schema, entry.value, at: .key(entry.key)) { isValid = false }
            }
            for (pattern, schema) in matching where matches(pattern, entry.key, rule.location) {
                isKnown = true
                if !check(schema, entry.value, at: .key(entry.key)) { isValid = false }
            }
            if !isKnown, let rest {
                isKnown = true
                if !member(rest, entry, known: Array(named.keys), rule) { isValid = false }
            }
            if isKnown, schema.tracksEvaluated { evaluated.members.insert(entry.key) }
        }
        return isValid
    }

    /// A member that the schema does not name.
    private mutating func member(_ index: Int, _ entry: Map.Entry, known: [String], _ rule: ValuesSchemaRule) -> Bool {
        guard schema.nodes[index].constant == false else { return check(index, entry.value, at: .key(entry.key)) }
        path.append(.key(entry.key))
        defer { path.removeLast() }
        let names = known.sorted()
        let list = names.isEmpty || names.count > 12 ? nil : "known: \(names.joined(separator: ", "))"
        report(
            "\(subject) is no known value", rule.location, hint: didYouMean(entry.key, in: names) ?? list,
            isAboutKey: true)
        return false
    }

    private mutating func memberNames(_ schema: Int, _ map: Map, _ rule: ValuesSchemaRule) -> Bool {
        var isValid = true
        for entry in map {
            let (evaluated, found) = trial(schema, .string(entry.key))
            guard evaluated == nil else { continue }
            isValid = false
            path.append(.key(entry.key))
            let reason = found.first?.message.replacing(FieldPath(Array(path.dropLast())).description, with: "it")
            report(
                "\"\(entry.key)\" cannot be a key here", found.first?.location ?? rule.location,
                hint: self.schema.nodes[schema].purpose ?? reason, isAboutKey: true)
            path.removeLast()
        }
        return isValid
    }

    // MARK: Schemas put together

    mutating func logic(_ rule: ValuesSchemaRule, _ value: Value, _ evaluated: inout Evaluated) -> Bool {
        switch rule.check {
        case .allOf(let schemas):
            var isValid = true
            for schema in schemas {
                if let found = check(schema, value) { evaluated.formUnion(found) } else { isValid = false }
            }
            return isValid
        case .anyOf(let schemas), .oneOf(let schemas): return alternatives(schemas, rule, value, &evaluated)
        case .not(let schema):
            guard trial(schema, value).evaluated != nil else { return true }
            report(
                "\(subject) is what \"not\" forbids: \(Self.short(value))", rule.location,
                hint: self.schema.nodes[schema].purpose)
            return false
        case .conditional(let condition, let yes, let no):
            let held = trial(condition, value).evaluated
            if let held { evaluated.formUnion(held) }
            guard let branch = held == nil ? no : yes else { return true }
            return follow(branch, value, &evaluated)
        case .reference(let reference): return follow(schema.references[reference], value, &evaluated)
        default: return true
        }
    }

    private mutating func follow(_ index: Int, _ value: Value, _ evaluated: inout Evaluated) -> Bool {
        guard let found = check(index, value) else { return false }
        evaluated.formUnion(found)
        return true
    }

    private mutating func alternatives(
        _ schemas: [Int], _ rule: ValuesSchemaRule, _ value: Value, _ evaluated: inout Evaluated
    ) -> Bool {
        var matching: [Int] = []
        var failures: [[ValuesSchemaViolation]] = []
        for (position, schema) in schemas.enumerated() {
            let (found, violations) = trial(schema, value)
            if let found {
                evaluated.formUnion(found)
                matching.append(position + 1)
            } else {
                failures.append(violations)
            }
        }
        var isOneOf = false
        if case .oneOf = rule.check { isOneOf = true }
        if matching.isEmpty {
            reportNone(failures, rule)
        } else if isOneOf, matching.count > 1 {
            let numbers = matching.map(String.init).joined(separator: " and ")
            report(
                "\(subject) has \(matching.count) of the forms of oneOf, and may have only one of them", rule.location,
                hint: "it has the forms \(numbers), counted from 1")
        } else {
            return true
        }
        return false
    }

    /// Of several forms, the one that got furthest is what was meant.
    private mutating func reportNone(_ failures: [[ValuesSchemaViolation]], _ rule: ValuesSchemaRule) {
        let deeper = failures.filter { $0.allSatisfy { $0.path.steps.count > path.count } && !$0.isEmpty }
        if deeper.count == 1 {
            violations += deeper[0]
            return
        }
        let nearest = failures.min { $0.count < $1.count }?.first
        report(
            "\(subject) has none of the \(failures.count) forms that are allowed", rule.location,
            hint: nearest.map { "for one of them: \($0.message)" })
    }
}
