// SPDX-License-Identifier: Apache-2.0

import Domain

/// A number as JSON writes it, without rounding: `digits` × 10^`exponent`.
struct ExactNumber: Sendable, Hashable {
    let isNegative: Bool
    /// 0...9 each, without zeros at either end; empty for zero.
    private let digits: [UInt8]
    private let exponent: Int

    /// Nil when `value` is no number.
    init?(_ value: Value) {
        switch value {
        case .integer(let number): self.init(String(number))
        case .decimal(let text): self.init(text)
        default: return nil
        }
    }

    /// - Parameter text: A number of JSON: `-12`, `0.5`, `1e+21`.
    private init(_ text: String) {
        var digits: [UInt8] = []
        var exponent = 0
        var isNegative = false
        var isFraction = false
        var bytes = Array(text.utf8)[...]
        if let mark = bytes.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            exponent = Int(String(decoding: bytes[(mark + 1)...], as: UTF8.self)) ?? 0
            bytes = bytes[..<mark]
        }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            default:
                digits.append(byte &- UInt8(ascii: "0"))
                if isFraction { exponent -= 1 }
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        digits = Array(digits.drop { $0 == 0 })
        self.isNegative = isNegative && !digits.isEmpty
        self.exponent = digits.isEmpty ? 0 : exponent
        self.digits = digits
    }

    /// The digits without sign and point.
    var digitText: String { digits.map(String.init).joined() }
    /// How many zeros follow them; negative for digits behind the point.
    var decimalExponent: Int { exponent }

    var isZero: Bool { digits.isEmpty }
    var isWhole: Bool { exponent >= 0 }

    /// Whether this is a whole number of times `other`; nil when the numbers are too far apart to say.
    func isMultiple(of other: ExactNumber) -> Bool? {
        guard !other.isZero else { return isZero }
        guard !isZero else { return true }
        let shift = exponent - other.exponent
        // Less digits behind the point than `other` has can only come from zeros that were cut off.
        guard let divisor = other.whole(shiftedBy: max(0, -shift)), shift <= 1000 else { return nil }
        var remainder: UInt64 = 0
        for digit in digits + repeatElement(0, count: max(0, shift)) {
            // The divisor has 18 digits at most, so nothing overflows.
            remainder = (remainder * 10 + UInt64(digit)) % divisor
        }
        return remainder == 0
    }

    /// The digits as a whole number, times 10^`zeros`; nil beyond 18 digits.
    private func whole(shiftedBy zeros: Int) -> UInt64? {
        guard digits.count + zeros <= 18 else { return nil }
        return (digits + repeatElement(0, count: zeros)).reduce(0) { $0 * 10 + UInt64($1) }
    }
}

extension ExactNumber: Comparable {
    static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// Of the magnitudes.
    private func isSmaller(than other: ExactNumber) -> Bool {
        if isZero || other.isZero { return isZero && !other.isZero }
        let size = digits.count + exponent
        let otherSize = other.digits.count + other.exponent
        return size == otherSize ? digits.lexicographicallyPrecedes(other.digits) : size < otherSize
    }
}
