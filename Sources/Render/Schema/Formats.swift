// SPDX-License-Identifier: Apache-2.0

import Domain

/// The formats of texts and numbers that an API server looks at (`k8s.io/kube-openapi/pkg/validation/strfmt`), as far as
/// they can be judged for certain. What is not known here is left to the cluster.
enum Formats {
    /// What is wrong, as in "is no date"; nil when nothing is, or when the format is not known here.
    static func problem(with text: String, _ format: String) -> String? {
        switch format {
        case "byte": isBase64(text) ? nil : "no base64"
        case "date-time": Instant(text) != nil ? nil : "no time such as 2026-08-22T13:55:02Z"
        case "date": Instant("\(text)T00:00:00Z") != nil ? nil : "no date such as 2026-08-22"
        case "uuid": isUUID(text) ? nil : "no UUID"
        case "ipv4": isIPv4(text) ? nil : "no IPv4 address"
        default: nil
        }
    }

    static func holds(_ number: Int64, _ format: String) -> Bool {
        format == "int32" ? Int32(exactly: number) != nil : true
    }

    /// `ParseQuantity` of `k8s.io/apimachinery/pkg/api/resource`: a decimal number and a unit or an exponent.
    static func isQuantity(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        let number = rest.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
        let points = number.count { $0 == UInt8(ascii: ".") }
        guard points <= 1, number.count > points else { return false }
        rest = rest.dropFirst(number.count)
        let unit = String(decoding: rest, as: UTF8.self)
        if units.contains(unit) { return true }
        guard unit.first == "e" || unit.first == "E" else { return false }
        return Int32(unit.dropFirst()) != nil
    }

    private static let units: Set<String> = [
        "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Standard alphabet with padding; line breaks may stand anywhere, as in Go.
    private static func isBase64(_ text: String) -> Bool {
        let bytes = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
        guard bytes.count.isMultiple(of: 4) else { return false }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return false }
        return bytes.dropLast(padding).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    private static func isUUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isHyphenated = parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
        guard isHyphenated || parts.count == 1 && text.utf8.count == 32 else { return false }
        return parts.allSatisfy {
            $0.utf8.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) }
        }
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                UInt8(part) != nil && part.utf8.allSatisfy(isDigit) && (part.count == 1 || part.first != "0")
            }
    }
}
