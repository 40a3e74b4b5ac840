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

    @Test("whatever byte stands wherever in a text, it is written as JSON demands")
    func escapes() {
        for length in [1, 7, 8, 9, 20] {
            for place in 0..<length {
                for scalar in (0..<0x100).compactMap({ Unicode.Scalar($0) }) + ["\u{2028}", "\u{1F600}"] {
                    var text = String(repeating: "x", count: place)
                    text.unicodeScalars.append(scalar)
                    text += String(repeating: "y", count: length - place - 1)
                    let expected = "\"" + text.unicodeScalars.map(Self.escaped).joined() + "\""
                    guard Value.string(text).jsonText() != expected else { continue }
                    Issue.record("\(scalar.value) at \(place) of \(length): \(Value.string(text).jsonText())")
                }
            }
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\u{0}"..<" ":
            "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: String(scalar)
        }
    }

    @Test("a text that outgrows the memory is written whole")
    func growth() throws {
        let text = String(repeating: "\u{1}", count: 100_000)
        let value: Value = ["a": .string(text), "b": .list(Array(repeating: 7, count: 10_000))]
        #expect(try parseJSON(value.json()) == value)
    }
}
