// SPDX-License-Identifier: Apache-2.0

/// The cookies of a request. Of two with one name neither counts: somebody put the second there.
public struct Cookies: Sendable {
    private var values: [String: String?] = [:]

    /// - Parameter headers: Every `Cookie` field of the request.
    public init(_ headers: [String]) {
        for pair in headers.joined(separator: ";").split(separator: ";").prefix(64) {
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let name = String(pair[..<equals].drop { $0 == " " })
            let value = String(pair[pair.index(after: equals)...])
            values[name] = .some(values.keys.contains(name) ? nil : value)
        }
    }

    public subscript(name: String) -> String? { values[name] ?? nil }
}

/// A `Set-Cookie` field that only this site can read and set: RFC 6265bis, `__Host-` prefix.
public struct SetCookie: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let value: String
    /// Seconds; 0 removes the cookie, nil lets it end with the browser.
    public let maxAge: Int?

    /// - Parameter name: Without `__Host-`.
    public init(_ name: String, _ value: String, maxAge: Int?) {
        self.name = Self.prefix + name
        self.value = value
        self.maxAge = maxAge
    }

    public static let prefix = "__Host-"

    /// `Lax` and not `Strict`: a strict cookie would be missing on the way back from GitHub.
    public var description: String {
        "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Lax" + (maxAge.map { "; Max-Age=\($0)" } ?? "")
    }
}
