// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing

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
