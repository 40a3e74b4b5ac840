// SPDX-License-Identifier: Apache-2.0

import HTTPClient
import TestKit
import Testing

@Suite("HTTPClient.stream", .timeLimit(.minutes(1)))
struct StreamTests {
    @Test("the head comes before the body, and pieces come as they are sent")
    func pieces() async throws {
        let server = try ScriptedServer { _ in
            [.chunkedHead, .gate, .chunk(Array("one".utf8)), .gate, .chunk(Array("two".utf8)), .lastChunk]
        }
        let client = HTTPClient()
        let stream = try await client.stream(.init("GET", server.url, timeout: nil))
        #expect(stream.head.status == 200)
        var seen: [String] = []
        server.open()
        for try await piece in stream.body {
            seen.append(String(decoding: piece, as: UTF8.self))
            server.open()
        }
        #expect(seen == ["one", "two"])
    }

    static func failure(_ stream: HTTPClientStream) async -> HTTPClientError.Code? {
        do {
            for try await _ in stream.body {}
            return nil
        } catch {
            return (error as? HTTPClientError)?.code
        }
    }

    @Test("a body that breaks off is an error, not an end", arguments: [true, false])
    func breaks(byReset: Bool) async throws {
        let server = try ScriptedServer { _ in [.chunkedHead, .gate, byReset ? .reset : .close] }
        let client = HTTPClient()
        let stream = try await client.stream(.init("GET", server.url))
        server.open()
        #expect(await Self.failure(stream) == .interrupted)
    }

    @Test("silence ends a stream after the time it is allowed")
    func silence() async throws {
        let server = try ScriptedServer { _ in [.chunkedHead, .gate] }
        let client = HTTPClient()
        let stream = try await client.stream(.init("GET", server.url, timeout: nil, idleTimeout: .seconds(1)))
        #expect(await Self.failure(stream) == .timedOutAfterSending)
    }

    @Test("a stream outlives its client's last reference, and ends with its reader")
    func outlives() async throws {
        let server = try ScriptedServer { _ in [.chunkedHead, .gate, .chunk([1]), .gate, .chunk([2]), .gate] }
        do {
            let stream = try await HTTPClient().stream(.init("GET", server.url))
            server.open()
            for try await piece in stream.body {
                #expect(piece == [1])
                break
            }
        }
        // Without a reader the client's thread is gone, and with it the connection: the server's next write fails.
        server.open()
    }

    @Test("a reader that is cancelled is told so")
    func cancelled() async throws {
        let server = try ScriptedServer { _ in [.chunkedHead, .gate] }
        let client = HTTPClient()
        let stream = try await client.stream(.init("GET", server.url, timeout: nil))
        let reader = Task { await Self.failure(stream) }
        reader.cancel()
        #expect([.cancelled, nil].contains(await reader.value))
    }

    @Test("a refused exchange fails before there is a stream")
    func refused() async throws {
        let port = try FreePort.take(1)[0]
        await #expect(throws: HTTPClientError.self) {
            try await HTTPClient().stream(.init("GET", "http://127.0.0.1:\(port)"))
        }
    }
}
