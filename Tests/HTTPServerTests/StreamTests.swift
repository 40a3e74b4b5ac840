// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPServer
import Synchronization
import Testing

@Suite("Streamed answers", .timeLimit(.minutes(1)))
struct StreamTests {
    @Test("pieces reach the client while the answer goes on")
    func pieces() async throws {
        let gate = Events()
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("one".utf8))
                    await gate.wait(for: "go")
                    try await writer.write(Array("two".utf8))
                })
        }
        let (first, rest) = try await withServer(handler: handler) { port in
            let client = try await blocking { try RawClient(port: port) }
            client.send(closingGet)
            let first = try await blocking { client.receive { $0.hasSuffix("one\r\n") } }
            gate.send("go")
            return (first, try await blocking { client.receive() })
        }
        #expect(first.contains("Transfer-Encoding: chunked\r\n") && first.hasSuffix("\r\n\r\n3\r\none\r\n"))
        #expect(rest == "3\r\ntwo\r\n0\r\n\r\n")
    }

    @Test("a stream that fails is cut, so that the client sees that something is missing")
    func failure() async throws {
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("one".utf8))
                    throw RawClient.Failure(what: "broken")
                })
        }
        let answer = try await withServer(handler: handler) { port in try await exchange(plainGet, port: port) }
        #expect(!answer.contains("0\r\n\r\n"))
    }

    @Test(
        "HTTP/1.0 gets the bytes without chunks, and HEAD gets none",
        arguments: [
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "one"),
            ("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", ""),
        ])
    func plain(_ request: String, _ body: String) async throws {
        let handler: HTTPHandler = { _ in
            HTTPResponse(status: 200, body: .stream { try await $0.write(Array("one".utf8)) })
        }
        let answer = try await withServer(handler: handler) { port in try await exchange(request, port: port) }
        #expect(answer.hasSuffix("\r\n\r\n\(body)") && !answer.contains("Content-Length"))
    }

    @Test("a client that leaves ends a stream that has nothing to say")
    func disconnect() async throws {
        let events = Events()
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("one".utf8))
                    do { try await Task.sleep(for: .seconds(600)) } catch { events.send("cancelled") }
                })
        }
        try await withServer(handler: handler) { port in
            let client = try await blocking { try RawClient(port: port) }
            client.send(plainGet)
            _ = try await blocking { client.receive { $0.hasSuffix("one\r\n") } }
            client.leave()
            await events.wait(for: "cancelled")
        }
    }

    @Test("a stopping server ends streams at once and properly")
    func stop() async throws {
        let events = Events()
        let server = WebServer { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("one".utf8))
                    try? await Task.sleep(for: .seconds(600))
                    events.send("ended")
                })
        }
        let port = try server.start()
        async let run: Void = server.run()
        let client = try await blocking { try RawClient(port: port) }
        client.send(plainGet)
        _ = try await blocking { client.receive { $0.hasSuffix("one\r\n") } }
        server.stop()
        await events.wait(for: "ended")
        #expect(try await blocking { client.receive() } == "0\r\n\r\n")
        try await run
    }

    @Test("a client that does not read stops the writer, and reads everything later")
    func backPressure() async throws {
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
        let count = 800
        let written = Atomic(0)
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    for _ in 0..<count {
                        try await writer.write(piece)
                        written.add(1, ordering: .relaxed)
                    }
                })
        }
        try await withServer(handler: handler) { port in
            let client = try await blocking { try RawClient(port: port) }
            client.send(closingGet)
            // Socket buffers take some megabytes; the writer must come to rest long before the 50 it has.
            var before = -1
            while written.load(ordering: .relaxed) != before || before == 0 {
                before = written.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(before < count / 2)
            let bytes = try await blocking { client.receiveBytes() }
            #expect(bytes.count { $0 == UInt8(ascii: "x") } == count * piece.count)
        }
    }

    @Test("a client that takes no byte for the write timeout is cut")
    func stuckReader() async throws {
        var configuration = WebServer.Configuration()
        configuration.writeTimeout = .milliseconds(200)
        let events = Events()
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    let piece = [UInt8](repeating: 0, count: 1 << 20)
                    do { while true { try await writer.write(piece) } } catch { events.send("cut") }
                })
        }
        try await withServer(configuration, handler: handler) { port in
            let client = try await blocking { try RawClient(port: port) }
            client.send(plainGet)
            await events.wait(for: "cut")
        }
    }

    @Test("a stream that ends in order when the server stops is whole for its client")
    func stopped() async throws {
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("one".utf8))
                    // Ends when its task is cancelled.
                    for await _ in AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(60)) }) {
                        if Task.isCancelled { return }
                    }
                })
        }
        let server = WebServer(handler: handler)
        let port = try server.start()
        async let run: Void = server.run()
        let client = try await blocking { try RawClient(port: port) }
        client.send(plainGet)
        _ = try await blocking { client.receive { $0.hasSuffix("one\r\n") } }
        server.stop(grace: .seconds(5))
        #expect(try await blocking { client.receive() } == "0\r\n\r\n")
        try await run
    }
}

/// Opens once, for all who wait now or later.
final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream<Void>.makeStream()
    private let opening: Task<Void, Never>

    init() {
        let stream = stream
        opening = Task { for await _ in stream {} }
    }

    func open() { continuation.finish() }
    func wait() async { await opening.value }
}
