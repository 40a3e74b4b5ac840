// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Render
import TestKit
import Testing

@Suite("Where services stand", .timeLimit(.minutes(1)))
struct PositionFinderTests {
    private func standing(_ world: PromotionWorld, of target: String = "test", with source: String = "dev") async throws
        -> Standing
    {
        try await PositionFinder(world.mirror, renderer: Renderer()).standing(
            of: world.environment(target), at: world.snapshot(target), comparedWith: world.snapshot(source),
            now: world.now)
    }

    private func name(_ text: String) throws -> Name { try #require(Name(text)) }

    @Test("configuration differs only for those whose manifests the other branch's files would change")
    func configuration() async throws {
        let world = try PromotionWorld()
        for service in ["cart", "jobs", "mail"] { try await world.release(service, "1.0") }
        try await world.promote("dev", "test")
        #expect(Set(try await standing(world).positions.values) == [.inStep])
        // A value that nothing uses, one that one service uses, a hold, and a release.
        try await world.commit(
            [
                "defaults.yaml": "replicas: 1\nlevel: info\n\n\n\nport: 81\n",
                "services/cart.yaml": "values: {level: debug}\n", "services/mail.yaml": "values: {level: debug}\n",
                "dev/holds/jobs.yaml": "reason: x\n",
            ], to: "dev")
        try await world.release("mail", "1.1")
        let positions = try await standing(world).positions
        #expect(positions == [try name("cart"): .differs, try name("jobs"): .inStep, try name("mail"): .behind(1)])
    }

    @Test("a merge that left a release behind is named, and no hold, rollback or ordinary delay is taken for one")
    func leftBehind() async throws {
        let world = try PromotionWorld()
        for service in ["cart", "jobs", "mail"] { try await world.release(service, "1.0") }
        try await world.promote("dev", "test")
        try await world.release("cart", "1.1")
        try await world.release("jobs", "1.1")
        try await world.hold("jobs", in: "test")
        #expect(try world.onBranch("test") { try world.run("merge", "--quiet", "-s", "ours", "-m", "Merge", "dev") })
        try await world.release("cart", "1.2")
        try await world.release("mail", "1.1")
        let standing = try await standing(world)
        #expect(standing.positions[try name("cart")] == .behind(2))
        #expect(Array(standing.notes.keys) == [try name("cart")])
        let note = standing.notes[try name("cart")]?.first
        #expect(note?.message == "merge \(try world.git.head("test").short) by Kim left cart 1.1 behind")
        #expect(note?.location.file == "environments/releases/cart.yaml")

        try await world.promote("dev", "test")
        #expect(try await self.standing(world).notes.isEmpty)
        try await world.commit(
            [PromotionWorld.path("mail"): PromotionWorld.record("mail", "1.0")], to: "test", "Roll back")
        let rolledBack = try await self.standing(world)
        #expect(rolledBack.positions[try name("mail")] == .behind(1))
        #expect(rolledBack.notes.isEmpty)
    }

    @Test("a record with the version of one release and the image of another is called half merged")
    func halfMerged() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.release("cart", "1.1")
        let record = "service: cart\nversion: \"1.1\"\nimage: registry.example.org/cart:1.0\n"
        try await world.commit([PromotionWorld.path("cart"): record], to: "test")
        let note = try await standing(world).notes[try name("cart")]?.first
        #expect(note?.code == HistoryCodes.halfMerged)
        #expect(note?.message.contains("the image registry.example.org/cart:1.0") == true)
    }
}
