// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPServer
import Testing

/// A list of events that a test can wait for.
struct Events: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ event: String) { continuation.yield(event) }

    /// Waits until `event` came.
    func wait(for event: String) async { for await next in stream where next == event { return } }

    /// Waits until `event` came `count` times.
    func wait(for event: String, times count: Int) async {
        var seen = 0
        for await next in stream where next == event {
            seen += 1
            if seen == count { return }
        }
    }
}

/// Says `began`, waits for ever, and says `cancelled` when its task is.
func endless(_ events: Events) -> HTTPHandler {
    { _ in
        events.send("began")
        do { try await Task.sleep(for: .seconds(600)) } catch { events.send("cancelled") }
        return HTTPResponse(status: 500)
    }
}

let plainGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
let closingGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

@Suite("A connection's life", .timeLimit(.minutes(1)))
struct ConnectionLifeTests {
    @Test(
        "a head or body that trickles in is cut by an absolute deadline",
        arguments: [
            "GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
        ])
    func trickle(_ beginning: String) async throws {
        var configuration = WebServer.Configuration()
        configuration.headDeadline = .milliseconds(300)
        configuration.bodyDeadline = .milliseconds(300)
        let (answer, milliseconds) = try await withServer(configuration, handler: echo) { port in
            try await blocking {
                let client = try RawClient(port: port)
                let start = ContinuousClock.now
                client.send(beginning)
                // Never silent for long: an inactivity timer would wait for ever.
                while !client.isReadable(within: 20) { client.send("x") }
                return (client.receive(), (ContinuousClock.now - start) / .milliseconds(1))
            }
        }
        #expect(statuses(answer) == [408])
        #expect((250...10_000).contains(milliseconds))
    }

    @Test("a connection that never sends a byte, or nothing after an answer, is closed without a word")
    func idle() async throws {
        var configuration = WebServer.Configuration()
        configuration.headDeadline = .milliseconds(200)
        configuration.idleTimeout = .milliseconds(200)
        let (silent, kept) = try await withServer(configuration, handler: echo) { port in
            try await blocking {
                let silent = try RawClient(port: port)
                let kept = try RawClient(port: port)
                kept.send(plainGet)
                return (silent.receive(), kept.receive())
            }
        }
        #expect(silent == "")
        #expect(statuses(kept) == [200] && !kept.contains("<silence>"))
    }

    @Test("a handler that takes longer than every deadline still answers")
    func slowHandler() async throws {
        var configuration = WebServer.Configuration()
        configuration.headDeadline = .milliseconds(100)
        configuration.bodyDeadline = .milliseconds(100)
        configuration.idleTimeout = .milliseconds(100)
        let handler: HTTPHandler = { request in
            try? await Task.sleep(for: .milliseconds(400))
            return await echo(request)
        }
        let answer = try await withServer(configuration, handler: handler) { port in
            try await exchange(closingGet, port: port)
        }
        #expect(statuses(answer) == [200])
    }

    @Test("a client that leaves while its request is worked on cancels the handler")
    func disconnect() async throws {
        let events = Events()
        try await withServer(handler: endless(events)) { port in
            let client = try await blocking { try RawClient(port: port) }
            client.send(plainGet)
            await events.wait(for: "began")
            client.leave()
            await events.wait(for: "cancelled")
        }
    }

    @Test("requests behind one that is worked on wait without being lost, also when they are many")
    func readAhead() async throws {
        let count = 3000
        let gate = Events()
        let handler: HTTPHandler = { request in
            if request.rawPath == "/first" { await gate.wait(for: "go") }
            return HTTPResponse(status: 200, body: .bytes(Array(request.rawPath.utf8)))
        }
        let answer = try await withServer(handler: handler) { port in
            let client = try await blocking { try RawClient(port: port) }
            async let sending = blocking {
                client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
                for _ in 0..<count {
                    client.send("GET /next HTTP/1.1\r\nHost: a\r\nX: padding-padding-padding\r\n\r\n")
                }
                return client.send(closingGet)
            }
            async let receiving = blocking { client.receive { $0.hasSuffix("close\r\n\r\n/") } }
            gate.send("go")
            _ = try await sending
            return try await receiving
        }
        #expect(statuses(answer).count == count + 2)
    }

    @Test("a stopping server answers what is in hand, closes idle connections and takes no new ones")
    func drain() async throws {
        let events = Events()
        let gate = Events()
        let server = WebServer { request in
            events.send("began")
            if request.rawPath == "/slow" { await gate.wait(for: "go") }
            return await echo(request)
        }
        let port = try server.start()
        async let run: Void = server.run()
        let (idle, busy) = try await blocking { (try RawClient(port: port), try RawClient(port: port)) }
        idle.send(plainGet)
        await events.wait(for: "began")
        _ = try await blocking { idle.receive { $0.hasSuffix("GET / []") } }
        busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await events.wait(for: "began")
        server.stop()
        let rest = try await blocking { idle.receive() }
        #expect(rest == "")
        await #expect(throws: RawClient.Failure.self) { try await blocking { _ = try RawClient(port: port) } }
        gate.send("go")
        let answer = try await blocking { busy.receive() }
        #expect(answer.hasSuffix("GET /slow []") && answer.contains("Connection: close"))
        try await run
    }

    @Test("the grace cuts what does not end, and cancels its handler")
    func grace() async throws {
        let events = Events()
        let server = WebServer(handler: endless(events))
        let port = try server.start()
        async let run: Void = server.run()
        let client = try await blocking { try RawClient(port: port) }
        client.send(plainGet)
        await events.wait(for: "began")
        server.stop(grace: .milliseconds(50))
        try await run
        await events.wait(for: "cancelled")
        #expect(try await blocking { client.receive() } == "")
    }

    @Test("a server stopped before it started runs to its end at once, and a second stop is harmless")
    func stopFirst() async throws {
        let server = WebServer(handler: echo)
        server.stop()
        server.stop()
        try await server.run()
        #expect(throws: ServerError.self) { try server.start() }
    }

    @Test("over the connection limit clients wait, and are served when others leave")
    func connectionLimit() async throws {
        var configuration = WebServer.Configuration()
        configuration.connectionLimit = 2
        let answers = try await withServer(configuration, handler: echo) { port in
            try await blocking {
                let first = [try RawClient(port: port), try RawClient(port: port)]
                for client in first { client.send(plainGet) }
                let served = first.map { $0.receive { $0.hasSuffix("GET / []") } }
                let third = try RawClient(port: port)
                third.send(closingGet)
                let mustWait = !third.isReadable(within: 100)
                first[0].leave()
                return (served, mustWait, third.receive())
            }
        }
        #expect(answers.0.flatMap(statuses) == [200, 200])
        #expect(answers.1)
        #expect(statuses(answers.2) == [200])
    }

    @Test("hundreds of connections are served at the same time")
    func parallel() async throws {
        let count = 300
        let gate = Events()
        let began = Events()
        let handler: HTTPHandler = { request in
            began.send("began")
            await gate.wait(for: "go")
            return await echo(request)
        }
        let total = try await withServer(handler: handler) { port in
            let clients = try await blocking { try (0..<count).map { _ in try RawClient(port: port) } }
            for client in clients { client.send(closingGet) }
            await began.wait(for: "began", times: count)
            for _ in 0..<count { gate.send("go") }
            return try await blocking { clients.map { $0.receive() }.filter { statuses($0) == [200] }.count }
        }
        #expect(total == count)
    }
}
