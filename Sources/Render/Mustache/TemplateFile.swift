// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// A file of `templates/` or `templates/partials/`, read once per content.
struct TemplateFile: Sendable {
    /// Relative to the config root.
    let path: String
    let blob: String
    let template: Template
    let problems: [TemplateProblem]

    init(path: String, file: String, source: SourceFile) {
        self.path = path
        blob = source.blob
        var bytes = source.bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        let text = path.hasSuffix(".json") ? JSONText.asYAML(bytes) : TemplateText(bytes)
        let (template, problems) = Template.parse(text, file: file)
        self.template = template
        self.problems =
            ConflictMarkers(in: bytes).map { markers in
                [
                    TemplateProblem(
                        code: Codes.conflictMarkers, message: markers.message, file: file, line: markers.first,
                        column: 1,
                        hint: ConflictMarkers.hint)
                ]
            } ?? problems
    }
}

/// A template that says the same for every service but for its variables: parsed once, only filled per service.
struct FlatTemplate: Sendable {
    /// One document, and what can be said of it whatever the values are.
    struct Document: Sendable {
        let fill: Fill
        /// Where it starts.
        let location: SourceLocation
        /// Nil when a value has a part in it.
        let kind: GroupVersionKind?
        /// Numbers of the template's own that lose digits.
        let numbers: [(text: String, location: SourceLocation)]
    }

    let text: ExpandedText
    let documents: [Document]
    /// In the order of their tokens.
    let tags: [TemplateTag]
    /// For each tag the first one that names the same value.
    let firsts: [Int]

    init(_ template: Template, prefix: [UInt8], limits: FileLimits) throws(ExpandedTextError) {
        var expander = Expander(
            template, values: .null, token: prefix, outputLimit: limits.bytes, partial: { _ in nil })
        let expansion = expander.run()
        let text = ExpandedText(expansion, prefix: prefix)
        self.text = text
        documents = try text.documents(limits).map { Self.document($0, text) }
        tags = expansion.slots.map(\.tag)
        var known: [[String]: Int] = [:]
        firsts = tags.enumerated().map { index, tag in
            if let first = known[tag.path] { return first }
            known[tag.path] = index
            return index
        }
    }

    private static func document(_ fill: Fill, _ text: ExpandedText) -> Document {
        var numbers: [(text: String, mark: YAMLMark)] = []
        ReviewWarnings.numbersLosingDigits(fill, &numbers)
        let head = Value.map(["apiVersion": fill.constant("apiVersion"), "kind": fill.constant("kind")])
        return Document(
            fill: fill, location: text.location(of: fill.mark), kind: head.groupVersionKind,
            numbers: numbers.map { ($0.text, text.location(of: $0.mark)) })
    }
}

/// The text that a template expanded to, and the way back from its places to the template's own.
struct ExpandedText: Sendable {
    private let output: [UInt8]
    private let lines: LineIndex
    private let segments: [Expansion.Segment]
    private let templates: [Template]
    private let names: [String]
    private let prefix: [UInt8]

    init(_ expansion: Expansion, prefix: [UInt8]) {
        output = expansion.output
        lines = LineIndex(expansion.output)
        segments = expansion.segments
        templates = expansion.templates
        names = expansion.slots.map(\.tag.name)
        self.prefix = prefix
    }

    /// Parses the text; documents that hold nothing are left out.
    func documents(_ limits: FileLimits) throws(ExpandedTextError) -> [Fill] {
        do {
            let nodes = try parseYAML(output, limits: limits, reserved: String(decoding: prefix, as: UTF8.self))
            return nodes.filter { !$0.isNull }.map { Fill($0, prefix: prefix) }
        } catch {
            throw ExpandedTextError(diagnostic: diagnostic(error))
        }
    }

    private func diagnostic(_ error: YAMLError) -> Diagnostic {
        let code =
            switch error.code {
            case .duplicateKey: Codes.duplicateKey
            case .limit: Codes.limit
            case .reserved: Codes.badPlace
            default: Codes.yaml
            }
        let related = error.related.map { " (\($0.note) at \(location(of: $0.mark)))" } ?? ""
        return Diagnostic(.error, code, withNames(error.reason) + related, at: location(of: error.mark))
    }

    /// The template's place behind a place in the text.
    func location(of mark: YAMLMark) -> SourceLocation {
        let place = Expansion.place(ofOutput: lines.offset(of: mark), segments, templates)
        return SourceLocation(file: place.template.file, line: place.line, column: place.column)
    }

    /// The text with the variables' names instead of their tokens.
    private func withNames(_ text: String) -> String {
        var bytes = Array(text.utf8)
        while let (range, index) = Token.next(prefix, in: bytes, from: 0), names.indices.contains(index) {
            bytes.replaceSubrange(range, with: "{{\(names[index])}}".utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

struct ExpandedTextError: Error {
    let diagnostic: Diagnostic
}

/// Where libyaml's lines begin in a text: it also breaks lines at a lone carriage return, and at U+0085, U+2028
/// and U+2029.
struct LineIndex: Sendable {
    private let text: [UInt8]
    private var starts = [0]

    init(_ text: [UInt8]) {
        self.text = text
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x0A: starts.append(index + 1)
            case 0x0D where index + 1 == text.count || text[index + 1] != 0x0A: starts.append(index + 1)
            case 0xC2 where index + 1 < text.count && text[index + 1] == 0x85: starts.append(index + 2)
            case 0xE2 where index + 2 < text.count && text[index + 1] == 0x80 && text[index + 2] & 0xFE == 0xA8:
                starts.append(index + 3)
            default: break
            }
            index += 1
        }
    }

    func offset(of mark: YAMLMark) -> Int {
        let line = min(max(0, Int(mark.line) - 1), starts.count - 1)
        var offset = starts[line]
        var column = 1
        while column < mark.column, offset < text.count {
            offset += 1
            while offset < text.count, text[offset] & 0xC0 == 0x80 { offset += 1 }
            column += 1
        }
        return offset
    }
}

/// JSON that a reader of YAML takes for what it is.
enum JSONText {
    /// Writes surrogate pairs as one escape, and characters that break lines in YAML alone as escapes. Everything
    /// else is the same to both.
    static func asYAML(_ bytes: [UInt8]) -> TemplateText {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var anchors: [TemplateText.Anchor] = []
        var index = 0
        while index < bytes.count {
            guard let (replacement, length) = replacement(bytes, index) else {
                // An escape stays in one piece, so that its second half is not taken for the start of another.
                let length = bytes[index] == UInt8(ascii: "\\") ? min(2, bytes.count - index) : 1
                output += bytes[index..<index + length]
                index += length
                continue
            }
            // Inside of what was written anew every place is that of its start.
            output += replacement
            index += length
            anchors.append(TemplateText.Anchor(offset: output.count, original: index))
        }
        return TemplateText(output, original: bytes, anchors: anchors)
    }

    /// What stands for the bytes at `index`, and how many there are; nil when they stay.
    private static func replacement(_ bytes: [UInt8], _ index: Int) -> (text: [UInt8], length: Int)? {
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        switch byte(0) {
        case UInt8(ascii: "\\"):
            guard let pair = surrogatePair(bytes, index) else { return nil }
            let digits = String(pair, radix: 16)
            return (Array("\\U\(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)".utf8), 12)
        case 0xC2 where byte(1) == 0x85: return (Array("\\N".utf8), 2)
        case 0xE2 where byte(1) == 0x80 && byte(2) & 0xFE == 0xA8:
            return (Array((byte(2) == 0xA8 ? "\\L" : "\\P").utf8), 3)
        default: return nil
        }
    }

    private static func surrogatePair(_ bytes: [UInt8], _ index: Int) -> UInt32? {
        guard let high = escape(bytes, index), (0xD800..<0xDC00).contains(high),
            let low = escape(bytes, index + 6), (0xDC00..<0xE000).contains(low)
        else { return nil }
        return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }

    private static func escape(_ bytes: [UInt8], _ index: Int) -> UInt32? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return UInt32(String(decoding: bytes[index + 2..<index + 6], as: UTF8.self), radix: 16)
    }
}
