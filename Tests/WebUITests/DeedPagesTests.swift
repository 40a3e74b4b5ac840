// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Foundation
import HTTPServer
import Lifecycle
import TestKit
import Testing

@testable import WebUI

/// Somebody in front of a browser without scripts: reads pages, and sends the forms that are on them.
struct Reader: Sendable {
    let pages: WebPages
    /// As a browser says it.
    var headers: HTTPHeaders = ["Sec-Fetch-Site": "same-origin"]

    func get(_ target: String) async -> HTTPResponse { await pages.get(target, headers: headers) }

    /// Sends the form of a page that goes to `action`, with some fields filled in.
    func send(_ page: HTTPResponse, to action: String, _ changes: [(String, String?)] = []) async -> HTTPResponse {
        var fields = Self.fields(page.text, action)
        for (name, value) in changes {
            fields.removeAll { $0.0 == name }
            if let value { fields.append((name, value)) }
        }
        let body = fields.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }.joined(separator: "&")
        return await pages.get(action, headers: headers, method: "POST", body: body)
    }

    /// What a browser would send of a form as it stands there.
    static func fields(_ page: String, _ action: String) -> [(String, String)] {
        guard let start = page.range(of: "action=\"\(action)\"") else { return [] }
        let form = page[start.upperBound...].prefix(
            upTo: page.range(of: "</form>", range: start.upperBound..<page.endIndex)?.lowerBound ?? page.endIndex)
        return form.components(separatedBy: "<input").dropFirst().compactMap { part in
            let tag = part.prefix { $0 != ">" }
            func value(_ key: String) -> String? {
                tag.range(of: " \(key)=\"").map { String(tag[$0.upperBound...].prefix { $0 != "\"" }) }
            }
            let isOff = ["checkbox", "radio"].contains(value("type")) && !tag.contains(" checked=")
            guard !isOff, let name = value("name") else { return nil }
            return (name, value("value") ?? "")
        }
    }
}

@Suite("Changing things by page", .timeLimit(.minutes(1)))
struct DeedPagesTests {
    private static let newCart = ["environments/releases/cart.yaml": ConfigRemote.record("cart", "1.1.0")]

    @Test("a promotion is previewed, ordered once, and followed to its end")
    func promotion() async throws {
        let world = try await RestWorld()
        try world.remote.commit(Self.newCart, "Release cart")
        try await world.look()
        let reader = Reader(pages: world.pages)
        let preview = await reader.get("/promotions/new?to=staging")
        #expect(preview.status == 200 && preview.headers["Cache-Control"] == "no-store")
        #expect(preview.text.contains("This changes 1 service in staging. Nothing is deleted."))
        #expect(preview.text.contains("<ins>+  image: registry.example.com/cart:1.1.0"))
        #expect(preview.text.contains("Promote 1 service to staging</button>"))
        let done = await reader.send(preview, to: "/promotions", [("reason", "weekly train")])
        let address = try #require(done.headers["Location"])
        let head = try world.remote.bare.head("staging")
        #expect(done.status == 303 && address == "/promotions/\(head.hex)")
        // A second click, or a reload of the answer, is the same order.
        let again = await reader.send(preview, to: "/promotions", [("reason", "weekly train")])
        #expect(
            again.status == 303 && again.headers["Location"] == address && world.audit.lines == ["promote done cart"])
        #expect(await reader.get(address).text.contains("under way"))
        try await world.look()
        let finished = await reader.get(address).text
        #expect(finished.contains("weekly train") && finished.contains("> done</span>"))
        #expect(await reader.get("/promotions").text.contains(address))
        #expect(await reader.get("/promotions/new?to=staging").text.contains("There is nothing to promote"))
    }

    @Test("what moved since the preview is refused, shown, and asked for again with the reason kept")
    func moved() async throws {
        let world = try await RestWorld()
        try world.remote.commit(Self.newCart, "Release cart")
        try await world.look()
        let reader = Reader(pages: world.pages)
        let preview = await reader.get("/promotions/new?from=dev&to=staging")
        try world.remote.commit(["environments/defaults.yaml": "color: blue\n"], on: "staging", "Paint it blue")
        let refused = await reader.send(preview, to: "/promotions", [("reason", "weekly train")])
        #expect(refused.status == 409 && refused.text.contains("Moved since your preview"))
        #expect(refused.text.contains("Paint it blue") && refused.text.contains("value=\"weekly train\""))
        #expect(world.remote.text("releases/cart.yaml", on: "staging")?.contains("1.0.0") == true)
        let done = await reader.send(refused, to: "/promotions")
        #expect(done.status == 303 && world.remote.text("releases/cart.yaml", on: "staging")?.contains("1.1.0") == true)
        #expect(world.remote.text("defaults.yaml", on: "staging") == "color: blue")
    }

    @Test("only the ticked services are promoted, and files that both changed are shown line by line")
    func selection() async throws {
        let world = try await RestWorld()
        try world.remote.commit(
            Self.newCart.merging(["environments/releases/mail.yaml": ConfigRemote.record("mail", "2.0.0")]) { a, _ in a
            },
            "Release both")
        try await world.look()
        let reader = Reader(pages: world.pages)
        let some = await reader.get("/promotions/new?from=dev&to=staging&choice=1&service=cart")
        #expect(some.text.contains("value=\"mail\"/>") && some.text.contains("value=\"cart\" checked"))
        #expect(await reader.send(some, to: "/promotions").status == 303)
        #expect(world.remote.text("releases/cart.yaml", on: "staging")?.contains("1.1.0") == true)
        #expect(world.remote.text("releases/mail.yaml", on: "staging")?.contains("1.0.0") == true)
        let none = await reader.get("/promotions/new?from=dev&to=staging&choice=1")
        #expect(none.status == 400 && none.text.contains("no service is chosen"))
        try world.remote.commit(["environments/defaults.yaml": "color: red\n"], "Paint it red")
        try world.remote.commit(["environments/defaults.yaml": "color: blue\n"], on: "staging", "Paint it blue")
        try await world.look()
        let conflict = await reader.get("/promotions/new?from=dev&to=staging")
        #expect(conflict.status == 409 && conflict.text.contains("environments/defaults.yaml"))
        #expect(conflict.text.contains("<del>-color: blue") && conflict.text.contains("<ins>+color: red"))
    }

    @Test("a rollback needs a reason, does what it showed, and holds the service")
    func rollback() async throws {
        let world = try await RestWorld()
        try world.remote.commit(Self.newCart, "Release cart")
        try await world.look()
        let reader = Reader(pages: world.pages)
        let preview = await reader.get("/rollbacks/new?env=dev&service=cart")
        #expect(preview.status == 200 && preview.text.contains("Roll back cart to 1.0.0</button>"))
        #expect(preview.text.contains("<del>-  image: registry.example.com/cart:1.1.0"))
        let silent = await reader.send(preview, to: "/rollbacks", [("until", "2031-01-01T10:00")])
        #expect(silent.status == 400 && silent.text.contains("say why") && silent.text.contains("2031-01-01T10:00"))
        #expect(world.audit.lines.isEmpty)
        let odd = await reader.send(silent, to: "/rollbacks", [("reason", "totals"), ("until", "tomorrow")])
        #expect(odd.status == 400 && odd.text.contains("is no moment") && odd.text.contains("value=\"totals\""))
        let over = await reader.send(odd, to: "/rollbacks", [("until", "2020-01-01T10:00")])
        #expect(over.status == 400 && over.text.contains("is over already"))
        let done = await reader.send(over, to: "/rollbacks", [("until", nil)])
        #expect(done.status == 303 && done.headers["Location"]?.hasPrefix("/rollbacks/") == true)
        #expect(world.remote.text("releases/cart.yaml")?.contains("1.0.0") == true)
        #expect(world.remote.text("dev/holds/cart.yaml")?.contains("totals") == true)
        try await world.look()
        #expect(await reader.get(done.headers["Location"] ?? "").text.contains("Rollback of cart in dev"))
        #expect(await reader.get("/rollbacks/new?env=dev&service=nothing").status == 404)
        let wrong = await reader.get("/rollbacks/new?env=dev&service=cart&to=9.9.9")
        #expect(wrong.status == 404 && wrong.text.contains("1.1.0"))
    }

    @Test("holds are made and ended, syncs asked for, deletions confirmed as the list was read")
    func orders() async throws {
        let world = try await RestWorld()
        world.change {
            $0.environments[0].held[.prune] = HeldList(
                hash: "0123456789abcdef",
                items: [
                    HeldList.Item(
                        key: ResourceKey(groupKind: GroupKind("ConfigMap"), namespace: "dev", name: "old"), uid: "u1",
                        service: nil)
                ])
        }
        let reader = Reader(pages: world.pages)
        let form = await reader.get("/holds/new?env=dev&service=cart")
        #expect(await reader.send(form, to: "/holds/new", [("env", "dev"), ("service", "cart")]).status == 400)
        let held = await reader.send(
            form, to: "/holds/new", [("env", "dev"), ("service", "cart"), ("reason", "sale")])
        #expect(held.headers["Location"] == "/holds?done=hold" && world.remote.text("dev/holds/cart.yaml") != nil)
        let page = await reader.get("/envs/dev")
        #expect(await reader.send(page, to: "/syncs/new").headers["Location"] == "/envs/dev?done=sync")
        #expect(world.syncs.withLock { $0 } == ["dev"])
        let list = await reader.get("/prunes/new?env=dev")
        #expect(list.text.contains("ConfigMap/dev/old"))
        #expect(await reader.send(list, to: "/prunes").status == 400)
        let pruned = await reader.send(list, to: "/prunes", [("read", "1")])
        #expect(pruned.headers["Location"] == "/envs/dev?done=prune")
        let other = await reader.send(list, to: "/prunes", [("read", "1"), ("hash", "f00"), ("key", "another")])
        #expect(other.status == 409 && other.text.contains("another list"))
        world.change {
            $0.environments[0].held[.adopt] = HeldList(
                hash: "0123456789abcdef",
                items: [
                    HeldList.Item(
                        key: ResourceKey(groupKind: GroupKind("Deployment.apps"), namespace: "dev", name: "legacy"),
                        uid: "8d7c", service: Name("cart"), holders: ["helm", "the Helm release legacy"])
                ])
        }
        #expect(await reader.get("/envs/dev").text.contains("/adoptions/new?env=dev"))
        #expect(await reader.get("/envs/dev/objects").text.contains("the Helm release legacy"))
        let foreign = await reader.get("/adoptions/new?env=dev")
        for word in ["Deployment", "legacy", "helm, the Helm release legacy", "8d7c"] {
            #expect(foreign.text.contains(word), "\(word)")
        }
        #expect(await reader.send(foreign, to: "/adoptions").status == 400)
        let adopted = await reader.send(foreign, to: "/adoptions", [("read", "1")])
        #expect(adopted.headers["Location"] == "/envs/dev?done=adopt")
        #expect(world.audit.lines.contains("adopt done "))
        let ended = await reader.send(
            page, to: "/syncs/new", [("key", "k2"), ("service", "cart")])
        #expect(ended.status == 303)
    }

    @Test("what stands in records, values and commits never becomes markup, whatever page shows it")
    func hostileRepository() async throws {
        let attack = "<img src=x onerror=alert(1)>"
        let world = try await RestWorld()
        let record = """
            service: cart
            version: "1.1.0"
            image: registry.example.com/cart:1.1.0
            note: "\(attack)"
            releasedBy: "\(attack)"
            build: {number: 1, url: "javascript:alert(1)//\(attack)", job: "\(attack)"}
            source: {url: "javascript:alert(1)", branch: "\(attack)", message: "\(attack)", author: "\(attack)"}

            """
        try world.remote.commit(
            [
                "environments/releases/cart.yaml": record, "environments/defaults.yaml": "color: \"\(attack)\"\n",
                "environments/dev/holds/mail.yaml":
                    "by: \"\(attack)\"\nreason: \"\(attack)\"\nsince: 2026-01-01T00:00:00Z\n",
            ], "Release \(attack)")
        try await world.look()
        let reader = Reader(pages: world.pages)
        let encoded = percentEncoded(attack)
        var paths = [
            "/promotions/new?from=dev&to=staging&reason=\(encoded)",
            "/rollbacks/new?env=dev&service=cart&reason=\(encoded)",
            "/envs/dev/services/cart/values", "/envs/dev/services/cart/manifest", "/services/cart/releases/1.1.0",
        ]
        let preview = await reader.get(paths[0])
        let done = await reader.send(preview, to: "/promotions", [("reason", attack)])
        paths += [try #require(done.headers["Location"]), "/promotions"]
        try world.remote.commit(["environments/defaults.yaml": "color: \"\(attack)2\"\n"], on: "staging", attack)
        try world.remote.commit(["environments/defaults.yaml": "color: red\n"], attack)
        paths.append("/promotions/new?from=dev&to=staging")
        for path in paths {
            let text = await reader.get(path).text
            #expect(text.contains("&lt;img src=x"), "\(path)")
            #expect(!text.contains("<img") && !text.lowercased().contains("href=\"javascript"), "\(path)")
        }
    }

    @Test("who may not is told what is needed, on the button and when it is pressed all the same")
    func permissions() async throws {
        let world = try await RestWorld(role: .observer)
        try world.remote.commit(Self.newCart, "Release cart")
        try await world.look()
        let reader = Reader(pages: world.pages)
        let preview = await reader.get("/promotions/new?from=dev&to=staging")
        #expect(preview.status == 200 && preview.text.contains("<button type=\"submit\" disabled=\"disabled\">"))
        let refused = await reader.send(preview, to: "/promotions", [("reason", "weekly train")])
        #expect(
            refused.status == 403 && world.remote.text("releases/cart.yaml", on: "staging")?.contains("1.0.0") == true)
        #expect(refused.text.contains("value=\"weekly train\""))
    }

    @Test(
        "a form counts only from a page of this site",
        arguments: [
            ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example"),
            ("Origin", "null"),
        ])
    func foreign(_ field: String, _ value: String) async throws {
        let world = try await RestWorld()
        var reader = Reader(pages: world.pages)
        let page = await reader.get("/envs/dev")
        reader.headers = HTTPHeaders([(field, value)])
        #expect(await reader.send(page, to: "/syncs/new").status == 403)
        reader.headers = [:]
        #expect(await reader.send(page, to: "/syncs/new", [("form_token", "AAAA")]).status == 403)
        #expect(await reader.send(page, to: "/syncs/new", [("form_token", nil)]).status == 403)
        #expect(world.syncs.withLock { $0 }.isEmpty)
        #expect(await reader.send(page, to: "/syncs/new").status == 303)
    }
}
