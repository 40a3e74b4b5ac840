// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import JSON

/// The few calls that signing in needs, with what every one of them must watch: time, size, foreign links, refusals.
struct GitHubAPI: Sendable {
    let client: HTTPClient
    /// Without a slash at its end.
    let base: String
    let web: String

    private static let timeout = Duration.seconds(10)
    /// Bytes of one answer.
    private static let limit = 1 << 20
    /// 100 teams each; nobody is in more.
    private static let pageLimit = 50

    /// - Throws: Also when there is no such thing.
    func get(_ path: String, token: Secret, operation: String) async throws(LoginError) -> Value {
        guard let answer = try await find(path, token: token, operation: operation) else {
            throw LoginError(
                .unreachable, operation: operation,
                detail: "there is nothing at \(base)\(path); is this the API's address?")
        }
        return answer
    }

    /// Nil when there is no such thing (404), or it is not for these eyes (403 without a reason of its own).
    func find(_ path: String, token: Secret, operation: String) async throws(LoginError) -> Value? {
        let response = try await ask(base + path, token: token, operation: operation)
        return response.status == 200 ? try read(response, operation) : nil
    }

    /// All items of a list, page by page.
    func pages(_ path: String, token: Secret, operation: String) async throws(LoginError) -> [Value] {
        var items: [Value] = []
        var next: String? = base + path
        for _ in 0..<Self.pageLimit {
            guard let url = next else { return items }
            let response = try await ask(url, token: token, operation: operation)
            guard response.status == 200, let page = try read(response, operation).list else {
                throw LoginError(.unreachable, operation: operation, detail: "a page of the list is missing")
            }
            items += page
            next = try nextPage(response.headers, operation)
        }
        guard next == nil else {
            throw LoginError(
                .unreachable, operation: operation, detail: "the list has more than \(Self.pageLimit) pages")
        }
        return items
    }

    func post(_ url: String, form: String, operation: String) async throws(LoginError) -> Value {
        let response = try await send(
            HTTPClientRequest(
                "POST", url,
                headers: ["Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"],
                body: Array(form.utf8), timeout: Self.timeout, limit: 64 << 10),
            operation)
        guard response.status == 200 else { throw refusal(response, operation) }
        return try read(response, operation)
    }

    func delete(_ path: String, user: String, password: Secret, body: Value) async {
        let authorization = password.withUnsafeValue {
            Secret("Basic \(Base64.standard.text(Array("\(user):\($0)".utf8)))")
        }
        var headers = self.headers
        headers["Content-Type"] = "application/json"
        let request = HTTPClientRequest(
            "DELETE", base + path, headers: headers, authorization: authorization, body: body.json(),
            timeout: Self.timeout, limit: 64 << 10)
        _ = try? await client.send(request)
    }

    private var headers: HTTPHeaders {
        ["Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"]
    }

    /// - Throws: For every answer but 200, 404 and a 403 that gives no reason.
    private func ask(_ url: String, token: Secret, operation: String) async throws(LoginError) -> HTTPClientResponse {
        let authorization = token.withUnsafeValue { Secret("Bearer \($0)") }
        let response = try await send(
            HTTPClientRequest(
                "GET", url, headers: headers, authorization: authorization, timeout: Self.timeout, limit: Self.limit),
            operation)
        // A list that a single sign-on cut short must not look like a whole one.
        if let sso = response.headers["X-GitHub-SSO"] {
            throw LoginError(
                .singleSignOn, operation: operation, detail: "an organization wants a single sign-on session first",
                help: ssoAddress(sso))
        }
        switch response.status {
        case 200, 404: return response
        case 403 where response.headers["x-ratelimit-remaining"] != "0" && response.headers["Retry-After"] == nil:
            return response
        default: throw refusal(response, operation)
        }
    }

    private func send(_ request: HTTPClientRequest, _ operation: String) async throws(LoginError) -> HTTPClientResponse
    {
        do {
            return try await client.send(request)
        } catch {
            throw LoginError(.unreachable, operation: operation, detail: error.detail)
        }
    }

    private func refusal(_ response: HTTPClientResponse, _ operation: String) -> LoginError {
        switch response.status {
        case 401: LoginError(.revoked, operation: operation, detail: "GitHub no longer accepts the token")
        case 403, 429: LoginError(.throttled, operation: operation, detail: "GitHub asks for fewer requests")
        case 300..<400:
            LoginError(
                .misconfigured, operation: operation, detail: "GitHub's address leads elsewhere; give the final one")
        default:
            LoginError(.unreachable, operation: operation, detail: "GitHub answered with status \(response.status)")
        }
    }

    private func read(_ response: HTTPClientResponse, _ operation: String) throws(LoginError) -> Value {
        do {
            return try parseJSON(response.body, depth: 20)
        } catch {
            throw LoginError(.unreachable, operation: operation, detail: "the answer is no JSON: \(error)")
        }
    }

    /// RFC 8288. A next page on another host would be given the token: that is an error, not the end of the list.
    private func nextPage(_ headers: HTTPHeaders, _ operation: String) throws(LoginError) -> String? {
        for link in (headers["Link"] ?? "").split(separator: ",") where link.contains("rel=\"next\"") {
            let url = link.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
            guard url.hasPrefix(base + "/") else {
                throw LoginError(.unreachable, operation: operation, detail: "the next page lies outside \(base)")
            }
            return String(url)
        }
        return nil
    }

    /// Only an address of GitHub itself is shown to people.
    private func ssoAddress(_ header: String) -> String? {
        guard let start = header.firstRange(of: "url=") else { return nil }
        let url = header[start.upperBound...].prefix { $0 != ";" && $0 != "," && $0 != " " }
        return url.hasPrefix(web + "/") ? String(url) : nil
    }
}
