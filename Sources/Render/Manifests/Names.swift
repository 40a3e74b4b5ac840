// SPDX-License-Identifier: Apache-2.0

import Domain

/// The API server's own rules for names and labels (`k8s.io/apimachinery/pkg/util/validation`).
enum Names {
    /// The rule that `name` breaks; nil when it breaks none.
    static func problem(with name: String, kind: GroupKind) -> String? {
        switch (kind.group, kind.kind) {
        case ("rbac.authorization.k8s.io", _):
            let isUsable = name != "." && name != ".." && !name.utf8.contains { "/%".utf8.contains($0) }
            return isUsable ? nil : "it must not be . or .. and holds neither / nor %"
        case ("", "Service"):
            let startsWithLetter = name.utf8.first.map(isLower) ?? false
            return isLabel(name) && startsWithLetter
                ? nil : "allowed: lower-case letters, digits and inner hyphens, a letter first, at most 63"
        case ("", "Namespace"): return isLabel(name) ? nil : "allowed: \(Name.rule)"
        default:
            return isSubdomain(name)
                ? nil : "allowed: lower-case letters, digits, inner hyphens and dots, at most 253"
        }
    }

    static func isQualifiedName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last, (1...63).contains(name.utf8.count), isWordEnclosed(name.utf8)
        else {
            return false
        }
        return parts.count == 1 || isSubdomain(String(parts[0]))
    }

    static func isLabelValue(_ text: String) -> Bool {
        text.isEmpty || text.utf8.count <= 63 && isWordEnclosed(text.utf8)
    }

    private static func isSubdomain(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                guard let first = part.utf8.first, let last = part.utf8.last else { return false }
                return isLowerWord(first) && isLowerWord(last)
                    && part.utf8.allSatisfy { isLowerWord($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isLabel(_ text: String) -> Bool { Name(text) != nil }

    /// Letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.
    private static func isWordEnclosed(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = text.first, let last = text.last, isWord(first), isWord(last) else { return false }
        return text.allSatisfy { isWord($0) || "._-".utf8.contains($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isLowerWord(_ byte: UInt8) -> Bool {
        isLower(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    private static func isWord(_ byte: UInt8) -> Bool {
        isLowerWord(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
