// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Which GitHub people sign in with, and who of them may.
public struct GitHubSettings: Sendable {
    public let clientID: String
    /// Opened at each use, so that a new secret needs no restart.
    public let clientSecret: @Sendable () throws -> Secret
    /// Logins of the organizations whose members may sign in; never empty.
    public let organizations: [String]
    /// `https://github.com`, or an Enterprise server; without a slash at its end.
    public let webURL: String
    public let apiURL: String

    /// - Parameters:
    ///   - webURL: Nil for github.com.
    ///   - apiURL: Nil derives it from `webURL` as GitHub lays its three products out.
    public init(
        clientID: String, clientSecret: @escaping @Sendable () throws -> Secret, organizations: [String],
        webURL: String? = nil, apiURL: String? = nil
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.organizations = organizations
        self.webURL = Self.trimmed(webURL ?? "https://github.com")
        self.apiURL = Self.trimmed(apiURL ?? Self.apiURL(for: self.webURL))
    }

    private static func apiURL(for web: String) -> String {
        let host = web.drop { $0 != "/" }.drop { $0 == "/" }
        if host == "github.com" { return "https://api.github.com" }
        if host.hasSuffix(".ghe.com") { return "https://api.\(host)" }
        return "\(web)/api/v3"
    }

    private static func trimmed(_ url: String) -> String {
        String(url.reversed().drop { $0 == "/" }.reversed())
    }
}
