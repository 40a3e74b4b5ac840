// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import Platform
import TestKit
import Testing

@Suite("Credentials in use", .timeLimit(.minutes(1)))
struct CredentialsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("credentials") }

    /// Lets in who says `expected`, and gives back an empty object.
    static func server(expecting expected: String) throws -> ScriptedServer {
        try ScriptedServer { request in
            request.headers["authorization"] == expected
                ? [.answer(200, #"{"metadata":{"resourceVersion":"1"}}"#)]
                : [.answer(401, #"{"kind":"Status","code":401,"reason":"Unauthorized","message":"Unauthorized"}"#)]
        }
    }

    func read(_ access: ClusterAccess) async throws(ClusterError) {
        let cluster = KubernetesCluster(access, version: "1")
        _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
    }

    @Test("a token and a password go into the header that is theirs")
    func headers() async throws {
        let bearer = try Self.server(expecting: "Bearer t")
        var access = ClusterAccess(server: bearer.url)
        access.credentials = .token(Secret("t"))
        try await read(access)
        let basic = try Self.server(expecting: "Basic a2ltOnDDpHNzOndvcmQ=")
        access = ClusterAccess(server: basic.url)
        access.credentials = .basic(user: "kim", password: Secret("päss:word"))
        try await read(access)
    }

    @Test("impersonation goes along with every call")
    func impersonates() async throws {
        let server = try ScriptedServer { _ in [.answer(200, "{}")] }
        let file = "\(folder.path)/config"
        try Files.write(
            Array(
                """
                contexts: [{name: c, context: {cluster: c, user: u}}]
                current-context: c
                clusters: [{name: c, cluster: {server: "\(server.url)"}}]
                users: [{name: u, user: {as: kim, as-groups: [g], as-user-extra: {a/b: [x]}}}]
                """.utf8), to: file)
        try await read(try ClusterAccess.find(kubeconfig: file, environment: [:]))
        let headers = try #require(server.requests.first?.headers)
        #expect(headers["impersonate-user"] == "kim")
        #expect(headers["impersonate-group"] == "g")
        #expect(headers["impersonate-extra-a%2fb"] == "x")
    }

    @Test("a token file is read again when the server refuses what it held; white space is not part of it")
    func rereads() async throws {
        let server = try Self.server(expecting: "Bearer new")
        let path = "\(folder.path)/token"
        try Files.write(Array("old\n".utf8), to: path)
        var access = ClusterAccess(server: server.url)
        access.credentials = .tokenFile(path)
        let cluster = KubernetesCluster(access, version: "1")
        let error = await clusterError { () throws(ClusterError) in
            _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
        }
        // The file still says the same: that need not be tried twice.
        #expect(error?.code == .unauthorized)
        #expect(server.requests.count == 1)
        try Files.write(Array("new\n".utf8), to: path)
        _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
        #expect(server.requests.map { $0.headers["authorization"] ?? "" }.suffix(2) == ["Bearer old", "Bearer new"])
        _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
        #expect(server.requests.count == 4)
        #expect(server.connections == 1)
    }

    @Test("a kubeconfig that was written again counts: another token after a refusal, another server when one is gone")
    func rereadsKubeconfig() async throws {
        func write(_ server: String, _ token: String) throws {
            let text = """
                contexts: [{name: c, context: {cluster: c, user: u}}]
                current-context: c
                clusters: [{name: c, cluster: {server: "\(server)"}}]
                users: [{name: u, user: {token: \(token)}}]
                """
            try Files.write(Array(text.utf8), to: "\(folder.path)/config")
        }
        let path = "\(folder.path)/config"
        var first: ScriptedServer? = try Self.server(expecting: "Bearer new")
        let url = try #require(first?.url)
        let cluster = KubernetesCluster(
            finding: { () throws(ClusterAccessError) in try ClusterAccess.find(kubeconfig: path, environment: [:]) },
            version: "1")
        func ask() async -> ClusterError? {
            await clusterError { () throws(ClusterError) in
                _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
            }
        }
        // Not there yet: the sentence names the file, and nothing is given up.
        #expect(await ask()?.detail.contains(path) == true)
        try write(url, "old")
        #expect(await ask()?.code == .unauthorized)
        try write(url, "new")
        #expect(await ask() == nil)
        // A half-written file changes nothing for who is let in.
        try Files.write(Array("contexts: [".utf8), to: path)
        #expect(await ask() == nil)
        let second = try Self.server(expecting: "Bearer newer")
        try write(second.url, "newer")
        first?.dropConnections()
        first = nil
        // Whether the old one is missed by the first call or the second: then the file is read again.
        while await ask() != nil {}
        #expect(second.requests.count == 1)
    }

    @Test("watches renew refused credentials too")
    func rereadsForWatches() async throws {
        let server = try Self.server(expecting: "Bearer new")
        let path = "\(folder.path)/token"
        try Files.write(Array("old".utf8), to: path)
        var access = ClusterAccess(server: server.url)
        access.credentials = .tokenFile(path)
        let cluster = KubernetesCluster(access, version: "1")
        _ = await clusterError { () throws(ClusterError) in
            _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
        }
        try Files.write(Array("new".utf8), to: path)
        let events = cluster.watch(Kinds.configMap, namespace: nil, labels: "", from: "1", detail: .whole)
        // The answer is no watch, but an answer to the right token.
        await #expect(throws: ClusterError.self) { for try await _ in events {} }
        #expect(server.requests.last?.headers["authorization"] == "Bearer new")
    }

    @Test("a cluster in use shows no secret when it is printed")
    func silent() async throws {
        let server = try ScriptedServer { _ in [.answer(200, "{}")] }
        var access = ClusterAccess(server: server.url)
        access.certificate = .inline(Secret("canary"))
        access.key = .inline(Secret("canary"))
        access.credentials = .basic(user: "kim", password: Secret("canary"))
        let cluster = KubernetesCluster(access, version: "1")
        _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
        var text = ""
        dump(cluster, to: &text)
        #expect(text.contains(server.url))
        #expect(!text.contains("canary"))
        #expect(!text.contains("Basic"))
    }

    @Test("credentials that cannot change are not tried twice")
    func refusedOnce() async throws {
        let server = try Self.server(expecting: "Bearer other")
        var access = ClusterAccess(server: server.url)
        access.credentials = .token(Secret("t"))
        #expect(await clusterError { () throws(ClusterError) in try await read(access) }?.code == .unauthorized)
        #expect(server.requests.count == 1)
    }

    @Test("files that are missing or empty are named", arguments: ["missing", "empty"])
    func missingFiles(name: String) async throws {
        try Files.write([], to: "\(folder.path)/empty")
        var access = ClusterAccess(server: "http://127.0.0.1:1", origin: "context c of /x")
        access.credentials = .tokenFile("\(folder.path)/\(name)")
        let error = await clusterError { () throws(ClusterError) in try await read(access) }
        #expect(error?.code == .unreachable)
        #expect(error?.detail.contains("\(folder.path)/\(name)") == true)
        #expect(error?.detail.hasSuffix("check context c of /x") == true)
    }

    @Test("a server that is not there is named with the context it came from")
    func unreachable() async throws {
        let port = try FreePort.take(1)[0]
        let access = ClusterAccess(server: "http://127.0.0.1:\(port)", origin: "context c of /x")
        let error = await clusterError { () throws(ClusterError) in try await read(access) }
        #expect(error?.code == .unreachable)
        #expect(error?.detail.hasPrefix("reaching http://127.0.0.1:\(port) (context c of /x): ") == true)
    }
}
