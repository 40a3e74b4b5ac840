// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Placeholders: `K`, sixteen hexadecimal digits that no input can hold because they are a digest of it, `x`, the
/// index in hexadecimal, `z`. To YAML a word like any other.
///
/// The `K` comes nowhere else in a token, so a token cannot begin inside of what precedes it.
enum Token {
    /// - Parameter seeds: Names the content of every file that can take part in an expansion.
    static func prefix(_ seeds: [String]) -> [UInt8] {
        Array(("K" + sha256Hex(Array(seeds.joined(separator: "\n").utf8)).prefix(16) + "x").utf8)
    }

    /// Finds the next token of `text` at or after `start`.
    static func next(
        _ prefix: [UInt8], in text: borrowing [UInt8], from start: Int
    ) -> (range: Range<Int>, index: Int)? {
        var position = start
        while position + prefix.count < text.count {
            guard let found = text[position...].firstIndex(of: UInt8(ascii: "K")) else { return nil }
            var end = found + prefix.count
            guard end < text.count, text[found..<end].elementsEqual(prefix) else {
                position = found + 1
                continue
            }
            var index = 0
            while end < text.count, let digit = hexDigit(text[end]), index < 1 << 32 {
                index = index << 4 | digit
                end += 1
            }
            guard end < text.count, text[end] == UInt8(ascii: "z") else {
                position = found + 1
                continue
            }
            return (found..<end + 1, index)
        }
        return nil
    }

    private static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        default: nil
        }
    }
}

/// Appends the token of slot `index`.
func writeToken(_ prefix: [UInt8], _ index: Int, to output: inout [UInt8]) {
    output += prefix
    output += String(index, radix: 16).utf8
    output.append(UInt8(ascii: "z"))
}
