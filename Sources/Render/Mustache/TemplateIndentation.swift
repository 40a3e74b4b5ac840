// SPDX-License-Identifier: Apache-2.0

/// How deep the content of a block stands, and the same content further out: what replaces a block is written where
/// it is handy and stands where the block does.
enum TemplateIndentation {
    /// The white space before the first line of `nodes` that says something; nil when no line does.
    ///
    /// - Parameter bytes: Of the template that `nodes` belong to. The nodes begin at the start of a line.
    static func first(of nodes: [TemplateNode], in bytes: [UInt8]) -> [UInt8]? {
        // White space of a line whose first tag or word was not seen yet.
        var pending: [UInt8] = []
        for node in nodes {
            switch node {
            case .text(let range):
                switch first(of: range, in: bytes, after: &pending) {
                case let found?: return found
                case nil: continue
                }
            case .variable: return pending
            case .section(_, _, let children):
                if let found = first(of: children, in: bytes) { return found }
            case .partial(let tag), .parent(let tag, _): return tag.isStandalone ? tag.indentation : pending
            case .block(let tag, _): return tag.isStandalone ? tag.indentation : pending
            }
        }
        return nil
    }

    private static func first(of range: Range<Int>, in bytes: [UInt8], after pending: inout [UInt8]) -> [UInt8]? {
        for byte in bytes[range] {
            switch byte {
            case 0x0A: pending = []
            case 0x20, 0x09: pending.append(byte)
            case 0x0D: break
            default: return pending
            }
        }
        return nil
    }

    /// `nodes` with `indentation`, or as much of it as there is, taken from the start of each line.
    ///
    /// - Parameter isAtLineStart: Whether the nodes begin at the start of a line.
    static func remove(
        _ indentation: [UInt8], from nodes: [TemplateNode], in bytes: [UInt8], isAtLineStart: Bool = true
    ) -> [TemplateNode] {
        guard !indentation.isEmpty else { return nodes }
        var isAtLineStart = isAtLineStart
        return nodes.flatMap { node -> [TemplateNode] in
            let wasAtLineStart = isAtLineStart
            isAtLineStart = false
            switch node {
            case .text(let range):
                isAtLineStart = range.last.map { bytes[$0] == 0x0A } ?? wasAtLineStart
                return lines(of: range, in: bytes, without: indentation, isAtLineStart: wasAtLineStart)
            case .variable: return [node]
            case .section(let tag, let isInverted, let children):
                // Whether what follows a section stands at the start of a line, its last line says.
                isAtLineStart = children.isEmpty ? wasAtLineStart : endsLine(children, in: bytes)
                let content = remove(indentation, from: children, in: bytes, isAtLineStart: wasAtLineStart)
                return [.section(tag, isInverted: isInverted, content)]
            case .partial(let tag):
                isAtLineStart = tag.isStandalone
                return [.partial(tag.removing(indentation))]
            case .parent(let tag, let blocks):
                isAtLineStart = tag.isStandalone
                return [.parent(tag.removing(indentation), blocks)]
            case .block(let tag, let children):
                isAtLineStart = tag.endsLine
                let content = remove(
                    indentation, from: children, in: bytes, isAtLineStart: tag.isStandalone || wasAtLineStart)
                return [.block(tag.removing(indentation), content)]
            }
        }
    }

    private static func endsLine(_ nodes: [TemplateNode], in bytes: [UInt8]) -> Bool {
        switch nodes.last {
        case nil: false
        case .text(let range)?: range.last.map { bytes[$0] == 0x0A } ?? false
        case .variable?: false
        case .section(_, _, let children)?: endsLine(children, in: bytes)
        case .partial(let tag)?, .parent(let tag, _)?: tag.isStandalone
        case .block(let tag, _)?: tag.endsLine
        }
    }

    /// The lines of `range` without what `indentation` and their own white space share.
    private static func lines(
        of range: Range<Int>, in bytes: [UInt8], without indentation: [UInt8], isAtLineStart: Bool
    ) -> [TemplateNode] {
        var pieces: [TemplateNode] = []
        var start = range.lowerBound
        var isAtLineStart = isAtLineStart
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 0x0A).map { $0 + 1 } ?? range.upperBound
            if isAtLineStart { start += commonPrefix(of: bytes[start..<end], indentation) }
            if start < end { pieces.append(.text(start..<end)) }
            isAtLineStart = true
            start = end
        }
        return pieces
    }

    static func commonPrefix(of bytes: some Sequence<UInt8>, _ indentation: [UInt8]) -> Int {
        zip(bytes, indentation).prefix { $0 == $1 }.count
    }
}

extension PartialTag {
    func removing(_ indentation: [UInt8]) -> PartialTag {
        let shared = TemplateIndentation.commonPrefix(of: self.indentation, indentation)
        return PartialTag(
            name: name, indentation: Array(self.indentation.dropFirst(shared)), isStandalone: isStandalone,
            offset: offset)
    }
}

extension BlockTag {
    func removing(_ indentation: [UInt8]) -> BlockTag {
        let shared = TemplateIndentation.commonPrefix(of: self.indentation, indentation)
        return with(indentation: Array(self.indentation.dropFirst(shared)))
    }

    func with(indentation: [UInt8]) -> BlockTag {
        BlockTag(
            name: name, indentation: indentation, isStandalone: isStandalone, endsLine: endsLine, offset: offset)
    }
}
