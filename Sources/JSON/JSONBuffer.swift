// SPDX-License-Identifier: Apache-2.0

import Domain

/// Canonical JSON while it is written.
///
/// Every object of an environment goes through here for its digest, so the memory is its own: room is looked for once for
/// each text, and bytes that need no escape go eight at a time.
struct JSONBuffer: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0

    init() {
        // Most objects have less.
        capacity = 4096
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

    mutating func append(_ value: Value) {
        switch value {
        case .null: append(plain: "null")
        case .bool(let truth): append(plain: truth ? "true" : "false")
        case .integer(let number): append(plain: String(number))
        case .decimal(let text): append(plain: text)
        case .string(let text): append(quoted: text)
        case .list(let items):
            append(UInt8(ascii: "["))
            var isFirst = true
            for item in items {
                if !isFirst { append(UInt8(ascii: ",")) }
                isFirst = false
                append(item)
            }
            append(UInt8(ascii: "]"))
        case .map(let map):
            append(UInt8(ascii: "{"))
            var isFirst = true
            for entry in map {
                if !isFirst { append(UInt8(ascii: ",")) }
                isFirst = false
                append(quoted: entry.key)
                append(UInt8(ascii: ":"))
                append(entry.value)
            }
            append(UInt8(ascii: "}"))
        }
    }

    private mutating func reserve(_ more: Int) {
        guard capacity - count < more else { return }
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
    }

    private mutating func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }

    private mutating func append(plain text: String) {
        reserve(text.utf8.count)
        for byte in text.utf8 {
            start[count] = byte
            count += 1
        }
    }

    private mutating func append(quoted text: String) {
        // An escape has six bytes at most.
        reserve(6 * text.utf8.count + 2)
        start[count] = UInt8(ascii: "\"")
        count += 1
        let (output, first) = (start, count)
        var text = text
        count = text.withUTF8 { Self.escape(UnsafeRawBufferPointer($0), into: output, at: first) }
        start[count] = UInt8(ascii: "\"")
        count += 1
    }

    /// - Returns: Where the escaped text ends.
    private static func escape(
        _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<UInt8>, at start: Int
    ) -> Int {
        var (index, count) = (0, start)
        while index < bytes.count {
            if index + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if !JSONEscapes.areIn(word) {
                    UnsafeMutableRawPointer(output + count).storeBytes(of: word, as: UInt64.self)
                    index += 8
                    count += 8
                    continue
                }
            }
            let byte = bytes[index]
            index += 1
            guard JSONEscapes.isNeeded(byte) else {
                output[count] = byte
                count += 1
                continue
            }
            for escaped in JSONEscapes.text(byte) {
                output[count] = escaped
                count += 1
            }
        }
        return count
    }
}

/// What RFC 8259, section 7, says must be escaped in a string.
enum JSONEscapes {
    /// Whether one of eight bytes needs an escape.
    static func areIn(_ word: UInt64) -> Bool {
        let (ones, highs) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        // A borrow out of a byte sets its high bit: from zero, which a quote or a backslash becomes, when one is taken
        // away; from what is smaller than a space, when that is.
        let (quotes, slashes) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
        let found =
            ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes) | ((word &- ones &* 0x20) & ~word)
        return found & highs != 0
    }

    static func isNeeded(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// What is written instead of a byte that needs an escape.
    static func text(_ byte: UInt8) -> [UInt8] {
        let letter: Unicode.Scalar? =
            switch byte {
            case UInt8(ascii: "\""): "\""
            case UInt8(ascii: "\\"): "\\"
            case UInt8(ascii: "\n"): "n"
            case UInt8(ascii: "\r"): "r"
            case UInt8(ascii: "\t"): "t"
            default: nil
            }
        if let letter { return [UInt8(ascii: "\\"), UInt8(ascii: letter)] }
        let digits = Array("0123456789abcdef".utf8)
        return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
