// SPDX-License-Identifier: Apache-2.0

import CYAML

/// One step of a document as libyaml reads it.
struct YAMLEvent {
    enum Kind {
        case documentStart
        case documentEnd
        case streamEnd
        case alias
        case scalar
        case listStart
        case listEnd
        case mapStart
        case mapEnd
    }

    let kind: Kind
    let mark: YAMLMark
    /// The text of a scalar; empty for everything else.
    var text = ""
    var style = YAMLStyle.plain
    /// Whether the text alone says what a scalar means: it has no quotes and no tag, or the tag `!`.
    var isImplicit = false
    var tag: String?
    /// Of an alias the anchor it names.
    var anchor: String?
    /// What `%TAG` directives stand before the document.
    var directives: [String] = []
}

/// Owns libyaml's parser. Reads `bytes`, which must outlive it, one event after the other.
struct YAMLEventReader: ~Copyable {
    // libyaml keeps pointers into its own structures, so they need a stable address.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>
    private let end: TextEnd

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        end = TextEnd(bytes)
        parser = .allocate(capacity: 1)
        event = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else { preconditionFailure("yaml_parser_initialize: no memory") }
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        event.deallocate()
    }

    /// - Throws: `.syntax`; nothing may be read after that.
    mutating func next() throws(YAMLError) -> YAMLEvent {
        while true {
            guard yaml_parser_parse(parser, event) == 1 else { throw failure() }
            defer { yaml_event_delete(event) }
            if event.pointee.type != YAML_STREAM_START_EVENT { return read() }
        }
    }

    private func read() -> YAMLEvent {
        let mark = end.clamp(YAMLMark(event.pointee.start_mark))
        let data = event.pointee.data
        switch event.pointee.type {
        case YAML_DOCUMENT_START_EVENT:
            var document = YAMLEvent(kind: .documentStart, mark: mark)
            var directive = data.document_start.tag_directives.start
            while let current = directive, current != data.document_start.tag_directives.end {
                document.directives += [text(current.pointee.handle), text(current.pointee.prefix)].compactMap(\.self)
                directive = current + 1
            }
            return document
        case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, mark: mark)
        case YAML_ALIAS_EVENT: return YAMLEvent(kind: .alias, mark: mark, anchor: text(data.alias.anchor))
        case YAML_SCALAR_EVENT: return scalar(data.scalar, mark)
        case YAML_SEQUENCE_START_EVENT:
            return YAMLEvent(
                kind: .listStart, mark: mark, tag: text(data.sequence_start.tag),
                anchor: text(data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .listEnd, mark: mark)
        case YAML_MAPPING_START_EVENT:
            return YAMLEvent(
                kind: .mapStart, mark: mark, tag: text(data.mapping_start.tag),
                anchor: text(data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mapEnd, mark: mark)
        default: return YAMLEvent(kind: .streamEnd, mark: mark)
        }
    }

    private typealias ScalarData = yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar

    private func scalar(_ data: ScalarData, _ mark: YAMLMark) -> YAMLEvent {
        let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
        let isImplicit = data.plain_implicit == 1
        let style: YAMLStyle =
            switch data.style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE: .literal
            case YAML_FOLDED_SCALAR_STYLE: .folded
            default: isImplicit ? .plain : .tagged
            }
        return YAMLEvent(
            kind: .scalar, mark: mark, text: String(decoding: bytes, as: UTF8.self), style: style,
            isImplicit: isImplicit, tag: text(data.tag), anchor: text(data.anchor))
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func failure() -> YAMLError {
        let parser = parser.pointee
        let problem = parser.problem.map { String(cString: $0) } ?? "unreadable"
        guard parser.error != YAML_READER_ERROR else {
            // The reader knows the offset alone; the scanner's mark is the nearest place.
            let detail = parser.problem_value >= 0 ? " (0x\(String(parser.problem_value, radix: 16)))" : ""
            return YAMLError(.syntax, problem + detail, at: end.clamp(YAMLMark(parser.mark)))
        }
        let context = parser.context.map { String(cString: $0) }
        let related = context.map { YAMLError.Related(note: $0, mark: end.clamp(YAMLMark(parser.context_mark))) }
        return YAMLError(.syntax, problem, at: end.clamp(YAMLMark(parser.problem_mark)), related: related)
    }
}

extension YAMLMark {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}

/// Where a text without a final line break ends. To libyaml it goes on for one more line, which nobody can be shown.
private struct TextEnd {
    /// Nil when every line has its line break.
    private var last: YAMLMark?

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // UTF-16 is too rare to count its lines.
        guard let final = bytes.last, final != 0x0A, bytes.first != 0xFE, bytes.first != 0xFF else { return }
        var line = 1
        var start = 0
        for index in bytes.indices {
            guard let length = Self.lineBreak(bytes, index) else { continue }
            line += 1
            start = index + length
        }
        guard start < bytes.count else { return }
        // Continuation bytes of UTF-8 are no characters of their own.
        last = YAMLMark(line: line, column: bytes[start...].count { $0 & 0xC0 != 0x80 } + 1)
    }

    /// The length of the line break at `index`, as libyaml knows them; nil when there is none.
    private static func lineBreak(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int? {
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        switch bytes[index] {
        case 0x0A: return 1
        case 0x0D where byte(1) != 0x0A: return 1
        case 0xC2 where byte(1) == 0x85: return 2
        case 0xE2 where byte(1) == 0x80 && byte(2) & 0xFE == 0xA8: return 3
        default: return nil
        }
    }

    func clamp(_ mark: YAMLMark) -> YAMLMark {
        guard let last, mark.line > last.line else { return mark }
        return last
    }
}
