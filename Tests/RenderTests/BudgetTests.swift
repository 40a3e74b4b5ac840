// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import Testing

@Suite struct RenderBudgetTests {
    static let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{service}}\"}\n"

    private static func record(_ service: String) -> String {
        "service: \(service)\nversion: 1.0.0\nimage: acme/x@sha256:\(String(repeating: "a", count: 64))\n"
    }

    static let longText = "t: \(String(repeating: "x", count: 1 << 20))\n"
    static let longList = "l: [\((0..<6000).map(String.init).joined(separator: ", "))]\n"

    enum Bomb: String, CaseIterable {
        case textInText, listInLoop, loopInLoop, partialInItself, deepSections, deepLists

        var template: String {
            switch self {
            case .textInText:
                RenderBudgetTests.head + "data: {\((0..<200).map { "k\($0): \"<{{t}}>\"" }.joined(separator: ", "))}\n"
            case .listInLoop: RenderBudgetTests.head + "data:\n{{#l}}\n  k{{.}}: {{l}}\n{{/l}}\n"
            case .loopInLoop: RenderBudgetTests.head + "{{#l}}{{#l}}{{#l}}#{{/l}}{{/l}}{{/l}}\n"
            case .partialInItself: RenderBudgetTests.head + "{{>p}}\n"
            case .deepSections:
                RenderBudgetTests.head + String(repeating: "{{#t}}", count: 90) + "#"
                    + String(repeating: "{{/t}}", count: 90)
            case .deepLists: RenderBudgetTests.head + "a: " + String(repeating: "[", count: 3000)
            }
        }

        var files: [String: String] {
            [
                "templates/default.yaml": template, "templates/partials/p.yaml": "{{#t}}{{>p}}{{>p}}{{/t}}\n",
                "defaults.yaml": RenderBudgetTests.longText + RenderBudgetTests.longList,
            ]
        }

        /// Nil where the template is harmless.
        var code: String? {
            switch self {
            case .textInText, .listInLoop, .loopInLoop: "KN2208"
            case .partialInItself: "KN2207"
            case .deepSections: nil
            case .deepLists: "KN2003"
            }
        }
    }

    @Test("a template that would grow without end is an error, on every thread", arguments: Bomb.allCases)
    func bombs(_ bomb: Bomb) throws {
        var files = bomb.files
        // From 32 services on they are spread over threads, whose stacks are small.
        let count = bomb.code == "KN2208" ? 2 : 40
        for index in 0..<count { files["releases/s\(index).yaml"] = Self.record("s\(index)") }
        let rendering = Renderer().render(snapshot(files), for: try environment("dev")).rendering
        #expect(rendering.services.count == count)
        for service in rendering.services {
            #expect(service.diagnostics.filter { $0.severity == .error }.map(\.code) == (bomb.code.map { [$0] } ?? []))
        }
    }

    @Test("limits of kubernaut.yaml count for values and templates, also for what was rendered before they changed")
    func limits() throws {
        let list = "[\((0..<1500).map(String.init).joined(separator: ", "))]"
        let files = [
            "defaults.yaml": "few: [1]\n", "releases/cart.yaml": Self.record("cart"),
            "releases/mail.yaml": Self.record("mail"), "dev/services/mail.yaml": "many: \(list)\n",
            "templates/cart.yaml": Self.head + "data: {list: \"x\"}\n# \n---\n" + Self.head
                + "metadata2: \(list)\n",
            "templates/default.yaml": Self.head,
        ]
        let environment = try environment("dev")
        var cache = RenderCache()
        func codes(nodes: Int) -> [[String]] {
            var files = files
            files["kubernaut.yaml"] = "environments: [dev]\nlimits: {nodes: \(nodes)}\n"
            let rendering = Renderer().render(snapshot(files), for: environment, updating: &cache)
            #expect(rendering.services.count == 2, "\(rendering.diagnostics)")
            return rendering.services.map { $0.diagnostics.filter { $0.severity == .error }.map(\.code) }
        }
        #expect(codes(nodes: 1000) == [["KN2003"], ["KN2003"]])
        #expect(codes(nodes: 100_000).flatMap { $0 }.contains("KN2003") == false)
        #expect(codes(nodes: 1000) == [["KN2003"], ["KN2003"]])
    }
}
