// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPServer
import History
import JSON
import Testing

@testable import WebUI

/// The made-up shop with keys, an audit, and three people: an admin, a developer of cart in dev, and one without any grant.
struct KeyShop {
    let pages: WebPages
    let keys = Access.MemoryKeys()
    let audit = History.MemoryAudit()
    let sessions = MemorySessions()
    private static let formSecret = [UInt8](repeating: 5, count: 32)
    static var formToken: String { FormToken.make(from: formSecret) }

    init(teamsReadAt: Instant = Fixture.now, audit other: (any AuditLog)? = nil) async {
        var status = Fixture.status()
        status.policy = Policy(
            teams: [],
            grants: [
                Self.grant("ann", .admin, "*", "*", line: 1), Self.grant("dev", .developer, "dev", "cart*", line: 2),
                Self.grant("prodmin", .admin, "production", "*", line: 3),
            ])
        let box = SealedBox(keys: [Self.formSecret])
        let site = LoginSite(
            provider: SilentProvider(), sessions: sessions, box: box, publicURL: "https://kubernaut.example",
            now: { Fixture.now })
        var sources = Fixture.pages(status).sources
        sources.audit = other ?? audit
        sources.keys = keys
        pages = WebPages(
            sources: sources,
            access: WebPages.Access(gate: Gate(login: site, keys: keys, now: { Fixture.now })), version: "0.1.0",
            now: { Fixture.now })
        for (number, login) in ["ann", "dev", "stranger", "prodmin"].enumerated() {
            await sessions.add(session(login, digest: login, number + 1, teamsReadAt, box))
        }
        await sessions.add(session("dev", digest: "elsewhere", 2, teamsReadAt, box))
    }

    private func session(_ login: String, digest: String, _ number: Int, _ read: Instant, _ box: SealedBox) -> Session {
        Session(
            digest: sha256Hex(Array(digest.utf8)),
            person: Person(id: Int64(number), login: login, name: nil, teams: [], teamsReadAt: read),
            createdAt: Fixture.ago(30), seenAt: Fixture.now, formSecret: Self.formSecret,
            sealedToken: box.seal([1], for: "github-token"), browser: "Browser of \(digest)")
    }

    static func grant(_ login: String, _ role: Role, _ environments: String, _ services: String, line: Int) -> Grant {
        Grant(
            subjects: [.user(login)], role: role, environments: [Glob(environments)], services: [Glob(services)],
            location: Domain.SourceLocation(file: "kubernaut.yaml", line: line, column: 1))
    }

    /// - Parameter form: Sent with the form's token of the session.
    func ask(
        _ target: String, as login: String, method: String = "GET", form: Query? = nil, json: Value? = nil
    ) async -> HTTPResponse {
        var headers: HTTPHeaders = ["Cookie": "__Host-kn_session=\(login)", "Sec-Fetch-Site": "same-origin"]
        if let json {
            headers["Content-Type"] = "application/json"
            headers["X-Form-Token"] = Self.formToken
            return await pages.get(target, headers: headers, method: method, body: json.jsonText())
        }
        let body = form?.with("form_token", Self.formToken).encoded ?? ""
        return await pages.get(target, headers: headers, method: form == nil ? method : "POST", body: body)
    }

    func ask(_ target: String, key: String, method: String = "GET", json: Value? = nil) async -> HTTPResponse {
        await pages.get(
            target, headers: ["Authorization": "Bearer \(key)", "X-Kubernaut": "1"], method: method,
            body: json?.jsonText() ?? "")
    }

    func rows() async throws -> [AuditRecord] { try await audit.records(matching: .init(), before: nil, limit: 200) }

    /// A key through REST, in clear.
    func key(_ order: Value, as login: String) async throws -> (id: String, text: String) {
        let made = await ask("/api/v1/keys", as: login, method: "POST", json: order)
        try #require(made.status == 201, "\(made.text)")
        let answer = try parseJSON(made.bytes)
        return (try #require(answer["id"]?.string), try #require(answer["key"]?.string))
    }
}

@Suite("Keys for machines", .timeLimit(.minutes(1)))
struct KeyPagesTests {
    private func form(_ changes: [(String, String)] = []) -> Query {
        var form = Query([
            ("id", "0123456789ab"), ("name", "ci"), ("may.release", "1"), ("environments", "dev"), ("services", "cart"),
            ("expires", "30d"),
        ])
        for (name, value) in changes { form[name] = value }
        return form
    }

    @Test("A form makes a key that is shown once, on a page that nothing keeps, and opens what its maker may open")
    func form() async throws {
        let shop = await KeyShop()
        let made = await shop.ask("/account/keys", as: "dev", form: form())
        #expect(made.status == 201)
        #expect(made.headers["Cache-Control"] == "no-store")
        let start = try #require(made.text.firstRange(of: "kn_0123456789ab_"))
        let text = String(made.text[start.lowerBound...].prefix { $0 != "\"" })
        let list = await shop.ask("/account/keys", as: "dev").text
        #expect(list.contains("kn_0123456789ab_…") && !list.contains(text))
        #expect(list.contains("release on cart in dev"))
        let stored = try #require(try await shop.keys.key("0123456789ab"))
        #expect(stored.ownerID == 2 && stored.createdBy == "dev")
        #expect(stored.expiresAt == Fixture.now.adding(.seconds(30 * 86_400)))
        #expect(await shop.ask("/api/v1/me/can?action=release&env=dev&service=cart", key: text).text.contains("true"))
        #expect(await shop.ask("/api/v1/me/can?action=view&env=dev&service=cart", key: text).text.contains("false"))
        let row = try #require(try await shop.rows().first)
        #expect(row.action == .keyCreated && row.result == .done && row.to == "0123456789ab" && row.channel == .web)
        #expect(row.actor.personID == 2 && row.detail == "ci: release on cart in dev")
        #expect(!"\(row)".contains(text))
    }

    @Test("A form that is sent twice makes one key")
    func twice() async throws {
        let shop = await KeyShop()
        _ = await shop.ask("/account/keys", as: "dev", form: form())
        let again = await shop.ask("/account/keys", as: "dev", form: form())
        #expect(again.status == 422 && again.text.contains("was sent before"))
        #expect(try await shop.keys.keys().count == 1)
    }

    /// What dev, a developer of `cart*` in `dev`, must not hand on.
    private static let tooMuch: [(field: String, value: String)] = [
        ("environments", ""), ("environments", "*"), ("environments", "dev, staging"), ("environments", "de?"),
        ("services", ""), ("services", "search"), ("services", "c*"), ("services", "cart*, s*"), ("may.prune", "1"),
        ("may.audit", "1"), ("may.keys", "1"),
    ]

    @Test("Nobody makes a key that may do more than they may", arguments: tooMuch)
    func excess(field: String, value: String) async throws {
        let shop = await KeyShop()
        let answer = await shop.ask("/account/keys", as: "dev", form: form([(field, value)]))
        #expect(answer.status == 422 && answer.text.contains("you may not"), "\(answer.text)")
        // What was typed is not lost.
        #expect(answer.text.contains("value=\"ci\""))
        #expect(try await shop.keys.keys().isEmpty)
        let row = try #require(try await shop.rows().first)
        #expect(row.action == .keyCreated && row.result == .refused && row.actor.name == "dev")
    }

    private static let wrong: [(changes: [(String, String)], words: String)] = [
        ([("name", "")], "needs a name"), ([("name", String(repeating: "x", count: 65))], "needs a name"),
        ([("may.release", "")], ""), ([("expires", "367d")], "1m to 366d"), ([("expires", "soon")], "1m to 366d"),
        ([("services", "cart;rm")], "neither a name nor a pattern"),
    ]

    @Test("What cannot be a key is said beside the form", arguments: wrong)
    func problems(changes: [(String, String)], words: String) async throws {
        let shop = await KeyShop()
        var form = form(changes)
        if words.isEmpty { form["may.release"] = nil }
        let answer = await shop.ask("/account/keys", as: "dev", form: form)
        #expect(answer.status == 422)
        #expect(answer.text.contains(words.isEmpty ? "at least one permission" : words), "\(answer.text)")
        #expect(try await shop.keys.keys().isEmpty)
    }

    @Test("Without the form's token, or from another site, nothing is made or revoked")
    func foreign() async throws {
        let shop = await KeyShop()
        let body = form().encoded
        let cookie: HTTPHeaders = ["Cookie": "__Host-kn_session=dev"]
        #expect(await shop.pages.get("/account/keys", headers: cookie, method: "POST", body: body).status == 403)
        var headers = cookie
        headers["Sec-Fetch-Site"] = "cross-site"
        let token = body + "&form_token=\(KeyShop.formToken)"
        #expect(await shop.pages.get("/account/keys", headers: headers, method: "POST", body: token).status == 403)
        #expect(try await shop.keys.keys().isEmpty)
    }

    @Test("Without login a page of another site can make no key either")
    func foreignWithoutLogin() async throws {
        let keys = Access.MemoryKeys()
        var sources = Fixture.pages().sources
        sources.keys = keys
        let pages = WebPages(sources: sources, access: .local(.admin), version: "0.1.0", now: { Fixture.now })
        let foreign: [HTTPHeaders] = [["Sec-Fetch-Site": "cross-site"], ["Origin": "https://evil.example"]]
        for headers in foreign {
            #expect(
                await pages.get("/account/keys", headers: headers, method: "POST", body: form().encoded).status == 403)
        }
        #expect(try await keys.keys().isEmpty)
        let page = await pages.get("/account/keys").text
        let mark = try #require(page.firstRange(of: "name=\"form_token\" value=\""))
        let token = String(page[mark.upperBound...].prefix { $0 != "\"" })
        let body = form([("form_token", token)]).encoded
        #expect(await pages.get("/account/keys", method: "POST", body: body).status == 201)
    }

    @Test("Keys are seen and revoked by their owner and by who manages keys, and are not there for others")
    func revoke() async throws {
        let shop = await KeyShop()
        let order: Value = ["name": "ci", "permissions": ["release"], "environments": ["dev"], "services": ["cart"]]
        let (id, text) = try await shop.key(order, as: "dev")
        #expect(await !shop.ask("/account/keys", as: "stranger").text.contains(id))
        #expect(await !shop.ask("/api/v1/keys", as: "stranger").text.contains(id))
        #expect(await shop.ask("/account/keys/\(id)/revoke", as: "stranger", form: Query()).status == 404)
        #expect(await shop.ask("/api/v1/keys/\(id)", as: "stranger", method: "DELETE", json: [:]).status == 404)
        #expect(await shop.ask("/keys", as: "dev").status == 403)
        #expect(await shop.ask("/keys", as: "ann").text.contains(id))
        #expect(await shop.ask("/api/v1/me", key: text).status == 200)
        #expect(await shop.ask("/account/keys/\(id)/revoke", as: "ann", form: Query()).status == 303)
        #expect(await shop.ask("/api/v1/me", key: text).status == 401)
        let row = try #require(try await shop.rows().first { $0.action == .keyRevoked })
        #expect(row.actor.name == "ann" && row.from == id && row.detail == "ci")
        #expect(await shop.ask("/account/keys", as: "dev").text.contains("revoked"))
    }

    @Test("A key hands on neither more than it has, nor for longer than it lives")
    func keyOfKey() async throws {
        let shop = await KeyShop()
        let parent: Value = [
            "name": "maker", "permissions": ["keys", "release"], "services": ["cart-*"], "expires": "10d",
        ]
        let (id, text) = try await shop.key(parent, as: "ann")
        func make(_ changes: (inout Value) -> Void) async -> HTTPResponse {
            var order: Value = ["name": "made", "permissions": ["release"], "services": ["cart-a"], "expires": "10d"]
            changes(&order)
            return await shop.ask("/api/v1/keys", key: text, method: "POST", json: order)
        }
        #expect(await make { _ in }.status == 201)
        #expect(await make { $0["expires"] = "11d" }.status == 403)
        #expect(await make { $0["services"] = ["cart"] }.status == 403)
        #expect(await make { $0["permissions"] = ["view"] }.status == 403)
        let plain = try await shop.key(["name": "plain", "permissions": ["release"]], as: "ann").text
        let body: Value = ["name": "x", "permissions": ["release"]]
        #expect(await shop.ask("/api/v1/keys", key: plain, method: "POST", json: body).status == 403)
        // It sees itself, and what it made belongs to nobody's account.
        #expect(await shop.ask("/api/v1/keys", key: plain).text.contains("\"plain\""))
        #expect(await !shop.ask("/api/v1/keys", key: plain).text.contains(id))
    }

    @Test("REST says what is wrong with an order, and never shows a digest")
    func rest() async throws {
        let shop = await KeyShop()
        func post(_ order: Value) async -> HTTPResponse {
            await shop.ask("/api/v1/keys", as: "ann", method: "POST", json: order)
        }
        #expect(await post(["name": "x", "permissions": ["fly"]]).status == 422)
        #expect(await post(["name": "x", "permissions": "release"]).status == 400)
        #expect(await post([]).status == 400)
        let (id, text) = try await shop.key(["name": "x", "permissions": ["view"]], as: "ann")
        let digest = hex(try #require(APIKeyText(text)).digest)
        let list = await shop.ask("/api/v1/keys", as: "ann").text
        #expect(list.contains(id) && !list.contains(digest) && !list.contains(text))
    }

    @Test("Who has been without an answer about their teams for too long makes no keys")
    func stale() async throws {
        let shop = await KeyShop(teamsReadAt: Fixture.ago(31))
        let answer = await shop.ask("/account/keys", as: "ann", form: form())
        #expect(answer.status == 403)
        #expect(try await shop.keys.keys().isEmpty)
    }

    private static let questions: [(query: String, login: String, words: String)] = [
        ("action=release&env=dev&service=cart", "dev", "\"by\": \"kubernaut.yaml:2:1\""),
        ("action=release&env=dev", "dev", "\"allowed\": false"),
        ("action=prune&env=dev&service=cart", "dev", "you are developer by kubernaut.yaml:2"),
        ("action=view&env=nowhere&service=cart", "dev", "no grant"),
        ("action=keys", "ann", "\"allowed\": true"), ("action=keys", "dev", "no grant"),
        ("action=fly", "ann", "must be one of"), ("action=view&service=cart", "ann", "goes with an environment"),
        ("", "ann", "must be one of"),
    ]

    @Test("Whether one may is answered with the line that says so", arguments: questions)
    func can(query: String, login: String, words: String) async {
        let answer = await KeyShop().ask("/api/v1/me/can?\(query)", as: login)
        #expect(answer.text.contains(words), "\(answer.text)")
    }
}

@Suite("The account's sessions", .timeLimit(.minutes(1)))
struct SessionsCardTests {
    @Test("Show each browser, and end any of one's own and no other")
    func sessions() async throws {
        let shop = await KeyShop()
        let page = await shop.ask("/account", as: "dev").text
        #expect(
            page.contains("Browser of dev") && page.contains("Browser of elsewhere") && !page.contains("Browser of ann")
        )
        func end(_ name: String) async -> HTTPResponse {
            await shop.ask("/account/sessions/\(sha256Hex(Array(name.utf8)))/end", as: "dev", form: Query())
        }
        #expect(await end("ann").status == 404)
        #expect(await end("elsewhere").headers["Location"] == "/account")
        #expect(await shop.ask("/account", as: "elsewhere").status == 303)
        #expect(await shop.ask("/account", as: "ann").status == 200)
        let out = await end("dev")
        #expect(out.headers["Location"] == "/login")
        #expect(await shop.ask("/account", as: "dev").headers["Location"]?.hasPrefix("/login") == true)
        #expect(try await shop.rows().map(\.action) == [.signOut, .signOut])
    }

    @Test("Teams are read again when asked, and an answer that does not come changes nothing")
    func teams() async {
        let shop = await KeyShop(teamsReadAt: Fixture.ago(2))
        #expect(await shop.ask("/account", as: "dev").text.contains("Read my teams again"))
        let answer = await shop.ask("/account/teams/refresh", as: "dev", form: Query())
        #expect(answer.status == 303 && answer.headers["Location"] == "/account")
        #expect(await shop.ask("/account", as: "dev").status == 200)
    }
}
