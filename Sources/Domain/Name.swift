// SPDX-License-Identifier: Apache-2.0

/// The name of a service, an environment or a team: a DNS label, `[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`.
public struct Name: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    /// Nil when `text` is no DNS label.
    public init?(_ text: some StringProtocol) {
        func isWordByte(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isWordByte(first),
            let last = text.utf8.reversed().first, isWordByte(last),
            text.utf8.allSatisfy({ isWordByte($0) || $0 == UInt8(ascii: "-") })
        else { return nil }
        self.text = String(text)
    }

    /// What a person must change when `init` gave nil.
    public static let rule = "lower-case letters, digits and inner hyphens, at most 63"

    public var description: String { text }
    public static func < (left: Name, right: Name) -> Bool { left.text < right.text }
}
