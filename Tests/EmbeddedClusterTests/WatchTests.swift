// SPDX-License-Identifier: Apache-2.0

import Domain
import EmbeddedCluster
import HTTPServer
import JSON
import Testing

@Suite("Watches of the embedded cluster", .timeLimit(.minutes(1)))
struct WatchTests {
    /// Collects what a stream writes.
    private struct Sink: HTTPBodyWriter {
        let lines: AsyncStream<Value>.Continuation

        func write(_ bytes: [UInt8]) async throws {
            for line in bytes.split(separator: UInt8(ascii: "\n")) { lines.yield(try parseJSON(line)) }
        }
    }

    private func events(_ cluster: EmbeddedCluster, _ query: String, count: Int) async throws -> [Value] {
        let answer = await cluster.handler(
            HTTPRequest(method: "GET", rawPath: "/api/v1/namespaces/default/configmaps", rawQuery: query))
        guard case .stream(let run) = answer.body else { return [] }
        let (stream, continuation) = AsyncStream.makeStream(of: Value.self)
        // Cancelled below, once enough was seen.
        let task = Task {
            try? await run(Sink(lines: continuation))
            continuation.finish()
        }
        defer { task.cancel() }
        var events: [Value] = []
        for await event in stream {
            events.append(event)
            if events.count == count { break }
        }
        return events
    }

    private func create(_ cluster: EmbeddedCluster, _ name: String) async {
        let body: Value = ["metadata": ["name": .string(name)]]
        _ = await cluster.handler(
            HTTPRequest(method: "POST", rawPath: "/api/v1/namespaces/default/configmaps", body: body.json()))
    }

    @Test("a watch from before the remembered changes ends with 410 in the stream")
    func forgets() async throws {
        var configuration = EmbeddedCluster.Configuration()
        configuration.watchWindow = 2
        let cluster = try EmbeddedCluster(configuration)
        for name in ["a", "b", "c", "d"] { await create(cluster, name) }
        let found = try await events(cluster, "watch=1&resourceVersion=1&timeoutSeconds=5", count: 2)
        #expect(found.count == 1)
        #expect(found.first?["type"] == "ERROR")
        #expect(found.first?[at: "object", "code"] == 410)
        #expect(found.first?[at: "object", "reason"] == "Expired")
    }

    @Test("a watch from the future ends with 410: the cluster has lost its memory since")
    func losesMemory() async throws {
        let found = try await events(EmbeddedCluster(), "watch=1&resourceVersion=999999&timeoutSeconds=5", count: 2)
        #expect(found.first?[at: "object", "code"] == 410)
    }

    @Test("bookmarks come while nothing happens")
    func marks() async throws {
        var configuration = EmbeddedCluster.Configuration()
        configuration.bookmarkInterval = .milliseconds(10)
        let cluster = try EmbeddedCluster(configuration)
        let found = try await events(
            cluster, "watch=1&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=30", count: 2)
        #expect(found.map { $0["type"] } == ["BOOKMARK", "BOOKMARK"])
        #expect(found.first?[at: "object", "kind"] == "ConfigMap")
    }
}
