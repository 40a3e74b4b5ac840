// SPDX-License-Identifier: Apache-2.0

public import Domain
public import HTTPClient
import JSON

/// Sign-in through an OAuth App of GitHub or GitHub Enterprise (docs.github.com, "Authorizing OAuth apps").
public struct GitHubOAuth: IdentityProvider {
    private let settings: GitHubSettings
    private let api: GitHubAPI

    /// - Parameter client: Has the authorities and the proxy that lead to GitHub.
    public init(_ settings: GitHubSettings, client: HTTPClient) {
        self.settings = settings
        api = GitHubAPI(client: client, base: settings.apiURL, web: settings.webURL)
    }

    public var issuer: String { "\(settings.webURL)/login/oauth" }

    public func authorizeURL(state: String, challenge: String, redirect: String) -> String {
        let query = Query([
            ("client_id", settings.clientID), ("redirect_uri", redirect), ("scope", "read:org"), ("state", state),
            ("code_challenge", challenge), ("code_challenge_method", "S256"), ("allow_signup", "false"),
        ])
        return "\(settings.webURL)/login/oauth/authorize\(query.text)"
    }

    public func token(for code: String, verifier: String, redirect: String) async throws(LoginError) -> Secret {
        let operation = "exchanging the code for a token"
        let secret: Secret
        do {
            secret = try settings.clientSecret()
        } catch {
            throw LoginError(.misconfigured, operation: operation, detail: "the client secret cannot be read: \(error)")
        }
        let form = secret.withUnsafeValue { secret in
            Query([
                ("client_id", settings.clientID), ("client_secret", secret), ("code", code),
                ("redirect_uri", redirect), ("code_verifier", verifier),
            ]).encoded
        }
        let answer = try await api.post(
            "\(settings.webURL)/login/oauth/access_token", form: form, operation: operation)
        // GitHub reports errors with status 200.
        if let problem = answer["error"]?.string { throw Self.error(problem, operation) }
        guard let token = answer["access_token"]?.string, !token.isEmpty,
            answer["token_type"]?.string?.lowercased() == "bearer"
        else { throw LoginError(.unreachable, operation: operation, detail: "the answer holds no bearer token") }
        // Somebody may grant less than was asked; without this scope no team can be read.
        let scopes = (answer["scope"]?.string ?? "").split { $0 == "," || $0 == " " }
        guard scopes.contains("read:org") || scopes.contains("admin:org") || scopes.contains("write:org") else {
            throw LoginError(
                .restricted, operation: operation, detail: "the permission to read organizations was not granted",
                help: "\(settings.webURL)/settings/connections/applications/\(settings.clientID)")
        }
        return Secret(token)
    }

    public func person(with token: Secret, at now: Instant) async throws(LoginError) -> Person {
        let user = try await api.get("/user", token: token, operation: "reading who signed in")
        guard let id = user["id"]?.integer, id > 0, let login = user["login"]?.string, isGitHubName(login) else {
            throw LoginError(
                .unreachable, operation: "reading who signed in",
                detail: "the answer has no id and login; is "
                    + "\(settings.apiURL) the address of the API?")
        }
        try await checkMembership(token)
        let teams = try await api.pages("/user/teams?per_page=100", token: token, operation: "reading teams")
        let organizations = Set(settings.organizations.map { $0.lowercased() })
        let memberships = try teams.map { team throws(LoginError) in
            guard let id = team["id"]?.integer, let slug = team["slug"]?.string,
                let organization = team["organization"]?["login"]?.string
            else {
                throw LoginError(
                    .unreachable, operation: "reading teams", detail: "a team has no id, slug or organization")
            }
            return TeamMembership(organization: organization, slug: slug, id: id)
        }
        return Person(
            id: id, login: login, name: user["name"]?.string,
            teams: Set(memberships.filter { organizations.contains($0.organization) }), teamsReadAt: now)
    }

    /// An invitation that was not accepted (`pending`) is no membership.
    private func checkMembership(_ token: Secret) async throws(LoginError) {
        for organization in settings.organizations {
            let path = "/user/memberships/orgs/\(organization)"
            let operation = "reading the membership in \(organization)"
            guard let answer = try await api.find(path, token: token, operation: operation) else { continue }
            if answer["state"]?.string == "active" { return }
        }
        throw LoginError(
            .notAMember, operation: "signing in",
            detail: "not an active member of \(settings.organizations.joined(separator: ", ")), or the organization "
                + "does not let this application see it",
            help: "\(settings.webURL)/settings/connections/applications/\(settings.clientID)")
    }

    public func revoke(_ token: Secret) async {
        guard let secret = try? settings.clientSecret() else { return }
        let body: Value = ["access_token": .string(token.withUnsafeValue { $0 })]
        await api.delete(
            "/applications/\(settings.clientID)/token", user: settings.clientID, password: secret, body: body)
    }

    private static func error(_ code: String, _ operation: String) -> LoginError {
        switch code {
        case "bad_verification_code":
            LoginError(.expired, operation: operation, detail: "the code was used before, or is older than ten minutes")
        case "incorrect_client_credentials":
            LoginError(.misconfigured, operation: operation, detail: "GitHub does not accept the client id and secret")
        case "redirect_uri_mismatch":
            LoginError(
                .misconfigured, operation: operation,
                detail: "the callback address is not the one that is registered for the application")
        case "unverified_user_email":
            LoginError(.notAMember, operation: operation, detail: "the account's e-mail address is not verified")
        default: LoginError(.unreachable, operation: operation, detail: "GitHub answered with an unknown error")
        }
    }
}
