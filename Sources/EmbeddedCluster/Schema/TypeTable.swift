// SPDX-License-Identifier: Apache-2.0

import Domain

/// The built-in types, read once from the tables in `Types+….swift`.
///
/// A type is a name and its fields, `name:type`, over one or more lines; further lines are indented. Types come
/// after the types they use. `[T]` is a list and `{T}` a map of free keys. After a list, `{a,b}` names the members
/// that tell its items apart (`{}`: the items themselves) and `~key` the merge key of strategic merge patches where it
/// differs. `@` is atomic, `!` required, `&` present even when empty, `^` retains keys, `(a|b)` lists the allowed
/// strings, `=x` is the default. `#n` after the name is the field's number in protocol buffers, `#n.m` that of a field
/// of an embedded type.
enum TypeTable {
    static let types: [String: ObjectSchema] = {
        var types: [String: ObjectSchema] = [:]
        for table in [meta, core, apps, batch, networking, policy, admission, extensions] {
            for entry in entries(of: table) { read(entry, into: &types) }
        }
        return types
    }()

    /// The metadata of every object, built-in or custom.
    static let metadata: Schema = types["ObjectMeta"].map { .object($0) } ?? .any

    private static func entries(of table: String) -> [[Substring]] {
        var entries: [[Substring]] = []
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.first == " ", let last = entries.popLast() {
                entries.append(last + words)
            } else {
                entries.append(words)
            }
        }
        return entries
    }

    private static func read(_ entry: [Substring], into types: inout [String: ObjectSchema]) {
        guard let head = entry.first else { return }
        let name = String(head.prefix { $0.isLetter || $0.isNumber })
        var fields: [String: Field] = [:]
        for word in entry.dropFirst() {
            guard let colon = word.firstIndex(of: ":") else { preconditionFailure("type table: \(name): \(word)") }
            var rest = word[word.index(after: colon)...]
            let parts = word[..<colon].split(separator: "#")
            var field = field(&rest, types)
            field.protobuf = (parts.dropFirst().first ?? "").split(separator: ".").compactMap { Int($0) }
            fields[String(parts.first ?? "")] = field
        }
        types[name] = ObjectSchema(name: name, fields: fields, isAtomic: head.contains("@"))
    }

    private static func field(_ rest: inout Substring, _ types: [String: ObjectSchema]) -> Field {
        var field = Field(schema: schema(&rest, types))
        if case .list(_, .map(let keys)) = field.schema { field.patchMergeKey = keys.first }
        if case .list(_, .set) = field.schema { field.patchMergeKey = "" }
        while let mark = rest.popFirst() {
            switch mark {
            case "!": field.isRequired = true
            case "&": field.isAlwaysPresent = true
            case "^": field.retainsKeys = true
            case "~":
                let key = rest.prefix { $0.isLetter }
                field.patchMergeKey = String(key)
                rest = rest.dropFirst(key.count)
            case "=":
                field.defaultValue = Int64(rest).map { .integer($0) } ?? .string(String(rest))
                rest = ""
            default: preconditionFailure("type table: unknown mark \(mark)")
            }
        }
        return field
    }

    private static func schema(_ rest: inout Substring, _ types: [String: ObjectSchema]) -> Schema {
        switch rest.first {
        case "[":
            rest.removeFirst()
            let element = schema(&rest, types)
            rest.removeFirst()
            return .list(element, listMerge(&rest))
        case "{":
            rest.removeFirst()
            let element = schema(&rest, types)
            rest.removeFirst()
            if rest.first == "@" {
                rest.removeFirst()
                return .map(element, isAtomic: true)
            }
            return .map(element, isAtomic: false)
        default:
            let name = rest.prefix { $0.isLetter || $0.isNumber }
            rest = rest.dropFirst(name.count)
            return named(String(name), &rest, types)
        }
    }

    private static func listMerge(_ rest: inout Substring) -> ListMerge {
        guard rest.first == "{", let end = rest.firstIndex(of: "}") else { return .atomic }
        let keys = rest[rest.index(after: rest.startIndex)..<end].split(separator: ",").map(String.init)
        rest = rest[rest.index(after: end)...]
        return keys.isEmpty ? .set : .map(keys: keys)
    }

    private static func named(_ name: String, _ rest: inout Substring, _ types: [String: ObjectSchema]) -> Schema {
        switch name {
        case "string":
            guard rest.first == "(", let end = rest.firstIndex(of: ")") else { return .scalar(.string(allowed: [])) }
            let allowed = rest[rest.index(after: rest.startIndex)..<end]
                .split(separator: "|", omittingEmptySubsequences: false)
            rest = rest[rest.index(after: end)...]
            return .scalar(.string(allowed: allowed.map(String.init)))
        case "bytes": return .scalar(.bytes)
        case "int", "int64": return .scalar(.integer)
        case "number": return .scalar(.number)
        case "bool": return .scalar(.boolean)
        case "quantity": return .scalar(.quantity)
        case "time", "microTime": return .scalar(.time)
        case "intOrString": return .scalar(.integerOrString)
        case "any": return .any
        default:
            guard let type = types[name] else { preconditionFailure("type table: \(name) is used before its line") }
            if rest.first == "@" { rest.removeFirst() }
            return .object(type)
        }
    }
}
