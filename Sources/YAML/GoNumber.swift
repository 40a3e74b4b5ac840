// SPDX-License-Identifier: Apache-2.0

import Domain

/// Numbers as Go's `strconv` reads and `encoding/json` writes them.
enum GoNumber {
    enum Integer {
        case exact(Int64)
        /// Beyond `Int64`: Kubernetes goes on with the nearest floating-point number.
        case tooBig(Double)
        case none
    }

    /// Reads `strconv.ParseInt(text, 0, 64)`: a sign, then `0x`, `0o`, `0b`, a leading `0` for octal, or decimal.
    static func integer(_ text: [UInt8]) -> Integer {
        var rest = text[...]
        var isNegative = false
        var hasSign = false
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            isNegative = sign == UInt8(ascii: "-")
            hasSign = true
            rest = rest.dropFirst()
        }
        let radix: UInt64
        (radix, rest) = prefix(rest)
        guard !rest.isEmpty else { return .none }
        var magnitude: UInt64 = 0
        for byte in rest {
            guard let digit = digit(byte), digit < radix else { return .none }
            let (product, isTooBig) = magnitude.multipliedReportingOverflow(by: radix)
            let (sum, isStillTooBig) = product.addingReportingOverflow(digit)
            // A decimal number this long is read as a float instead; any other is a string.
            guard !isTooBig, !isStillTooBig else { return .none }
            magnitude = sum
        }
        if isNegative { return magnitude <= 1 << 63 ? .exact(Int64(truncatingIfNeeded: 0 &- magnitude)) : .none }
        if let number = Int64(exactly: magnitude) { return .exact(number) }
        return hasSign ? .none : .tooBig(Double(magnitude))
    }

    private static func prefix(_ digits: ArraySlice<UInt8>) -> (UInt64, ArraySlice<UInt8>) {
        guard digits.count > 1, digits.first == UInt8(ascii: "0") else { return (10, digits) }
        switch digits[digits.startIndex + 1] | 0x20 {
        case UInt8(ascii: "x"): return (16, digits.dropFirst(2))
        case UInt8(ascii: "o"): return (8, digits.dropFirst(2))
        case UInt8(ascii: "b"): return (2, digits.dropFirst(2))
        default: return (8, digits.dropFirst())
        }
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// Reads `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; nil for anything else and for what is too big.
    static func float(_ text: [UInt8]) -> Double? {
        var index = 0
        func skipDigits() -> Int {
            let start = index
            while index < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) { index += 1 }
            return index - start
        }
        func skip(_ scalars: Unicode.Scalar...) -> Bool {
            guard index < text.count, scalars.contains(where: { UInt8(ascii: $0) == text[index] }) else { return false }
            index += 1
            return true
        }
        _ = skip("+", "-")
        let whole = skipDigits()
        let hasPoint = skip(".")
        let fraction = hasPoint ? skipDigits() : 0
        guard whole > 0 || fraction > 0 else { return nil }
        if skip("e", "E") {
            _ = skip("+", "-")
            guard skipDigits() > 0 else { return nil }
        }
        guard index == text.count, let number = Double(String(decoding: text, as: UTF8.self)), number.isFinite else {
            return nil
        }
        return number
    }

    static func hasInnerUnderscores(_ text: [UInt8]) -> Bool {
        func isDigit(_ index: Int) -> Bool {
            text.indices.contains(index) && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index])
        }
        return text.indices.allSatisfy { text[$0] != UInt8(ascii: "_") || isDigit($0 - 1) && isDigit($0 + 1) }
    }

    /// A number as JSON holds it: without exponent from 1e-6 up to 1e21, and whole when it is whole.
    static func value(_ number: Double) -> Value {
        if number == 0 { return .integer(0) }
        let decimal = Decimal(number.magnitude.description)
        let text =
            (number < 0 ? "-" : "")
            + (number.magnitude < 1e-6 || number.magnitude >= 1e21
                ? decimal.scientific(exponentDigits: 1) : decimal.positional)
        return Int64(text).map(Value.integer) ?? .decimal(text)
    }

    /// A floating-point key, as `strconv.FormatFloat(number, 'g', -1, 32)` writes it.
    static func keyText(_ number: Double) -> String {
        let short = Float(number)
        if short.isInfinite { return short < 0 ? "-.inf" : ".inf" }
        if short == 0 { return short.sign == .minus ? "-0" : "0" }
        let decimal = Decimal(short.magnitude.description)
        let exponent = decimal.point - 1
        return (short < 0 ? "-" : "")
            + (exponent < -4 || exponent >= 6 ? decimal.scientific(exponentDigits: 2) : decimal.positional)
    }

    /// The shortest digits that name a number: 0.`digits` × 10^`point`.
    private struct Decimal {
        let digits: [UInt8]
        let point: Int

        /// From what Swift prints for a positive finite number: `12.5`, `1e-07`, `5e+20`.
        init(_ description: String) {
            var digits: [UInt8] = []
            var point = 0
            var sawPoint = false
            var exponent = 0
            let parts = description.split(separator: "e")
            if parts.count == 2 { exponent = Int(parts[1]) ?? 0 }
            for byte in parts[0].utf8 {
                if byte == UInt8(ascii: ".") {
                    sawPoint = true
                    continue
                }
                digits.append(byte)
                if !sawPoint { point += 1 }
            }
            while digits.count > 1, digits.first == UInt8(ascii: "0") {
                digits.removeFirst()
                point -= 1
            }
            while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
            self.digits = digits
            self.point = point + exponent
        }

        var positional: String {
            let text = String(decoding: digits, as: UTF8.self)
            if point <= 0 { return "0." + String(repeating: "0", count: -point) + text }
            if point >= digits.count { return text + String(repeating: "0", count: point - digits.count) }
            return text.prefix(point) + "." + text.dropFirst(point)
        }

        func scientific(exponentDigits: Int) -> String {
            let text = String(decoding: digits, as: UTF8.self)
            let exponent = String((point - 1).magnitude)
            let padding = String(repeating: "0", count: max(0, exponentDigits - exponent.count))
            return text.prefix(1) + (digits.count > 1 ? "." + text.dropFirst() : "") + "e" + (point < 1 ? "-" : "+")
                + padding + exponent
        }
    }
}
