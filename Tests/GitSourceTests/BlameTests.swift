// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform
import TestKit
import Testing

@testable import GitSource

/// `git blame` is the judge of everything here.
@Suite("Who changed a line", .serialized, .timeLimit(.minutes(1)))
struct BlameTests {
    let clone: GitRepositoryFixture

    init() throws { clone = try GitRepositoryFixture() }

    /// The commit of each line as git says it.
    private func blame(_ file: String, at revision: String = "HEAD") throws -> [String] {
        try clone.git("blame", "--line-porcelain", revision, "--", file).split(separator: "\n")
            .filter { line in
                let words = line.split(separator: " ")
                return words.count >= 3 && words[0].count == 40 && CommitID(words[0]) != nil
            }
            .map { String($0.prefix(40)) }
    }

    private func snapshot(at commit: CommitID) async throws -> SourceSnapshot {
        try await LocalRepository(openingAt: clone.path, configRoot: "").snapshot(at: commit)
    }

    private func places(_ file: String, _ lines: some Sequence<Int>) -> Set<Domain.SourceLocation> {
        Set(lines.map { Domain.SourceLocation(file: file, line: $0, column: 1) })
    }

    private func ids(_ changes: LineChanges, _ file: String, _ lines: ClosedRange<Int>) -> [String] {
        lines.map { line in
            switch changes[Domain.SourceLocation(file: file, line: line)] {
            case .committed(let commit): commit.id.hex
            case .atOrBefore(let commit): "^\(commit.id.hex)"
            case .uncommitted: "uncommitted"
            case nil: "nobody"
            }
        }
    }

    @Test(
        "random histories with merges, deletions and odd dates are read exactly as git blame reads them",
        arguments: 1...4)
    func random(seed: UInt64) async throws {
        var history = RandomHistory(seed: seed)
        try clone.git(["fast-import", "--quiet", "--date-format=raw"], input: history.stream(commits: 70))
        let memory = RepositoryBlame(of: clone.path)
        // Older commits first, so that later walks end in what is remembered.
        for branch in ["b0~8", "b0", "b1", "b2"] {
            let commit = try clone.head(branch)
            let snapshot = try await snapshot(at: commit)
            var wanted: Set<Domain.SourceLocation> = []
            var expected: [String: [String]] = [:]
            for file in snapshot.files.keys {
                expected[file] = try blame(file, at: branch)
                wanted.formUnion(places(file, 1...max(1, expected[file]?.count ?? 1)))
            }
            for reader in [memory, RepositoryBlame(of: clone.path)] {
                let changes = try await reader.changes(of: wanted, in: snapshot)
                for (file, lines) in expected where !lines.isEmpty {
                    #expect(ids(changes, file, 1...lines.count) == lines, "\(file) at \(branch), seed \(seed)")
                }
            }
        }
    }

    @Test("lines are followed through renamed files and folders")
    func renames() async throws {
        let text = (1...20).map { "line \($0)" }.joined(separator: "\n") + "\n"
        try clone.commit(["old/a.yaml": text, "other.yaml": "x\n"], "First")
        try clone.commit(["old/a.yaml": nil, "new/b.yaml": text], "Rename")
        try clone.commit(["new/b.yaml": text.replacing("line 7\n", with: "seven\n")], "Edit")
        try clone.commit(
            [
                "new/b.yaml": nil,
                "new/c.yaml": text.replacing("line 7\n", with: "seven\n").replacing("line 9", with: "9"),
            ],
            "Rename and edit")
        let head = try clone.head()
        let changes = try await RepositoryBlame(of: clone.path)
            .changes(of: places("new/c.yaml", 1...20), in: try await snapshot(at: head))
        #expect(ids(changes, "new/c.yaml", 1...20) == (try blame("new/c.yaml")))
        #expect(Set(ids(changes, "new/c.yaml", 1...20)).count == 3)
        let first = changes[Domain.SourceLocation(file: "new/c.yaml", line: 1)]?.commit
        #expect(first?.subject == "First")
        #expect(first?.author == "Kim")
        #expect(first?.email == "kim@example.org")
    }

    @Test("what is not committed yet says so, in files that are new, edited or committed")
    func uncommitted() async throws {
        let first = try clone.commit(["environments/a.yaml": "one\ntwo\nthree\n"], "First")
        try clone.write("one\ninserted\ntwo\nthree\nlast\n", to: "environments/a.yaml")
        try clone.write("fresh\n", to: "environments/new.yaml")
        let snapshot = try WorkingTree(clone.path).snapshot()
        let changes = try await RepositoryBlame(of: clone.path)
            .changes(
                of: places("environments/a.yaml", 1...5).union(places("environments/new.yaml", [1])), in: snapshot)
        #expect(
            ids(changes, "environments/a.yaml", 1...5)
                == [first.hex, "uncommitted", first.hex, first.hex, "uncommitted"])
        #expect(ids(changes, "environments/new.yaml", 1...1) == ["uncommitted"])
        let fresh = try GitRepositoryFixture()
        try fresh.write("a\n", to: "environments/a.yaml")
        let none = try await RepositoryBlame(of: fresh.path)
            .changes(of: places("environments/a.yaml", [1]), in: try WorkingTree(fresh.path).snapshot())
        #expect(ids(none, "environments/a.yaml", 1...1) == ["uncommitted"])
    }

    @Test("only what was asked for is answered, and a folder without a repository is an error")
    func bounds() async throws {
        let head = try clone.commit(["a.yaml": "one\ntwo\n"])
        let snapshot = try await snapshot(at: head)
        let asked = places("a.yaml", [2, 0]).union(places("missing.yaml", [1]))
        let changes = try await RepositoryBlame(of: clone.path).changes(of: asked, in: snapshot)
        #expect(ids(changes, "a.yaml", 1...2) == ["nobody", head.hex])
        #expect(changes[Domain.SourceLocation(file: "missing.yaml", line: 1)] == nil)
        #expect(!changes.isCutShort)
        let folder = try TemporaryFolder("none")
        await #expect(throws: GitError.self) {
            try await RepositoryBlame(of: folder.path).changes(of: asked, in: snapshot)
        }
    }

    @Test("a shallow clone says where its history ends, and so does a walk that goes no further")
    func shallow() async throws {
        try clone.commit(["a.yaml": "one\ntwo\nthree\n"])
        let second = try clone.commit(["a.yaml": "one\n2\nthree\n"])
        let third = try clone.commit(["a.yaml": "one\n2\n3\n"])
        let snapshot = try await snapshot(at: third)
        let folder = try TemporaryFolder("shallow")
        try clone.git("clone", "--quiet", "--depth", "2", "file://\(clone.path)", "\(folder.path)/clone")
        for reader in [RepositoryBlame(of: "\(folder.path)/clone"), RepositoryBlame(of: clone.path, commitLimit: 1)] {
            let changes = try await reader.changes(of: places("a.yaml", 1...3), in: snapshot)
            #expect(ids(changes, "a.yaml", 1...3) == ["^\(second.hex)", "^\(second.hex)", third.hex])
            #expect(changes.isCutShort)
        }
    }

    @Test("a cancelled question ends")
    func cancelled() async throws {
        let head = try clone.commit(["a.yaml": "one\n"])
        let snapshot = try await snapshot(at: head)
        let reader = RepositoryBlame(of: clone.path)
        let places = places("a.yaml", [1])
        // Cancelled by the test itself, before it runs.
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await reader.changes(of: places, in: snapshot)
        }
        let result = await task.result
        #expect(throws: GitError.self) { try result.get() }
    }
}

/// Three branches that edit two files, merge each other, and sometimes remove a file and bring it back.
private struct RandomHistory {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    private mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    mutating func stream(commits: Int) -> String {
        var text = ""
        var files: [[String: [String]]] = [[:], [:], [:]]
        var heads: [Int?] = [nil, nil, nil]
        var clock = 1_700_000_000
        for mark in 1...commits {
            let branch = heads[0] == nil ? 0 : next(3)
            clock += next(5) == 0 ? -next(4000) : next(2000)
            let from = heads[branch] ?? heads[0]
            var mine = heads[branch] == nil ? files[0] : files[branch]
            var merged: Int?
            let other = next(3)
            if let there = heads[other], other != branch, there != from, next(3) == 0 {
                merged = there
                for (file, lines) in files[other] where next(3) > 0 {
                    // Some lines of theirs, some of ours, as a person resolves a conflict.
                    let ours = mine[file] ?? []
                    let cut = next(min(lines.count, ours.count) + 1)
                    mine[file] = next(3) == 0 ? lines : Array(lines.prefix(cut)) + Array(ours.dropFirst(cut))
                }
            }
            if merged == nil || next(3) == 0 { edit(&mine) }
            text += "commit refs/heads/b\(branch)\nmark :\(mark)\ncommitter Kim <k@example.org> \(clock) +0000\n"
            text += "data 1\nx\n"
            if let from { text += "from :\(from)\n" }
            if let merged { text += "merge :\(merged)\n" }
            text += "deleteall\n"
            for (file, lines) in mine.sorted(by: { $0.key < $1.key }) {
                let content = lines.joined(separator: "\n") + (next(12) == 0 ? "" : "\n")
                text += "M 100644 inline \(file)\ndata \(content.utf8.count)\n\(content)\n"
            }
            files[branch] = mine
            heads[branch] = mark
        }
        return text + "done\n"
    }

    private mutating func edit(_ files: inout [String: [String]]) {
        for file in ["top.yaml", "deep/er/file.yaml"] {
            guard files[file] != nil || next(2) == 0 || files.isEmpty else { continue }
            var lines = files[file] ?? []
            for _ in 0...next(3) {
                let word = ["replicas: 1", "name: cart", "", "- item", "memory: \(next(9))"][next(5)]
                switch next(3) {
                case 0 where !lines.isEmpty: lines.remove(at: next(lines.count))
                case 1 where !lines.isEmpty: lines[next(lines.count)] = word
                default: lines.insert(word, at: next(lines.count + 1))
                }
            }
            // An empty file has no line to blame.
            files[file] = lines.isEmpty ? ["again"] : lines
        }
    }
}
