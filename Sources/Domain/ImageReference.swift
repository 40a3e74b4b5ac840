// SPDX-License-Identifier: Apache-2.0

/// A container image's name as registries read it: `[registry[:port]/]repository[:tag][@algorithm:digest]`.
///
/// The grammar is that of the distribution project's `reference` package.
public struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// `registry.acme.io:5000`; nil where the name has none and the container runtime chooses.
    public let registry: String?
    /// `shop/cart`
    public let repository: String
    public let tag: String?
    /// `sha256:` and 64 hexadecimal digits, or another algorithm.
    public let digest: String?

    /// Nil when `text` is no image reference.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 1024 else { return nil }
        var rest = Array(text.utf8)[...]
        if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            let digest = rest[(at + 1)...]
            guard Self.isDigest(digest) else { return nil }
            self.digest = String(decoding: digest, as: UTF8.self)
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: UInt8(ascii: "/")) ?? rest.startIndex
        if let colon = rest[lastSlash...].lastIndex(of: UInt8(ascii: ":")) {
            let tag = rest[(colon + 1)...]
            guard Self.isTag(tag) else { return nil }
            self.tag = String(decoding: tag, as: UTF8.self)
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        if let slash = rest.firstIndex(of: UInt8(ascii: "/")), Self.looksLikeHost(rest[..<slash]) {
            guard Self.isHost(rest[..<slash]) else { return nil }
            registry = String(decoding: rest[..<slash], as: UTF8.self)
            rest = rest[(slash + 1)...]
        } else {
            registry = nil
        }
        guard rest.count <= 255, Self.parts(of: rest, at: UInt8(ascii: "/"), areAll: Self.isComponent) else {
            return nil
        }
        repository = String(decoding: rest, as: UTF8.self)
    }

    /// What a person must change when `init` gave nil.
    public static let rule = "[registry/]repository[:tag][@sha256:…], the repository in lower case"

    public var description: String {
        (registry.map { $0 + "/" } ?? "") + repository + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
    }

    // MARK: Grammar

    private typealias Bytes = ArraySlice<UInt8>

    /// Whether `holds` is true of everything between the separators, what is empty included.
    private static func parts(of text: Bytes, at separator: UInt8, areAll holds: (Bytes) -> Bool) -> Bool {
        var start = text.startIndex
        for index in text.indices where text[index] == separator {
            guard holds(text[start..<index]) else { return false }
            start = index + 1
        }
        return holds(text[start...])
    }

    /// The first part is a registry when nothing else can look like it.
    private static func looksLikeHost(_ text: Bytes) -> Bool {
        text.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || isUpper($0) }
            || text.elementsEqual("localhost".utf8)
    }

    private static func isHost(_ text: Bytes) -> Bool {
        var name = text
        if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            let port = text[(colon + 1)...]
            guard (1...5).contains(port.count), port.allSatisfy(isDigit) else { return false }
            name = text[..<colon]
        }
        return parts(of: name, at: UInt8(ascii: ".")) { label in
            guard let first = label.first, let last = label.last else { return false }
            return isWord(first) && isWord(last) && label.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Lower-case letters and digits, with single `.`, one or two `_`, or any number of `-` between them.
    private static func isComponent(_ text: Bytes) -> Bool {
        guard let first = text.first, let last = text.last, isLowerWord(first), isLowerWord(last) else { return false }
        var start = text.startIndex
        while let next = text[start...].firstIndex(where: { !isLowerWord($0) }) {
            let end = text[next...].firstIndex(where: isLowerWord) ?? text.endIndex
            guard isSeparator(text[next..<end]) else { return false }
            start = end
        }
        return true
    }

    private static func isSeparator(_ bytes: Bytes) -> Bool {
        switch bytes.first {
        case UInt8(ascii: "."): bytes.count == 1
        case UInt8(ascii: "_"): bytes.count <= 2 && bytes.last == UInt8(ascii: "_")
        default: bytes.allSatisfy { $0 == UInt8(ascii: "-") }
        }
    }

    private static func isTag(_ text: Bytes) -> Bool {
        guard let first = text.first, text.count <= 128 else { return false }
        return (isWord(first) || first == UInt8(ascii: "_"))
            && text.allSatisfy {
                isWord($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }

    private static func isDigest(_ text: Bytes) -> Bool {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), let first = text.first,
            isLower(first) || isUpper(first)
        else { return false }
        let (algorithm, digits) = (text[..<colon], text[(colon + 1)...])
        let isNamed = algorithm.allSatisfy { isWord($0) || "-_+.".utf8.contains($0) }
        let isHex = digits.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
        let length =
            algorithm.elementsEqual("sha256".utf8) ? 64 : algorithm.elementsEqual("sha512".utf8) ? 128 : nil
        return isNamed && isHex && length.map { $0 == digits.count } ?? (digits.count >= 32)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isLowerWord(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) || isDigit(byte) }
}
