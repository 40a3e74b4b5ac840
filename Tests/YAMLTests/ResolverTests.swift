// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing
import YAML

/// What a scalar written as `text` means, or the reason why it means nothing.
private func meaning(_ text: String) -> String {
    do {
        let document = try parseYAMLValue(Array("v: \(text)".utf8))
        return document["v"].map { describe($0) } ?? "missing"
    } catch {
        return "error"
    }
}

private func describe(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .bool(let truth): "bool \(truth)"
    case .integer(let number): "integer \(number)"
    case .decimal(let text): "decimal \(text)"
    case .string(let text): "string \(text)"
    case .list(let items): "list of \(items.count)"
    case .map(let map): "map of \(map.count)"
    }
}

@Suite struct ResolverTests {
    @Test(
        "a plain scalar means what kubectl takes it for",
        arguments: [
            // Booleans.
            ("y", "bool true"), ("Y", "bool true"), ("yes", "bool true"), ("Yes", "bool true"), ("YES", "bool true"),
            ("on", "bool true"), ("On", "bool true"), ("ON", "bool true"), ("true", "bool true"),
            ("True", "bool true"), ("TRUE", "bool true"), ("n", "bool false"), ("N", "bool false"),
            ("no", "bool false"), ("No", "bool false"), ("NO", "bool false"), ("off", "bool false"),
            ("Off", "bool false"), ("OFF", "bool false"), ("false", "bool false"), ("False", "bool false"),
            ("FALSE", "bool false"), ("yEs", "string yEs"), ("tRUE", "string tRUE"), ("oN", "string oN"),
            ("nope", "string nope"),
            // Null.
            ("", "null"), ("~", "null"), ("null", "null"), ("Null", "null"), ("NULL", "null"), ("nUll", "string nUll"),
            ("~x", "string ~x"),
            // Whole numbers.
            ("0", "integer 0"), ("12", "integer 12"), ("+12", "integer 12"), ("-12", "integer -12"),
            ("-0", "integer 0"), ("00", "integer 0"), ("017", "integer 15"), ("-017", "integer -15"),
            ("0o17", "integer 15"), ("0O17", "integer 15"), ("0b11", "integer 3"), ("0B11", "integer 3"),
            ("-0b11", "integer -3"), ("0x1F", "integer 31"), ("0X1f", "integer 31"), ("+0x1F", "integer 31"),
            ("1_000", "integer 1000"), ("1__0", "integer 10"), ("1_", "integer 1"), ("0_1", "integer 1"),
            ("0777_7", "integer 4095"), ("9223372036854775807", "integer 9223372036854775807"),
            ("-9223372036854775808", "integer -9223372036854775808"), ("0x", "string 0x"), ("0o8", "string 0o8"),
            ("0b12", "string 0b12"), ("_1", "string _1"), ("0x1p4", "string 0x1p4"), ("12a", "string 12a"),
            // Beyond Int64.
            ("9223372036854775808", "decimal 9223372036854776000"),
            ("18446744073709551615", "decimal 18446744073709552000"),
            ("18446744073709551616", "decimal 18446744073709552000"),
            ("+18446744073709551615", "decimal 18446744073709552000"),
            ("123456789012345678901", "decimal 123456789012345680000"),
            ("-9223372036854775809", "decimal -9223372036854776000"),
            ("0xFFFFFFFFFFFFFFFF", "decimal 18446744073709552000"),
            ("0x1FFFFFFFFFFFFFFFF", "string 0x1FFFFFFFFFFFFFFFF"),
            // Other numbers.
            ("1.10", "decimal 1.1"), ("1.0", "integer 1"), ("08", "integer 8"), ("09.5", "decimal 9.5"),
            ("1e3", "integer 1000"), ("1E3", "integer 1000"), ("1.e3", "integer 1000"),
            ("1e20", "decimal 100000000000000000000"),
            ("1e21", "decimal 1e+21"), ("1e-6", "decimal 0.000001"), ("1e-7", "decimal 1e-7"),
            ("0.0000001", "decimal 1e-7"), (".5", "decimal 0.5"), ("+.5", "decimal 0.5"), ("-.5", "decimal -0.5"),
            ("5.", "integer 5"), (".1_0", "decimal 0.1"), ("._1", "string ._1"), (".1_", "string .1_"),
            ("-0.0", "integer 0"), ("1E400", "string 1E400"), ("1e-400", "integer 0"), (".", "string ."),
            ("+", "string +"), (".0x1", "string .0x1"), ("1e", "string 1e"), ("1.2.3", "string 1.2.3"),
            ("3.141592653589793", "decimal 3.141592653589793"),
            (".inf", "error"), ("-.Inf", "error"), ("+.INF", "error"), (".nan", "error"), (".iNf", "string .iNf"),
            // What other readers of YAML take for times or base 60.
            ("12:30:45", "string 12:30:45"), ("1:20", "string 1:20"), ("2020-01-01", "string 2020-01-01"),
            ("2001-12-14t21:59:43.10-05:00", "string 2001-12-14t21:59:43.10-05:00"), ("=", "string ="),
            // Quotes and tags.
            ("\"12\"", "string 12"), ("'on'", "string on"), ("\"\"", "string "), ("!!str 12", "string 12"),
            ("!!str", "string "), ("!!int \"5\"", "integer 5"), ("!!float 3", "integer 3"),
            ("!!float -0", "integer 0"), ("!!bool y", "bool true"), ("!!bool \"true\"", "bool true"),
            ("!!null \"\"", "null"), ("!!null x", "error"), ("!!int foo", "error"), ("!!int 1.5", "error"),
            ("!!bool 1", "error"), ("!!int 0x_1f", "integer 31"), ("!foo 12", "string 12"), ("! \"12\"", "string 12"),
            ("! 12", "string 12"),
            ("!!binary aGVsbG8=", "string hello"), ("!!binary \"@@\"", "error"), ("!!binary /w==", "error"),
            ("!!timestamp 2020-01-01", "string 2020-01-01"), ("!!set {a}", "map of 1"), ("!!map {a: 1}", "map of 1"),
            ("!!seq {a: 1}", "map of 1"), ("!!str {a: 1}", "map of 1"),
        ])
    func scalar(text: String, expected: String) {
        #expect(meaning(text) == expected)
    }

    @Test(
        "a key becomes a string after it was resolved",
        arguments: [
            ("on", "true"), ("n", "false"), ("0x10", "16"), ("010", "8"), ("1.0", "1"), ("1.5", "1.5"),
            ("1000000.0", "1e+06"), ("123456789.0", "1.2345679e+08"), ("100000.0", "100000"), ("0.0001", "0.0001"),
            ("0.00001", "1e-05"), ("1e40", ".inf"), ("\"on\"", "on"), ("'1.0'", "1.0"), ("!!str on", "on"),
            ("!!int \"1\"", "1"), ("12:30", "12:30"), ("\"\"", ""),
        ])
    func key(text: String, expected: String) throws {
        let document = try parseYAMLValue(Array("\(text): v".utf8))
        #expect(document.map?.keys == [expected])
    }

    @Test(
        "a key that is no string, number or boolean is an error at its place",
        arguments: ["a: 1\n~: 2", "a: 1\n? [x]\n: 2", "a: 1\n? {x: y}\n: 2", "a: 1\nnull: 2", "a: 1\n!!null \"\": 2"])
    func unusableKey(text: String) {
        let error = #expect(throws: YAMLError.self) { try parseYAML(Array(text.utf8)) }
        #expect(error?.code == .unusableKey)
        #expect(error?.mark.line == 2)
    }
}
