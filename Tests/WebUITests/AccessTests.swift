// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPServer
import Testing

@testable import WebUI

/// The made-up shop with a policy and five people before its door.
private struct Door {
    enum Reader: String, CaseIterable {
        /// Nobody, a member without any grant, who sees one service, who sees everything, who works everywhere, who may all.
        case nobody, stranger, cartOnly, observer, developer, admin
    }

    let pages: WebPages
    private let sessions = MemorySessions()
    static let formSecret = [UInt8](repeating: 5, count: 32)

    init(teamsReadAt: Instant = Fixture.now) async {
        var status = Fixture.status()
        status.policy = Self.policy
        status.banners = ["a banner that names a secret place"]
        let box = SealedBox(keys: [Self.formSecret])
        let site = LoginSite(
            provider: SilentProvider(), sessions: sessions, box: box,
            publicURL: "https://kubernaut.example", now: { Fixture.now })
        pages = Fixture.pages(
            status, history: Fixture.History(records: Fixture.passes),
            access: WebPages.Access(gate: Gate(login: site, keys: nil, now: { Fixture.now })))
        for (number, reader) in Reader.allCases.enumerated() where reader != .nobody {
            let person = Person(
                id: Int64(number), login: reader.rawValue, name: nil, teams: [], teamsReadAt: teamsReadAt)
            await sessions.add(
                Session(
                    digest: sha256Hex(Array(reader.rawValue.utf8)), person: person, createdAt: Fixture.now,
                    seenAt: Fixture.now, formSecret: Self.formSecret,
                    sealedToken: box.seal([1], for: "github-token")))
        }
    }

    private static let policy = Policy(
        teams: [],
        grants: [
            grant("cartOnly", .observer, "*", "cart", line: 1), grant("observer", .observer, "*", "*", line: 2),
            grant("developer", .developer, "*", "*", line: 3), grant("admin", .admin, "*", "*", line: 4),
        ])

    private static func grant(_ login: String, _ role: Role, _ environments: String, _ services: String, line: Int)
        -> Grant
    {
        Grant(
            subjects: [.user(login)], role: role, environments: [Glob(environments)], services: [Glob(services)],
            location: Domain.SourceLocation(file: "kubernaut.yaml", line: line, column: 1))
    }

    func ask(_ target: String, as reader: Reader, method: String = "GET", headers: HTTPHeaders = [:], body: String = "")
        async -> HTTPResponse
    {
        var headers = headers
        if reader != .nobody { headers["Cookie"] = "__Host-kn_session=\(reader.rawValue)" }
        return await pages.get(target, headers: headers, method: method, body: body)
    }
}

@Suite("The door to the pages", .timeLimit(.minutes(1)))
struct AccessTests {
    /// Who gets in where, written down a second time, by hand. 303 leads to the login; 404 is also what does not exist.
    private static let table: [(path: String, page: Bool, answers: [Int])] = [
        // nobody, stranger, cartOnly, observer, developer, admin
        ("/login", true, [200, 200, 200, 200, 200, 200]),
        ("/livez", false, [200, 200, 200, 200, 200, 200]),
        ("/readyz", false, [200, 200, 200, 200, 200, 200]),
        ("/auth/github", true, [303, 303, 303, 303, 303, 303]),
        ("/", true, [303, 200, 200, 200, 200, 200]),
        ("/envs", true, [303, 200, 200, 200, 200, 200]),
        ("/account", true, [303, 200, 200, 200, 200, 200]),
        ("/syncs", true, [303, 200, 200, 200, 200, 200]),
        ("/releases.atom", false, [401, 200, 200, 200, 200, 200]),
        ("/releases.atom?service=search", false, [401, 404, 404, 200, 200, 200]),
        ("/releases", true, [303, 200, 200, 200, 200, 200]),
        ("/services/search/releases/1.43.0", true, [303, 404, 404, 200, 200, 200]),
        ("/services/search/history", true, [303, 404, 404, 200, 200, 200]),
        ("/envs/dev/services/search/values", true, [303, 404, 404, 200, 200, 200]),
        ("/envs/dev/objects", true, [303, 404, 200, 200, 200, 200]),
        ("/diff?a=dev&b=staging", true, [303, 404, 200, 200, 200, 200]),
        ("/holds", true, [303, 200, 200, 200, 200, 200]),
        ("/help", true, [200, 200, 200, 200, 200, 200]),
        ("/suspensions/new?env=dev", true, [303, 404, 200, 200, 200, 200]),
        ("/prunes/new?env=dev", true, [303, 404, 404, 200, 200, 200]),
        ("/adoptions/new?env=dev", true, [303, 404, 404, 200, 200, 200]),
        ("/envs/dev", true, [303, 404, 200, 200, 200, 200]),
        ("/services/cart", true, [303, 404, 200, 200, 200, 200]),
        ("/services/search", true, [303, 404, 404, 200, 200, 200]),
        ("/envs/dev/services/cart/manifest", true, [303, 404, 200, 200, 200, 200]),
        ("/envs/dev/services/search/manifest", true, [303, 404, 404, 200, 200, 200]),
        ("/system", true, [303, 404, 404, 200, 200, 200]),
        ("/metrics", false, [303, 404, 404, 200, 200, 200]),
        ("/account/keys", true, [303, 200, 200, 200, 200, 200]),
        ("/keys", true, [303, 403, 403, 403, 403, 200]),
        ("/audit", true, [303, 200, 200, 200, 200, 200]),
        ("/audit.csv", false, [303, 200, 200, 200, 200, 200]),
        ("/audit.xml", false, [404, 404, 404, 404, 404, 404]),
        ("/api/v1/keys", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/audit", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/me/can?action=view", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/me", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/status", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/environments/dev", false, [401, 404, 200, 200, 200, 200]),
        ("/api/v1/services/search", false, [401, 404, 404, 200, 200, 200]),
        ("/api/v1/environments/dev/services/search/manifest", false, [401, 404, 404, 200, 200, 200]),
        ("/api/v1/openapi.json", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/releases", false, [401, 200, 200, 200, 200, 200]),
        ("/api/releases", false, [401, 200, 200, 200, 200, 200]),
        ("/api/deployments", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/promotions", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/rollbacks", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/holds", false, [401, 200, 200, 200, 200, 200]),
        ("/api/v1/environments/dev/objects", false, [401, 404, 200, 200, 200, 200]),
        ("/api/v1/environments/dev/prune", false, [401, 404, 404, 200, 200, 200]),
        ("/api/v1/environments/dev/adopt", false, [401, 404, 404, 200, 200, 200]),
        ("/api/v1/environments/dev/services/cart/values", false, [401, 404, 200, 200, 200, 200]),
        ("/api/v1/environments/dev/services/search/values", false, [401, 404, 404, 200, 200, 200]),
        ("/api/v1/diff?service=search&a=env:dev&b=env:staging", false, [401, 404, 404, 200, 200, 200]),
        ("/__/status", false, [200, 200, 200, 200, 200, 200]),
        ("/nothing-here", true, [404, 404, 404, 404, 404, 404]),
    ]

    @Test("opens to each reader what the policy grants, and no more")
    func matrix() async {
        let door = await Door()
        for (path, _, answers) in Self.table {
            for (reader, status) in zip(Door.Reader.allCases, answers) {
                let answer = await door.ask(path, as: reader)
                #expect(answer.status == status, "\(path) for \(reader)")
            }
        }
    }

    @Test("lets a sync be asked for by developers alone, on all services", arguments: Door.Reader.allCases)
    private func sync(reader: Door.Reader) async {
        let door = await Door()
        let answer = await door.ask(
            "/api/v1/environments/dev/sync", as: reader, method: "POST",
            headers: [
                "X-Kubernaut": "1", "X-Form-Token": FormToken.make(from: Door.formSecret),
                "Sec-Fetch-Site": "same-origin",
            ])
        let expected: [Door.Reader: Int] = [
            .nobody: 401, .stranger: 403, .cartOnly: 403, .observer: 403, .developer: 202, .admin: 202,
        ]
        #expect(answer.status == expected[reader])
    }

    @Test("lets who has not been vouched for in half an hour look, and says why no more")
    func staleTeams() async {
        let door = await Door(teamsReadAt: Fixture.ago(30))
        #expect(await door.ask("/envs/dev", as: .admin).status == 200)
        let refused = await door.ask(
            "/api/v1/environments/dev/sync", as: .admin, method: "POST",
            headers: ["X-Kubernaut": "1", "X-Form-Token": FormToken.make(from: Door.formSecret)])
        #expect(refused.status == 403 && refused.text.contains("GitHub has not said"))
    }

    @Test("shows who sees one service nothing of the others, on any page or in any list")
    func leaks() async {
        let door = await Door()
        for path in [
            "/", "/envs", "/envs/dev", "/services/cart", "/syncs", "/account", "/api/v1/status", "/api/v1/services",
            "/api/releases", "/api/v1/releases", "/api/deployments?limit=500", "/api/v1/environments/dev/objects",
            "/releases", "/envs/dev/objects", "/diff?a=staging&b=production", "/holds", "/services/cart/history",
        ] {
            let text = await door.ask(path, as: .cartOnly).text
            // A team and a field of records are called like these two.
            for other in Fixture.serviceNames(14) where !["cart", "search", "images"].contains(other) {
                #expect(!text.contains(">\(other)<") && !text.contains("\"\(other)\""), "\(other) on \(path)")
            }
        }
        let stranger = await door.ask("/", as: .stranger).text
        #expect(!stranger.contains("cart") && !stranger.contains("secret place") && !stranger.contains("git.acme.io"))
    }

    @Test(
        "refuses a change that no page of this site sent",
        arguments: [
            HTTPHeaders([("Sec-Fetch-Site", "cross-site")]), HTTPHeaders([("Sec-Fetch-Site", "same-site")]),
            HTTPHeaders([("Origin", "https://evil.example")]), HTTPHeaders([("Origin", "null")]),
        ])
    func foreignForms(headers: HTTPHeaders) async {
        let door = await Door()
        let token = FormToken.make(from: Door.formSecret)
        let body = "form_token=\(token)"
        #expect(await door.ask("/logout", as: .admin, method: "POST", headers: headers, body: body).status == 403)
        #expect(await door.ask("/", as: .admin).status == 200)
    }

    @Test("lets a browser keep a page while the tokens in its forms change")
    func validators() async throws {
        let door = await Door()
        let first = await door.ask("/", as: .developer)
        let tag = try #require(first.headers["ETag"])
        let second = await door.ask("/", as: .developer)
        #expect(second.headers["ETag"] == tag && second.text != first.text)
        #expect(await door.ask("/", as: .developer, headers: ["If-None-Match": tag]).status == 304)
        #expect(await door.ask("/", as: .admin).headers["ETag"] != tag)
        let orders = try #require(await door.ask("/envs/dev", as: .developer).headers["ETag"])
        let unchanged = await door.ask("/envs/dev", as: .developer, headers: ["If-None-Match": orders])
        #expect(unchanged.status == 304)
        #expect(!first.text.contains("form-token-") && first.headers["Vary"]?.contains("Cookie") == true)
    }

    @Test("brings an order's reason through the login")
    func reasonAfterLogin() async {
        let door = await Door()
        let answer = await door.ask(
            "/promotions", as: .nobody, method: "POST", body: "from=dev&to=staging&service=cart&reason=weekly%20train")
        #expect(answer.status == 303)
        #expect(
            answer.headers["Location"]
                == "/login?return=%2Fpromotions%2Fnew%3Ffrom%3Ddev%26to%3Dstaging%26service%3Dcart%26reason%3Dweekly%2Btrain"
        )
    }

    @Test("says on a button what it needs and who has it, and nothing of what one may not see")
    func buttons() async {
        let door = await Door()
        let observer = await door.ask("/envs/dev", as: .observer).text
        #expect(observer.contains("disabled=\"disabled\">Sync now</button>"))
        #expect(observer.contains("needs <b>sync</b> on all of dev; granted to developer, admin"))
        #expect(await door.ask("/envs/dev", as: .developer).text.contains("<button type=\"submit\">Sync now</button>"))
        #expect(await door.ask("/holds/new?env=dev&service=search", as: .cartOnly).status == 404)
        #expect(await door.ask("/rollbacks/new?env=dev&service=search", as: .cartOnly).status == 404)
        #expect(await door.ask("/prunes/new?env=dev", as: .cartOnly).status == 404)
        #expect(await door.ask("/diff?service=search&a=dev&b=staging", as: .cartOnly).status == 404)
        let compared = await door.ask("/diff?a=staging&b=production", as: .cartOnly).text
        #expect(compared.contains("Deployment/cart") && !compared.contains("Deployment/search"))
    }

    @Test("signs out with the form's own token, and not without")
    func logout() async {
        let door = await Door()
        #expect(await door.ask("/logout", as: .admin, method: "POST", body: "form_token=").status == 403)
        let page = await door.ask("/", as: .admin).text
        let token = page.split(separator: "name=\"form_token\" value=\"").last?.prefix { $0 != "\"" } ?? ""
        let answer = await door.ask("/logout", as: .admin, method: "POST", body: "form_token=\(token)")
        #expect(answer.status == 303 && answer.headers["Location"] == "/login")
        #expect(
            answer.headers.all("Set-Cookie").contains {
                $0.hasPrefix("__Host-kn_session=; ") && $0.hasSuffix("Max-Age=0")
            })
        #expect(await door.ask("/", as: .admin).status == 303)
    }

    @Test("brings a reader back to the page they wanted, and never to another site")
    func returns() async {
        let door = await Door()
        let answer = await door.ask("/services/cart?x=1", as: .nobody)
        #expect(answer.headers["Location"] == "/login?return=%2Fservices%2Fcart%3Fx%3D1")
        let login = await door.ask("/login?return=https://evil.example/", as: .nobody).text
        #expect(login.contains("/auth/github?return=%2F\"") && !login.contains("evil"))
    }

    @Test("answers a wrong key with 401 even where a session is good, and stops guessing")
    func wrongKeys() async {
        let door = await Door()
        var statuses: [Int] = []
        for _ in 0..<11 {
            let key = APIKeyText().text.withUnsafeValue { $0 }
            statuses.append(await door.ask("/", as: .admin, headers: ["Authorization": "Bearer \(key)"]).status)
        }
        #expect(statuses == Array(repeating: 401, count: 10) + [429])
    }
}
