// SPDX-License-Identifier: Apache-2.0

/// A pattern for names: `*` stands for any run of characters, the empty one included, `?` for exactly one.
/// Everything else stands for itself; upper and lower case differ.
public struct Glob: Sendable, Hashable, CustomStringConvertible {
    public let pattern: String

    public init(_ pattern: String) { self.pattern = pattern }

    /// Matches everything.
    public static let any = Glob("*")

    public var description: String { pattern }
    public var hasWildcard: Bool { pattern.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }

    /// Whether it matches everything that `other` could match. Never says so wrongly; where both mix wildcards it may miss it.
    public func covers(_ other: Glob) -> Bool {
        if pattern == other.pattern { return true }
        // A `?` of ours would take the `*` of the other, which may stand for several letters or for none.
        if pattern.unicodeScalars.contains("?"), other.pattern.unicodeScalars.contains("*") { return false }
        // The other's wildcards are letters here that only wildcards of ours can take.
        return matches(other.pattern)
    }

    /// Pure; takes at most pattern × text steps, whatever the pattern.
    public func matches(_ text: String) -> Bool {
        Self.matches(Array(text.unicodeScalars), Array(pattern.unicodeScalars), run: "*", one: "?")
    }

    /// The same over other units than scalars: OpenSSH's patterns count bytes.
    ///
    /// - Parameters:
    ///   - run: Stands in the pattern for any run of units.
    ///   - one: Stands for exactly one.
    public static func matches<Unit: Equatable>(_ text: [Unit], _ pattern: [Unit], run: Unit, one: Unit) -> Bool {
        var (at, position) = (0, 0)
        // Where the last star stands, and up to where it has taken text.
        var star: (at: Int, position: Int)?
        while position < text.count {
            if at < pattern.count, pattern[at] == run {
                star = (at, position)
                at += 1
            } else if at < pattern.count, pattern[at] == one || pattern[at] == text[position] {
                at += 1
                position += 1
            } else if let last = star {
                // The star takes one more; earlier stars never need to, for this one could take the same.
                star = (last.at, last.position + 1)
                at = last.at + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == run }
    }
}
