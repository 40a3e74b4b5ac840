// SPDX-License-Identifier: Apache-2.0

/// The two ways of RFC 4648 to write bytes as text.
public enum Base64: Sendable {
    /// Section 4, with padding.
    case standard
    /// Section 5, for URLs and cookies, without padding.
    case url

    private var letters: [UInt8] {
        let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return Array((common + (self == .standard ? "+/" : "-_")).utf8)
    }

    public func text(_ bytes: some Collection<UInt8>) -> String {
        let letters = letters
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let group = rest.prefix(3)
            rest = rest.dropFirst(3)
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0...group.count { text.append(letters[bits >> (18 - 6 * position) & 63]) }
            if self == .standard { for _ in group.count..<3 { text.append(UInt8(ascii: "=")) } }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for anything else, missing padding included; white space is skipped, as files written by hand contain it.
    public func bytes(_ text: String) -> [UInt8]? {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
        let symbols = text.utf8.filter { !($0 == 0x20 || (0x09...0x0D).contains($0)) }
        let digits = symbols.prefix { $0 != UInt8(ascii: "=") }
        let padding = symbols[digits.endIndex...]
        let isWhole = self == .url ? padding.isEmpty : symbols.count.isMultiple(of: 4) && padding.count <= 2
        guard isWhole, digits.count % 4 != 1, padding.allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3 + 3)
        var word: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard values[Int(digit)] < 64 else { return nil }
            word = word << 6 | UInt32(values[Int(digit)])
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return bytes
    }
}
