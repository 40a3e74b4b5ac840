// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPServer
import JSON
import Lifecycle
import Logging
import Metrics
import Platform
import TestKit
import Testing

@testable import CLI

@Suite("The watch over the certificate", .timeLimit(.minutes(1)))
struct CertificateWatchTests {
    private struct Pair {
        let certificate: String
        let key: String

        /// - Parameter days: How long it is good.
        init(in folder: String, days: Int) throws {
            _ = try runCommand([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "\(days)", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                "\(folder)/new.key", "-out", "\(folder)/new.crt",
            ])
            // As commands print it, without the last line's end.
            certificate = String(try String(contentsOfFile: "\(folder)/new.crt", encoding: .utf8).dropLast())
            key = try String(contentsOfFile: "\(folder)/new.key", encoding: .utf8)
        }
    }

    /// The certificate that a client is shown, as text.
    private static func shown(at port: Int) throws -> String {
        try runCommand([
            "sh", "-c", "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509",
        ])
    }

    @Test("shows what the files hold as soon as they are a pair, and till then what it had, and says so once")
    func reload() async throws {
        let folder = try TemporaryFolder("certificate")
        let settings = ServeConfiguration.TLS(
            certificateFile: "\(folder.path)/tls.crt", keyFile: "\(folder.path)/tls.key")
        func put(_ certificate: String, _ key: String) throws {
            try Files.write(Array(certificate.utf8), to: settings.certificateFile)
            try Files.write(Array(key.utf8), to: settings.keyFile)
        }
        let (old, new) = (try Pair(in: folder.path, days: 100), try Pair(in: folder.path, days: 3))
        try put(old.certificate, old.key)
        let lines = Lock<[String]>([])
        func said(_ message: String) -> Int { lines.withLock { $0.count { $0.contains(message) } } }
        let registry = Registry()
        let watch = try CertificateWatch(
            settings, registry: registry,
            logger: Logger(
                format: .json,
                sink: { bytes in lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } }))
        var configuration = WebServer.Configuration()
        configuration.identity = watch.identity
        let server = WebServer(configuration: configuration) { _ in HTTPResponse(status: 200) }
        let port = try server.start()
        async let run: Void = server.run()
        watch.attach(server)
        func failures() -> Bool { registry.text().contains("kubernaut_tls_reload_failures_total 1\n") }

        // Nothing new: nothing said.
        watch.look()
        #expect(try Self.shown(at: port) == old.certificate && lines.withLock { $0.isEmpty })
        // The first of two files: no pair.
        try Files.write(Array(new.certificate.utf8), to: settings.certificateFile)
        watch.look()
        watch.look()
        #expect(try Self.shown(at: port) == old.certificate)
        #expect(said("cannot be used; the one before stays") == 1 && failures())
        #expect(lines.withLock { $0.allSatisfy { !$0.contains("PRIVATE") } })
        // The second.
        try Files.write(Array(new.key.utf8), to: settings.keyFile)
        watch.look()
        #expect(try Self.shown(at: port) == new.certificate)
        #expect(said("The certificate was changed") == 1 && said("ends within a week") == 1)
        let end = try #require(
            registry.text().split(separator: "\n").first { $0.hasPrefix("kubernaut_tls_certificate_expiry") }?
                .split(separator: " ").last.flatMap { Double($0) })
        #expect(abs(end - Date().timeIntervalSince1970 - 3 * 86_400) < 120)
        // Nonsense, and nothing at all.
        try Files.write(Array("nonsense".utf8), to: settings.certificateFile)
        watch.look()
        try Files.remove(settings.certificateFile)
        watch.look()
        #expect(try Self.shown(at: port) == new.certificate && said("the one before stays") == 3)
        // What was refused before is looked at again when it comes back.
        try put(old.certificate, old.key)
        watch.look()
        #expect(try Self.shown(at: port) == old.certificate && said("The certificate was changed") == 2)
        server.stop(grace: .zero)
        try await run
    }

    @Test("does not begin with files that are not there")
    func missing() throws {
        let folder = try TemporaryFolder("certificate")
        #expect(throws: (any Error).self) {
            _ = try CertificateWatch(
                ServeConfiguration.TLS(certificateFile: "\(folder.path)/a", keyFile: "\(folder.path)/b"),
                registry: Registry(), logger: .silent)
        }
    }
}
