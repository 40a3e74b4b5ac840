import Domain
import JSON
import Lifecycle
import Logging
import Reconciler
import TestKit

@testable import Reconciler

/// A config repository in memory: every commit holds rendered services.
final class TestRepository: Source {
    struct State {
        var commits: [CommitID: Commit] = [:]
        var services: [CommitID: [RenderedService]] = [:]
        var problems: [CommitID: Diagnostic] = [:]
        var steps: [CommitID: [HistoryStep]] = [:]
        var heads: [String: CommitID] = [:]
        var fetchError: (any Error)?
        var fetches = 0
    }

    struct Failure: Error {}

    let state = Lock(State())

    /// Makes a commit with these services the head of `branch`.
    @discardableResult
    func commit(_ services: [RenderedService], on branch: String = "dev", problem: Diagnostic? = nil) -> CommitID {
        state.withLock { state in
            let number = state.commits.count + 1
            let hex = String(repeating: "0", count: 40 - String(number).count) + String(number)
            guard let id = CommitID(hex) else { preconditionFailure("40 digits") }
            state.commits[id] = Commit(
                id: id, author: "Kim", email: "kim@acme.io", date: Instant(seconds: Int64(number)), subject: "Commit")
            state.services[id] = services
            state.problems[id] = problem
            state.heads[branch] = id
            return id
        }
    }

    func fetch() async throws -> [String: CommitID] {
        try state.withLock { state in
            state.fetches += 1
            if let error = state.fetchError { throw error }
            return state.heads
        }
    }

    func snapshot(at commit: CommitID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot {
        try state.withLock { state in
            guard let found = state.commits[commit] else { throw Failure() }
            return SourceSnapshot(commit: found, root: "environments", files: [:])
        }
    }

    func history(of commit: CommitID, under folder: String, after: CommitID?, limit: Int) async throws -> [HistoryStep]
    {
        let steps = state.withLock { $0.steps[commit] ?? [] }
        let end = steps.firstIndex { $0.commit.id == after } ?? steps.count
        return Array(steps[..<end].prefix(limit))
    }

    var renderer: ReconcilePass.Renderer {
        { snapshot, environment in
            let commit = snapshot.commit
            return self.state.withLock { state in
                let problem = commit.flatMap { state.problems[$0.id] }
                return Rendering(
                    environment: environment, commit: commit,
                    services: problem == nil ? commit.flatMap { state.services[$0.id] } ?? [] : [],
                    diagnostics: problem.map { [$0] } ?? [])
            }
        }
    }
}

final class TestHistory: PassHistory {
    private let state = Lock<[PassRecord]>([])
    var records: [PassRecord] { state.withLock { $0 } }

    func append(_ record: PassRecord) async throws { state.withLock { $0.append(record) } }
    func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord] { records.reversed() }
    func pass(_ id: String) async throws -> PassRecord? { records.first { $0.id == id } }
}

func name(_ text: String) -> Name {
    guard let name = Name(text) else { preconditionFailure("no name: \(text)") }
    return name
}

func key(_ text: String) -> ResourceKey {
    let parts = text.split(separator: "/").map(String.init)
    return ResourceKey(
        groupKind: GroupKind(parts[0]), namespace: parts.count == 3 ? parts[1] : nil, name: parts[parts.count - 1])
}

/// A rendered service of these objects.
func service(
    _ text: String, _ objects: [Value] = [], needs: [String] = [], problem: String? = nil
) -> RenderedService {
    let diagnostics = problem.map {
        [
            Diagnostic(
                .error, "KN2003", $0, at: SourceLocation(file: "templates/\(text).yaml", line: 3), service: name(text))
        ]
    }
    return RenderedService(
        name: name(text), team: nil, release: nil, needs: needs.map { name($0) },
        manifests: problem == nil ? objects.map { manifest($0, service: text) } : [],
        diagnostics: diagnostics ?? [], inputs: text)
}

func manifest(_ object: Value, service: String) -> Manifest {
    Manifest(
        kind: object.groupVersionKind ?? GroupVersionKind(group: "", version: "", kind: ""),
        namespace: object.objectNamespace, name: object.objectName ?? "", object: object, service: name(service),
        location: SourceLocation(file: "templates/\(service).yaml", line: 1),
        digest: "digest-of-\(object.jsonText())")
}

func object(
    _ kind: String, _ name: String, version: String = "v1", namespace: String? = nil,
    annotations: [String: String] = [:], _ fields: [String: Value] = [:]
) -> Value {
    var object: Value = ["apiVersion": .string(version), "kind": .string(kind), "metadata": ["name": .string(name)]]
    var metadata = object["metadata"] ?? [:]
    metadata["namespace"] = namespace.map { .string($0) }
    if !annotations.isEmpty {
        metadata["annotations"] = .map(Map(annotations.map { Map.Entry(key: $0.key, value: .string($0.value)) }))
    }
    object["metadata"] = metadata
    for (field, value) in fields { object[field] = value }
    return object
}

func configMap(_ name: String, _ value: String = "1", annotations: [String: String] = [:]) -> Value {
    object("ConfigMap", name, annotations: annotations, ["data": ["value": .string(value)]])
}

func deployment(
    _ name: String, image: String = "app:1", isSlow: Bool = false, annotations: [String: String] = [:]
) -> Value {
    var spec: Value = [
        "replicas": 2, "template": ["spec": ["containers": [["name": "app", "image": .string(image)]]]],
    ]
    if isSlow { spec["slow"] = true }
    return object(
        "Deployment", name, version: "apps/v1", annotations: annotations,
        ["spec": spec])
}

/// Healthy unless `status.health` says otherwise; with `spec.slow` only when it says so.
@Sendable func testHealth(_ object: Value) -> ObjectHealth {
    let start: HealthStatus = object[at: "spec", "slow"] == true ? .progressing : .healthy
    let status = object[at: "status", "health"]?.string.flatMap { HealthStatus(rawValue: $0) } ?? start
    return ObjectHealth(status, status == .healthy ? "" : "it says \(status.rawValue)")
}

/// One environment `dev` with its repository and cluster.
final class World: Sendable {
    let repository = TestRepository()
    let history = TestHistory()
    let cluster: FakeCluster
    let environment: Environment
    let settings: ReconcilerSettings
    let time: TimeSource

    init(
        cluster: FakeCluster = FakeCluster(), mode: Environment.ApplyMode = .serverSide,
        prune: PruneBudget = PruneBudget(limit: 100, percent: 100), environment other: Environment? = nil,
        time: TimeSource = .system, settings change: (inout ReconcilerSettings) -> Void = { _ in }
    ) {
        self.cluster = cluster
        self.time = time
        environment =
            other ?? Environment(name: name("dev"), namespace: "shop", applyMode: mode, prune: prune)
        var settings = ReconcilerSettings()
        settings.readinessTimeout = .milliseconds(300)
        settings.healthTimeout = .seconds(5)
        change(&settings)
        self.settings = settings
    }

    var rooms: EnvironmentLoop.Rooms {
        EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: history, logger: .silent, settings: settings,
            time: time, health: testHealth)
    }

    /// A daemon that has just started and remembers nothing.
    func loop() -> EnvironmentLoop { EnvironmentLoop(environment, cluster: cluster, rooms: rooms) { _ in } }

    /// One pass of a daemon that has just started.
    @discardableResult
    func pass(_ services: [RenderedService]) async -> PassRecord { await Daemon(self).pass(services) }

    func object(_ text: String) -> Value? { cluster.object(key(text)) }
    var parent: Value? { object("ConfigMap/shop/kubernaut-dev") }

    /// Everything in the cluster but the parent and the namespace.
    var members: Set<String> {
        Set(cluster.objects.keys.map(\.description)).subtracting(["ConfigMap/shop/kubernaut-dev", "Namespace/shop"])
    }
}

/// A daemon's memory over several passes, without its watches.
struct Daemon: Sendable {
    let world: World
    let bench: Workbench
    let book: EnvironmentBook

    init(_ world: World) {
        self.world = world
        bench = Workbench(world.environment, cluster: world.cluster, rooms: world.rooms)
        book = EnvironmentBook(world.environment)
    }

    @discardableResult
    func pass(_ services: [RenderedService], problem: Diagnostic? = nil) async -> PassRecord {
        await pass(world.repository.commit(services, problem: problem))
    }

    @discardableResult
    func pass(_ commit: CommitID, interruption: Interruption = Interruption()) async -> PassRecord {
        await ReconcilePass(
            environment: world.environment,
            read: { try await world.repository.snapshot(at: commit, reusing: $0) },
            render: world.repository.renderer, bench: bench, book: book, interruption: interruption
        ).run(.poll, at: commit)
    }
}

/// Waits for something that must come; the suite's time limit is the bound.
func eventually(_ condition: @Sendable () -> Bool) async {
    while !condition(), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
}
