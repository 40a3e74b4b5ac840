// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import TestKit
import Testing

@testable import CLI

/// A release on its way through environments of a real bare repository, with git as the observer.
@Suite("A release on its way", .timeLimit(.minutes(1)))
struct PromotionJourneyTests {
    private let remote: ConfigRemote

    init() throws { remote = try ConfigRemote() }

    private func run(_ words: String...) async -> CapturedRun {
        await CapturedRun.of(words + ["--repo", remote.path], environment: ConfigRemote.environment)
    }

    private func release(_ version: String) async {
        let image = "registry.example.com/cart:\(version)"
        let answer = await run("release", "cart", "--image", image, "--version", version)
        #expect(answer.code == 0, "\(answer.error)")
    }

    private func preview() async throws -> Value {
        let answer = await run("promote", "dev", "staging", "--all", "--dry-run", "--offline", "-o", "json")
        #expect(answer.code == 0, "\(answer.error)")
        return try parseJSON(Array(answer.output.utf8))
    }

    @Test("does exactly what its preview showed, as a merge of both heads, and nothing the second time")
    func promotes() async throws {
        await release("1.1.0")
        let before = try remote.bare.git("rev-parse", "staging")
        let preview = try await preview()
        #expect(try remote.bare.git("rev-parse", "staging") == before)
        let expect = try #require(preview["expect"]?.string)
        let done = await run(
            "promote", "dev", "staging", "--all", "--expect", expect, "--reason", "weekly train", "--yes")
        #expect(done.code == 0, "\(done.error)")
        #expect(try remote.bare.git("rev-parse", "staging^{tree}") == preview["tree"]?.string)
        let parents = try remote.bare.git("log", "-1", "--format=%P", "staging")
        #expect(try parents == "\(before) \(remote.bare.git("rev-parse", "dev"))")
        #expect(try remote.bare.git("log", "-1", "--format=%B", "staging").contains("Kubernaut-Reason: weekly train"))
        let again = await run("promote", "dev", "staging", "--all", "--yes")
        #expect(again.code == 0)
        #expect(try remote.bare.git("log", "-1", "--format=%P", "staging") == parents)
        try remote.bare.git("fsck", "--strict")
    }

    @Test("is refused with 3 once anything has moved, and says what and by whom")
    func moved() async throws {
        await release("1.1.0")
        let expect = try #require(try await preview()["expect"]?.string)
        await release("1.2.0")
        let before = try remote.bare.git("rev-parse", "staging")
        let refused = await run("promote", "dev", "staging", "--all", "--expect", expect, "--yes")
        #expect(refused.code == 3)
        #expect(refused.error.contains("dev moved: 1 commit since") && refused.error.contains("Release cart 1.2.0"))
        #expect(try remote.bare.git("rev-parse", "staging") == before)
    }

    @Test("leaves what was rolled back and held, and brings it when its hold has ended")
    func held() async throws {
        await release("1.1.0")
        #expect(await run("promote", "dev", "staging", "--service", "cart", "--yes").code == 0)
        #expect(try remote.bare.git("log", "-1", "--format=%P", "staging").split(separator: " ").count == 1)
        #expect(await run("rollback", "cart", "--env", "staging", "--reason", "slow", "--yes").code == 0)
        let stays = await run("promote", "dev", "staging", "--all", "--dry-run", "--offline")
        #expect(stays.output.contains("slow"), "\(stays.output)\(stays.error)")
        #expect(await run("resume", "--env", "staging", "--service", "cart", "--yes").code == 0)
        #expect(await run("promote", "dev", "staging", "--all", "--yes").code == 0)
        #expect(try remote.bare.git("show", "staging:environments/releases/cart.yaml").contains("1.1.0"))
    }
}
