// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import HTTPServer
import Testing

@testable import WebUI

@Suite("Pages at hand", .timeLimit(.minutes(1)))
struct PromptPageTests {
    private static func request(_ headers: HTTPHeaders = [:], path: String = "/", isSecure: Bool? = nil) -> HTTPRequest
    {
        var all = headers
        if all["Host"] == nil { all["Host"] = "localhost" }
        return HTTPRequest(method: "GET", rawPath: path, headers: all, isSecure: isSecure)
    }

    @Test("a page is at hand once it was made, for who asks the same, with its validator")
    func atHand() async throws {
        let pages = Fixture.pages()
        #expect(pages.prompt(Self.request()) == nil)
        let made = await pages.answer(Self.request())
        let atHand = try #require(pages.prompt(Self.request()))
        #expect(atHand.bytes == made.bytes && atHand.status == 200)
        let tag = try #require(made.headers["ETag"])
        let known = try #require(pages.prompt(Self.request(["If-None-Match": tag])))
        #expect(known.status == 304 && known.bytes.isEmpty && known.headers["ETag"] == tag)
    }

    @Test(
        "another reader, address, host or method has the page made",
        arguments: [
            request(["Cookie": "theme=dark"]), request(["Authorization": "Bearer kn_x"]),
            request(["Host": "evil.example"]),
            request(path: "/envs"), HTTPRequest(method: "POST", rawPath: "/", headers: ["Host": "localhost"]),
            HTTPRequest(method: "GET", rawPath: "/", rawQuery: "q=cart", headers: ["Host": "localhost"]),
        ])
    func others(_ other: HTTPRequest) async {
        let pages = Fixture.pages()
        _ = await pages.answer(Self.request())
        #expect(pages.prompt(Self.request()) != nil)
        #expect(pages.prompt(other) == nil)
    }

    @Test("over TLS the promise of TLS comes along")
    func secure() async {
        let pages = Fixture.pages()
        _ = await pages.answer(Self.request())
        #expect(pages.prompt(Self.request(isSecure: true))?.headers["Strict-Transport-Security"] != nil)
        #expect(pages.prompt(Self.request())?.headers["Strict-Transport-Security"] == nil)
    }

    @Test("where people sign in, nothing is at hand before they are known")
    func login() async {
        let login = LoginSite(
            provider: SilentProvider(), sessions: MemorySessions(),
            box: SealedBox(keys: [[UInt8](repeating: 5, count: 32)]), publicURL: "https://kubernaut.example",
            now: { Fixture.now })
        let pages = Fixture.pages(access: .init(gate: Gate(login: login, keys: nil)))
        _ = await pages.answer(Self.request())
        #expect(pages.prompt(Self.request()) == nil)
    }
}
