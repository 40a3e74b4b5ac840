// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import YAML

extension ValuesSchema {
    /// Reads a schema's text. Problems are diagnostics of it; only then `check` says something when it has no errors.
    init(file: String, source: SourceFile, limits: FileLimits = .standard) {
        var compiler = ValuesSchemaCompiler(file: file)
        let root = compiler.read(source.bytes, limits)
        if let root { compiler.compile(root) }
        self.init(
            file: file, blob: source.blob, nodes: compiler.finishedNodes, references: compiler.targets,
            tracksEvaluated: compiler.tracksEvaluated, problems: compiler.problems)
    }
}

/// Reads a schema; lives only inside `ValuesSchema.init`.
struct ValuesSchemaCompiler {
    let file: String
    var problems: [Diagnostic] = []
    private(set) var targets: [Int] = []
    private(set) var tracksEvaluated = false
    private var nodes: [ValuesSchemaNode?] = []
    private var root = YAMLNode.empty
    /// By JSON pointer, so that what two references name is read once.
    private var known: [String: Int] = [:]
    private var anchors: [String: Int] = [:]
    private var waiting: [Waiting] = []
    private var identifier: String?
    /// What was read, and the way back from it to the file.
    private var text = TemplateText([])
    private var lines = LineIndex([])

    private struct Waiting {
        let target: Int
        let text: String
        let mark: YAMLMark
    }

    init(file: String) { self.file = file }

    /// A schema whose reading failed says nothing, so what stands for the missing ones does not matter.
    var finishedNodes: [ValuesSchemaNode] {
        nodes.compactMap(\.self).count == nodes.count ? nodes.compactMap(\.self) : []
    }

    func location(_ mark: YAMLMark) -> SourceLocation {
        let place = text.place(of: lines.offset(of: mark))
        return SourceLocation(file: file, line: place.line, column: place.column)
    }

    mutating func error(_ message: String, at mark: YAMLMark, hint: String? = nil) {
        problems.append(Diagnostic(.error, Codes.brokenSchema, message, at: location(mark), hint: hint))
    }

    mutating func warning(_ message: String, at mark: YAMLMark, hint: String? = nil) {
        problems.append(Diagnostic(.warning, Codes.unknownSchemaKeyword, message, at: location(mark), hint: hint))
    }

    /// JSON, read by the reader of YAML for the places.
    mutating func read(_ bytes: [UInt8], _ limits: FileLimits) -> YAMLNode? {
        text = TemplateText(bytes)
        lines = LineIndex(bytes)
        do {
            _ = try parseJSON(bytes)
        } catch {
            self.error("the schema is no JSON: \(error.reason)", at: YAMLMark(line: error.line, column: error.column))
            return nil
        }
        do {
            var limits = limits
            limits.documents = 1
            text = JSONText.asYAML(bytes)
            lines = LineIndex(text.bytes)
            return try parseYAML(text.bytes, limits: limits).first
        } catch {
            problems.append(Diagnostic(yaml: error, file: file))
            return nil
        }
    }

    mutating func compile(_ root: YAMLNode) {
        self.root = root
        identifier = root["$id"]?.scalar?.value.string
        _ = node(root, "")
        // What is referred to may refer to more.
        while let next = waiting.popLast() { resolve(next) }
    }

    /// - Parameter pointer: Of the schema in the document.
    mutating func node(_ node: YAMLNode, _ pointer: String) -> Int {
        if let index = known[pointer] { return index }
        let index = nodes.count
        nodes.append(nil)
        known[pointer] = index
        var rules: [ValuesSchemaRule] = []
        var constant: Bool?
        switch node.content {
        case .map(let members):
            var reader = ValuesSchemaKeywords(members, pointer: pointer)
            rules = reader.rules(&self)
        case .scalar(let scalar) where scalar.value.bool != nil: constant = scalar.value.bool
        default: error("a schema is a map, true or false, not a \(node.value.kindName)", at: node.mark)
        }
        let purpose = node["description"]?.scalar?.value.string ?? node["title"]?.scalar?.value.string
        nodes[index] = ValuesSchemaNode(
            constant: constant, rules: rules, purpose: purpose, location: location(node.mark))
        if let anchor = node["$anchor"]?.scalar?.value.string { anchors[anchor] = index }
        return index
    }

    mutating func trackEvaluated() { tracksEvaluated = true }

    // MARK: References

    /// - Returns: The index in `targets`.
    mutating func reference(_ text: String, at mark: YAMLMark) -> Int {
        targets.append(0)
        waiting.insert(Waiting(target: targets.count - 1, text: text, mark: mark), at: 0)
        return targets.count - 1
    }

    private mutating func resolve(_ reference: Waiting) {
        var text = reference.text[...]
        if let hash = text.firstIndex(of: "#") {
            let document = text[..<hash]
            if document == identifier?.split(separator: "#").first ?? "" { text = text[hash...] }
        }
        guard text.hasPrefix("#") else {
            return error(
                "$ref leaves the document: \"\(reference.text)\"", at: reference.mark,
                hint: "nothing is fetched; put the schema into $defs and write #/$defs/<name>")
        }
        let fragment = Self.decoded(text.dropFirst())
        if fragment.isEmpty || fragment.hasPrefix("/") {
            guard let target = find(fragment, reference) else { return }
            targets[reference.target] = node(target, fragment)
        } else if let index = anchors[fragment] {
            targets[reference.target] = index
        } else {
            error(
                "there is no $anchor \"\(fragment)\"", at: reference.mark,
                hint: didYouMean(fragment, in: anchors.keys) ?? "anchors count where schemas can stand")
        }
    }

    /// The schema at a JSON pointer.
    private mutating func find(_ pointer: String, _ reference: Waiting) -> YAMLNode? {
        guard !pointer.isEmpty else { return root }
        var node = root
        for step in JSONPointer(pointer)?.steps ?? [] {
            let next =
                Int(step).flatMap { node.items?.indices.contains($0) == true ? node.items?[$0] : nil } ?? node[step]
            guard let next else {
                let keys = node.members?.map(\.key) ?? []
                error(
                    "there is no #\(pointer)", at: reference.mark,
                    hint: didYouMean(step, in: keys) ?? "nothing is called \"\(step)\" there")
                return nil
            }
            node = next
        }
        return node
    }

    /// Without percent-encoding.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
