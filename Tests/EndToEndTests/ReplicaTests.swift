// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import Lifecycle
import Platform
import TestKit
import Testing

/// Two daemons, one cluster, a proxy in front of each that counts who writes what.
@Suite(.timeLimit(.minutes(4)), .serialized) struct ReplicaTests {
    private final class Replica: Sendable {
        let proxy: FaultProxy
        let daemon: RunningDaemon
        /// Stops the daemon with its next write, which then never arrives.
        let isTrapped: Lock<Bool>

        init(_ name: String, _ shop: ShopRepository, _ cluster: RunningCluster, _ folder: String) async throws {
            let isTrapped = Lock(false)
            self.isTrapped = isTrapped
            let victim = Lock<RunningDaemon?>(nil)
            proxy = try FaultProxy(
                upstream: cluster.url,
                before: { _, request in
                    guard request.method != "GET", !request.rawPath.contains("/leases"),
                        isTrapped.withLock({ trap in
                            defer { trap = false }
                            return trap
                        })
                    else { return nil }
                    victim.withLock { $0 }?.freeze()
                    return HTTPResponse(status: 504)
                })
            let kubeconfig = "\(folder)/\(name).kubeconfig"
            let text = try String(contentsOfFile: cluster.kubeconfig, encoding: .utf8)
            try text.replacing(cluster.url, with: proxy.url).write(
                toFile: kubeconfig, atomically: true, encoding: .utf8)
            let config = "\(folder)/\(name).yaml"
            try "leases: {mode: \"on\", duration: 6s}\n".write(toFile: config, atomically: true, encoding: .utf8)
            daemon = try await RunningDaemon(
                repository: shop.remote.path, kubeconfig: kubeconfig, state: "\(folder)/\(name)",
                ["--config", config])
            victim.withLock { $0 = daemon }
        }

        /// Everything it changed but Leases.
        var writes: [String] { proxy.writes.filter { !$0.contains("/leases") } }
    }

    @Test("SIGTERM hands over within two seconds; a stopped leader that goes on writes nothing that another leads")
    func handOver() async throws {
        let shop = try ShopRepository()
        // One environment: with several, some would come back to the thawed one by themselves.
        for branch in ["dev", "staging", "production"] {
            try shop.commit(["kubernaut.yaml": "environments: [{name: dev, namespace: shop-dev}]\n"], on: branch)
        }
        let cluster = try await RunningCluster()
        let folder = try TemporaryFolder("replicas")
        let first = try await Replica("a", shop, cluster, folder.path)
        try await eventually("the first one to lead", orShow: first.daemon.log) {
            try await first.daemon.leads("dev")
        }
        let second = try await Replica("b", shop, cluster, folder.path)
        for replica in [first, second] {
            try await eventually("cart to be shown healthy", orShow: replica.daemon.log, within: .seconds(60)) {
                try await replica.daemon.verdict(of: "cart", in: "dev")?.verdict == "healthy"
            }
        }
        let (leader, other) = (first, second)
        #expect(other.writes.isEmpty)

        leader.isTrapped.withLock { $0 = true }
        try shop.release("cart", "9.9.1")
        try await eventually("the other one to lead", orShow: other.daemon.log) { try await other.daemon.leads("dev") }
        try await eventually("cart 9.9.1 by the other one", orShow: other.daemon.log) {
            try cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.1") ?? false
        }
        let before = leader.writes.count
        leader.daemon.thaw()
        try await eventually("the thawed one to follow", orShow: leader.daemon.log) {
            try await leader.daemon.environment("dev")?[at: "leadership", "isOurs"]?.bool == false
        }
        try shop.release("cart", "9.9.2")
        try await eventually("cart 9.9.2", orShow: other.daemon.log) {
            try cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.2") ?? false
        }
        let late = leader.writes.dropFirst(before).filter { $0.contains("/shop-dev/") }
        #expect(late.isEmpty, "\(late)")

        let start = ContinuousClock.now
        #expect(other.daemon.stop(within: .seconds(20)) == .exited(0))
        try await eventually("the thawed one to lead again", orShow: leader.daemon.log) {
            try await leader.daemon.leads("dev")
        }
        #expect(ContinuousClock.now - start < .seconds(2), "\(ContinuousClock.now - start)")
        try shop.release("cart", "9.9.3")
        try await eventually("cart 9.9.3", orShow: leader.daemon.log) {
            try cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.3") ?? false
        }
    }
}

/// Environments on clusters of their own.
@Suite(.timeLimit(.minutes(4)), .serialized) struct ClustersTests {
    @Test("one cluster that is away hurts no other; credentials and addresses that change on disk are picked up")
    func several() async throws {
        let shop = try ShopRepository()
        let pipeline = try shop.read("kubernaut.yaml")
            .replacing("- name: staging\n", with: "- name: staging\n  cluster: second\n")
            .replacing("- name: production\n", with: "- name: production\n  cluster: third\n")
        for branch in ["dev", "staging", "production"] { try shop.commit(["kubernaut.yaml": pipeline], on: branch) }
        let folder = try TemporaryFolder("clusters")
        let (one, two) = (try await RunningCluster(), try await RunningCluster())
        let expected = Lock("Bearer first")
        let refusals = Lock(0)
        let guarded = try FaultProxy(
            upstream: two.url,
            before: { _, request in
                if request.headers["Authorization"] == expected.withLock({ $0 }) { return nil }
                refusals.withLock { $0 += 1 }
                return HTTPResponse(status: 401)
            })
        func write(_ text: String, _ name: String) throws {
            try Files.write(Array(text.utf8), to: "\(folder.path)/\(name)", mode: 0o600)
        }
        func kubeconfig(_ url: String, user: String) -> String {
            """
            {"apiVersion": "v1", "kind": "Config", "current-context": "c",
             "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
             "clusters": [{"name": "c", "cluster": {"server": "\(url)"}}],
             "users": [{"name": "u", "user": \(user)}]}
            """
        }
        try write("first\n", "token")
        try write(kubeconfig(guarded.url, user: "{\"tokenFile\": \"\(folder.path)/token\"}"), "second")
        let nowhere = try FreePort.take(1)[0]
        try write(kubeconfig("http://127.0.0.1:\(nowhere)", user: "{}"), "third")
        try write(
            "clusters: {second: {kubeconfig: \(folder.path)/second}, third: {kubeconfig: \(folder.path)/third}}\n",
            "config.yaml")
        let daemon = try await RunningDaemon(
            repository: shop.remote.path, kubeconfig: one.kubeconfig, state: "\(folder.path)/state",
            ["--config", "\(folder.path)/config.yaml", "--policy-branch", "dev"])
        for name in ["dev", "staging"] {
            try await eventually("\(name) to be healthy", orShow: daemon.log) {
                try await daemon.verdict(of: "cart", in: name)?.verdict == "healthy"
            }
        }
        #expect(try await daemon.environment("production")?["clusterProblem"]?.string?.contains("\(nowhere)") == true)

        // The token is another one from now on; the old one is refused.
        try write("second\n", "token")
        expected.withLock { $0 = "Bearer second" }
        let uid = try two.field(".metadata.uid", of: "service/cart", in: "shop-staging")
        try two.kubectl("delete", "service", "cart", "-n", "shop-staging", "--wait=false")
        try await eventually("healing with the new token", orShow: daemon.log) {
            let now = try two.field(".metadata.uid", of: "service/cart", in: "shop-staging")
            return now != nil && now != uid
        }
        #expect(refusals.withLock { $0 } < 40)

        // The third cluster turns up elsewhere.
        try write(kubeconfig(one.url, user: "{}"), "third")
        try await eventually("production on the cluster that turned up", orShow: daemon.log, within: .seconds(90)) {
            try await daemon.verdict(of: "cart", in: "production")?.verdict == "healthy"
        }
        #expect(daemon.stop(within: .seconds(20)) == .exited(0))
    }
}
