// SPDX-License-Identifier: Apache-2.0

import Domain

/// A value of `format` that is checked. Values of other kinds than the format is for are left alone.
enum ValuesSchemaFormat: String, Sendable, CaseIterable {
    case dateTime = "date-time"
    case date
    case time
    case duration
    case email
    case hostname
    case ipv4
    case ipv6
    case uri
    case uriReference = "uri-reference"
    case uuid
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex
    // As OpenAPI has them.
    case int32
    case int64

    /// Formats of the standard that kubernaut does not check.
    static let unchecked: Set<String> = [
        "idn-email", "idn-hostname", "iri", "iri-reference", "uri-template", "float", "double", "byte", "binary",
        "password",
    ]

    /// What a value must be, when it is not: "a date (RFC 3339)"; nil when it is.
    func problem(with value: Value) -> String? {
        if self == .int32 || self == .int64 {
            return isInteger(value) ? nil : "a whole number of \(rawValue.dropFirst(3)) bits"
        }
        guard let text = value.string, !fits(text) else { return nil }
        return switch self {
        case .dateTime: "a time such as 2026-08-22T13:55:02Z"
        case .date: "a date such as 2026-08-22"
        case .time: "a time of day such as 13:55:02Z"
        case .duration: "a duration such as P3DT12H (ISO 8601)"
        case .email: "an e-mail address"
        case .hostname: "a host name"
        case .ipv4: "an IPv4 address"
        case .ipv6: "an IPv6 address"
        case .uri: "a URI with its scheme"
        case .uriReference: "a URI or a part of one"
        case .uuid: "a UUID"
        case .jsonPointer, .relativeJSONPointer: "a JSON pointer"
        case .regex: "a regular expression"
        case .int32, .int64: nil
        }
    }

    private func isInteger(_ value: Value) -> Bool {
        guard ExactNumber(value) != nil else { return true }
        guard let number = value.integer else { return false }
        return self == .int64 || Int32(exactly: number) != nil
    }

    private func fits(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        switch self {
        case .dateTime: return FormatText.isDateTime(bytes)
        case .date: return FormatText.isDate(bytes[...])
        case .time: return FormatText.isTime(bytes[...])
        case .duration: return FormatText.isDuration(bytes[...])
        case .email: return FormatText.isEmail(bytes[...])
        case .hostname: return FormatText.isHostname(bytes[...])
        case .ipv4: return FormatText.isIPv4(bytes[...])
        case .ipv6: return FormatText.isIPv6(bytes[...])
        case .uri: return FormatText.isURI(bytes, needsScheme: true)
        case .uriReference: return FormatText.isURI(bytes, needsScheme: false)
        case .uuid: return FormatText.isUUID(bytes)
        case .jsonPointer: return text.isEmpty || JSONPointer(text) != nil
        case .relativeJSONPointer: return FormatText.isRelativePointer(text)
        case .regex: return (try? Pattern(text)) != nil
        case .int32, .int64: return true
        }
    }
}
