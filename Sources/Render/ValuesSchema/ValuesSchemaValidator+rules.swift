// SPDX-License-Identifier: Apache-2.0

import Domain

extension ValuesSchemaValidator {
    /// - Returns: False, with what is wrong in `violations`, when the value breaks the rule.
    mutating func apply(_ rule: ValuesSchemaRule, _ value: Value, _ evaluated: inout Evaluated) -> Bool {
        let before = violations.count
        switch rule.check {
        case .types, .enumeration, .constant, .minimum, .maximum, .multipleOf, .length, .pattern, .format:
            scalar(rule, value)
            return violations.count == before
        case .itemCount, .uniqueItems, .items, .contains, .unevaluatedItems:
            guard let items = value.list else { return true }
            return list(rule, items, &evaluated)
        case .memberCount, .required, .members, .memberNames, .dependentRequired, .dependentSchemas,
            .unevaluatedMembers:
            guard let map = value.map else { return true }
            return self.map(rule, map, value, &evaluated)
        case .allOf, .anyOf, .oneOf, .not, .conditional, .reference: return logic(rule, value, &evaluated)
        }
    }

    // MARK: Scalars

    private mutating func scalar(_ rule: ValuesSchemaRule, _ value: Value) {
        switch rule.check {
        case .types(let types): checkType(types, value, rule)
        case .enumeration(let allowed): checkEnumeration(allowed, value, rule)
        case .constant(let wanted):
            if value != wanted {
                report("\(subject) must be \(Self.short(wanted)), not \(Self.short(value))", rule.location)
            }
        case .minimum(let bound, let isExclusive): checkBound(bound, isExclusive, isLower: true, value, rule)
        case .maximum(let bound, let isExclusive): checkBound(bound, isExclusive, isLower: false, value, rule)
        case .multipleOf(let unit):
            if let number = ExactNumber(value), number.isMultiple(of: unit) == false {
                report("\(subject) must be a multiple of \(unit), not \(Self.short(value))", rule.location)
            }
        case .length(let min, let max): checkLength(min, max, value, rule)
        case .pattern(let pattern):
            if let text = value.string, !matches(pattern, text, rule.location) {
                report("\(subject) must match \(pattern.source), but is \(Self.short(value))", rule.location)
            }
        case .format(let format):
            if let problem = format.problem(with: value) {
                report("\(subject) must be \(problem), not \(Self.short(value))", rule.location)
            }
        default: break
        }
    }

    private mutating func checkType(_ types: Set<ValuesSchemaType>, _ value: Value, _ rule: ValuesSchemaRule) {
        guard !types.contains(where: { $0.holds(value) }) else { return }
        let wanted = ValuesSchemaType.allCases.filter(types.contains).map(\.name)
        let isTextOfNumber = types.contains(.string) && ExactNumber(value) != nil
        report(
            "\(subject) must be \(wanted.joined(separator: " or ")), not \(Self.short(value))", rule.location,
            hint: isTextOfNumber ? "put it in quotes: \"\(Self.short(value))\"" : nil)
    }

    private mutating func checkEnumeration(_ allowed: [Value], _ value: Value, _ rule: ValuesSchemaRule) {
        guard !allowed.contains(value) else { return }
        let texts = allowed.map(Self.short)
        let near = value.string.flatMap { didYouMean($0, in: allowed.compactMap(\.string)) }
        let shown = texts.prefix(12).joined(separator: ", ") + (texts.count > 12 ? ", …" : "")
        let wanted = texts.count == 1 ? shown : "one of \(shown)"
        report("\(subject) must be \(wanted), not \(Self.short(value))", rule.location, hint: near)
    }

    private mutating func checkBound(
        _ bound: ExactNumber, _ isExclusive: Bool, isLower: Bool, _ value: Value, _ rule: ValuesSchemaRule
    ) {
        guard let number = ExactNumber(value) else { return }
        let isWithin = isLower ? bound < number : number < bound
        if isWithin || !isExclusive && number == bound { return }
        let words =
            switch (isLower, isExclusive) {
            case (true, true): "more than \(bound)"
            case (true, false): "\(bound) or more"
            case (false, true): "less than \(bound)"
            case (false, false): "\(bound) or less"
            }
        report("\(subject) must be \(words), not \(Self.short(value))", rule.location)
    }

    private mutating func checkLength(_ min: Int, _ max: Int, _ value: Value, _ rule: ValuesSchemaRule) {
        guard let text = value.string else { return }
        let count = text.unicodeScalars.count
        guard !(min...max).contains(count) else { return }
        report(
            "\(subject) must have \(Self.range(min, max, "character")), but has \(count)", rule.location)
    }

    static func range(_ min: Int, _ max: Int, _ noun: String) -> String {
        func counted(_ count: Int) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
        if max == .max { return "\(counted(min)) or more" }
        if min == max { return counted(min) }
        return min == 0 ? "at most \(counted(max))" : "\(min) to \(counted(max))"
    }

    // MARK: Lists

    private mutating func list(_ rule: ValuesSchemaRule, _ items: [Value], _ evaluated: inout Evaluated) -> Bool {
        switch rule.check {
        case .itemCount(let min, let max):
            if (min...max).contains(items.count) { return true }
            report("\(subject) must have \(Self.range(min, max, "item")), but has \(items.count)", rule.location)
        case .uniqueItems:
            guard let (first, second) = Self.repeated(items) else { return true }
            report(
                "\(subject) has an item twice: \(Self.short(items[first]))", rule.location,
                hint: "items \(first) and \(second) are equal")
        case .items(let prefix, let rest):
            var isValid = true
            for (index, item) in items.enumerated() {
                guard let schema = prefix.indices.contains(index) ? prefix[index] : rest else { break }
                if !check(schema, item, at: .index(index)) { isValid = false }
            }
            evaluated.itemCount = max(evaluated.itemCount, rest == nil ? min(prefix.count, items.count) : items.count)
            return isValid
        case .contains(let schema, let min, let max): return contains(schema, min, max, items, rule, &evaluated)
        case .unevaluatedItems(let schema):
            var isValid = true
            for (index, item) in items.enumerated()
            where index >= evaluated.itemCount && !evaluated.items.contains(index) {
                if !check(schema, item, at: .index(index)) { isValid = false }
            }
            evaluated.itemCount = items.count
            return isValid
        default: return true
        }
        return false
    }

    private static func repeated(_ items: [Value]) -> (Int, Int)? {
        var seen: [Value: Int] = [:]
        for (index, item) in items.enumerated() {
            if let first = seen.updateValue(index, forKey: item) { return (first, index) }
        }
        return nil
    }

    private mutating func contains(
        _ schema: Int, _ min: Int, _ max: Int, _ items: [Value], _ rule: ValuesSchemaRule, _ evaluated: inout Evaluated
    ) -> Bool {
        var count = 0
        for (index, item) in items.enumerated() where trial(schema, item).evaluated != nil {
            count += 1
            evaluated.items.insert(index)
        }
        if (min...max).contains(count) { return true }
        report(
            "\(subject) must have \(Self.range(min, max, "item")) of the form that contains describes, but has \(count)",
            rule.location, hint: self.schema.nodes[schema].purpose)
        return false
    }
}

extension ExactNumber: CustomStringConvertible {
    var description: String {
        guard !isZero else { return "0" }
        let sign = isNegative ? "-" : ""
        let text = digitText
        let point = text.count + decimalExponent
        if decimalExponent >= 0, decimalExponent <= 20 {
            return sign + text + String(repeating: "0", count: decimalExponent)
        }
        if point > 0, decimalExponent < 0 { return sign + text.prefix(point) + "." + text.dropFirst(point) }
        if point <= 0, point > -7 { return sign + "0." + String(repeating: "0", count: -point) + text }
        return "\(sign)\(text)e\(decimalExponent)"
    }
}
