// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import HTTPServer
import TestKit
import Testing

@testable import HTTPServer

/// Runs a program to its end and gives what it wrote.
func output(of program: String, _ arguments: [String], input: [UInt8] = []) async throws -> [UInt8] {
    try await blocking {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let (incoming, outgoing) = (Pipe(), Pipe())
        process.standardInput = incoming
        process.standardOutput = outgoing
        process.standardError = FileHandle.nullDevice
        try process.run()
        try incoming.fileHandleForWriting.write(contentsOf: Data(input))
        try incoming.fileHandleForWriting.close()
        let bytes = outgoing.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return [UInt8](bytes)
    }
}

@Suite("Compressed answers", .timeLimit(.minutes(1)))
struct EncodingTests {
    static let text = String(repeating: "all work and no play ", count: 200)

    private static func answer(to acceptEncoding: String, type: String, text: String) async throws -> [UInt8] {
        let handler: HTTPHandler = { _ in
            HTTPResponse(status: 200, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
        }
        return try await withServer(handler: handler) { port in
            try await blocking {
                let client = try RawClient(port: port)
                client.send(
                    "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: \(acceptEncoding)\r\nConnection: close\r\n\r\n")
                return client.receiveBytes()
            }
        }
    }

    @Test("text goes out as gzip that gunzip reads")
    func roundTrip() async throws {
        let answer = try await Self.answer(to: "br, gzip", type: "text/html; charset=utf-8", text: Self.text)
        let head = String(decoding: answer, as: UTF8.self)
        #expect(head.contains("Content-Encoding: gzip\r\n") && head.contains("Vary: Accept-Encoding\r\n"))
        let magic = try #require(answer.indices.first { answer[$0...].starts(with: [0x1f, 0x8b]) })
        #expect(answer.count - magic < Self.text.utf8.count / 10)
        #expect(try await output(of: "gunzip", [], input: Array(answer[magic...])) == Array(Self.text.utf8))
    }

    @Test(
        "what is not worth it or not wanted stays as it is",
        arguments: [
            ("identity", "text/html", text), ("gzip;q=0", "text/html", text), ("gzip", "image/png", text),
            ("gzip", "text/html", "short"), ("", "application/json", text),
        ])
    func plain(_ accepted: String, _ type: String, _ text: String) async throws {
        let answer = String(decoding: try await Self.answer(to: accepted, type: type, text: text), as: UTF8.self)
        #expect(answer.hasSuffix("\r\n\r\n" + text) && !answer.contains("Content-Encoding"))
    }

    @Test(
        "Accept-Encoding is read with its weights",
        arguments: [
            ("gzip", true), ("GZIP;q=0.5", true), ("deflate", false), ("*", true), ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("br;q=1, gzip ; q=0.000", false), ("", false),
        ])
    func weights(_ value: String, _ accepts: Bool) {
        let request = HTTPRequest(method: "GET", rawPath: "/", headers: ["accept-encoding": value])
        #expect(request.acceptsGzip == accepts)
    }
}

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    private static func identity(in folder: String) async throws -> WebServer.Identity {
        _ = try await output(
            of: "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/key.pem",
                "-out",
                "\(folder)/certificate.pem",
            ])
        return WebServer.Identity(
            certificateChain: try String(contentsOfFile: "\(folder)/certificate.pem", encoding: .utf8),
            privateKey: Secret(try String(contentsOfFile: "\(folder)/key.pem", encoding: .utf8)))
    }

    @Test("clients that trust the certificate are served, and the framing check sees decrypted bytes")
    func serves() async throws {
        let folder = try TemporaryFolder("tls")
        var configuration = WebServer.Configuration()
        configuration.identity = try await Self.identity(in: folder.path)
        try await withServer(configuration, handler: echo) { port in
            let curl = ["-s", "-i", "--max-time", "10", "--cacert", "\(folder.path)/certificate.pem"]
            let good = try await output(of: "curl", curl + ["-d", "hello", "https://127.0.0.1:\(port)/a"])
            #expect(String(decoding: good, as: UTF8.self).hasSuffix("POST /a [hello]"))
            let bad = try await output(of: "curl", curl + ["-H", "Host : a", "https://127.0.0.1:\(port)/a"])
            #expect(statuses(String(decoding: bad, as: UTF8.self)) == [400])
            let old = try await output(of: "curl", curl + ["--tls-max", "1.1", "https://127.0.0.1:\(port)/a"])
            #expect(old.isEmpty)
            // Plain text on the TLS port: no answer, no crash.
            #expect(try await exchange(closingGet, port: port).contains("200") == false)
        }
    }

    @Test("an unusable identity is an error that says which half, without the key")
    func badIdentity() async throws {
        let folder = try TemporaryFolder("tls")
        let good = try await Self.identity(in: folder.path)
        var configuration = WebServer.Configuration()
        configuration.identity = WebServer.Identity(certificateChain: "nonsense", privateKey: good.privateKey)
        let first = #expect(throws: ServerError.self) {
            try WebServer(configuration: configuration, handler: echo).start()
        }
        #expect(first?.detail.hasPrefix("the certificate cannot be used") == true)
        configuration.identity = WebServer.Identity(
            certificateChain: good.certificateChain, privateKey: Secret("nonsense"))
        let second = #expect(throws: ServerError.self) {
            try WebServer(configuration: configuration, handler: echo).start()
        }
        #expect(second?.detail.hasPrefix("the private key cannot be used") == true)
        #expect(second?.detail.contains("nonsense") == false)
    }

    /// The certificate that a client is shown, as text.
    private static func shown(at port: Int) async throws -> String {
        let pem = try await output(
            of: "sh", ["-c", "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509"])
        return String(decoding: pem, as: UTF8.self)
    }

    @Test("a new certificate is shown from the next connection on; one that stands goes on; a bad one changes nothing")
    func replaced() async throws {
        let (first, second) = (try TemporaryFolder("tls"), try TemporaryFolder("tls"))
        let old = try await Self.identity(in: first.path)
        let new = try await Self.identity(in: second.path)
        var configuration = WebServer.Configuration()
        configuration.identity = old
        let server = WebServer(configuration: configuration, handler: echo)
        let port = try server.start()
        async let run: Void = server.run()
        #expect(old.certificateChain.contains(try await Self.shown(at: port)))
        #expect(throws: ServerError.self) {
            try server.replace(WebServer.Identity(certificateChain: new.certificateChain, privateKey: old.privateKey))
        }
        #expect(old.certificateChain.contains(try await Self.shown(at: port)))
        let script =
            "(printf 'GET /1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'; while [ ! -e \(first.path)/go ]; do sleep 0.05; done; "
            + "printf 'GET /2 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1) | "
            + "openssl s_client -quiet -connect 127.0.0.1:\(port) 2>/dev/null"
        async let standing = output(of: "sh", ["-c", script])
        for _ in 0..<50 { try server.replace(new) }
        #expect(new.certificateChain.contains(try await Self.shown(at: port)))
        try "".write(toFile: "\(first.path)/go", atomically: true, encoding: .utf8)
        let answers = String(decoding: try await standing, as: UTF8.self)
        #expect(answers.contains("GET /2 []"))
        server.stop(grace: .zero)
        try await run
    }

    @Test("a server without TLS cannot be given a certificate")
    func plain() async throws {
        let folder = try TemporaryFolder("tls")
        let identity = try await Self.identity(in: folder.path)
        let server = WebServer(handler: echo)
        try server.start()
        #expect(throws: ServerError.self) { try server.replace(identity) }
        server.stop(grace: .zero)
        try await server.run()
    }
}
