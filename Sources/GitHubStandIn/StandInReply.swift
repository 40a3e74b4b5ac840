// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

enum StandInReply {
    static func json(_ status: Int, _ value: Value) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: .bytes(value.json()))
    }

    static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    /// The answer to any request of the API while GitHub misbehaves as a whole; nil otherwise.
    static func misbehaviour(_ scenarios: Set<StandInState.Scenario>) -> HTTPResponse? {
        if scenarios.contains(.serverError) { return json(502, ["message": "Server Error"]) }
        if scenarios.contains(.brokenJSON) { return text(200, "{\"id\": 1, ") }
        if scenarios.contains(.redirectedAPI) {
            return HTTPResponse(status: 301, headers: ["Location": "https://evil.example/"])
        }
        if scenarios.contains(.throttled) {
            var response = json(403, ["message": "You have exceeded a secondary rate limit"])
            response.headers["Retry-After"] = "60"
            return response
        }
        if scenarios.contains(.singleSignOn) {
            var response = json(403, ["message": "Resource protected by organization SAML enforcement"])
            response.headers["X-GitHub-SSO"] = "required; url=https://github.com/orgs/acme/sso?authorization_request=x"
            return response
        }
        return nil
    }

    /// Who do you want to be? Every choice is a link back with the same query.
    static func picker(_ accounts: [StandInState.Account], _ fields: Query) -> HTTPResponse {
        let links = accounts.map { account in
            let teams = account.teams.map { "\($0.organization)/\($0.slug)" }.joined(separator: ", ")
            let query = fields.with("as", account.login).text.split(separator: "&").joined(separator: "&amp;")
            return "<li><a href=\"\(query)\">\(account.login)</a> "
                + "\(account.name)\(teams.isEmpty ? "" : ": \(teams)")</li>"
        }
        let page = """
            <!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Sign in - GitHub stand-in</title>
            <meta name="viewport" content="width=device-width"><body style="font:1rem/1.6 system-ui;margin:2rem">
            <h1>Who are you?</h1><p>This is a stand-in for GitHub on your own machine. It asks for no password.</p>
            <ul>\(links.joined())</ul></body></html>
            """
        return HTTPResponse(
            status: 200,
            headers: [
                "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            ], body: .bytes(Array(page.utf8)))
    }
}
