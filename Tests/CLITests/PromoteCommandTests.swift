// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import TestKit
import Testing

/// `promote` and `status --behind` on a bare repository.
@Suite("The promote command", .timeLimit(.minutes(1)))
struct PromoteCommandTests {
    private let git: GitRepositoryFixture
    private let folder: TemporaryFolder

    init() throws {
        git = try GitRepositoryFixture()
        folder = try TemporaryFolder("promote")
        let template =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{service}}\"}\ndata: {v: \"{{version}}\"}\n"
        try git.commit([
            "environments/kubernaut.yaml": "environments: [dev, staging, production]\n",
            "environments/defaults.yaml": "level: info\n", "environments/templates/default.yaml": template,
        ])
        for branch in ["dev", "staging", "production"] { try git.git("branch", branch) }
        try release("cart", "1.0")
        try release("cart", "1.1")
        try release("mail", "1.0")
        try git.git("checkout", "--quiet", "--detach")
    }

    private func release(_ service: String, _ version: String, in branch: String = "dev") throws {
        try git.git("checkout", "--quiet", branch)
        try git.commit(
            [
                "environments/releases/\(service).yaml": """
                service: \(service)
                version: "\(version)"
                image: registry.example.org/\(service):\(version)
                source: {message: Work on \(version), author: Kim}

                """
            ], "Release \(service) \(version)")
        try git.git("checkout", "--quiet", "--detach")
    }

    private func run(_ arguments: String...) async -> CapturedRun {
        await CapturedRun.of(
            arguments + ["--repo", git.path],
            environment: [
                "HOME": folder.path, "PATH": "/usr/bin:/bin", "GIT_AUTHOR_NAME": "Ann",
                "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann",
                "GIT_COMMITTER_EMAIL": "ann@example.org",
            ], folder: folder.path)
    }

    @Test("shows what would come, changes nothing, and does exactly that when it is told to")
    func bound() async throws {
        let head = try git.head("staging")
        let shown = await run("promote", "dev", "staging", "--all", "--dry-run", "--offline")
        #expect(shown.code == 0, "\(shown.error)")
        #expect(shown.output.hasPrefix("SERVICE  NOW  AFTER  RELEASES  OBJECTS    BY   NOTE\n"))
        #expect(shown.output.contains("cart     -    1.1    1         1 (+6 -0)  Kim  new\n"))
        #expect(shown.error.contains("This changes 2 services in staging. Nothing is deleted."))
        #expect(shown.error.contains("The cluster was not asked: --offline."))
        #expect(try git.head("staging") == head)
        let line = try #require(shown.error.split(separator: "\n").first { $0.contains("--expect ") })
        let expectation = String(line.split(separator: " ").last ?? "")

        try release("mail", "1.1")
        let late = await run("promote", "dev", "staging", "--all", "--expect", expectation)
        #expect(late.code == 3)
        #expect(late.error.contains("dev moved: 1 commit since "))
        #expect(try git.head("staging") == head)

        let done = await run("promote", "dev", "staging", "--all", "--reason", "weekly train")
        #expect(done.code == 0, "\(done.error)")
        #expect(done.output.hasPrefix("staging \(head.short)..\(try git.head("staging").short): promoted 2 services"))
        let message = try git.git("log", "--max-count=1", "--format=%an%n%B", "staging")
        #expect(
            message.hasPrefix("Ann\nPromote dev to staging\n") && message.contains("Kubernaut-Reason: weekly train"))
        #expect(try git.git("rev-list", "--parents", "--max-count=1", "staging").split(separator: " ").count == 3)
        let again = await run("promote", "dev", "staging", "--all")
        #expect(again.code == 0 && again.output.isEmpty)
        #expect(again.error.contains("Nothing to promote from dev to staging."))
    }

    @Test("gives the manifests line by line, or everything as one document")
    func formats() async throws {
        let diff = await run("promote", "dev", "staging", "--service", "cart", "--dry-run", "-o", "diff", "--offline")
        #expect(
            diff.output.hasPrefix("--- staging now ConfigMap/cart\n+++ staging after ConfigMap/cart\n@@ -0,0 +1,6 @@\n")
        )
        #expect(!diff.output.contains("mail"))
        let json = await run("promote", "dev", "staging", "--all", "--dry-run", "-o", "json", "--offline")
        let document = try parseJSON(Array(json.output.utf8))
        #expect(document["kind"] == "merge")
        #expect(document["services"]?.list?.compactMap { $0["name"]?.string } == ["cart", "mail"])
        #expect(document[at: "server", "asked"] == false)
        #expect(document["expect"]?.string?.split(separator: ",").count == 3)
    }

    @Test("shows a conflict with both sides, and ends with 3")
    func conflict() async throws {
        for (branch, level) in [("dev", "debug"), ("staging", "warn")] {
            try git.git("checkout", "--quiet", branch)
            try git.commit(["environments/defaults.yaml": "level: \(level)\n"])
            try git.git("checkout", "--quiet", "--detach")
        }
        let refused = await run("promote", "dev", "staging", "--all", "--yes")
        #expect(refused.code == 3)
        #expect(
            refused.error.contains(
                "environments/defaults.yaml:1\n  in staging:\n    level: warn\n  in dev:\n    level: debug\n"))
    }

    @Test(
        "is refused with a way on",
        arguments: [
            (["promote", "dev", "staging"], Int32(64), "nothing says what to promote"),
            (["promote", "dev", "staging", "--all", "--service", "cart"], 64, "exclude each other"),
            (["promote", "dev", "stagin", "--all"], 5, "did you mean \"staging\"?"),
            (["promote", "dev", "staging", "--service", "crat"], 5, "did you mean \"cart\"?"),
            (["promote", "dev", "production", "--all"], 64, "nobody can be asked here. This changes 2 services"),
            (["promote", "dev", "staging", "--all", "--wait"], 64, "--wait needs a running kubernaut"),
            (["promote", "dev", "staging", "--all", "--expect", "x"], 64, "--expect must be FROM_SHA,TO_SHA,DIGEST"),
        ])
    func refusals(arguments: [String], code: Int32, text: String) async throws {
        let result = await CapturedRun.of(
            arguments + ["--repo", git.path], environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin"],
            folder: folder.path)
        #expect(result.code == code)
        #expect(result.error.contains(text), "\(result.error)")
    }

    @Test("status --behind says where services stand, of any repository and without a cluster")
    func behind() async throws {
        _ = await run("promote", "dev", "staging", "--service", "cart")
        try release("cart", "1.2")
        try release("cart", "1.3")
        try release("mail", "0.9-fix", in: "production")
        let status = await run("status", "--behind")
        #expect(status.code == 0, "\(status.error)")
        #expect(
            status.output == """
                ENVIRONMENT  SERVICE  VERSION  POSITION           NOTE
                staging      cart     1.1      2 releases behind
                staging      mail              not here yet
                production   mail     0.9-fix  only here
                production   cart              not here yet

                """)
    }
}
