// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import GitHubStandIn
import Lifecycle
import Testing

@Suite("Signing in with GitHub", .timeLimit(.minutes(1)))
struct LoginTests {
    @Test("gives a session with the person's number and all their teams, page by page")
    func signsIn() async throws {
        let browser = try SignIn()
        let (redirect, person) = try await browser.signIn(as: "kim", returningTo: "/envs/dev?x=1")
        #expect(redirect.location == "/envs/dev?x=1")
        #expect(person.id == 1001 && person.login == "kim" && person.name == "Kim Lead")
        #expect(Set(person.teams.map(\.slug)) == ["staff", "leads", "orders"])
        let session = try #require(try await browser.session())
        #expect(session.person == person)
        // What the store holds is no cookie.
        #expect(browser.cookies["__Host-kn_session"] != session.digest)
    }

    @Test("asks for no more than it needs, with a challenge whose verifier stays here")
    func authorizeURL() async throws {
        let browser = try SignIn()
        let start = browser.site.start(returningTo: ReturnTarget("/"))
        let query = Query(String(start.location.drop { $0 != "?" }.dropFirst()))
        #expect(query["scope"] == "read:org" && query["code_challenge_method"] == "S256")
        #expect(query["code_challenge"]?.utf8.count == 43 && query["state"]?.utf8.count == 43)
        #expect(query["redirect_uri"] == "https://kubernaut.example/auth/github/callback")
        let cookie = try #require(start.cookies.first)
        #expect(cookie.description.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"))
        #expect(!cookie.value.contains(query["state"] ?? "-"))
    }

    @Test(
        "is refused with its own reason when GitHub or somebody in between misbehaves",
        arguments: [
            (StandInState.Scenario.wrongIssuer, LoginError.Code.expired), (.wrongState, .expired),
            (.declined, .declined), (.expiredCode, .expired), (.wrongSecret, .misconfigured),
            (.reducedScope, .restricted), (.singleSignOn, .singleSignOn), (.restrictedOrganization, .notAMember),
            (.throttled, .throttled), (.serverError, .unreachable), (.brokenJSON, .unreachable),
            (.redirectedAPI, .misconfigured), (.foreignNextPage, .unreachable), (.missingPage, .unreachable),
            (.endlessPages, .unreachable), (.revokedToken, .revoked),
        ])
    func misbehaviour(scenario: StandInState.Scenario, code: LoginError.Code) async throws {
        let browser = try SignIn()
        browser.github.change { $0.scenarios = [scenario] }
        await #expect { try await browser.signIn(as: "kim") } throws: { ($0 as? LoginError)?.code == code }
        #expect(try await browser.session() == nil)
    }

    @Test(
        "works with servers that know neither issuer nor challenge",
        arguments: [StandInState.Scenario.noIssuer, .noPKCE])
    func olderServers(scenario: StandInState.Scenario) async throws {
        let browser = try SignIn()
        browser.github.change { $0.scenarios = [scenario] }
        #expect(try await browser.signIn(as: "ann").1.login == "ann")
    }

    @Test("is for active members alone, and takes the token of everyone else back", arguments: ["eve", "pat"])
    func strangers(login: String) async throws {
        let browser = try SignIn()
        await #expect { try await browser.signIn(as: login) } throws: { ($0 as? LoginError)?.code == .notAMember }
        #expect(browser.github.tokenCount == 0)
    }

    @Test("cannot be finished in another browser, twice, or after ten minutes")
    func bound() async throws {
        let browser = try SignIn()
        let answer = try await browser.answer(as: "kim")
        await #expect(throws: LoginError.self) { try await browser.site.finish(answer, cookies: Cookies([])) }
        let (redirect, _) = try await browser.site.finish(answer, cookies: browser.cookies)
        browser.keep(redirect.cookies)
        await #expect(throws: LoginError.self) { try await browser.site.finish(answer, cookies: browser.cookies) }
        let late = try await browser.answer(as: "kim")
        browser.pass(.seconds(600))
        await #expect { try await browser.site.finish(late, cookies: browser.cookies) } throws: {
            ($0 as? LoginError)?.code == .expired
        }
    }

    @Test("gives a new session each time, and ends the one before")
    func noFixation() async throws {
        let browser = try SignIn()
        try await browser.signIn(as: "kim")
        let first = browser.cookies["__Host-kn_session"]
        let digest = try #require(try await browser.session()).digest
        try await browser.signIn(as: "ann")
        #expect(browser.cookies["__Host-kn_session"] != first)
        #expect(await browser.sessions.session(digest) == nil)
    }

    @Test("ends after eight idle hours, and after a day however busy")
    func expiry() async throws {
        let browser = try SignIn()
        try await browser.signIn(as: "kim")
        for _ in 0..<3 {
            browser.pass(.seconds(7 * 3600))
            #expect(try await browser.session() != nil)
        }
        browser.pass(.seconds(3 * 3600))
        #expect(try await browser.session() == nil)
        try await browser.signIn(as: "kim")
        browser.pass(.seconds(8 * 3600))
        #expect(try await browser.session() == nil)
    }

    @Test("reads teams again after five minutes, and at once for what is protected")
    func refresh() async throws {
        let browser = try SignIn()
        try await browser.signIn(as: "kim")
        browser.github.change { $0.accounts[0].teams.removeAll { $0.slug == "leads" } }
        browser.pass(.seconds(61))
        let before = browser.github.requestCount
        #expect(try await browser.session()?.person.teams.contains { $0.slug == "leads" } == true)
        #expect(browser.github.requestCount == before)
        #expect(
            try await browser.session(freshness: .seconds(60))?.person.teams.contains { $0.slug == "leads" } == false)
    }

    @Test("keeps the last answer while GitHub is away, and says how old it is")
    func stale() async throws {
        let browser = try SignIn()
        let (_, person) = try await browser.signIn(as: "kim")
        browser.github.change { $0.scenarios = [.serverError] }
        browser.pass(.seconds(1799))
        let kept = try #require(try await browser.session()).person
        #expect(kept == person && browser.site.isFresh(kept))
        browser.pass(.seconds(1))
        let old = try #require(try await browser.session()).person
        #expect(!browser.site.isFresh(old))
    }

    @Test("ends when the token was revoked or the person left, and not before")
    func revoked() async throws {
        for change in [
            { @Sendable (state: inout StandInState) in state.scenarios = [.revokedToken] },
            { @Sendable (state: inout StandInState) in state.accounts[0].organizations = [:] },
        ] {
            let browser = try SignIn()
            try await browser.signIn(as: "kim")
            browser.github.change(change)
            #expect(try await browser.session() != nil)
            browser.pass(.seconds(300))
            #expect(try await browser.session() == nil)
        }
    }

    @Test("stays ended when somebody signs out while their teams are read again")
    func endsMeanwhile() async throws {
        let sessions = MemorySessions()
        let session = Session(
            digest: "1",
            person: Person(id: 1, login: "kim", name: nil, teams: [], teamsReadAt: Instant(seconds: 0)),
            createdAt: Instant(seconds: 0), seenAt: Instant(seconds: 0), formSecret: [], sealedToken: nil)
        #expect(await !sessions.replace(session))
        await sessions.add(session)
        #expect(await sessions.replace(session))
        let browser = try SignIn()
        try await browser.signIn(as: "kim")
        let digest = try #require(try await browser.session()).digest
        browser.endDuringNextRead.withLock { $0 = digest }
        browser.pass(.seconds(300))
        #expect(try await browser.session() == nil)
        #expect(await browser.sessions.session(digest) == nil)
    }

    @Test("knows a person by number: a login given to somebody else opens nothing")
    func renamed() async throws {
        let browser = try SignIn()
        try await browser.signIn(as: "kim")
        browser.github.change { $0.accounts[0].login = "kim-lead" }
        browser.pass(.seconds(300))
        let person = try #require(try await browser.session()).person
        #expect(person.id == 1001 && person.login == "kim-lead")
    }

    @Test("ends on request, with its token and its cookies")
    func signOut() async throws {
        let browser = try SignIn()
        try await browser.signIn(as: "kim")
        let copy = browser.cookies
        browser.keep(try await browser.site.end(try #require(try await browser.session())))
        #expect(try await browser.session() == nil)
        #expect(try await browser.site.session(copy) == nil)
        #expect(browser.github.tokenCount == 0)
    }
}
