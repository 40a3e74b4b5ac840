// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPServer
import Lifecycle
import Testing

@testable import WebUI

@Suite("What is refused before anybody knows whose it is", .timeLimit(.minutes(1)))
struct PlainRefusalTests {
    private static let browser: HTTPHeaders = ["Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"]

    private static func isPage(_ answer: HTTPResponse) -> Bool {
        answer.headers["Content-Type"] == "text/html; charset=utf-8" && answer.text.hasPrefix("<!DOCTYPE html>")
            && answer.headers["Content-Security-Policy"] != nil && answer.headers["Cache-Control"] == "no-store"
    }

    private static func isProblem(_ answer: HTTPResponse) -> Bool {
        answer.headers["Content-Type"] == "application/problem+json"
    }

    private static func pages(keys: (any KeyStore)? = nil) -> WebPages {
        WebPages(
            sources: .init(
                status: { Fixture.status() }, history: Fixture.History(), detail: { _, _, _ in nil },
                requestSync: { _ in true }, metrics: { "" }),
            access: WebPages.Access(gate: Gate(login: nil, keys: keys, now: { Fixture.now }), localRole: .developer),
            version: "0.1.0", publicURL: "https://kubernaut.example.org", now: { Fixture.now })
    }

    @Test("is a page for a browser and a problem document for everybody else: too much, a foreign name, no TLS")
    func kinds() async {
        let pages = Self.pages()
        let long = String(repeating: "a", count: 65 << 10)
        func ask(
            _ path: String, _ headers: HTTPHeaders, host: String = "localhost", isSecure: Bool? = nil,
            _ body: String = ""
        )
            async -> HTTPResponse
        {
            var headers = headers
            headers["Host"] = host
            return await pages.answer(
                HTTPRequest(
                    method: "POST", rawPath: path, rawQuery: "", headers: headers, body: Array(body.utf8),
                    isSecure: isSecure))
        }
        let answers: [(Int, (String, HTTPHeaders) async -> HTTPResponse)] = [
            (413, { await ask($0, $1, long) }), (421, { await ask($0, $1, host: "evil.example") }),
            (403, { await ask($0, $1, isSecure: false) }),
        ]
        for (status, answer) in answers {
            let page = await answer("/holds/new", Self.browser)
            #expect(page.status == status && Self.isPage(page), "\(status): \(page.text)")
            #expect(page.text.contains("<p class=\"dim\">\(status)</p>"))
            // Nothing of the site is told to somebody whom nobody knows.
            #expect(!page.text.contains("cart") && !page.text.contains("staging"))
            let machine = await answer("/holds/new", ["Accept": "application/json"])
            #expect(machine.status == status && Self.isProblem(machine))
            let api = await answer("/api/v1/holds", Self.browser)
            #expect(api.status == status && Self.isProblem(api))
        }
    }

    @Test("says to whom sends too many wrong keys when to come back, on a page where a page is read")
    func tooMany() async {
        let pages = Self.pages(keys: MemoryKeys())
        let wrong = "Bearer kn_000000000000_\(String(repeating: "a", count: 43))"
        var headers = Self.browser
        headers["Authorization"] = wrong
        for _ in 0..<10 {
            let answer = await pages.get("/", headers: headers)
            #expect(answer.status == 401 && Self.isPage(answer))
            #expect(answer.headers["WWW-Authenticate"]?.contains("invalid_token") == true)
        }
        let page = await pages.get("/", headers: headers)
        #expect(page.status == 429 && Self.isPage(page))
        let seconds = page.headers["Retry-After"].flatMap { Int($0) } ?? 0
        #expect((1...60).contains(seconds) && page.text.contains("try again in \(seconds) seconds"))
        let machine = await pages.get("/", headers: ["Authorization": wrong])
        #expect(machine.status == 429 && Self.isProblem(machine))
    }
}

@Suite("A session that has ended", .timeLimit(.minutes(1)))
struct EndedSessionTests {
    private func location(_ headers: HTTPHeaders, method: String = "GET") async -> String? {
        let pages = await EndedSessionSite.pages()
        return await pages.get("/envs/dev", headers: headers, method: method).headers["Location"]
    }

    @Test("is said on the way to the login, and whether something was lost; who never had one hears nothing of it")
    func words() async {
        let had: HTTPHeaders = ["Cookie": "__Host-kn_session=gone"]
        #expect(await location([:]) == "/login?return=%2Fenvs%2Fdev")
        #expect(await location(["Cookie": "__Host-kn_session="]) == "/login?return=%2Fenvs%2Fdev")
        #expect(await location(had) == "/login?return=%2Fenvs%2Fdev&ended=page")
        let pages = await EndedSessionSite.pages()
        let order = await pages.get("/syncs/new", headers: had, method: "POST", body: "env=dev")
        #expect(order.headers["Location"] == "/login?return=%2Fenvs%2Fdev&ended=order")
        #expect(await pages.get("/login?ended=order").text.contains("nothing was changed"))
        #expect(await pages.get("/login?ended=page").text.contains("Your session has ended."))
        for path in ["/login", "/login?ended=<b>x"] {
            #expect(await !pages.get(path).text.contains("session has ended"), "\(path)")
        }
    }
}

private enum EndedSessionSite {
    static func pages() async -> WebPages {
        let login = LoginSite(
            provider: SilentProvider(), sessions: MemorySessions(),
            box: SealedBox(keys: [[UInt8](repeating: 5, count: 32)]),
            publicURL: "https://kubernaut.example", now: { Fixture.now })
        return WebPages(
            sources: .init(
                status: { Fixture.status() }, history: Fixture.History(), detail: { _, _, _ in nil },
                requestSync: { _ in true }, metrics: { "" }),
            access: WebPages.Access(gate: Gate(login: login, keys: nil, now: { Fixture.now })), version: "1",
            hosts: ["kubernaut.example"], now: { Fixture.now })
    }
}
