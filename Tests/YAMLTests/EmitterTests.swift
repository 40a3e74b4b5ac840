// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Testing
import YAML

@Suite struct EmitterTests {
    @Test("an object is written as a person writes it")
    func object() {
        let object: Value = [
            "kind": "Deployment", "apiVersion": "apps/v1", "status": .map(Map()),
            "spec": [
                "replicas": 2,
                "template": [
                    "metadata": ["labels": ["app": "cart"], "name": "cart"],
                    "spec": [
                        "containers": [
                            [
                                "image": "cart:1.0", "name": "cart", "args": ["-c", "on", "1.10", "12:30", "a: b"],
                                "ports": [["containerPort": 80]],
                            ]
                        ]
                    ],
                ],
            ],
            "metadata": ["annotations": ["note": "two\nlines\n"], "namespace": "shop", "name": "cart"],
        ]
        #expect(
            object.yaml() == """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: cart
                  namespace: shop
                  annotations:
                    note: |
                      two
                      lines
                spec:
                  replicas: 2
                  template:
                    metadata:
                      name: cart
                      labels:
                        app: cart
                    spec:
                      containers:
                      - name: cart
                        args:
                        - -c
                        - "on"
                        - "1.10"
                        - "12:30"
                        - "a: b"
                        image: cart:1.0
                        ports:
                        - containerPort: 80
                status: {}

                """)
    }

    @Test(
        "quotes are used where they are needed, and of the kind that needs fewer escapes",
        arguments: [
            ("cart:1.0@sha256:ab", "cart:1.0@sha256:ab"), ("100m", "100m"), ("", #""""#), ("yes", #""yes""#),
            ("017", #""017""#), ("1e3", #""1e3""#), ("-", #""-""#), ("- a", #""- a""#), ("-a", "-a"),
            ("? a", #""? a""#),
            ("a #b", #""a #b""#), ("a#b", "a#b"), ("{\"a\": 1}", #"'{"a": 1}'"#), ("it's", "it's"), ("'", #""'""#),
            ("a\\b", #"a\b"#), ("\\", #"\"#), ("\"", #"'"'"#), ("\"'", #"'"'''"#), ("a:", #""a:""#),
            ("a\tb", #""a\tb""#), (" a", #"" a""#), ("a ", #""a ""#), ("---", #""---""#), ("...", #""...""#),
            ("<<", #""<<""#), ("=", #""=""#), ("2026-01-01", #""2026-01-01""#), ("é", "é"), ("\u{A0}", #""\xA0""#),
            ("a\u{202E}b", #""a\u202Eb""#), ("\u{FEFF}", #""\uFEFF""#), ("\u{E0041}", #""\U000E0041""#),
            ("\n", #""\n""#),
            ("*a", #""*a""#), ("%a", #""%a""#), ("a, b", "a, b"), ("1.43.0", "1.43.0"), ("~", #""~""#),
        ])
    func quotes(text: String, expected: String) {
        #expect(Value.string(text).yaml() == expected + "\n")
    }

    @Test("each line knows the leaf that starts on it")
    func lines() {
        let value: Value = ["b": [["name": "x", "v": "1\n2"], [["w"]], .list([])], "a": .null]
        #expect(
            value.yamlLines().map { "\($0.text) <- \($0.path?.description ?? "")" } == [
                "a: null <- a", "b: <- ", "- name: x <- b[0].name", "  v: |- <- b[0].v", "    1 <- ", "    2 <- ",
                "- - - w <- b[1][0][0]", "- [] <- b[2]",
            ])
    }

    @Test("what was written is read back as the same tree", arguments: 0..<400)
    func roundTrip(seed: UInt64) throws {
        var random = NastyValues(seed: seed)
        for _ in 0..<10 {
            let tree = random.tree(depth: 4)
            let text = tree.yaml()
            let back = try parseYAMLValue(Array(text.utf8))
            #expect(back == tree, "\(text.debugDescription) for \(tree.jsonText())")
            #expect(tree.yamlLines().map { $0.text + "\n" }.joined() == text)
        }
    }

    @Test("a key too long for libyaml's simple keys is read back")
    func longKey() throws {
        let key = String(repeating: "k", count: 5000)
        let tree: Value = ["a": [["b": .map(Map([Map.Entry(key: key, value: ["x": "y"])]))]]]
        #expect(try parseYAMLValue(Array(tree.yaml().utf8)) == tree)
    }
}

/// Random trees whose strings are chosen to break writers of YAML.
struct NastyValues {
    private var state: UInt64
    private static let pieces: [String] = [
        "a", "Z", "0", "1", "9", " ", " ", "\n", "\n", "\t", ":", ": ", " #", "#", "-", "- ", "?", "? ", ",", "[", "]",
        "{", "}", "&", "*", "!", "|", ">", "'", "\"", "\\", "%", "@", "`", "=", "<<", "~", "null", "true", "yes", "on",
        "n",
        "0x", "0o", "1e3", ".5", "12:30", "2020-01-01", "---", "...", "\r", "\u{0}", "\u{7F}", "\u{85}", "\u{A0}",
        "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{200B}", "\u{202E}", "é", "e\u{301}", "漢", "😀", "\u{10FFFF}",
        "\u{E0041}", "\u{1}", "{{x}}", "text", "\n\n", "  ",
    ]

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    mutating func text() -> String {
        (0..<next(8)).map { _ in
            if next(10) == 0, let scalar = Unicode.Scalar(UInt32(next(0x110000))) { return String(scalar) }
            return Self.pieces[next(Self.pieces.count)]
        }.joined()
    }

    mutating func tree(depth: Int) -> Value {
        switch next(depth > 0 ? 9 : 6) {
        case 0: return .null
        case 1: return .bool(next(2) == 0)
        case 2: return .integer(Int64(next(1 << 40)) - (1 << 39))
        case 3: return .decimal(["1.5", "-0.25", "1e+21", "1e-7", "18446744073709552000"][next(5)])
        case 4, 5: return .string(text())
        case 6: return .list((0..<next(4)).map { _ in tree(depth: depth - 1) })
        default:
            return .map(Map((0..<next(5)).map { _ in Map.Entry(key: text(), value: tree(depth: depth - 1)) }))
        }
    }
}
