// SPDX-License-Identifier: Apache-2.0

/// The decoded query of a request. Of a repeated name the first value counts.
struct Query: Sendable, Equatable {
    private(set) var items: [(name: String, value: String)] = []

    init(_ raw: String = "") {
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
    subscript(name: String) -> String? {
        get { items.first { $0.name == name }?.value }
        set {
            items.removeAll { $0.name == name }
            if let newValue { items.append((name, newValue)) }
        }
    }

    /// With `?`, or empty when there is nothing.
    var text: String {
        items.isEmpty
            ? "" : "?" + items.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
    }

    /// The same query with one item set, or removed.
    func with(_ name: String, _ value: String?) -> Query {
        var copy = self
        copy[name] = value
        return copy
    }

    static func == (left: Query, right: Query) -> Bool { left.text == right.text }
}

/// Nil for a broken escape, and for bytes that are no UTF-8.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
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
