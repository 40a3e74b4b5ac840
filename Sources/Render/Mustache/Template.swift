// SPDX-License-Identifier: Apache-2.0

/// A Mustache template, parsed: what it says, independent of any value.
///
/// The language is that of the public specification: comments, set delimiters, interpolation, sections, inverted
/// sections, partials, dotted names, the implicit iterator, inheritance and dynamic partial names.
struct Template: Sendable {
    /// As a person sees it from the repository's root.
    let file: String
    let text: TemplateText
    let nodes: [TemplateNode]

    var bytes: [UInt8] { text.bytes }
}

/// A template's bytes, and the way back to the file's own where they are not the same.
struct TemplateText: Sendable {
    let bytes: [UInt8]
    /// As the file has them.
    private let original: [UInt8]
    /// Places from which on both run alike, in order; empty when they are the same.
    private let anchors: [Anchor]
    /// Offsets of the first byte of each line of the original.
    private let lineStarts: [Int]

    struct Anchor: Sendable {
        let offset: Int
        let original: Int
    }

    init(_ bytes: [UInt8]) { self.init(bytes, original: bytes, anchors: []) }

    init(_ bytes: [UInt8], original: [UInt8], anchors: [Anchor]) {
        self.bytes = bytes
        self.original = original
        self.anchors = anchors
        var starts = [0]
        for (offset, byte) in original.enumerated() where byte == 0x0A { starts.append(offset + 1) }
        lineStarts = starts
    }

    /// Line and column, from 1, of a byte; columns count characters.
    func place(of offset: Int) -> (line: Int, column: Int) {
        let next = anchors.firstIndexFromHere { $0.offset > offset }
        let place =
            next == 0
            ? offset : min(anchors[next - 1].original + offset - anchors[next - 1].offset, original.count)
        let line = max(0, lineStarts.firstIndexFromHere { $0 > place } - 1)
        // Continuation bytes of UTF-8 are no characters of their own.
        let column = original[lineStarts[line]..<min(place, original.count)].count { $0 & 0xC0 != 0x80 } + 1
        return (line + 1, column)
    }
}

indirect enum TemplateNode: Sendable {
    /// Bytes of the template that are copied as they are.
    case text(Range<Int>)
    case variable(TemplateTag, escapes: Bool)
    case section(TemplateTag, isInverted: Bool, [TemplateNode])
    case partial(PartialTag)
    /// A part that a template may replace when it uses this one as its parent.
    case block(BlockTag, [TemplateNode])
    /// Another template with some of its blocks replaced.
    case parent(PartialTag, [BlockReplacement])
}

/// A tag that names a value.
struct TemplateTag: Sendable {
    /// The parts between the dots; empty for the implicit iterator `.`.
    let path: [String]
    /// Of the tag's first byte.
    let offset: Int

    var name: String { path.isEmpty ? "." : path.joined(separator: ".") }
}

struct PartialTag: Sendable {
    enum Name: Sendable {
        case fixed(String)
        /// `{{>*name}}`: the value says which.
        case dynamic(TemplateTag)
    }

    let name: Name
    /// White space before a tag that stands alone on its line: put before each line of the partial.
    let indentation: [UInt8]
    let isStandalone: Bool
    let offset: Int
}

struct BlockTag: Sendable {
    let name: String
    /// How deep the block's content stands: put before each line of what replaces it, but not before a first line
    /// that begins elsewhere than at the start of a line.
    let indentation: [UInt8]
    /// Whether only white space and other tags of inheritance share the line with the opening tag.
    let isStandalone: Bool
    /// The same of the closing tag.
    let endsLine: Bool
    let offset: Int
}

struct BlockReplacement: Sendable {
    let tag: BlockTag
    let nodes: [TemplateNode]
}

/// Why a template cannot be parsed or expanded, and where.
struct TemplateProblem: Error, Sendable, Hashable {
    let code: String
    let message: String
    let file: String
    let line: Int
    let column: Int
    var hint: String?
}

extension Template {
    /// Line and column, from 1, of a byte; columns count characters.
    func place(of offset: Int) -> (line: Int, column: Int) { text.place(of: offset) }

    func problem(_ code: String, _ message: String, at offset: Int, hint: String? = nil) -> TemplateProblem {
        let (line, column) = place(of: offset)
        return TemplateProblem(code: code, message: message, file: file, line: line, column: column, hint: hint)
    }

    /// The first part of every name, for finding values that nothing uses; `*` stands for all of them.
    var usedNames: Set<String> { Self.names(in: nodes) }

    /// The partials and parents that `nodes` name. Dynamic ones are not among them.
    var partialNames: Set<String> { Self.partials(in: nodes) }

    var hasDynamicPartials: Bool { Self.hasDynamicPartials(nodes) }

    /// Whether every rendering has the same text but for its variables.
    var isFlat: Bool {
        nodes.allSatisfy { node in
            switch node {
            case .text, .variable: true
            default: false
            }
        }
    }

    private static func names(in nodes: [TemplateNode]) -> Set<String> {
        var names = Set<String>()
        for node in nodes {
            switch node {
            case .text: break
            case .variable(let tag, _): names.insert(tag.path.first ?? "*")
            case .section(let tag, _, let children):
                if let first = tag.path.first { names.insert(first) }
                // Inside a section `.` is the section's own value.
                names.formUnion(Self.names(in: children).subtracting(["*"]))
            case .partial(let tag): if case .dynamic(let name) = tag.name { names.insert(name.path.first ?? "*") }
            case .block(_, let children): names.formUnion(Self.names(in: children))
            case .parent(let tag, let blocks):
                if case .dynamic(let name) = tag.name { names.insert(name.path.first ?? "*") }
                for block in blocks { names.formUnion(Self.names(in: block.nodes)) }
            }
        }
        return names
    }

    private static func partials(in nodes: [TemplateNode]) -> Set<String> {
        var names = Set<String>()
        for node in nodes {
            switch node {
            case .text, .variable: break
            case .section(_, _, let children), .block(_, let children): names.formUnion(partials(in: children))
            case .partial(let tag): if case .fixed(let name) = tag.name { names.insert(name) }
            case .parent(let tag, let blocks):
                if case .fixed(let name) = tag.name { names.insert(name) }
                for block in blocks { names.formUnion(partials(in: block.nodes)) }
            }
        }
        return names
    }

    private static func hasDynamicPartials(_ nodes: [TemplateNode]) -> Bool {
        nodes.contains { node in
            switch node {
            case .text, .variable: false
            case .section(_, _, let children), .block(_, let children): hasDynamicPartials(children)
            case .partial(let tag): if case .dynamic = tag.name { true } else { false }
            case .parent(let tag, let blocks):
                if case .dynamic = tag.name { true } else { blocks.contains { hasDynamicPartials($0.nodes) } }
            }
        }
    }
}
