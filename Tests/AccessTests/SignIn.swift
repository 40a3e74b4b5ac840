// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import GitHubStandIn
import HTTPClient
import HTTPServer
import Lifecycle

/// A site with login beside a GitHub on loopback, and a browser that keeps its cookies.
final class SignIn: Sendable {
    let github: GitHubStandIn
    let sessions = MemorySessions()
    let site: LoginSite
    let clock = Lock(Instant(seconds: 1_800_000_000))
    /// A session that ends, as by a sign-out elsewhere, while GitHub is asked.
    let endDuringNextRead = Lock<String?>(nil)
    private let server: WebServer
    private let client = HTTPClient()
    private let jar = Lock<[String: String]>([:])

    init(organizations: [String] = ["acme"], clientSecret: String = "not-a-secret") throws {
        let clock = clock
        let now: Now = { clock.withLock { $0 } }
        let github = GitHubStandIn(now: now)
        self.github = github
        let (sessions, ending) = (sessions, endDuringNextRead)
        server = WebServer(name: "github", configuration: WebServer.Configuration()) { request in
            if let digest = ending.withLock({ $0 }) { await sessions.end(digest) }
            return await github.handler(request)
        }
        let address = "http://127.0.0.1:\(try server.start())"
        let settings = GitHubSettings(
            clientID: "kubernaut-dev", clientSecret: { Secret(clientSecret) }, organizations: organizations,
            webURL: address)
        site = LoginSite(
            provider: GitHubOAuth(settings, client: client), sessions: sessions,
            box: SealedBox(keys: [[UInt8](repeating: 7, count: 32)]), publicURL: "https://kubernaut.example", now: now)
    }

    deinit {
        server.stop()
        client.shutdown()
    }

    func pass(_ duration: Duration) { clock.withLock { $0 = $0.adding(duration) } }

    /// As the browser would send them.
    var cookies: Cookies { Cookies([jar.withLock { $0.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }]) }

    func keep(_ cookies: [SetCookie]) {
        jar.withLock { jar in
            for cookie in cookies { jar[cookie.name] = cookie.maxAge == 0 ? nil : cookie.value }
        }
    }

    /// Goes to GitHub and comes back with its answer, which is not given to the site yet.
    func answer(as login: String, returningTo target: String = "/") async throws -> LoginSite.Answer {
        let start = site.start(returningTo: ReturnTarget(target))
        keep(start.cookies)
        let response = try await client.send(HTTPClientRequest("GET", "\(start.location)&as=\(login)"))
        let location = response.headers["Location"] ?? ""
        let query = Query(String(location.drop { $0 != "?" }.dropFirst()))
        return LoginSite.Answer(
            state: query["state"], code: query["code"], issuer: query["iss"], error: query["error"])
    }

    /// The whole way.
    @discardableResult
    func signIn(as login: String, returningTo target: String = "/") async throws -> (LoginSite.Redirect, Person) {
        let (redirect, person) = try await site.finish(
            try await answer(as: login, returningTo: target), cookies: cookies)
        keep(redirect.cookies)
        return (redirect, person)
    }

    func session(freshness: Duration? = nil) async throws -> Session? {
        try await site.session(cookies, freshness: freshness)
    }
}
