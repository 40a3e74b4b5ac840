// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import HTTPServer
import Lifecycle
import Logging
import Metrics
import Platform

/// Shows the certificate that the files hold, also when they change: no restart for a renewal.
///
/// A pair that cannot be used is not taken: the one before stays until the files are good again, as they are after the second of
/// two files was written.
final class CertificateWatch: Service {
    let name = "certificate"
    private let settings: ServeConfiguration.TLS
    private let registry: Registry
    private let logger: Logger
    private let server = Lock<WebServer?>(nil)
    /// What was looked at last, used or not.
    private let last: Lock<[UInt8]>
    private let stops: AsyncStream<Void>
    private let stopping: AsyncStream<Void>.Continuation
    let identity: WebServer.Identity

    private static let interval = Duration.seconds(10)

    /// - Throws: `FileError` when a file cannot be read.
    init(_ settings: ServeConfiguration.TLS, registry: Registry, logger: Logger) throws {
        self.settings = settings
        self.registry = registry
        self.logger = logger
        let (identity, content) = try Self.read(settings)
        self.identity = identity
        last = Lock(content)
        (stops, stopping) = AsyncStream.makeStream(of: Void.self)
        note(identity)
    }

    /// Which server to show new ones.
    func attach(_ server: WebServer) { self.server.withLock { $0 = server } }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { while (try? await Task.sleep(for: Self.interval)) != nil { self.look() } }
            for await _ in stops {}
            group.cancelAll()
        }
    }

    func stop() { stopping.finish() }

    /// Reads the files now. Safe from any thread.
    func look() {
        do {
            let (identity, content) = try Self.read(settings)
            let isNew = last.withLock { last in
                defer { last = content }
                return last != content
            }
            guard isNew else { return }
            try server.withLock { $0 }?.replace(identity)
            note(identity)
            logger.notice("The certificate was changed", ["file": settings.certificateFile])
        } catch {
            registry.increment(.certificateFailures)
            logger.warning(
                "The new certificate cannot be used; the one before stays",
                ["file": settings.certificateFile, "key": settings.keyFile, "error": "\(error)"])
        }
    }

    private func note(_ identity: WebServer.Identity) {
        guard let expiry = certificateExpiry(Array(identity.certificateChain.utf8)) else { return }
        registry.set(.certificateExpiry, to: Double(expiry.milliseconds) / 1000)
        if expiry.since(wallClock()) < .seconds(7 * 86_400) {
            logger.warning("The certificate ends within a week", ["file": settings.certificateFile, "end": expiry])
        }
    }

    private static func read(_ settings: ServeConfiguration.TLS) throws -> (WebServer.Identity, content: [UInt8]) {
        let chain = try Files.read(settings.certificateFile, limit: 1 << 20)
        let key = try Files.read(settings.keyFile, limit: 1 << 20)
        let identity = WebServer.Identity(
            certificateChain: String(decoding: chain, as: UTF8.self),
            privateKey: Secret(String(decoding: key, as: UTF8.self)))
        // The digest alone is kept.
        return (identity, sha256(chain + [0] + key))
    }
}
