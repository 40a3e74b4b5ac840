// SPDX-License-Identifier: Apache-2.0

import Domain
import TestKit
import Testing

@testable import KubernetesAPI

@Suite("Watching", .timeLimit(.minutes(1)))
struct WatchTests {
    static let lines = """
        {"type":"ADDED","object":{"metadata":{"name":"grüße-🚀","resourceVersion":"5"},"data":{"a":"line\\nend"}}}
        {"type":"MODIFIED","object":{"metadata":{"name":"b","resourceVersion":"6"}}}

        {"type":"SOMETHING NEW","object":{}}
        {"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"8"}}}
        {"type":"DELETED","object":{"metadata":{"name":"b","resourceVersion":"9"}}}

        """

    static func text(_ event: WatchEvent) -> String {
        switch event {
        case .added(let object): "+\(object.objectName ?? "") \(object["data"]?["a"]?.string ?? "")"
        case .modified(let object): "~\(object.objectName ?? "")"
        case .deleted(let object): "-\(object.objectName ?? "")"
        case .bookmark(let version): "@\(version)"
        }
    }

    @Test("events are the same wherever the bytes are cut", arguments: [1, 2, 3, 7, 64, 10_000])
    func cuts(size: Int) throws {
        var decoder = WatchDecoder(Kinds.configMap, .whole, operation: "watching")
        var rest = Array(Self.lines.utf8)[...]
        var seen: [String] = []
        while !rest.isEmpty {
            seen += try decoder.events(adding: Array(rest.prefix(size))).map(Self.text)
            rest = rest.dropFirst(size)
        }
        #expect(seen == ["+grüße-🚀 line\nend", "~b", "@8", "-b"])
        #expect(!decoder.isInsideLine)
    }

    @Test("a watch asks for bookmarks, a bounded life and its selector, and ends with the server's end")
    func asks() async throws {
        let server = try ScriptedServer { _ in
            [.chunkedHead, .chunk(Array(Self.lines.utf8)), .lastChunk]
        }
        var seen: [String] = []
        let events = server.cluster.watch(
            Kinds.configMap, namespace: "shop", labels: "a=b", from: "4", detail: .metadata)
        for try await event in events { seen.append(Self.text(event)) }
        #expect(seen == ["+grüße-🚀 ", "~b", "@8", "-b"])
        let request = try #require(server.requests.first)
        #expect(request.target.hasPrefix("/api/v1/namespaces/shop/configmaps?watch=true&allowWatchBookmarks=true"))
        #expect(request.target.hasSuffix("&resourceVersion=4&labelSelector=a%3Db"))
        let seconds = request.target.components(between: "timeoutSeconds=", and: "&").flatMap { Int($0) }
        #expect((300...600).contains(seconds ?? 0))
        #expect(
            request.headers["accept"]
                == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json")
    }

    static func watchError(_ steps: [ScriptedServer.Step]) async throws -> ClusterError? {
        let server = try ScriptedServer { _ in steps }
        let events = server.cluster.watch(Kinds.configMap, namespace: nil, labels: "", from: "4", detail: .whole)
        do {
            for try await _ in events {}
            return nil
        } catch {
            return error as? ClusterError
        }
    }

    static let expired = #"{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}"#

    @Test("an old version is gone, as an answer and as an event")
    func gone() async throws {
        #expect(try await Self.watchError([.answer(410, Self.expired)])?.code == .gone)
        let event = #"{"type":"ERROR","object":\#(Self.expired)}"# + "\n"
        let error = try await Self.watchError([.chunkedHead, .chunk(Array(event.utf8)), .lastChunk])
        #expect(error?.code == .gone)
        #expect(error?.detail == "too old resource version")
    }

    @Test("an answer that ends within an event, or without its end, is interrupted")
    func cut() async throws {
        let half = Array(#"{"type":"ADDED","obj"#.utf8)
        #expect(try await Self.watchError([.chunkedHead, .chunk(half), .lastChunk])?.code == .interrupted)
        #expect(try await Self.watchError([.chunkedHead, .chunk(Array("\n".utf8)), .reset])?.code == .interrupted)
        #expect(try await Self.watchError([.chunkedHead, .chunk(Array("\n".utf8)), .close])?.code == .interrupted)
    }

    @Test("an event that is no JSON ends the watch")
    func nonsense() async throws {
        let error = try await Self.watchError([.chunkedHead, .chunk(Array("<html>\n".utf8)), .lastChunk])
        #expect(error?.code == .unavailable)
    }

    @Test("a refused watch says why")
    func refused() async throws {
        let body = #"{"kind":"Status","code":403,"reason":"Forbidden","message":"configmaps is forbidden"}"#
        let error = try await Self.watchError([.answer(403, body)])
        #expect(error?.code == .forbidden)
        #expect(error?.description == "watching ConfigMap failed (forbidden): configmaps is forbidden")
    }

    @Test("events arrive one by one while the answer is open, and a reader that leaves ends it")
    func live() async throws {
        let server = try ScriptedServer { _ in
            let lines = Self.lines.split(separator: "\n").map { Array("\($0)\n".utf8) }
            return [.chunkedHead, .chunk(lines[0]), .gate, .chunk(lines[1]), .gate, .gate]
        }
        let cluster = server.cluster
        let events = cluster.watch(Kinds.configMap, namespace: nil, labels: "", from: "4", detail: .whole)
        var seen = 0
        for try await _ in events {
            seen += 1
            guard seen == 1 else { break }
            server.open()
        }
        #expect(seen == 2)
    }

    @Test("a cancelled reader is told so at once")
    func cancelled() async throws {
        let server = try ScriptedServer { _ in [.chunkedHead, .gate] }
        let events = server.cluster.watch(Kinds.configMap, namespace: nil, labels: "", from: "4", detail: .whole)
        let reader = Task {
            do {
                for try await _ in events {}
                return ClusterError.Code?.none
            } catch {
                return (error as? ClusterError)?.code
            }
        }
        while server.requests.isEmpty { await Task.yield() }
        reader.cancel()
        #expect(await reader.value == .cancelled)
    }
}

extension String {
    fileprivate func components(between start: String, and end: String) -> String? {
        guard let from = firstRange(of: start)?.upperBound else { return nil }
        let to = self[from...].firstRange(of: end)?.lowerBound ?? endIndex
        return String(self[from..<to])
    }
}
