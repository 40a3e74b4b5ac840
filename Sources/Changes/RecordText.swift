// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// A member of a record or a hold, in the order in which it is written.
struct RecordField: Sendable, Hashable {
    let key: String
    let value: Value

    /// Nil for a value that says nothing: null, or an empty text or map.
    init?(_ key: String, _ value: Value?) {
        guard let value, !value.isNull, value.map?.isEmpty != true, value.string?.isEmpty != true else { return nil }
        self.key = key
        self.value = value
    }

    init(key: String, value: Value) {
        self.key = key
        self.value = value
    }
}

/// Writes a record's or a hold's YAML over the file that is there, so that a person's comments, blank lines, order of
/// keys and way of writing survive wherever the new content allows.
///
/// Comments above a key stay, also when the key goes; a comment behind a value stays when the value fits on its line.
/// A file that this cannot edit to mean exactly what it must mean is written anew.
enum RecordText {
    static func write(_ fields: [RecordField], over old: [UInt8]?) -> [UInt8] {
        if let old, let edited = edited(fields, old) { return edited }
        return Array((fields.flatMap { RecordLines.lines($0, indent: 0) }.joined(separator: "\n") + "\n").utf8)
    }

    private static func edited(_ fields: [RecordField], _ old: [UInt8]) -> [UInt8]? {
        guard let text = String(validating: old, as: UTF8.self), let root = document(old), let members = root.members,
            !members.isEmpty
        else { return nil }
        let breaksWithReturn = text.utf8.contains(0x0D)
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard let new = RecordLines.edited(members, fields, lines[...], indent: 0) else { return nil }
        let ending = breaksWithReturn ? "\r\n" : "\n"
        let bytes = Array((new.joined(separator: ending) + ending).utf8)
        // Anchors, tags and other things that lines do not show: the meaning decides.
        let wanted = Value.map(Map(fields.map { Map.Entry(key: $0.key, value: $0.value) }))
        return document(bytes)?.value == wanted ? bytes : nil
    }

    private static func document(_ bytes: [UInt8]) -> YAMLNode? {
        var limits = FileLimits.standard
        limits.documents = 1
        // A file that cannot be read is written anew.
        return (try? parseYAML(bytes, limits: limits))?.first
    }
}

/// The lines of one block of members, edited or written anew. Pure.
private enum RecordLines {
    /// - Parameters:
    ///   - members: As parsed from `lines`, whose indices are line numbers less one.
    ///   - indent: The column of the members' keys, from 0.
    /// - Returns: Nil when the members are not written one below the other.
    static func edited(_ members: [YAMLMember], _ fields: [RecordField], _ lines: ArraySlice<String>, indent: Int)
        -> [String]?
    {
        let starts = members.map { Int($0.keyMark.line) - 1 }
        guard let first = starts.first, lines.indices.contains(first),
            zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }),
            members.allSatisfy({ Int($0.keyMark.column) - 1 == indent })
        else { return nil }
        var pieces: [Piece] = []
        for (index, member) in members.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : lines.endIndex
            guard end <= lines.endIndex else { return nil }
            let own = ownLines(lines[starts[index]..<end], indent: indent)
            let field = fields.first { $0.key.hasSameBytes(as: member.key) }
            pieces.append(
                Piece(
                    key: member.key, lines: field.map { rewritten(member, $0, own, indent: indent) } ?? [],
                    rest: Array(lines[own.endIndex..<end])))
        }
        insertNew(fields, into: &pieces, indent: indent)
        return Array(lines[..<first]) + pieces.flatMap { $0.lines + $0.rest }
    }

    private struct Piece {
        let key: String
        var lines: [String]
        /// Comments and blank lines below it, which belong to nobody or to the next one.
        var rest: [String] = []
    }

    /// A new member goes below the one that comes before it in the usual order.
    private static func insertNew(_ fields: [RecordField], into pieces: inout [Piece], indent: Int) {
        var place = 0
        for field in fields {
            if let index = pieces.firstIndex(where: { $0.key.hasSameBytes(as: field.key) }) {
                place = max(place, index + 1)
                continue
            }
            var piece = Piece(key: field.key, lines: lines(field, indent: indent))
            if place > 0 {
                // What stood below the one before stands below both now.
                piece.rest = pieces[place - 1].rest
                pieces[place - 1].rest = []
            }
            pieces.insert(piece, at: place)
            place += 1
        }
    }

    /// Without the comments and blank lines at the end that are not indented deeper.
    private static func ownLines(_ lines: ArraySlice<String>, indent: Int) -> ArraySlice<String> {
        var own = lines
        while own.count > 1, let last = own.last {
            let depth = last.prefix { $0 == " " }.count
            let isBlank = last.allSatisfy { $0 == " " || $0 == "\t" }
            guard isBlank || (depth <= indent && last.dropFirst(depth).first == "#") else { break }
            own.removeLast()
        }
        return own
    }

    private static func rewritten(_ member: YAMLMember, _ field: RecordField, _ own: ArraySlice<String>, indent: Int)
        -> [String]
    {
        if member.value.value == field.value { return Array(own) }
        let isBelow = member.value.mark.line > member.keyMark.line
        if isBelow, let children = member.value.members, let map = field.value.map, let header = own.first,
            let column = children.first.map({ Int($0.keyMark.column) - 1 }),
            let edited = edited(children, ordered(map, under: field.key), own.dropFirst(), indent: column)
        {
            return [header] + edited
        }
        if own.count == 1, !isBelow, let line = own.first, let edited = inline(member, field, line) { return [edited] }
        return lines(field, indent: indent)
    }

    /// The line with another value on it; nil when that does not fit on one line.
    private static func inline(_ member: YAMLMember, _ field: RecordField, _ line: String) -> String? {
        guard let new = oneLine(field.value) else { return nil }
        let scalars = Array(line.unicodeScalars)
        let start = Int(member.value.mark.column) - 1
        guard start > Int(member.keyMark.column), start <= scalars.count else { return nil }
        let comment = comment(scalars[start...])
        return text(scalars[..<start]) + new + text(comment)
    }

    /// From the white space before a `#` behind the value up to the end; empty when there is none.
    private static func comment(_ value: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        var quote: Unicode.Scalar?
        var isEscaped = false
        var depth = 0
        var blank: Int?
        for (index, scalar) in zip(value.indices, value) {
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if open == "\"", scalar == "\\" {
                    isEscaped = true
                } else if scalar
                    == open
                {
                    quote = nil
                }
                continue
            }
            if scalar == "#", let blank { return value[blank...] }
            if scalar == " " || scalar == "\t" {
                if blank == nil { blank = index }
                continue
            }
            blank = nil
            if scalar == "[" || scalar == "{" { depth += 1 }
            // A quote inside a plain text is a letter.
            if scalar == "\"" || scalar == "'", index == value.startIndex || depth > 0 { quote = scalar }
        }
        return []
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    // MARK: Anew

    static func lines(_ field: RecordField, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        if let map = field.value.map, !map.isEmpty {
            let header = Value.map(Map([Map.Entry(key: field.key, value: .null)])).yaml().dropLast(" null\n".count)
            return [margin + header] + ordered(map, under: field.key).flatMap { lines($0, indent: indent + 2) }
        }
        if let time = plainTime(field.value) { return ["\(margin)\(field.key): \(time)"] }
        let text = Value.map(Map([Map.Entry(key: field.key, value: field.value)])).yaml()
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            line.isEmpty ? "" : margin + line
        }
    }

    /// The members of a map in the order that people expect, others sorted behind.
    private static func ordered(_ map: Map, under key: String) -> [RecordField] {
        let first =
            switch key {
            case "build": ["number", "url", "job"]
            case "source": ["url", "branch", "commit", "message", "author"]
            default: [String]()
            }
        let rest = map.keys.filter { !first.contains($0) }
        return (first + rest).compactMap { key in map[key].map { RecordField(key: key, value: $0) } }
    }

    /// A scalar or a flow collection; nil for a text of several lines.
    private static func oneLine(_ value: Value) -> String? {
        switch value {
        case .map(let map):
            var parts: [String] = []
            for entry in map {
                guard let key = oneLine(.string(entry.key)), let text = inFlow(entry.value) else { return nil }
                parts.append("\(key): \(text)")
            }
            return "{\(parts.joined(separator: ", "))}"
        case .list(let items):
            var parts: [String] = []
            for item in items {
                guard let text = inFlow(item) else { return nil }
                parts.append(text)
            }
            return "[\(parts.joined(separator: ", "))]"
        default:
            if let time = plainTime(value) { return time }
            let text = value.yaml().dropLast()
            return text.contains("\n") || text.hasPrefix("|") ? nil : String(text)
        }
    }

    /// A time as people write it, without the quotes that other readers of YAML would need.
    private static func plainTime(_ value: Value) -> String? {
        guard let text = value.string, Instant(text)?.description == text else { return nil }
        return text
    }

    private static func inFlow(_ value: Value) -> String? {
        guard let text = oneLine(value) else { return nil }
        guard let plain = value.string, plain.hasSameBytes(as: text), plain.contains(where: { ",[]{}".contains($0) })
        else { return text }
        return "\"\(plain.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
