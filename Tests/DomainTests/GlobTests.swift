// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@Suite struct GlobTests {
    @Test(
        "a star takes any run, a question mark one character",
        arguments: [
            ("*", "", true), ("*", "cart", true), ("", "", true), ("", "a", false), ("cart", "cart", true),
            ("cart", "carts", false), ("c*t", "ct", true), ("c*t", "cart", true), ("c*t", "carts", false),
            ("c?rt", "cart", true), ("c?rt", "crt", false), ("*-api", "shop-api", true), ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false), ("a*ab", "aab", true), ("a*ab", "aaab", true), ("Cart", "cart", false),
            ("ü?", "üé", true),
        ])
    func matches(pattern: String, text: String, expected: Bool) {
        #expect(Glob(pattern).matches(text) == expected)
    }

    @Test("a pattern of many stars takes no time")
    func bounded() {
        let pattern = Glob(String(repeating: "a*", count: 1000) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }
}

@Suite struct JSONPointerTests {
    private let object: Value = [
        "spec": ["containers": [["image": "a"], ["image": "b"], ["name": "c"]], "": 1, "a/b": 2, "m~n": 3]
    ]

    @Test(
        "a pointer finds the places that are there",
        arguments: [
            ("/spec/containers/1/image", ["spec.containers[1].image"]),
            ("/spec/containers/*/image", ["spec.containers[0].image", "spec.containers[1].image"]),
            ("/spec/containers/3", []), ("/spec/containers/01", []), ("/spec/containers/-", []),
            ("/spec/a~1b", ["spec.a/b"]), ("/spec/m~0n", ["spec[\"m~n\"]"]), ("/spec/", ["spec[\"\"]"]),
            ("/spec/containers/0/image/x", []), ("/", []),
        ])
    func paths(text: String, expected: [String]) throws {
        let pointer = try #require(JSONPointer(text))
        #expect(pointer.paths(in: object).map(\.description) == expected)
        #expect(pointer.description == text)
    }

    @Test("what is no pointer is refused", arguments: ["", "spec", "/a~", "/a~2", "#/a"])
    func refused(text: String) { #expect(JSONPointer(text) == nil) }
}
