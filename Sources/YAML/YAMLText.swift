// SPDX-License-Identifier: Apache-2.0

import Domain

/// How a string is written so that it is read back as that string.
enum YAMLText {
    /// Appends `text` on one line: plain when that is safe, in quotes otherwise.
    static func write(_ text: String, to bytes: inout [UInt8]) {
        if isPlain(text) {
            bytes += text.utf8
        } else if needsEscapes(text)
            || !text.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") })
        {
            writeDoubleQuoted(text, to: &bytes)
        } else {
            bytes.append(UInt8(ascii: "'"))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "'") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "'"))
        }
    }

    /// Whether a literal block shows `text` well and gives it back.
    static func suitsBlock(_ text: String) -> Bool {
        var hasLineBreak = false
        var hasContent = false
        for byte in text.utf8 {
            if byte == 0x0A { hasLineBreak = true } else if byte != 0x20, byte != 0x09 { hasContent = true }
        }
        guard hasLineBreak, hasContent else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || !needsEscape($0) }
    }

    private static func isPlain(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last, last != 0x20, last != UInt8(ascii: ":") else {
            return false
        }
        switch first {
        case 0x20, UInt8(ascii: "!"), UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: ","), UInt8(ascii: ">"), UInt8(ascii: "@"),
            UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
            UInt8(ascii: "}"), UInt8(ascii: "="):
            return false
        case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
            guard let second = bytes.dropFirst().first, second != 0x20, !text.hasPrefix("---") else { return false }
        case UInt8(ascii: "."): if text.hasPrefix("...") { return false }
        case UInt8(ascii: "<"): if text == "<<" { return false }
        default: break
        }
        var previous: UInt8 = 0
        var isASCII = true
        for byte in bytes {
            if byte < 0x20 || byte == 0x7F { return false }
            if byte == 0x20, previous == UInt8(ascii: ":") { return false }
            if byte == UInt8(ascii: "#"), previous == 0x20 { return false }
            if byte >= 0x80 { isASCII = false }
            previous = byte
        }
        if !isASCII, needsEscapes(text) { return false }
        guard case .string = YAMLResolver.plain(text) else { return false }
        return !looksLikeTimeOrBase60(bytes)
    }

    /// Strings to Kubernetes, but not to every reader of YAML: `2026-01-01`, `12:30`.
    private static func looksLikeTimeOrBase60(_ text: String.UTF8View) -> Bool {
        guard let first = text.first, isDigit(first) || first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else {
            return false
        }
        let body = isDigit(first) ? text[...] : text.dropFirst()
        if body.allSatisfy({
            isDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
        }) {
            return body.contains(UInt8(ascii: ":"))
        }
        return body.prefix(4).count(where: isDigit) == 4 && body.dropFirst(4).first == UInt8(ascii: "-")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func needsEscapes(_ text: String) -> Bool { text.unicodeScalars.contains(where: needsEscape) }

    /// Whether a character must not stand in a file as it is: YAML forbids it, takes it for a line break, or a
    /// reviewer would not see it.
    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: false
        case 0..<0x20, 0x7F...0xA0, 0xAD, 0x61C, 0x180E: true
        // Zero width, direction marks, line and paragraph separators, invisible operators.
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F: true
        // Byte order mark, interlinear marks, what is no character.
        case 0xFEFF, 0xFFF9...0xFFFB, 0xFFFE, 0xFFFF: true
        // Tags, which spell invisible text.
        case 0xE0000...0xE007F: true
        default: false
        }
    }

    private static func writeDoubleQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes += "\\\"".utf8
            case "\\": bytes += "\\\\".utf8
            case "\n": bytes += "\\n".utf8
            case "\t": bytes += "\\t".utf8
            case "\r": bytes += "\\r".utf8
            case "\0": bytes += "\\0".utf8
            default:
                if needsEscape(scalar) { writeEscape(scalar.value, to: &bytes) } else { bytes += String(scalar).utf8 }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func writeEscape(_ value: UInt32, to bytes: inout [UInt8]) {
        let (letter, width): (Unicode.Scalar, Int) = value <= 0xFF ? ("x", 2) : value <= 0xFFFF ? ("u", 4) : ("U", 8)
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(ascii: letter))
        let digits = String(value, radix: 16, uppercase: true)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width - digits.utf8.count))
        bytes += digits.utf8
    }
}
