// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPClient
import Lifecycle
import Logging
import Platform
import WebUI

/// Who may come in, as the configuration says.
struct LoginSetup: Sendable {
    /// Nil when nobody has to sign in.
    let login: LoginSite?
    let localRole: Role?

    /// - Throws: `ConfigurationError`, also when pages would be open to the network without anybody having said so.
    init(_ configuration: ServeConfiguration, sessions: any SessionStore, logger: Logger) throws {
        guard let settings = configuration.login else {
            guard configuration.listen.isLoopback || configuration.localRole != nil else {
                throw ConfigurationError(
                    description:
                        "pages at \(configuration.listen) could be read by the whole network: configure login.github, "
                        + "or open them on purpose with login.local: observer")
            }
            login = nil
            localRole = configuration.localRole ?? .developer
            return
        }
        // A session of one replica is opened by the others.
        guard configuration.store.url == nil || settings.keyFile != nil else {
            throw ConfigurationError(
                description:
                    "with a store that replicas share, login.keyFile must name the keys that they share as well")
        }
        var tls = HTTPClientTLS()
        if let file = settings.authorityFile { tls.authorities = try Files.read(file, limit: 1 << 20) }
        let secretFile = settings.clientSecretFile
        let github = GitHubSettings(
            clientID: settings.clientID, clientSecret: { try Self.secret(in: secretFile) },
            organizations: settings.organizations, webURL: settings.webURL, apiURL: settings.apiURL)
        // Read now, so that a missing file is found at start and not by the first person.
        _ = try github.clientSecret()
        login = LoginSite(
            provider: GitHubOAuth(github, client: HTTPClient(HTTPClientConfiguration(tls: tls))),
            sessions: sessions,
            box: SealedBox(keys: try Self.keys(settings.keyFile, state: configuration.state)),
            publicURL: settings.publicURL, logger: logger)
        localRole = nil
    }

    private static func secret(in file: String) throws -> Secret {
        let text = String(decoding: try Files.read(file, limit: 4096), as: UTF8.self)
        let line = text.split(whereSeparator: \.isWhitespace).first
        guard let line else {
            throw ConfigurationError(description: "\(file) is empty; it must hold the client secret")
        }
        return Secret(String(line))
    }

    /// One key a line, the first seals. Without a file of the operator's, one of the daemon's own, made at the first start.
    private static func keys(_ file: String?, state: String) throws -> [[UInt8]] {
        let path = file ?? "\(state)/login.key"
        if file == nil, !Files.exists(path) {
            try Files.write(Array((Base64.url.text(randomBytes(32)) + "\n").utf8), to: path, mode: 0o600)
        }
        let lines = String(decoding: try Files.read(path, limit: 64 << 10), as: UTF8.self).split(
            whereSeparator: \.isWhitespace)
        guard !lines.isEmpty, lines.allSatisfy({ $0.utf8.count >= 32 }) else {
            throw ConfigurationError(
                description:
                    "\(path) must hold one key a line, each of 32 characters or more; make one with: openssl rand -hex 32"
            )
        }
        return lines.map { derivedKey(from: Array($0.utf8), for: "login") }
    }
}
