// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import FoundationXML
import HTTPServer
import JSON
import Testing

@testable import WebUI

/// Every page of the made-up shop.
private let pagePaths =
    [
        "/", "/?q=ca&status=healthy&behind=1&sort=age&page=2&refresh=15", "/?q=nothing-like-this", "/envs", "/envs/dev",
        "/envs/production", "/services/cart", "/services/user", "/services/jobs", "/envs/dev/services/cart/manifest",
        "/syncs",
        "/syncs?env=dev", "/syncs/\(Fixture.passes[0].id)", "/syncs/\(Fixture.passes[1].id)", "/system", "/nothing",
        "/services/crt", "/envs/prodution",
    ] + lookPaths

/// Pages that only show something.
private let lookPaths = [
    "/releases", "/releases?service=ca&author=ann&env=dev&since=2026-08-01&show=running", "/releases?show=gone",
    "/releases?service=nothing", "/services/cart/releases/1.43.0", "/services/cart/releases/1.40.0",
    "/services/cart/releases/9", "/services/cart/history", "/services/cart/history?env=dev",
    "/services/jobs/history?env=production", "/envs/dev/services/cart/values",
    "/envs/dev/services/cart/values?path=log", "/envs/dev/services/cart/values?path=nothing", "/envs/dev/objects",
    "/envs/production/objects?status=drifted&kind=Deployment&service=gate", "/envs/dev/objects?kind=None",
    "/diff", "/diff?a=dev&b=env:staging", "/diff?service=cart&a=env:dev&b=env:dev",
    "/diff?service=cart&a=live:dev&b=env:dev", "/diff?a=live:dev&b=env:dev", "/diff?a=x:y&b=dev",
    "/diff?a=dev@123&b=dev",
    "/holds", "/help", "/help/errors/KN2201", "/help/errors/kn2201", "/help/errors/KN9999",
]

/// Whether the page is well-formed; names what is wrong with it otherwise.
private func faults(_ html: String) -> String? {
    let parser = XMLParser(data: Data(html.replacingOccurrences(of: "<!DOCTYPE html>", with: "").utf8))
    return parser.parse() ? nil : "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "?")"
}

@Suite("Pages")
struct PagesTests {
    @Test("every page is well formed, has one main heading and no markup that became text", arguments: pagePaths)
    func wellFormed(_ path: String) async {
        let text = await Fixture.pages().get(path).text
        #expect(faults(text) == nil)
        #expect(text.components(separatedBy: "<h1>").count == 2)
        // Explanations name tags and placeholders.
        #expect(!text.contains("&lt;") || path.hasPrefix("/help"))
        #expect(text.contains("<main id=\"main\"") && text.contains("href=\"#main\""))
        // One script of our own at most, from a file.
        let scripts = text.components(separatedBy: "<script").dropFirst()
        #expect(scripts.allSatisfy { $0.hasPrefix(" src=\"/assets/live-") } && scripts.count <= 1)
        #expect(!text.contains("style=\"") && !text.contains("onclick"))
    }

    @Test("every id on a page is there once", arguments: pagePaths)
    func uniqueIDs(_ path: String) async {
        let text = await Fixture.pages().get(path).text
        let ids = text.components(separatedBy: " id=\"").dropFirst().compactMap {
            $0.components(separatedBy: "\"").first
        }
        #expect(ids.count == Set(ids).count)
    }

    @Test("every link to a page of ours leads somewhere")
    func links() async {
        let pages = Fixture.pages()
        var links: Set<String> = []
        for path in pagePaths {
            let page = await pages.get(path)
            guard page.status == 200 else { continue }
            let text = page.text
            let found = text.components(separatedBy: "href=\"").dropFirst().compactMap {
                $0.components(separatedBy: "\"").first
            }
            links.formUnion(found.filter { $0.hasPrefix("/") })
        }
        #expect(links.count > 200)
        for link in links {
            let target = link.replacingOccurrences(of: "&amp;", with: "&").components(separatedBy: "#")[0]
            let status = await pages.get(target).status
            // The shop has no repository that could be changed.
            let isDeed = ["/promotions", "/rollbacks"].contains { target.hasPrefix($0) }
            #expect(status == 200 || isDeed, "\(link)")
        }
    }

    @Test("the matrix shows version, verdict with reason, age and what waits")
    func matrix() async {
        let text = await Fixture.pages().get("/").text
        #expect(text.contains("1.43.0") && text.contains("Unhealthy"))
        #expect(text.contains("is crash looping (exit 1)"))
        #expect(text.contains("2 releases wait for staging"))
        #expect(text.contains("ahead: a hotfix for staging"))
        #expect(text.contains("<caption>Releases by service and environment, 1–14 of 14</caption>"))
        let first =
            text.components(separatedBy: "<tbody").last?.components(separatedBy: "/services/").dropFirst().first ?? ""
        #expect(first.hasPrefix("checkout"))
    }

    @Test(
        "filters and order select rows",
        arguments: [
            ("q=car", 1), ("q=CAR", 1), ("status=unhealthy", 1), ("status=not-here", 1), ("status=nonsense", 14),
            ("behind=1", 11),
            ("q=car&status=unhealthy", 0), ("team=search", 8), ("sort=age", 14), ("env=production", 13),
            ("env=production&status=not-here", 1), ("env=dev&behind=1", 0), ("env=staging&status=unhealthy", 1),
            ("env=dev&status=unhealthy", 0), ("env=nowhere", 0),
        ])
    func filters(_ query: String, _ count: Int) {
        let filter = ReleaseMatrix.Filter(Query(query))
        #expect(ReleaseMatrix(Fixture.status(), filter).total == count)
    }

    @Test(
        "orders put the right service first",
        arguments: [
            ("", "checkout"), ("sort=service", "cart"), ("sort=behind", "catalog"),
        ])
    func order(_ query: String, _ first: String) {
        #expect(ReleaseMatrix(Fixture.status(), .init(Query(query))).rows.first?.service.text == first)
    }

    @Test("long lists are cut into pages of a hundred, and a page too far is the last one")
    func paging() {
        let status = Fixture.status(services: 142)
        let last = ReleaseMatrix(status, .init(Query("page=9")))
        #expect((last.rows.count, last.page, last.pageCount, last.firstIndex) == (42, 2, 2, 100))
        #expect(ReleaseMatrix(status, .init(Query("page=-3"))).page == 1)
    }

    @Test("fifty services in three environments are a small page")
    func size() async throws {
        let pages = Fixture.pages(Fixture.status(services: 50))
        let page = await pages.get("/").bytes
        let style = await pages.get(Assets.style.path).bytes
        #expect(page.count < 110_000)
        let icon = await pages.get(Assets.icon.path).bytes
        let packed = try packedSize(page) + packedSize(style) + packedSize(icon)
        #expect(packed < 25_000, "\(packed) bytes on the wire")
    }

    @Test("a hundred rows, the style sheet and the script stay small")
    func budgets() async throws {
        let matrix = await Fixture.pages(Fixture.status(services: 100)).get("/").bytes
        #expect(try packedSize(matrix) <= 30 << 10)
        #expect(try packedSize(Array(styleSheet.utf8)) <= 8 << 10)
        #expect(try packedSize(Array(liveScript.utf8)) <= 4 << 10)
    }

    private func packedSize(_ bytes: [UInt8]) throws -> Int {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-6", "-c"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let writer = Thread {
            input.fileHandleForWriting.write(Data(bytes))
            input.fileHandleForWriting.closeFile()
        }
        writer.start()
        return output.fileHandleForReading.readDataToEndOfFile().count
    }

    @Test("a manifest shows for each line who set it, and what that overrides")
    func manifest() async {
        let text = await Fixture.pages().get("/envs/dev/services/cart/manifest").text
        #expect(text.contains("environments/dev/services/cart.yaml:4"))
        #expect(text.contains("overrides 1") && text.contains("environments/defaults.yaml:11"))
        #expect(text.contains("at or before <code title="))
        let detail = Fixture.detail(Fixture.name("dev"), Fixture.name("cart"))
        let place = SourceLocation(file: "environments/dev/services/cart.yaml", line: 4)
        let commit = try? #require(detail.changes[place]?.commit)
        #expect(
            text.contains("<code title=\"\(commit?.id.hex ?? "none") Change line 4\">\(commit?.id.short ?? "")</code>"))
        let json = await Fixture.pages().get("/api/v1/environments/dev/services/cart/manifest").text
        #expect(json.contains("at-or-before") && json.contains(commit?.id.hex ?? "none"))
        let raw = await Fixture.pages().get("/envs/dev/services/cart/manifest.yaml")
        #expect(raw.headers["Content-Type"] == "application/yaml")
        #expect(
            raw.text.hasPrefix("---\napiVersion: apps/v1\nkind: Deployment\n")
                && raw.text.contains("\n---\napiVersion: v1\n"))
    }

    @Test("a release is one line with where it runs and where it ran")
    func releases() {
        let lines = releaseLines(of: Fixture.name("cart"), in: Fixture.status().environments)
        #expect(lines.map(\.release.version) == ["1.43.0", "1.42.0", "1.41.0", "1.40.0", "1.39.0"])
        #expect(lines[0].runsIn.map(\.text) == ["dev", "staging"] && lines[0].ranIn.isEmpty)
        #expect(lines[1].runsIn.map(\.text) == ["production"] && lines[1].ranIn.map(\.text) == ["dev", "staging"])
    }

    @Test("before anything was released the page says what has to happen")
    func firstSteps() async {
        var status = DaemonStatus(repository: "file:///srv/deployments")
        #expect(await Fixture.pages(status).get("/envs/dev").status == 503)
        #expect(await Fixture.pages(status).get("/").headers["Retry-After"] == "2")
        status.lastFetchAt = Fixture.now
        let text = await Fixture.pages(status).get("/").text
        #expect(text.contains("Nothing released yet") && text.contains("kubernaut init"))
        #expect(faults(text) == nil)
    }

    @Test("when git does not answer, every page says so and since when", arguments: ["/", "/system", "/envs/dev"])
    func stale(_ path: String) async {
        var status = Fixture.status()
        status.fetchProblem = "connecting to git.acme.io failed (timeout)"
        status.fetchProblemSince = Fixture.ago(27)
        status.banners = ["TLS verification is off"]
        let text = await Fixture.pages(status).get(path).text
        #expect(
            text.contains("Git does not answer since 2026-08-22 13:40 UTC") && text.contains("TLS verification is off"))
    }

    private static let ageCases: [(Int64, String)] = [
        (0, "just now"), (59, "just now"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (169_200, "47 h"),
        (172_800, "2 d"), (5_270_400, "2 months"), (69_120_000, "2 years"), (-30, "just now"),
    ]

    @Test("ages are coarse", arguments: ageCases)
    func ages(_ seconds: Int64, _ text: String) {
        #expect(Age.text(of: Instant(seconds: 1_000_000_000 - seconds), at: Instant(seconds: 1_000_000_000)) == text)
    }
}

@Suite("Hostile content")
struct HostileContentTests {
    private static let attack = "\"><img src=x onerror=alert(1)>'&\u{202e}\u{0}"
    private static let link = "javascript:alert(1)//\"><img src=x>"

    /// A status in which every text that comes from a file, a commit or a cluster is an attack.
    private static func hostileStatus() -> DaemonStatus {
        let commit = Commit(
            id: Fixture.commitID(1), author: attack, email: attack, date: Fixture.ago(5), subject: attack)
        let release = ReleaseRecord(
            service: Fixture.name("cart"), version: attack, image: attack, images: [attack: attack],
            build: .init(number: 1, url: link, job: attack),
            source: .init(url: link, branch: attack, commit: attack, message: attack, author: attack),
            releasedAt: Fixture.ago(5), releasedBy: attack, note: attack)
        let key = ResourceKey(groupKind: GroupKind(group: attack, kind: attack), namespace: attack, name: attack)
        let diagnostic = Diagnostic(
            .error, attack, attack, at: SourceLocation(file: attack, line: 1, column: 1), hint: attack)
        var environment = EnvironmentStatus(
            environment: Environment(name: Fixture.name("dev"), branch: attack, cluster: attack, namespace: attack))
        environment.head = commit
        environment.services = [
            ServiceStatus(
                name: Fixture.name("cart"), team: nil, release: release, verdict: .failed, reason: attack,
                since: Fixture.ago(5),
                objects: [ObjectStatus(key: key, health: ObjectHealth(.degraded, attack), isInSync: false)],
                diagnostics: [diagnostic],
                hold: Hold(
                    by: attack, reason: attack, until: nil, isForAll: false, location: SourceLocation(file: attack)))
        ]
        let event = ReleaseEvent(release: release, commit: commit, action: attack, actor: attack, reason: attack)
        environment.releases = [Fixture.name("cart"): [event, event]]
        environment.diagnostics = [diagnostic]
        environment.sourceProblem = attack
        environment.clusterProblem = attack
        for purpose in HeldList.Purpose.allCases {
            environment.held[purpose] = HeldList(
                hash: attack, items: [HeldList.Item(key: key, uid: attack, service: nil, holders: [attack])])
        }
        environment.orphans = [Orphan(key: key, service: nil, reason: attack)]
        environment.suspension = Suspension(
            reason: attack, by: attack, until: nil, location: SourceLocation(file: attack))
        environment.leadership = Leadership(replica: attack, leader: attack, problem: attack)
        environment.signature = SignatureStatus(
            head: Fixture.commitID(1), signer: attack, problem: attack, followed: nil)
        var status = DaemonStatus(repository: attack)
        status.environments = [environment]
        status.fetchProblem = attack
        status.banners = [attack]
        status.policyProblem = attack
        var all = environment
        all = EnvironmentStatus(environment: Environment(name: Fixture.name("staging"), branch: attack))
        all.services = environment.services.map { service in
            ServiceStatus(
                name: service.name, team: nil, release: release, verdict: .held, reason: attack, since: nil,
                objects: [],
                diagnostics: [],
                hold: Hold(
                    by: attack, reason: attack, until: nil, isForAll: true, location: SourceLocation(file: attack)))
        }
        status.environments.append(all)
        return status
    }

    private static func hostilePass() -> PassRecord {
        var pass = PassRecord(
            id: "p1\(attack)", environment: Fixture.name("dev"), trigger: .poll, startedAt: Fixture.ago(5))
        let key = ResourceKey(groupKind: GroupKind(group: attack, kind: attack), namespace: attack, name: attack)
        pass.outcome = .incomplete
        pass.reason = attack
        pass.objects = [ObjectResult(key: key, service: nil, action: .failed, message: attack)]
        pass.diagnostics = hostileStatus().environments[0].diagnostics
        pass.warnings = [attack]
        pass.logs = [
            HookLog(key: key, service: Fixture.name("cart"), pod: attack, container: attack, text: attack),
            HookLog(key: key, service: Fixture.name("cart"), pod: attack, container: attack, text: "", problem: attack),
        ]
        return pass
    }

    private static func hostileDetail() -> ServiceDetail {
        let place = SourceLocation(file: attack, line: 1)
        let path = FieldPath([.key(attack)])
        let origin = Origin(
            layer: .release, location: place, value: path,
            overridden: [.init(layer: .defaults, location: place, value: .string(attack))])
        let manifest = Manifest(
            kind: GroupVersionKind(apiVersion: attack, kind: attack), namespace: attack, name: attack,
            object: .string(attack),
            service: Fixture.name("cart"), location: place, digest: attack)
        let service = hostileStatus().environments[0].services[0]
        return ServiceDetail(
            service: RenderedService(
                name: service.name, team: nil, release: service.release, needs: [], manifests: [manifest],
                diagnostics: service.diagnostics, inputs: attack),
            commit: hostileStatus().environments[0].head,
            manifests: [
                AnnotatedManifest(manifest: manifest, lines: [AnnotatedLine(text: attack, path: path, origin: origin)])
            ], values: [ExplainedValue(path: path, value: .string(attack), origin: origin)])
    }

    private static func pages() -> WebPages {
        let status = hostileStatus()
        var sources = WebPages.Sources(
            status: { status }, history: Fixture.History(records: [hostilePass()]),
            detail: { _, _, _ in hostileDetail() }, requestSync: { _ in true }, metrics: { "" })
        sources.rendering = { name, _ in
            // Something differs between the two.
            let detail = hostileDetail()
            return Rendering(
                environment: status.environments[0].environment, commit: nil,
                services: [
                    RenderedService(
                        name: detail.service.name, team: nil, release: nil, needs: [],
                        manifests: name.text == "dev" ? detail.manifests.map(\.manifest) : [], diagnostics: [],
                        inputs: "")
                ], diagnostics: [])
        }
        sources.live = { _, _ in
            [LiveObject(key: hostilePass().objects[0].key, live: .string(attack), wanted: nil, problem: attack)]
        }
        return WebPages(
            sources: sources, access: .local(.developer), version: attack,
            now: { Fixture.now })
    }

    static let paths = [
        "/", "/envs", "/envs/dev", "/services/cart", "/envs/dev/services/cart/manifest", "/syncs",
        "/syncs/\(percentEncoded("p1\(attack)"))",
        "/system",
        "/?q=\(percentEncoded(attack))&team=\(percentEncoded(attack))&sort=\(percentEncoded(attack))&refresh=15",
        "/\(percentEncoded(attack))", "/syncs?before=\(percentEncoded(attack))", "/releases", "/services/cart/history",
        "/releases?service=\(percentEncoded(attack))&author=\(percentEncoded(attack))&since=\(percentEncoded(attack))",
        "/services/cart/releases/\(percentEncoded(attack))", "/services/cart/releases/\(percentEncoded(attack + "2"))",
        "/envs/dev/services/cart/values", "/envs/dev/services/cart/values?path=\(percentEncoded(attack))",
        "/envs/dev/objects", "/envs/dev/objects?kind=\(percentEncoded(attack))&service=\(percentEncoded(attack))",
        "/diff?a=\(percentEncoded(attack))&b=dev", "/diff?a=env:staging&b=env:dev", "/holds",
        "/diff?service=cart&a=live:dev&b=env:dev",
        "/holds/new?env=dev&service=cart&reason=\(percentEncoded(attack))&until=\(percentEncoded(attack))",
        "/releases.atom?service=cart",
        "/suspensions/new?env=dev&reason=\(percentEncoded(attack))&until=\(percentEncoded(attack))",
        "/prunes/new?env=dev", "/adoptions/new?env=dev",
        "/promotions/new?from=dev&to=staging&reason=\(percentEncoded(attack))",
        "/rollbacks/new?env=dev&service=cart&to=\(percentEncoded(attack))&until=\(percentEncoded(attack))",
        "/help/errors/\(percentEncoded(attack))",
    ]

    /// Whether a hostile page of this kind is looked at: here, or before a real repository. A new kind does not compile without
    /// an answer.
    private static func isLookedAt(_ look: Route.Look) -> Bool {
        switch look {
        case .releases, .releaseFeed, .release, .history, .values, .objects, .compare, .holds, .helpOnError: true
        // The same for everybody, and made of our own words alone.
        case .help: false
        }
    }

    private static func isLookedAt(_ deed: Route.Deed) -> Bool {
        switch deed {
        case .newPromotion, .newRollback, .newHold, .newConfirmation, .newSuspension: true
        // These need a repository: see "Changing things by page".
        case .promotions, .promotion, .rollback: false
        // Orders: no pages.
        case .rollbacks, .endHold, .syncs, .confirmations, .endSuspension: false
        }
    }

    @Test("every kind of page is looked at with hostile content")
    func kinds() {
        let looks = Self.paths.compactMap { path -> Route.Look? in
            guard case .look(let look) = Route(rawPath: String(path.prefix { $0 != "?" })) else { return nil }
            return look
        }
        let deeds = Self.paths.compactMap { path -> Route.Deed? in
            guard case .deed(let deed) = Route(rawPath: String(path.prefix { $0 != "?" })) else { return nil }
            return deed
        }
        #expect(looks.allSatisfy(Self.isLookedAt) && deeds.allSatisfy(Self.isLookedAt))
        #expect(Set(looks.map { "\($0)".prefix { $0 != "(" } }).count == 9)
        #expect(Set(deeds.map { "\($0)" }).count == 6)
    }

    @Test("texts from files, commits and clusters never become markup", arguments: paths)
    func escaping(_ path: String) async {
        let text = await Self.pages().get(path).text
        #expect(faults(text) == nil)
        #expect(!text.contains("<img") && !text.contains("\u{202e}") && !text.contains("\u{0}"))
        #expect(!text.lowercased().contains("href=\"javascript"))
        #expect(text.contains("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&amp;\u{fffd}\u{fffd}"))
    }

    @Test(
        "only web addresses become links",
        arguments: [
            ("https://a.example/b", true), ("HTTP://a.example", true), ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("//a.example", false), ("/services/x", false), (" https://a.example", false),
            ("https://a.example/\u{9}b", false),
            ("vbscript:x", false), ("https:\\\\a.example", false), ("", false),
        ])
    func schemes(_ url: String, _ isLink: Bool) {
        #expect(externalLink(url, "text").text.contains("<a ") == isLink)
    }

    @Test("JSON carries the same texts unharmed")
    func json() async throws {
        let value = try parseJSON(await Self.pages().get("/api/v1/status").bytes)
        #expect(value["repository"]?.string == Self.attack)
    }
}
