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
        var rest = Substring(text)
        guard rest.utf8.count <= 1024 else { return nil }
        if let at = rest.firstIndex(of: "@") {
            let digest = rest[rest.index(after: at)...]
            guard Self.isDigest(digest) else { return nil }
            self.digest = String(digest)
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let colon = rest[lastSlash...].lastIndex(of: ":") {
            let tag = rest[rest.index(after: colon)...]
            guard Self.isTag(tag) else { return nil }
            self.tag = String(tag)
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, let host = parts.first, Self.looksLikeHost(host) {
            guard Self.isHost(host) else { return nil }
            registry = String(host)
            rest = parts[1]
        } else {
            registry = nil
        }
        let components = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard rest.utf8.count <= 255, !components.isEmpty, components.allSatisfy(Self.isComponent) else { return nil }
        repository = String(rest)
    }

    /// What a person must change when `init` gave nil.
    public static let rule = "[registry/]repository[:tag][@sha256:…], the repository in lower case"

    public var description: String {
        (registry.map { $0 + "/" } ?? "") + repository + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "")
    }

    // MARK: Grammar

    /// The first part is a registry when nothing else can look like it.
    private static func looksLikeHost(_ text: Substring) -> Bool {
        text == "localhost" || text.contains(".") || text.contains(":") || text.utf8.contains { isUpper($0) }
    }

    private static func isHost(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, parts.count <= 2 else { return false }
        if parts.count == 2 {
            guard (1...5).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(isDigit) else { return false }
        }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return isWord(first) && isWord(last) && label.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Lower-case letters and digits, with single `.`, one or two `_`, or any number of `-` between them.
    private static func isComponent(_ text: Substring) -> Bool {
        var separator: [UInt8] = []
        var sawWord = false
        for byte in text.utf8 {
            if isLower(byte) || isDigit(byte) {
                guard separator.isEmpty || sawWord && isSeparator(separator) else { return false }
                separator = []
                sawWord = true
            } else {
                separator.append(byte)
            }
        }
        return sawWord && separator.isEmpty
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        bytes == [UInt8(ascii: ".")] || bytes == [UInt8(ascii: "_")] || bytes == Array("__".utf8)
            || bytes.allSatisfy { $0 == UInt8(ascii: "-") }
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isWord(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isWord($0) || "_.-".utf8.contains($0) }
    }

    private static func isDigest(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].utf8.first, isLower(first) || isUpper(first) else { return false }
        let isHex = parts[1].utf8.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
        let length = parts[1].utf8.count
        return isHex && (parts[0] == "sha256" ? length == 64 : parts[0] == "sha512" ? length == 128 : length >= 32)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) || isDigit(byte) }
}
