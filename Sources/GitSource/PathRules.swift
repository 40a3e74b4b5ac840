// SPDX-License-Identifier: Apache-2.0

/// Which names a config repository may use: those that mean the same on every file system.
enum PathRules {
    /// Why `name` is refused; nil when it is fine. Pure.
    static func objection(to name: String) -> String? {
        if isPlain(name) { return nil }
        let lowered = name.lowercased()
        if name.isEmpty || name == "." || name == ".." { return "the name is not allowed" }
        // What other file systems take for `.git`: git itself refuses these (core.protectHFS, core.protectNTFS).
        let trimmed = lowered.unicodeScalars.filter { !isIgnorable($0) }
        let plain = String(String.UnicodeScalarView(trimmed))
        var stem = plain[...]
        while stem.last == " " || stem.last == "." { stem.removeLast() }
        if stem == ".git" || stem == "git~1" || stem.hasPrefix(".git:") { return "the name is git's own" }
        if name.utf8.count > 255 { return "the name is longer than 255 bytes" }
        let isPrintable = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
        if !isPrintable { return "the name holds control characters" }
        if name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) {
            return "the name holds a slash"
        }
        return nil
    }

    /// The form two names must not share in one folder: equal but for case, or for the way of writing an accent.
    static func folded(_ name: String) -> String { isPlain(name) ? name : name.lowercased() }

    /// Whether a name is of lower-case letters, digits, `-`, `_` and inner `.` alone, as nearly all are: nothing can be
    /// said against such a one.
    private static func isPlain(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "."), name.utf8.count <= 255 else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    /// The parts of a config root or folder as a person wrote it: `environments/`, `.`, `a//b`.
    ///
    /// - Throws: `.refused` for `..`.
    static func parts(of path: String) throws(GitError) -> [String] {
        let parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
        for part in parts where objection(to: part) != nil {
            throw GitError(
                code: .refused, operation: "reading the folder \(path)",
                detail: "the path must lie inside the repository, without '..' and '.git'")
        }
        return parts
    }

    // Characters that HFS+ leaves out when it compares names.
    private static func isIgnorable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200c...0x200f, 0x202a...0x202e, 0x206a...0x206f, 0xfeff: true
        default: false
        }
    }
}
