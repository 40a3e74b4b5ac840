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

/// What an environment at rest costs. `KUBERNAUT_IDLE_SECONDS=600` looks for ten minutes at a thousand objects with the
/// time-outs of production; without it a moment at fewer, with watches that end every second.
@Suite("At rest", .timeLimit(.minutes(30)))
struct IdleTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["KUBERNAUT_IDLE_SECONDS"].flatMap { Int($0) }
    private static var count: Int { seconds == nil ? 120 : 1000 }

    private static var services: [RenderedService] {
        (0..<count / 4).map { number in
            let name = "service-\(number)"
            return service(
                name,
                [
                    configMap(name), object("ServiceAccount", name),
                    object("Secret", name, ["stringData": ["token": "x"]]),
                    object(
                        "Service", name, ["spec": ["selector": ["app": .string(name)], "ports": [StormTests.port]]]),
                ])
        }
    }

    private static var limits: CallLimits {
        var limits = CallLimits()
        if seconds == nil { limits.watch = 1...2 }
        return limits
    }

    @Test("many objects cost watches, and nothing else: no read, no write")
    func embedded() async throws {
        let cluster = EmbeddedCluster()
        let requests = Lock<[String]>([])
        let server = WebServer { request in
            requests.withLock { $0.append("\(request.method) \(request.rawPath)?\(request.rawQuery)") }
            return await cluster.handler(request)
        }
        let port = try server.start()
        // Ended by `stop()` below.
        let controllers = Task { try await cluster.run() }
        let client = KubernetesCluster(
            ClusterAccess(server: "http://127.0.0.1:\(port)"), version: "test", limits: Self.limits)
        try await rest(client) { requests.withLock { $0 } }
        cluster.stop()
        try await controllers.value
        server.stop()
    }

    @Test("on a real API server, too", .enabled(if: ControlPlane.isAvailable))
    func real() async throws {
        let plane = try await ControlPlane.shared()
        var access = ClusterAccess(server: plane.url)
        access.authorities = .inline(Secret(plane.authorities))
        access.credentials = .token(Secret(plane.token))
        let client = CountingCluster(KubernetesCluster(access, version: "test", limits: Self.limits))
        try await rest(client) { Array(repeating: "a call that is no watch", count: client.count.calls) }
    }

    private func rest(_ cluster: any Cluster, seen: @Sendable () -> [String]) async throws {
        let suffix = String((0..<8).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "x" })
        let repository = TestRepository()
        var settings = ReconcilerSettings()
        if Self.seconds == nil { settings.orderlyWatch = .milliseconds(500) }
        let rooms = EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: TestHistory(), logger: .silent,
            settings: settings)
        let loop = EnvironmentLoop(Environment(name: name("idle-\(suffix)")), cluster: cluster, rooms: rooms) { _ in }
        // Ended by `stop()` below.
        let running = Task { try await loop.run() }
        let commit = repository.commit(Self.services)
        loop.request(.start, at: commit)
        await eventually { loop.book.current.appliedCommit == commit }
        let kinds = loop.bench.index.kinds
        await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } }
        // What controllers add to the objects has arrived by then.
        try await Task.sleep(for: .milliseconds(500))
        #expect(loop.bench.index.members.count == Self.count)
        let before = seen().count
        try await Task.sleep(for: .seconds(Self.seconds ?? 3))
        let late = seen().dropFirst(before)
        let others = late.filter { !$0.contains("watch=true") }
        #expect(others.isEmpty, "\(others.prefix(20))")
        if let seconds = Self.seconds {
            print("at rest for \(seconds) s with \(Self.count) objects: \(late.count) watches, \(others.count) others")
        }
        loop.stop()
        try await running.value
    }
}
