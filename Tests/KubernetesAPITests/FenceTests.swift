// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import Lifecycle
import TestKit
import Testing

@Suite("A fenced cluster", .timeLimit(.minutes(1)))
struct FenceTests {
    /// Lets writes through while it is open, and counts those in flight.
    private final class Switch: Sendable {
        let state = Lock((isOpen: true, inFlight: 0, asked: 0))

        var fence: WriteFence {
            WriteFence(
                begin: {
                    self.state.withLock { state in
                        state.asked += 1
                        guard state.isOpen else { return nil }
                        state.inFlight += 1
                        return .milliseconds(1500)
                    }
                }, end: { self.state.withLock { $0.inFlight -= 1 } })
        }
    }

    private func apply(_ name: String, on cluster: any Cluster, dryRun: Bool = false) async throws(ClusterError) {
        _ = try await cluster.apply(.configMap(name), to: Kinds.configMap, force: false, dryRun: dryRun)
    }

    @Test("a write says how long it may take, to the server too; reads and dry runs ask nobody")
    func limits() async throws {
        let server = try ScriptedServer(CallTests.echo)
        let fence = Switch()
        let cluster = server.cluster.fenced(by: fence.fence)
        try await apply("x", on: cluster)
        #expect(server.requests.last?.target.hasSuffix("&timeout=1500ms") == true)
        try await apply("x", on: cluster, dryRun: true)
        _ = try await cluster.get(Kinds.configMap, namespace: "shop", name: "x", detail: .whole)
        #expect(server.requests.suffix(2).allSatisfy { !$0.target.contains("timeout") })
        #expect(fence.state.withLock { $0.asked } == 1 && fence.state.withLock { $0.inFlight } == 0)
    }

    @Test("every kind of write is held back when the fence is closed, and no byte of it is sent")
    func refuses() async throws {
        let server = try ScriptedServer(CallTests.echo)
        let fence = Switch()
        fence.state.withLock { $0.isOpen = false }
        let cluster = server.cluster.fenced(by: fence.fence)
        let object = Value.configMap("x")
        let errors = [
            await clusterError { () throws(ClusterError) in try await apply("x", on: cluster) },
            await clusterError { () throws(ClusterError) in
                _ = try await cluster.create(object, in: Kinds.configMap, dryRun: false)
            },
            await clusterError { () throws(ClusterError) in
                _ = try await cluster.replace(object, in: Kinds.configMap, dryRun: false)
            },
            await clusterError { () throws(ClusterError) in
                try await cluster.delete(
                    Kinds.configMap, namespace: "shop", name: "x", preconditions: Preconditions(),
                    propagation: .background, dryRun: false)
            },
        ]
        #expect(errors.map { $0?.code } == [.cancelled, .cancelled, .cancelled, .cancelled])
        #expect(server.requests.isEmpty)
    }

    @Test("a write that waited in line while the fence was closed is not sent")
    func lateInLine() async throws {
        let server = try ScriptedServer { request in [.gate] + CallTests.echo(request) }
        let fence = Switch()
        let cluster = KubernetesCluster(ClusterAccess(server: server.url), version: "1", callsInFlight: 1)
            .fenced(by: fence.fence)
        async let first: Void = apply("first", on: cluster)
        while server.requests.isEmpty { await Task.yield() }
        async let second = clusterError { () throws(ClusterError) in try await apply("second", on: cluster) }
        // It stands in line now, or soon: closed is closed either way.
        fence.state.withLock { $0.isOpen = false }
        server.open()
        try await first
        #expect(await second?.code == .cancelled)
        #expect(server.requests.count == 1)
    }

    @Test("an answer that does not come in the time that is left is given up")
    func timesOut() async throws {
        let server = try ScriptedServer { _ in [.gate] }
        let fence = Switch()
        let start = ContinuousClock.now
        let cluster = server.cluster.fenced(by: fence.fence)
        let error = await clusterError { () throws(ClusterError) in try await apply("x", on: cluster) }
        #expect(error?.code == .interrupted)
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(fence.state.withLock { $0.inFlight } == 0)
    }
}
