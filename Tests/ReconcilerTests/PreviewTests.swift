// SPDX-License-Identifier: Apache-2.0

import Domain
import TestKit
import Testing

@testable import Reconciler

@Suite("A preview of a pass", .timeLimit(.minutes(1)))
struct PreviewTests {
    @Test("tries the objects of the named services alone, deletions included, and writes nothing")
    func only() async throws {
        let world = World()
        await world.pass([
            service("cart", [configMap("cart"), configMap("cart-old")]), service("mail", [configMap("mail")]),
            service("gone", [configMap("gone")]),
        ])
        let rendering = Rendering(
            environment: world.environment, commit: nil,
            services: [
                service("cart", [configMap("cart", "2"), configMap("cart-new")]),
                service("mail", [configMap("mail", "2")]),
            ], diagnostics: [])
        let preview = Preview(of: world.environment, on: world.cluster)
        func said(_ services: Set<Name>?) async throws -> [String] {
            try await preview.objects(of: rendering, only: services).filter { $0.action != .unchanged }.map {
                "\($0.key.name) \($0.action.rawValue)"
            }
        }
        world.cluster.forgetRequests()
        #expect(
            try await said(nil) == [
                "cart configured", "cart-new created", "cart-old deleted", "gone deleted", "mail configured",
            ])
        world.cluster.forgetRequests()
        #expect(try await said([name("cart")]) == ["cart configured", "cart-new created", "cart-old deleted"])
        #expect(try await said([name("gone")]) == ["gone deleted"])
        #expect(world.object("ConfigMap/shop/cart")?[at: "data", "value"] == "1")
        #expect(world.object("ConfigMap/shop/gone") != nil && world.object("ConfigMap/shop/cart-new") == nil)
    }
}
