import Domain
import JSON
import Testing

@Suite struct JSONTests {
    @Test(
        "reads every kind of value",
        arguments: [
            ("null", .null), ("true", true), (" false ", false), ("0", 0), ("-12", -12), ("\"\"", ""),
            ("[]", []), ("{}", [:]), ("[1,[2],{\"a\":null}]", [1, [2], ["a": .null]]),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .decimal("9223372036854775808")),
            ("1.10", .decimal("1.10")), ("-0", .decimal("-0")), ("1E400", .decimal("1E400")),
            ("\"\\ud83d\\ude00\\u0000\\n\"", "\u{1F600}\u{0}\n"),
            ("{\"b\":1,\"a\":2,\"b\":3}", ["a": 2, "b": 3]),
        ] as [(String, Value)])
    func reads(text: String, value: Value) throws {
        let read = try parseJSON(Array(text.utf8))
        #expect(read == value)
    }

    @Test(
        "refuses what is no JSON document",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "tru", "truex", "nul", "01", "1.", ".5", "+1", "1 2",
            "[1] x", "\"\u{1}\"",
            "\"a", "'a'", "NaN", "{a:1}", "[1}", "\"\\ud800\"", "1e", "1x", "[1x]",
        ])
    func refuses(text: String) { #expect(throws: JSONError.self) { try parseJSON(Array(text.utf8)) } }

    @Test("refuses invalid UTF-8 and nesting beyond the limit")
    func limits() {
        #expect(throws: JSONError.self) { try parseJSON([0x22, 0xff, 0x22] as [UInt8]) }
        let deep = String(repeating: "[", count: 201) + String(repeating: "]", count: 201)
        #expect(throws: JSONError.self) { try parseJSON(Array(deep.utf8)) }
        #expect(throws: Never.self) { try parseJSON(Array(deep.utf8), depth: 201) }
    }

    @Test("an error names line and column")
    func position() {
        let error = #expect(throws: JSONError.self) { try parseJSON(Array("{\n  \"a\": tru\n}".utf8)) }
        #expect(error?.line == 2)
    }

    @Test("what is written reads back as itself")
    func roundTrip() throws {
        let value: Value = [
            "text": "\u{0}\u{1f}\"\\/\u{7f}\u{2028}é\n\t", "list": [1, .decimal("1.5"), .null, true], "empty": [:],
            "none": [],
        ]
        #expect(try parseJSON(value.json()) == value)
        #expect(try parseJSON(value.prettyJSON()) == value)
        #expect((["b": [], "a": ["c": 1]] as Value).jsonText() == #"{"a":{"c":1},"b":[]}"#)
    }
}
