// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Value {
    /// Canonical JSON: no white space, keys sorted by their bytes, only the escapes that JSON demands.
    public func json() -> [UInt8] {
        var output: [UInt8] = []
        // Most objects have about so much.
        output.reserveCapacity(2048)
        writeCanonical(to: &output)
        return output
    }

    /// JSON for people: two spaces of indentation, a space after each colon, a final newline.
    public func prettyJSON() -> [UInt8] {
        var output: [UInt8] = []
        write(to: &output, indent: 2, level: 0)
        output.append(UInt8(ascii: "\n"))
        return output
    }

    /// `json()` as text.
    public func jsonText() -> String { String(decoding: json(), as: UTF8.self) }

    private func writeCanonical(to output: inout [UInt8]) {
        switch self {
        case .list(let items):
            output.append(UInt8(ascii: "["))
            var isFirst = true
            for item in items {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                item.writeCanonical(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .map(let map):
            output.append(UInt8(ascii: "{"))
            var isFirst = true
            for entry in map {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                writeJSONString(entry.key, to: &output)
                output.append(UInt8(ascii: ":"))
                entry.value.writeCanonical(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        default: writeScalar(to: &output)
        }
    }

    /// Nothing for lists and maps.
    private func writeScalar(to output: inout [UInt8]) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let truth): output += (truth ? "true" : "false").utf8
        case .integer(let number): output += String(number).utf8
        case .decimal(let text): output += text.utf8
        case .string(let text): writeJSONString(text, to: &output)
        case .list, .map: break
        }
    }

    private func write(to output: inout [UInt8], indent: Int, level: Int) {
        switch self {
        case .list(let items):
            bracket("[", "]", items.count, &output, indent, level) { index, output in
                items[index].write(to: &output, indent: indent, level: level + 1)
            }
        case .map(let map):
            bracket("{", "}", map.count, &output, indent, level) { index, output in
                writeJSONString(map[index].key, to: &output)
                output += ": ".utf8
                map[index].value.write(to: &output, indent: indent, level: level + 1)
            }
        default: writeScalar(to: &output)
        }
    }
}

private func bracket(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ count: Int, _ output: inout [UInt8], _ indent: Int, _ level: Int,
    _ member: (Int, inout [UInt8]) -> Void
) {
    output.append(UInt8(ascii: open))
    for index in 0..<count {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        newLine(indent * (level + 1), &output)
        member(index, &output)
    }
    if count > 0 { newLine(indent * level, &output) }
    output.append(UInt8(ascii: close))
}

private func newLine(_ spaces: Int, _ output: inout [UInt8]) {
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: spaces))
}

/// Appends `text` in quotes, escaping what RFC 8259, section 7, says must be escaped.
public func writeJSONString(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
        var start = 0
        while start < bytes.count {
            let end = firstEscape(UnsafeRawBufferPointer(bytes), from: start)
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<end]))
            if end < bytes.count { writeEscape(bytes[end], to: &output) }
            start = end + 1
        }
    }
    output.append(UInt8(ascii: "\""))
}

/// The first byte that cannot stand in a JSON string as it is; the end when there is none.
private func firstEscape(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    let (ones, highs) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
    var index = start
    // Eight bytes at a time: the high bit of a byte says that it is zero after the quote or the backslash was taken
    // from it, or that it is smaller than a space. Now and then it says so wrongly, after a byte for which it is true.
    while index + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let (quotes, slashes) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
        let found =
            ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word) & highs
        if found != 0 { break }
        index += 8
    }
    while index < bytes.count, bytes[index] >= 0x20, bytes[index] != 0x22, bytes[index] != 0x5C { index += 1 }
    return index
}

private func writeEscape(_ byte: UInt8, to output: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): output += "\\\"".utf8
    case UInt8(ascii: "\\"): output += "\\\\".utf8
    case UInt8(ascii: "\n"): output += "\\n".utf8
    case UInt8(ascii: "\r"): output += "\\r".utf8
    case UInt8(ascii: "\t"): output += "\\t".utf8
    default:
        let digits = Array("0123456789abcdef".utf8)
        output += "\\u00".utf8
        output.append(digits[Int(byte >> 4)])
        output.append(digits[Int(byte & 15)])
    }
}
