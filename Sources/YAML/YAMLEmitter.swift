// SPDX-License-Identifier: Apache-2.0

public import Domain

/// One line of emitted YAML.
public struct YAMLLine: Sendable, Hashable {
    public let text: String
    /// The leaf that starts here: a scalar, an empty list or an empty map. Nil for lines that only open a list or a
    /// map, or continue a text.
    public let path: FieldPath?

    public init(text: String, path: FieldPath?) {
        self.text = text
        self.path = path
    }
}

extension Value {
    /// Block style as a person writes it, with a final newline: an object's own fields in the usual order, other
    /// keys sorted, quotes only where they are needed, texts of several lines as literal blocks.
    ///
    /// `parseYAML` gives the same tree back. The exception is a number that Kubernetes' YAML cannot hold exactly:
    /// whole ones beyond `Int64`, and others with more digits than a double.
    public func yaml() -> String {
        var emitter = YAMLEmitter(tracksPaths: false)
        emitter.document(self)
        return String(decoding: emitter.bytes, as: UTF8.self)
    }

    /// The lines of `yaml()`, each with the leaf that starts on it.
    public func yamlLines() -> [YAMLLine] {
        var emitter = YAMLEmitter(tracksPaths: true)
        emitter.document(self)
        var lines: [YAMLLine] = []
        // A literal block holds no line break but \n, and everything else that breaks lines is escaped.
        for text in emitter.bytes.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            lines.append(YAMLLine(text: String(decoding: text, as: UTF8.self), path: emitter.leaves[lines.count]))
        }
        return lines
    }
}

/// Documents with `---` between them, as one file.
public func yamlStream(_ documents: [Value]) -> String {
    documents.map { $0.yaml() }.joined(separator: "---\n")
}

/// Writes one document; lives only inside `yaml()` and `yamlLines()`.
struct YAMLEmitter {
    private(set) var bytes: [UInt8] = []
    /// By the index of the line.
    private(set) var leaves: [Int: FieldPath] = [:]
    private let tracksPaths: Bool
    private var path = FieldPath()
    private var line = 0

    init(tracksPaths: Bool) { self.tracksPaths = tracksPaths }

    mutating func document(_ value: Value) {
        switch value {
        case .map(let map) where !map.isEmpty: members(map, indent: 0, order: .object)
        case .list(let items) where !items.isEmpty: list(items, indent: 0)
        default: leaf(value, indent: 0, allowsBlock: false)
        }
    }

    /// Which keys come before the sorted rest.
    private enum Order {
        case object
        case metadata
        case item
        case sorted

        var first: [String] {
            switch self {
            case .object: ["apiVersion", "kind", "metadata", "spec"]
            case .metadata: ["name", "generateName", "namespace", "labels", "annotations"]
            case .item: ["name"]
            case .sorted: []
            }
        }
    }

    /// - Parameter startsOnLine: Whether the first key stands where the writer is, after `- `.
    private mutating func members(_ map: Map, indent: Int, order: Order, startsOnLine: Bool = false) {
        var isFirst = startsOnLine
        func isEarly(_ key: String) -> Bool { order.first.contains { $0.hasSameBytes(as: key) } }
        for key in order.first {
            if let value = map[key] { member(key, value, indent, &isFirst) }
        }
        for entry in map where !isEarly(entry.key) { member(entry.key, entry.value, indent, &isFirst) }
    }

    private mutating func member(_ key: String, _ value: Value, _ indent: Int, _ isFirst: inout Bool) {
        if !isFirst { spaces(indent) }
        isFirst = false
        writeKey(key, indent: indent)
        if tracksPaths { path.steps.append(.key(key)) }
        switch value {
        case .map(let map) where !map.isEmpty:
            newLine()
            let isMetadata = key == "metadata"
            members(map, indent: indent + 2, order: isMetadata ? .metadata : .sorted)
        case .list(let items) where !items.isEmpty:
            newLine()
            list(items, indent: indent)
        default:
            bytes.append(UInt8(ascii: " "))
            leaf(value, indent: indent, allowsBlock: true)
        }
        if tracksPaths { path.steps.removeLast() }
    }

    private mutating func list(_ items: [Value], indent: Int, startsOnLine: Bool = false) {
        for (index, item) in items.enumerated() {
            if index > 0 || !startsOnLine { spaces(indent) }
            bytes += "- ".utf8
            if tracksPaths { path.steps.append(.index(index)) }
            switch item {
            case .map(let map) where !map.isEmpty:
                let order: Order = item.groupVersionKind == nil ? .item : .object
                members(map, indent: indent + 2, order: order, startsOnLine: true)
            case .list(let inner) where !inner.isEmpty: list(inner, indent: indent + 2, startsOnLine: true)
            default: leaf(item, indent: indent, allowsBlock: true)
            }
            if tracksPaths { path.steps.removeLast() }
        }
    }

    private mutating func leaf(_ value: Value, indent: Int, allowsBlock: Bool) {
        if tracksPaths { leaves[line] = path }
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let truth): bytes += (truth ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .decimal(let text): bytes += text.utf8
        case .list: bytes += "[]".utf8
        case .map: bytes += "{}".utf8
        case .string(let text):
            if allowsBlock, YAMLText.suitsBlock(text) {
                block(text, indent: indent)
                return
            }
            YAMLText.write(text, to: &bytes)
        }
        newLine()
    }

    /// A literal block below a line with this indentation.
    private mutating func block(_ text: String, indent: Int) {
        bytes.append(UInt8(ascii: "|"))
        // Without the digit the first line's own white space would be taken for indentation.
        if let first = text.utf8.first, first == UInt8(ascii: " ") || first == 0x09 || first == 0x0A {
            bytes.append(UInt8(ascii: "2"))
        }
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true {
            lines.removeLast()
            if lines.last?.isEmpty == true { bytes.append(UInt8(ascii: "+")) }
        } else {
            bytes.append(UInt8(ascii: "-"))
        }
        newLine()
        for content in lines {
            if !content.isEmpty {
                spaces(indent + 2)
                bytes += content
            }
            newLine()
        }
    }

    private mutating func writeKey(_ key: String, indent: Int) {
        let start = bytes.count
        YAMLText.write(key, to: &bytes)
        // libyaml gives up on a key without `?` after 1,024 characters.
        if bytes.count - start > 1000 {
            bytes.insert(contentsOf: "? ".utf8, at: start)
            newLine()
            spaces(indent)
        }
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func spaces(_ count: Int) {
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: count))
    }

    private mutating func newLine() {
        bytes.append(0x0A)
        line += 1
    }
}
