// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Lifecycle
import Logging
import Platform
import TestKit
import Testing

/// A mirror in its own temporary state folder.
struct MirrorFixture {
    let state: TemporaryFolder
    let mirror: GitMirror

    init(
        _ url: String, root: String = "environments", credentials: GitRemote.Credentials = .none,
        limits: SnapshotLimits = SnapshotLimits()
    ) throws {
        state = try TemporaryFolder("state")
        let remote = GitRemote(try RepositoryURL(url), credentials: credentials)
        mirror = try GitMirror(
            of: remote, configRoot: root, in: "\(state.path)/git", limits: limits, logger: .silent)
    }
}

/// The code of the error that `body` throws; nil when it throws none, or another.
func gitErrorCode(_ body: () async throws -> Void) async -> GitError.Code? {
    await gitError(body)?.code
}

func gitError(_ body: () async throws -> Void) async -> GitError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? GitError
    }
}

@Suite("A mirror follows its remote", .serialized, .timeLimit(.minutes(1)))
struct GitMirrorTests {
    let origin: GitRepositoryFixture

    init() throws { origin = try GitRepositoryFixture() }

    @Test(
        "fetch gives every branch head, and snapshots hold the files under the config root", arguments: ["", "file://"])
    func fetches(prefix: String) async throws {
        let first = try origin.commit(["environments/defaults.yaml": "a: 1\n", "README.md": "not ours"], "Start")
        try origin.git("branch", "staging")
        let second = try origin.commit(["environments/services/cart.yaml": "team: shop\n"], "Add cart\n\nBody")
        let fixture = try MirrorFixture(prefix + origin.path)

        #expect(try await fixture.mirror.fetch() == ["main": second, "staging": first])
        #expect(await fixture.mirror.defaultBranch == "main")
        let snapshot = try await fixture.mirror.snapshot(at: second, reusing: nil)
        #expect(snapshot.files.keys.sorted() == ["defaults.yaml", "services/cart.yaml"])
        #expect(snapshot.files["services/cart.yaml"]?.bytes == Array("team: shop\n".utf8))
        #expect(
            snapshot.files["defaults.yaml"]?.blob == (try origin.git("rev-parse", "HEAD:environments/defaults.yaml")))
        #expect(snapshot.commit?.subject == "Add cart")
        #expect(snapshot.commit?.author == "Kim")
        #expect(snapshot.commit?.email == "kim@example.org")
        #expect(snapshot.root == "environments")
    }

    @Test("a path with a colon is a path when it begins with a slash")
    func colon() async throws {
        let commit = try origin.commit(["environments/a.yaml": "a"])
        let copy = "\(origin.path)/a:b.git"
        try origin.git("clone", "--quiet", "--bare", ".", copy)
        let fixture = try MirrorFixture(copy)
        #expect(try await fixture.mirror.fetch() == ["main": commit])
    }

    @Test("an empty repository has no heads, and nothing to read")
    func empty() async throws {
        let fixture = try MirrorFixture(origin.path)
        #expect(try await fixture.mirror.fetch() == [:])
        #expect(await gitErrorCode { _ = try await fixture.mirror.resolve("main") } == .notFound)
        let commit = try origin.commit(["environments/a.yaml": "a"])
        #expect(try await fixture.mirror.fetch() == ["main": commit])
    }

    @Test("before the first fetch nothing can be read, with a sentence that says so")
    func unfetched() async throws {
        let fixture = try MirrorFixture(origin.path)
        let error = await gitError { _ = try await fixture.mirror.resolve("main") }
        #expect(error?.code == .notFound)
        #expect(error?.detail.contains("fetch it first") == true)
    }

    @Test("a branch that the remote drops is dropped, its commits stay readable")
    func pruned() async throws {
        let first = try origin.commit(["environments/a.yaml": "a"])
        try origin.git("checkout", "--quiet", "-b", "old")
        let gone = try origin.commit(["environments/a.yaml": "b"])
        try origin.git("checkout", "--quiet", "main")
        let fixture = try MirrorFixture(origin.path)
        #expect(try await fixture.mirror.fetch() == ["main": first, "old": gone])
        try origin.git("branch", "--quiet", "-D", "old")
        #expect(try await fixture.mirror.fetch() == ["main": first])
        #expect(try await fixture.mirror.heads() == ["main": first])
        #expect(try await fixture.mirror.snapshot(at: gone, reusing: nil).files.count == 1)
    }

    @Test("a branch may give its name to a folder of branches, and the other way round")
    func branchBecomesFolder() async throws {
        let commit = try origin.commit(["environments/a.yaml": "a"])
        try origin.git("branch", "team")
        let fixture = try MirrorFixture(origin.path)
        _ = try await fixture.mirror.fetch()
        try origin.git("branch", "-m", "team", "team/a")
        #expect(try await fixture.mirror.fetch() == ["main": commit, "team/a": commit])
        try origin.git("branch", "-m", "team/a", "b")
        try origin.git("branch", "-m", "b", "team")
        #expect(try await fixture.mirror.fetch() == ["main": commit, "team": commit])
        #expect(try await fixture.mirror.heads() == ["main": commit, "team": commit])
    }

    @Test("rewritten history is followed")
    func forcePush() async throws {
        let first = try origin.commit(["environments/a.yaml": "a"])
        let old = try origin.commit(["environments/a.yaml": "b"])
        let lines = Lines()
        let state = try TemporaryFolder("state")
        let mirror = try GitMirror(
            of: GitRemote(try RepositoryURL(origin.path)), in: state.path,
            logger: Logger(format: .text, sink: { lines.append($0) }))
        #expect(try await mirror.fetch() == ["main": old])
        try origin.git("reset", "--quiet", "--hard", first.hex)
        let new = try origin.commit(["environments/a.yaml": "c"])
        #expect(try await mirror.fetch() == ["main": new])
        #expect(try await mirror.snapshot(at: new, reusing: nil).files["a.yaml"]?.bytes == Array("c".utf8))
        #expect(lines.text.contains("history of a branch was rewritten"))
        #expect(lines.text.contains(old.hex))
    }

    @Test("a person's words for a commit are resolved: branch, tag, full and short id, expression")
    func resolves() async throws {
        let first = try origin.commit(["environments/a.yaml": "a"])
        try origin.git("tag", "--annotate", "--message", "One", "v1")
        let second = try origin.commit(["environments/a.yaml": "b"])
        let fixture = try MirrorFixture(origin.path)
        _ = try await fixture.mirror.fetch()
        for (text, commit) in [
            ("main", second), ("v1", first), (first.hex, first), (second.short, second), ("main~1", first),
            ("HEAD", second),
        ] {
            #expect(try await fixture.mirror.resolve(text) == commit, "\(text)")
        }
        for text in ["", "nothing", "main:environments/a.yaml", ":/Start", "0000000", "-x"] {
            #expect(await gitErrorCode { _ = try await fixture.mirror.resolve(text) } == .notFound, "\(text)")
        }
        #expect(try await fixture.mirror.commit(first).subject == "Change files")
    }

    @Test("a branch that names no commit is refused by name, and nothing is cloned again")
    func branchOfNoCommit() async throws {
        let commit = try origin.commit(["environments/a.yaml": "a"])
        let fixture = try MirrorFixture(origin.path)
        _ = try await fixture.mirror.fetch()
        try origin.git("tag", "--annotate", "--message", "One", "v1")
        let tag = try origin.git("rev-parse", "v1")
        try Files.write(Array("\(tag)\n".utf8), to: "\(origin.path)/.git/refs/heads/odd")
        let error = await gitError { _ = try await fixture.mirror.fetch() }
        #expect(error?.code == .refused)
        #expect(error?.detail.contains("refs/heads/odd") == true)
        #expect(try await fixture.mirror.heads() == ["main": commit])
    }

    @Test("fetches at the same time follow one another")
    func concurrentFetches() async throws {
        let commit = try origin.commit(["environments/a.yaml": "a"])
        let fixture = try MirrorFixture(origin.path)
        await withTaskGroup(of: [String: CommitID]?.self) { group in
            for _ in 0..<8 { group.addTask { try? await fixture.mirror.fetch() } }
            for await heads in group { #expect(heads == ["main": commit]) }
        }
    }

    @Test("the default branch is the one the remote's HEAD names")
    func defaultBranch() async throws {
        try origin.commit(["environments/a.yaml": "a"])
        try origin.git("checkout", "--quiet", "-b", "trunk")
        let fixture = try MirrorFixture(origin.path)
        _ = try await fixture.mirror.fetch()
        #expect(await fixture.mirror.defaultBranch == "trunk")
    }
}

/// Log lines, from any thread.
final class Lines: Sendable {
    private let all = Lock<[UInt8]>([])
    func append(_ line: [UInt8]) { all.withLock { $0 += line } }
    var text: String { String(decoding: all.withLock { $0 }, as: UTF8.self) }
}
