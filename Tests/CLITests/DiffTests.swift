// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing

@testable import CLI

/// `diff` on the repository's own example.
@Suite(.timeLimit(.minutes(1))) struct DiffCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("diff")
        try FileManager.default.copyItem(
            atPath: "\(BuiltBinary.packageRoot)/environments", toPath: "\(folder.path)/environments")
        for words in [
            ["init", "-q", "--initial-branch", "dev"], ["add", "."],
            ["-c", "user.name=Kim", "-c", "user.email=kim@example.com", "commit", "-q", "-m", "Start"],
        ] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/git")
            process.arguments = ["-C", folder.path] + words
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
    }

    private func run(_ words: String...) async -> CapturedRun { await CapturedRun.of(words, folder: folder.path) }

    private func edit(_ path: String, _ change: (String) -> String) throws {
        let whole = "\(folder.path)/environments/\(path)"
        try Files.write(Array(change(String(decoding: try Files.read(whole), as: UTF8.self)).utf8), to: whole)
    }

    @Test("an environment does not differ from itself, and nothing is printed")
    func same() async {
        for words in [["dev", "dev"], ["env:dev", "env:dev@HEAD"], ["rev:HEAD"], ["rev:HEAD", "rev:HEAD"]] {
            let result = await CapturedRun.of(["diff"] + words, folder: folder.path)
            #expect(result.code == 0, "\(words) \(result.error)")
            #expect(result.output.isEmpty)
        }
    }

    @Test("two environments differ in what their files say, not in their own namespaces")
    func environments() async {
        let result = await run("diff", "dev", "env:staging", "--service", "cart")
        #expect(result.code == 1)
        #expect(result.output.contains("--- dev Deployment/cart\n+++ env:staging Deployment/cart\n"))
        #expect(result.output.contains("-  replicas: 1\n+  replicas: 2\n"))
        #expect(!result.output.contains("namespace"))
        #expect(await run("diff", "dev", "staging", "--no-exit-code").code == 0)
    }

    @Test("an edit on disk shows against the commit, in the environments that it touches")
    func edits() async throws {
        try edit("staging/defaults.yaml") { $0 + "logLevel: trace\n" }
        let result = await run("diff", "rev:HEAD", "-o", "json")
        #expect(result.code == 1)
        let items = try #require(try parseJSON(Array(result.output.utf8))["items"]?.list)
        #expect(!items.isEmpty)
        #expect(items.allSatisfy { $0["environment"] == "staging" && $0["change"] == "changed" })
        #expect(items.contains { $0["diff"]?.string?.contains("+  LOG_LEVEL: trace") == true })
        #expect(await run("diff", "rev:HEAD", "--env", "dev").code == 0)
        let table = await run("diff", "rev:HEAD", "-o", "table")
        #expect(table.output.hasPrefix("CHANGE   ENVIRONMENT  OBJECT"))
    }

    @Test("a service that went is removed, one that came is added")
    func addedAndRemoved() async throws {
        try Files.remove("\(folder.path)/environments/releases/cart.yaml")
        let gone = await run("diff", "env:dev@HEAD", "env:dev", "-o", "table", "--no-headers", "--service", "cart")
        #expect(gone.code == 1)
        let lines = gone.output.split(separator: "\n")
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.hasPrefix("removed  dev") })
        let back = await run("diff", "env:dev", "env:dev@HEAD", "-o", "table", "--no-headers", "--service", "cart")
        #expect(back.output.split(separator: "\n").allSatisfy { $0.hasPrefix("added  dev") })
    }

    static let failures: [(words: [String], code: Int32)] = [
        (["dev"], 64),
        (["dev", "what:ever"], 64),
        (["dev", "env:"], 64),
        (["live:dev", "live:staging"], 64),
        (["dev", "nosuch"], 5),
        (["rev:nosuch"], 5),
        (["live:dev", "env:staging"], 64),
    ]

    @Test("what cannot be compared fails with more than 1", arguments: failures)
    func fails(words: [String], code: Int32) async {
        let result = await CapturedRun.of(["diff"] + words, folder: folder.path)
        #expect(result.code == code, "\(result.error)")
        #expect(result.output.isEmpty)
    }

    @Test("what cannot be rendered cannot be compared")
    func broken() async throws {
        try edit("templates/default.yaml") { $0.replacing("{{replicas}}", with: "{{replcas}}") }
        let result = await run("diff", "rev:HEAD")
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("KN2201"))
    }
}
