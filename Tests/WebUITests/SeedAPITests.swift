// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import JSON
import Lifecycle
import TestKit
import Testing

@testable import WebUI

@Suite("The calls of the first release tools", .timeLimit(.minutes(1)))
struct SeedAPITests {
    private static let good = [("service", "cart"), ("version", "1.1.0"), ("image", "registry.example.com/cart:1.1.0")]
    private static let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{service}}\n"

    @Test("record a release, once, however often it is posted")
    func post() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let first = await client.form("/api/releases", Self.good + [("color", "red"), ("replicas", "3")])
        #expect(first.status == 200 && first.json.map?.keys.count == 1)
        let id = try #require(first.json["id"]?.string)
        #expect(world.remote.text("releases/cart.yaml")?.contains("replicas: 3") == true)
        let again = await client.form("/api/releases", Self.good + [("color", "red"), ("replicas", "3")])
        #expect(again.status == 200 && again.json["id"]?.string == id)
        let other = await client.form(
            "/api/releases", [Self.good[0], Self.good[1], ("image", "registry.example.com/cart:other")])
        #expect(other.status == 409 && other.json["message"]?.string?.contains("another image") == true)
        #expect(world.audit.lines == ["release done cart", "release done cart", "release refused cart"])
    }

    @Test("say what is missing in the words that clients know")
    func missing() async throws {
        let client = Client(try await RestWorld().pages)
        func message(_ parts: [(String, String)]) async -> HTTPResponse { await client.form("/api/releases", parts) }
        let service = await message([Self.good[1], Self.good[2]])
        #expect(service.status == 400 && service.json == ["message": "service is required"])
        let version = await message([Self.good[0], Self.good[2]])
        #expect(version.status == 400 && version.json == ["message": "version is required"])
        #expect(await message([Self.good[0], Self.good[1]]).json == ["message": "image is required"])
        #expect(await message([("service", ""), Self.good[1]]).json == ["message": "service is required"])
    }

    @Test("may come in capitals, or as JSON with a template and an image alone")
    func oldForms() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let capitals = await client.form(
            "/api/releases", [("TEMPLATE", Self.template), ("IMAGE", "registry.example.com/shop/pay:7")])
        #expect(capitals.status == 200, "\(capitals.text)")
        #expect(world.remote.text("releases/pay.yaml")?.contains("version: \"7\"") == true)
        #expect(world.remote.text("templates/pay.yaml") == String(Self.template.dropLast()))
        let json = await client.post(
            "/api/releases", ["template": .string(Self.template), "image": "registry.example.com/ship:1.2.3"])
        #expect(json.status == 200, "\(json.text)")
        #expect(world.remote.text("releases/ship.yaml")?.contains("version: 1.2.3") == true)
    }

    @Test("have one text for a template that cannot be read, with the place in it")
    func badTemplate() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        for bad in ["{{#open}}\na: 1\n", "a: [1\n"] {
            let answer = await client.form("/api/releases", Self.good + [("template", bad)])
            #expect(answer.status == 400 && answer.json["message"] == "Error in template", "\(answer.text)")
            #expect(answer.json[at: "location", "file"]?.string?.hasSuffix("templates/cart.yaml") == true)
        }
        #expect(world.remote.text("releases/cart.yaml")?.contains("1.0.0") == true)
    }

    @Test("list releases newest first, in an envelope or as a bare array, filtered and sorted")
    func list() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        for version in ["1.1.0", "1.2.0"] {
            _ = await client.form(
                "/api/releases",
                [("service", "cart"), ("version", version), ("image", "registry.example.com/cart:\(version)")])
        }
        try await world.look()
        let all = await client.get("/api/releases").json
        #expect(all["limit"] == 50 && all["offset"] == 0 && all["count"] == 4)
        let newest = try #require(all["items"]?.list?.first { $0["version"] == "1.2.0" })
        #expect(newest[at: "service", "name"] == "cart" && newest["attributes"] == [:] && newest["template"] == nil)
        #expect(newest["createdBy"] == "local" && newest["deletedOn"] == .null)
        let array = await client.get("/api/releases?array=1&limit=1&offset=1").json
        #expect(array.list?.count == 1)
        #expect(await client.get("/api/releases?service=mail").json["count"] == 1)
        #expect(await client.get("/api/releases?service=value:CAR,exact:false").json["count"] == 3)
        #expect(await client.get("/api/releases?service=value:cart,not:true").json["count"] == 1)
        #expect(await client.get("/api/releases?service=cart&version=1.1.0").json["count"] == 1)
        let sorted = await client.get("/api/releases?sort=version&order=asc&service=cart").json["items"]?.list ?? []
        #expect(sorted.compactMap { $0["version"]?.string } == ["1.0.0", "1.1.0", "1.2.0"])
        let bad = await client.get("/api/releases?limit=many")
        #expect(bad.status == 400 && bad.json["message"] == "limit must be an integer, 0 or more")
    }

    @Test("show one release with its template, and none that is gone")
    func one() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        let id = await client.form("/api/releases", Self.good + [("color", "red")]).json["id"]?.string ?? ""
        try await world.look()
        let release = await client.get("/api/releases/\(id)")
        #expect(release.status == 200 && release.json["attributes"] == ["color": "red"])
        #expect(release.json[at: "template", "source"]?.string?.contains("kind: ConfigMap") == true)
        #expect(release.json[at: "template", "checksum"]?.string?.utf8.count == 64)
        #expect(await client.get("/api/releases/no-such-id").status == 404)
        let gone = await client.send("DELETE", "/api/releases/\(id)")
        #expect(gone.status == 202 && gone.bytes.isEmpty)
        #expect(world.remote.text("releases/cart.yaml") == nil)
        try await world.look()
        #expect(await client.get("/api/releases/\(id)").status == 404)
        #expect(await client.get("/api/releases?service=cart").json["count"] == 1)
        #expect(await client.send("DELETE", "/api/releases/\(id)").status == 202)
        #expect(await client.send("DELETE", "/api/releases/never-was").status == 202)
    }

    @Test("deploy a known release elsewhere, and say in the old words what is wrong")
    func deployments() async throws {
        let world = try await RestWorld()
        let client = Client(world.pages)
        _ = await client.form("/api/releases", Self.good)
        try await world.look()
        let order: Value = ["context": "staging", "service": "cart", "version": "1.1.0"]
        func message(_ change: (inout Value) -> Void) async -> Value? {
            var body = order
            change(&body)
            let answer = await client.post("/api/deployments", body)
            return answer.status == 400 ? answer.json["message"] : nil
        }
        #expect(await message { $0["context"] = nil } == "context is required")
        #expect(await message { $0["service"] = nil } == "service is required")
        #expect(await message { $0["version"] = nil } == "version is required")
        #expect(await message { $0["version"] = "9" } == "Release cart/9 was not found")
        #expect(await message { $0["context"] = "mars" } == "Context mars was not found")
        let done = await client.post("/api/deployments", order)
        let id = try #require(done.json["id"]?.string)
        #expect(done.status == 202 && id.hasPrefix("staging~cart~"))
        #expect(world.remote.text("releases/cart.yaml", on: "staging") == world.remote.text("releases/cart.yaml"))
        // The daemon has not seen it yet.
        #expect(await client.get("/api/deployments/\(id)/status").status == 202)
        try await world.look()
        let status = await client.get("/api/deployments/\(id)/status")
        #expect(status.status == 200 && status.json == ["id": .string(id), "status": "success"])
        world.change { status in
            status.environments[1].services = status.environments[1].services.map { service in
                ServiceStatus(
                    name: service.name, team: nil, release: service.release, verdict: .failed, reason: "no",
                    since: nil, objects: service.objects, diagnostics: [])
            }
        }
        #expect(await client.get("/api/deployments/\(id)/status").status == 502)
        let waiting = await client.post("/api/deployments?wait=true", order)
        #expect(waiting.status == 303 && waiting.headers["Location"]?.hasSuffix("/status?wait=30") == true)
        #expect(await client.get("/api/deployments?environment=staging&service=cart").json["count"] == 2)
        #expect(await client.get("/api/deployments/staging~cart~\(String(repeating: "0", count: 40))").status == 404)
    }

    @Test("have the status of old, never cached")
    func status() async throws {
        let client = Client(try await RestWorld().pages)
        let status = await client.get("/__/status")
        #expect(status.json["name"] == "kubernaut" && status.json.map?.keys.count == 3)
        #expect(status.headers["Cache-Control"] == "no-cache, no-store, must-revalidate")
        let other = await client.get("/__/other")
        #expect(other.status == 404 && other.headers["Expires"] == "0" && other.json["message"] != nil)
    }
}
