// SPDX-License-Identifier: Apache-2.0

import Domain
public import Platform

/// Who may say on whose behalf a request comes.
///
/// One kind of field is read, the one that the proxies are known to write: a proxy passes on what it does not know, so of two kinds
/// a client could write the other.
public struct TrustedProxies: Sendable {
    public enum Field: String, Sendable, CaseIterable {
        /// With `X-Forwarded-Proto`.
        case xForwardedFor = "x-forwarded-for"
        /// RFC 7239.
        case forwarded
    }

    public let ranges: [NetworkRange]
    public let field: Field

    public init(_ ranges: [NetworkRange], field: Field = .xForwardedFor) {
        self.ranges = ranges
        self.field = field
    }

    /// Who is behind a connection.
    struct Origin: Equatable {
        /// The first address from the right that is no proxy of ours.
        let address: String
        /// Whether the client spoke TLS; nil when no proxy of ours says so.
        let isSecure: Bool?
    }

    /// Pure.
    func origin(peer: String, headers: HTTPHeaders) -> Origin {
        guard isTrusted(peer) else { return Origin(address: peer, isSecure: nil) }
        switch field {
        case .xForwardedFor:
            let hops = Self.items(headers.all("X-Forwarded-For")).map(Self.address)
            // The proxy next to us says what came to the first of them, or to itself: either way it vouches.
            let scheme = Self.items(headers.all("X-Forwarded-Proto")).last?.lowercased()
            return Origin(address: client(hops, peer), isSecure: scheme.map { $0 == "https" })
        case .forwarded:
            let elements = Self.items(headers.all("Forwarded")).map(Self.parameters)
            let scheme = elements.last?["proto"]?.lowercased()
            return Origin(
                address: client(elements.map { Self.address($0["for"] ?? "") }, peer),
                isSecure: scheme.map { $0 == "https" })
        }
    }

    private func isTrusted(_ address: String) -> Bool {
        guard let address = NetworkAddress(address) else { return false }
        return ranges.contains { $0.contains(address) }
    }

    /// From the right, past every proxy of ours. What cannot be read ends the walk: nobody of ours wrote it.
    private func client(_ hops: [String?], _ peer: String) -> String {
        var last = peer
        for hop in hops.reversed() {
            guard let hop else { return last }
            last = hop
            if !isTrusted(hop) { return hop }
        }
        return last
    }

    private static func items(_ fields: [String]) -> [String] {
        fields.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.suffix(32).map { trimmed($0) }
    }

    /// The numeric address of `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711` or `2001:db8::1`; nil for anything else.
    private static func address(_ text: String) -> String? {
        if let address = NetworkAddress(text) { return address.plain.description }
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            return NetworkAddress(String(text[..<close].dropFirst()))?.plain.description
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, UInt16(parts[1]) != nil else { return nil }
        return NetworkAddress(String(parts[0]))?.plain.description
    }

    /// `for="[2001:db8::1]:4711";proto=https`; of a repeated name the first counts.
    private static func parameters(_ element: String) -> [String: String] {
        let pairs = element.split(separator: ";").compactMap { part -> (String, String)? in
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            var value = trimmed(pair[1])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                value = String(value.dropFirst().dropLast())
            }
            return (trimmed(pair[0]).lowercased(), value)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(String(text.drop(while: isBlank)).reversed().drop(while: isBlank).reversed())
    }
}
