// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Lifecycle
import Platform
import TestKit
import Testing

/// kill -9 in the middle of a pass: after a restart the cluster equals git, without orphans and without an extra delete.
@Suite(.timeLimit(.minutes(5)), .serialized) struct CrashTests {
    /// Kills the daemon once, when a chosen write has been answered by the server or has not yet reached it.
    private final class Trap: Sendable {
        private struct State {
            var countdown: Int
            var victim: RunningDaemon?
            var hasSprung = false
        }

        private let state: Lock<State>
        private let isAfter: Bool

        init(write: Int, after isAfter: Bool) {
            state = Lock(State(countdown: write))
            self.isAfter = isAfter
        }

        var hasSprung: Bool { state.withLock { $0.hasSprung } }

        func aim(at daemon: RunningDaemon) { state.withLock { $0.victim = daemon } }

        func pass(_ request: HTTPRequest, after: Bool) async {
            guard after == isAfter, request.method != "GET", !request.rawQuery.contains("dryRun=All") else { return }
            let isDue = state.withLock { state in
                defer { state.countdown -= 1 }
                return state.countdown == 0
            }
            guard isDue else { return }
            // The daemon may be faster than the test that aims.
            while state.withLock({ $0.victim }) == nil { await Task.yield() }
            state.withLock { $0.victim }?.kill()
            state.withLock { $0.hasSprung = true }
        }
    }

    /// A few; `HTTPClusterTests` dies after every single request, without a process.
    @Test("a kill during the first apply leaves nothing behind", arguments: [(0, true), (5, false), (21, true)])
    func firstApply(write: Int, after: Bool) async throws {
        let shop = try ShopRepository(prunesFreely: true)
        let cluster = try await RunningCluster()
        let state = try TemporaryFolder("state")
        try await crash(shop, cluster, state, write: write, after: after)
        let daemon = try await settle(shop, cluster, state)
        let names = Set(try cluster.owned().keys)
        #expect(names.contains("Deployment/shop-dev/cart"))
        #expect(names.contains("Ingress/shop-production/web"))

        // Whatever the crash left must be known: taking the service away takes all of it away.
        try shop.commit(["releases/web.yaml": nil])
        try await eventually("web to be gone from dev", orShow: daemon.log) {
            try !cluster.owned().keys.contains { $0.hasPrefix("Deployment/shop-dev/web") }
        }
        let left = try cluster.kubectl("get", "deployments,services,configmaps", "-n", "shop-dev", "-o", "name")
        #expect(!left.contains("/web"))
    }

    @Test("a kill during a prune deletes nothing else, and the prune ends after the restart", arguments: [1])
    func prune(write: Int) async throws {
        let shop = try ShopRepository(prunesFreely: true)
        let cluster = try await RunningCluster()
        let state = try TemporaryFolder("state")
        let first = try await settle(shop, cluster, state)
        let before = try cluster.owned()
        #expect(first.stop(within: .seconds(20)) == .exited(0))

        try shop.commit(["releases/web.yaml": nil])
        try await crash(shop, cluster, state, write: write, after: true)
        let daemon = try await settle(shop, cluster, state)
        try await eventually("web to be gone", orShow: daemon.log) {
            try !cluster.owned().keys.contains { $0.hasPrefix("Deployment/shop-dev/web") }
        }
        let after = try cluster.owned()
        for (name, uid) in before where !name.contains("shop-dev/web") {
            #expect(after[name] == uid, "\(name) was deleted or created again")
        }
    }

    /// Runs a daemon until the trap has killed it, or it had less to write than that.
    private func crash(
        _ shop: ShopRepository, _ cluster: RunningCluster, _ state: TemporaryFolder, write: Int, after: Bool
    ) async throws {
        let trap = Trap(write: write, after: after)
        let proxy = try FaultProxy(
            upstream: cluster.url,
            before: { _, request in
                await trap.pass(request, after: false)
                return nil
            },
            after: { _, request, answer in
                await trap.pass(request, after: true)
                return answer
            })
        let kubeconfig = try proxied(cluster, proxy, state)
        let daemon = try await RunningDaemon(
            repository: shop.remote.path, kubeconfig: kubeconfig, state: "\(state.path)/daemon")
        trap.aim(at: daemon)
        try await eventually("write \(write) to come", orShow: daemon.log) { trap.hasSprung }
    }

    private func proxied(_ cluster: RunningCluster, _ proxy: FaultProxy, _ state: TemporaryFolder) throws -> String {
        let text = String(decoding: try Files.read(cluster.kubeconfig), as: UTF8.self)
        let path = "\(state.path)/proxied"
        try Files.write(Array(text.replacing(cluster.url, with: proxy.url).utf8), to: path)
        return path
    }

    /// A daemon that has applied everything.
    private func settle(
        _ shop: ShopRepository, _ cluster: RunningCluster, _ state: TemporaryFolder
    ) async throws -> RunningDaemon {
        let daemon = try await RunningDaemon(
            repository: shop.remote.path, kubeconfig: cluster.kubeconfig, state: "\(state.path)/daemon")
        try await daemon.becomesHealthy()
        return daemon
    }
}
