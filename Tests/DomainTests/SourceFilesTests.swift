// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@Suite struct SourceFilesTests {
    @Test("after any edits files are those that a plain dictionary has", arguments: 0..<10 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = Numbers(state: seed)
        var model: [String: SourceFile] = [:]
        for number in 0..<100 { model["\(number)"] = file(random.next()) }
        var files = SourceFiles(model)
        // More than are kept apart from the rest.
        for round in 0..<1000 {
            let path = "\(random.next() % 400)"
            let new = random.next() % 3 == 0 ? nil : file(random.next())
            files[path] = new
            model[path] = new
            #expect(files[path] == new)
            guard round % 50 == 0 else { continue }
            #expect(Dictionary(uniqueKeysWithValues: files.map { ($0.key, $0.value) }) == model)
            #expect(files.count == model.count)
            #expect(files.byteCount == model.values.reduce(0) { $0 + $1.bytes.count })
            #expect(files.keys.sorted() == model.keys.sorted())
            #expect(files.filter { $0.key.hasPrefix("1") } == model.filter { $0.key.hasPrefix("1") })
        }
    }

    @Test("an edit leaves the files of before as they were")
    func copies() {
        let before = SourceFiles(["a": file(1), "b": file(2)])
        var after = before
        after["a"] = nil
        after["c"] = file(3)
        #expect(before.keys.sorted() == ["a", "b"])
        #expect(after.keys.sorted() == ["b", "c"])
        #expect(!after.isEmpty)
    }

    private func file(_ number: UInt64) -> SourceFile {
        SourceFile(blob: "\(number)", bytes: Array(repeating: 0, count: Int(number % 7)))
    }
}

@Suite struct ByteOrderTests {
    @Test("texts are compared by their bytes, whatever their length and where they differ")
    func order() {
        var random = Numbers(state: 7)
        for _ in 0..<3000 {
            let left = text(&random)
            // Most differ late or not at all.
            var right = random.next() % 4 == 0 ? text(&random) : left
            if random.next() % 2 == 0 { right.append("ä") }
            #expect(left.hasSameBytes(as: right) == (Array(left.utf8) == Array(right.utf8)))
            #expect(left.precedesInBytes(right) == left.utf8.lexicographicallyPrecedes(right.utf8))
            #expect(right.precedesInBytes(left) == right.utf8.lexicographicallyPrecedes(left.utf8))
        }
    }

    @Test("a map holds what a dictionary would, in the order of its keys' bytes")
    func maps() {
        var random = Numbers(state: 3)
        for _ in 0..<300 {
            var entries: [Map.Entry] = []
            for _ in 0..<random.next() % 24 {
                entries.append(.init(key: text(&random), value: .integer(Int64(random.next() % 100))))
            }
            let map = Map(entries)
            for entry in entries {
                #expect(map[entry.key] == entries.last { $0.key.hasSameBytes(as: entry.key) }?.value)
            }
            #expect(zip(map, map.dropFirst()).allSatisfy { $0.key.precedesInBytes($1.key) })
            #expect(map["no such key"] == nil)
        }
    }

    private func text(_ random: inout Numbers) -> String {
        let letters: [Character] = ["a", "b", "\u{0}", "z", "é", "e\u{301}", "\u{10FFFF}", "/"]
        return String((0..<random.next() % 20).map { _ in letters[Int(random.next() % 8)] })
    }
}

private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
