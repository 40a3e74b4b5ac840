// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Testing
import YAML

private func json(_ text: String) throws -> [String] {
    try parseYAML(Array(text.utf8)).map { $0.value.jsonText() }
}

private func failure(_ text: String, limits: FileLimits = .standard, reserved: String = "") -> YAMLError? {
    do {
        _ = try parseYAML(Array(text.utf8), limits: limits, reserved: reserved)
        return nil
    } catch {
        return error
    }
}

@Suite struct ParserTests {
    @Test(
        "documents come in order, empty ones as null, comments alone as nothing",
        arguments: [
            ("", []), ("# nothing\n", []), ("a: 1", [#"{"a":1}"#]),
            ("---\na: 1\n---\nb: 2\n", [#"{"a":1}"#, #"{"b":2}"#]),
            ("---\n---\na: 1\n", ["null", #"{"a":1}"#]), ("a: 1\n...\n", [#"{"a":1}"#]),
            ("a: 1\n---\n# only a comment\n", [#"{"a":1}"#, "null"]), ("%YAML 1.1\n---\na: 1\n", [#"{"a":1}"#]),
            ("\u{FEFF}a: 1", [#"{"a":1}"#]), ("a: 1\r\nb:\r\n- p\r\n- q\r\n", [#"{"a":1,"b":["p","q"]}"#]),
            ("[1, [2, {a: b}]]", [#"[1,[2,{"a":"b"}]]"#]), ("text", [#""text""#]),
            ("a: |\r\n  x\r\n  y\r\n", [#"{"a":"x\ny\n"}"#]),
        ])
    func documents(text: String, expected: [String]) throws {
        #expect(try json(text) == expected)
    }

    @Test(
        "aliases and merge keys mean what kubectl takes them for",
        arguments: [
            ("a: &x {p: 1}\nb: *x", #"{"a":{"p":1},"b":{"p":1}}"#),
            ("a: &x {p: 1, q: 2}\nb: {<<: *x, p: 9}", #"{"a":{"p":1,"q":2},"b":{"p":9,"q":2}}"#),
            // As go-yaml v2 does: a merge overwrites what stands before it.
            ("a: &x {p: 1, q: 2}\nb: {p: 9, <<: *x}", #"{"a":{"p":1,"q":2},"b":{"p":1,"q":2}}"#),
            ("b: {<<: [{p: 1}, {p: 2, q: 3}]}", #"{"b":{"p":1,"q":3}}"#),
            ("b: {\"<<\": 1}", #"{"b":{"<<":1}}"#),
            ("&k a: 1\nb: *k", #"{"a":1,"b":"a"}"#),
            ("a: &x 1\nb: &x 2\nc: *x", #"{"a":1,"b":2,"c":2}"#),
        ])
    func aliases(text: String, expected: String) throws {
        #expect(try json(text) == [expected])
    }

    @Test(
        "a place at the end of a text without a final line break is on its last line",
        arguments: [
            ("? x00\"", "1:7"), ("a: {x: 1,\n b: no", "2:7"), ("a: 1\nb", "2:2"), ("é: [ä", "1:6"), ("a: [\n", "2:1"),
            ("a: \"x\u{2028}y", "2:2"), ("a: [\r\rb", "3:2"),
        ])
    func endOfText(text: String, expected: String) throws {
        if let failure = failure(text) {
            #expect(failure.mark.description == expected, "\(failure)")
        } else {
            let root = try #require(try parseYAML(Array(text.utf8)).first)
            #expect(root.members?.first?.value.mark.description == expected)
        }
    }

    @Test("keys and values know where they were written")
    func places() throws {
        let root = try #require(
            try parseYAML(Array("# top\nspec:\n  ports:\n  - name: \"ä\"\n    é: |\n      x\n".utf8)).first)
        let item = try #require(root["spec"]?["ports"]?.items?.first)
        #expect(item.mark.description == "4:5")
        #expect(item.members?.map(\.keyMark.description) == ["4:5", "5:5"])
        #expect(item["name"]?.mark.description == "4:11")
        #expect(item["name"]?.scalar?.style == .doubleQuoted)
        #expect(item["é"]?.mark.description == "5:8")
        #expect(item["é"]?.scalar?.style == .literal)
    }

    @Test(
        "an error names its place, and the other place it has to do with",
        arguments: [
            ("a: 1\nb: 2\na: 3", YAMLError.Code.duplicateKey, "3:1: the key \"a\" comes twice (first at 1:1)"),
            ("on: 1\ntrue: 2", .duplicateKey, "2:1: the key \"true\" comes twice (first at 1:1)"),
            ("a: {b: 1, b: 2}", .duplicateKey, "1:11: the key \"b\" comes twice (first at 1:5)"),
            ("a: *x", .unknownAlias, "1:4: no anchor &x comes before this alias"),
            ("---\na: &x 1\n---\nb: *x", .unknownAlias, "4:4: no anchor &x comes before this alias"),
            ("a: &x [*x]", .unknownAlias, "1:8: the anchor &x contains itself"),
            ("a: 1\nb:\n  <<: 5", .unusableValue, "3:3: a merge key (<<) takes a map or a list of maps"),
            ("a: [1\nb: 2", .syntax, "2:2: did not find expected ',' or ']' (while parsing a flow sequence at 1:4)"),
            ("a: b: c", .syntax, "1:5: mapping values are not allowed in this context"),
            (
                "a: \"\\ud83d\\ude00\"", .syntax,
                "1:7: found invalid Unicode character escape code (while parsing a quoted scalar at 1:4)"
            ),
            ("a: .inf", .unusableValue, "1:4: Kubernetes has no number .inf; write it in quotes for a string"),
        ])
    func errors(text: String, code: YAMLError.Code, description: String) {
        let error = failure(text)
        #expect(error?.code == code)
        #expect(error?.description == description)
    }

    @Test("a composed and a decomposed key are two keys, in small maps and in large ones", arguments: [0, 40])
    func bytesDecide(others: Int) throws {
        let filler = (0..<others).map { "k\($0): 0\n" }.joined()
        let document = try parseYAMLValue(Array("\(filler)\u{E9}: 1\ne\u{301}: 2\n".utf8))
        #expect(document.map?.count == others + 2)
        #expect(failure("\(filler)\u{E9}: 1\n\u{E9}: 2\n")?.code == .duplicateKey)
    }

    @Test(
        "reserved text is refused where no value may stand",
        arguments: [
            "a: !kn7 x", "a: &kn7 x", "a: &x 1\nb: *kn7", "%TAG !e! kn7\n---\na: 1", "a: !kn7 [x]", "&kn7 a: 1",
        ])
    func reserved(text: String) {
        #expect(failure(text, reserved: "kn7")?.code == .reserved)
        #expect(failure("a: kn7 # kn7\nkn7: \"kn7\"", reserved: "kn7") == nil)
    }

    @Test("one document is asked for, a second one is an error")
    func oneDocument() throws {
        #expect(try parseYAMLValue([]) == .null)
        #expect(throws: YAMLError.self) { try parseYAMLValue(Array("a: 1\n---\nb: 1".utf8)) }
    }

    @Test("bytes that are no text are an error, not a crash")
    func noText() {
        #expect(throws: YAMLError.self) { try parseYAML([0x61, 0x3A, 0x20, 0xFF]) }
        #expect(throws: YAMLError.self) { try parseYAML([0x61, 0x3A, 0x20, 0x00]) }
    }
}
