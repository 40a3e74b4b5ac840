// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import Testing

/// Starts a server, gives its port to `body`, and stops it.
func withServer<Result>(
    _ configuration: WebServer.Configuration = WebServer.Configuration(), prompt: PromptHandler? = nil,
    handler: @escaping HTTPHandler, _ body: (Int) async throws -> Result
) async throws -> Result {
    let server = WebServer(configuration: configuration, prompt: prompt, handler: handler)
    let port = try server.start()
    async let run: Void = server.run()
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(port)) } catch { result = .failure(error) }
    server.stop(grace: .milliseconds(200))
    try await run
    return try result.get()
}

/// Says what it understood: method, target, body.
let echo: HTTPHandler = { request in
    let target = request.rawQuery.isEmpty ? request.rawPath : "\(request.rawPath)?\(request.rawQuery)"
    let text = "\(request.method) \(target) [\(String(decoding: request.body, as: UTF8.self))]"
    return HTTPResponse(status: 200, headers: ["Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
}

@Suite("The web server", .timeLimit(.minutes(1)))
struct WebServerTests {
    @Test(
        "every method reaches the handler with its target and body",
        arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func methods(_ method: String) async throws {
        let answer = try await withServer(handler: echo) { port in
            try await exchange(
                "\(method) /a%20b?c=d HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
                port: port)
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n\(method) /a%20b?c=d [body]"))
    }

    @Test("a chunked body arrives as one")
    func chunkedBody() async throws {
        let answer = try await withServer(handler: echo) { port in
            try await exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", port: port)
        }
        #expect(answer.hasSuffix("POST / [abcdef]"))
    }

    @Test("HEAD gets the length of the body and no body")
    func head() async throws {
        let answer = try await withServer(handler: echo) { port in
            try await exchange("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
        }
        #expect(answer.contains("Content-Length: 9\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test("a client that expects 100-continue is told to go on")
    func expectContinue() async throws {
        let answer = try await withServer(handler: echo) { port in
            try await blocking {
                let client = try RawClient(port: port)
                client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
                )
                let first = client.receive { $0.hasSuffix("\r\n\r\n") }
                client.send("hi")
                return first + client.receive()
            }
        }
        #expect(statuses(answer) == [100, 200])
        #expect(answer.hasSuffix("POST / [hi]"))
    }

    @Test("one connection serves many requests, also in one segment, in order")
    func pipelining() async throws {
        let answer = try await withServer(handler: echo) { port in
            try await exchange(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                    + "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
        }
        #expect(statuses(answer) == [200, 200, 200])
        let places = ["GET /1 []", "POST /2 [hi]", "GET /3 []"].map { answer.range(of: $0)?.lowerBound }
        let found = places.compactMap { $0 }
        #expect(found.count == 3 && found == found.sorted())
    }

    @Test("good requests are answered before the bad one behind them is refused")
    func pipelinedRefusal() async throws {
        let answer = try await withServer(handler: echo) { port in
            try await exchange(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost : a\r\n\r\n"
                    + "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
        }
        #expect(statuses(answer) == [200, 200, 400])
    }

    @Test(
        "a refused request gets one error answer, the connection is closed, and nothing reaches the handler",
        arguments: FramingCase.requestLines + FramingCase.fields + FramingCase.lengths + FramingCase.chunks)
    func refusal(_ row: FramingCase) async throws {
        guard case .refused(let status) = row.expectation else { return }
        let answer = try await withServer(handler: echo) { port in
            try await exchange(row.bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
        }
        #expect(statuses(answer) == [status])
        #expect(!answer.contains("smuggled") && !answer.contains("<silence>"))
    }

    @Test("who asked for a page is refused on one, with the same status; others read it as text")
    func refusalPage() async throws {
        var configuration = WebServer.Configuration()
        configuration.bodyLimitBytes = 100
        try await withServer(configuration, handler: echo) { port in
            for (accept, isPage) in [
                ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", true), ("application/json", false), ("*/*", false),
            ] {
                for length in ["Content-Length: 101", "Transfer-Encoding: chunked"] {
                    let answer = try await exchange(
                        "POST / HTTP/1.1\r\nHost: a\r\nAccept: \(accept)\r\n\(length)\r\n\r\n65\r\n", port: port)
                    #expect(statuses(answer) == [413])
                    #expect(answer.contains("Content-Type: text/html; charset=utf-8\r\n") == isPage, "\(answer)")
                    let parts = answer.components(separatedBy: "\r\n\r\n")
                    #expect(parts.count == 2 && answer.contains("Content-Length: \(parts[1].utf8.count)\r\n"))
                    #expect(parts[1].hasPrefix("<!DOCTYPE html>") == isPage)
                    #expect(parts[1].contains("Content Too Large") && parts[1].hasSuffix(isPage ? "</html>\n" : "e\n"))
                }
            }
            // The field is of its own request: the next of the connection says anew what it wants.
            let next = try await exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\nGET / HTTP/1.1\r\nHost : a\r\n\r\n", port: port)
            #expect(statuses(next) == [200, 400] && !next.contains("text/html"))
        }
    }

    @Test("header values cannot begin another field")
    func headerInjection() async throws {
        let handler: HTTPHandler = { _ in HTTPResponse(status: 200, headers: ["X": "a\r\nSet-Cookie: b", "Y Z": "c"]) }
        let answer = try await withServer(handler: handler) { port in
            try await exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
        }
        #expect(answer.contains("\r\nX: a  Set-Cookie: b\r\n"))
        #expect(!answer.contains("Y Z"))
    }

    @Test("a host name that is not ours gets 421")
    func foreignHost() async throws {
        var configuration = WebServer.Configuration()
        configuration.acceptsHost = { ["127.0.0.1", "localhost"].contains($0) }
        let answers = try await withServer(configuration, handler: echo) { port in
            let foreign = try await exchange(
                "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", port: port)
            let own = try await exchange(
                "GET / HTTP/1.1\r\nHost: LOCALHOST:80\r\nConnection: close\r\n\r\n", port: port)
            return foreign + own
        }
        #expect(statuses(answers) == [421, 200])
    }

    @Test("a taken port is an error that names the address")
    func takenPort() async throws {
        try await withServer(handler: echo) { port in
            var configuration = WebServer.Configuration()
            configuration.port = port
            let second = WebServer(configuration: configuration, handler: echo)
            let error = #expect(throws: ServerError.self) { try second.start() }
            #expect(error?.operation == "listening on 127.0.0.1:\(port)")
            #expect(error?.detail.contains("in use") == true)
        }
    }
}
