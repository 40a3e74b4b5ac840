// SPDX-License-Identifier: Apache-2.0

import Domain
import EmbeddedCluster
import Foundation
import HTTPServer
import JSON
import KubernetesAPI
import Platform
import TestKit
import Testing

@testable import CLI

/// `apply`, `status` and `diff live:` against an embedded cluster, and `explain`.
@Suite(.timeLimit(.minutes(1))) struct ClusterCommandTests {
    private let folder: TemporaryFolder
    private var kubeconfig: String { "\(folder.path)/kubeconfig" }

    init() throws {
        folder = try TemporaryFolder("cluster")
        try FileManager.default.copyItem(
            atPath: "\(BuiltBinary.packageRoot)/environments", toPath: "\(folder.path)/environments")
        try git("init", "-q", "--initial-branch", "dev")
        try commit()
        try git("branch", "staging")
        try git("branch", "production")
    }

    private func git(_ words: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/git")
        process.arguments = ["-C", folder.path] + words
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func commit() throws {
        try git("add", "environments")
        try git("-c", "user.name=Kim", "-c", "user.email=kim@example.com", "commit", "-q", "-m", "Change")
    }

    private func run(_ words: String...) async -> CapturedRun {
        await CapturedRun.of(words, environment: ["KUBECONFIG": kubeconfig], folder: folder.path)
    }

    /// Runs `body` while an embedded cluster listens.
    private func withCluster(_ body: @Sendable (KubernetesCluster) async throws -> Void) async throws {
        var configuration = EmbeddedCluster.Configuration()
        configuration.podDelay = .zero
        let cluster = try EmbeddedCluster(configuration)
        let server = WebServer(name: "cluster", handler: cluster.handler)
        let url = "http://127.0.0.1:\(try server.start())"
        try Files.write(Array(cluster.kubeconfig(server: url).utf8), to: kubeconfig)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cluster.run() }
            group.addTask { try await server.run() }
            defer {
                cluster.stop()
                server.stop()
            }
            try await body(KubernetesCluster(ClusterAccess(server: url), version: "test"))
        }
    }

    /// Waits until nothing rolls out any more.
    private func settled(_ environment: String) async -> CapturedRun {
        while true {
            let result = await run("status", "--env", environment)
            if !result.output.contains("Rolling out") { return result }
        }
    }

    @Test("a pass by hand brings the cluster to the branch, and the next one changes nothing")
    func apply() async throws {
        try await withCluster { _ in
            let dry = await run("apply", "--env", "dev", "--dry-run")
            #expect(dry.code == 0, "\(dry.error)")
            #expect(dry.output.contains("Deployment/shop-dev/cart created (dry run)\n"))
            #expect(await run("status", "--env", "dev").output.contains("Waiting"))
            let first = await run("apply", "--env", "dev")
            #expect(first.code == 0, "\(first.error)")
            #expect(first.output.contains("Deployment/shop-dev/cart created\n"))
            let second = await run("apply", "--env", "dev")
            #expect(second.code == 0)
            #expect(second.output.isEmpty)
            #expect(second.error.contains("succeeded, 0 changed, 16 unchanged"))
            let status = await settled("dev")
            #expect(status.output.split(separator: "\n").count { $0.contains("Healthy") } == 5, "\(status.output)")
            #expect(await run("status", "--env", "dev", "--check").code == 0)
            #expect(await run("diff", "live:dev").code == 0)
        }
    }

    @Test("what somebody changed, deleted or took out of git shows before it is mended")
    func drift() async throws {
        try await withCluster { cluster in
            #expect(await run("apply", "--env", "dev").code == 0)
            _ = await settled("dev")
            let discovery = try await cluster.discovery(refresh: false)
            let services = try #require(discovery.resource(for: GroupKind("Service")))
            try await cluster.delete(
                services, namespace: "shop-dev", name: "web", preconditions: Preconditions(), propagation: .background,
                dryRun: false)
            try Files.remove("\(folder.path)/environments/releases/mail.yaml")
            try commit()
            let diff = await run("diff", "live:dev", "-o", "table", "--no-headers")
            #expect(diff.code == 1)
            let lines = diff.output.split(separator: "\n").map {
                $0.split(separator: " ").prefix(3).joined(separator: " ")
            }
            #expect(lines == ["removed dev Deployment/shop-dev/mail", "added dev Service/shop-dev/web"])
            let status = await run("status", "web", "--env", "dev")
            #expect(status.output.contains("Service/shop-dev/web is not applied yet"))
            #expect(await run("status", "--env", "dev", "--check").code == 1)
            let applied = await run("apply", "--env", "dev")
            #expect(applied.output == "Service/shop-dev/web created\nDeployment/shop-dev/mail deleted\n")
        }
    }

    @Test("an object that the cluster refuses fails alone, and the command ends with 1")
    func refused() async throws {
        try Files.write(
            Array("apiVersion: nowhere.example.com/v1\nkind: Widget\nmetadata: {name: x}\n".utf8),
            to: "\(folder.path)/environments/templates/widget.yaml")
        try Files.write(
            Array("template: widget\nrelease: none\n".utf8), to: "\(folder.path)/environments/services/widget.yaml")
        try commit()
        try await withCluster { _ in
            let result = await run("apply", "--env", "dev")
            #expect(result.code == 1, "\(result.error)")
            #expect(result.output.contains("Widget/shop-dev/x failed: the cluster does not know the kind"))
            #expect(result.output.contains("Deployment/shop-dev/cart created\n"))
            let status = await run("status", "--env", "dev", "-o", "json")
            let environments = try parseJSON(Array(status.output.utf8))["environments"]?.list
            let found = environments?.first?["services"]?.list?.first { $0["name"] == "widget" }
            #expect(found?["verdict"] == "failed")
        }
    }

    @Test("what a Secret holds never shows in a live diff, and a changed value shows as changed")
    func secrets() async throws {
        let template = "\(folder.path)/environments/templates/vault.yaml"
        @Sendable func write(_ value: String) throws {
            try Files.write(
                Array(
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: vault}\ndata: {key: \(value), same: c2FtZQ==}\n"
                        .utf8),
                to: template)
        }
        try write("aHVudGVyMg==")
        try Files.write(
            Array("template: vault\nrelease: none\n".utf8), to: "\(folder.path)/environments/services/vault.yaml")
        try commit()
        try await withCluster { _ in
            #expect(await run("apply", "--env", "dev").code == 0)
            try write("aHVudGVyMw==")
            let diff = await run("diff", "live:dev", "--service", "vault")
            #expect(diff.code == 1, "\(diff.error)")
            #expect(!diff.output.contains("aHVudGVy"))
            let lines = diff.output.split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("-  key: ") || $0.hasPrefix("+  key: ") } == 2)
            #expect(lines.contains { $0.hasPrefix("   same: ") })
        }
    }

    @Test("services that wait for each other are refused by name, and the others go on")
    func cycle() async throws {
        for (service, need) in [("cart", "catalog"), ("catalog", "cart")] {
            let path = "\(folder.path)/environments/services/\(service).yaml"
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            let kept = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("needs:") }
            try Files.write(Array((kept.joined(separator: "\n") + "\nneeds: [\(need)]\n").utf8), to: path)
        }
        try commit()
        try await withCluster { _ in
            let result = await run("apply", "--env", "dev", "--dry-run")
            #expect(result.code == 1, "\(result.output)\(result.error)")
            #expect(result.error.contains("it needs itself: cart → catalog → cart"), "\(result.error)")
            #expect(result.error.contains("it needs itself: catalog → cart → catalog"))
            #expect(!result.output.contains("/cart ") && !result.output.contains("/catalog "), "\(result.output)")
            #expect(result.output.contains("Deployment/shop-dev/mail created (dry run)\n"))
            let validated = await run("validate")
            #expect(validated.code == 1 && validated.output.contains("cart → catalog → cart"), "\(validated.output)")
        }
    }

    @Test("deletions above the budget are shown with a hash, and exactly they go when it is confirmed")
    func prune() async throws {
        try await withCluster { _ in
            #expect(await run("prune", "dev").code == 5)
            #expect(await run("apply", "--env", "dev").code == 0)
            #expect(await run("prune", "dev").code == 0)
            for service in ["mail", "web", "search"] {
                try? Files.remove("\(folder.path)/environments/releases/\(service).yaml")
            }
            try commit()
            #expect(await run("apply", "--env", "dev").code == 1)
            let shown = await run("prune", "dev", "-o", "json")
            #expect(shown.code == 1, "\(shown.error)")
            let hash = String((try parseJSON(Array(shown.output.utf8))["hash"]?.string ?? "").prefix(12))
            let names = await run("prune", "dev", "-o", "name").output
            #expect(names.contains("Deployment/shop-dev/mail\n"))
            #expect(await run("prune", "dev", "--confirm", "0123456789ab").code == 3)
            #expect(await run("prune", "dev", "--confirm", "").code == 3)
            let confirmed = await run("prune", "dev", "--confirm", hash, "--by", "Kim")
            #expect(confirmed.code == 0, "\(confirmed.error)")
            let applied = await run("apply", "--env", "dev")
            #expect(
                applied.code == 0 && applied.output.contains("Deployment/shop-dev/mail deleted: confirmed by Kim\n"))
            #expect(applied.output.split(separator: "\n").count == names.split(separator: "\n").count)
            #expect(await run("prune", "dev").code == 0)
        }
    }

    @Test("a hook runs before what changed, and what it wrote is shown")
    func hook() async throws {
        let template = """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: migrate, annotations: {kubernaut.dev/hook: before, kubernaut.dev/deadline: 30s}}
            spec:
              backoffLimit: 0
              template:
                metadata: {annotations: {embedded.kubernaut.dev/log: "3 rows moved"}}
                spec: {restartPolicy: Never, containers: [{name: migrate, image: "IMAGE"}]}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: after-migration}

            """
        @Sendable func write(_ image: String) throws {
            try Files.write(
                Array(template.replacing("IMAGE", with: image).utf8),
                to: "\(folder.path)/environments/templates/moving.yaml")
            try commit()
        }
        try Files.write(
            Array("template: moving\nrelease: none\n".utf8), to: "\(folder.path)/environments/services/moving.yaml")
        try write("migrate:1")
        try await withCluster { _ in
            let first = await run("apply", "--env", "dev")
            #expect(first.code == 0, "\(first.error)")
            #expect(first.output.contains("ConfigMap/shop-dev/after-migration created\n"))
            #expect(first.error.contains("  | 3 rows moved\n"), "\(first.error)")
            #expect(await run("apply", "--env", "dev").output.isEmpty)
            try write("migrate-broken:2")
            let second = await run("apply", "--env", "dev")
            #expect(second.code == 1)
            #expect(second.error.contains("was made to fail with exit code 1"), "\(second.error)")
            #expect(
                second.output.contains("ConfigMap/shop-dev/after-migration skipped: waits for Job/shop-dev/migrate-"))
        }
    }

    @Test("a suspended environment is not applied, and says why")
    func suspended() async throws {
        try await withCluster { cluster in
            #expect(await run("apply", "--env", "dev").code == 0)
            #expect(await run("suspend", "dev").code == 64)
            #expect(await run("suspend", "dev", "--reason", "x", "--until", "2020-01-01T00:00:00Z").code == 64)
            #expect(await run("suspend", "dev", "--reason", "upgrade", "--until", "1h", "--by", "Kim").code == 0)
            let maps = try #require(try await cluster.discovery(refresh: false).resource(for: GroupKind("Service")))
            try await cluster.delete(
                maps, namespace: "shop-dev", name: "web", preconditions: Preconditions(), propagation: .background,
                dryRun: false)
            let result = await run("apply", "--env", "dev")
            #expect(result.code == 1 && result.error.contains("suspended by Kim until "), "\(result.error)")
            #expect(await run("unsuspend", "dev").code == 0)
            #expect(await run("apply", "--env", "dev").output == "Service/shop-dev/web created\n")
        }
    }

    @Test("objects labelled as ours that no revision wants are found, and left")
    func orphans() async throws {
        try await withCluster { cluster in
            #expect(await run("apply", "--env", "dev").code == 0)
            #expect(await run("orphans", "dev").code == 0)
            let services = try #require(try await cluster.discovery(refresh: false).resource(for: GroupKind("Service")))
            let found = try await cluster.get(services, namespace: "shop-dev", name: "web", detail: .whole)
            var copy = try #require(found)
            copy["metadata"] = [
                "name": "copy", "namespace": "shop-dev", "labels": copy["metadata"]?["labels"] ?? [:],
                "annotations": copy["metadata"]?["annotations"] ?? [:],
            ]
            copy["spec"] = ["ports": [["port": 80]]]
            copy["status"] = nil
            _ = try await cluster.create(copy, in: services, dryRun: false)
            let result = await run("orphans", "dev", "--no-headers")
            #expect(result.code == 1)
            #expect(result.output.contains("a copy of Service/shop-dev/web"), "\(result.output)")
        }
    }

    @Test("a cluster that does not answer is unavailable, and the message names it")
    func unreachable() async throws {
        let port = try FreePort.take(1)[0]
        try Files.write(
            Array(EmbeddedCluster().kubeconfig(server: "http://127.0.0.1:\(port)").utf8), to: kubeconfig)
        for words in [["diff", "live:dev"], ["apply", "--env", "dev", "--dry-run"], ["status", "--env", "dev"]] {
            let result = await CapturedRun.of(words, environment: ["KUBECONFIG": kubeconfig], folder: folder.path)
            #expect(result.code == 7, "\(words)")
            #expect(result.error.contains("127.0.0.1:\(port)"))
        }
        let none = await CapturedRun.of(["status"], environment: ["HOME": folder.path], folder: folder.path)
        #expect(none.code == 2)
        #expect(none.error.contains("try: "))
    }

    @Test("status asks the server it is given, and shows what that says")
    func server() async throws {
        let body = """
            {"version":1,"fetchProblem":null,"environments":[{"name":"dev","head":{"id":"0123456789"},
            "services":[{"name":"cart","verdict":"unhealthy","reason":"out of memory","release":{"version":"1.2"}}]}]}
            """
        let server = try ScriptedServer { request in
            [request.target == "/api/v1/status" ? .answer(200, body) : .answer(404, "no")]
        }
        let result = await run("status", "--server", server.url)
        #expect(result.code == 0, "\(result.error)")
        #expect(
            result.output == """
                ENVIRONMENT  SERVICE  VERSION  VERDICT    REASON
                dev          cart     1.2      Unhealthy  out of memory

                """)
        #expect(await run("status", "--server", server.url, "--check").code == 1)
        #expect(await run("status", "--server", "\(server.url)/elsewhere").code == 5)
        #expect(await run("status", "crat", "--server", server.url).error.contains("did you mean \"cart\"?"))
        let port = try FreePort.take(1)[0]
        #expect(await run("status", "--server", "http://127.0.0.1:\(port)").code == 7)
    }

    @Test("explain names file, line and column of a value, and what it overrides")
    func explain() async throws {
        let result = await run("explain", "cart", "replicas", "--env", "staging", "--no-blame")
        #expect(result.code == 0, "\(result.error)")
        #expect(
            result.output == """
                replicas
                  value   2
                  set by  env defaults
                  where   environments/staging/defaults.yaml:1:11
                  overrides 1
                    set by  defaults
                    where   environments/defaults.yaml:2:11

                """)
        let place = await run("explain", "cart", "spec.replicas", "--env", "staging", "-o", "json")
        let item = try parseJSON(Array(place.output.utf8))["items"]?.list?.first
        #expect(item?["object"] == "Deployment/cart")
        #expect(item?["value"] == 2)
        #expect(item?["valuePath"] == "replicas")
        #expect(item?["file"] == "environments/staging/defaults.yaml")
    }

    @Test("explain says why a service or a value is not there")
    func absent() async throws {
        try Files.write(
            Array("enabled: false\n".utf8), to: "\(folder.path)/environments/staging/services/web.yaml")
        for (words, says) in [
            (["web", "--env", "staging"], "staging/services/web.yaml disables it"),
            (["crat", "--env", "dev"], "did you mean \"cart\"?"),
            (["cart", "replcas", "--env", "dev"], "did you mean \"replicas\"?"),
        ] {
            let result = await CapturedRun.of(["explain"] + words, folder: folder.path)
            #expect(result.code == 5)
            #expect(result.error.contains(says), "\(result.error)")
        }
    }

    @Test("render --show-origin is still YAML, with the origin behind each line")
    func origin() async {
        let result = await run("render", "--env", "staging", "--service", "cart", "--show-origin")
        #expect(result.code == 0)
        #expect(result.output.contains("# env defaults environments/staging/defaults.yaml:1:11"))
    }
}
