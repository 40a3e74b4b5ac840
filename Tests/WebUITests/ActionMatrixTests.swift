// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Crypto
import Domain
import HTTPServer
import JSON
import Lifecycle
import Render
import Testing

@testable import WebUI

/// A config repository that nothing can be done to: whoever gets this far was let through.
private struct ClosedRepository: MergeableRepository {
    struct Closed: EditingError {
        var remedy: EditingRemedy { .giveUp }
    }

    func fetchHead(of branch: String?) async throws -> BranchHead { throw Closed() }
    func files(at paths: [String], of commit: CommitID) async throws -> [String: SourceFile] {
        let text = "service: cart\nversion: 1.0.0\nimage: cart:1\n"
        return Dictionary(
            uniqueKeysWithValues: paths.map { ($0, SourceFile(blob: "b", bytes: Array(text.utf8))) })
    }
    func names(in folder: String, of commit: CommitID) async throws -> [String] { throw Closed() }
    func tree(of commit: CommitID, changing edits: FileEdits) async throws -> TreeID { throw Closed() }
    func make(_ draft: CommitDraft) async throws -> CommitID { throw Closed() }
    func push(_ commit: CommitID, to branch: String, expecting expected: CommitID?) async throws { throw Closed() }
    func fetch() async throws -> [String: CommitID] { throw Closed() }
    func snapshot(at commit: CommitID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot {
        throw Closed()
    }
    func history(of commit: CommitID, under folder: String, after: CommitID?, limit: Int) async throws -> [HistoryStep]
    { [] }
    func lineage(of paths: [String: Set<String>], at commit: CommitID, since base: CommitID?) async throws -> [String:
        [FileVersion]]
    { throw Closed() }
    func arrivals(of commits: [CommitID], in head: CommitID) async throws -> [CommitID: Commit] { throw Closed() }
    func mergeBase(of first: CommitID, and second: CommitID) async throws -> CommitID? { throw Closed() }
    func snapshot(of tree: TreeID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot { throw Closed() }
    func isAncestor(_ ancestor: CommitID, of commit: CommitID) async throws -> Bool { false }
    func merge(_ theirs: CommitID, into ours: CommitID, resolving resolutions: FileEdits) async throws -> TreeMerge {
        throw Closed()
    }
}

/// Somebody with one grant, given to themselves or to their team.
private struct Someone: Sendable, CustomStringConvertible {
    let role: Role
    let environments: String
    let services: String
    let isByTeam: Bool

    var login: String {
        "\(role)-\(environments == "*" ? "all" : environments)-\(services == "*" ? "all" : services)-\(isByTeam)"
    }
    var description: String { login }

    static let all = Role.allCases.flatMap { role in
        ["dev", "*"].flatMap { environment in
            ["cart", "*"].flatMap { service in
                [false, true].map { Someone(role: role, environments: environment, services: service, isByTeam: $0) }
            }
        }
    }

    /// Written down a second time: what the rule should be.
    func may(_ permission: Permission, _ environment: String, _ service: String?) -> Bool {
        let ranks: [Role: Int] = [.observer: 0, .developer: 1, .maintainer: 2, .admin: 3]
        let needed: [Permission: Int] = [
            .view: 0, .sync: 1, .release: 1, .promote: 1, .rollback: 1, .hold: 1, .prune: 2, .adopt: 2, .suspend: 2,
            .audit: 3,
            .keys: 3,
        ]
        return (ranks[role] ?? -1) >= (needed[permission] ?? 9) && (environments == "*" || environments == environment)
            && (services == "*" || services == service)
    }
}

/// One thing that can be asked for, with what it needs.
private struct Ask: Sendable, CustomStringConvertible {
    let method: String
    let path: String
    let body: Value?
    let needs: [(Permission, environment: String, service: String?)]
    /// What is answered to who may: the repository behind it takes nothing.
    var done = 409
    var description: String { "\(method) \(path) \(body?.string ?? "")" }

    static func all() -> [Ask] {
        let places: [(String, String)] = [("dev", "cart"), ("dev", "mail"), ("staging", "cart")]
        var asks: [Ask] = []
        for (environment, service) in places {
            let (env, name) = (Value.string(environment), Value.string(service))
            asks += [
                Ask(
                    method: "POST", path: "/api/v1/rollbacks",
                    body: ["service": name, "environment": env, "reason": "x"],
                    needs: [(.rollback, environment, service)]),
                Ask(
                    method: "POST", path: "/api/v1/holds", body: ["service": name, "environment": env, "reason": "x"],
                    needs: [(.hold, environment, service)]),
                Ask(
                    method: "DELETE", path: "/api/v1/holds/\(environment)/\(service)", body: nil,
                    needs: [(.hold, environment, service)]),
                Ask(
                    method: "POST", path: "/api/v1/promotions",
                    body: ["from": environment == "dev" ? "staging" : "dev", "to": env, "services": [name]],
                    needs: [
                        (.promote, environment, service), (.view, environment == "dev" ? "staging" : "dev", service),
                    ]),
            ]
        }
        for service in ["cart", "mail"] {
            let name = Value.string(service)
            let record: Value = ["service": name, "version": "9.0.0", "image": "r.example/x:9"]
            asks += ["/api/v1/releases", "/api/releases"].map {
                Ask(method: "POST", path: $0, body: record, needs: [(.release, "dev", service)])
            }
        }
        for environment in ["dev", "staging"] {
            let env = Value.string(environment)
            asks += [
                Ask(
                    method: "POST", path: "/api/v1/environments/\(environment)/sync", body: nil,
                    needs: [(.sync, environment, nil)], done: 202),
                Ask(
                    method: "POST", path: "/api/v1/environments/\(environment)/prune", body: ["hash": "aa"],
                    needs: [(.prune, environment, nil)], done: 202),
                Ask(
                    method: "POST", path: "/api/v1/environments/\(environment)/adopt", body: ["hash": "aa"],
                    needs: [(.adopt, environment, nil)], done: 202),
                Ask(
                    method: "POST", path: "/api/v1/environments/\(environment)/suspension", body: ["reason": "x"],
                    needs: [(.suspend, environment, nil)], done: 202),
                Ask(
                    method: "DELETE", path: "/api/v1/environments/\(environment)/suspension", body: nil,
                    needs: [(.suspend, environment, nil)], done: 200),
                Ask(
                    method: "POST", path: "/api/v1/holds", body: ["all": true, "environment": env, "reason": "x"],
                    needs: [(.hold, environment, nil)]),
                Ask(
                    method: "DELETE", path: "/api/v1/holds/\(environment)", body: nil,
                    needs: [(.hold, environment, nil)]),
                Ask(
                    method: "POST", path: "/api/v1/promotions",
                    body: ["from": environment == "dev" ? "staging" : "dev", "to": env, "all": true],
                    needs: [(.promote, environment, nil), (.view, environment == "dev" ? "staging" : "dev", nil)]),
            ]
        }
        asks.append(
            Ask(
                method: "POST", path: "/api/deployments",
                body: ["context": "staging", "service": "cart", "version": "1.0.0"],
                needs: [(.promote, "staging", "cart")]))
        return asks
    }
}

/// The site with everybody before it.
private struct Crowd {
    let pages: WebPages
    private static let formSecret = [UInt8](repeating: 5, count: 32)

    init() async {
        let policy = Policy(
            teams: Someone.all.filter(\.isByTeam).map { someone in
                Team(
                    name: Fixture.name(someone.login), github: GitHubTeam("acme/\(someone.login)"), contact: nil,
                    description: nil, location: SourceLocation(file: "kubernaut.yaml", line: 1))
            },
            grants: Someone.all.map { someone in
                Grant(
                    subjects: [someone.isByTeam ? .team(Fixture.name(someone.login)) : .user(someone.login)],
                    role: someone.role, environments: [Glob(someone.environments)], services: [Glob(someone.services)],
                    location: SourceLocation(file: "kubernaut.yaml", line: 2))
            })
        var status = DaemonStatus(repository: "r")
        status.policy = policy
        status.environments = ["dev", "staging"].map { name in
            var environment = EnvironmentStatus(environment: Environment(name: Fixture.name(name)))
            environment.head = Fixture.commit(1, 1, "Begin", by: "Kim")
            for service in ["cart", "mail"] {
                let release = ReleaseRecord(
                    service: Fixture.name(service), version: "1.0.0", image: "cart:1")
                environment.services.append(
                    ServiceStatus(
                        name: Fixture.name(service), team: nil, release: release, verdict: .healthy, reason: "",
                        since: nil, objects: [], diagnostics: []))
                environment.releases[Fixture.name(service)] = [
                    ReleaseEvent(release: release, commit: Fixture.commit(1, 1, "Begin", by: "Kim"))
                ]
            }
            return environment
        }
        let sessions = MemorySessions()
        let box = SealedBox(keys: [Self.formSecret])
        for (number, someone) in Someone.all.enumerated() {
            let teams = someone.isByTeam ? [TeamMembership(organization: "acme", slug: someone.login, id: 1)] : []
            await sessions.add(Self.session(someone.login, number, teams: Set(teams), box))
        }
        await sessions.add(Self.session("stranger", 900, teams: [], box))
        let login = LoginSite(
            provider: SilentProvider(), sessions: sessions, box: box, publicURL: "https://kubernaut.example",
            now: { Fixture.now })
        let shown = status
        let desk = ChangeDesk(
            ClosedRepository(), root: "", pipeline: { Pipeline(environments: shown.environments.map(\.environment)) },
            committer: CommitIdentity(name: "k", email: "k@k"), changed: { _ in })
        var tools = Actions.Tools(
            desk: desk, audit: nil, status: { shown }, requestSync: { _ in true }, confirm: { _, _, _, _ in })
        tools.suspend = { _, _, _, _ in }
        tools.endSuspension = { _ in true }
        let actions = Actions(tools)
        pages = WebPages(
            sources: .init(
                status: { shown }, history: Fixture.History(), detail: { _, _, _ in nil }, requestSync: { _ in true },
                metrics: { "" }, actions: actions),
            access: WebPages.Access(gate: Gate(login: login, keys: nil, now: { Fixture.now })), version: "1",
            hosts: ["kubernaut.example"], now: { Fixture.now })
    }

    private static func session(_ login: String, _ number: Int, teams: Set<TeamMembership>, _ box: SealedBox) -> Session
    {
        Session(
            digest: sha256Hex(Array(login.utf8)),
            person: Person(id: Int64(number), login: login, name: nil, teams: teams, teamsReadAt: Fixture.now),
            createdAt: Fixture.now, seenAt: Fixture.now, formSecret: formSecret,
            sealedToken: box.seal([1], for: "github-token"))
    }

    func ask(_ ask: Ask, as login: String?, _ change: (inout HTTPHeaders) -> Void = { _ in }) async -> HTTPResponse {
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin",
            "X-Form-Token": FormToken.make(from: Self.formSecret),
        ]
        if let login { headers["Cookie"] = "__Host-kn_session=\(login)" }
        change(&headers)
        return await pages.get(ask.path, headers: headers, method: ask.method, body: ask.body?.jsonText() ?? "")
    }
}

@Suite("Who may change what by REST", .timeLimit(.minutes(1)))
struct ActionMatrixTests {
    @Test("follows from role, environment, service and team, for every operation that changes something")
    func matrix() async {
        let crowd = await Crowd()
        for ask in Ask.all() {
            for someone in Someone.all {
                let answer = await crowd.ask(ask, as: someone.login)
                let may = ask.needs.allSatisfy { someone.may($0.0, $0.environment, $0.service) }
                #expect(answer.status == (may ? ask.done : 403), "\(ask) \(someone): \(answer.text)")
                if may, ask.done == 409 {
                    #expect(answer.text.contains("Closed()"), "\(ask) \(someone): \(answer.text)")
                }
            }
            #expect(await crowd.ask(ask, as: nil).status == 401, "\(ask)")
            // For a stranger the release that is to be deployed is not there.
            let unseen = ask.path == "/api/deployments" ? 400 : 403
            #expect(await crowd.ask(ask, as: "stranger").status == unseen, "\(ask)")
        }
    }

    @Test("covers every operation there is")
    func covered() {
        let asks = Ask.all()
        let missed = Endpoint.all.filter { endpoint in
            endpoint.method != "GET"
                && !asks.contains { $0.method == endpoint.method && Self.matches(endpoint.path, $0.path) }
        }
        // What may be withdrawn depends on what is seen: see below. Whose a key is, and what it may be given: KeyPagesTests.
        #expect(
            missed.map(\.operationID).sorted() == [
                "deleteReleasesId", "deleteV1KeysId", "deleteV1ReleasesId", "postV1Keys", "postV1KeysIdRotate",
            ])
    }

    private static func matches(_ template: String, _ path: String) -> Bool {
        let (left, right) = (template.split(separator: "/"), path.split(separator: "/"))
        return left.count == right.count && zip(left, right).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }

    @Test("takes nothing that no page of this site sent")
    func foreign() async {
        let crowd = await Crowd()
        let admin = "admin-all-all-false"
        let changes: [(String, (inout HTTPHeaders) -> Void)] = [
            ("no token", { $0["X-Form-Token"] = nil }), ("another's token", { $0["X-Form-Token"] = "AAAA" }),
            ("cross-site", { $0["Sec-Fetch-Site"] = "cross-site" }),
            ("same-site", { $0["Sec-Fetch-Site"] = "same-site" }),
            (
                "origin",
                {
                    $0["Sec-Fetch-Site"] = nil
                    $0["Origin"] = "https://evil.example"
                }
            ),
            (
                "null origin",
                {
                    $0["Sec-Fetch-Site"] = nil
                    $0["Origin"] = "null"
                }
            ),
        ]
        for ask in Ask.all() {
            for (what, change) in changes {
                let answer = await crowd.ask(ask, as: admin, change)
                #expect(answer.status == 403, "\(ask) with \(what): \(answer.text)")
            }
            guard ask.body != nil else { continue }
            for type in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"] {
                #expect(
                    await crowd.ask(ask, as: admin) { $0["Content-Type"] = type }.status == 403, "\(ask) as \(type)")
            }
        }
    }

    @Test("tells nobody what there is that they may not see")
    func silence() async throws {
        let crowd = await Crowd()
        func said(_ path: String, _ method: String, _ body: Value?, as login: String) async -> String {
            let answer = await crowd.ask(Ask(method: method, path: path, body: body, needs: []), as: login)
            var json = answer.json
            json["requestId"] = nil
            return "\(answer.status) \(json.jsonText())"
        }
        for login in ["stranger", "admin-dev-cart-false"] {
            for (real, ghost) in [("mail", "ghst"), ("cart", "ghst")] where login == "stranger" || real == "mail" {
                func same(_ path: String, _ method: String, _ body: Value?) async {
                    let one = await said(path, method, body, as: login)
                    let other = await said(
                        path.replacing(real, with: ghost), method,
                        body.map { (try? parse($0, real, ghost)) ?? .null }, as: login)
                    #expect(one.replacing(real, with: ghost) == other, "\(method) \(path) \(login)")
                }
                await same("/api/v1/holds", "POST", ["environment": "dev", "service": .string(real), "reason": "x"])
                await same("/api/v1/holds/dev/\(real)", "DELETE", nil)
                await same(
                    "/api/v1/rollbacks", "POST", ["environment": "dev", "service": .string(real), "reason": "x"])
                await same(
                    "/api/v1/releases", "POST",
                    ["service": .string(real), "version": "1", "image": "r.example/x:1"])
                await same("/api/v1/promotions", "POST", ["from": "dev", "to": "staging", "services": [.string(real)]])
                await same("/api/v1/services/\(real)", "GET", nil)
                await same("/api/v1/environments/dev/services/\(real)/values", "GET", nil)
                await same("/api/v1/diff?service=\(real)&a=env:dev&b=env:staging", "GET", nil)
            }
            let mail = ReleaseRecord(service: Fixture.name("mail"), version: "1.0.0", image: "cart:1").listID
            for path in ["/api/releases/", "/api/v1/releases/"] {
                #expect(
                    await crowd.ask(Ask(method: "GET", path: path + mail, body: nil, needs: []), as: login).status
                        == 404)
                let gone = await crowd.ask(Ask(method: "DELETE", path: path + mail, body: nil, needs: []), as: login)
                #expect(gone.status == 202 && gone.bytes.isEmpty)
            }
            let deploy: Value = ["context": "staging", "service": "mail", "version": "1.0.0"]
            var ghost = deploy
            ghost["service"] = "ghst"
            let real = await said("/api/deployments", "POST", deploy, as: login)
            #expect(real.replacing("mail", with: "ghst") == (await said("/api/deployments", "POST", ghost, as: login)))
        }
    }

    private func parse(_ value: Value, _ real: String, _ ghost: String) throws -> Value {
        switch value {
        case .string(real): .string(ghost)
        case .list(let items): .list(try items.map { try parse($0, real, ghost) })
        case .map(let map): .map(Map(try map.map { Map.Entry(key: $0.key, value: try parse($0.value, real, ghost)) }))
        default: value
        }
    }
}
