// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Platform
import TestKit
import Testing
import YAML

/// Who set a value, through the commands.
@Suite(.timeLimit(.minutes(1))) struct AuthorshipTests {
    private let clone: GitRepositoryFixture
    private let first: CommitID
    private let second: CommitID

    /// An author who would like to add a line to the manifest, in a file that somebody else edits later.
    init() throws {
        clone = try GitRepositoryFixture()
        first = try clone.commit([
            "environments/kubernaut.yaml": "environments: [{name: dev, branch: main, namespace: shop}]\n",
            "environments/templates/default.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: "{{service}}"}
            data:
              memory: "{{memory}}"
              text: |
                {{note}}
                # and more

            """,
            "environments/defaults.yaml": "memory: 64Mi\nnote: a\n",
            "environments/services/cart.yaml": "release: none\nvalues:\n  memory: 256Mi\n",
        ])
        try clone.git("config", "user.name", "Eve\u{85}injected: true\u{2028}x: y\u{202e}")
        try clone.write("release: none\nvalues:\n  note: b\n  memory: 512Mi\n", to: "environments/services/cart.yaml")
        try runCommand(
            ["git", "commit", "--quiet", "--all", "--message", "Raise\u{1b}[31m memory"],
            environment: GitRepositoryFixture.environment.filter { $0.key != "GIT_AUTHOR_NAME" }, folder: clone.path)
        second = try clone.head()
    }

    private func run(_ words: String...) async -> CapturedRun { await CapturedRun.of(words, folder: clone.path) }

    @Test("explain says who set a value and who set the values below it")
    func explain() async throws {
        let result = await run("explain", "cart", "data.memory", "--env", "dev")
        #expect(result.code == 0, "\(result.error)")
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "data.memory  in ConfigMap/cart")
        #expect(lines.contains("  where   environments/services/cart.yaml:4:11"))
        #expect(lines.contains("  commit  \(second.short) Raise·[31m memory"))
        #expect(lines.contains("  author  Eve·injected: true·x: y· <kim@example.org>"))
        #expect(lines.contains("  overrides 64Mi"))
        #expect(lines.contains("    where   environments/defaults.yaml:1:9"))
        #expect(lines.contains("    commit  \(first.short) Change files"))
        let table = await run("explain", "cart", "--env", "dev")
        #expect(table.output.contains("COMMIT"))
        #expect(table.output.contains(second.short))
        let json = await run("explain", "cart", "memory", "--env", "dev", "-o", "json")
        let item = try parseJSON(Array(json.output.utf8))["items"]?.list?.first
        #expect(item?["commit"] == .string(second.hex))
        #expect(item?["change"] == "committed")
        #expect(item?["subject"] == "Raise\u{1b}[31m memory")
        #expect(item?["overridden"]?.list?.first?["commit"] == .string(first.hex))
        #expect(item?["overridden"]?.list?.first?["author"] == "Kim")
    }

    @Test("an edit on disk is not committed yet, and --at does not see it")
    func uncommitted() async throws {
        try clone.write("memory: 32Mi\nnote: a\n", to: "environments/defaults.yaml")
        let here = await run("explain", "cart", "memory", "--env", "dev")
        #expect(here.output.contains("  overrides 32Mi"))
        #expect(here.output.contains("    commit  not committed yet"))
        let there = await run("explain", "cart", "memory", "--env", "dev", "--at", "HEAD")
        #expect(there.output.contains("    commit  \(first.short) Change files"))
    }

    @Test("render --show-origin stays the same YAML, whatever an author is called")
    func origins() async throws {
        let plain = await run("render", "--env", "dev")
        let annotated = await run("render", "--env", "dev", "--show-origin")
        #expect(annotated.code == 0)
        #expect(
            annotated.output.contains(
                "# service environments/services/cart.yaml:4:11 \(second.short) Eve·injected: true·x: y· "))
        let trees = try [plain, annotated].map { try parseYAML(Array($0.output.utf8)).map(\.value) }
        #expect(trees[0] == trees[1])
        #expect(trees[0].first?["data"]?["text"] == "b\n# and more\n")
        let bare = await run("render", "--env", "dev", "--show-origin", "--no-blame")
        #expect(!bare.output.contains(second.short))
    }

    @Test("validate --blame names who last changed a wrong line; without it nobody asks")
    func validate() async throws {
        try clone.commit(["environments/services/cart.yaml": "release: none\nvalues:\n  memroy: 512Mi\n"], "Misspell")
        let third = try clone.head()
        let result = await run("validate", "--blame")
        #expect(result.output.contains("changed by \(third.short) "), "\(result.output)")
        #expect(!(await run("validate")).output.contains(third.short))
        let json = await run("validate", "--blame", "-o", "json")
        let items = try parseJSON(Array(json.output.utf8))["items"]?.list ?? []
        #expect(items.contains { $0["commit"] == .string(third.hex) })
        #expect(
            try parseJSON(Array(await run("validate", "-o", "json").output.utf8))["items"]?.list?.first?["commit"]
                == nil)
    }

    @Test("without a repository the values are told all the same, and why nobody is named")
    func noRepository() async throws {
        try Files.remove("\(clone.path)/.git")
        let result = await run("explain", "cart", "memory", "--env", "dev")
        #expect(result.code == 0)
        #expect(result.output.contains("environments/services/cart.yaml:4:11"))
        #expect(result.error.contains("who set these values is not known"))
    }
}
