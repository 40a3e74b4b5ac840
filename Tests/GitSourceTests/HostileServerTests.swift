// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging
import Platform
import TestKit
import Testing

@testable import GitSource

/// Servers that lie, flood, stall or lead elsewhere, for fetching a mirror, fetching one commit and pushing.
@Suite("Hostile git servers", .serialized, .timeLimit(.minutes(1)))
struct HostileServerTests {
    private static let id = String(repeating: "a", count: 40)
    private static let version2 = lines(["version 2", "ls-refs", "fetch=shallow filter", "object-format=sha1"])

    private static func lines(_ texts: [String]) -> [UInt8] {
        var packets = PacketWriter()
        for text in texts { packets.add("\(text)\n") }
        packets.flush()
        return packets.bytes
    }

    /// The whole answer to one request of smart HTTP.
    private static func answer(_ request: ScriptedServer.Request, _ body: [UInt8]) -> [ScriptedServer.Step] {
        let service = request.target.contains("receive-pack") ? "receive-pack" : "upload-pack"
        let kind = request.method == "GET" ? "advertisement" : "result"
        return [
            .text(
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-\(service)-\(kind)\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n"), .send(body),
        ]
    }

    /// A server of protocol 2 with one branch whose objects are what `pack` says.
    private static func server(pack: @escaping @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step]) throws
        -> ScriptedServer
    {
        try ScriptedServer { request in
            if request.method == "GET" { return answer(request, version2) }
            if request.text.contains("command=ls-refs") {
                return answer(request, lines(["\(id) HEAD symref-target:refs/heads/main", "\(id) refs/heads/main"]))
            }
            return pack(request)
        }
    }

    private static func sideband(_ bytes: [UInt8]) -> [UInt8] {
        let digits = String(bytes.count + 5, radix: 16)
        return Array((String(repeating: "0", count: 4 - digits.count) + digits).utf8) + [1] + bytes
    }

    private static let packHead = lines(["packfile"]).dropLast(4)

    private func fetchErrors(_ url: String, _ limits: TransferLimits, leavesPack: Bool = false) async throws
        -> [GitError?]
    {
        let remote = GitRemote(try RepositoryURL(url), limits: limits)
        let state = try TemporaryFolder("state")
        let mirror = try GitMirror(of: remote, in: state.path, logger: .silent)
        let sparse = try SparseRepository(of: remote)
        let errors = [
            await gitError { _ = try await mirror.fetch() }, await gitError { _ = try await sparse.fetchHead(of: nil) },
        ]
        // Nothing of a failed fetch stays on the disk but empty repositories.
        for folder in ["\(state.path)/mirror.git", "\(await sparse.place.path)/objects.git"] {
            if Files.isFolder(folder), !leavesPack { #expect(try Files.list("\(folder)/objects/pack") == []) }
        }
        return errors
    }

    @Test("an endless pack ends at the limit of bytes")
    func endlessPack() async throws {
        let noise = Self.sideband(Array("PACK\0\0\0\u{2}\0\0\u{10}\0".utf8) + randomBytes(60_000))
        let server = try Self.server { _ in
            [
                .text("HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-result\r\n\r\n"),
                .send(Array(Self.packHead)),
            ] + Array(repeating: .send(noise), count: 400) + [.gate]
        }
        for error in try await fetchErrors(server.url, TransferLimits(bytes: 1 << 20)) {
            // Noise may be found out before the limit is reached; both are said.
            #expect(error?.code == .refused || error?.code == .unreachable, "\(error?.description ?? "no error")")
        }
    }

    @Test("endless remarks end at the limit, too")
    func endlessRemarks() async throws {
        var remark = Self.sideband(Array(repeating: UInt8(ascii: "x"), count: 60_000))
        remark[4] = 2
        let server = try Self.server { [remark] _ in
            [
                .text("HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-result\r\n\r\n"),
                .send(Array(Self.packHead)),
            ] + Array(repeating: .send(remark), count: 400) + [.gate]
        }
        for error in try await fetchErrors(server.url, TransferLimits(bytes: 1 << 20)) {
            #expect(error?.code == .refused)
            #expect(error?.detail.contains("more than 1 MiB") == true, "\(error?.description ?? "")")
        }
    }

    @Test("a pack that breaks off, is none, or lacks what was asked for is damaged", arguments: [0, 1, 2, 3])
    func brokenPack(kind: Int) async throws {
        let origin = try GitRepositoryFixture()
        try origin.commit(["a.txt": "a"])
        try runCommand(
            ["sh", "-c", "git rev-parse HEAD^{tree} | git pack-objects -q p >/dev/null && mv p-*.pack p.pack"],
            environment: GitRepositoryFixture.environment, folder: origin.path)
        let whole = try Files.read("\(origin.path)/p.pack")
        let pack: [UInt8] =
            switch kind {
            case 0: Array(whole.dropLast(10))
            case 1: whole
            case 2: Array("PACK and then nothing sensible at all, for quite some time".utf8)
            default: []
            }
        let body = Array(Self.packHead) + (pack.isEmpty ? [] : Self.sideband(pack)) + Array("0000".utf8)
        let server = try Self.server { Self.answer($0, body) }
        for error in try await fetchErrors(server.url, TransferLimits(), leavesPack: kind == 1) {
            let codes: [GitError.Code?] = [.unreachable, .notFound, .corrupt, .refused]
            let isExpected = codes.contains(error?.code)
            #expect(isExpected, "\(error?.description ?? "no error")")
        }
    }

    @Test("a list of a million references ends at its limit, for fetching in both protocols and for pushing")
    func manyReferences() async throws {
        var list: [UInt8] = []
        for number in 0..<20_000 { list += Self.lines(["\(Self.id) refs/heads/b\(number)"]).dropLast(4) }
        let block = list
        let server = try ScriptedServer { request in
            if request.method == "GET", request.target.hasPrefix("/two/") {
                return Self.answer(request, Self.version2)
            }
            let service = request.target.contains("receive-pack") ? "receive-pack" : "upload-pack"
            let kind = request.method == "GET" ? "advertisement" : "result"
            return [
                .text(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-\(service)-\(kind)\r\n"
                        + "Content-Length: 2000000000\r\n\r\n")
            ] + Array(repeating: .send(block), count: 50)
        }
        for place in ["zero", "two"] {
            for error in try await fetchErrors("\(server.url)/\(place)/x", TransferLimits(bytes: 2 << 20)) {
                #expect(error?.code == .refused, "\(error?.description ?? "no error")")
                #expect(error?.detail.contains("more than 2 MiB") == true)
            }
        }
        let error = await gitError {
            try await push(to: "\(server.url)/zero/x", limits: TransferLimits(bytes: 2 << 20))
        }
        #expect(error?.code == .refused, "\(error?.description ?? "no error")")
    }

    /// Pushes a commit made in a repository of its own to another address.
    private func push(to url: String, limits: TransferLimits = TransferLimits(), expecting: CommitID? = nil)
        async throws
    {
        let origin = try GitRepositoryFixture()
        let head = try origin.commit(["environments/a.yaml": "a"])
        let folder = try TemporaryFolder("repository")
        let repository = try GitRepository(creatingAt: "\(folder.path)/x.git")
        _ = try repository.fetch(from: GitRemote(try RepositoryURL(origin.path)), flag: CancellationFlag())
        try repository.push(
            PushExchange(branch: "main", expected: expecting, new: head),
            to: GitRemote(try RepositoryURL(url), limits: limits), made: [head], flag: CancellationFlag())
    }

    @Test("a server that is silent during a push is given up, and the error says that the push may have arrived")
    func silentPush() async throws {
        let id = try #require(CommitID(Self.id))
        let server = try ScriptedServer { request in
            if request.method == "GET" {
                return Self.answer(request, Self.lines(["\(Self.id) refs/heads/main\0report-status side-band-64k"]))
            }
            return [
                .text("HTTP/1.1 200 OK\r\nContent-Type: application/x-git-receive-pack-result\r\n\r\n"), .gate,
            ]
        }
        let error = await gitError {
            try await push(to: server.url, limits: TransferLimits(idle: .milliseconds(300)), expecting: id)
        }
        #expect(error?.code == .timedOut)
        #expect(error?.detail.contains("the push may have arrived: look at main") == true)
    }

    @Test("a server that says nothing of the branch, or cannot report, has accepted nothing")
    func evasivePush() async throws {
        let id = try #require(CommitID(Self.id))
        for (abilities, answer) in [
            ("report-status", ["unpack ok"]), ("report-status", []),
            ("delete-refs", ["unpack ok", "ok refs/heads/main"]),
        ] {
            let server = try ScriptedServer { request in
                let isList = request.method == "GET"
                return Self.answer(
                    request, Self.lines(isList ? ["\(Self.id) refs/heads/main\0\(abilities)"] : answer))
            }
            let code = await gitErrorCode { try await push(to: server.url, expecting: id) }
            #expect(code == (abilities == "report-status" ? .unreachable : .refused))
        }
    }

    @Test("a slow drip of bytes ends at the total limit")
    func drip() async throws {
        let server = try ScriptedServer { request in
            guard request.method == "GET" else { return [.close] }
            let drops = (0..<200).map { _ in ScriptedServer.Step.text("f") }
            return [
                .text("HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n")
            ] + drops.flatMap { [$0, ScriptedServer.Step.gate] }
        }
        let dripping = Task {
            while !Task.isCancelled {
                server.open()
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        defer { dripping.cancel() }
        let start = ContinuousClock.now
        let limits = TransferLimits(idle: .milliseconds(400), total: .milliseconds(600))
        for error in try await fetchErrors(server.url, limits) {
            #expect(error?.code == .timedOut, "\(error?.description ?? "no error")")
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("a redirect of any request to another host ends the conversation, and nobody there hears of it")
    func redirects() async throws {
        let other = try ScriptedServer { _ in [.answer(200, "")] }
        let host = "http://localhost:\(other.port)"
        let server = try ScriptedServer { request in
            let isList = request.method == "GET"
            if isList, request.target.hasPrefix("/post/") {
                let isPush = request.target.contains("receive-pack")
                return Self.answer(
                    request,
                    isPush ? Self.lines(["\(Self.id) refs/heads/main\0report-status"]) : Self.version2)
            }
            return [.answer(302, "", headers: ["Location": "\(host)\(request.target)"])]
        }
        let address = "http://robot:hunter2@127.0.0.1:\(server.port)"
        let id = try #require(CommitID(Self.id))
        for place in ["get", "post"] {
            var errors = try await fetchErrors("\(address)/\(place)/x", TransferLimits())
            errors.append(await gitError { try await push(to: "\(address)/\(place)/x", expecting: id) })
            for error in errors {
                #expect(error?.code == .refused, "\(error?.description ?? "no error")")
                #expect(error?.description.contains("hunter2") == false)
            }
        }
        #expect(other.connections == 0)
    }

    @Test(
        "references with names that could lead out of their folder are refused",
        arguments: [
            "refs/heads/../../config", "refs/heads/x.lock", "refs/heads/a\u{1b}[31m", "refs/heads/",
            "refs/tags/-\u{7f}",
        ])
    func oddNames(name: String) async throws {
        let server = try ScriptedServer { request in
            if request.method == "GET" { return Self.answer(request, Self.version2) }
            return Self.answer(
                request, Self.lines(["\(Self.id) HEAD symref-target:\(name)", "\(Self.id) \(name)"]))
        }
        let errors = try await fetchErrors(server.url, TransferLimits())
        #expect(errors[0]?.code == .refused, "\(errors[0]?.description ?? "no error")")
        #expect(errors[1]?.code == .refused || errors[1]?.code == .notFound, "\(errors[1]?.description ?? "no error")")
        for error in errors { #expect(error?.description.unicodeScalars.contains { $0.value < 0x20 } == false) }
    }

    @Test("what is not git's protocol at all is an error at once", arguments: ["hello, world", "", "zzzz", "0003"])
    func nonsense(text: String) async throws {
        let server = try ScriptedServer { Self.answer($0, Array(text.utf8)) }
        for error in try await fetchErrors(server.url, TransferLimits()) {
            #expect(error?.code == .other || error?.code == .unreachable, "\(error?.description ?? "no error")")
        }
        #expect(await gitErrorCode { try await push(to: server.url) } != nil)
    }

    @Test("a server that says why it cannot go on is quoted")
    func quoted() async throws {
        let server = try ScriptedServer {
            Self.answer($0, Self.lines(["ERR access denied or repository not exported"]))
        }
        for error in try await fetchErrors(server.url, TransferLimits()) {
            #expect(error?.detail.hasPrefix("the remote says: access denied") == true)
        }
    }
}
