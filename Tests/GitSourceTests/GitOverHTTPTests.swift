// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Lifecycle
import Logging
import Platform
import TestKit
import Testing

@Suite("Fetching over HTTP", .serialized, .timeLimit(.minutes(1)))
struct GitOverHTTPTests {
    /// A repository `config` with one commit below a folder that a server can serve.
    struct Origin {
        let repository: GitRepositoryFixture
        let commit: CommitID
        /// The folder to serve, and the repository's name in it.
        let root: String
        let name: String

        init() throws {
            repository = try GitRepositoryFixture()
            commit = try repository.commit(["environments/defaults.yaml": "a: 1\n"], "Start")
            let parts = repository.path.split(separator: "/")
            root = "/" + parts.dropLast().joined(separator: "/")
            name = "\(parts.last ?? "")/.git"
        }
    }

    @Test("a clone, then a fetch of one more commit", arguments: ["open", "moved"])
    func fetches(place: String) async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let fixture = try MirrorFixture("\(server.base)/\(place)/\(origin.name)")
        #expect(try await fixture.mirror.fetch() == ["main": origin.commit])
        let second = try origin.repository.commit(["environments/defaults.yaml": "a: 2\n"], "More")
        #expect(try await fixture.mirror.fetch() == ["main": second])
        let files = try await fixture.mirror.snapshot(at: second, reusing: nil).files
        #expect(files["defaults.yaml"]?.bytes == Array("a: 2\n".utf8))
    }

    @Test("user and password, from a file or from the address, open a repository that needs them")
    func basic() async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let secret = try TemporaryFolder("secret")
        let file = "\(secret.path)/credentials"
        try Files.write(Array("\(GitHTTPServer.user):\(GitHTTPServer.password)\n".utf8), to: file)
        let byFile = try MirrorFixture("\(server.base)/basic/\(origin.name)", credentials: .basic(file: file))
        #expect(try await byFile.mirror.fetch() == ["main": origin.commit])

        let address = "http://robot:p%40ss%20w%C3%B6rd%25@127.0.0.1:\(server.port)/basic/\(origin.name)"
        let byAddress = try MirrorFixture(address)
        #expect(try await byAddress.mirror.fetch() == ["main": origin.commit])
        #expect(!byAddress.mirror.repository.contains("robot"))
    }

    @Test("a token file is read again at each fetch")
    func rotatedToken() async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let secret = try TemporaryFolder("secret")
        let file = "\(secret.path)/token"
        try Files.write(Array("old\n".utf8), to: file)
        let fixture = try MirrorFixture("\(server.base)/bearer/\(origin.name)", credentials: .bearer(file: file))
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .unauthorized)
        #expect("\(String(describing: error))".contains("HTTP 401"))
        try Files.write(Array("\(GitHTTPServer.token)\n".utf8), to: file)
        #expect(try await fixture.mirror.fetch() == ["main": origin.commit])
    }

    @Test("a missing, empty or wrong secret is unauthorized, and no error shows it")
    func unauthorized() async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let secret = try TemporaryFolder("secret")
        try Files.write(Array("robot:hunter2\n".utf8), to: "\(secret.path)/wrong")
        try Files.write([], to: "\(secret.path)/empty")
        for name in ["wrong", "empty", "missing"] {
            let fixture = try MirrorFixture(
                "\(server.base)/basic/\(origin.name)", credentials: .basic(file: "\(secret.path)/\(name)"))
            let error = await gitError { _ = try await fixture.mirror.fetch() }
            #expect(error?.code == .unauthorized)
            #expect(error?.description.contains("hunter2") == false)
        }
        let inAddress = try MirrorFixture("http://robot:hunter2@127.0.0.1:\(server.port)/basic/\(origin.name)")
        let error = await gitError { _ = try await inAddress.mirror.fetch() }
        #expect(error?.code == .unauthorized)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("a redirect to another host is an error that names both, and carries nothing there")
    func redirected() async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let fixture = try MirrorFixture("http://robot:hunter2@127.0.0.1:\(server.port)/elsewhere/\(origin.name)")
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .refused)
        #expect(error?.detail.contains("another host, http://localhost:\(server.port)/open/") == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test(
        "what the server answers decides the code",
        arguments: [
            ("/open/nothing-here", GitError.Code.notFound), ("/broken/x", .unreachable), ("/page/x", .notFound),
        ])
    func answers(path: String, code: GitError.Code) async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let fixture = try MirrorFixture(server.base + path)
        #expect(await gitErrorCode { _ = try await fixture.mirror.fetch() } == code)
    }

    @Test("HTTPS trusts the given authority and no other")
    func ownAuthority() async throws {
        let origin = try Origin()
        let (ours, other) = (try TestAuthority(), try TestAuthority())
        let server = try GitHTTPServer(root: origin.root, authority: ours)
        let url = try RepositoryURL("\(server.base)/open/\(origin.name)")
        func fetch(_ authority: String?) async throws -> [String: CommitID] {
            let state = try TemporaryFolder("state")
            let remote = GitRemote(url, certificateAuthorityFile: authority)
            return try await GitMirror(of: remote, in: state.path, logger: .silent).fetch()
        }
        #expect(try await fetch(ours.certificateFile) == ["main": origin.commit])
        #expect(await gitErrorCode { _ = try await fetch(other.certificateFile) } == .certificateUntrusted)
        #expect(await gitErrorCode { _ = try await fetch(nil) } == .certificateUntrusted)
        #expect(
            await gitErrorCode { _ = try await fetch("\(origin.repository.path)/environments/defaults.yaml") }
                == .certificateUntrusted)
    }

    @Test("nobody at the address is unreachable")
    func nobodyThere() async throws {
        let fixture = try MirrorFixture("http://127.0.0.1:\(try FreePort.take(1)[0])/x")
        #expect(await gitErrorCode { _ = try await fixture.mirror.fetch() } == .unreachable)
    }

    @Test("cancelling ends a fetch from a silent server within a second")
    func cancelsSilence() async throws {
        let silent = try SilentServer()
        let remote = GitRemote(try RepositoryURL("http://127.0.0.1:\(silent.port)/x"))
        #expect(try await secondsToCancel(remote) < 1)
    }

    @Test("a silent server is given up after the idle limit, an endless one after the total limit")
    func limits() async throws {
        let silent = try SilentServer()
        func code(_ limits: TransferLimits) async throws -> GitError? {
            let state = try TemporaryFolder("state")
            let remote = GitRemote(try RepositoryURL("http://127.0.0.1:\(silent.port)/x"), limits: limits)
            let mirror = try GitMirror(of: remote, in: state.path, logger: .silent)
            return await gitError { _ = try await mirror.fetch() }
        }
        let idle = try await code(TransferLimits(idle: .milliseconds(200)))
        #expect(idle?.code == .timedOut)
        #expect(idle?.detail == "the server sent nothing for 0.2 seconds")
        let total = try await code(TransferLimits(total: .milliseconds(200)))
        #expect(total?.detail == "it took longer than 0.2 seconds")
    }

    @Test("a fetch that stalls in mid-pack can be cancelled, leaves what was there, and reading goes on meanwhile")
    func stall() async throws {
        let origin = try Origin()
        let server = try GitHTTPServer(root: origin.root)
        let proxy = try StallingProxy(to: server.port, after: 500_000)
        let fixture = try MirrorFixture("http://127.0.0.1:\(proxy.port)/open/\(origin.name)")
        #expect(try await fixture.mirror.fetch() == ["main": origin.commit])
        try origin.repository.write(randomBytes(3 << 20), to: "environments/big.bin")
        try origin.repository.commit([:], "Large")

        let fetch = Task { try await fixture.mirror.fetch() }
        try await Task.sleep(for: .seconds(1))
        #expect(try await fixture.mirror.snapshot(at: origin.commit, reusing: nil).files.count == 1)
        fetch.cancel()
        #expect(await gitErrorCode { _ = try await fetch.value } == .cancelled)
        #expect(try await fixture.mirror.heads() == ["main": origin.commit])

        let remote = GitRemote(try RepositoryURL("http://127.0.0.1:\(proxy.port)/open/\(origin.name)"))
        #expect(try await secondsToCancel(remote, after: .milliseconds(1500)) < 1)
    }
}
