// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import Testing

/// A schema, values in YAML's flow form, and how the message about them begins; nothing when they are right.
struct ValuesSchemaCase: Sendable, CustomTestStringConvertible {
    let schema: String
    let values: String
    let expected: String?

    init(_ schema: String, _ values: String, _ expected: String? = nil) {
        self.schema = schema
        self.values = values
        self.expected = expected
    }

    var testDescription: String { "\(values) against \(schema)" }
}

@Suite struct ValuesSchemaTests {
    private func diagnostics(_ schema: String, _ values: String) throws -> [Diagnostic] {
        let files = snapshot([
            "values.schema.json": schema, "services/cart.yaml": "release: none\nvalues: \(values)\n",
            "templates/cart.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
        ])
        let settings = RenderSettings(disabledWarnings: ["KN2506", "KN2505"])
        return Renderer(settings: settings).render(files, for: try environment("dev")).rendering.allDiagnostics
    }

    @Test("a keyword says what is wrong, or nothing", arguments: scalars + maps + lists + logic + formats + patterns)
    func keyword(_ example: ValuesSchemaCase) throws {
        let messages = try diagnostics(example.schema, example.values).map(\.message)
        #expect(messages.count == (example.expected == nil ? 0 : 1), "\(messages)")
        if let expected = example.expected {
            #expect(messages.first?.hasPrefix(expected) == true, "\(messages)")
        }
    }

    @Test("a wrong value is reported at its own place, with the place of the rule")
    func places() throws {
        let found = try diagnostics(
            #"{"properties": {"a": {"properties": {"b": {"type": "integer"}}}}}"#, "{a: {b: x}}")
        #expect(
            found.map(\.description) == [
                "services/cart.yaml:2:17: error KN2103: a.b must be a whole number, not \"x\" (values.schema.json:1:44)"
            ])
    }

    @Test("reserved names are neither checked nor needed")
    func reserved() throws {
        #expect(try diagnostics(#"{"additionalProperties": false}"#, "{}").isEmpty)
    }

    @Test("a schema that refers to itself ends where the values end, or with an error")
    func recursion() throws {
        let tree =
            ##"{"$defs": {"t": {"properties": {"next": {"$ref": "#/$defs/t"}, "v": {"type": "integer"}}}}, "##
            + ##""properties": {"t": {"$ref": "#/$defs/t"}}}"##
        #expect(try diagnostics(tree, "{t: {next: {next: {v: 1}}}}").isEmpty)
        #expect(
            try diagnostics(tree, "{t: {next: {next: {v: x}}}}").first?.message.hasPrefix(
                "t.next.next.v must be a whole number")
                == true)
        let endless = try diagnostics(##"{"$ref": "#"}"##, "{a: 1}")
        #expect(endless.first?.message.hasPrefix("the schema cannot be checked") == true)
    }

    @Test("a pattern that makes others run for ever takes no time")
    func patternsAreBounded() throws {
        let text = String(repeating: "a", count: 50_000) + "!"
        let clock = ContinuousClock()
        let time = try clock.measure {
            let found = try diagnostics(#"{"properties": {"a": {"pattern": "^(a+)+$"}}}"#, "{a: \"\(text)\"}")
            #expect(found.count == 1)
        }
        #expect(time < .seconds(5))
    }

    @Test(
        "a mistake in a schema is named with its place, and what to write instead",
        arguments: [
            (
                #"{"type": "map"}"#,
                "values.schema.json:1:10: error KN2104: there is no type \"map\"; a map is an \"object\""
            ),
            (
                #"{"$schema": "http://json-schema.org/draft-07/schema#"}"#,
                "values.schema.json:1:13: error KN2104: the schema is written for http://json-schema.org/draft-07/schema#; kubernaut reads draft 2020-12"
            ),
            (
                #"{"pattern": "a(?=b)"}"#,
                "values.schema.json:1:13: error KN2104: the pattern a(?=b) cannot be used: look-ahead"
            ),
            (
                #"{"pattern": "(a)\\1"}"#,
                "values.schema.json:1:13: error KN2104: the pattern (a)\\1 cannot be used: back-references"
            ),
            (
                #"{"pattern": "((a{1000}){1000})"}"#,
                "values.schema.json:1:13: error KN2104: the pattern ((a{1000}){1000}) cannot be used: the repetitions"
            ),
            (
                "{\n \"minLength\": -1}",
                "values.schema.json:2:15: error KN2104: minLength must be a whole number of 0 or more"
            ),
            ("{", "values.schema.json:1:"),
            ("[]", "values.schema.json:1:1: error KN2104: a schema is a map, true or false, not a list"),
            (#"{"a": 1, "a": 2}"#, "values.schema.json:1:10: error KN2002: the key \"a\" comes twice"),
            (
                #"{"minItems": 3, "maxItems": 2}"#,
                "values.schema.json:1:2: error KN2104: at least 3 and at most 2 cannot be"
            ),
            (##"{"$ref": "#nowhere"}"##, "values.schema.json:1:10: error KN2104: there is no $anchor \"nowhere\""),
            (
                #"{"properties": {"a": {"$id": "x"}}}"#,
                "values.schema.json:1:23: error KN2104: only the whole document can have an $id"
            ),
            (
                #"{"nullable": true}"#,
                "values.schema.json:1:2: warning KN2507: \"nullable\" is no keyword of JSON Schema 2020-12, so it checks nothing; add null to type"
            ),
            (
                #"{"additonalProperties": false}"#,
                "values.schema.json:1:2: warning KN2507: \"additonalProperties\" is no keyword of JSON Schema 2020-12, so it checks nothing; did you mean \"additionalProperties\"?"
            ),
            (
                #"{"format": "hostnam"}"#,
                "values.schema.json:1:12: warning KN2507: the format \"hostnam\" is unknown, so it checks nothing; did you mean \"hostname\"?"
            ),
        ])
    func brokenSchemas(schema: String, expected: String) throws {
        let found = try diagnostics(schema, "{}").map(\.description)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    }

    @Test("keywords of other tools and notes are no mistakes")
    func annotations() throws {
        let schema =
            #"{"$comment": "x", "title": "x", "default": {}, "x-order": 1, "examples": [1], "deprecated": true}"#
        #expect(try diagnostics(schema, "{}").isEmpty)
    }

    private static func property(_ schema: String, _ value: String, _ expected: String? = nil) -> ValuesSchemaCase {
        ValuesSchemaCase("{\"properties\": {\"a\": \(schema)}}", "{a: \(value)}", expected)
    }

    static let scalars = [
        property(#"{"type": "integer"}"#, "1.0"),
        property(#"{"type": "integer"}"#, "1.5", "a must be a whole number, not 1.5"),
        property(#"{"type": ["string", "null"]}"#, "1", "a must be null or a string, not 1"),
        property(#"{"type": "boolean"}"#, "on"),
        property(#"{"type": "boolean"}"#, "'on'", "a must be true or false, not \"on\""),
        property(#"{"type": "object"}"#, "[]", "a must be a map, not []"), property(#"{"type": "array"}"#, "[]"),
        property(#"{"enum": ["red", 2]}"#, "2"),
        property(#"{"enum": ["red", 2]}"#, "rde", "a must be one of \"red\", 2, not \"rde\""),
        property(#"{"const": 1}"#, "1.0"),
        property(#"{"const": {"b": [1]}}"#, "{b: [2]}", "a must be {\"b\":[1]}, not {\"b\":[2]}"),
        property(#"{"minimum": 1, "maximum": 3}"#, "3"),
        property(#"{"minimum": 1}"#, "0.5", "a must be 1 or more, not 0.5"),
        property(#"{"exclusiveMinimum": 1}"#, "1", "a must be more than 1, not 1"),
        property(#"{"maximum": -1.5}"#, "-1.4", "a must be -1.5 or less, not -1.4"),
        property(#"{"exclusiveMaximum": 100}"#, "99.9"), property(#"{"multipleOf": 0.01}"#, "0.07"),
        property(#"{"multipleOf": 0.01}"#, "0.075", "a must be a multiple of 0.01, not 0.075"),
        property(#"{"multipleOf": 3}"#, "9e20"),
        property(#"{"minLength": 2, "maxLength": 3}"#, "äöü"),
        property(#"{"minLength": 2, "maxLength": 3}"#, "x", "a must have 2 to 3 characters, but has 1"),
    ]

    static let maps = [
        ValuesSchemaCase(#"{"required": ["a"]}"#, "{A: 1}", "a is missing"),
        ValuesSchemaCase(
            #"{"properties": {"a": true}, "additionalProperties": false}"#, "{a: 1, ab: 2}", "ab is no known value"),
        ValuesSchemaCase(
            #"{"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": {"type": "integer"}}"#,
            "{x: a, b: 1}"),
        ValuesSchemaCase(
            #"{"patternProperties": {"^x": {"type": "string"}}}"#, "{x1: 1}", "x1 must be a string, not 1"),
        property(#"{"propertyNames": {"pattern": "^[a-z]+$"}}"#, "{b: 1, C: 2}", "\"C\" cannot be a key here"),
        property(#"{"minProperties": 1, "maxProperties": 1}"#, "{}", "a must have 1 key, but has 0"),
        ValuesSchemaCase(
            #"{"dependentRequired": {"a": ["b"]}}"#, "{a: 1}",
            "the whole of the values has \"a\", so it must have \"b\" too"),
        ValuesSchemaCase(#"{"dependentSchemas": {"a": {"required": ["b"]}}}"#, "{c: 1}"),
        ValuesSchemaCase(
            #"{"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false}"#, "{a: 1, b: 2}",
            "b is no known value"),
        ValuesSchemaCase(
            ##"{"$ref": "#/$defs/x", "unevaluatedProperties": false, "$defs": {"x": {"properties": {"a": true}}}}"##,
            "{a: 1}"),
        ValuesSchemaCase(#"{"properties": {"a": false}}"#, "{a: 1}", "a is not allowed"),
    ]

    static let lists = [
        property(#"{"items": {"type": "integer"}}"#, "[1, x]", "a[1] must be a whole number"),
        property(#"{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}"#, "[x, 1]"),
        property(#"{"prefixItems": [{"type": "string"}], "items": false}"#, "[x, 1]", "a[1] is not allowed"),
        property(
            #"{"contains": {"type": "integer"}, "minContains": 2}"#, "[1, x]", "a must have 2 items or more of the form"
        ),
        property(#"{"contains": {"type": "integer"}, "minContains": 0}"#, "[]"),
        property(#"{"minItems": 1}"#, "[]", "a must have 1 item or more, but has 0"),
        property(#"{"uniqueItems": true}"#, "[1, {b: 2}, {b: 2.0}]", "a has an item twice: {\"b\":2}"),
        property(#"{"prefixItems": [true], "unevaluatedItems": false}"#, "[1, 2]", "a[1] is not allowed"),
        property(#"{"contains": {"const": 2}, "prefixItems": [true], "unevaluatedItems": false}"#, "[1, 2]"),
    ]

    static let logic = [
        property(#"{"allOf": [{"minimum": 1}, {"maximum": 2}]}"#, "3", "a must be 2 or less"),
        property(#"{"anyOf": [{"type": "string"}, {"minimum": 2}]}"#, "1", "a has none of the 2 forms"),
        property(
            #"{"anyOf": [{"type": "string"}, {"type": "object", "properties": {"b": {"type": "integer"}}}]}"#, "{b: x}",
            "a.b must be a whole number"),
        property(#"{"oneOf": [{"minimum": 1}, {"minimum": 2}]}"#, "3", "a has 2 of the forms of oneOf"),
        property(#"{"not": {"const": "latest"}}"#, "latest", "a is what \"not\" forbids: \"latest\""),
        property(
            #"{"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}}"#, "x",
            "a must have 2 characters or more"),
        property(
            #"{"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}}"#, "1", "a must be 2 or more"
        ),
        ValuesSchemaCase(
            ##"{"properties": {"a": {"$ref": "#port"}}, "$defs": {"p": {"$anchor": "port", "maximum": 65535}}}"##,
            "{a: 70000}", "a must be 65535 or less"),
        ValuesSchemaCase(
            ##"{"properties": {"a": {"$ref": "#/$defs/x~1y%20z"}}, "$defs": {"x/y z": {"type": "null"}}}"##, "{a: 1}",
            "a must be null"),
        ValuesSchemaCase(
            ##"{"$id": "https://acme.example/values", "properties": {"a": {"$ref": "https://acme.example/values#/$defs/x"}}, "$defs": {"x": {"type": "null"}}}"##,
            "{a: 1}", "a must be null"),
    ]

    static let formats = [
        property(#"{"format": "date-time"}"#, "2026-08-22T13:55:02Z"),
        property(#"{"format": "date-time"}"#, "2026-02-30T13:55:02Z", "a must be a time such as"),
        property(#"{"format": "hostname"}"#, "cart.acme.io"),
        property(#"{"format": "hostname"}"#, "cart_1", "a must be a host name"),
        property(#"{"format": "uri"}"#, "'https://acme.io/x?y=[1]'", "a must be a URI"),
        property(#"{"format": "uri"}"#, "'https://[::1]:80/x?y#z'"),
        property(#"{"format": "email"}"#, "kim@acme.io"),
        property(#"{"format": "email"}"#, "kim", "a must be an e-mail address"),
        property(#"{"format": "ipv4"}"#, "10.0.0.1"),
        property(#"{"format": "ipv4"}"#, "10.0.0.01", "a must be an IPv4 address"),
        property(#"{"format": "ipv6"}"#, "'fe80::1'"),
        property(#"{"format": "ipv6"}"#, "'1::2::3'", "a must be an IPv6 address"),
        property(#"{"format": "uuid"}"#, "2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
        property(#"{"format": "duration"}"#, "PT5M"),
        property(#"{"format": "duration"}"#, "5m", "a must be a duration such as"),
        property(#"{"format": "int32"}"#, "3000000000", "a must be a whole number of 32 bits"),
        property(#"{"format": "ipv4"}"#, "7"),
    ]

    static let patterns = [
        property(#"{"pattern": "b"}"#, "abc"),
        property(#"{"pattern": "^b"}"#, "abc", "a must match ^b, but is \"abc\""),
        property(#"{"pattern": "^(a|b){2,3}$"}"#, "aba"),
        property(#"{"pattern": "^(a|b){2,3}$"}"#, "abab", "a must match"),
        property(#"{"pattern": "^[^a-c\\d_-]+$"}"#, "xyz"), property(#"{"pattern": "^\\p{Lu}\\P{Lu}$"}"#, "Äx"),
        property(#"{"pattern": "^.$"}"#, "😀"), property(#"{"pattern": "\\bcart\\b"}"#, "a cart b"),
        property(#"{"pattern": "^\\u0041\\x42\\cJ?$"}"#, "AB"), property(#"{"pattern": "^a{,2}$"}"#, "'a{,2}'"),
        property(#"{"pattern": "^(?:a|)*?$"}"#, "aaa"), property(#"{"pattern": "^\\w+\\s\\W$"}"#, "\"ab \\u00fc\""),
    ]
}
