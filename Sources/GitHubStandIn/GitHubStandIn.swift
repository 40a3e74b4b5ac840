// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
public import HTTPServer
import JSON
public import Lifecycle

/// A stand-in for GitHub's login on loopback: for trying kubernaut, for tests and for the demo. No password is asked: whoever
/// reaches it is whoever they pick, which is why it never listens anywhere else.
///
/// It answers as docs.github.com describes, under one address as GitHub Enterprise does: the site at `/`, the API at
/// `/api/v3`.
public final class GitHubStandIn: Sendable {
    private struct Grant {
        let account: Int64
        let redirect: String
        let challenge: String?
        let at: Instant
    }

    private struct Memory {
        var state: StandInState
        /// Codes that were not used yet.
        var codes: [String: Grant] = [:]
        /// Account by token.
        var tokens: [String: Int64] = [:]
        var requests = 0
    }

    private let memory: Lock<Memory>
    private let now: Now

    public init(_ state: StandInState = .shop, now: @escaping Now = wallClock) {
        memory = Lock(Memory(state: state))
        self.now = now
    }

    /// Changes people, teams or misbehaviour while it runs.
    public func change(_ change: @Sendable (inout StandInState) -> Void) { memory.withLock { change(&$0.state) } }

    /// Requests to the API so far.
    public var requestCount: Int { memory.withLock { $0.requests } }
    /// Tokens that count.
    public var tokenCount: Int { memory.withLock { $0.tokens.count } }

    /// Give this to a `WebServer` on loopback.
    public var handler: HTTPHandler { { [self] request in answer(request) } }

    private func answer(_ request: HTTPRequest) -> HTTPResponse {
        let fields = Query(request.method == "POST" ? String(decoding: request.body, as: UTF8.self) : request.rawQuery)
        switch (request.method, request.rawPath) {
        case ("GET", "/login/oauth/authorize"):
            return authorize(fields, origin: "http://\(request.headers["Host"] ?? "")")
        case ("POST", "/login/oauth/access_token"): return exchange(fields)
        case ("DELETE", let path) where path.hasPrefix("/api/v3/applications/"): return revoke(request)
        case ("GET", let path) where path.hasPrefix("/api/v3/"):
            return api(String(path.dropFirst("/api/v3".utf8.count)), request)
        default: return StandInReply.json(404, ["message": "Not Found"])
        }
    }

    // MARK: - signing in

    private func authorize(_ fields: Query, origin: String) -> HTTPResponse {
        let state = memory.withLock { $0.state }
        guard fields["client_id"] == state.clientID, let redirect = fields["redirect_uri"] else {
            return StandInReply.text(404, "unknown client_id, or no redirect_uri")
        }
        if state.scenarios.contains(.declined) { return back(to: redirect, ["error": "access_denied"], fields, origin) }
        guard let account = state.accounts.first(where: { $0.login == fields["as"] }) else {
            return StandInReply.picker(state.accounts, fields)
        }
        let code = hex(randomBytes(10))
        let grant = Grant(account: account.id, redirect: redirect, challenge: fields["code_challenge"], at: now())
        memory.withLock { $0.codes[code] = grant }
        return back(to: redirect, ["code": code], fields, origin)
    }

    private func back(to redirect: String, _ answer: [String: String], _ fields: Query, _ origin: String)
        -> HTTPResponse
    {
        let scenarios = memory.withLock { $0.state.scenarios }
        var answer = answer
        answer["state"] = scenarios.contains(.wrongState) ? "made-up" : fields["state"]
        if !scenarios.contains(.noIssuer) {
            answer["iss"] = scenarios.contains(.wrongIssuer) ? "https://evil.example" : "\(origin)/login/oauth"
        }
        let query = Query(answer.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        return HTTPResponse(
            status: 302, headers: ["Location": "\(redirect)\(query.text)", "Cache-Control": "no-store"])
    }

    private func exchange(_ fields: Query) -> HTTPResponse {
        memory.withLock { memory -> HTTPResponse in
            let scenarios = memory.state.scenarios
            guard fields["client_id"] == memory.state.clientID, fields["client_secret"] == memory.state.clientSecret,
                !scenarios.contains(.wrongSecret)
            else { return StandInReply.json(200, ["error": "incorrect_client_credentials"]) }
            guard let grant = memory.codes.removeValue(forKey: fields["code"] ?? ""),
                now().since(grant.at) < .seconds(600), !scenarios.contains(.expiredCode),
                isProven(grant, fields, scenarios)
            else { return StandInReply.json(200, ["error": "bad_verification_code"]) }
            guard fields["redirect_uri"] == grant.redirect else {
                return StandInReply.json(200, ["error": "redirect_uri_mismatch"])
            }
            let token = "gho_" + hex(randomBytes(18))
            memory.tokens[token] = grant.account
            let scope = scenarios.contains(.reducedScope) ? "" : "read:org"
            return StandInReply.json(
                200, ["access_token": .string(token), "token_type": "bearer", "scope": .string(scope)])
        }
    }

    private func isProven(_ grant: Grant, _ fields: Query, _ scenarios: Set<StandInState.Scenario>) -> Bool {
        guard let challenge = grant.challenge, !scenarios.contains(.noPKCE) else { return true }
        return Base64.url.text(sha256(Array((fields["code_verifier"] ?? "").utf8))) == challenge
    }

    private func revoke(_ request: HTTPRequest) -> HTTPResponse {
        memory.withLock { memory -> HTTPResponse in
            let login = Base64.standard.text(Array("\(memory.state.clientID):\(memory.state.clientSecret)".utf8))
            guard request.headers["Authorization"] == "Basic \(login)",
                let token = (try? parseJSON(request.body))?["access_token"]?.string,
                memory.tokens.removeValue(forKey: token) != nil
            else { return StandInReply.json(404, ["message": "Not Found"]) }
            return HTTPResponse(status: 204)
        }
    }

    // MARK: - API

    private func api(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        let (state, account) = memory.withLock { memory -> (StandInState, StandInState.Account?) in
            memory.requests += 1
            let token = (request.headers["Authorization"] ?? "").split(separator: " ").last.map(String.init) ?? ""
            let id = memory.tokens[token]
            return (memory.state, memory.state.accounts.first { $0.id == id })
        }
        if let misbehaviour = StandInReply.misbehaviour(state.scenarios) { return misbehaviour }
        guard let account, !state.scenarios.contains(.revokedToken) else {
            return StandInReply.json(401, ["message": "Bad credentials"])
        }
        switch path {
        case "/user":
            return StandInReply.json(
                200, ["id": .integer(account.id), "login": .string(account.login), "name": .string(account.name)])
        case "/user/teams": return teams(of: account, state, request)
        case let path where path.hasPrefix("/user/memberships/orgs/"):
            let organization = String(path.dropFirst("/user/memberships/orgs/".utf8.count))
            guard let isActive = account.organizations[organization.lowercased()] else {
                return StandInReply.json(404, ["message": "Not Found"])
            }
            if state.scenarios.contains(.restrictedOrganization) {
                return StandInReply.json(403, ["message": "the organization has enabled OAuth App access restrictions"])
            }
            return StandInReply.json(200, ["state": isActive ? "active" : "pending", "role": "member"])
        default: return StandInReply.json(404, ["message": "Not Found"])
        }
    }

    private func teams(of account: StandInState.Account, _ state: StandInState, _ request: HTTPRequest) -> HTTPResponse
    {
        let page = max(1, Int(Query(request.rawQuery)["page"] ?? "1") ?? 1)
        let start = (page - 1) * state.pageSize
        let items = account.teams.dropFirst(start).prefix(state.pageSize)
        if page > 1, state.scenarios.contains(.missingPage) {
            return StandInReply.json(404, ["message": "Not Found"])
        }
        var response = StandInReply.json(
            200,
            .list(
                items.map { team in
                    [
                        "id": .integer(team.id), "slug": .string(team.slug), "name": .string(team.slug),
                        "organization": ["login": .string(team.organization)],
                    ]
                }))
        let hasMore = account.teams.count > start + state.pageSize || state.scenarios.contains(.endlessPages)
        if hasMore {
            let host =
                state.scenarios.contains(.foreignNextPage)
                ? "http://evil.example" : "http://\(request.headers["Host"] ?? "")"
            response.headers["Link"] = "<\(host)/api/v3/user/teams?page=\(page + 1)>; rel=\"next\""
        }
        return response
    }
}
