// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

/// Refuses what it is told to refuse; a branch stays where it was good last.
private final class ScriptedVerifier: HeadVerifier {
    let refused = Lock<Set<CommitID>>([])
    let followed = Lock<[String: CommitID]>([:])

    func verify(_ head: CommitID, of branch: String) async -> SignatureStatus? {
        if refused.withLock({ $0.contains(head) }) {
            return SignatureStatus(
                head: head, signer: nil, problem: "commit \(head.short) is not signed",
                followed: followed.withLock { $0[branch] })
        }
        followed.withLock { $0[branch] = head }
        return SignatureStatus(head: head, signer: "kim", problem: nil, followed: head)
    }
}

@Suite("Signatures and the repository's loop", .timeLimit(.minutes(1)))
struct SignatureTests {
    private let world = World { settings in
        settings.pollInterval = .milliseconds(30)
        settings.debounce = .milliseconds(5)
        settings.policyBranch = "policy"
    }
    private let board = StatusBoard(repository: "https://git.acme.io/config")
    private let verifier = ScriptedVerifier()
    private let pipeline = Pipeline(environments: [
        Environment(name: name("dev"), prune: PruneBudget(limit: 100, percent: 100))
    ])

    private var dev: EnvironmentStatus? { board.current.environments.first }

    private func run(_ body: (RepositoryLoop) async throws -> Void) async throws {
        let rooms = EnvironmentLoop.Rooms(
            source: world.repository, render: world.repository.renderer, history: world.history, logger: .silent,
            settings: world.settings, verifier: verifier, health: testHealth)
        let pipeline = pipeline
        let loop = RepositoryLoop(
            rooms: rooms, readPipeline: { _ in (pipeline, []) }, readRelease: { _, _ in nil },
            cluster: { [world] _ in world.cluster }, board: board)
        // Ended by `stop()` below, whatever the body does.
        let running = Task { try await loop.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(loop)) } catch { result = .failure(error) }
        loop.stop()
        try await running.value
        try result.get()
    }

    @Test("a refused head changes nothing: what was good last stays, is healed, and the status says why")
    func refused() async throws {
        world.repository.commit([], on: "policy")
        let good = world.repository.commit([service("cart", [configMap("a", "good")])])
        try await run { loop in
            await eventually { dev?.appliedCommit == good }
            #expect(dev?.signature?.signer == "kim")
            let bad = world.repository.commit([service("cart", [configMap("b", "bad")])])
            verifier.refused.withLock { _ = $0.insert(bad) }
            await eventually { dev?.signature?.isRefused == true }
            #expect(dev?.signature?.sentence == "commit \(bad.short) is not signed; it stays at \(good.short)")
            loop.request(.request)
            await eventually { loop.environment(name("dev"))?.bench.index.isFollowed(GroupKind("ConfigMap")) == true }
            world.cluster.remove(key("ConfigMap/dev/a"))
            await eventually { world.object("ConfigMap/dev/a")?[at: "data", "value"] == "good" }
            #expect(world.object("ConfigMap/dev/b") == nil)
            #expect(dev?.head?.id == good)
            verifier.refused.withLock { $0 = [] }
            await eventually { dev?.appliedCommit == bad && dev?.signature?.isRefused == false }
            #expect(world.object("ConfigMap/dev/b") != nil)
        }
    }

    @Test("after a restart the last good commit is applied, not the refused head")
    func restart() async throws {
        world.repository.commit([], on: "policy")
        let good = world.repository.commit([service("cart", [configMap("a", "good")])])
        let bad = world.repository.commit([service("cart", [configMap("a", "bad")])])
        verifier.refused.withLock { _ = $0.insert(bad) }
        verifier.followed.withLock { $0["dev"] = good }
        try await run { _ in
            await eventually { dev?.appliedCommit == good && dev?.signature?.isRefused == true }
            #expect(world.object("ConfigMap/dev/a")?[at: "data", "value"] == "good")
        }
    }

    @Test("without any good commit nothing is applied, and the daemon is ready all the same")
    func nothing() async throws {
        world.repository.commit([], on: "policy")
        let bad = world.repository.commit([service("cart", [configMap("a", "bad")])])
        verifier.refused.withLock { _ = $0.insert(bad) }
        try await run { _ in
            await eventually { dev?.signature?.isRefused == true && board.current.isReady }
            #expect(dev?.signature?.sentence == "commit \(bad.short) is not signed; nothing is applied")
            #expect(dev?.head == nil)
            #expect(world.cluster.objects.isEmpty)
        }
    }

    @Test("a refused policy branch brings no pipeline, and its last good one stays in force")
    func policy() async throws {
        let first = world.repository.commit([], on: "policy")
        verifier.refused.withLock { _ = $0.insert(first) }
        world.repository.commit([service("cart", [configMap("a")])])
        try await run { _ in
            await eventually { board.current.fetchProblem != nil }
            #expect(
                board.current.fetchProblem?.hasPrefix("the policy branch: commit \(first.short) is not signed") == true)
            #expect(board.current.environments.isEmpty)
            verifier.refused.withLock { $0 = [] }
            await eventually { dev?.appliedCommit != nil && board.current.fetchProblem == nil }
            let second = world.repository.commit([], on: "policy")
            verifier.refused.withLock { _ = $0.insert(second) }
            await eventually { board.current.policyProblem != nil }
            #expect(board.current.policyProblem?.contains("it stays at \(first.short)") == true)
            #expect(board.current.fetchProblem == nil)
            #expect(dev != nil)
        }
    }
}
