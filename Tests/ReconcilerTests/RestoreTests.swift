import Domain
import EmbeddedCluster
import Glibc
import HTTPServer
import KubernetesAPI
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

/// A server whose past may be replaced by another one, and which may be away for a while.
private final class ChangingServer: Sendable {
    let folder: TemporaryFolder
    private let current = Lock<(cluster: EmbeddedCluster, running: Task<Void, any Error>, server: WebServer)?>(nil)
    let requests = Lock<[String]>([])
    private let port: Int
    var url: String { "http://127.0.0.1:\(port)" }

    init() throws {
        folder = try TemporaryFolder("restore")
        port = try FreePort.take(1)[0]
        try start()
    }

    private static func start(_ folder: String) throws -> (EmbeddedCluster, Task<Void, any Error>) {
        var configuration = EmbeddedCluster.Configuration()
        configuration.stateFolder = folder
        configuration.podDelay = .milliseconds(2)
        let cluster = try EmbeddedCluster(configuration)
        // Ended by `stop()`.
        return (cluster, Task { try await cluster.run() })
    }

    /// Writes everything down and goes away: watches break, nobody answers.
    func stop() async throws {
        guard let (cluster, running, server) = current.withLock({ $0 }) else { return }
        server.stop()
        cluster.stop()
        try await running.value
    }

    /// Comes back with what `stop` wrote down, or with what a copy of it holds.
    func start() throws {
        let (cluster, running) = try Self.start(folder.path)
        let requests = requests
        var configuration = WebServer.Configuration()
        configuration.port = port
        configuration.grace = .zero
        let server = WebServer(configuration: configuration) { request in
            requests.withLock { $0.append("\(request.method) \(request.rawPath)?\(request.rawQuery)") }
            return await cluster.handler(request)
        }
        // The old one may hold the port for a moment longer.
        for _ in 0..<200 {
            if (try? server.start()) != nil { break }
            usleep(10_000)
        }
        current.withLock { $0 = (cluster, running, server) }
    }

    func end() async throws { try await stop() }
}

@Suite("A server with another past", .timeLimit(.minutes(1)))
struct RestoreTests {
    private static func services(_ value: String, _ names: [String]) -> [RenderedService] {
        [service("shop", names.map { configMap($0, value) } + [StormTests.deployment("cart:\(value)")])]
    }

    @Test(
        "data from an older backup is healed: changed, lost and risen objects alike, and nothing else is deleted",
        arguments: [false, true])
    func restored(hasCaughtUp: Bool) async throws {
        let server = try ChangingServer()
        let cluster = KubernetesCluster(ClusterAccess(server: server.url), version: "test")
        let environment = Environment(
            name: name("dev"), namespace: "shop", prune: PruneBudget(limit: 100, percent: 100))
        let (repository, history) = (TestRepository(), TestHistory())
        let rooms = EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: history, logger: .silent, time: .fast(20))
        let loop = EnvironmentLoop(environment, cluster: cluster, rooms: rooms) { _ in }
        // Ended by `stop()` below.
        let running = Task { try await loop.run() }

        let first = repository.commit(Self.services("1", ["same", "changed", "old"]))
        loop.request(.start, at: first)
        await eventually { loop.book.current.appliedCommit == first }
        try await server.stop()
        let backup = try TemporaryFolder("backup")
        try runCommand(["cp", "-r", "\(server.folder.path)/.", backup.path])
        try server.start()
        var after = Self.services("2", ["changed", "new"])
        after[0] = service("shop", [configMap("same", "1")] + after[0].manifests.map(\.object))
        let second = repository.commit(after)
        loop.request(.poll, at: second)
        await eventually { loop.book.current.appliedCommit == second }
        let uid = try await read("same", cluster)?.uid

        try await server.stop()
        server.requests.withLock { $0 = [] }
        try runCommand(["sh", "-c", "rm -rf \(server.folder.path)/* && cp -r \(backup.path)/. \(server.folder.path)"])
        // A restore takes longer than a watch's first retry, which comes within 2 s: 100 ms of this clock.
        try await Task.sleep(for: .milliseconds(400))
        try server.start()
        if hasCaughtUp {
            // Versions count on, past those that were seen before the restore.
            for number in 0..<60 {
                _ = try await cluster.apply(
                    object("ConfigMap", "other", namespace: "shop", ["data": ["n": .string("\(number)")]]),
                    to: ApplySet.resource, force: true, dryRun: false)
            }
        }
        while true {
            let values = [
                try await read("same", cluster)?[at: "data", "value"],
                try await read("changed", cluster)?[at: "data", "value"],
                try await read("new", cluster)?[at: "data", "value"], try await read("old", cluster),
            ]
            if values == ["1", "2", "2", nil] { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await read("same", cluster)?.uid == uid)
        let deletes = server.requests.withLock { $0.filter { $0.hasPrefix("DELETE") } }
        #expect(deletes.map { $0.split(separator: "?")[0] } == ["DELETE /api/v1/namespaces/shop/configmaps/old"])
        loop.stop()
        try await running.value
        try await server.end()
    }

    @Test("a restart costs one list of each kind of ours, and no write")
    func restarted() async throws {
        let server = try ChangingServer()
        let cluster = KubernetesCluster(ClusterAccess(server: server.url), version: "test")
        let environment = Environment(name: name("dev"), namespace: "shop")
        let repository = TestRepository()
        let rooms = EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: TestHistory(), logger: .silent, time: .fast(20))
        let loop = EnvironmentLoop(environment, cluster: cluster, rooms: rooms) { _ in }
        // Ended by `stop()` below.
        let running = Task { try await loop.run() }
        let commit = repository.commit(Self.services("1", ["one", "two"]))
        loop.request(.start, at: commit)
        await eventually { loop.book.current.appliedCommit == commit }
        let kinds = loop.bench.index.kinds
        await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } }
        try await server.stop()
        await eventually { kinds.allSatisfy { !loop.bench.index.isFollowed($0) } }
        try server.start()
        server.requests.withLock { $0 = [] }
        await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } }
        try await Task.sleep(for: .milliseconds(200))
        let seen = server.requests.withLock { $0 }
        #expect(!seen.contains { !$0.hasPrefix("GET ") }, "\(seen)")
        let lists = seen.filter { $0.contains("limit=500") && !$0.contains("applyset.kubernetes.io%2Fid") }
        #expect(lists.count <= 2 * kinds.count, "\(lists)")
        loop.stop()
        try await running.value
        try await server.end()
    }

    private func read(_ name: String, _ cluster: KubernetesCluster) async throws -> Value? {
        try await cluster.get(ApplySet.resource, namespace: "shop", name: name, detail: .whole)
    }
}
