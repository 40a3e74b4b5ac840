// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Render
import Testing
import YAML

/// Random text made of what breaks templates and YAML, and of everything else in Unicode.
private struct NastyText {
    private var state: UInt64

    private static let pieces = [
        "\n", "\r\n", "\t", " ", "  ", ": ", " #", "- ", "? ", "---\n", "...\n", "{{", "}}", "{{{", "{{#x}}", "{{/x}}",
        "{{>p}}", "{{=<% %>=}}", "\"", "'", "\\", "|", ">", "&a ", "*a", "!!int ", "%YAML", "[", "]", "{", "}", ",",
        "@",
        "`", "<<", "~", "null", "true", "on", "0x1", "1e3", "12:30", "K", "K0x0z", "\u{0}", "\u{85}", "\u{2028}",
        "\u{FEFF}", "\u{202E}", "é", "e\u{301}", "😀", "\u{10FFFF}", "kind: Secret\n", "a", "0", "",
    ]

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    mutating func text() -> String {
        (0...next(6)).map { _ in
            if next(4) == 0, let scalar = Unicode.Scalar(UInt32(next(0x110000))) { return String(scalar) }
            return Self.pieces[next(Self.pieces.count)]
        }.joined()
    }
}

@Suite struct InjectionTests {
    private static let record = """
        service: cart
        version: 1.0.0
        image: acme/cart@sha256:\(String(repeating: "a", count: 64))

        """

    private static let template = """
        # {{text}} in a comment
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: cart}
        data:
          plain: {{text}}
          double: "<{{text}}>"
          single: '<{{{text}}}>'
          longer: a {{&text}} b
          block: |
            first
            {{text}}
            last
          folded: >-
            {{text}}
          flow: [{{text}}, "{{text}}"]
          {{#items}}
          item-{{name}}: {{text}}
          {{/items}}
          {{>part}}
          {{<frame}}{{$inner}}
              framed: {{text}}
          {{/inner}}{{/frame}}
          fixed: end
        """

    private func render(_ text: String, sections: Bool) throws -> (Value?, [String]) {
        let values: Value = ["text": .string(text), "items": [["name": "a"], ["name": "b"]]]
        var template = Self.template
        if !sections {
            let lines = template.split(separator: "\n").filter { line in
                !line.contains("{{#") && !line.contains("{{/") && !line.contains("{{>") && !line.contains("item-")
                    && !line.contains("frame")
            }
            template = lines.joined(separator: "\n")
        }
        let files = snapshot([
            "releases/cart.yaml": Self.record, "templates/cart.yaml": template,
            "templates/partials/part.yaml": "partial: x{{text}}\n",
            "templates/partials/frame.yaml": "{{$inner}}\nnever: {{text}}\n{{/inner}}\n",
            "defaults.yaml": values.yaml(),
        ])
        let rendering = Renderer().render(files, for: try environment("dev")).rendering
        let service = try #require(rendering.services.first)
        #expect(service.manifests.count <= 1)
        return (service.manifests.first?.object, rendering.allDiagnostics.map(\.description))
    }

    /// What the template must give for any text: built without any template.
    private func reference(_ text: String, sections: Bool) -> Value {
        var data: Value = [
            "plain": .string(text), "double": .string("<\(text)>"), "single": .string("<\(text)>"),
            "longer": .string("a \(text) b"), "block": .string("first\n\(text)\nlast\n"), "folded": .string(text),
            "flow": [.string(text), .string(text)], "fixed": "end",
        ]
        if sections {
            data["item-a"] = .string(text)
            data["item-b"] = .string(text)
            data["partial"] = .string("x\(text)")
            data["framed"] = .string(text)
        }
        return ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "cart"], "data": data]
    }

    @Test("any text as a value changes the leaves it stands in and nothing else", arguments: 0..<150)
    func anyText(seed: UInt64) throws {
        var random = NastyText(seed: seed)
        for _ in 0..<4 {
            let text = random.text()
            for sections in [true, false] {
                let (object, problems) = try render(text, sections: sections)
                #expect(problems == [], "\(text.debugDescription)")
                #expect(object == reference(text, sections: sections), "\(text.debugDescription)")
            }
        }
    }

    @Test("a text that looks like a token is a text")
    func forgedTokens() throws {
        // Whatever the digits are, they depend on the template's content and so cannot be in it; values never meet
        // the search for tokens.
        for text in ["K0123456789abcdefx0z", "Kx0z", "KK0123456789abcdefx1z"] {
            #expect(try render(text, sections: true).0 == reference(text, sections: true))
        }
        let files = snapshot([
            "releases/cart.yaml": Self.record,
            "templates/cart.yaml":
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: K{{service}}}\ndata: {a: \"K0123456789abcdefx0z{{version}}\"}\n",
        ])
        let manifest = Renderer().render(files, for: try environment("dev")).rendering.services.first?.manifests.first
        #expect(manifest == nil)  // "Kcart" is no name: upper case
        let diagnostics = Renderer().render(files, for: try environment("dev")).rendering.allDiagnostics
        #expect(diagnostics.map(\.message) == ["\"Kcart\" is no name for a ConfigMap"])
    }
}
