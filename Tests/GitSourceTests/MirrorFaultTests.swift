// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Glibc
import Logging
import Platform
import TestKit
import Testing

@Suite("A mirror in trouble", .serialized, .timeLimit(.minutes(1)))
struct MirrorFaultTests {
    let origin: GitRepositoryFixture
    let commit: CommitID
    let state: TemporaryFolder

    init() throws {
        origin = try GitRepositoryFixture()
        state = try TemporaryFolder("state")
        commit = try origin.commit(
            ["environments/defaults.yaml": "a: 1\n", "environments/services/cart.yaml": "team: shop\n"], "Start")
    }

    private func open(_ url: String? = nil) throws -> GitMirror {
        let remote = GitRemote(try RepositoryURL(url ?? origin.path))
        return try GitMirror(of: remote, in: "\(state.path)/git", logger: .silent)
    }

    private var gitFolder: String { "\(state.path)/git/mirror.git" }

    /// Every file of the mirror below a folder of it.
    private func files(in folder: String) throws -> [String] {
        try runCommand(["find", "\(gitFolder)/\(folder)", "-type", "f"]).split(separator: "\n").map(String.init)
    }

    @Test("a second user of the folder is locked out with a sentence that names the first, until that one ends")
    func locked() async throws {
        let first: GitMirror? = try open()
        let error = await gitError { _ = try open() }
        #expect(error?.code == .locked)
        #expect(error?.detail.contains("process \(getpid())") == true)
        withExtendedLifetime(first) {}
    }

    @Test("what an earlier process fetched can be read before the first fetch, and without a remote")
    func restart() async throws {
        do { _ = try await open().fetch() }
        try Files.remove(origin.path)
        let mirror = try open()
        #expect(try await mirror.heads() == ["main": commit])
        #expect(await mirror.defaultBranch == "main")
        #expect(try await mirror.snapshot(at: commit, reusing: nil).files.count == 2)
        #expect(await gitErrorCode { _ = try await mirror.fetch() } == .notFound)
        #expect(try await mirror.heads() == ["main": commit])
    }

    enum Damage: String, CaseIterable {
        case packsGone, packsCut, packsOverwritten, indexGone, indexCut, headGone, refIsNoise, refsPointNowhere
        case objectsGone, configIsNoise, everythingGone, isAFile, looseObjectsFlipped, oneBlobGone, oneBlobFlipped
    }

    @Test(
        "a damaged mirror is made anew by a fetch, at the latest by the one after a failed read",
        arguments: Damage.allCases)
    func recovers(damage: Damage) async throws {
        do { _ = try await open().fetch() }
        try inflict(damage)
        let mirror = try open()
        let first = await gitError { _ = try await mirror.fetch() }
        #expect(first == nil, "\(damage)")
        if await gitErrorCode({ _ = try await mirror.snapshot(at: commit, reusing: nil) }) != nil {
            #expect(try await mirror.fetch() == ["main": commit])
        }
        let snapshot = try await mirror.snapshot(at: commit, reusing: nil)
        #expect(snapshot.files["services/cart.yaml"]?.bytes == Array("team: shop\n".utf8))
        #expect(try await mirror.fetch() == ["main": commit])
    }

    private func inflict(_ damage: Damage) throws {
        let objects = try files(in: "objects")
        func all(_ suffix: String) -> [String] { objects.filter { $0.hasSuffix(suffix) } }
        switch damage {
        case .packsGone: for file in all(".pack") { try Files.remove(file) }
        case .packsCut: for file in all(".pack") { #expect(truncate(file, 40) == 0) }
        case .packsOverwritten:
            for file in all(".pack") {
                var bytes = try Files.read(file)
                for index in 12..<bytes.count { bytes[index] ^= 0x5a }
                try overwrite(file, bytes)
            }
        case .indexGone: for file in all(".idx") { try Files.remove(file) }
        case .indexCut: for file in all(".idx") { #expect(truncate(file, 100) == 0) }
        case .headGone: try Files.remove("\(gitFolder)/HEAD")
        case .refIsNoise: try Files.write(Array("noise".utf8), to: "\(gitFolder)/refs/heads/main")
        case .refsPointNowhere:
            try Files.write(Array("\(String(repeating: "1", count: 40))\n".utf8), to: "\(gitFolder)/refs/heads/main")
        case .objectsGone: try Files.remove("\(gitFolder)/objects")
        case .configIsNoise: try Files.write(Array("[[[".utf8), to: "\(gitFolder)/config")
        case .everythingGone: for name in try Files.list(gitFolder) { try Files.remove("\(gitFolder)/\(name)") }
        case .isAFile:
            try Files.remove(gitFolder)
            try Files.write([], to: gitFolder)
        case .looseObjectsFlipped: for file in try unpacked() { try flip(file) }
        case .oneBlobGone: try Files.remove(try looseBlob())
        case .oneBlobFlipped: try flip(try looseBlob())
        }
    }

    /// Turns the packs into loose objects.
    private func unpacked() throws -> [String] {
        let script =
            "mkdir x && mv objects/pack/* x && for p in x/*.pack; do git unpack-objects -q <$p; done && rm -r x"
        try runCommand(["sh", "-c", script], folder: gitFolder)
        return try files(in: "objects").filter { !$0.contains("/pack/") && !$0.contains("/info/") }
    }

    private func looseBlob() throws -> String {
        let id = try origin.git("rev-parse", "HEAD:environments/services/cart.yaml")
        return try #require(try unpacked().first { $0.hasSuffix("\(id.prefix(2))/\(id.dropFirst(2))") })
    }

    private func flip(_ file: String) throws {
        var bytes = try Files.read(file)
        bytes[bytes.count - 3] ^= 0xff
        try overwrite(file, bytes)
    }

    private func overwrite(_ file: String, _ bytes: [UInt8]) throws {
        #expect(chmod(file, 0o600) == 0)
        try Files.write(bytes, to: file)
    }

    @Test("leftovers of a killed process are swept: lock files, half packs, half clones")
    func sweeps() async throws {
        do { _ = try await open().fetch() }
        let leftovers = [
            "git/mirror.git/refs/heads/main.lock", "git/mirror.git/HEAD.lock", "git/mirror.git/config.lock",
            "git/mirror.git/objects/pack/pack_git2_x1y2", "git/incoming/HEAD", "git/outgoing/HEAD",
        ].map { "\(state.path)/\($0)" }
        for file in leftovers {
            try Files.makeFolder(String(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex)))
            try Files.write([], to: file)
        }
        let second = try origin.commit(["environments/defaults.yaml": "a: 2\n"])
        let mirror = try open()
        #expect(try await mirror.fetch() == ["main": second])
        #expect(leftovers.filter(Files.exists) == [])
    }

    @Test(
        "a process that is killed in mid-pack, cloning or fetching, leaves nothing that hinders the next",
        arguments: [true, false])
    func killed(whileCloning: Bool) async throws {
        let server = try GitHTTPServer(root: "/")
        let direct = "\(server.base)/open\(origin.path)/.git"
        if !whileCloning { _ = try await open(direct).fetch() }
        try origin.write(randomBytes(3 << 20), to: "environments/big.bin")
        let large = try origin.commit([:], "Large")
        let proxy = try StallingProxy(to: server.port, after: 500_000)
        let stalling = "http://127.0.0.1:\(proxy.port)/open\(origin.path)/.git"
        let folder = "\(state.path)/git"
        // The mirror must not take the detour for another repository.
        if !whileCloning { try Files.write(Array(stalling.utf8), to: "\(folder)/origin") }
        await #expect(processExitsWith: .signal(SIGKILL)) { [url = stalling as String, folder = folder as String] in
            let mirror = try GitMirror(of: GitRemote(try RepositoryURL(url)), in: folder, logger: .silent)
            Task { _ = try await mirror.fetch() }
            try await Task.sleep(for: .seconds(2))
            kill(getpid(), SIGKILL)
        }
        if !whileCloning { try Files.write(Array(direct.utf8), to: "\(folder)/origin") }
        let mirror = try open(direct)
        #expect(try await mirror.heads() == (whileCloning ? [:] : ["main": commit]))
        #expect(try await mirror.fetch() == ["main": large])
        #expect(try await mirror.snapshot(at: large, reusing: nil).files.count == 3)
        #expect(try Files.list(folder) == ["lock", "mirror.git", "origin"])
        #expect(try files(in: "objects/pack").allSatisfy { $0.hasSuffix(".pack") || $0.hasSuffix(".idx") })
    }

    @Test("a mirror of another address is replaced")
    func otherAddress() async throws {
        do { _ = try await open().fetch() }
        let other = try GitRepositoryFixture()
        let otherCommit = try other.commit(["environments/x.yaml": "x"])
        let mirror = try open(other.path)
        #expect(try await mirror.heads() == [:])
        #expect(try await mirror.fetch() == ["main": otherCommit])
        #expect(await gitErrorCode { _ = try await mirror.snapshot(at: commit, reusing: nil) } == .notFound)
    }

    @Test("many small packs become one, and everything stays readable")
    func consolidates() async throws {
        let mirror = try open()
        _ = try await mirror.fetch()
        var commits: [CommitID] = []
        for number in 0..<52 {
            commits.append(try origin.commit(["environments/defaults.yaml": "a: \(number)\n"]))
            _ = try await mirror.fetch()
        }
        let before = try await mirror.snapshot(at: commits[1], reusing: nil)
        #expect(try files(in: "objects/pack").filter { $0.hasSuffix(".pack") }.count == 53)
        #expect(try await mirror.fetch() == ["main": commits[51]])
        #expect(try files(in: "objects/pack").filter { $0.hasSuffix(".pack") }.count == 1)
        for number in [0, 1, 51] {
            let files = try await mirror.snapshot(at: commits[number], reusing: before).files
            #expect(files["defaults.yaml"]?.bytes == Array("a: \(number)\n".utf8))
        }
        try runCommand(
            ["git", "fsck", "--full", "--strict"], environment: GitRepositoryFixture.environment, folder: gitFolder)
        let last = try origin.commit(["environments/defaults.yaml": "last"])
        #expect(try await mirror.fetch() == ["main": last])
    }

    @Test("a full disk is an error that says so, and what was there stays readable", arguments: [false, true])
    func diskFull(overHTTP: Bool) async throws {
        let folder = "\(state.path)/small"
        try Files.makeFolder(folder)
        // Needs the right to mount; where that is missing the test says so by failing.
        try runCommand(["mount", "-t", "tmpfs", "-o", "size=24m", "none", folder])
        defer { umount2(folder, Int32(MNT_DETACH)) }
        let server = try GitHTTPServer(root: "/")
        let url = try RepositoryURL(overHTTP ? "\(server.base)/open\(origin.path)/.git" : origin.path)
        let mirror = try GitMirror(of: GitRemote(url), in: "\(folder)/git", logger: .silent)
        #expect(try await mirror.fetch() == ["main": commit])
        try origin.write(randomBytes(12 << 20), to: "environments/big.bin")
        try origin.commit([:], "Large")
        let error = await gitError { _ = try await mirror.fetch() }
        #expect(error?.code == .diskFull, "\(error?.description ?? "")")
        #expect(try await mirror.heads() == ["main": commit])
        #expect(try await mirror.snapshot(at: commit, reusing: nil).files.count == 2)
        try origin.git("reset", "--quiet", "--hard", commit.hex)
        let small = try origin.commit(["environments/small.yaml": "s"])
        #expect(try await mirror.fetch() == ["main": small])
    }
}
