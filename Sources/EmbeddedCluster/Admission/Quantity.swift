// SPDX-License-Identifier: Apache-2.0

/// Amounts of resources: `500m`, `1Gi`, `0.5`, `1e3` (apimachinery's `resource.Quantity`).
enum Quantity {
    private static let binary: [(suffix: String, shift: Int64)] = [
        ("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60),
    ]
    private static let decimal: [(suffix: String, exponent: Int)] = [
        ("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18),
    ]

    /// The form the server gives back: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`. Text that is no quantity,
    /// or beyond 64 bits, stays as it is.
    static func canonical(_ text: String) -> String {
        guard let (digits, places, suffix) = parts(text) else { return text }
        if let unit = binary.first(where: { $0.suffix == suffix }) {
            guard places == 0 else { return binaryFraction(digits, places, unit.shift) ?? text }
            return binaryForm(digits, unit.shift)
        }
        guard let exponent = exponent(of: suffix) else { return text }
        return decimalForm(digits, exponent - places, scientific: suffix.first == "e" || isExponent(suffix)) ?? text
    }

    static func isValid(_ text: String) -> Bool {
        guard let (_, _, suffix) = parts(text) else { return false }
        return binary.contains { $0.suffix == suffix } || exponent(of: suffix) != nil
    }

    private static func isExponent(_ suffix: String) -> Bool {
        suffix.count > 1 && suffix.first == "E" && !suffix.hasSuffix("i")
    }

    /// The digits without the point, how many stood after it, and the suffix.
    private static func parts(_ text: String) -> (digits: Int64, places: Int, suffix: String)? {
        var rest = text[...]
        var sign: Int64 = 1
        if rest.first == "-" { sign = -1 }
        if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
        let whole = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(whole.count)
        var fraction: Substring = ""
        if rest.first == "." {
            rest.removeFirst()
            fraction = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count)
        }
        while fraction.last == "0" { fraction.removeLast() }
        guard !whole.isEmpty || !fraction.isEmpty, let digits = Int64(whole + fraction) else { return nil }
        return (sign * digits, fraction.count, String(rest))
    }

    private static func exponent(of suffix: String) -> Int? {
        if let unit = decimal.first(where: { $0.suffix == suffix }) { return unit.exponent }
        guard suffix.first == "e" || suffix.first == "E" else { return nil }
        return Int(suffix.dropFirst())
    }

    private static func binaryForm(_ digits: Int64, _ shift: Int64) -> String {
        var digits = digits
        var shift = shift
        while digits != 0, digits % 1024 == 0, shift < 60 {
            digits /= 1024
            shift += 10
        }
        return "\(digits)\(binary.first { $0.shift == shift }?.suffix ?? "")"
    }

    private static func binaryFraction(_ digits: Int64, _ places: Int, _ shift: Int64) -> String? {
        guard shift < 60, places < 12 else { return nil }
        let (product, overflows) = digits.multipliedReportingOverflow(by: 1 << shift)
        let scale = (0..<places).reduce(Int64(1)) { number, _ in number * 10 }
        guard !overflows else { return nil }
        guard product % scale == 0 else { return nil }
        var bytes = product / scale
        var unit: Int64 = 0
        while bytes != 0, bytes % 1024 == 0, unit < 60 {
            bytes /= 1024
            unit += 10
        }
        return "\(bytes)\(binary.first { $0.shift == unit }?.suffix ?? "")"
    }

    private static func decimalForm(_ digits: Int64, _ exponent: Int, scientific: Bool) -> String? {
        guard digits != 0 else { return "0" }
        var digits = digits
        var exponent = exponent
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        // Down to a multiple of three, so that a suffix fits.
        while exponent % 3 != 0 || exponent > 18 {
            let (product, overflows) = digits.multipliedReportingOverflow(by: 10)
            guard !overflows else { return nil }
            digits = product
            exponent -= 1
        }
        guard exponent >= -9, let unit = decimal.first(where: { $0.exponent == exponent }) else { return nil }
        return scientific && exponent > 0 ? "\(digits)e\(exponent)" : "\(digits)\(unit.suffix)"
    }
}
