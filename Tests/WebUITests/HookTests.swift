// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
import HTTPServer
import Testing
import Webhooks

@testable import WebUI

@Suite("Webhooks at the door", .timeLimit(.minutes(1)))
struct HookTests {
    private static let secret = "0123456789abcdef"

    private static func pages(_ secrets: @escaping @Sendable () throws -> [Secret] = { [Secret(secret)] }) throws
        -> WebPages
    {
        let hook = Hook(name: try #require(Name("main")), kind: .github, secrets: secrets)
        let desk = HookDesk(
            [hook], followed: { HookDesk.Followed(branches: ["dev"], repository: nil) },
            actions: HookDesk.Actions(fetch: { _ in }))
        var sources = WebPages.Sources(
            status: { Fixture.status() }, history: Fixture.History(), detail: { _, _, _ in nil },
            requestSync: { _ in true }, metrics: { "" })
        sources.hooks = desk
        return WebPages(sources: sources, access: .local(.developer), version: "0.1.0", now: { Fixture.now })
    }

    private static func deliver(
        _ body: String, to pages: WebPages, hook: String = "main", event: String = "push", secret: String = secret,
        type: String = "application/json", method: String = "POST"
    ) async -> HTTPResponse {
        let digest = hex(hmacSHA256(key: Array(secret.utf8), Array(body.utf8)))
        return await pages.get(
            "/hooks/\(hook)",
            headers: [
                "Content-Type": type, "X-Hub-Signature-256": "sha256=\(digest)", "X-GitHub-Event": event,
                "X-GitHub-Delivery": "<b>d-1</b>",
            ], method: method, body: body)
    }

    private static func text(_ response: HTTPResponse) -> String {
        guard case .bytes(let bytes) = response.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("each outcome has its own status")
    func statuses() async throws {
        let pages = try Self.pages()
        let push = #"{"ref":"refs/heads/dev"}"#
        #expect(await Self.deliver(push, to: pages).status == 202)
        #expect(await Self.deliver(push, to: pages).status == 200)
        #expect(await Self.deliver(#"{"ref":"refs/heads/x"}"#, to: pages, event: "push").status == 200)
        #expect(await Self.deliver("{}", to: pages, event: "ping").status == 200)
        #expect(await Self.deliver("{", to: pages).status == 400)
        #expect(await Self.deliver(push, to: pages, type: "text/plain").status == 400)
        #expect(await Self.deliver(push, to: pages, hook: "other").status == 404)
        #expect(await Self.deliver(push, to: pages, method: "GET").status == 405)
        #expect(await Self.deliver(push, to: try Self.pages { throw CancellationError() }).status == 503)
    }

    @Test("a refusal does not say what was wrong, and a missing signature looks like a bad one")
    func refusal() async throws {
        let pages = try Self.pages()
        let bad = await Self.deliver("{}", to: pages, secret: "another secret")
        let missing = await pages.get(
            "/hooks/main", headers: ["Content-Type": "application/json"], method: "POST", body: "{}")
        #expect(bad.status == 401 && missing.status == 401)
        #expect(Self.text(bad) == Self.text(missing))
    }

    @Test("the system page shows the last deliveries and nothing of their bodies")
    func systemPage() async throws {
        let pages = try Self.pages()
        _ = await Self.deliver(#"{"ref":"refs/heads/dev","canary":"kn-canary"}"#, to: pages)
        _ = await Self.deliver("{}", to: pages, secret: "wrong")
        let text = Self.text(await pages.get("/system"))
        #expect(
            text.contains("/hooks/main") && text.contains("looking at dev")
                && text.contains("the signature is not good"))
        #expect(text.contains("&lt;b&gt;d-1") && !text.contains("kn-canary") && !text.contains(Self.secret))
    }
}
