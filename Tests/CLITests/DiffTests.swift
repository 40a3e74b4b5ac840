// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing

@testable import CLI

@Suite(.timeLimit(.minutes(1))) struct LineDiffTests {
    /// Texts of few different lines, so that they have much in common.
    private static func text(_ random: inout SplitMix) -> [String] {
        (0..<Int(random.next() % 14)).map { _ in ["a", "b", "c", "d"][Int(random.next() % 4)] }
    }

    @Test("the result read as old gives the old text, read as new the new one, and is as short as can be")
    func random() {
        var random = SplitMix(state: 7)
        for _ in 0..<3000 {
            let (old, new) = (Self.text(&random), Self.text(&random))
            let lines = lineDiff(old, new)
            #expect(lines.filter { $0.mark != .added }.map(\.text) == old)
            #expect(lines.filter { $0.mark != .removed }.map(\.text) == new)
            #expect(lines.count { $0.mark == .same } == longestCommon(old, new))
        }
    }

    /// By the textbook's table.
    private func longestCommon(_ old: [String], _ new: [String]) -> Int {
        var row = [Int](repeating: 0, count: new.count + 1)
        for line in old {
            var next = row
            for (index, other) in new.enumerated() {
                next[index + 1] = line == other ? row[index] + 1 : max(row[index + 1], next[index])
            }
            row = next
        }
        return row[new.count]
    }

    @Test("hunks are those of diff -u, letter by letter")
    func unified() throws {
        let folder = try TemporaryFolder("diff")
        var random = SplitMix(state: 11)
        for _ in 0..<60 {
            let old = (0..<40).map { "line \($0)" }
            var new = old
            for _ in 0..<Int(random.next() % 4) {
                let index = Int(random.next() % UInt64(new.count))
                switch random.next() % 3 {
                case 0: new[index] = "changed \(random.next() % 9)"
                case 1: new.remove(at: index)
                default: new.insert("new \(random.next() % 9)", at: index)
                }
            }
            try Files.write(Array(old.map { "\($0)\n" }.joined().utf8), to: "\(folder.path)/old")
            try Files.write(Array(new.map { "\($0)\n" }.joined().utf8), to: "\(folder.path)/new")
            let diff = Process()
            let pipe = Pipe()
            diff.executableURL = URL(filePath: "/usr/bin/diff")
            diff.arguments = ["-u", "--label", "old", "--label", "new", "\(folder.path)/old", "\(folder.path)/new"]
            diff.standardOutput = pipe
            try diff.run()
            let expected = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            #expect(unifiedDiff(old, new, from: "old", to: "new").map { "\($0)\n" }.joined() == expected)
        }
    }

    @Test("two large texts without a common line are compared in bounded time")
    func bounded() {
        let old = (0..<20_000).map { "old \($0)" }
        let new = (0..<20_000).map { "new \($0)" }
        #expect(lineDiff(old, new).count == 40_000)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct SecretMaskTests {
    private func secret(_ data: Value?, _ stringData: Value? = nil) -> Value {
        var object: Value = ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "x"]]
        object["data"] = data
        object["stringData"] = stringData
        return object
    }

    @Test("equal values have equal fingerprints, different ones different, and none shows the value")
    func fingerprints() {
        let mask = SecretMask()
        let shown = mask.masked(secret(["a": "aHVudGVyMg==", "b": "aHVudGVyMg==", "c": "aHVudGVyMw=="]))
        #expect(shown[at: "data", "a"] == shown[at: "data", "b"])
        #expect(shown[at: "data", "a"] != shown[at: "data", "c"])
        #expect(!shown.jsonText().contains("aHVudGVy"))
    }

    @Test("data and stringData of the same text are the same")
    func stringData() {
        let mask = SecretMask()
        let data = mask.masked(secret(["a": "aHVudGVyMg=="]))
        #expect(mask.masked(secret(nil, ["a": "hunter2"])) == data)
    }

    @Test("another process, another key: nobody can look a printed fingerprint up")
    func keyed() {
        let object = secret(["a": "aHVudGVyMg=="])
        #expect(SecretMask().masked(object) != SecretMask().masked(object))
        #expect(SecretMask(key: [1]).masked(object) == SecretMask(key: [1]).masked(object))
    }

    @Test("what kubectl keeps of a Secret in an annotation is masked too, and other kinds are left alone")
    func lastApplied() {
        let annotation = "kubectl.kubernetes.io/last-applied-configuration"
        var object = secret(["a": "eA=="])
        object["metadata"] = ["name": "x", "annotations": .map([annotation: "{\"data\":{\"a\":\"eA==\"}}"])]
        #expect(!SecretMask().masked(object).jsonText().contains("eA=="))
        let other: Value = ["apiVersion": "v1", "kind": "ConfigMap", "data": ["a": "b"]]
        #expect(SecretMask().masked(other) == other)
    }
}

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
