// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing

/// The daemon as a process, asked by `curl` as the first release tools asked, and by the built binary.
@Suite(.timeLimit(.minutes(3))) struct RestJourneyTests {
    private static let template = """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{service}}
        data:
          image: {{image}}
          tier: {{tier}}

        """

    @Test("what curl posts is committed, applied, deployed elsewhere and promoted")
    func journey() async throws {
        let remote = try ConfigRemote()
        let cluster = try await RunningCluster()
        for namespace in ["dev", "staging"] { try cluster.kubectl("create", "namespace", namespace) }
        let folder = try TemporaryFolder("rest")
        let daemon = try await RunningDaemon(
            repository: remote.path, kubeconfig: cluster.kubeconfig, state: "\(folder.path)/state")
        defer { daemon.kill() }
        try await eventually("both environments to be applied", within: .seconds(20)) {
            var applied = 0
            for name in ["dev", "staging"] where try await daemon.environment(name)?["appliedCommit"]?.string != nil {
                applied += 1
            }
            return applied == 2
        }
        func curl(_ arguments: [String]) throws -> (status: String, body: String) {
            let text = try runCommand(
                ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}"] + arguments)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
        }
        let file = "\(folder.path)/kubernetes.yaml"
        try Files.write(Array(Self.template.utf8), to: file)
        let form = [
            "-F", "template=@\(file)", "-F", "service=pay", "-F", "version=1.0.0",
            "-F", "image=registry.example.com/pay:1.0.0", "-F", "tier=gold",
        ]
        let first = try curl(form + ["\(daemon.address)/api/releases"])
        let id = try #require(try parseJSON(Array(first.body.utf8))["id"]?.string)
        #expect(first.status == "200")
        #expect(try curl(form + ["\(daemon.address)/api/releases"]).body.contains(id))
        #expect(
            try curl(["-F", "version=1", "\(daemon.address)/api/releases"]).body.contains("\"service is required\""))
        try await eventually("pay in dev", within: .seconds(20)) {
            try cluster.field(".data.tier", of: "configmap/pay", in: "dev") == "gold"
        }
        // Its template is not in staging yet, so a deployment there takes the default one.
        let deployed = try curl([
            "--location", "--json", #"{"context": "staging", "service": "cart", "version": "1.0.0"}"#,
            "\(daemon.address)/api/deployments?wait=true",
        ])
        #expect(deployed.status == "200" && deployed.body.contains("success"), "\(deployed)")
        // Lists follow what the daemon has looked at.
        try await eventually("the release to be listed") {
            let listed = try curl(["\(daemon.address)/api/releases?service=pay&array=1"])
            return try parseJSON(Array(listed.body.utf8)).list?.first?["id"]?.string == id
        }
        // Promote everything by REST, bound to what a dry run said.
        let order = #"{"from": "dev", "to": "staging", "all": true, "dryRun": true}"#
        let preview = try curl(["--json", order, "\(daemon.address)/api/v1/promotions"])
        let document = try parseJSON(Array(preview.body.utf8))
        let expect = try #require(document["expect"]?.string)
        // The cluster was asked what it would do, by a dry run that wrote nothing.
        #expect(document[at: "server", "asked"] == true, "\(preview.body)")
        let answers = document[at: "server", "objects"]?.list ?? []
        #expect(answers.contains { $0["object"] == "ConfigMap/staging/pay" && $0["action"] == "created" })
        #expect(try cluster.field(".data.tier", of: "configmap/pay", in: "staging") == nil)
        let done = try curl([
            "--json", #"{"from": "dev", "to": "staging", "all": true, "expect": "\#(expect)", "reason": "weekly"}"#,
            "\(daemon.address)/api/v1/promotions",
        ])
        #expect(done.status == "201", "\(done)")
        let commit = try #require(try parseJSON(Array(done.body.utf8))["id"]?.string)
        try await eventually("the promotion to be done", within: .seconds(30)) {
            let text = try await daemon.get("/api/v1/promotions/\(commit)").text
            return try parseJSON(Array(text.utf8))["state"] == "done"
        }
        #expect(try cluster.field(".data.tier", of: "configmap/pay", in: "staging") == "gold")
        // The tool that came after curl.
        let tool = try runCommand(
            [
                try BuiltBinary.path(), "release", "cart", "--image", "registry.example.com/cart:1.1.0", "--version",
                "1.1.0", "--value", "replicas=3", "--server", daemon.address,
            ], environment: ConfigRemote.environment)
        #expect(tool.contains("cart 1.1.0 is recorded by"))
        #expect(remote.text("releases/cart.yaml")?.contains("replicas: 3") == true)
        // What the tool says through the server, with what it showed bound to what is done.
        let back = try runCommand(
            [
                try BuiltBinary.path(), "rollback", "cart", "--env", "dev", "--reason", "leak", "--yes", "--server",
                daemon.address,
            ], environment: ConfigRemote.environment)
        #expect(back.contains("cart is back at 1.0.0 and held in dev: commit ") && back.hasSuffix(" on dev"))
        #expect(remote.text("dev/holds/cart.yaml")?.contains("reason: leak") == true)
        let gone = try curl(["-X", "DELETE", "\(daemon.address)/api/releases/\(id)"])
        #expect(gone.status == "202" && gone.body.isEmpty)
        #expect(remote.text("releases/pay.yaml") == nil)
    }
}
