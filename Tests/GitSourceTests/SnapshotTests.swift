// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Platform
import TestKit
import Testing

@Suite("Snapshots and history", .serialized, .timeLimit(.minutes(1)))
struct SnapshotTests {
    let origin: GitRepositoryFixture

    init() throws { origin = try GitRepositoryFixture() }

    private func fetched(root: String = "environments", limits: SnapshotLimits = SnapshotLimits()) async throws
        -> MirrorFixture
    {
        let fixture = try MirrorFixture(origin.path, root: root, limits: limits)
        _ = try await fixture.mirror.fetch()
        return fixture
    }

    @Test("a second snapshot reads only the blobs that changed, with the previous one at hand or not")
    func reuses() async throws {
        let first = try origin.commit([
            "environments/a.yaml": "a", "environments/b.yaml": "b", "environments/x/c.yaml": "c",
        ])
        let second = try origin.commit(["environments/b.yaml": "b2"])
        let fixture = try await fetched()
        let snapshot = try await fixture.mirror.snapshot(at: first, reusing: nil)
        #expect(await fixture.mirror.blobReads == 3)
        let next = try await fixture.mirror.snapshot(at: second, reusing: snapshot)
        #expect(await fixture.mirror.blobReads == 4)
        #expect(next.paths(differingFrom: snapshot) == ["b.yaml"])
        // Another environment's branch with the same content.
        _ = try await fixture.mirror.snapshot(at: first, reusing: nil)
        #expect(await fixture.mirror.blobReads == 4)
    }

    @Test(
        "the config root may be nested, or the repository's root", arguments: ["deploy/k8s", "/deploy//k8s/", "", "."])
    func roots(root: String) async throws {
        let commit = try origin.commit(["deploy/k8s/a.yaml": "a", "top.yaml": "t"])
        let fixture = try await fetched(root: root)
        let files = try await fixture.mirror.snapshot(at: commit, reusing: nil).files
        let isNested = root.contains("deploy")
        #expect(files.keys.sorted() == (isNested ? ["a.yaml"] : ["deploy/k8s/a.yaml", "top.yaml"]))
    }

    @Test(
        "a config root outside the repository is refused at once", arguments: ["../x", "a/../../b", ".git", "a/.GIT/b"])
    func rootOutside(root: String) async throws {
        #expect(await gitErrorCode { _ = try MirrorFixture(origin.path, root: root) } == .refused)
    }

    @Test("a commit without the config root is not found, with the setting to check")
    func missingRoot() async throws {
        let commit = try origin.commit(["README.md": "x", "environments.yaml": "x"])
        let fixture = try await fetched()
        let error = await gitError { _ = try await fixture.mirror.snapshot(at: commit, reusing: nil) }
        #expect(error?.code == .notFound)
        #expect(error?.detail.contains("no folder environments; check the branch and the setting --path") == true)
        let file = try await fetched(root: "README.md")
        #expect(await gitErrorCode { _ = try await file.mirror.snapshot(at: commit, reusing: nil) } == .notFound)
    }

    @Test("an unknown commit is not found, and no reason to think the mirror damaged")
    func unknownCommit() async throws {
        try origin.commit(["environments/a.yaml": "a"])
        let fixture = try await fetched()
        let nowhere = try #require(CommitID(String(repeating: "1", count: 40)))
        #expect(await gitErrorCode { _ = try await fixture.mirror.snapshot(at: nowhere, reusing: nil) } == .notFound)
    }

    /// A commit whose tree holds what a work tree could not, made with git's plumbing.
    private func plant(_ mode: String, _ object: String, at path: String) throws -> CommitID {
        try origin.git("update-index", "--add", "--cacheinfo", "\(mode),\(object),\(path)")
        try origin.git("commit", "--quiet", "--message", "Plant")
        return try origin.head()
    }

    @Test("a symbolic link is refused by name, also as the config root")
    func symlink() async throws {
        try origin.commit(["environments/a.yaml": "a"])
        let target = try origin.git(["hash-object", "-w", "--stdin"], input: "/etc/passwd")
        let below = try plant("120000", target, at: "environments/services/link.yaml")
        let fixture = try await fetched()
        let error = await gitError { _ = try await fixture.mirror.snapshot(at: below, reusing: nil) }
        #expect(error?.code == .refused)
        #expect(error?.detail.contains("services/link.yaml is a symbolic link") == true)

        let asRoot = try plant("120000", target, at: "linked")
        let other = try await fetched(root: "linked")
        #expect(await gitErrorCode { _ = try await other.mirror.snapshot(at: asRoot, reusing: nil) } == .refused)
        let through = try await fetched(root: "linked/deeper")
        #expect(await gitErrorCode { _ = try await through.mirror.snapshot(at: asRoot, reusing: nil) } == .refused)
    }

    @Test("a submodule is refused by name")
    func submodule() async throws {
        let commit = try origin.commit(["environments/a.yaml": "a"])
        let planted = try plant("160000", commit.hex, at: "environments/vendor")
        let fixture = try await fetched()
        let error = await gitError { _ = try await fixture.mirror.snapshot(at: planted, reusing: nil) }
        #expect(error?.code == .refused)
        #expect(error?.detail.contains("vendor is a submodule") == true)
    }

    /// Names that git's own commands would not let into an index.
    private func commit(treeWith names: [[UInt8]]) throws -> CommitID {
        let blob = try origin.git(["hash-object", "-w", "--stdin"], input: "x")
        var digits = blob[...]
        var id: [UInt8] = []
        while !digits.isEmpty {
            id.append(try #require(UInt8(digits.prefix(2), radix: 16)))
            digits = digits.dropFirst(2)
        }
        var tree: [UInt8] = []
        for name in names { tree += Array("100644 ".utf8) + name + [0] + id }
        let file = "\(origin.path)/.git/tree"
        try Files.write(tree, to: file)
        let folder = try origin.git("hash-object", "-w", "-t", "tree", "--literally", file)
        let root = try origin.git(["mktree"], input: "040000 tree \(folder)\tenvironments\n")
        let commit = try origin.git("commit-tree", "-m", "Odd names", root)
        try origin.git("update-ref", "refs/heads/main", commit)
        return try origin.head("main")
    }

    static let refusedNames: [(names: [String], words: String)] = [
        ([".."], "not allowed"), (["."], "not allowed"), ([".git"], "git's own"), ([".GIT"], "git's own"),
        (["GIT~1"], "git's own"), ([".g\u{200c}it"], "git's own"), ([".git. "], "git's own"),
        (["a\nb"], "control"), (["a\u{1b}[2J"], "control"), (["a\\b"], "slash"),
        (["Cart.yaml", "cart.yaml"], "only in case"),
        (["e\u{301}.yaml", "\u{e9}.yaml"], "only in case or accents"),
    ]

    @Test("a name that another file system would read differently is refused", arguments: refusedNames)
    func names(names: [String], words: String) async throws {
        let commit = try commit(treeWith: names.map { Array($0.utf8) })
        let fixture = try MirrorFixture(origin.path)
        _ = try await fixture.mirror.fetch()
        let error = await gitError { _ = try await fixture.mirror.snapshot(at: commit, reusing: nil) }
        #expect(error?.code == .refused, "\(error?.description ?? "")")
        #expect(error?.detail.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("a name that is no UTF-8 is refused")
    func noUTF8() async throws {
        let commit = try commit(treeWith: [[0x61, 0xff]])
        let fixture = try await fetched()
        #expect(await gitErrorCode { _ = try await fixture.mirror.snapshot(at: commit, reusing: nil) } == .refused)
    }

    @Test("size, total, count and depth have limits")
    func limits() async throws {
        let commit = try origin.commit([
            "environments/a.yaml": "12345", "environments/b/c/d.yaml": "12345", "environments/e.yaml": "12345",
        ])
        for (limits, words) in [
            (SnapshotLimits(fileBytes: 4), "a.yaml is larger than 4 bytes"),
            (SnapshotLimits(totalBytes: 14), "more than 14 bytes together"),
            (SnapshotLimits(files: 2), "more than 2 files"), (SnapshotLimits(depth: 1), "more than 1 folders deep"),
        ] {
            let fixture = try await fetched(limits: limits)
            let error = await gitError { _ = try await fixture.mirror.snapshot(at: commit, reusing: nil) }
            #expect(error?.code == .refused)
            #expect(error?.detail.contains(words) == true, "\(error?.description ?? "")")
        }
        let enough = SnapshotLimits(fileBytes: 5, totalBytes: 15, files: 3, depth: 2)
        let fixture = try await fetched(limits: enough)
        #expect(try await fixture.mirror.snapshot(at: commit, reusing: nil).files.count == 3)
    }

    @Test("history lists the first-parent commits that changed the folder, newest first, with the files they left")
    func history() async throws {
        let file = "environments/releases/cart.yaml"
        let first = try origin.commit([file: "1", "environments/x.yaml": "x"], "First")
        try origin.commit(["environments/x.yaml": "y"], "Elsewhere")
        try origin.git("checkout", "--quiet", "-b", "side")
        try origin.commit([file: "side"], "On the side")
        try origin.git("checkout", "--quiet", "main")
        try origin.git("merge", "--quiet", "--no-ff", "--message", "Merge", "side")
        let merge = try origin.head()
        let removal = try origin.commit([file: nil, "environments/releases/pay.yaml": "p"], "Remove")
        let fixture = try await fetched()

        let steps = try await fixture.mirror.history(of: removal, under: "releases", after: nil, limit: 10)
        #expect(steps.map(\.commit.subject) == ["Remove", "Merge", "First"])
        #expect(steps.map(\.commit.id) == [removal, merge, first])
        #expect(steps[0].changes.keys.sorted() == ["releases/cart.yaml", "releases/pay.yaml"])
        #expect(steps[0].changes["releases/cart.yaml"] == .some(nil))
        #expect(steps[1].changes["releases/cart.yaml"]??.bytes == Array("side".utf8))
        #expect(steps[2].changes["releases/cart.yaml"]??.bytes == Array("1".utf8))

        let newer = try await fixture.mirror.history(of: removal, under: "releases", after: merge, limit: 10)
        #expect(newer.map(\.commit.subject) == ["Remove"])
        let limited = try await fixture.mirror.history(of: removal, under: "releases", after: nil, limit: 2)
        #expect(limited.map(\.commit.subject) == ["Remove", "Merge"])
        let oneFile = try await fixture.mirror.history(of: removal, under: "releases/cart.yaml", after: nil, limit: 9)
        #expect(oneFile.map(\.commit.subject) == ["Remove", "Merge", "First"])
        #expect(oneFile.allSatisfy { $0.changes.keys.sorted() == ["releases/cart.yaml"] })
        #expect(try await fixture.mirror.history(of: removal, under: "nothing", after: nil, limit: 9) == [])
    }

    @Test("an old symbolic link does not make the history unreadable")
    func historyWithSymlink() async throws {
        try origin.commit(["environments/releases/a.yaml": "a"], "First")
        let target = try origin.git(["hash-object", "-w", "--stdin"], input: "x")
        _ = try plant("120000", target, at: "environments/releases/link.yaml")
        try origin.git("rm", "--quiet", "--cached", "environments/releases/link.yaml")
        try origin.git("commit", "--quiet", "--message", "Mend")
        let fixture = try await fetched()
        let head = try origin.head()
        let steps = try await fixture.mirror.history(of: head, under: "releases", after: nil, limit: 10)
        #expect(steps.map(\.commit.subject) == ["Mend", "Plant", "First"])
        #expect(steps[1].changes["releases/link.yaml"] == .some(nil))
    }

    @Test("changed paths between two commits are relative to the config root, and cover files that became folders")
    func changedPaths() async throws {
        let old = try origin.commit([
            "environments/a.yaml": "a", "environments/same.yaml": "s", "environments/x": "file", "README.md": "1",
        ])
        let new = try origin.commit([
            "environments/a.yaml": "b", "environments/x": nil, "environments/new/b.yaml": "n", "README.md": "2",
        ])
        let newer = try origin.commit(["environments/x/deep/c.yaml": "c"])
        let fixture = try await fetched()
        #expect(try await fixture.mirror.changedPaths(from: old, to: new) == ["a.yaml", "new/b.yaml", "x"])
        #expect(
            try await fixture.mirror.changedPaths(from: old, to: newer) == [
                "a.yaml", "new/b.yaml", "x", "x/deep/c.yaml",
            ])
        #expect(try await fixture.mirror.changedPaths(from: new, to: new) == [])
        let other = try await fetched(root: "nothing")
        #expect(try await other.mirror.changedPaths(from: old, to: new) == [])
    }
}
