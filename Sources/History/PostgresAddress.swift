// SPDX-License-Identifier: Apache-2.0

public import Domain

/// A PostgreSQL database and how to be let into it: `postgres://user@host/database?sslmode=verify-full`.
///
/// What libpq reads from the environment and from `~/.pgpass` counts as well. The URL may hold a password and is therefore
/// never shown; `description` is what people may see.
public struct PostgresAddress: Sendable, CustomStringConvertible {
    let url: Secret
    /// Read at each connection; nil when the URL, `PGPASSFILE` or trust lets us in.
    let password: (@Sendable () throws -> Secret)?
    public let description: String
    let isLocal: Bool
    var limits = Limits()

    /// Whole seconds each.
    struct Limits: Sendable {
        /// From the first packet to being let in; per address of the host.
        var connect = 5
        /// For the server's work on one statement.
        var statement = 10
        /// For an answer to come back, the network's share included.
        var answer = 20
    }

    /// - Throws: `HistoryError` with code `.other` for a URL that libpq does not understand.
    public init(url: Secret, password: (@Sendable () throws -> Secret)? = nil) throws(HistoryError) {
        let parts = try PostgresConnection.parts(of: url)
        self.url = url
        self.password = password
        let host = parts["host"] ?? parts["hostaddr"] ?? ""
        isLocal =
            host.isEmpty || host.hasPrefix("/") || host.hasPrefix("127.") || ["localhost", "::1"].contains(host)
        let user = parts["user"].map { "\($0)@" } ?? ""
        let place = host.hasPrefix("/") || host.isEmpty ? "" : host.contains(":") ? "[\(host)]" : host
        let port = parts["port"].map { ":\($0)" } ?? ""
        description = "postgres://\(user)\(place)\(port)/\(parts["dbname"] ?? "")"
    }

    public static func isURL(_ text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }
}
