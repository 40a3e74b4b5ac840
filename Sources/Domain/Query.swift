// SPDX-License-Identifier: Apache-2.0

/// The decoded fields of a query or of a form (`application/x-www-form-urlencoded`), at most 32. Of a repeated name the first
/// value counts.
public struct Query: Sendable, Equatable {
    public private(set) var items: [(name: String, value: String)] = []

    public init(_ fields: [(name: String, value: String)]) { items = fields }

    public init(_ raw: String = "") {
        for part in raw.split(separator: "&").prefix(32) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(pair[0], plusIsSpace: true),
                let value = percentDecoded(pair.count == 2 ? pair[1] : "", plusIsSpace: true),
                self[name] == nil
            else { continue }
            items.append((name, value))
        }
    }

    /// Nil when the name is not there.
    public subscript(name: String) -> String? {
        get { items.first { $0.name == name }?.value }
        set {
            items.removeAll { $0.name == name }
            if let newValue { items.append((name, newValue)) }
        }
    }

    /// With `?`, or empty when there is nothing.
    public var text: String { items.isEmpty ? "" : "?" + encoded }

    /// As it stands in a URL or a form's body.
    public var encoded: String {
        items.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
    }

    /// The same query with one item set, or removed.
    public func with(_ name: String, _ value: String?) -> Query {
        var copy = self
        copy[name] = value
        return copy
    }

    public static func == (left: Query, right: Query) -> Bool { left.text == right.text }
}

/// Nil for a broken escape, and for bytes that are no UTF-8.
public func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%") {
            let digits = rest.prefix(2)
            guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
                digits.allSatisfy({ $0 != UInt8(ascii: "+") })
            else { return nil }
            rest = rest.dropFirst(2)
            bytes.append(value)
        } else {
            bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

/// RFC 3986, section 2.3: everything but unreserved characters becomes `%XX`. For one segment of a path, or one value of a
/// query.
public func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var output: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            output.append(byte)
        default:
            output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: output, as: UTF8.self)
}
