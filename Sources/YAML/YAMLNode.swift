// SPDX-License-Identifier: Apache-2.0

public import Domain

/// A place in YAML text. Lines and columns count from 1, columns in characters (Unicode scalars).
public struct YAMLMark: Sendable, Hashable, CustomStringConvertible {
    public let line: Int32
    public let column: Int32

    public init(line: Int, column: Int) {
        self.line = Int32(clamping: line)
        self.column = Int32(clamping: column)
    }

    public var description: String { "\(line):\(column)" }
}

/// How a scalar was written.
public enum YAMLStyle: Sendable, Hashable {
    /// Without quotes, and without a tag that says what it is.
    case plain
    case singleQuoted
    case doubleQuoted
    /// `|`
    case literal
    /// `>`
    case folded
    /// Without quotes, but with a tag: `!!str 12`.
    case tagged
}

/// A piece of a parsed document that knows where it was written. Aliases are resolved, merge keys applied.
public struct YAMLNode: Sendable {
    public enum Content: Sendable {
        case scalar(YAMLScalar)
        case list([YAMLNode])
        /// As written: not sorted, each key once.
        case map([YAMLMember])
    }

    public let content: Content
    /// Of an aliased node the place where it was written, not the place of the alias.
    public let mark: YAMLMark

    public init(content: Content, mark: YAMLMark) {
        self.content = content
        self.mark = mark
    }
}

public struct YAMLScalar: Sendable {
    /// What the text means under Kubernetes' rules.
    public let value: Value
    /// Without quotes, escapes resolved.
    public let text: String
    public let style: YAMLStyle

    public init(value: Value, text: String, style: YAMLStyle) {
        self.value = value
        self.text = text
        self.style = style
    }
}

public struct YAMLMember: Sendable {
    /// After resolution: the key `on` is `"true"`, `0x10` is `"16"`.
    public let key: String
    public let keyMark: YAMLMark
    public let value: YAMLNode

    public init(key: String, keyMark: YAMLMark, value: YAMLNode) {
        self.key = key
        self.keyMark = keyMark
        self.value = value
    }
}

extension YAMLNode {
    /// The tree without its places.
    public var value: Value {
        switch content {
        case .scalar(let scalar): scalar.value
        case .list(let items): .list(items.map(\.value))
        case .map(let members): .map(Map(members.map { Map.Entry(key: $0.key, value: $0.value.value) }))
        }
    }

    /// The members of a map; nil for everything else.
    public var members: [YAMLMember]? {
        if case .map(let members) = content { members } else { nil }
    }

    /// The items of a list; nil for everything else.
    public var items: [YAMLNode]? {
        if case .list(let items) = content { items } else { nil }
    }

    public var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    /// The member `key` of a map; nil when this is no map or has no such member.
    public subscript(key: String) -> YAMLNode? {
        members?.first { $0.key.hasSameBytes(as: key) }?.value
    }

    public var isNull: Bool { scalar?.value.isNull ?? false }
}
