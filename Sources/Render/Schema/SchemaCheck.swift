// SPDX-License-Identifier: Apache-2.0

import Domain

/// Compares one object with its schema and collects every problem; lives for one object.
struct SchemaCheck {
    private let document: SchemaDocument
    private var path = FieldPath()
    private(set) var problems: [ObjectProblem] = []

    /// Of one object; who breaks more gets to see these first.
    private static let limit = 100

    static func problems(of object: Value, _ kind: GroupVersionKind, in document: SchemaDocument) -> [ObjectProblem] {
        guard let root = document.kinds[kind] else { return [] }
        var check = SchemaCheck(document: document)
        check.check(object, root)
        return check.problems
    }

    private init(document: SchemaDocument) { self.document = document }

    private mutating func add(_ code: String, _ message: String, hint: String? = nil, isAboutKey: Bool = false) {
        guard problems.count < Self.limit else { return }
        problems.append(
            ObjectProblem(code: code, message: message, path: path, hint: hint, isAboutKey: isAboutKey))
    }

    private mutating func below(_ step: FieldPath.Step, _ body: (inout SchemaCheck) -> Void) {
        path.steps.append(step)
        body(&self)
        path.steps.removeLast()
    }

    private mutating func check(_ value: Value, _ index: Int) {
        let node = document.nodes[index]
        if value.isNull, node.isNullable { return }
        guard hasKind(value, node) else { return addWrongKind(value, node) }
        if let allowed = node.allowed, !allowed.contains(value) { addNotAllowed(value, allowed) }
        switch value {
        case .map(let map): checkMembers(map, node)
        case .list(let items): checkItems(items, node)
        case .string(let text): checkText(text, node)
        case .integer, .decimal: checkNumber(value, node)
        case .null, .bool: break
        }
        checkAlternatives(value, node)
    }

    // MARK: Kinds of values

    private func hasKind(_ value: Value, _ node: SchemaNode) -> Bool {
        if node.isQuantity { return value.string != nil || value.double != nil }
        if node.isIntegerOrString { return value.string != nil || value.integer != nil }
        switch (node.kind, value) {
        case (nil, _), (.object, .map), (.array, .list), (.string, .string), (.boolean, .bool), (.integer, .integer),
            (.number, .integer), (.number, .decimal):
            return true
        default: return false
        }
    }

    private mutating func addWrongKind(_ value: Value, _ node: SchemaNode) {
        let wanted =
            node.isQuantity
            ? "a quantity such as 500m or 1Gi"
            : node.isIntegerOrString ? "a whole number or a string" : node.kind?.text ?? "something else"
        var hint: String?
        switch (node.kind, value) {
        case (.string, .integer(let number)): hint = "put it in quotes: \"\(number)\""
        case (.string, .decimal(let text)): hint = "put it in quotes: \"\(text)\""
        case (.string, .bool(let truth)): hint = "put it in quotes: \"\(truth)\""
        case (.integer, .string(let text)) where Int64(text) != nil: hint = "write it without quotes: \(text)"
        case (.boolean, .string(let text)) where text == "true" || text == "false":
            hint = "write it without quotes: \(text)"
        case (.array, .map), (.array, .string): hint = "a list's items begin with a hyphen"
        default: break
        }
        add(Codes.schemaType, "\(path) must be \(wanted), not \(value.described)", hint: hint)
    }

    private mutating func addNotAllowed(_ value: Value, _ allowed: [Value]) {
        let words = allowed.map { $0.string.map { "\"\($0)\"" } ?? $0.plainText }
        add(
            Codes.schemaValue, "\(path) cannot be \(value.described)",
            hint: didYouMean(value.string ?? "", in: allowed.compactMap(\.string))
                ?? "allowed: \(words.joined(separator: ", "))")
    }

    // MARK: Maps

    private static let objectKeys: Set<String> = ["apiVersion", "kind", "metadata"]

    private mutating func checkMembers(_ map: Map, _ node: SchemaNode) {
        for entry in map {
            if let property = node.properties[entry.key] ?? node.otherMembers {
                below(.key(entry.key)) { $0.check(entry.value, property) }
            } else if node.isClosed, !(node.isEmbeddedObject && Self.objectKeys.contains(entry.key)) {
                let known = node.properties.keys.sorted()
                below(.key(entry.key)) { check in
                    check.add(
                        Codes.schemaUnknown, "unknown field \(check.path)",
                        hint: didYouMean(entry.key, in: known)
                            ?? (known.count <= 12 && !known.isEmpty ? "known: \(known.joined(separator: ", "))" : nil),
                        isAboutKey: true)
                }
            }
        }
        for name in node.required where map[name] == nil {
            let place = path.steps.isEmpty ? "the object" : "\(path)"
            add(Codes.schemaRequired, "\(place) has no \(name), which must be there", isAboutKey: true)
        }
        checkSize(map.count, node, "members")
    }

    // MARK: Lists

    private mutating func checkItems(_ items: [Value], _ node: SchemaNode) {
        if let inner = node.items {
            for (index, item) in items.enumerated() { below(.index(index)) { $0.check(item, inner) } }
        }
        checkSize(items.count, node, "items")
        switch node.listKind {
        case .plain: if node.hasUniqueItems { checkDistinct(items) { $0 } }
        case .set: checkDistinct(items) { $0 }
        case .map(let keys):
            let defaults = keys.map { key in
                node.items.flatMap { document.nodes[$0].properties[key] }.flatMap { document.nodes[$0].defaultValue }
            }
            checkDistinct(items, keys: keys) { item in
                guard item.map != nil else { return nil }
                // An item without its key is told of elsewhere, or filled in by the cluster.
                return .list(zip(keys, defaults).map { item[$0] ?? $1 ?? .null })
            }
        }
    }

    private mutating func checkDistinct(_ items: [Value], keys: [String] = [], _ identity: (Value) -> Value?) {
        guard items.count > 1 else { return }
        var seen: [Value: Int] = [:]
        for (index, item) in items.enumerated() {
            guard let identity = identity(item) else { continue }
            guard let first = seen[identity] else {
                seen[identity] = index
                continue
            }
            let same = zip(keys, identity.list ?? []).map { "\($0) \($1.plainText)" }.joined(separator: " and ")
            let what = keys.isEmpty ? "the same item as" : "the same \(same) as"
            below(.index(index)) { check in
                check.add(
                    Codes.schemaDuplicate, "\(check.path) has \(what) item \(first)",
                    hint: "the cluster keeps one item for each", isAboutKey: true)
            }
        }
    }

    // MARK: Texts and numbers

    private mutating func checkText(_ text: String, _ node: SchemaNode) {
        if node.isQuantity, !Formats.isQuantity(text) {
            add(
                Codes.schemaValue, "\(path) is no quantity: \"\(text)\"",
                hint: "write a number with a unit, as in 500m, 2, 128Mi or 1Gi")
        }
        if let format = node.format, let problem = Formats.problem(with: text, format) {
            add(Codes.schemaValue, "\(path) is \(problem): \"\(text)\"")
        }
        checkSize(text.unicodeScalars.count, node, "characters")
        // A pattern that cannot be read here is left to the cluster.
        if let pattern = node.pattern, let regex = try? Regex(pattern),
            text.firstMatch(of: regex.matchingSemantics(.unicodeScalar)) == nil
        {
            add(Codes.schemaValue, "\(path) does not match \(pattern): \"\(text)\"")
        }
    }

    private mutating func checkSize(_ count: Int, _ node: SchemaNode, _ unit: String) {
        if let least = node.size.least, Double(count) < least {
            add(Codes.schemaValue, "\(path) has \(count) \(unit), at least \(least.plainText) must be")
        }
        if let most = node.size.most, Double(count) > most {
            add(Codes.schemaValue, "\(path) has \(count) \(unit), at most \(most.plainText) may be")
        }
    }

    private mutating func checkNumber(_ value: Value, _ node: SchemaNode) {
        guard let number = value.double else { return }
        if let format = node.format, value.integer.map({ !Formats.holds($0, format) }) ?? false {
            add(Codes.schemaValue, "\(path) is too large: \(value.plainText)", hint: "the format is \(format)")
        }
        let range = node.range
        if let least = range.least, number < least || range.excludesLeast && number == least {
            let word = range.excludesLeast ? "more than" : "at least"
            add(Codes.schemaValue, "\(path) must be \(word) \(least.plainText), not \(value.plainText)")
        }
        if let most = range.most, number > most || range.excludesMost && number == most {
            let word = range.excludesMost ? "less than" : "at most"
            add(Codes.schemaValue, "\(path) must be \(word) \(most.plainText), not \(value.plainText)")
        }
        if let step = node.multipleOf, step > 0, (number / step).rounded() != number / step {
            add(Codes.schemaValue, "\(path) must be a multiple of \(step.plainText), not \(value.plainText)")
        }
    }

    // MARK: Alternatives

    private mutating func checkAlternatives(_ value: Value, _ node: SchemaNode) {
        for part in node.allOf { check(value, part) }
        if !node.anyOf.isEmpty, !node.anyOf.contains(where: { fits(value, $0) }) {
            add(Codes.schemaValue, "\(path) fits none of the \(node.anyOf.count) forms that are allowed")
        }
        if !node.oneOf.isEmpty {
            let count = node.oneOf.count { fits(value, $0) }
            if count != 1 {
                let found = count == 0 ? "none" : "\(count)"
                add(
                    Codes.schemaValue,
                    "\(path) fits \(found) of the \(node.oneOf.count) forms of which exactly one is allowed")
            }
        }
        if let not = node.not, fits(value, not) {
            add(Codes.schemaValue, "\(path) has the form that the schema forbids")
        }
    }

    private func fits(_ value: Value, _ index: Int) -> Bool {
        var trial = SchemaCheck(document: document)
        trial.check(value, index)
        return trial.problems.isEmpty
    }
}

extension Value {
    /// `the string "x"`, `the number 3`, `a map`.
    fileprivate var described: String {
        switch self {
        case .string(let text): "the string \"\(text.count > 60 ? text.prefix(60) + "…" : text)\""
        case .integer, .decimal: "the number \(plainText)"
        case .bool(let truth): "\(truth)"
        case .null: "null"
        case .list, .map: "a \(kindName)"
        }
    }

    /// A scalar as it is written in a message.
    var plainText: String {
        switch self {
        case .string(let text), .decimal(let text): text
        case .integer(let number): String(number)
        case .bool(let truth): String(truth)
        case .null: "null"
        case .list, .map: "a \(kindName)"
        }
    }
}

extension Double {
    /// Without `.0`.
    fileprivate var plainText: String { Int64(exactly: self).map(String.init) ?? description }
}
