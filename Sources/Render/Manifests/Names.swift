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
        // Names of pods and labels are made of these, with something added.
        case ("batch", "CronJob"):
            return isSubdomain(name.utf8) && name.utf8.count <= 52
                ? nil : "allowed: lower-case letters, digits, inner hyphens and dots, at most 52"
        case ("batch", "Job"):
            return isSubdomain(name.utf8) && name.utf8.count <= 63
                ? nil : "allowed: lower-case letters, digits, inner hyphens and dots, at most 63"
        case ("apiextensions.k8s.io", "CustomResourceDefinition"):
            return isSubdomain(name.utf8) && name.contains(".")
                ? nil : "it is named <plural>.<group>, as in carts.acme.io"
        default:
            return isSubdomain(name.utf8)
                ? nil : "allowed: lower-case letters, digits, inner hyphens and dots, at most 253"
        }
    }

    static func isQualifiedName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else {
            return (1...63).contains(bytes.count) && isWordEnclosed(bytes)
        }
        let name = bytes[bytes.index(after: slash)...]
        return (1...63).contains(name.count) && isWordEnclosed(name) && isSubdomain(bytes[..<slash])
    }

    static func isLabelValue(_ text: String) -> Bool {
        text.isEmpty || text.utf8.count <= 63 && isWordEnclosed(text.utf8)
    }

    private static func isSubdomain(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        guard (1...253).contains(text.count) else { return false }
        // A dot stands for the border of a label, as do both ends.
        var before = UInt8(ascii: ".")
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard isLowerWord(before) else { return false }
            } else if byte == UInt8(ascii: "-") {
                guard before != UInt8(ascii: ".") else { return false }
            } else if !isLowerWord(byte) {
                return false
            }
            before = byte
        }
        return isLowerWord(before)
    }

    private static func isLabel(_ text: String) -> Bool { Name(text) != nil }

    /// Letters, digits, `.`, `_` and `-`, with a letter or digit at both ends.
    private static func isWordEnclosed(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = text.first, let last = text.last, isWord(first), isWord(last) else { return false }
        return text.allSatisfy {
            isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isLowerWord(_ byte: UInt8) -> Bool {
        isLower(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    private static func isWord(_ byte: UInt8) -> Bool {
        isLowerWord(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
