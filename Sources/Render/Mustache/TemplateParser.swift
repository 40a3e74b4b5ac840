// SPDX-License-Identifier: Apache-2.0

/// Reads the text of a template; lives only inside `Template.parse`.
struct TemplateParser {
    private let template: Template
    private let bytes: [UInt8]
    private var open = Array("{{".utf8)
    private var close = Array("}}".utf8)
    private var position = 0
    /// Where the text that was not yet handed out begins.
    private var textStart = 0
    private var lineStart = 0
    /// Where the last tag ended that keeps a later one on its line from standing alone.
    private var lastTagEnd = -1
    private var stack: [Frame] = [Frame(kind: .root, name: "", offset: 0)]
    /// Tags of inheritance that share their line with others alone, by their offsets.
    private var together: [Int: InheritanceLine.Member] = [:]
    private(set) var problems: [TemplateProblem] = []

    private struct Frame {
        enum Kind {
            case root
            case section(TemplateTag, isInverted: Bool)
            case block(BlockTag)
            case parent(PartialTag)
        }

        let kind: Kind
        let name: String
        let offset: Int
        /// Whether the content begins at the start of a line.
        var startsLine = false
        var nodes: [TemplateNode] = []
        var blocks: [BlockReplacement] = []

        var isInheritance: Bool {
            switch kind {
            case .root, .section: false
            case .block, .parent: true
            }
        }

        var opener: String {
            switch kind {
            case .root: ""
            case .section(_, let isInverted): isInverted ? "^" : "#"
            case .block: "$"
            case .parent: "<"
            }
        }
    }

    init(_ text: TemplateText, file: String) {
        bytes = text.bytes
        template = Template(file: file, text: text, nodes: [])
    }

    mutating func parse() -> [TemplateNode] {
        while let start = find(open, from: position) {
            moveLineStart(to: start)
            guard readTag(at: start) else { break }
        }
        addText(upTo: bytes.count)
        while stack.count > 1 {
            let frame = stack[stack.count - 1]
            problems.append(
                template.problem(
                    Codes.unclosedSection, "the section {{\(frame.opener)\(frame.name)}} is never closed",
                    at: frame.offset, hint: "add {{/\(frame.name)}}"))
            closeFrame()
        }
        return stack[0].nodes
    }

    // MARK: Tags

    /// - Returns: False when the rest of the template cannot be read.
    private mutating func readTag(at start: Int) -> Bool {
        var contentStart = start + open.count
        let sigil = contentStart < bytes.count ? bytes[contentStart] : 0
        var closing = close
        switch sigil {
        case UInt8(ascii: "{"): closing = [UInt8(ascii: "}")] + close
        case UInt8(ascii: "="): closing = [UInt8(ascii: "=")] + close
        default: break
        }
        if "!=#^/>&{$<".utf8.contains(sigil) { contentStart += 1 }
        guard let end = find(closing, from: contentStart) else {
            report(Codes.unclosedTag, "the tag is never closed", at: start, hint: "\(text(closing)) is missing")
            return false
        }
        let content = trimmed(contentStart..<end)
        position = end + closing.count
        take(Tag(sigil: sigil, content: content, start: start, end: position))
        return true
    }

    private struct Tag {
        let sigil: UInt8
        let content: Range<Int>
        let start: Int
        let end: Int
    }

    private mutating func take(_ tag: Tag) {
        switch tag.sigil {
        case UInt8(ascii: "!"): standAlone(tag)
        case UInt8(ascii: "="):
            standAlone(tag)
            setDelimiters(tag)
        case UInt8(ascii: "#"), UInt8(ascii: "^"):
            standAlone(tag)
            let isInverted = tag.sigil == UInt8(ascii: "^")
            let name = name(tag)
            push(.section(TemplateTag(path: path(name), offset: tag.start), isInverted: isInverted), name, tag)
        case UInt8(ascii: "/"):
            if stack[stack.count - 1].isInheritance {
                endSection(tag, endsLine: standTogether(tag).map(\.endsLine) ?? false)
            } else {
                standAlone(tag)
                endSection(tag, endsLine: false)
            }
        case UInt8(ascii: ">"): add(.partial(partial(tag, indentation: standAlone(tag))))
        case UInt8(ascii: "<"):
            let line = standTogether(tag)
            let name = text(bytes[tag.content])
            push(.parent(partial(tag, indentation: line?.indentation)), name, tag, startsLine: line?.endsLine ?? false)
        case UInt8(ascii: "$"): block(tag)
        default:
            addText(upTo: tag.start)
            textStart = tag.end
            lastTagEnd = tag.end
            let tagName = TemplateTag(path: path(name(tag)), offset: tag.start)
            add(.variable(tagName, escapes: tag.sigil != UInt8(ascii: "{") && tag.sigil != UInt8(ascii: "&")))
        }
    }

    /// Hands out the text before a tag that itself leaves nothing behind. Where the tag stands alone on its line,
    /// the line goes with it.
    ///
    /// - Returns: The white space before a tag that stands alone; nil for every other tag.
    @discardableResult
    private mutating func standAlone(_ tag: Tag) -> [UInt8]? {
        var after = tag.end
        while after < bytes.count, bytes[after] == 0x20 || bytes[after] == 0x09 { after += 1 }
        let isLast = after == bytes.count
        if !isLast, bytes[after] == 0x0D, after + 1 < bytes.count, bytes[after + 1] == 0x0A { after += 1 }
        let before = lineStart..<tag.start
        guard lastTagEnd <= lineStart, isBlank(before), isLast || bytes[after] == 0x0A else {
            addText(upTo: tag.start)
            textStart = tag.end
            lastTagEnd = tag.end
            return nil
        }
        addText(upTo: lineStart)
        position = isLast ? after : after + 1
        textStart = position
        lineStart = position
        lastTagEnd = position
        return Array(bytes[before])
    }

    /// As `standAlone`, for tags of inheritance: they may share their line with each other.
    private mutating func standTogether(_ tag: Tag) -> InheritanceLine.Member? {
        if together[tag.start] == nil, lastTagEnd <= lineStart, isBlank(lineStart..<tag.start) {
            let frames = stack.dropFirst().map { $0.isInheritance ? InheritanceLine.Frame.inheritance : .other }
            let line = InheritanceLine(
                bytes, from: tag.start, lineStart: lineStart, open: open, close: close, frames: frames)
            together = line?.members ?? [:]
        }
        guard let member = together[tag.start] else {
            addText(upTo: tag.start)
            textStart = tag.end
            lastTagEnd = tag.end
            return nil
        }
        addText(upTo: member.textEnd)
        position = member.next
        textStart = member.next
        lastTagEnd = member.next
        if member.endsLine { lineStart = member.next }
        return member
    }

    private mutating func block(_ tag: Tag) {
        let before = lineStart..<tag.start
        let white = lastTagEnd <= lineStart && isBlank(before) ? Array(bytes[before]) : []
        let line = standTogether(tag)
        let name = name(tag)
        let block = BlockTag(
            name: name, indentation: line?.indentation ?? white, isStandalone: line != nil, endsLine: false,
            offset: tag.start)
        push(.block(block), name, tag, startsLine: line?.endsLine ?? false)
    }

    private mutating func setDelimiters(_ tag: Tag) {
        let parts = bytes[tag.content].split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        guard parts.count == 2, !parts.contains(where: { $0.contains(UInt8(ascii: "=")) }) else {
            report(Codes.badTag, "new delimiters are written {{=<% %>=}}", at: tag.start)
            return
        }
        open = Array(parts[0])
        close = Array(parts[1])
    }

    private mutating func endSection(_ tag: Tag, endsLine: Bool) {
        let name = text(bytes[tag.content])
        guard stack.count > 1 else {
            report(Codes.mismatchedSection, "{{/\(name)}} closes a section that was never opened", at: tag.start)
            return
        }
        let frame = stack[stack.count - 1]
        guard frame.name == name else {
            let place = template.place(of: frame.offset)
            report(
                Codes.mismatchedSection,
                "{{/\(name)}} does not close {{\(frame.opener)\(frame.name)}} of line \(place.line)", at: tag.start,
                hint: "sections close in the order in which they nest: expected {{/\(frame.name)}}")
            // Where the name was opened further out, everything in between is taken as closed: one mistake, one error.
            guard let outer = stack.lastIndex(where: { $0.name == name }), outer > 0 else { return }
            while stack.count > outer { closeFrame() }
            return
        }
        closeFrame(endsLine: endsLine)
    }

    private mutating func closeFrame(endsLine: Bool = false) {
        let frame = stack.removeLast()
        switch frame.kind {
        case .root: stack.append(frame)
        case .section(let tag, let isInverted): add(.section(tag, isInverted: isInverted, frame.nodes))
        case .parent(let tag): add(.parent(tag, frame.blocks))
        case .block(let tag): closeBlock(tag, frame, endsLine: endsLine)
        }
    }

    private mutating func closeBlock(_ tag: BlockTag, _ frame: Frame, endsLine: Bool) {
        let depth = frame.startsLine ? TemplateIndentation.first(of: frame.nodes, in: bytes) : nil
        if case .parent = stack[stack.count - 1].kind {
            let nodes = TemplateIndentation.remove(depth ?? [], from: frame.nodes, in: bytes)
            stack[stack.count - 1].blocks.append(BlockReplacement(tag: tag, nodes: nodes))
        } else {
            let closed = BlockTag(
                name: tag.name, indentation: depth ?? tag.indentation, isStandalone: tag.isStandalone,
                endsLine: endsLine, offset: tag.offset)
            add(.block(closed, frame.nodes))
        }
    }

    private mutating func push(_ kind: Frame.Kind, _ name: String, _ tag: Tag, startsLine: Bool = false) {
        if stack.count == 101 { report(Codes.tooDeep, "sections nest deeper than 100", at: tag.start) }
        stack.append(Frame(kind: kind, name: name, offset: tag.start, startsLine: startsLine))
    }

    // MARK: Names

    private mutating func name(_ tag: Tag) -> String {
        let name = text(bytes[tag.content])
        if name.isEmpty {
            report(Codes.badTag, "the tag names nothing", at: tag.start)
        } else if name.utf8.contains(where: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) {
            report(
                Codes.badTag, "\"\(name)\" is no name: names hold no white space", at: tag.start,
                hint: "conditions and loops are written {{#name}}…{{/name}}, their opposite {{^name}}…{{/name}}")
        } else if name != ".", name.split(separator: ".", omittingEmptySubsequences: false).contains("") {
            report(
                Codes.badTag, "\"\(name)\" is no name: there is nothing between its dots", at: tag.start,
                hint: "values are named from the top: {{resources.limits.memory}}")
        }
        return name
    }

    private func path(_ name: String) -> [String] { name == "." ? [] : name.split(separator: ".").map(String.init) }

    /// - Parameter indentation: Nil when the tag does not stand alone.
    private mutating func partial(_ tag: Tag, indentation: [UInt8]?) -> PartialTag {
        PartialTag(
            name: partialName(tag), indentation: indentation ?? [], isStandalone: indentation != nil, offset: tag.start)
    }

    private mutating func partialName(_ tag: Tag) -> PartialTag.Name {
        let content = bytes[tag.content]
        if content.first == UInt8(ascii: "*") {
            let name = text(bytes[trimmed(content.startIndex + 1..<content.endIndex)])
            return .dynamic(TemplateTag(path: path(name), offset: tag.start))
        }
        return .fixed(name(tag))
    }

    // MARK: Text

    private mutating func add(_ node: TemplateNode) {
        // What stands between the blocks of a parent is ignored.
        if case .parent = stack[stack.count - 1].kind { return }
        stack[stack.count - 1].nodes.append(node)
    }

    private mutating func addText(upTo end: Int) {
        if end > textStart { add(.text(textStart..<end)) }
    }

    private mutating func moveLineStart(to start: Int) {
        var index = start
        while index > lineStart {
            if bytes[index - 1] == 0x0A {
                lineStart = index
                return
            }
            index -= 1
        }
    }

    private func find(_ needle: [UInt8], from start: Int) -> Int? {
        guard let first = needle.first, start <= bytes.count else { return nil }
        var index = start
        while index + needle.count <= bytes.count {
            guard let next = bytes[index...].firstIndex(of: first), next + needle.count <= bytes.count else {
                return nil
            }
            if bytes[next..<next + needle.count].elementsEqual(needle) { return next }
            index = next + 1
        }
        return nil
    }

    private func isBlank(_ range: Range<Int>) -> Bool { bytes[range].allSatisfy { $0 == 0x20 || $0 == 0x09 } }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    private mutating func report(_ code: String, _ message: String, at offset: Int, hint: String? = nil) {
        problems.append(template.problem(code, message, at: offset, hint: hint))
    }
}

extension Template {
    /// Reads a template's text.
    ///
    /// - Returns: The template, and every problem in it; with a problem its nodes are not to be used.
    static func parse(file: String, bytes: [UInt8]) -> (template: Template, problems: [TemplateProblem]) {
        parse(TemplateText(bytes), file: file)
    }

    static func parse(_ text: TemplateText, file: String) -> (template: Template, problems: [TemplateProblem]) {
        var parser = TemplateParser(text, file: file)
        let nodes = parser.parse()
        return (Template(file: file, text: text, nodes: nodes), parser.problems)
    }
}
