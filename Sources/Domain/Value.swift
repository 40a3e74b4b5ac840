// SPDX-License-Identifier: Apache-2.0

/// A JSON-like tree: what a manifest, a values file and a cluster object are made of.
///
/// Two values are equal when they serialize to the same canonical JSON: strings compare byte by byte
/// (Swift's `==` would call the composed and the decomposed form of `é` equal), maps regardless of the
/// order they were written in.
public enum Value: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is no `Int64`, as canonical JSON text: `1.5`, `1e+21`, `18446744073709551616`.
    case decimal(String)
    case string(String)
    case list([Value])
    case map(Map)
}

extension Value: Hashable {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.decimal(let a), .decimal(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.list(let a), .list(let b)): a == b
        case (.map(let a), .map(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .decimal(let text): hasher.combine(text)
        case .string(let text): hasher.combine(utf8: text)
        case .list(let items): hasher.combine(items)
        case .map(let map): hasher.combine(map)
        }
    }
}

extension Value {
    /// The text of a string; nil for every other kind of value.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    public var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    public var bool: Bool? {
        if case .bool(let truth) = self { truth } else { nil }
    }

    public var list: [Value]? {
        if case .list(let items) = self { items } else { nil }
    }

    public var map: Map? {
        if case .map(let map) = self { map } else { nil }
    }

    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The member `key` of a map; nil when this is no map or has no such member.
    ///
    /// Setting on something that is no map makes it one; setting nil removes the member.
    public subscript(key: String) -> Value? {
        get { map?[key] }
        set {
            var members = map ?? Map()
            members[key] = newValue
            self = .map(members)
        }
    }

    /// The value at a chain of map keys: `object[at: "spec", "template", "metadata"]`.
    public subscript(at keys: String...) -> Value? {
        var value = self
        for key in keys {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }

    // Without the array that any number of keys needs.
    public subscript(at first: String, _ second: String) -> Value? { self[first]?[second] }
    public subscript(at first: String, _ second: String, _ third: String) -> Value? { self[first]?[second]?[third] }

    /// The value at a path; nil when any step is missing.
    public subscript(path: FieldPath) -> Value? {
        var value = self
        for step in path.steps {
            switch step {
            case .key(let key):
                guard let next = value[key] else { return nil }
                value = next
            case .index(let index):
                guard let items = value.list, items.indices.contains(index) else { return nil }
                value = items[index]
            }
        }
        return value
    }

    /// What kind of value this is, in the words a person uses: "map", "list", "string", "number", "boolean", "null".
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .decimal: "number"
        case .string: "string"
        case .list: "list"
        case .map: "map"
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Value...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .map(Map(elements.map { Map.Entry(key: $0.0, value: $0.1) }))
    }
}

extension Hasher {
    /// Feeds the bytes of a text, without Unicode normalization.
    public mutating func combine(utf8 text: String) {
        var text = text
        text.withUTF8 { combine(bytes: UnsafeRawBufferPointer($0)) }
        combine(UInt8(0xFF))
    }
}
