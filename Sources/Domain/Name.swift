// SPDX-License-Identifier: Apache-2.0

/// The name of a service, an environment or a team: a DNS label, `[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`.
public struct Name: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    /// Nil when `text` is no DNS label.
    public init?(_ text: some StringProtocol) {
        var count = 0
        // A hyphen may stand neither first nor last.
        var isAfterWord = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): isAfterWord = true
            case UInt8(ascii: "-") where count > 0: isAfterWord = false
            default: return nil
            }
            count += 1
        }
        guard count <= 63, isAfterWord else { return nil }
        self.text = String(text)
    }

    /// What a person must change when `init` gave nil.
    public static let rule = "lower-case letters, digits and inner hyphens, at most 63"

    public var description: String { text }
    public static func < (left: Name, right: Name) -> Bool { left.text < right.text }
}
