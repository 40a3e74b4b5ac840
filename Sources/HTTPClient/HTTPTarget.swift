// SPDX-License-Identifier: Apache-2.0

/// The parts of an absolute URL that a connection needs.
public struct HTTPTarget: Sendable, Equatable {
    public let isSecure: Bool
    /// Without brackets, as written.
    public let host: String
    public let port: Int
    /// Host and port as written: `api.example:6443`, `[::1]:80`.
    let authority: String
    /// From the path on; may be empty.
    let rest: String

    /// Nil unless `url` is `http` or `https` with a host, without user and without blanks or control characters.
    public init?(_ url: String) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let mark = url.firstRange(of: "://") else { return nil }
        switch url[..<mark.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        let after = url[mark.upperBound...]
        let end = after.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? after.endIndex
        authority = String(after[..<end])
        rest = String(after[end...])
        guard !authority.contains("@"), let (host, port) = Self.split(authority), !host.isEmpty else { return nil }
        self.host = host
        if let port {
            guard let number = UInt16(port), number > 0 else { return nil }
            self.port = Int(number)
        } else {
            self.port = isSecure ? 443 : 80
        }
    }

    private static func split(_ authority: String) -> (host: String, port: Substring?)? {
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            let tail = authority[authority.index(after: close)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            return (
                String(authority[authority.startIndex...close].dropFirst().dropLast()),
                tail.isEmpty ? nil : tail.dropFirst()
            )
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return nil }
        return (String(parts[0]), parts.count == 2 ? parts[1] : nil)
    }

    /// Loopback is never reached through a proxy, as in Go's `net/http`.
    var isLoopback: Bool { host.lowercased() == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// The URL, with another host name when one is given.
    func url(named name: String?) -> String {
        let scheme = isSecure ? "https" : "http"
        guard let name, isSecure else { return "\(scheme)://\(authority)\(rest)" }
        return "\(scheme)://\(name):\(port)\(rest)"
    }
}
