// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import Platform
import TestKit
import Testing

@testable import GitSource

@Suite("A clone on this disk", .serialized, .timeLimit(.minutes(1)))
struct LocalTests {
    let clone: GitRepositoryFixture
    let commit: CommitID

    init() throws {
        clone = try GitRepositoryFixture()
        commit = try clone.commit([
            "environments/a.yaml": "a\n", "environments/b/c.yaml": "c\n", ".gitignore": "*.swp\n",
        ])
    }

    private func refusal(_ body: () throws -> Void) -> GitError? {
        do {
            try body()
            return nil
        } catch {
            return error as? GitError
        }
    }

    @Test("a working tree has uncommitted edits, new files, and the ids that git would give them")
    func workingTree() throws {
        try clone.write("edited\n", to: "environments/a.yaml")
        try clone.write("new\n", to: "environments/new.yaml")
        try clone.write("noise", to: "environments/.a.yaml.swp")
        let snapshot = try WorkingTree(clone.path).snapshot()
        #expect(snapshot.commit == nil)
        #expect(snapshot.files.keys.sorted() == ["a.yaml", "b/c.yaml", "new.yaml"])
        #expect(snapshot.files["a.yaml"]?.bytes == Array("edited\n".utf8))
        #expect(snapshot.files["a.yaml"]?.blob == (try clone.git("hash-object", "environments/a.yaml")))
    }

    @Test("an ignored file that is tracked all the same is read")
    func trackedButIgnored() throws {
        try clone.commit(["environments/kept.swp": "k"])
        #expect(try WorkingTree(clone.path).snapshot().files["kept.swp"] != nil)
    }

    @Test("a symbolic link, a submodule, a pipe and an oversized file are refused by name")
    func refused() throws {
        let place = "\(clone.path)/environments"
        #expect(symlink("/etc/passwd", "\(place)/link.yaml") == 0)
        #expect(
            refusal { _ = try WorkingTree(clone.path).snapshot() }?.detail.contains("link.yaml is a symbolic link")
                == true)
        try Files.remove("\(place)/link.yaml")
        #expect(mkfifo("\(place)/pipe", 0o600) == 0)
        #expect(
            refusal { _ = try WorkingTree(clone.path).snapshot() }?.detail.contains("neither a file nor a folder")
                == true)
        try Files.remove("\(place)/pipe")
        #expect(
            refusal { _ = try WorkingTree(clone.path, limits: SnapshotLimits(fileBytes: 1)).snapshot() }?.code
                == .refused)
        try Files.makeFolder("\(place)/module/.git")
        #expect(
            refusal { _ = try WorkingTree(clone.path).snapshot() }?.detail.contains("module is a submodule") == true)
    }

    @Test("a missing or linked config root has its own sentence")
    func missingRoot() throws {
        let error = refusal { _ = try WorkingTree(clone.path, configRoot: "nothing").snapshot() }
        #expect(error?.code == .notFound)
        #expect(error?.detail.contains("kubernaut init") == true)
        #expect(symlink("environments", "\(clone.path)/linked") == 0)
        #expect(refusal { _ = try WorkingTree(clone.path, configRoot: "linked").snapshot() }?.code == .refused)
    }

    @Test("the repository is found upward from any folder in it")
    func findsTop() throws {
        let top = try #require(realpath(clone.path, nil))
        defer { free(top) }
        #expect(WorkingTree.top(above: "\(clone.path)/environments/b") == String(cString: top))
        #expect(WorkingTree.top(above: clone.path) == String(cString: top))
        let elsewhere = try TemporaryFolder()
        #expect(WorkingTree.top(above: elsewhere.path) == nil)
        #expect(WorkingTree.top(above: "/nonexistent") == nil)
    }

    @Test(
        "a commit of a clone, of a bare repository and of a linked work tree can be read",
        arguments: ["clone", "bare", "linked", "shallow"])
    func atRevision(kind: String) async throws {
        let second = try clone.commit(["environments/a.yaml": "a2\n"])
        let place = "\(clone.path)-\(kind)"
        defer { try? Files.remove(place) }
        switch kind {
        case "bare": try clone.git("clone", "--quiet", "--bare", ".", place)
        case "linked": try clone.git("worktree", "add", "--quiet", "--detach", place)
        case "shallow": try clone.git("clone", "--quiet", "--depth", "1", "file://\(clone.path)", place)
        default: try clone.git("clone", "--quiet", ".", place)
        }
        let local = try LocalRepository(openingAt: place)
        let head = try await local.resolve("HEAD")
        #expect(head == second)
        #expect(try await local.snapshot(at: head).files["a.yaml"]?.bytes == Array("a2\n".utf8))
        let steps = try await local.history(of: head, under: "", after: nil, limit: 10)
        #expect(steps.count == (kind == "shallow" ? 1 : 2))
        if kind == "clone" {
            #expect(try await local.resolve("origin/main") == second)
            #expect(try await local.changedPaths(from: commit, to: second) == ["a.yaml"])
            #expect(await local.headBranch() == "main")
        }
    }

    @Test("a folder that is no repository is not found")
    func noRepository() throws {
        let folder = try TemporaryFolder()
        #expect(refusal { _ = try LocalRepository(openingAt: folder.path) }?.code == .notFound)
    }
}
