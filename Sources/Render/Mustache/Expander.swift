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
    private let outputLimit: Int
    private var contexts: [Binding]
    private var indentation: [UInt8] = []
    private var isAtLineStart = true
    /// Blocks that templates further out replace, by name; the outermost wins.
    private var replacements: [String: Replacement] = [:]
    private var steps = 0
    /// Partials, sections and blocks within each other.
    private var depth = 0
    private var current = 0

    private struct Replacement {
        let nodes: [TemplateNode]
        let template: Int
    }

    /// What is allowed: nodes visited, and partials, sections and blocks within each other.
    static let stepLimit = 100_000
    static let depthLimit = 150

    init(
        _ template: Template, values: Value, token: [UInt8]?, outputLimit: Int, tracksPaths: Bool = false,
        partial: @escaping (String) -> Template?
    ) {
        expansion = Expansion(templates: [template])
        contexts = [Binding(value: values, path: tracksPaths ? FieldPath() : nil)]
        self.token = token
        self.outputLimit = outputLimit
        self.partial = partial
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
                at: nodes.first?.offset ?? 0, hint: "look for a partial that includes itself")
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

    /// What a name stands for, innermost context first; once the first part is found the others must follow.
    static func find(_ tag: TemplateTag, in contexts: [Binding]) -> Binding? {
        guard let first = tag.path.first else { return contexts.last }
        for context in contexts.reversed() {
            guard case .map(let members) = context.value, let value = members[first] else { continue }
            var binding = Binding(value: value, path: context.path?.appending(first))
            for part in tag.path.dropFirst() {
                guard let next = binding.value[part] else { return nil }
                binding = Binding(value: next, path: binding.path?.appending(part))
            }
            return binding
        }
        return nil
    }

    private func unknown(_ tag: TemplateTag) -> TemplateProblem {
        Self.unknownVariable(tag, in: expansion.templates[current], contexts: contexts.map(\.value))
    }

    /// The error for a name that stands for nothing.
    static func unknownVariable(_ tag: TemplateTag, in template: Template, contexts: [Value]) -> TemplateProblem {
        var known: [String] = []
        if let owner = contexts.last(where: { $0[tag.path.first ?? ""] != nil }) {
            var value = owner
            var parts: [String] = []
            for part in tag.path {
                guard let next = value[part] else { break }
                value = next
                parts.append(part)
            }
            let prefix = parts.map { $0 + "." }.joined()
            let wanted = tag.path[parts.count]
            known = nearestWords(to: wanted, in: value.map?.keys ?? []).map { prefix + $0 }
            if known.isEmpty, value.map == nil {
                return template.problem(
                    Codes.unknownVariable, "unknown variable \(tag.name)", at: tag.offset,
                    hint: "\(parts.joined(separator: ".")) is a \(value.kindName) and has no members")
            }
        } else {
            known = nearestWords(to: tag.path.first ?? "", in: contexts.flatMap { $0.map?.keys ?? [] })
        }
        let hint =
            known.isEmpty
            ? "set it in defaults.yaml or for the service, or make it optional: {{#\(tag.name)}}…{{/\(tag.name)}}"
            : "did you mean \(known.map { "\"\($0)\"" }.joined(separator: " or "))?"
        return template.problem(Codes.unknownVariable, "unknown variable \(tag.name)", at: tag.offset, hint: hint)
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
            if token != nil {
                expansion.problems.append(
                    problem(Codes.missingPartial, "there is no partial \"\(name)\"", at: tag.offset))
            }
            return
        }
        let outer = (current, indentation, replacements)
        for block in blocks where replacements[block.tag.name] == nil {
            replacements[block.tag.name] = Replacement(nodes: block.nodes, template: current)
        }
        indentation += tag.indentation
        current = index(of: template)
        try expand(template.nodes)
        // A file without a final newline must not join its last line to the next one of a manifest.
        if token != nil, tag.isStandalone, !isAtLineStart {
            addSegment(offset: template.bytes.count, isPoint: true)
            expansion.output.append(0x0A)
            isAtLineStart = true
        }
        (current, indentation, replacements) = outer
    }

    private mutating func block(_ tag: BlockTag, _ children: [TemplateNode]) throws(TemplateProblem) {
        guard let replacement = replacements[tag.name] else { return try expand(children) }
        let outer = current
        current = replacement.template
        try expand(replacement.nodes)
        current = outer
    }

    private mutating func partialName(_ tag: PartialTag) -> String? {
        switch tag.name {
        case .fixed(let name): return name
        case .dynamic(let name):
            if let text = find(name)?.value.string { return text }
            if token != nil { expansion.problems.append(unknown(name)) }
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
