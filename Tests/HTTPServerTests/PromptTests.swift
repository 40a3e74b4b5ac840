// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import HTTPServer

@Suite("Answers at hand", .timeLimit(.minutes(1)))
struct PromptTests {
    private static let text = String(repeating: "all work and no play ", count: 20_000)

    private static func kept(_ text: String = text) -> HTTPResponse {
        var response = HTTPResponse(
            status: 200, headers: ["Content-Type": "text/plain"], body: .bytes(Array(text.utf8)))
        response.kept = KeptBody()
        return response
    }

    @Test("what is at hand is sent without the handler, the rest goes to it")
    func atHand() async throws {
        let known = Self.warmed(Self.kept("known"))
        let prompt: PromptHandler = { request in request.rawPath == "/known" ? known : nil }
        let answers = try await withServer(prompt: prompt, handler: echo) { port in
            try await exchange(
                "GET /known HTTP/1.1\r\nHost: a\r\n\r\nGET /new HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "HEAD /known HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
        }
        let parts = answers.components(separatedBy: "HTTP/1.1 200 OK")
        #expect(parts.count == 4)
        #expect(parts[1].hasSuffix("\r\n\r\nknown") && parts[2].hasSuffix("GET /new []"))
        #expect(parts[3].contains("Content-Length: 5\r\n") && parts[3].hasSuffix("\r\n\r\n"))
    }

    @Test("a body that would first have to be packed is left to the handler")
    func unready() async throws {
        let known = Self.warmed(Self.kept())
        let prompt: PromptHandler = { _ in known }
        let packed = try await withServer(prompt: prompt, handler: echo) { port in
            try await exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n", port: port)
        }
        #expect(packed.hasSuffix("GET / []"))
    }

    @Test("one long body goes to many who read slowly, whole, and is let go after the last")
    func shared() async throws {
        weak var sent: SentBytes?
        do {
            let known = Self.warmed(Self.kept())
            sent = known.kept?.known(packed: false)
            let prompt: PromptHandler = { _ in known }
            let answers = try await withServer(prompt: prompt, handler: echo) { port in
                try await blocking {
                    let clients = try (0..<20).map { _ in try RawClient(port: port) }
                    for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") }
                    // One leaves in the middle.
                    clients[0].leave()
                    return clients.dropFirst().map { String(decoding: $0.receiveBytes(), as: UTF8.self) }
                }
            }
            #expect(answers.count == 19 && answers.allSatisfy { $0.hasSuffix("\r\n\r\n" + Self.text) })
        }
        #expect(sent == nil)
    }

    @Test("a host that is not accepted gets nothing that is at hand")
    func foreignHost() async throws {
        var configuration = WebServer.Configuration()
        configuration.acceptsHost = { $0 == "a" }
        let known = Self.warmed(Self.kept("known"))
        let prompt: PromptHandler = { _ in known }
        let answer = try await withServer(configuration, prompt: prompt, handler: echo) { port in
            try await exchange("GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", port: port)
        }
        #expect(answer.hasPrefix("HTTP/1.1 421 ") && !answer.contains("known"))
    }

    /// As it is after the first plain answer.
    private static func warmed(_ response: HTTPResponse) -> HTTPResponse {
        guard case .bytes(let bytes) = response.body else { return response }
        _ = response.kept?.bytes(packed: false) { SentBytes(bytes) }
        return response
    }
}
