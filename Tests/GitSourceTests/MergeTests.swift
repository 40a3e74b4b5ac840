// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform
import TestKit
import Testing

@testable import GitSource

@Suite("Merging in memory", .serialized, .timeLimit(.minutes(1)))
struct MergeTests {
    let origin: GitRepositoryFixture
    private static let lines = (1...20).map { "line \($0)\n" }.joined()

    init() throws {
        origin = try GitRepositoryFixture()
        try origin.commit(
            [
                "environments/a.yaml": Self.lines, "environments/b.yaml": Self.lines, "top.txt": Self.lines,
                "environments/releases/cart.yaml": "v1\n",
            ], "Start")
        try origin.git("branch", "staging")
    }

    /// One commit on each branch; main is ours, staging theirs.
    private func sides(_ ours: [String: String?], _ theirs: [String: String?]) throws -> (
        ours: CommitID, theirs: CommitID
    ) {
        let left = try origin.commit(ours, "Ours")
        try origin.git("checkout", "--quiet", "staging")
        let right = try origin.commit(theirs, "Theirs")
        try origin.git("checkout", "--quiet", "main")
        return (left, right)
    }

    private func edited(_ changes: [Int: String]) -> String {
        (1...20).map { changes[$0] ?? "line \($0)\n" }.joined()
    }

    private func merge(_ sides: (ours: CommitID, theirs: CommitID), resolving: [String: String?] = [:]) async throws
        -> (TreeMerge, GitMirror)
    {
        let mirror = try MirrorFixture(origin.path).mirror
        _ = try await mirror.fetch()
        return (try await mirror.merge(sides.theirs, into: sides.ours, resolving: edits(resolving)), mirror)
    }

    @Test("changes of different places merge as git merges them, outside the config root too")
    func clean() async throws {
        let both = try sides(
            ["environments/a.yaml": edited([2: "two\n"]), "top.txt": edited([1: "", 9: "nine\n"])],
            ["environments/a.yaml": edited([18: "x\ny\n"]), "top.txt": edited([20: ""]), "environments/n.yaml": "n"])
        let (merged, mirror) = try await merge(both)
        let wanted = try origin.git("merge-tree", "--write-tree", "main", "staging")
        #expect(merged == .merged(try #require(TreeID(wanted))))
        let snapshot = try await mirror.snapshot(of: try #require(TreeID(wanted)), reusing: nil)
        #expect(snapshot.commit == nil)
        #expect(snapshot.files["a.yaml"]?.bytes == Array(edited([2: "two\n", 18: "x\ny\n"]).utf8))
        #expect(snapshot.files["n.yaml"]?.bytes == Array("n".utf8))
    }

    @Test("conflicts name file, line of our version and both sides, in order")
    func conflicts() async throws {
        let both = try sides(
            [
                "environments/b.yaml": edited([1: "zero\none\n", 5: "ours 5\n", 6: "same 6\n", 15: ""]),
                "environments/a.yaml": nil, "top.txt": "added to ours only\n" + Self.lines,
            ],
            [
                "environments/b.yaml": edited([5: "theirs 5\n", 6: "same 6\n", 15: "theirs 15\n", 20: "end\n"]),
                "environments/a.yaml": edited([3: "three\n"]),
            ])
        let (merged, _) = try await merge(both)
        #expect(
            merged
                == .conflicted([
                    FileConflict(path: "environments/a.yaml", hunks: [], isRemovedByOurs: true),
                    FileConflict(
                        path: "environments/b.yaml",
                        hunks: [
                            .init(line: 6, ours: ["ours 5"], theirs: ["theirs 5"]),
                            .init(line: 16, ours: [], theirs: ["theirs 15"]),
                        ]),
                ]))
    }

    @Test("a file added differently on both sides conflicts as a whole, and one that is no text without lines")
    func added() async throws {
        let both = try sides(
            ["environments/n.yaml": "one\ntwo\n", "environments/x.bin": "\0a"],
            ["environments/n.yaml": "one\nthree\n", "environments/x.bin": "\0b"])
        let (merged, _) = try await merge(both)
        #expect(
            merged
                == .conflicted([
                    FileConflict(
                        path: "environments/n.yaml", hunks: [.init(line: 2, ours: ["two"], theirs: ["three"])]),
                    FileConflict(path: "environments/x.bin", hunks: []),
                ]))
    }

    @Test("a resolution decides its path, whether the sides conflict there or not")
    func resolutions() async throws {
        let both = try sides(
            ["environments/releases/cart.yaml": "v2\n", "environments/a.yaml": edited([1: "ours\n"])],
            [
                "environments/releases/cart.yaml": "v3\n", "environments/a.yaml": edited([20: "theirs\n"]),
                "environments/b.yaml": nil,
            ])
        let (merged, mirror) = try await merge(
            both, resolving: ["releases/cart.yaml": "v3\n", "a.yaml": nil, "new.yaml": "n", "b.yaml": "kept"])
        guard case .merged(let tree) = merged else {
            Issue.record("\(merged)")
            return
        }
        let files = try await mirror.snapshot(of: tree, reusing: nil).files
        #expect(
            files.filter { _ in true }.mapValues { String(decoding: $0.bytes, as: UTF8.self) }
                == ["releases/cart.yaml": "v3\n", "new.yaml": "n", "b.yaml": "kept"])
    }

    @Test("a merge commit with both parents is pushed, and git agrees with it")
    func pushesMerge() async throws {
        let both = try sides(["environments/a.yaml": edited([1: "ours\n"])], ["environments/b.yaml": nil])
        let (merged, mirror) = try await merge(both)
        guard case .merged(let tree) = merged else {
            Issue.record("\(merged)")
            return
        }
        let commit = try await mirror.make(
            CommitDraft(
                tree: tree, parents: [both.ours, both.theirs], author: robot, committer: robot, date: noon,
                message: "Promote"))
        try await mirror.push(commit, to: "main", expecting: both.ours)
        #expect(try origin.git("log", "-1", "--format=%P", "main") == "\(both.ours) \(both.theirs)")
        try origin.git("fsck", "--full", "--strict")
        #expect(try await mirror.isAncestor(both.theirs, of: commit))
        #expect(try await mirror.isAncestor(commit, of: commit))
        #expect(try await !mirror.isAncestor(commit, of: both.theirs))
    }

    @Test("a branch that is behind is moved forward without a new object")
    func fastForward() async throws {
        let both = try sides(["environments/a.yaml": "a"], [:])
        let mirror = try MirrorFixture(origin.path).mirror
        _ = try await mirror.fetch()
        let base = try origin.head("main~1")
        try origin.git("branch", "production", base.hex)
        try await mirror.push(both.ours, to: "production", expecting: base)
        #expect(try origin.head("production") == both.ours)
    }

    @Test("changes that touch are one place, and both versions of it are whole")
    func hunksAgreeWithGit() {
        // The ancestor is a b c d e f, a line each.
        func side(_ lines: [String], _ changes: [(Range<Int>, Range<Int>)]) -> LineConflicts.Side {
            LineConflicts.Side(lines: lines, changes: changes.map { .init(base: $0.0, new: $0.1) })
        }
        let ours = side(["a", "B", "c", "d", "x", "e", "f"], [(1..<2, 1..<2), (4..<4, 4..<5)])
        let theirs = side(["a", "c", "d", "y", "z", "f"], [(1..<2, 1..<1), (4..<5, 3..<5)])
        #expect(
            LineConflicts(ours: ours, theirs: theirs).hunks() == [
                .init(line: 2, ours: ["B"], theirs: []), .init(line: 5, ours: ["x", "e"], theirs: ["y", "z"]),
            ])
    }
}
