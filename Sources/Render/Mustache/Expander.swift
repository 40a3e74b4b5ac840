// SPDX-License-Identifier: Apache-2.0

import Domain

/// Something a name can stand for: a value, and its path among the service's values where that is wanted.
struct Binding {
    let value: Value
    /// Nil unless origins are asked for.
    let path: FieldPath?
}

/// What a template's text became, and where each piece of it comes from.
struct Expansion {
    /// A run of output that was copied from a template.
    struct Segment {
        /// Where it starts in the output.
        let start: Int
        let template: Int
        let offset: Int
        /// Whether the run is not the template's own text but stands for the one place `offset`.
        let isPoint: Bool
    }

    /// A value that a token in the output stands for.
    struct Slot {
        let tag: TemplateTag
        let template: Int
        /// Nil when nothing has this name.
        let binding: Binding?
    }

    var output: [UInt8] = []
    var segments: [Segment] = []
    var slots: [Slot] = []
    /// The templates that took part; the first is the one that was expanded.
    var templates: [Template]
    var problems: [TemplateProblem] = []

    /// The template and the place in it that a place in the output was copied from.
    static func place(
        ofOutput offset: Int, _ segments: [Segment], _ templates: [Template]
    ) -> (template: Template, line: Int, column: Int) {
        var low = 0
        var high = segments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if segments[middle].start <= offset { low = middle } else { high = middle }
        }
        guard segments.indices.contains(low) else { return (templates[0], 1, 1) }
        let segment = segments[low]
        let source = segment.isPoint ? segment.offset : segment.offset + max(0, offset - segment.start)
        let place = templates[segment.template].place(of: source)
        return (templates[segment.template], place.line, place.column)
    }
}

/// Expands a template against values; lives for one expansion.
///
/// With `token` the output holds a token for every interpolation, and `slots` the values. Without it the output is
/// text, HTML-escaped, in which unknown names leave nothing.
struct Expander {
    private(set) var expansion: Expansion
    private let token: [UInt8]?
    private let partial: (String) -> Template?
    /// The names of all partials.
    private let partials: () -> [String]
    private let outputLimit: Int
    private var contexts: [Binding]
    private var indentation: [UInt8] = []
    private var isAtLineStart = true
    /// Blocks that templates further out replace, by name; the outermost wins. One for each parent that is being
    /// put in, the innermost last; the first is empty.
    private var scopes: [[String: Replacement]] = [[:]]
    /// Which of `scopes` holds here.
    private var scope = 0
    /// The partials that are being put in, the innermost last.
    private var included: [String] = []
    private var steps = 0
    /// Partials, sections and blocks within each other.
    private var depth = 0
    private var current = 0

    private struct Replacement {
        let nodes: [TemplateNode]
        let template: Int
        /// Which of `scopes` holds where the nodes were written.
        let scope: Int
    }

    /// What is allowed: nodes visited, and partials, sections and blocks within each other.
    static let stepLimit = 100_000
    static let depthLimit = 150

    init(
        _ template: Template, values: Value, token: [UInt8]?, outputLimit: Int, tracksPaths: Bool = false,
        partials: @escaping () -> [String] = { [] }, partial: @escaping (String) -> Template?
    ) {
        expansion = Expansion(templates: [template])
        contexts = [Binding(value: values, path: tracksPaths ? FieldPath() : nil)]
        self.token = token
        self.outputLimit = outputLimit
        self.partial = partial
        self.partials = partials
    }

    mutating func run() -> Expansion {
        do {
            try expand(expansion.templates[0].nodes)
        } catch {
            expansion.problems.append(error)
        }
        return expansion
    }

    private mutating func expand(_ nodes: [TemplateNode]) throws(TemplateProblem) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw problem(
                Codes.tooDeep, "partials and sections nest deeper than \(Self.depthLimit)",
                at: nodes.first?.offset ?? 0, hint: cycle ?? "look for a partial that includes itself")
        }
        for node in nodes {
            steps += 1
            guard steps <= Self.stepLimit, expansion.output.count <= outputLimit else {
                throw problem(
                    Codes.tooMuch, "the template grows beyond \(outputLimit) bytes or \(Self.stepLimit) steps",
                    at: node.offset, hint: "look for a partial that includes itself, or a loop within a loop")
            }
            switch node {
            case .text(let range): writeText(range)
            case .variable(let tag, let escapes): variable(tag, escapes: escapes)
            case .section(let tag, let isInverted, let children): try section(tag, isInverted, children)
            case .partial(let tag): try include(tag, replacing: [])
            case .parent(let tag, let blocks): try include(tag, replacing: blocks)
            case .block(let tag, let children): try block(tag, children)
            }
        }
    }

    // MARK: Names

    private func find(_ tag: TemplateTag) -> Binding? { Self.find(tag, in: contexts) }

    private func unknown(_ tag: TemplateTag) -> TemplateProblem {
        Self.unknownVariable(tag, in: expansion.templates[current], contexts: contexts.map(\.value))
    }

    // MARK: Output

    private mutating func variable(_ tag: TemplateTag, escapes: Bool) {
        indent(at: tag.offset)
        let binding = find(tag)
        guard let token else {
            let text = binding.flatMap { Self.text(of: $0.value) } ?? ""
            if escapes { writeEscaped(text) } else { expansion.output += text.utf8 }
            return
        }
        if binding == nil { expansion.problems.append(unknown(tag)) }
        addSegment(offset: tag.offset, isPoint: true)
        writeToken(token, expansion.slots.count, to: &expansion.output)
        expansion.slots.append(Expansion.Slot(tag: tag, template: current, binding: binding))
    }

    /// What a value leaves in a text; nil for lists and maps, which are no text.
    static func text(of value: Value) -> String? {
        switch value {
        case .null: ""
        case .bool(let truth): truth ? "true" : "false"
        case .integer(let number): String(number)
        case .decimal(let text), .string(let text): text
        case .list, .map: nil
        }
    }

    private mutating func writeText(_ range: Range<Int>) {
        let bytes = expansion.templates[current].bytes
        guard !indentation.isEmpty else {
            addSegment(offset: range.lowerBound, isPoint: false)
            expansion.output += bytes[range]
            isAtLineStart = bytes[range.upperBound - 1] == 0x0A
            return
        }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 0x0A).map { $0 + 1 } ?? range.upperBound
            // An empty line stays empty.
            if bytes[start] != 0x0A, bytes[start] != 0x0D { indent(at: start) }
            addSegment(offset: start, isPoint: false)
            expansion.output += bytes[start..<end]
            isAtLineStart = bytes[end - 1] == 0x0A
            start = end
        }
    }

    private mutating func indent(at offset: Int) {
        guard isAtLineStart else { return }
        isAtLineStart = false
        guard !indentation.isEmpty else { return }
        addSegment(offset: offset, isPoint: true)
        expansion.output += indentation
    }

    private mutating func addSegment(offset: Int, isPoint: Bool) {
        guard token != nil else { return }
        expansion.segments.append(
            Expansion.Segment(
                start: expansion.output.count, template: current, offset: offset, isPoint: isPoint))
    }

    private mutating func writeEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): expansion.output += "&amp;".utf8
            case UInt8(ascii: "<"): expansion.output += "&lt;".utf8
            case UInt8(ascii: ">"): expansion.output += "&gt;".utf8
            case UInt8(ascii: "\""): expansion.output += "&quot;".utf8
            case UInt8(ascii: "'"): expansion.output += "&#39;".utf8
            default: expansion.output.append(byte)
            }
        }
    }

    // MARK: Sections and partials

    private mutating func section(
        _ tag: TemplateTag, _ isInverted: Bool, _ children: [TemplateNode]
    ) throws(TemplateProblem) {
        let binding = find(tag)
        let isTrue = binding?.value.isTrue ?? false
        if isInverted {
            if !isTrue { try expand(children) }
            return
        }
        guard isTrue, let binding else { return }
        if case .list(let items) = binding.value {
            for (index, item) in items.enumerated() {
                contexts.append(Binding(value: item, path: binding.path?.appending(index)))
                defer { contexts.removeLast() }
                try expand(children)
            }
        } else {
            contexts.append(binding)
            defer { contexts.removeLast() }
            try expand(children)
        }
    }

    private mutating func include(_ tag: PartialTag, replacing blocks: [BlockReplacement]) throws(TemplateProblem) {
        guard let name = partialName(tag) else { return }
        guard let template = partial(name) else {
            if token != nil { expansion.problems.append(missingPartial(name, tag)) }
            return
        }
        let outer = (current, indentation, scope)
        open(blocks)
        indentation += tag.indentation
        current = index(of: template)
        included.append(name)
        try expand(template.nodes)
        included.removeLast()
        // A file without a final newline must not join its last line to the next one of a manifest.
        if token != nil, tag.isStandalone { endLine(at: template.bytes.count) }
        if !blocks.isEmpty { scopes.removeLast() }
        (current, indentation, scope) = outer
    }

    /// Lets `blocks` replace those of what follows, as far as no template further out does.
    private mutating func open(_ blocks: [BlockReplacement]) {
        guard !blocks.isEmpty else { return }
        var replacements = scopes[scope]
        for block in blocks where replacements[block.tag.name] == nil {
            replacements[block.tag.name] = Replacement(nodes: block.nodes, template: current, scope: scope)
        }
        scope = scopes.count
        scopes.append(replacements)
    }

    private mutating func block(_ tag: BlockTag, _ children: [TemplateNode]) throws(TemplateProblem) {
        guard let replacement = scopes[scope][tag.name] else { return try expand(children) }
        let outer = (current, indentation, scope)
        indentation += tag.indentation
        (current, scope) = (replacement.template, replacement.scope)
        try expand(replacement.nodes)
        (current, indentation, scope) = outer
        // The line break went with the closing tag.
        if tag.endsLine { endLine(at: tag.offset) }
    }

    /// Begins a new line unless one begins here.
    private mutating func endLine(at offset: Int) {
        guard !isAtLineStart else { return }
        addSegment(offset: offset, isPoint: true)
        expansion.output.append(0x0A)
        isAtLineStart = true
    }

    private func missingPartial(_ name: String, _ tag: PartialTag) -> TemplateProblem {
        problem(
            Codes.missingPartial, "there is no partial \"\(name)\"", at: tag.offset,
            hint: didYouMean(name, in: partials()) ?? "add it as templates/partials/\(name).yaml")
    }

    /// `a includes b, b includes a`; nil when no partial is inside itself.
    private var cycle: String? {
        guard let last = included.last, let start = included.dropLast().lastIndex(of: last) else { return nil }
        let names = included[start...]
        return zip(names, names.dropFirst()).prefix(5).map { "\($0) includes \($1)" }.joined(separator: ", ")
    }

    private mutating func partialName(_ tag: PartialTag) -> String? {
        switch tag.name {
        case .fixed(let name): return name
        case .dynamic(let name):
            guard let value = find(name)?.value else {
                if token != nil { expansion.problems.append(unknown(name)) }
                return nil
            }
            if let text = value.string { return text }
            if token != nil {
                expansion.problems.append(
                    problem(
                        Codes.notText, "\(name.name) is a \(value.kindName) and names no partial", at: tag.offset,
                        hint: "{{>*\(name.name)}} takes the partial whose name is the value, which must be a string"))
            }
            return nil
        }
    }

    /// The same file may come many times; it is kept once.
    private mutating func index(of template: Template) -> Int {
        if let index = expansion.templates.firstIndex(where: { $0.file == template.file }) { return index }
        expansion.templates.append(template)
        return expansion.templates.count - 1
    }

    private func problem(_ code: String, _ message: String, at offset: Int, hint: String? = nil) -> TemplateProblem {
        expansion.templates[current].problem(code, message, at: offset, hint: hint)
    }
}

extension Value {
    /// Whether a section is shown for it: everything but null, false and the empty list.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .bool(let truth): truth
        case .list(let items): !items.isEmpty
        case .integer, .decimal, .string, .map: true
        }
    }
}

extension TemplateNode {
    /// Of its first byte in the template.
    fileprivate var offset: Int {
        switch self {
        case .text(let range): range.lowerBound
        case .variable(let tag, _), .section(let tag, _, _): tag.offset
        case .partial(let tag), .parent(let tag, _): tag.offset
        case .block(let tag, _): tag.offset
        }
    }
}
