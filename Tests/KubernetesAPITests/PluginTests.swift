// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import Platform
import TestKit
import Testing

@Suite("Credential plugins", .timeLimit(.minutes(1)))
struct PluginTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("plugin") }

    /// A plugin made of shell lines, and access to `server` through it.
    func access(_ server: ScriptedServer, _ script: String, extra: String = "") throws -> ClusterAccess {
        let plugin = "\(folder.path)/login"
        try Files.write(Array("#!/bin/sh\necho run >> \(folder.path)/runs\n\(script)\n".utf8), to: plugin, mode: 0o755)
        return try configuration(server, command: "./login", extra: extra)
    }

    func configuration(_ server: ScriptedServer, command: String, extra: String = "") throws -> ClusterAccess {
        let file = "\(folder.path)/config"
        let text = """
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "\(server.url)"}}]
            users:
            - name: u
              user:
                exec:
                  apiVersion: client.authentication.k8s.io/v1
                  command: \(command)
                  args: [get, "a b"]
                  env: [{name: STAGE, value: test}]
                  installHint: install it from the handbook
                  \(extra)
            """
        try Files.write(Array(text.utf8), to: file)
        return try ClusterAccess.find(kubeconfig: file, environment: ["PATH": "/usr/bin:/bin", "FROM": "outside"])
    }

    var runs: Int { (try? Files.read("\(folder.path)/runs").count { $0 == 0x0A }) ?? 0 }

    static func answer(_ status: String) -> String {
        #"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{\#(status)}}'"#
    }

    func read(_ cluster: KubernetesCluster) async throws(ClusterError) {
        _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
    }

    @Test("a plugin's token is used, and kept while it is fresh; arguments and variables reach the plugin")
    func token() async throws {
        let server = try CredentialsTests.server(expecting: "Bearer get-a b-test-outside")
        let script = #"""
            cat <<EOF
            {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":
             {"token":"$1-$2-$STAGE-$FROM","expirationTimestamp":"2999-01-01T00:00:00Z"}}
            EOF
            """#
        let cluster = KubernetesCluster(try access(server, script), version: "1")
        for _ in 0..<3 { try await read(cluster) }
        #expect(runs == 1)
    }

    @Test("an expired credential is asked for again")
    func expires() async throws {
        let server = try CredentialsTests.server(expecting: "Bearer t")
        let script = Self.answer(#""token":"t","expirationTimestamp":"2001-01-01T00:00:00Z""#)
        let cluster = KubernetesCluster(try access(server, script), version: "1")
        for _ in 0..<3 { try await read(cluster) }
        #expect(runs == 3)
    }

    @Test("a refused credential is asked for once more")
    func refused() async throws {
        let server = try CredentialsTests.server(expecting: "Bearer 2")
        let script = #"token=$(wc -l < \#(folder.path)/runs)"# + "\n" + Self.answer(#""token":"'$token'""#)
        let cluster = KubernetesCluster(try access(server, script), version: "1")
        try await read(cluster)
        #expect(runs == 2)
    }

    @Test("the plugin learns who asks, and about the cluster when it wants to")
    func informs() async throws {
        let server = try CredentialsTests.server(expecting: "Bearer t")
        let script = "echo \"$KUBERNETES_EXEC_INFO\" > \(folder.path)/info\n" + Self.answer(#""token":"t""#)
        try await read(KubernetesCluster(try access(server, script, extra: "provideClusterInfo: true"), version: "1"))
        let info = String(decoding: try Files.read("\(folder.path)/info"), as: UTF8.self)
        #expect(
            info == """
                {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",\
                "spec":{"cluster":{"server":"\(server.url)"},"interactive":false}}

                """)
    }

    static let failures: [(script: String, words: String)] = [
        ("echo no session >&2; exit 3", "it ended with exit status 3: no session"),
        ("echo canary", "its output is no JSON"),
        ("echo '{\"token\":\"canary\"}'", "its output is no ExecCredential of client.authentication.k8s.io/v1"),
        (answer(""), "neither token nor certificate"),
        (answer(#""clientCertificateData":"canary""#), "half a key pair"),
        (answer(#""token":"canary","expirationTimestamp":"soon""#), "no RFC 3339 time"),
    ]

    @Test("a plugin that fails is named with its words, and never with its output", arguments: failures)
    func fails(script: String, words: String) async throws {
        let server = try ScriptedServer { _ in [.answer(200, "{}")] }
        let cluster = KubernetesCluster(try access(server, script), version: "1")
        let error = await clusterError { () throws(ClusterError) in try await read(cluster) }
        #expect(error?.code == .unreachable)
        #expect(error?.detail.contains(words) == true, "\(error?.detail ?? "")")
        #expect(error?.detail.contains("canary") == false)
        #expect(server.requests.isEmpty)
    }

    @Test("a missing plugin comes with the hint of the kubeconfig")
    func missing() async throws {
        let server = try ScriptedServer { _ in [.answer(200, "{}")] }
        let cluster = KubernetesCluster(try configuration(server, command: "no-such-plugin"), version: "1")
        let error = await clusterError { () throws(ClusterError) in try await read(cluster) }
        #expect(error?.detail.contains("install it from the handbook") == true)
    }

    @Test("a plugin that hangs ends with the call that waits for it")
    func hangs() async throws {
        let server = try ScriptedServer { _ in [.answer(200, "{}")] }
        let cluster = KubernetesCluster(try access(server, "exec sleep 600"), version: "1")
        let call = Task { await clusterError { () throws(ClusterError) in try await read(cluster) }?.code }
        while runs == 0 { await Task.yield() }
        call.cancel()
        #expect(await call.value == .cancelled)
    }
}
