// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import Platform
import TestKit
import Testing

/// Bad input and faults, one running shop: a clear message each, the other services go on, nothing is deleted, and it
/// converges by itself when the fault is gone.
@Suite(.timeLimit(.minutes(5)), .serialized) struct FaultTests {
    /// A shop that is applied and healthy.
    private struct Shop {
        let repository: ShopRepository
        let cluster: RunningCluster
        let state: TemporaryFolder
        let daemon: RunningDaemon

        init(flags: [String] = []) async throws {
            repository = try ShopRepository()
            cluster = try await RunningCluster()
            state = try TemporaryFolder("state")
            daemon = try await RunningDaemon(
                repository: repository.remote.path, kubeconfig: cluster.kubeconfig, state: "\(state.path)/daemon", flags
            )
            try await daemon.becomesHealthy()
        }
    }

    struct BadInput: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let files: [String: String?]
        /// What the reason of cart's verdict must contain.
        let reason: String
    }

    static let badInputs = [
        BadInput(
            testDescription: "YAML that cannot be parsed", files: ["services/cart.yaml": "values: [1, {\n"],
            reason: "services/cart.yaml:"),
        BadInput(
            testDescription: "an unknown key", files: ["services/cart.yaml": "tempalte: default\n"],
            reason: "services/cart.yaml:1:1"),
        BadInput(
            testDescription: "an unknown variable",
            files: [
                "services/cart.yaml": "template: cart\nteam: orders\n",
                "templates/cart.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: cart
                data:
                  key: {{replicsa}}

                """,
            ], reason: "templates/cart.yaml:6:"),
        BadInput(
            testDescription: "a record without an image",
            files: ["releases/cart.yaml": "service: cart\nversion: 1.0.0\n"], reason: "releases/cart.yaml"),
        BadInput(
            testDescription: "a kind that the cluster does not know",
            files: [
                "services/cart.yaml": "template: cart\nteam: orders\n",
                "templates/cart.yaml": "apiVersion: example.com/v1\nkind: Unheard\nmetadata: {name: cart}\n",
            ], reason: "Unheard"),
        BadInput(
            testDescription: "an object that the API server refuses",
            files: [
                "services/cart.yaml": "template: cart\nteam: orders\n",
                "templates/cart.yaml": """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: cart}
                spec:
                  selector: {matchLabels: {app: cart}}
                  template:
                    metadata: {labels: {app: other}}
                    spec: {containers: [{name: app, image: "{{image}}"}]}

                """,
            ], reason: "selector"),
    ]

    @Test("bad input fails one service with its place, and hurts nobody else")
    func badInput() async throws {
        let shop = try await Shop()
        let before = try shop.cluster.owned()
        for (number, input) in Self.badInputs.enumerated() {
            let original = input.files.keys.map { file in (file, try? shop.repository.read(file)) }
            try shop.repository.commit(input.files)
            try shop.repository.release("catalog", "9.9.\(number)")
            let reason = try await eventually("cart to fail: \(input.testDescription)", orShow: shop.daemon.log) {
                let seen = try await shop.daemon.verdict(of: "cart", in: "dev")
                return seen?.verdict == "failed" ? seen?.reason : nil
            }
            #expect(reason.contains(input.reason), "\(input.testDescription): \(reason)")
            try await eventually("catalog 9.9.\(number)", orShow: shop.daemon.log) {
                try shop.cluster.image(of: "catalog", in: "shop-dev")?.hasSuffix(":9.9.\(number)") ?? false
            }
            #expect(try shop.cluster.owned() == before, "\(input.testDescription): objects came or went")
            try shop.repository.commit(Dictionary(uniqueKeysWithValues: original))
            try await shop.daemon.becomesHealthy()
        }
    }

    @Test("a missing branch, an empty tree and an unreadable repository delete nothing, and are said")
    func sourceFaults() async throws {
        let shop = try await Shop()
        let before = try shop.cluster.owned()

        // The branch goes.
        let head = try shop.repository.remote.git("rev-parse", "dev")
        try shop.repository.remote.git("update-ref", "-d", "refs/heads/dev")
        try await eventually("the page to say that the branch is gone", orShow: shop.daemon.log) {
            try await shop.daemon.get("/api/v1/status").text.contains("branch dev")
        }
        #expect(try shop.cluster.owned() == before)
        try shop.repository.remote.git("update-ref", "refs/heads/dev", head)

        // The branch loses every file.
        try shop.repository.clone.git("checkout", "--quiet", "dev")
        try shop.repository.clone.git("rm", "-rq", "environments")
        try shop.repository.clone.git("commit", "-qm", "Remove everything")
        try shop.repository.clone.git("push", "--quiet", "origin", "dev")
        try await eventually("the empty tree to be refused", orShow: shop.daemon.log) {
            try await shop.daemon.get("/envs/dev").text.contains("has no folder environments")
        }
        #expect(try shop.cluster.owned() == before)
        try shop.repository.clone.git("revert", "--no-edit", "HEAD")
        try shop.repository.clone.git("push", "--quiet", "origin", "dev")
        try await shop.daemon.becomesHealthy()

        // The repository cannot be read; healing goes on from the last good commit.
        try FileManager.default.moveItem(
            atPath: shop.repository.remote.path, toPath: shop.repository.remote.path + ".away")
        try await eventually("the failing fetch to be shown", orShow: shop.daemon.log) {
            try await !(shop.daemon.get("/api/v1/status").text.contains("\"fetchProblem\":null"))
        }
        try shop.cluster.kubectl("delete", "service", "cart", "-n", "shop-dev", "--wait=false")
        try await eventually("healing without the repository", orShow: shop.daemon.log) {
            try shop.cluster.field(".metadata.name", of: "service/cart", in: "shop-dev") != nil
        }
        try FileManager.default.moveItem(
            atPath: shop.repository.remote.path + ".away", toPath: shop.repository.remote.path)
        try shop.repository.release("cart", "9.9.9")
        try await eventually("the release after the fault", orShow: shop.daemon.log) {
            try shop.cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.9") ?? false
        }
    }

    @Test("a second daemon on the same state folder refuses with a sentence")
    func secondDaemon() async throws {
        let shop = try await Shop()
        let arguments = [
            "serve", "--repo", shop.repository.remote.path, "--kubeconfig", shop.cluster.kubeconfig, "--state",
            "\(shop.state.path)/daemon", "--listen", "127.0.0.1:0",
        ]
        let error = #expect(throws: CommandFailure.self) { try runCommand([BuiltBinary.path()] + arguments) }
        #expect(error?.description.contains("which process") == true, "\(String(describing: error))")
    }

    @Test("a cluster that goes down is shown as unknown, and is caught up with when it is back")
    func clusterDown() async throws {
        let repository = try ShopRepository()
        let state = try TemporaryFolder("state")
        let cluster = try await RunningCluster()
        let gate = Gate()
        let proxy = try FaultProxy(
            upstream: cluster.url,
            before: { _, _ in gate.isOpen ? nil : .init(status: 503, body: .bytes(Array("down for a while".utf8))) })
        let kubeconfig = "\(state.path)/proxied"
        let text = try String(contentsOfFile: cluster.kubeconfig, encoding: .utf8)
        try text.replacing(cluster.url, with: proxy.url).write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        gate.isOpen = false
        let daemon = try await RunningDaemon(
            repository: repository.remote.path, kubeconfig: kubeconfig, state: "\(state.path)/daemon")
        try await eventually("the page to name the cluster's problem", orShow: daemon.log) {
            try await daemon.get("/envs/dev").text.contains("down for a while")
        }
        gate.isOpen = true
        try await eventually("the shop after the outage", orShow: daemon.log, within: .seconds(60)) {
            try await daemon.verdict(of: "web", in: "production")?.verdict == "healthy"
        }
    }

    @Test("a storm of faults in front of the API server delays a release, and harms nothing", arguments: [1, 2])
    func storm(seed: UInt64) async throws {
        let repository = try ShopRepository()
        let state = try TemporaryFolder("state")
        let cluster = try await RunningCluster()
        // Whatever does not answer at all is waited for as long as in production: too long for a test.
        let script = FaultScript(
            seed: seed, chance: 0.2, limit: 300,
            kinds: [.conflict, .gone, .throttled, .failed, .failedAfter, .gateway, .cut, .reset])
        let proxy = try FaultProxy(upstream: cluster.url, script: script)
        let kubeconfig = "\(state.path)/proxied"
        let text = try String(contentsOfFile: cluster.kubeconfig, encoding: .utf8)
        try text.replacing(cluster.url, with: proxy.url).write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        let daemon = try await RunningDaemon(
            repository: repository.remote.path, kubeconfig: kubeconfig, state: "\(state.path)/daemon")
        try await eventually("a first object", orShow: daemon.log) { try !cluster.owned().isEmpty }
        let early = try cluster.owned()
        try repository.release("cart", "9.9.9")
        try await eventually("cart 9.9.9", orShow: daemon.log, within: .seconds(60)) {
            try cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.9") ?? false
        }
        script.declarePeace()
        try await daemon.becomesHealthy()
        let late = try cluster.owned()
        for (name, uid) in early { #expect(late[name] == uid, "\(name) was deleted or made anew") }
        #expect(!script.seen.contains { $0.method == "DELETE" })
    }

    @Test("SIGTERM ends the daemon gracefully, also in the middle of the first apply")
    func terminates() async throws {
        let repository = try ShopRepository()
        let state = try TemporaryFolder("state")
        let cluster = try await RunningCluster()
        let daemon = try await RunningDaemon(
            repository: repository.remote.path, kubeconfig: cluster.kubeconfig, state: "\(state.path)/daemon")
        #expect(daemon.stop(within: .seconds(20)) == .exited(0))
        #expect(daemon.messages.contains { $0["message"]?.string == "Stopped" })
    }

    @Test(
        "a full disk stops fetching with a clear message, and applying goes on when there is room again",
        .enabled(if: geteuid() == 0, "only root may mount a small disk"))
    func fullDisk() async throws {
        let mount = try TemporaryFolder("tmpfs")
        try runCommand(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", mount.path])
        defer { _ = try? runCommand(["umount", "-l", mount.path]) }
        let repository = try ShopRepository()
        let cluster = try await RunningCluster()
        let logs = try TemporaryFolder("logs")
        // The log must not lie on the full disk.
        try FileManager.default.createSymbolicLink(atPath: "\(logs.path)/daemon", withDestinationPath: mount.path)
        let daemon = try await RunningDaemon(
            repository: repository.remote.path, kubeconfig: cluster.kubeconfig, state: "\(logs.path)/daemon")
        try await eventually("the shop", orShow: daemon.log) {
            try await daemon.verdict(of: "cart", in: "dev")?.verdict == "healthy"
        }
        let filler = "\(mount.path)/filler"
        _ = try? runCommand(["dd", "if=/dev/zero", "of=\(filler)", "bs=64k"])
        try repository.release("cart", "9.9.9")
        try await eventually("the full disk to be named", orShow: daemon.log) {
            try await daemon.get("/api/v1/status").text.contains("diskFull")
        }
        try FileManager.default.removeItem(atPath: filler)
        try await eventually("the release once there is room", orShow: daemon.log) {
            try cluster.image(of: "cart", in: "shop-dev")?.hasSuffix(":9.9.9") ?? false
        }
    }
}
