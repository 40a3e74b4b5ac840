// SPDX-License-Identifier: Apache-2.0

/// Tags of inheritance that stand alone on a line, together: `{{<base}}{{$ports}}`, `{{/ports}}{{/base}}`,
/// `{{$ports}}{{/ports}}`. What they leave behind is no line.
struct InheritanceLine {
    struct Member {
        /// The white space before the line's first tag.
        let indentation: [UInt8]
        /// Where the text before this tag ends: at the start of the line, or where the tag before it ended.
        let textEnd: Int
        /// Where the text after it goes on: after the line break, for a tag that ends its line.
        let next: Int
        let endsLine: Bool
    }

    /// By the first byte of each tag.
    private(set) var members: [Int: Member] = [:]

    /// What the reader of a line must know of the frames that are open.
    enum Frame {
        case inheritance
        case other
    }

    private struct Tag {
        let sigil: UInt8
        let start: Int
        let end: Int
        /// Inside how many tags that were opened on the same line.
        let depth: Int
    }

    /// Reads the rest of the line from the tag at `start`, which only white space precedes.
    ///
    /// - Parameters:
    ///   - frames: What is open before the tag, the innermost last.
    /// - Returns: Nil when something on the line stands outside of the tags, or is no tag of inheritance.
    init?(
        _ bytes: [UInt8], from start: Int, lineStart: Int, open: [UInt8], close: [UInt8], frames: [Frame]
    ) {
        var opened: [UInt8] = []
        var outer = frames
        var tags: [Tag] = []
        var isTagsOnly = true
        var position = start
        while position < bytes.count, bytes[position] != 0x0A {
            guard bytes[position...].starts(with: open) else {
                if ![0x20, 0x09, 0x0D].contains(bytes[position]) {
                    // Text between the blocks of a parent, or the content of a block.
                    guard opened.contains(UInt8(ascii: "<")) else { return nil }
                    isTagsOnly = false
                }
                position += 1
                continue
            }
            guard let (sigil, end) = Self.tag(bytes, at: position, open, close) else { return nil }
            switch sigil {
            case UInt8(ascii: "<"), UInt8(ascii: "$"):
                tags.append(Tag(sigil: sigil, start: position, end: end, depth: opened.count))
                opened.append(sigil)
            case UInt8(ascii: "/"):
                if let last = opened.popLast() {
                    if last != UInt8(ascii: "#") {
                        tags.append(Tag(sigil: sigil, start: position, end: end, depth: opened.count))
                    }
                } else {
                    guard outer.popLast() == .inheritance else { return nil }
                    tags.append(Tag(sigil: sigil, start: position, end: end, depth: 0))
                }
            default:
                guard opened.contains(UInt8(ascii: "<")) else { return nil }
                isTagsOnly = false
                if sigil == UInt8(ascii: "#") || sigil == UInt8(ascii: "^") { opened.append(UInt8(ascii: "#")) }
            }
            position = end
        }
        let afterBreak = position < bytes.count ? position + 1 : position
        let indentation = Array(bytes[lineStart..<start])
        let alone = isTagsOnly ? tags : tags.filter { $0.depth == 0 }
        for (index, tag) in alone.enumerated() {
            let isLast = index == alone.count - 1 && tag.end == tags[tags.count - 1].end
            let endsLine = isLast && bytes[tag.end..<position].allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
            let textEnd = index == 0 ? lineStart : isTagsOnly ? alone[index - 1].end : tag.start
            members[tag.start] = Member(
                indentation: indentation, textEnd: textEnd, next: endsLine ? afterBreak : tag.end, endsLine: endsLine)
        }
    }

    /// The sigil of the tag at `start`, 0 for none, and where it ends; nil for one that is not closed on its line or
    /// sets delimiters.
    private static func tag(
        _ bytes: [UInt8], at start: Int, _ open: [UInt8], _ close: [UInt8]
    ) -> (sigil: UInt8, end: Int)? {
        let content = start + open.count
        guard content < bytes.count, bytes[content] != UInt8(ascii: "=") else { return nil }
        let closing = bytes[content] == UInt8(ascii: "{") ? [UInt8(ascii: "}")] + close : close
        var position = content
        while position < bytes.count, bytes[position] != 0x0A {
            if bytes[position...].starts(with: closing) { return (bytes[content], position + closing.count) }
            position += 1
        }
        return nil
    }
}
