// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import JSON
import Lifecycle
import TestKit
import Testing

@testable import WebUI

@Suite("REST", .timeLimit(.minutes(1)))
struct RestTests {
    private func release(_ client: Client, _ service: String, _ version: String) async -> HTTPResponse {
        await client.post(
            "/api/v1/releases",
            [
                "service": .string(service), "version": .string(version),
                "image": .string("registry.example.com/\(service):\(version)"),
            ])
    }

    @Test("promotes exactly what a dry run showed, and follows it until it is healthy")
    func promotion() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        #expect(await release(client, "cart", "1.1.0").json["result"] == "recorded")
        let order: Value = ["from": "dev", "to": "staging", "all": true, "reason": "weekly"]
        var dry = order
        dry["dryRun"] = true
        let preview = await client.post("/api/v1/promotions", dry)
        let expect = try #require(preview.json["expect"]?.string)
        #expect(preview.status == 200 && preview.headers["ETag"] == "\"\(expect)\"")
        #expect(world.remote.text("releases/cart.yaml", on: "staging")?.contains("1.0.0") == true)
        // Somebody moves a branch.
        try world.remote.commit(["environments/defaults.yaml": "color: blue\n"], on: "staging", "Paint it blue")
        var bound = order
        bound["expect"] = .string(expect)
        let moved = await client.post("/api/v1/promotions", bound)
        #expect(moved.status == 409 && moved.json["code"] == "moved")
        #expect(moved.json["moved"]?.list?.first?["environment"] == "staging")
        #expect(moved.json["detail"]?.string?.contains("Paint it blue") == true)
        let fresh = await client.post("/api/v1/promotions", dry)
        let done = await client.post(
            "/api/v1/promotions", order, headers: ["If-Match": fresh.headers["ETag"] ?? ""])
        let id = try #require(done.json["id"]?.string)
        #expect(done.status == 201 && done.headers["Location"] == "/api/v1/promotions/\(id)")
        #expect(try world.remote.bare.head("staging").hex == id)
        let before = await client.get("/api/v1/promotions/\(id)").json
        #expect(before["state"] == "running" && before["reason"] == "weekly" && before["from"] == "dev")
        try await world.look()
        let after = await client.get("/api/v1/promotions/\(id)").json
        #expect(after["state"] == "done")
        #expect(
            after["steps"]?.list?.compactMap { $0["name"]?.string }
                == ["committed", "fetched", "rendered", "applied", "healthy"])
        // Another server knows it from git alone.
        let elsewhere = await Client(world.pages).get("/api/v1/promotions/\(id)").json
        #expect(elsewhere["state"] == "done" && elsewhere["services"]?.list?.first?["service"] == "cart")
        #expect(world.audit.lines.contains("promote refused ") && world.audit.lines.contains("promote done cart"))
    }

    @Test("rolls back with a hold, holds, and lets go")
    func rollback() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        _ = await release(client, "cart", "1.1.0")
        let order: Value = ["service": "cart", "environment": "dev", "reason": "leak"]
        var dry = order
        dry["dryRun"] = true
        let preview = await client.post("/api/v1/rollbacks", dry)
        #expect(preview.json["from"] == "1.1.0" && preview.json["to"] == "1.0.0")
        #expect(preview.json["objects"]?.list?.count == 1)
        var bound = order
        bound["expect"] = preview.json["expect"] ?? .null
        let done = await client.post("/api/v1/rollbacks", bound)
        #expect(done.status == 201)
        try await world.look()
        let holds = await client.get("/api/v1/holds").json["items"]?.list ?? []
        #expect(holds.count == 1 && holds[0]["service"] == "cart" && holds[0]["by"] == "local")
        let refused = await release(client, "cart", "1.2.0")
        #expect(refused.status == 409 && refused.json["code"] == "held")
        let resumed = await client.send("DELETE", "/api/v1/holds/dev/cart?reason=mended")
        #expect(resumed.json["items"]?.list?.first?["result"] == "resumed")
        #expect(
            await client.send("DELETE", "/api/v1/holds/dev/cart").json["items"]?.list?.first?["result"] == "not-held")
        let all = await client.post("/api/v1/holds", ["environment": "dev", "all": true, "reason": "freeze"])
        #expect(all.json["items"]?.list?.first?["service"] == .null)
        let team = await client.post("/api/v1/holds", ["environment": "staging", "team": "shop", "reason": "x"])
        #expect(team.json["items"]?.list?.count == 2)
        #expect(
            await client.post("/api/v1/holds", ["environment": "dev", "service": "nope", "reason": "x"]).status == 404)
        let past = await client.post(
            "/api/v1/holds", ["environment": "dev", "service": "mail", "reason": "x", "until": "2020-01-01"])
        #expect(past.status == 400)
        #expect(await client.get("/api/v1/rollbacks?environment=dev").json["items"]?.list?.count == 1)
    }

    @Test("says with the key of a request once what it did, and refuses the key for another")
    func idempotency() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let body: Value = ["service": "cart", "version": "1.1.0", "image": "registry.example.com/cart:1.1.0"]
        let first = await client.post("/api/v1/releases", body, headers: ["Idempotency-Key": "a-1"])
        let again = await client.post("/api/v1/releases", body, headers: ["Idempotency-Key": "a-1"])
        #expect(first.json["result"] == "recorded" && again.json["result"] == "recorded")
        #expect(again.headers["Idempotency-Replayed"] == "true")
        var other = body
        other["version"] = "1.2.0"
        let refused = await client.post("/api/v1/releases", other, headers: ["Idempotency-Key": "a-1"])
        #expect(refused.status == 422 && world.remote.text("releases/cart.yaml")?.contains("1.1.0") == true)
        #expect(await client.post("/api/v1/releases", other, headers: ["Idempotency-Key": "a b"]).status == 400)
        // Another caller's key of the same name is another key.
        let key = await world.key("jenkins", [.release])
        let theirs = await Client(client.pages, key: key).post(
            "/api/v1/releases", body, headers: ["Idempotency-Key": "a-1"])
        #expect(theirs.json["result"] == "already-recorded")
    }

    @Test("remembers answers for a day, and no more of them than it has room for")
    func memory() {
        let clock = Lock(Instant(seconds: 0))
        let answers = RememberedAnswers(limit: 2, now: { clock.withLock { $0 } })
        func begin(_ key: String) -> String { "\(answers.begin(key, "f"))".prefix { $0 != "(" }.description }
        #expect(begin("a") == "new" && begin("a") == "running")
        #expect(begin("b") == "new" && begin("c") == "full")
        answers.keep("a", HTTPResponse(status: 200))
        #expect(begin("a") == "answered" && begin("c") == "new" && begin("a") == "full")
        answers.keep("b", HTTPResponse(status: 200))
        clock.withLock { $0 = Instant(seconds: 24 * 3600) }
        #expect(begin("b") == "new")
    }

    @Test("refuses what it does not know instead of doing something else")
    func strict() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let misspelt = await client.post(
            "/api/v1/promotions", ["from": "dev", "to": "staging", "all": true, "dryrun": true])
        #expect(misspelt.status == 400 && misspelt.json["hint"]?.string?.contains("dryRun") == true)
        for body: Value in [
            ["from": "dev", "to": "staging"], ["from": "dev", "to": "staging", "all": true, "services": ["cart"]],
            ["from": "dev", "to": "dev", "all": true], ["from": "Dev", "to": "staging", "all": true],
            ["from": "dev", "to": "staging", "services": []],
            ["from": "dev", "to": "staging", "all": true, "expect": "x"],
            [1, 2], "text",
        ] {
            #expect(await client.post("/api/v1/promotions", body).status == 400, "\(body)")
        }
        #expect(await client.post("/api/v1/promotions", ["from": "mars", "to": "staging", "all": true]).status == 404)
        let wrong = await client.pages.get(
            "/api/v1/promotions", headers: ["Content-Type": "application/json"], method: "POST", body: "{")
        #expect(wrong.status == 400 && wrong.json["code"] == "bad-request" && wrong.json["requestId"] != nil)
        let method = await client.send("DELETE", "/api/v1/promotions")
        #expect(method.status == 405 && method.headers["Allow"] == "GET, POST, HEAD")
        let large = await client.post("/api/v1/holds", ["reason": .string(String(repeating: "x", count: 70_000))])
        #expect(large.status == 413 && large.json["code"] == "too-large")
        #expect(world.audit.records.isEmpty == false)
    }

    @Test("shows objects, values, and what differs between two environments")
    func reading() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        try world.remote.commit(["environments/defaults.yaml": "color: blue\n"], on: "staging")
        try await world.look()
        let values = await client.get("/api/v1/environments/staging/services/cart/values?path=color").json
        #expect(values["items"]?.list?.count == 1 && values["items"]?.list?.first?["value"] == "blue")
        let diff = await client.get("/api/v1/diff?service=cart&a=env:dev&b=env:staging").json
        #expect(diff["items"]?.list?.first?["diff"]?.string?.contains("+  color: blue") == true, "\(diff)")
        #expect(await client.get("/api/v1/diff?service=cart&a=env:dev&b=env:dev").json["items"] == [])
        #expect(await client.get("/api/v1/diff?service=cart&a=env:dev").status == 400)
        let objects = await client.get("/api/v1/environments/dev/objects?service=cart&kind=ConfigMap").json
        #expect(objects["items"]?.list?.count == 1 && objects["items"]?.list?.first?["health"] == "healthy")
        #expect(await client.get("/api/v1/environments/dev/objects?drifted=1").json["items"] == [])
        let can = await client.get("/api/v1/me?action=keys&environment=dev").json
        #expect(can["allowed"] == false && can["why"]?.string?.contains("admin") == true)
    }

    @Test("is read page by page, and says where it goes on")
    func paging() async throws {
        let world = try await RestWorld(services: (1...5).map { "svc-\($0)" })
        let client = Client(world.pages)
        var seen: [String] = []
        var target: String? = "/api/v1/releases?limit=2"
        while let next = target, seen.count < 10 {
            let answer = await client.get(next)
            seen += answer.json["items"]?.list?.compactMap { $0["id"]?.string } ?? []
            target = answer.headers["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
        }
        #expect(seen.count == 5 && Set(seen).count == 5)
    }

    @Test(
        "confirms exactly the list that is held, of deletions and of objects to take over",
        arguments: ["prune", "adopt"])
    func confirm(order: String) async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let wrong = await client.post("/api/v1/environments/dev/\(order)", ["hash": "ffff"])
        #expect(wrong.status == 409 && wrong.json["detail"]?.string?.contains("another list") == true)
        #expect(await client.post("/api/v1/environments/dev/\(order)", ["hash": "0123456789abcdef"]).status == 202)
        #expect(world.audit.lines == ["\(order) refused ", "\(order) done "])
    }

    @Test("commits in the name of the key that asked, within its scope alone")
    func keys() async throws {
        let world = try await RestWorld(role: nil)
        let key = await world.key("jenkins-cart", [.release, .promote], in: "*", of: "cart")
        let client = Client(world.pages, key: key)
        #expect(await Client(world.pages).get("/api/v1/releases").json["items"] == [])
        #expect(await release(client, "cart", "1.1.0").status == 200)
        #expect(try world.remote.bare.git("log", "-1", "--format=%an", "dev") == "key jenkins-cart")
        #expect(world.audit.records.first?.actor.keyID != nil)
        let refused = await release(client, "mail", "1.1.0")
        #expect(refused.status == 403 && refused.json["code"] == "not-allowed")
        let some = await client.post("/api/v1/promotions", ["from": "dev", "to": "staging", "services": ["cart"]])
        #expect(some.status == 201, "\(some.text)")
        #expect(await client.post("/api/v1/promotions", ["from": "dev", "to": "staging", "all": true]).status == 403)
        #expect(await client.send("DELETE", "/api/v1/holds/dev/cart").status == 403)
        // What a key may not see is gone already, as far as it can tell; nothing happens to it.
        let id = ReleaseBook(world.status).release(Fixture.name("mail"), "1.0.0")?.id ?? ""
        #expect(await client.send("DELETE", "/api/releases/\(id)").status == 202)
        #expect(world.remote.text("releases/mail.yaml") != nil)
    }

    @Test("takes no upload that a browser of another site sent")
    func foreignUploads() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let parts = [("service", "cart"), ("version", "6.6.6"), ("image", "registry.example.com/cart:evil")]
        for headers: HTTPHeaders in [
            ["Origin": "https://evil.example"], ["Sec-Fetch-Site": "cross-site"], ["Origin": "null"],
        ] {
            #expect(await client.form("/api/releases", parts, headers: headers).status == 403)
        }
        let plain = await client.send("POST", "/api/releases", headers: ["Content-Type": "text/plain"])
        #expect(plain.status == 403)
        #expect(world.remote.text("releases/cart.yaml")?.contains("1.0.0") == true)
    }
}
