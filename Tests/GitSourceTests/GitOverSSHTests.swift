// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Lifecycle
import Platform
import TestKit
import Testing

@testable import GitSource

@Suite("Fetching over SSH", .serialized, .timeLimit(.minutes(1)))
struct GitOverSSHTests {
    let origin: GitRepositoryFixture
    let commit: CommitID

    init() throws {
        origin = try GitRepositoryFixture()
        commit = try origin.commit(["environments/defaults.yaml": "a: 1\n"], "Start")
    }

    private func mirror(_ server: SSHServer, key: String? = nil, knownHosts: String? = nil, path: String? = nil) throws
        -> MirrorFixture
    {
        try MirrorFixture(
            server.url(path ?? origin.path),
            credentials: .sshKey(
                file: key ?? server.acceptedKey, knownHosts: knownHosts ?? server.knownHosts))
    }

    @Test("a clone, then a fetch of one more commit", arguments: SSHServer.KeyKind.allCases)
    func fetches(kind: SSHServer.KeyKind) async throws {
        let server = try SSHServer(hostKey: kind, userKey: kind)
        let fixture = try mirror(server)
        #expect(try await fixture.mirror.fetch() == ["main": commit])
        let second = try origin.commit(["environments/defaults.yaml": "a: 2\n"], "More")
        #expect(try await fixture.mirror.fetch() == ["main": second])
        let files = try await fixture.mirror.snapshot(at: second, reusing: nil).files
        #expect(files["defaults.yaml"]?.bytes == Array("a: 2\n".utf8))
    }

    @Test("a key that the server does not accept is unauthorized")
    func strangerIsRefused() async throws {
        let server = try SSHServer()
        let fixture = try mirror(server, key: server.strangerKey)
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .unauthorized, "\(error?.description ?? "")")
        #expect(error?.detail.contains("Permission denied") == true)
    }

    @Test("a server with another host key is refused before any credentials are shown")
    func wrongHostKey() async throws {
        let server = try SSHServer()
        let fixture = try mirror(server, knownHosts: server.wrongKnownHosts)
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .hostKeyUnknown, "\(error?.description ?? "")")
        #expect(error?.detail.contains("someone may be in between") == true, "\(error?.description ?? "")")
        #expect(!server.log.contains("publickey"))
    }

    @Test("a server that known_hosts does not name is refused")
    func unknownHostKey() async throws {
        let server = try SSHServer()
        let other = try SSHServer()
        let fixture = try mirror(server, knownHosts: other.knownHosts)
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .hostKeyUnknown, "\(error?.description ?? "")")
        #expect(error?.detail.contains("add the server's key to known_hosts") == true, "\(error?.description ?? "")")
    }

    @Test("without a known_hosts file nothing is connected, and the error says how to make one")
    func missingKnownHosts() async throws {
        let fixture = try MirrorFixture(
            "git@localhost:config.git", credentials: .sshKey(file: "/nonexistent", knownHosts: "/nonexistent/known"))
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .hostKeyUnknown)
        #expect(error?.detail.contains("ssh-keyscan localhost > /nonexistent/known") == true)
    }

    @Test("a private key that others may read is refused with the remedy")
    func openKey() async throws {
        let server = try SSHServer()
        try runCommand(["chmod", "644", server.acceptedKey])
        let fixture = try mirror(server)
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .unauthorized)
        #expect(error?.detail.contains("chmod 600") == true)
    }

    @Test("a path that is no repository is not found")
    func notFound() async throws {
        let server = try SSHServer()
        let fixture = try mirror(server, path: "/nonexistent/it's.git")
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .notFound, "\(error?.description ?? "")")
    }

    @Test("cancelling ends a fetch from a silent server within a second")
    func cancelsSilence() async throws {
        let server = try SSHServer()
        let silent = try SilentServer()
        let remote = GitRemote(
            try RepositoryURL("ssh://git@127.0.0.1:\(silent.port)/x"),
            credentials: .sshKey(file: server.acceptedKey, knownHosts: server.knownHosts))
        #expect(try await secondsToCancel(remote) < 1)
    }

    @Test("cancelling ends a fetch that stalls in mid-pack within a second, and the next one succeeds")
    func cancelsStall() async throws {
        let server = try SSHServer()
        try origin.write(randomBytes(3 << 20), to: "environments/big.bin")
        let big = try origin.commit([:], "Large")
        let proxy = try StallingProxy(to: server.port, after: 500_000)
        let known = String(decoding: try Files.read(server.knownHosts), as: UTF8.self)
        let file = "\(origin.folder.path)-known"
        defer { try? Files.remove(file) }
        let moved = known.replacing("\(server.port)", with: "\(proxy.port)", maxReplacements: 1)
        try Files.write(Array(moved.utf8), to: file)
        let remote = GitRemote(
            try RepositoryURL("ssh://\(server.user)@127.0.0.1:\(proxy.port)\(origin.path)"),
            credentials: .sshKey(file: server.acceptedKey, knownHosts: file))
        #expect(try await secondsToCancel(remote, after: .milliseconds(1500)) < 1)
        let again = try mirror(server)
        #expect(try await again.mirror.fetch() == ["main": big])
    }
}

/// Starts a fetch that hangs, cancels it, and measures how long it took to end.
///
/// On a thread of its own: other tests may hold every thread of the pool, and that is not what is measured.
func secondsToCancel(_ remote: GitRemote, after wait: Duration = .milliseconds(300)) async throws -> Double {
    let state = try TemporaryFolder("state")
    let flag = CancellationFlag()
    let cancelled = Lock<ContinuousClock.Instant?>(nil)
    return await withCheckedContinuation { continuation in
        Thread {
            // Not for order: the fetch must have reached its wait for bytes, and nothing tells when.
            Thread.sleep(forTimeInterval: wait / .seconds(1))
            cancelled.withLock { $0 = .now }
            flag.set()
        }.start()
        Thread {
            var seconds = Double.infinity
            do throws(GitError) {
                _ = try GitRepository(creatingAt: "\(state.path)/x").fetch(from: remote, flag: flag)
            } catch {
                let start = cancelled.withLock { $0 }
                if error.code == .cancelled, let start { seconds = (.now - start) / .seconds(1) }
            }
            continuation.resume(returning: seconds)
        }.start()
    }
}

/// Bytes that no compression makes shorter.
func randomBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        for start in stride(from: 0, to: count, by: 256) {
            getentropy(buffer.baseAddress.map { $0 + start }, min(256, count - start))
        }
        filled = count
    }
}
