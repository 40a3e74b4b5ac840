// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import JSON
import Testing

@testable import WebUI

@Suite("A key in another's place", .timeLimit(.minutes(1)))
struct KeyRotationTests {
    private static let order: Value = [
        "name": "jenkins", "permissions": ["release", "view"], "environments": ["dev"], "services": ["cart-*"],
        "expires": "30d",
    ]

    private static func rotate(_ shop: KeyShop, _ id: String, as login: String, _ grace: String? = nil) async
        -> HTTPResponse
    {
        await shop.ask(
            "/api/v1/keys/\(id)/rotate", as: login, method: "POST", json: grace.map { ["grace": .string($0)] } ?? [:])
    }

    @Test("has its name, scope and length of life; both are good for the grace, and the old one no longer")
    func grace() async throws {
        let shop = await KeyShop()
        let old = try await shop.key(Self.order, as: "dev")
        let answer = await Self.rotate(shop, old.id, as: "dev", "2h")
        #expect(answer.status == 201 && answer.headers["Cache-Control"] == "no-store")
        let made = try parseJSON(answer.bytes)
        let (id, text) = (try #require(made["id"]?.string), try #require(made["key"]?.string))
        #expect(id != old.id && text.hasPrefix("kn_\(id)_"))
        let (before, after) = (try #require(try await shop.keys.key(old.id)), try #require(try await shop.keys.key(id)))
        #expect(before.expiresAt == Fixture.now.adding(.seconds(7200)) && before.revokedAt == nil)
        #expect(after.name == "jenkins" && after.scope == before.scope && after.ownerID == before.ownerID)
        #expect(after.expiresAt == Fixture.now.adding(.seconds(30 * 86_400)))
        for key in [old.text, text] { #expect(await shop.ask("/api/v1/me", key: key).status == 200) }
        let rows = try await shop.rows().map { "\($0.action.rawValue) \($0.from ?? "-") \($0.to ?? "-")" }
        #expect(Set(rows).isSuperset(of: ["key-revoke \(old.id) \(id)", "key-create - \(id)"]))
        // What is left of the grace is not made longer again.
        #expect(await Self.rotate(shop, old.id, as: "dev", "24h").status == 201)
        #expect(try await shop.keys.key(old.id)?.expiresAt == before.expiresAt)
    }

    @Test("ends the old one at once when there is no grace")
    func once() async throws {
        let shop = await KeyShop()
        let old = try await shop.key(Self.order, as: "dev")
        #expect(await Self.rotate(shop, old.id, as: "dev", "0s").status == 201)
        #expect(await shop.ask("/api/v1/me", key: old.text).status == 401)
        #expect(await Self.rotate(shop, old.id, as: "dev", "1h").status == 409)
    }

    @Test("is made for who may have such a key and may take the old one back, and for nobody else")
    func rules() async throws {
        let shop = await KeyShop()
        let old = try await shop.key(Self.order, as: "dev")
        for login in ["stranger", "prodmin"] { #expect(await Self.rotate(shop, old.id, as: login).status == 404) }
        #expect(await Self.rotate(shop, "000000000000", as: "ann").status == 404)
        for grace in ["31d", "-1h", "soon", ""] {
            #expect(await Self.rotate(shop, old.id, as: "dev", grace).status == 400, "\(grace)")
        }
        // A key without `keys` in its scope does not live on by itself.
        let own = await shop.ask("/api/v1/keys/\(old.id)/rotate", key: old.text, method: "POST", json: [:])
        #expect(own.status == 403)
        #expect(try await shop.keys.keys().count == 1)
        #expect(await Self.rotate(shop, old.id, as: "ann").status == 201)
        #expect(try await shop.keys.key(old.id)?.expiresAt == Fixture.now.adding(.seconds(86_400)))
    }
}
