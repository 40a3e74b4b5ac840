// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import HTTPClient
import Lifecycle
import Platform

/// An HTTP client with one identity, and what to say in `Authorization`.
struct Session: Sendable {
    let client: HTTPClient
    /// What it was made from.
    let access: ClusterAccess
    let authorization: Secret?
    /// Grows with every renewal.
    let generation: Int
    /// Of a plugin; nil when none is used.
    fileprivate let credential: ProgramCredential?
    fileprivate let material: TLSMaterial
    fileprivate var readAt: Instant

    /// Whether a server that refused one may accept the other.
    func differs(from other: Session) -> Bool {
        func text(_ secret: Secret?) -> String? { secret?.withUnsafeValue { $0 } }
        return access.server != other.access.server || material != other.material
            || text(authorization) != text(other.authorization)
    }
}

/// What a client was made from, to see when it changed. Prints nothing of it.
private struct TLSMaterial: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    var authorities: String?
    var certificate: String?
    var key: String?
    var serverName: String?
    var verifiesServer = true

    var description: String { "«redacted»" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Turns a description of access into sessions, and keeps them fresh: files are read again each minute, and when
/// the server has refused their content; a plugin runs again when its credential expires or is refused.
final class SessionStore: Sendable {
    /// Where and how, asked anew with every renewal: a kubeconfig may have been written again.
    private let find: ClusterAccess.Finder
    private let userAgent: String
    private let unacknowledged: Duration
    private let now: Now
    private let session = Lock<Session?>(nil)
    /// One renewal at a time; the others wait for its result.
    private let turn = RequestGate(limit: 1)
    private let runner = CredentialRunner()

    private static let lifetime = Duration.seconds(60)

    init(
        _ find: @escaping ClusterAccess.Finder, userAgent: String, unacknowledged: Duration = .seconds(30),
        now: @escaping Now = wallClock
    ) {
        self.find = find
        self.unacknowledged = unacknowledged
        self.userAgent = userAgent
        self.now = now
    }

    func current(for operation: String) async throws(ClusterError) -> Session {
        let session = session.withLock { $0 }
        if let session, now().since(session.readAt) < Self.lifetime, session.credential?.isFresh(at: now()) ?? true {
            return session
        }
        return try await renewed(after: session, wasRefused: false, for: operation)
    }

    /// A session with material read after `old` was made.
    func renewed(
        after old: Session?, wasRefused: Bool, for operation: String
    ) async throws(ClusterError) -> Session {
        guard await turn.enter() else { throw ClusterError(.cancelled, operation: operation, detail: "cancelled") }
        defer { turn.leave() }
        let current = session.withLock { $0 }
        if let current, current.generation > old?.generation ?? 0 { return current }
        let fresh = try await read(replacing: current, wasRefused: wasRefused, operation)
        session.withLock { $0 = fresh }
        return fresh
    }

    /// The server could not be reached: the next call looks first whether it is somewhere else by now.
    func doubt(_ session: Session) {
        self.session.withLock { current in
            if current?.generation == session.generation { current?.readAt = Instant(milliseconds: 0) }
        }
    }

    private func found(_ old: Session?, wasRefused: Bool, _ operation: String) throws(ClusterError) -> ClusterAccess {
        do throws(ClusterAccessError) {
            return try find()
        } catch {
            // A file that is just being written is no reason to stop; one that was refused is.
            if let old, !wasRefused { return old.access }
            throw ClusterError(.unreachable, operation: operation, detail: "\(error)")
        }
    }

    private func read(
        replacing old: Session?, wasRefused: Bool, _ operation: String
    ) async throws(ClusterError) -> Session {
        let access = try found(old, wasRefused: wasRefused, operation)
        let files = MaterialReader(access: access, operation: operation)
        var material = TLSMaterial(
            authorities: try files.text(access.authorities, "certificate authority"),
            certificate: try files.text(access.certificate, "client certificate"),
            key: try files.text(access.key, "client key"), serverName: access.serverName,
            verifiesServer: access.verifiesServer)
        var credential = old?.credential
        if case .program(let program) = access.credentials, wasRefused || credential?.isFresh(at: now()) != true {
            credential = try await runner.run(
                program, for: access, authorities: material.authorities, operation: operation)
        }
        if let certificate = credential?.certificate {
            material.certificate = certificate.withUnsafeValue { $0 }
            material.key = credential?.key?.withUnsafeValue { $0 }
        }
        // The client, and its connection, stay as long as the identity does.
        let client = old.flatMap { $0.material == material ? $0.client : nil } ?? makeClient(material, access)
        return Session(
            client: client, access: access, authorization: try files.authorization(credential),
            generation: (old?.generation ?? 0) + 1, credential: credential, material: material, readAt: now())
    }

    private func makeClient(_ material: TLSMaterial, _ access: ClusterAccess) -> HTTPClient {
        let tls = HTTPClientTLS(
            authorities: material.authorities.map { Array($0.utf8) },
            certificate: material.certificate.map { Array($0.utf8) }, key: material.key.map { Secret($0) },
            serverName: access.serverName, verifiesServer: access.verifiesServer)
        // A watch holds a connection where the server speaks HTTP/1.1 only: one per kind and environment.
        var configuration = HTTPClientConfiguration(
            tls: tls, proxy: access.proxy, connectionsPerHost: 512, userAgent: userAgent)
        configuration.unacknowledgedLimit = unacknowledged
        return HTTPClient(configuration)
    }

}

/// Reads what a description of access refers to.
private struct MaterialReader {
    let access: ClusterAccess
    let operation: String

    func authorization(_ credential: ProgramCredential?) throws(ClusterError) -> Secret? {
        switch access.credentials {
        case .none: return nil
        case .token(let token): return token.bearer
        case .tokenFile(let path):
            let token = try read(path, "token").trimmedOfWhitespace
            if token.isEmpty { throw fault("the token file \(path) is empty") }
            return Secret(token).bearer
        case .basic(let user, let password):
            return password.withUnsafeValue { Secret("Basic \(Base64.standard.text(Array("\(user):\($0)".utf8)))") }
        case .program: return credential?.token?.bearer
        }
    }

    func text(_ material: ClusterAccess.Material?, _ what: String) throws(ClusterError) -> String? {
        switch material {
        case nil: nil
        case .inline(let secret): secret.withUnsafeValue { $0 }
        case .file(let path): try read(path, what)
        }
    }

    private func read(_ path: String, _ what: String) throws(ClusterError) -> String {
        do throws(FileError) {
            return String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
        } catch {
            throw fault("the \(what) could not be read: \(error)")
        }
    }

    private func fault(_ detail: String) -> ClusterError {
        ClusterError(.unreachable, operation: operation, detail: "\(detail); check \(access.origin)")
    }
}

extension Secret {
    fileprivate var bearer: Secret { withUnsafeValue { Secret("Bearer \($0)") } }
}

extension String {
    var trimmedOfWhitespace: String {
        let kept = drop { $0.isWhitespace }
        return String(kept.reversed().drop { $0.isWhitespace }.reversed())
    }
}
