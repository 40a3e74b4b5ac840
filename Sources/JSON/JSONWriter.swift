// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Value {
    /// Canonical JSON: no white space, keys sorted by their bytes, only the escapes that JSON demands.
    public func json() -> [UInt8] {
        var output = JSONBuffer()
        output.append(self)
        return output.bytes
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
    for byte in text.utf8 {
        if JSONEscapes.isNeeded(byte) { output += JSONEscapes.text(byte) } else { output.append(byte) }
    }
    output.append(UInt8(ascii: "\""))
}
