// SPDX-License-Identifier: Apache-2.0

/// Where a browser goes after the login: an address of this site, never of another.
///
/// Browsers read more than one spelling as "another host" (`//host`, `/\host`, a tab between the slashes), so what
/// is not plainly a path is replaced by the start page rather than repaired.
public struct ReturnTarget: Sendable, Hashable {
    /// Path and query, percent-encoded; starts with exactly one slash.
    public let text: String

    /// Bytes. Longer targets would not fit into a cookie.
    private static let limit = 1024

    public init(_ text: String?) {
        self.text = text.flatMap { Self.isPath($0) ? $0 : nil } ?? "/"
    }

    private static func isPath(_ text: String) -> Bool {
        guard text.utf8.count <= limit, isPlain(Array(text.utf8)) else { return false }
        // What a proxy or a browser may decode must be as harmless as what was sent, however often it is decoded.
        var bytes = Array(text.utf8)
        for _ in 0..<3 {
            bytes = decoded(bytes)
            guard isPlain(bytes) else { return false }
        }
        return true
    }

    /// Starts with one slash, and holds nothing that any browser drops or takes for a slash.
    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        bytes.first == UInt8(ascii: "/") && bytes.dropFirst().first != UInt8(ascii: "/")
            && !bytes.contains { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "#") }
    }

    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                output.append(value)
                rest = rest.dropFirst(2)
            } else {
                output.append(byte)
            }
        }
        return output
    }
}
