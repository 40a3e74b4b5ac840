// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Testing

@testable import WebUI

extension ReleaseLine {
    fileprivate var name: String { "\(release.service)@\(release.version)" }
}

@Suite("Releases and their pages")
struct ReleasePagesTests {
    private static func index(_ query: String, services: Int = 14) -> ReleaseIndex {
        let status = Fixture.status(services: services)
        return ReleaseIndex(status, ReleaseIndex.lines(of: status), Query(query))
    }

    @Test("the list has a row for each release, named by its id, newest first")
    func list() async throws {
        let text = await Fixture.pages().get("/releases").text
        for column in ["Created", "Service", "Version"] {
            #expect(text.contains("role=\"columnheader\">\(column)</th>"), "\(column)")
        }
        #expect(text.contains("id=\"a93200ca-a22d-5ea8-a265-7949ec49b5c0\""))
        let index = Self.index("")
        #expect(index.lines.count == 50 && index.total == 75)
        #expect(index.lines.map(\.createdAt) == index.lines.map(\.createdAt).sorted(by: >))
    }

    @Test(
        "filters choose releases",
        arguments: [
            ("service=cart", 5), ("service=CAR", 5), ("author=jenkins-cart", 5), ("env=nowhere", 0),
            ("since=2026-08-22", 15), ("since=nonsense", 75), ("show=unpromoted", 9), ("show=nonsense", 75),
            ("service=cart&show=running", 2), ("service=cart&show=gone", 3), ("service=cart&show=unfinished", 1),
        ])
    func filters(_ query: String, _ count: Int) {
        #expect(Self.index(query).total == count)
    }

    @Test("authors are those of the source and those who released")
    func authors() {
        let ann = Self.index("author=ANN").lines
        #expect(!ann.isEmpty && ann.allSatisfy { $0.release.source?.author == "Ann" })
    }

    @Test("paging walks through all releases once, forwards and back, while new ones come")
    func paging() throws {
        let all = Self.index("", services: 25)
        var seen: [String] = []
        var page = all
        var cursors: [String] = []
        while true {
            seen += page.lines.map(\.name)
            guard let older = page.older else { break }
            cursors.append(older)
            page = Self.index("before=\(percentEncoded(older))", services: 25)
        }
        #expect(seen.count == all.total && Set(seen).count == all.total && cursors.count >= 2)
        let last = try #require(page.newer)
        let back = Self.index("after=\(percentEncoded(last))", services: 25)
        #expect(back.lines.count == 50 && back.lines.last?.name == seen[seen.count - page.lines.count - 1])
        // With fewer services the cursor's own release may be gone; the place in the order is still good.
        let shrunk = Self.index("before=\(percentEncoded(cursors[0]))", services: 14)
        #expect(shrunk.lines.allSatisfy { line in seen.dropFirst(50).contains(line.name) })
        #expect(Self.index("before=nonsense").lines.count == 50)
    }

    @Test("the list says in fixed words that it loads, failed or is empty")
    func states() async {
        var status = DaemonStatus(repository: "file:///srv/deployments")
        let loading = await Fixture.pages(status).get("/releases")
        #expect(loading.status == 503 && loading.headers["Retry-After"] == "2")
        #expect(loading.text.contains(">Loading releases…<"))
        status.fetchProblem = "fetching failed"
        let failed = await Fixture.pages(status).get("/releases")
        #expect(failed.status == 200 && failed.text.contains(">Error loading releases<"))
        status.fetchProblem = nil
        status.isReady = true
        let empty = await Fixture.pages(status).get("/releases")
        #expect(empty.text.contains(">There are no releases<"))
        #expect(await Fixture.pages().get("/releases?service=none").text.contains("that match these filters"))
    }

    @Test("a release says where it is, where it was, and how it came and went")
    func release() async {
        let text = await Fixture.pages().get("/services/cart/releases/1.41.0").text
        #expect(text.contains("rolled back to") && text.contains("totals were wrong"))
        #expect(text.contains("promoted") && text.contains("replaced"))
        #expect(text.contains("/compare/"))
        let missing = await Fixture.pages().get("/services/cart/releases/1.43")
        #expect(missing.status == 404 && missing.text.contains("href=\"/services/cart/releases/1.43.0\""))
    }

    @Test("history shows one environment or all, with what applied each commit")
    func history() async {
        let all = await Fixture.pages().get("/services/cart/history").text
        #expect(all.contains("id=\"in-dev\"") && all.contains("id=\"in-production\""))
        let one = await Fixture.pages().get("/services/cart/history?env=dev").text
        #expect(!one.contains("id=\"in-staging\"") && one.contains("<b>now</b>"))
    }

    @Test(
        "files of the config repository are linked where its host is known to show them",
        arguments: [
            ("https://github.com/acme/d.git", "https://github.com/acme/d/blob/COMMIT/a%20b/c.yaml#L7"),
            ("https://codeberg.org/acme/d", "https://codeberg.org/acme/d/src/commit/COMMIT/a%20b/c.yaml#L7"),
            ("https://bitbucket.org/acme/d/", "https://bitbucket.org/acme/d/src/COMMIT/a%20b/c.yaml#lines-7"),
            ("file:///srv/d.git", nil), ("git@github.com:acme/d.git", nil), ("", nil),
        ] as [(String, String?)])
    func fileLinks(_ repository: String, _ address: String?) {
        let commit = Fixture.commitID(1)
        let found = fileAddress(SourceLocation(file: "a b/c.yaml", line: 7), commit, in: repository)
        #expect(found == address?.replacing("COMMIT", with: commit.hex))
    }
}

@Suite("Comparing")
struct ComparePageTests {
    @Test("two environments are compared without their own namespaces, and Secrets stay secret")
    func environments() async {
        let text = await Fixture.pages().get("/diff?service=cart&a=staging&b=env:production").text
        #expect(text.contains("Deployment/cart") && text.contains("<del>-  image: registry.acme.io/cart:1.43.0"))
        #expect(!text.contains("Deployment/shop-staging/cart") && !text.contains("canary-"))
        #expect(text.contains("+  password: «"))
    }

    @Test("the cluster is compared with git, and never kept by a browser")
    func live() async {
        let answer = await Fixture.pages().get("/diff?service=cart&a=live:dev&b=env:dev")
        #expect(answer.headers["Cache-Control"] == "no-store" && answer.text.contains("-  replicas: 9"))
    }

    @Test("a cluster that does not answer is a sentence, not a failure")
    func silentCluster() async {
        struct Silence: Error {}
        let status = Fixture.status()
        var sources = WebPages.Sources(
            status: { status }, history: Fixture.History(), detail: { _, _, _ in nil }, requestSync: { _ in true },
            metrics: { "" })
        sources.live = { _, _ in throw Silence() }
        let pages = WebPages(sources: sources, access: .local(.developer), version: "0.1.0")
        for _ in 0..<3 {
            let answer = await pages.get("/diff?service=cart&a=live:dev&b=env:dev")
            #expect(answer.status == 400 && answer.text.contains("does not answer as it should"))
        }
    }

    @Test(
        "what cannot be compared says why",
        arguments: [
            ("a=x:dev&b=dev", 400, "names nothing to compare"), ("a=live:dev&b=dev", 400, "choose a service"),
            ("service=cart&a=live:dev&b=staging", 400, "its own branch"),
            ("a=dev@1234567&b=dev", 400, "give all 40 digits"), ("a=dev@12&b=dev", 400, "names nothing"),
            ("a=dev&b=nowhere", 404, ""), ("service=nothing&a=dev&b=staging", 404, ""),
        ])
    func problems(_ query: String, _ status: Int, _ words: String) async {
        let answer = await Fixture.pages().get("/diff?\(query)")
        #expect(answer.status == status && answer.text.contains(words))
    }
}

@Suite("Small pages")
struct SmallPagesTests {
    @Test("holds name who, why and until when")
    func holds() async {
        let text = await Fixture.pages().get("/holds").text
        #expect(
            text.contains("sale weekend") && text.contains("2026-08-24 09:00 UTC") && text.contains(">payments</a>"))
    }

    @Test("a hold on an environment is one line, whatever it has")
    func wholeHold() {
        var status = Fixture.status()
        let hold = Hold(
            by: "Bo", reason: "freeze", until: nil, isForAll: true, location: SourceLocation(file: "dev/holds/all.yaml")
        )
        status.environments[0].services = status.environments[0].services.map { service in
            ServiceStatus(
                name: service.name, team: nil, release: service.release, verdict: .held, reason: "", since: nil,
                objects: [], diagnostics: [], hold: hold)
        }
        #expect(holdLines(status).map(\.service) == [nil, Fixture.name("payments")])
    }

    @Test("objects that need somebody come first, and filters choose among them")
    func objects() async throws {
        let text = await Fixture.pages().get("/envs/staging/objects").text
        #expect(
            try #require(text.firstRange(of: "Degraded")).lowerBound
                < #require(text.firstRange(of: "Healthy")).lowerBound)
        let drifted = await Fixture.pages().get("/envs/production/objects?status=drifted").text
        #expect(drifted.contains("gateway") && !drifted.contains("/services/cart"))
    }

    @Test("every code has a page that explains it, for everybody", arguments: ["KN2201", "kn2201"])
    func codes(_ code: String) async {
        let answer = await Fixture.pages().get("/help/errors/\(code)")
        #expect(answer.status == 200 && answer.headers["Cache-Control"] == "public, max-age=3600")
        #expect(await Fixture.pages().get("/envs/dev").text.contains("/help/errors/KN2107") == false)
        #expect(await Fixture.pages().get("/help/errors/KN9").status == 404)
    }

    @Test("a theme is kept in a cookie and leads back, never to another site")
    func theme() async {
        let pages = Fixture.pages()
        let chosen = await pages.get("/theme", method: "POST", body: "theme=dark&return=%2Fenvs%3Fa%3Db")
        #expect(chosen.status == 303 && chosen.headers["Location"] == "/envs?a=b")
        #expect(chosen.headers["Set-Cookie"]?.hasPrefix("kn_theme=dark;") == true)
        let page = await pages.get("/", headers: ["Cookie": "kn_theme=dark"]).text
        #expect(page.contains("<html lang=\"en\" data-theme=\"dark\">"))
        #expect(await pages.get("/", headers: ["Cookie": "kn_theme=\"><x>"]).text.contains("<html lang=\"en\"><head>"))
        let foreign = await pages.get(
            "/theme", headers: ["Sec-Fetch-Site": "cross-site"], method: "POST", body: "theme=dark&return=//evil")
        #expect(foreign.headers["Location"] == "/" && foreign.headers["Set-Cookie"] == nil)
    }
}
