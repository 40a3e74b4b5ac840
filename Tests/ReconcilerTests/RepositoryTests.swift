import Domain
import Lifecycle
import TestKit
import Testing

@testable import Reconciler

/// A daemon over two environments, each on its own branch and in its own namespace.
private final class House: Sendable {
    let world: World
    let board = StatusBoard(repository: "https://git.acme.io/config")
    let pipeline = Lock(
        Pipeline(environments: [
            Environment(name: name("dev"), prune: PruneBudget(limit: 100, percent: 100)),
            Environment(name: name("production"), prune: PruneBudget(limit: 100, percent: 100)),
        ]))

    init(_ change: (inout ReconcilerSettings) -> Void = { _ in }) {
        world = World { settings in
            settings.pollInterval = .milliseconds(30)
            settings.debounce = .milliseconds(5)
            change(&settings)
        }
    }

    func run(_ body: (RepositoryLoop) async throws -> Void) async throws {
        let loop = RepositoryLoop(
            rooms: world.rooms, readPipeline: { _ in (self.pipeline.withLock { $0 }, []) },
            readRelease: { _, _ in nil }, cluster: { $0 == nil ? self.world.cluster : nil }, board: board)
        // Ended by `stop()` below, whatever the body does.
        let running = Task { try await loop.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(loop)) } catch { result = .failure(error) }
        loop.stop()
        try await running.value
        try result.get()
    }

    func status(_ text: String) -> EnvironmentStatus? {
        board.current.environments.first { $0.environment.name == name(text) }
    }
}

@Suite("The repository's loop", .timeLimit(.minutes(1)))
struct RepositoryTests {
    @Test("every environment follows its own branch")
    func branches() async throws {
        let house = House()
        house.world.repository.commit([service("cart", [configMap("a", "dev")])], on: "dev")
        house.world.repository.commit([service("cart", [configMap("a", "prod")])], on: "production")
        try await house.run { _ in
            await eventually {
                house.status("dev")?.appliedCommit != nil && house.status("production")?.appliedCommit != nil
            }
            #expect(house.world.object("ConfigMap/dev/a")?[at: "data", "value"] == "dev")
            #expect(house.world.object("ConfigMap/production/a")?[at: "data", "value"] == "prod")
            #expect(house.board.current.isReady)
            house.world.repository.commit([service("cart", [configMap("a", "newer")])], on: "dev")
            await eventually { house.world.object("ConfigMap/dev/a")?[at: "data", "value"] == "newer" }
        }
    }

    @Test("a missing branch is that environment's problem alone, and a vanished one deletes nothing")
    func missingBranch() async throws {
        let house = House()
        house.world.repository.commit([service("cart", [configMap("a")])], on: "dev")
        try await house.run { _ in
            await eventually {
                house.status("dev")?.appliedCommit != nil && house.status("production")?.sourceProblem != nil
            }
            house.world.repository.state.withLock { $0.heads["dev"] = nil }
            house.world.repository.commit([service("cart", [configMap("a")])], on: "production")
            await eventually { house.status("dev")?.sourceProblem != nil }
            await eventually { house.status("production")?.appliedCommit != nil }
            #expect(house.world.object("ConfigMap/dev/a") != nil)
            #expect(house.status("production")?.sourceProblem == nil)
        }
    }

    @Test("while nothing can be fetched the last good revision stays in force and is healed")
    func fetchFails() async throws {
        let house = House()
        house.world.repository.commit([service("cart", [configMap("a")])], on: "dev")
        house.world.repository.commit([], on: "production")
        try await house.run { loop in
            await eventually { house.status("dev")?.appliedCommit != nil }
            house.world.repository.state.withLock { $0.fetchError = TestRepository.Failure() }
            await eventually { house.board.current.fetchProblem != nil }
            await eventually { loop.environment(name("dev"))?.bench.index.isFollowed(GroupKind("ConfigMap")) == true }
            house.world.cluster.remove(key("ConfigMap/dev/a"))
            await eventually { house.world.object("ConfigMap/dev/a") != nil }
            house.world.repository.state.withLock { $0.fetchError = nil }
            await eventually { house.board.current.fetchProblem == nil }
        }
    }

    @Test("taking an environment out of the pipeline ends its loop and deletes nothing")
    func removed() async throws {
        let house = House()
        house.world.repository.commit([service("cart", [configMap("a")])], on: "dev")
        house.world.repository.commit([], on: "production")
        try await house.run { loop in
            await eventually { house.status("dev")?.appliedCommit != nil }
            house.pipeline.withLock { $0 = Pipeline(environments: Array($0.environments.suffix(1))) }
            house.world.repository.commit([], on: "production")
            await eventually { loop.environment(name("dev")) == nil && house.status("dev") == nil }
            #expect(house.world.object("ConfigMap/dev/a") != nil)
        }
    }

    @Test("an environment of an unknown cluster says so, the others go on")
    func unknownCluster() async throws {
        let house = House()
        house.pipeline.withLock {
            $0 = Pipeline(environments: [Environment(name: name("dev"), cluster: "mars")] + $0.environments.suffix(1))
        }
        house.world.repository.commit([], on: "dev")
        house.world.repository.commit([service("cart", [configMap("a")])], on: "production")
        try await house.run { _ in
            await eventually { house.status("production")?.appliedCommit != nil }
            #expect(house.status("dev")?.clusterProblem?.contains("no cluster mars") == true)
        }
    }

    @Test("a request fetches at once and makes a pass of every environment")
    func request() async throws {
        let house = House { $0.pollInterval = .seconds(600) }
        house.world.repository.commit([service("cart", [configMap("a")])], on: "dev")
        house.world.repository.commit([], on: "production")
        try await house.run { loop in
            await eventually { house.status("dev")?.appliedCommit != nil }
            let before = house.status("dev")?.lastPass?.id
            for _ in 0..<20 { loop.request(.request) }
            await eventually { house.status("dev")?.lastPass?.id != before }
            #expect(house.status("dev")?.lastPass?.trigger == .request)
            #expect(house.world.repository.state.withLock { $0.fetches } <= 3)
        }
    }
}
