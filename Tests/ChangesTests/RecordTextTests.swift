// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing
import YAML

@testable import Changes

@Suite struct RecordTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let old: String
        let fields: [(String, Value)]
        let new: String
    }

    static let cases: [Case] = [
        Case(
            testDescription: "comments, blank lines and the order of keys stay, new values fit on their lines",
            old: """
                # The cart. Ask Kim before changing anything by hand.
                image: registry.example.com/cart:1  # a digest would be better

                # bumped by Jenkins
                version: "1.10"   # as a text
                service: cart
                """,
            fields: [
                ("service", "cart"), ("version", "1.20"),
                ("image", .string("registry.example.com/cart:2@sha256:\(String(repeating: "a", count: 64))")),
            ],
            new: """
                # The cart. Ask Kim before changing anything by hand.
                image: registry.example.com/cart:2@sha256:\(String(repeating: "a", count: 64))  # a digest would be better

                # bumped by Jenkins
                version: "1.20"   # as a text
                service: cart

                """),
        Case(
            testDescription: "a block is edited inside, members come and go, comments above them stay",
            old: """
                service: cart
                version: v1
                build:
                  # Jenkins' own
                  number: 811
                  url: https://ci.example.com/811 # gone with the next
                # where it came from
                source:
                  commit: abc
                note: first
                """,
            fields: [
                ("service", "cart"), ("version", "v1"), ("build", ["number": 812, "job": "cart/main"]),
                ("source", ["commit": "def", "branch": "main"]),
            ],
            new: """
                service: cart
                version: v1
                build:
                  # Jenkins' own
                  number: 812
                  job: cart/main
                # where it came from
                source:
                  branch: main
                  commit: def

                """),
        Case(
            testDescription: "a map on one line stays on one line",
            old: "service: cart\nbuild: {number: 811, url: https://ci/811}  # why\nversion: v1\n",
            fields: [("service", "cart"), ("version", "v1"), ("build", ["number": 812, "job": "a, b"])],
            new: "service: cart\nbuild: {job: \"a, b\", number: 812}  # why\nversion: v1\n"),
        Case(
            testDescription: "a new member goes where the usual order wants it, above what follows",
            old: "service: cart\n\n# the picture\nimage: a:1\nreleasedBy: kim\n",
            fields: [
                ("service", "cart"), ("version", "v2"), ("image", "a:2"), ("releasedAt", "2026-08-22T13:55:02Z"),
                ("releasedBy", "kim"),
            ],
            new:
                "service: cart\nversion: v2\n\n# the picture\nimage: a:2\nreleasedAt: 2026-08-22T13:55:02Z\nreleasedBy: kim\n"
        ),
        Case(
            testDescription: "texts of several lines come and go",
            old: "service: cart\nnote: |\n  one\n  # no comment\n\n  two\n# end\n",
            fields: [("service", "cart"), ("note", "three\nfour\n")],
            new: "service: cart\nnote: |\n  three\n  four\n# end\n"),
        Case(
            testDescription: "line ends stay what they were",
            old: "service: cart\r\nversion: v1 # x\r\n", fields: [("service", "cart"), ("version", "v2")],
            new: "service: cart\r\nversion: v2 # x\r\n"),
        Case(
            testDescription: "a hash inside a value is no comment",
            old: "service: cart\nnote: \"a # b\" # c\nversion: v1#1\n",
            fields: [("service", "cart"), ("version", "v2#2"), ("note", "x # y")],
            new: "service: cart\nnote: \"x # y\" # c\nversion: v2#2\n"),
        Case(
            testDescription: "what cannot be edited is written anew: a map in braces",
            old: "{service: cart, version: v1}\n", fields: [("service", "cart"), ("version", "v2")],
            new: "service: cart\nversion: v2\n"),
        Case(
            testDescription: "what cannot be read is written anew: conflict markers",
            old: "service: cart\n<<<<<<< ours\nversion: v1\n=======\nversion: v2\n>>>>>>> theirs\n",
            fields: [("service", "cart"), ("version", "v3")], new: "service: cart\nversion: v3\n"),
        Case(
            testDescription: "an alias that would lose its anchor is written anew",
            old: "service: &name cart\nreleasedBy: *name\n",
            fields: [("service", "shop"), ("releasedBy", "cart")], new: "service: shop\nreleasedBy: cart\n"),
        Case(
            testDescription: "null inside values means something and stays",
            old: "service: cart\n", fields: [("service", "cart"), ("values", ["a": .null, "b": ["c": 1]])],
            new: "service: cart\nvalues:\n  a: null\n  b:\n    c: 1\n"),
    ]

    @Test("a person's way of writing survives", arguments: cases)
    func edits(example: Case) throws {
        let fields = example.fields.map { RecordField(key: $0.0, value: $0.1) }
        let new = String(decoding: RecordText.write(fields, over: Array(example.old.utf8)), as: UTF8.self)
        #expect(new == example.new)
        // Saying the same once more changes nothing.
        #expect(String(decoding: RecordText.write(fields, over: Array(new.utf8)), as: UTF8.self) == new)
    }

    @Test("whatever stood there, the file means what it must mean")
    func meaning() throws {
        var random = SeededRandom(seed: 7)
        let pieces = [
            "service: cart", "version: 1.10", "# hello", "", "build:", "  number: 1", "  - x", "image: {a: b}",
            "note: >-", "  folded", "\ttab", "---", "? x", ": y", "\"service\": 'c'", "values: &v {a: 1}", "x: *v",
            "  # deep", "é: ü # ß", "note: 'it''s' # q", "- list", "...", "%YAML 1.1",
        ]
        for _ in 0..<500 {
            let old = (0..<random.number(in: 0...8)).map { _ in pieces[random.number(in: 0...pieces.count - 1)] }
                .joined(separator: "\n")
            let fields = [
                RecordField(key: "service", value: "cart"), RecordField(key: "version", value: "2.0"),
                RecordField(key: "build", value: ["number": 2, "job": "a: b"]),
                RecordField(key: "releasedAt", value: "2026-08-22T13:55:02Z"),
                RecordField(key: "note", value: "x\n# y\n"), RecordField(key: "values", value: ["a": [1, "no"]]),
            ]
            let new = RecordText.write(fields, over: Array(old.utf8))
            let wanted = Value.map(Map(fields.map { Map.Entry(key: $0.key, value: $0.value) }))
            let meaning = try parseYAMLValue(new)
            #expect(meaning == wanted, "over \(old.debugDescription)")
        }
    }
}

/// xorshift64*: the same numbers in every run.
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return range.lowerBound + Int((state &* 0x2545_F491_4F6C_DD1D) >> 33) % range.count
    }
}
