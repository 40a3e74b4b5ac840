// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import Testing

@testable import WebUI

@Suite("Transport of pages", .timeLimit(.minutes(1)))
struct TransportTests {
    private let pages = WebPages(
        sources: .init(
            status: { Fixture.status() }, history: Fixture.History(), detail: { _, _, _ in nil },
            requestSync: { _ in true }, metrics: { "" }),
        access: .local(.developer), version: "0.1.0", publicURL: "https://Kubernaut.example.org:8443",
        now: { Fixture.now })

    private func ask(
        _ path: String, isSecure: Bool?, method: String = "GET", query: String = "", host: String = "localhost"
    ) async -> HTTPResponse {
        await pages.answer(
            HTTPRequest(
                method: method, rawPath: path, rawQuery: query, headers: ["Host": host], isSecure: isSecure))
    }

    @Test("who came to a proxy without TLS is sent to where it is; changes are refused; probes are answered")
    func redirect() async {
        let moved = await ask("/envs/dev", isSecure: false, query: "a=%0d%0a&b")
        #expect(moved.status == 308)
        #expect(moved.headers["Location"] == "https://Kubernaut.example.org:8443/envs/dev?a=%0d%0a&b")
        #expect(
            await ask("//evil.example", isSecure: false).headers["Location"]?.hasPrefix(
                "https://Kubernaut.example.org:8443//") == true)
        #expect(await ask("/api/v1/environments/dev/sync", isSecure: false, method: "POST").status == 403)
        #expect(await ask("/livez", isSecure: false).status == 200)
        #expect(await ask("/", isSecure: nil).status == 200)
    }

    @Test("strict transport security is said over TLS alone, with every answer")
    func strict() async {
        for path in ["/", "/nothing", "/livez", "/assets/nothing"] {
            #expect(await ask(path, isSecure: true).headers["Strict-Transport-Security"] == "max-age=31536000")
            #expect(await ask(path, isSecure: nil).headers["Strict-Transport-Security"] == nil)
        }
    }

    @Test("the host of the public address is good without being named again; others are not")
    func hosts() async {
        #expect(await ask("/", isSecure: true, host: "kubernaut.example.org:8443").status == 200)
        #expect(await ask("/", isSecure: true, host: "evil.example").status == 421)
    }
}
