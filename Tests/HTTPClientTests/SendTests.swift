// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import HTTPClient
import Platform
import TestKit
import Testing

@Suite("HTTPClient.send", .timeLimit(.minutes(1)))
struct SendTests {
    static func failure(
        _ request: HTTPClientRequest, _ configuration: HTTPClientConfiguration = .init()
    ) async -> HTTPClientError? {
        do throws(HTTPClientError) {
            _ = try await HTTPClient(configuration).send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test("method, path, headers and body arrive, and the answer comes back")
    func roundTrip() async throws {
        let server = try ScriptedServer { _ in [.answer(201, "created", headers: ["X-A": "b"])] }
        let client = HTTPClient()
        let answer = try await client.send(
            .init(
                "PATCH", "\(server.url)/a%2Fb/../x?c=d", headers: ["Content-Type": "x/y", "X-Empty": ""],
                authorization: Secret("Bearer t"), body: Array("hello".utf8)))
        #expect(answer.status == 201)
        #expect(answer.headers["x-a"] == "b")
        #expect(answer.body == Array("created".utf8))
        let request = try #require(server.requests.first)
        #expect(request.method == "PATCH")
        #expect(request.target == "/a%2Fb/../x?c=d")
        #expect(request.text == "hello")
        #expect(request.headers["authorization"] == "Bearer t")
        #expect(request.headers["content-type"] == "x/y")
        #expect(request.headers["x-empty"] == "")
        #expect(request.headers["user-agent"] == "kubernaut")
    }

    @Test(
        "every method carries its body or its lack of one", arguments: ["GET", "POST", "PUT", "DELETE"], [0, 3_000_000])
    func methods(method: String, size: Int) async throws {
        let server = try ScriptedServer { request in [.answer(200, "\(request.method) \(request.body.count)")] }
        let body = [UInt8](repeating: 0x61, count: size)
        let client = HTTPClient()
        for _ in 0..<2 {
            let answer = try await client.send(.init(method, server.url, body: body))
            #expect(String(decoding: answer.body, as: UTF8.self) == "\(method) \(size)")
        }
        #expect(server.connections == 1)
        #expect(server.requests.allSatisfy { $0.headers["expect"] == nil })
    }

    @Test("answers on the way to the final one, and its trailers, leave no trace")
    func oddAnswers() async throws {
        let server = try ScriptedServer { _ in
            [
                .text("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"),
                .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nX-A:2 \r\n\r\n"),
                .text("2\r\nab\r\n0\r\nX-Trailer: 1\r\n\r\n"),
            ]
        }
        let answer = try await HTTPClient().send(.init("GET", server.url))
        #expect(answer.headers.all("x-a") == ["1", "2"])
        #expect(answer.headers["x-early"] == nil)
        #expect(answer.headers["x-trailer"] == nil)
        #expect(answer.body == Array("ab".utf8))
    }

    @Test("a redirect is an answer")
    func redirect() async throws {
        let server = try ScriptedServer { _ in [.answer(302, "", headers: ["Location": "/elsewhere"])] }
        #expect(try await HTTPClient().send(.init("GET", server.url)).status == 302)
        #expect(server.requests.count == 1)
    }

    @Test("nobody listening: not connected, and nothing was sent")
    func refused() async throws {
        let error = await Self.failure(.init("POST", "http://127.0.0.1:\(try FreePort.take(1)[0])/x?secret", body: [1]))
        #expect(error?.code == .notConnected)
        #expect(error?.operation.hasSuffix("/x") == true)
        #expect(error?.isUnsent == true)
    }

    @Test("silence after sending is a time-out that leaves open what happened")
    func silent() async throws {
        let server = try ScriptedServer { _ in [.gate] }
        let error = await Self.failure(.init("POST", server.url, body: [1], timeout: .milliseconds(50)))
        #expect(error?.code == .timedOutAfterSending)
        #expect(error?.isUnsent == false)
    }

    @Test("silence in the handshake is a time-out before anything was sent")
    func silentHandshake() async throws {
        let server = try SilentServer()
        let error = await Self.failure(
            .init("GET", "https://127.0.0.1:\(server.port)"), .init(connectTimeout: .milliseconds(50)))
        #expect(error?.code == .timedOut)
        #expect(error?.isUnsent == true)
    }

    static let broken: [[ScriptedServer.Step]] = [
        [.close], [.reset], [.text("HTTP/1.1 200 OK\r\nContent-Le"), .close],
        [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), .close],
        [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), .reset],
        [.chunkedHead, .text("5\r\nab"), .close], [.chunkedHead, .text("zz\r\nab"), .close],
    ]

    @Test("a connection that breaks after sending leaves open what happened", arguments: broken)
    func breaks(steps: [ScriptedServer.Step]) async throws {
        let server = try ScriptedServer { _ in steps }
        #expect(await Self.failure(.init("PUT", server.url, body: [1]))?.code == .interrupted)
    }

    @Test("an answer over the limit is an error, with and without a length", arguments: [true, false])
    func tooLarge(hasLength: Bool) async throws {
        let server = try ScriptedServer { _ in
            hasLength
                ? [.answer(200, String(repeating: "x", count: 101))]
                : [
                    .chunkedHead, .chunk([UInt8](repeating: 0, count: 60)), .chunk([UInt8](repeating: 0, count: 41)),
                    .lastChunk,
                ]
        }
        #expect(await Self.failure(.init("GET", server.url, limit: 100))?.code == .tooLarge)
        #expect(await Self.failure(.init("GET", server.url, limit: 101)) == nil)
    }

    static let unusable: [HTTPClientRequest] = [
        .init("GET", "ftp://localhost"), .init("GET", "http://"), .init("GET", "localhost:80"),
        .init("GET", "http://user:secret@localhost"), .init("GET", "http://user@localhost"),
        .init("GET", "http://localhost:0"),
        .init("GET", "http://localhost:99999"), .init("GET", "http://local host"), .init("GET", "http://localhost/ü"),
        .init("get", "http://localhost"), .init("GET x", "http://localhost"),
        .init("GET", "http://localhost", headers: ["A": "b\r\nC: d"]),
        .init("GET", "http://localhost", authorization: Secret("Bearer t\n")),
    ]

    @Test("what cannot be sent as it stands is refused", arguments: unusable)
    func refuses(request: HTTPClientRequest) async throws {
        let error = await Self.failure(request)
        #expect(error?.code == .invalidRequest)
        #expect("\(error?.description ?? "")".contains("Bearer") == false)
    }

    @Test("a POST is never sent twice; a PUT is, when a kept connection turns out to be dead")
    func resends() async throws {
        let server = try ScriptedServer { $0.number == 2 ? [.close] : [.answer(200, "ok")] }
        let client = HTTPClient()
        _ = try await client.send(.init("GET", server.url))
        let put = try await client.send(.init("PUT", server.url, body: [1]))
        #expect(put.status == 200)
        await #expect(throws: HTTPClientError.self) { try await client.send(.init("POST", server.url, body: [1])) }
        #expect(server.requests.map(\.method) == ["GET", "PUT", "PUT", "POST"])
    }

    @Test("a cancelled call ends at once, before and after it was sent")
    func cancelled() async throws {
        let server = try ScriptedServer { _ in [.gate] }
        let client = HTTPClient()
        let calls = (0..<2).map { _ in
            Task { () -> HTTPClientError.Code? in
                do throws(HTTPClientError) {
                    _ = try await client.send(.init("GET", server.url, timeout: nil))
                    return nil
                } catch {
                    return error.code
                }
            }
        }
        calls[0].cancel()
        #expect(await calls[0].value == .cancelled)
        while server.requests.isEmpty { await Task.yield() }
        calls[1].cancel()
        #expect(await calls[1].value == .cancelled)
    }

    @Test("a proxy is asked; when it refuses, nothing was sent to the server")
    func proxies() async throws {
        let proxy = try ScriptedServer { request in
            request.method == "CONNECT" ? [.answer(403, ""), .close] : [.answer(200, "by proxy")]
        }
        let configuration = HTTPClientConfiguration(proxy: .url(Secret(proxy.url)))
        let answer = try await HTTPClient(configuration).send(.init("GET", "http://api.test/x"))
        #expect(answer.body == Array("by proxy".utf8))
        let error = await Self.failure(.init("GET", "https://api.test:6443/x"), configuration)
        #expect(error?.code == .notConnected)
        #expect(error?.detail.contains("403") == true)
        #expect(proxy.requests.map(\.target) == ["http://api.test/x", "api.test:6443"])
    }

    @Test("the environment's proxy is asked, but not for loopback and not for what NO_PROXY names")
    func proxiesOfEnvironment() async {
        // Alone in a process: the environment belongs to all tests.
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer { _ in [.answer(200, "by proxy")] }
            let server = try ScriptedServer { _ in [.answer(200, "direct")] }
            setenv("http_proxy", proxy.url, 1)
            setenv("NO_PROXY", "other.invalid,.direct.invalid", 1)
            let client = HTTPClient()
            #expect(try await client.send(.init("GET", "http://api.invalid/x")).body == Array("by proxy".utf8))
            #expect(try await client.send(.init("GET", server.url)).body == Array("direct".utf8))
            let error = await SendTests.failure(.init("GET", "http://a.direct.invalid"))
            #expect(error?.code == .notConnected)
            #expect(proxy.requests.map(\.target) == ["http://api.invalid/x"])
        }
    }

    @Test("shutting down ends what runs, and refuses what comes")
    func shutsDown() async throws {
        let server = try ScriptedServer { _ in [.gate] }
        let client = HTTPClient()
        let call = Task { () -> HTTPClientError.Code? in
            do throws(HTTPClientError) {
                _ = try await client.send(.init("GET", server.url))
                return nil
            } catch {
                return error.code
            }
        }
        while server.requests.isEmpty { await Task.yield() }
        client.shutdown()
        client.shutdown()
        #expect(await call.value == .cancelled)
        await #expect(throws: HTTPClientError.self) { try await client.send(.init("GET", server.url)) }
    }

    @Test("many calls and many clients leave no memory and no descriptor behind")
    func doesNotLeak() async {
        // Alone in a process: other suites' memory comes and goes.
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { _ in [.answer(200, String(repeating: "x", count: 10_000))] }
            func call(_ clients: Int, _ calls: Int) async throws {
                for _ in 0..<clients {
                    let client = HTTPClient()
                    for _ in 0..<calls { _ = try await client.send(.init("PUT", server.url, body: [1])) }
                    client.shutdown()
                }
            }
            try await call(50, 10)
            let memory = try residentKilobytes()
            let descriptors = try openDescriptors()
            try await call(200, 10)
            // The server's threads close their ends a moment later.
            #expect(try openDescriptors() - descriptors < 20)
            // Sanitizers keep memory for themselves; under them, LeakSanitizer judges these loops.
            guard !hasSanitizer else { return }
            #expect(try residentKilobytes() - memory < 3000)
        }
    }
}
