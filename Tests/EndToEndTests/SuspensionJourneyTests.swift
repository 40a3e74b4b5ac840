// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing

/// The daemon as a process, told by the built binary to leave an environment alone.
@Suite("An environment that is suspended through the server", .timeLimit(.minutes(2)))
struct SuspensionJourneyTests {
    @Test(
        "is left alone until the time is up or somebody ends it, and every page and tool says who wanted that and why")
    func journey() async throws {
        let remote = try ConfigRemote()
        let cluster = try await RunningCluster()
        for namespace in ["dev", "staging"] { try cluster.kubectl("create", "namespace", namespace) }
        let folder = try TemporaryFolder("suspension")
        // Deletions and suspensions take a maintainer, whom nobody is without being told.
        try Files.write(Array("login: {local: maintainer}\n".utf8), to: "\(folder.path)/daemon.yaml")
        let daemon = try await RunningDaemon(
            repository: remote.path, kubeconfig: cluster.kubeconfig, state: "\(folder.path)/state",
            ["--config", "\(folder.path)/daemon.yaml"])
        defer { daemon.kill() }
        try await eventually("dev to be applied", within: .seconds(20)) {
            try await daemon.environment("dev")?["appliedCommit"]?.string != nil
        }
        func kubernaut(_ arguments: String...) throws -> String {
            try runCommand([try BuiltBinary.path()] + arguments, environment: ConfigRemote.environment)
        }
        func image() throws -> String? { try cluster.field(".data.image", of: "configmap/cart", in: "dev") }
        let before = try image()

        _ = try kubernaut(
            "suspend", "dev", "--reason", "node upgrade", "--until", "1h", "--server", daemon.address)
        #expect(
            try cluster.field(
                ".metadata.annotations.kubernaut\\.dev/suspended-by", of: "configmap/kubernaut-dev", in: "dev")
                == "local")
        try await eventually("the daemon to see it") {
            try await daemon.environment("dev")?[at: "suspension", "reason"] == "node upgrade"
        }
        #expect(try await daemon.get("/").text.contains("node upgrade"))
        #expect(try await daemon.get("/envs/dev").text.contains("End the suspension of dev"))
        try remote.commit(["environments/releases/cart.yaml": ConfigRemote.record("cart", "1.1.0")], "Release cart")
        try await eventually("the pass that may not write") {
            let pass = try await daemon.environment("dev")
            return try await daemon.get("/api/v1/passes?environment=dev").text.contains("suspended by local")
                && pass?["appliedCommit"] != pass?[at: "head", "id"]
        }
        #expect(try image() == before)
        #expect(throws: (any Error).self) {
            try kubernaut(
                "suspend", "dev", "--reason", "x", "--until", "2020-01-01T00:00:00Z", "--server", daemon.address)
        }

        _ = try kubernaut("unsuspend", "dev", "--reason", "done", "--server", daemon.address)
        try await eventually("what waited to be applied") {
            try image()?.hasSuffix("cart:1.1.0") == true
        }
        #expect(try await daemon.environment("dev")?["suspension"] == .null)
        _ = try kubernaut("unsuspend", "dev", "--server", daemon.address)
    }
}
