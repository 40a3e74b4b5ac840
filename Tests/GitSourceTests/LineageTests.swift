import Domain
import GitSource
import TestKit
import Testing

@Suite("How files came to be what they are", .timeLimit(.minutes(1)))
struct LineageTests {
    private let path = "environments/releases/cart.yaml"

    /// Newest first, each by its content; `-` where the file was removed.
    private func line(_ git: GitRepositoryFixture, at revision: String, since base: CommitID? = nil, until: String = "")
        async throws -> String
    {
        let repository = try LocalRepository(openingAt: git.path)
        let end = until.isEmpty ? [] : [try git.git(["hash-object", "--stdin"], input: until)]
        let lines = try await repository.lineage(
            of: ["releases/cart.yaml": Set(end), "releases/never.yaml": []], at: try git.head(revision), since: base)
        #expect(lines["releases/never.yaml"] == [])
        return (lines["releases/cart.yaml"] ?? []).map { version in
            version.file.map { String(decoding: $0.bytes, as: UTF8.self) } ?? "-"
        }.joined(separator: " ")
    }

    @Test("a straight history is given newest first, removals too, and ends where it is told to")
    func straight() async throws {
        let git = try GitRepositoryFixture()
        try git.commit([path: "1"])
        let base = try git.commit(["other": "x"])
        try git.commit([path: "2"])
        try git.commit([path: nil, "environments/x": "x"])
        try git.commit([path: "3"])
        #expect(try await line(git, at: "main") == "3 - 2 1")
        #expect(try await line(git, at: "main", until: "2") == "3 - 2")
        #expect(try await line(git, at: "main", since: base) == "3 - 2")
        #expect(try await line(git, at: "main~1") == "- 2 1")
        #expect(try await line(git, at: "main", since: git.head()) == "")
    }

    @Test("a merge is followed to the parent whose content it took, whichever that is")
    func merges() async throws {
        let git = try GitRepositoryFixture()
        try git.commit([path: "1"])
        try git.git("branch", "local")
        try git.commit([path: "2"])
        try git.commit([path: "3"])
        // What `git pull` makes of local work: its first parent is the local branch.
        try git.git("checkout", "--quiet", "local")
        try git.commit(["notes": "x"])
        try git.git("merge", "--quiet", "--no-ff", "--message", "Merge", "main")
        #expect(try await line(git, at: "local") == "3 2 1")
        // A merge that keeps its own record: what the other branch had is no part of the line.
        try git.git("checkout", "--quiet", "-b", "held", "main~2")
        try git.commit([path: "9"])
        try git.git("merge", "--quiet", "--no-ff", "--strategy", "ours", "--message", "Keep", "main")
        #expect(try await line(git, at: "held") == "9 1")
        #expect(try await line(git, at: "held", since: git.head("main~1")) == "9")
        // A merge that makes a third content comes from both.
        try git.git("checkout", "--quiet", "-b", "third", "main")
        try git.git("merge", "--quiet", "--no-ff", "--no-commit", "--strategy", "ours", "held~1")
        try git.commit([path: "12"])
        #expect(Set(try await line(git, at: "third").split(separator: " ")) == ["12", "3", "2", "9", "1"])
    }

    @Test("two branches with the same record are both followed")
    func bothParents() async throws {
        let git = try GitRepositoryFixture()
        try git.commit([path: "0"])
        try git.git("branch", "staging")
        try git.commit([path: "1"])
        try git.commit([path: "2"])
        try git.git("checkout", "--quiet", "staging")
        // A partial promotion: the record alone, without the history it came by.
        try git.commit([path: "2"])
        try git.git("merge", "--quiet", "--no-ff", "--message", "Promote", "main")
        #expect(Set(try await line(git, at: "staging").split(separator: " ")) == ["2", "1", "0"])
    }

    @Test("the merge base is git's, and unrelated histories have none")
    func mergeBase() async throws {
        let git = try GitRepositoryFixture()
        let root = try git.commit([path: "1"])
        try git.git("branch", "other")
        let main = try git.commit([path: "2"])
        try git.git("checkout", "--quiet", "other")
        let other = try git.commit(["x": "x"])
        try git.git("checkout", "--quiet", "--orphan", "alone")
        let alone = try git.commit(["y": "y"])
        let repository = try LocalRepository(openingAt: git.path)
        #expect(try await repository.mergeBase(of: main, and: other) == root)
        #expect(try await repository.mergeBase(of: main, and: alone) == nil)
    }
}
