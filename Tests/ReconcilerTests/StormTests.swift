import Domain
import EmbeddedCluster
import Foundation
import HTTPServer
import KubernetesAPI
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

/// How many seeds random tests try; few by default.
func rounds(_ standard: Int) -> Range<UInt64> {
    let text = ProcessInfo.processInfo.environment["KUBERNAUT_TEST_ROUNDS"]
    let first = ProcessInfo.processInfo.environment["KUBERNAUT_TEST_SEED"].flatMap { UInt64($0) } ?? 0
    return first..<first + (text.flatMap { UInt64($0) } ?? UInt64(standard))
}

/// An embedded cluster behind HTTP, a fault script in front of it, and one environment's loop that talks to it.
/// The loop's clock runs fifty times as fast as ours: its back-offs are long.
final class Storm: Sendable {
    static let speed = 50
    let script: FaultScript
    let embedded: EmbeddedCluster
    let server: WebServer
    /// Past the script.
    let plainServer: WebServer
    let plain: KubernetesCluster
    let loop: EnvironmentLoop
    let environment: Environment
    let repository = TestRepository()
    let history = TestHistory()
    private let running: Task<Void, any Error>
    private let controllers: Task<Void, any Error>

    init(_ script: FaultScript, mode: Environment.ApplyMode = .serverSide) throws {
        self.script = script
        var configuration = EmbeddedCluster.Configuration()
        configuration.podDelay = .milliseconds(2)
        configuration.bookmarkInterval = .milliseconds(400)
        embedded = try EmbeddedCluster(configuration)
        server = WebServer(handler: script.wrap(embedded.handler))
        plainServer = WebServer(handler: embedded.handler)
        var limits = CallLimits()
        limits.call = .milliseconds(400)
        limits.silence = .seconds(1)
        let faulty = KubernetesCluster(
            ClusterAccess(server: "http://127.0.0.1:\(try server.start())"), version: "test", limits: limits)
        plain = KubernetesCluster(
            ClusterAccess(server: "http://127.0.0.1:\(try plainServer.start())"), version: "test")
        environment = Environment(
            name: name("storm"), namespace: "shop", applyMode: mode, prune: PruneBudget(limit: 100, percent: 100))
        let rooms = EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: history, logger: .silent,
            time: .fast(Self.speed))
        let loop = EnvironmentLoop(environment, cluster: faulty, rooms: rooms) { _ in }
        self.loop = loop
        let embedded = embedded
        // Both ended by `end()`.
        running = Task { try await loop.run() }
        controllers = Task { try await embedded.run() }
    }

    func end() async throws {
        loop.stop()
        try await running.value
        embedded.stop()
        try await controllers.value
        server.stop()
        plainServer.stop()
    }

    func resource(_ kind: String) async throws -> APIResource {
        let found = try await plain.discovery(refresh: false).resource(for: GroupKind(kind))
        return try #require(found)
    }

    /// Everything of ours, as `Kind/name`, with its object.
    func members() async throws -> [String: Value] {
        let set = ApplySet(of: environment)
        var found: [String: Value] = [:]
        for kind in ["ConfigMap", "Secret", "Service", "Deployment.apps", "Job.batch", "ServiceAccount"] {
            let list = try await plain.list(
                try await resource(kind), namespace: nil, labels: set.selector, detail: .whole)
            for object in list.items { found["\(kind)/\(object.objectName ?? "")"] = object }
        }
        return found
    }

    /// Until the pass of that commit has succeeded and watches stand, or the bound is over.
    func settles(on commit: CommitID, within bound: Duration) async -> Bool {
        let deadline = ContinuousClock.now + bound
        while ContinuousClock.now < deadline {
            let book = loop.book.current
            if book.appliedCommit == commit, !book.isReconciling, loop.bench.index.kinds.count > 2,
                loop.bench.index.kinds.allSatisfy({ loop.bench.index.isFollowed($0) })
            {
                return true
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

@Suite("A storm of faults", .timeLimit(.minutes(60)), .serialized)
struct StormTests {
    static func job(_ image: String) -> Value {
        object(
            "Job", "migrate", version: "batch/v1", annotations: [Conventions.recreateAnnotation: "allowed"],
            [
                "spec": [
                    "template": [
                        "spec": [
                            "restartPolicy": "Never", "containers": [["name": "app", "image": .string(image)]],
                        ]
                    ]
                ]
            ])
    }

    static func deployment(_ image: String) -> Value {
        object(
            "Deployment", "cart", version: "apps/v1",
            [
                "spec": [
                    "replicas": 2, "selector": ["matchLabels": ["app": "cart"]],
                    "template": [
                        "metadata": ["labels": ["app": "cart"]],
                        "spec": ["containers": [["name": "app", "image": .string(image)]]],
                    ],
                ]
            ])
    }

    static let port: Value = ["name": "http", "port": 80, "protocol": "TCP"]
    static let before = [
        service(
            "cart",
            [
                configMap("settings"), configMap("same"), object("ServiceAccount", "cart"), deployment("cart:1"),
                job("cart:1"),
            ]),
        service(
            "shop",
            [
                configMap("shop"), object("Secret", "token", ["stringData": ["token": "one"]]),
                object("Service", "shop", ["spec": ["selector": ["app": "shop"], "ports": [port]]]),
            ]),
    ]
    /// One image, one value, a Job that must be made anew, a new object, and all of `shop` gone but its token.
    static let after = [
        service(
            "cart",
            [
                configMap("settings", "2"), configMap("same"), object("ServiceAccount", "cart"), deployment("cart:2"),
                job("cart:2"), configMap("fresh"),
            ]),
        service("shop", [object("Secret", "token", ["stringData": ["token": "one"]])]),
    ]
    static let wanted: Set = [
        "ConfigMap/settings", "ConfigMap/same", "ConfigMap/fresh", "ServiceAccount/cart", "Deployment.apps/cart",
        "Job.batch/migrate", "Secret/token",
    ]
    /// What may ever be deleted: what `after` lacks, and the Job.
    static let mortal: Set = ["configmaps/shop", "services/shop", "jobs/migrate"]

    /// Many at a time: they mostly wait.
    @Test("the cluster comes to equal git, nothing is lost on the way, and then there is silence")
    func converge() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, seed) in rounds(20).enumerated() {
                if index >= 10 { try await group.next() }
                group.addTask { try await converges(seed) }
            }
            try await group.waitForAll()
        }
    }

    private func converges(_ seed: UInt64) async throws {
        let script = FaultScript(seed: seed, chance: 0.08 + Double(seed % 5) * 0.08)
        let storm = try Storm(script, mode: seed % 4 == 3 ? .replace : .serverSide)
        let first = storm.repository.commit(Self.before)
        storm.loop.request(.start, at: first)
        // Not always to the end: the next commit may come at any moment.
        var numbers = SplitMix(state: seed)
        let patience = Int(numbers.next() % 120)
        await eventually { script.count > patience || storm.loop.book.current.appliedCommit == first }
        let early = try await storm.members()
        let second = storm.repository.commit(Self.after)
        storm.loop.request(.poll, at: second)
        await eventually { script.count > patience + 60 || storm.loop.book.current.appliedCommit == second }
        try await meddle(storm)
        await eventually { script.count > patience + 100 || storm.loop.book.current.appliedCommit == second }
        script.declarePeace()
        let hasSettled = await storm.settles(on: second, within: .seconds(30))
        #expect(hasSettled, "seed \(seed): \(storm.loop.book.current.lastPass.map { "\($0)" } ?? "no pass")")

        let end = try await storm.untilEqual()
        #expect(Set(end.keys) == Self.wanted, "seed \(seed)")
        #expect(end["ConfigMap/settings"]?[at: "data", "value"] == "2")
        #expect(end["ConfigMap/same"]?[at: "data", "value"] == "1")
        let containers = end["Deployment.apps/cart"]?[at: "spec", "template", "spec", "containers"]?.list
        #expect(containers?.first?["image"] == "cart:2")
        for name in Self.wanted where name != "Job.batch/migrate" && name != "ConfigMap/same" {
            #expect(early[name] == nil || early[name]?.uid == end[name]?.uid, "seed \(seed): \(name) was made anew")
        }
        expectHarmless(script.seen, seed)
        try await expectSilence(storm, seed)
        try await storm.end()
    }

    /// What other people do meanwhile.
    private func meddle(_ storm: Storm) async throws {
        let maps = try await storm.resource("ConfigMap")
        _ = try await storm.plain.delete(
            maps, namespace: "shop", name: "same", preconditions: Preconditions(), propagation: .background,
            dryRun: false)
        let deployments = try await storm.resource("Deployment.apps")
        for _ in 0..<5 {
            guard
                var live = try await storm.plain.get(deployments, namespace: "shop", name: "cart", detail: .whole)
            else { return }
            live["spec"]?["replicas"] = 5
            // The controller may write between reading and writing.
            if (try? await storm.plain.replace(live, in: deployments, dryRun: false)) != nil { return }
        }
    }

    /// Deletes hit only what had to go, and there were not more writes than there were reasons to write.
    private func expectHarmless(_ seen: [FaultScript.Seen], _ seed: UInt64) {
        let writes = seen.filter { $0.isWrite }
        for one in writes where one.method == "DELETE" && (200..<300).contains(one.status) {
            let name = one.target.split(separator: "?")[0].split(separator: "/").suffix(2).joined(separator: "/")
            #expect(Self.mortal.contains(name), "seed \(seed): \(name) was deleted")
        }
        let faults = writes.count { $0.fault != nil }
        // Each object twice, two healings, the parent a few times; every fault may cost a few more.
        #expect(writes.count <= 36 + faults * 6, "seed \(seed): \(writes.count) writes, \(faults) of them went wrong")
    }

    private func expectSilence(_ storm: Storm, _ seed: UInt64) async throws {
        // Watches that hang end first, and what happened meanwhile is seen.
        try await Task.sleep(for: .milliseconds(1300))
        let count = storm.script.count
        try await Task.sleep(for: .milliseconds(300))
        let late = storm.script.seen[count...].filter { $0.isWrite }
        #expect(late.isEmpty, "seed \(seed): \(late.map { "\($0.method) \($0.target)" })")
    }
}

extension Storm {
    /// Healing may be a moment behind the pass.
    fileprivate func untilEqual() async throws -> [String: Value] {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let found = try await members()
            let isEqual =
                Set(found.keys) == StormTests.wanted
                && found["Deployment.apps/cart"]?[at: "spec", "replicas"] == 2
                && found.values.allSatisfy { $0[at: "metadata", "deletionTimestamp"] == nil }
            if isEqual || ContinuousClock.now > deadline { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
