// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import Testing
import YAML

/// Everything that can be seen of a rendering.
private func picture(_ rendering: Rendering) -> [String] {
    var lines = rendering.diagnostics.map(\.description)
    for service in rendering.services {
        lines.append(
            "\(service.name) \(service.inputs) \(service.team?.text ?? "") \(service.needs) \(service.isFailed)")
        lines.append("\(service.release?.version ?? "-") \(service.hold?.reason ?? "-") \(service.source ?? "-")")
        lines += service.diagnostics.map(\.description)
        lines += service.manifests.map { "\($0.digest) \($0.location) \($0.service)" }
    }
    return lines
}

@Suite struct IncrementalTests {
    struct Editor {
        private var state: UInt64
        var files: [String: String]
        /// The files that the first commit had.
        let start: [String: String]

        init(seed: UInt64) {
            state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
            files = [
                "defaults.yaml": "a: 1\nlist: [x, y]\n", "dev/defaults.yaml": "b: 2\n",
                "templates/default.yaml": Self.templates[0], "templates/two.yaml": Self.templates[1],
                "templates/partials/p.yaml": Self.partials[0],
            ]
            for service in Self.services { files["releases/\(service).yaml"] = Self.record(service, 0) }
            start = files
        }

        static let services = ["cart", "catalog", "mail", "web"]
        static let templates = [
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{service}}\"}\ndata: {a: \"{{a}}\"}\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{service}}-2\ndata:\n  {{>p}}\n{{#list}}\n  k{{.}}: {{.}}\n{{/list}}\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: same}\ndata: {b: \"{{b}}\", v: \"{{version}}\"}\n",
            "{{#broken}}\n", "a: b: c\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{service}}\"}\ndata: {{>*which}}\n",
        ]
        static let partials = ["p: \"{{a}}\"\n", "q: {{missing}}\n", "{{#never}}\n", "r: 1\n"]
        static let valueFiles = [
            "a: 2\n", "b: 3\nlist: []\n", "a: {x: 1}\n", "[", "a: null\n", "version: 3\n", "enabled: false\n",
            "which: p\n",
        ]
        static let serviceFiles = [
            "template: two\n", "values: {a: 7, b: 8}\n", "release: none\n", "team: shop\nneeds: [cart]\n",
            "templat: x\n",
            "values: {which: p}\n", "source: https://x\n",
        ]

        static let schemas = [
            "{}", #"{"properties": {"a": {"type": "integer"}}}"#, #"{"required": ["b"]}"#, "{", #"{"typ": 1}"#,
        ]

        static func record(_ service: String, _ version: Int) -> String {
            "service: \(service)\nversion: 1.\(version).0\nimage: acme/\(service)@sha256:\(String(repeating: "a", count: 64))\n"
        }

        mutating func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }

        private mutating func one(of texts: [String]) -> String { texts[next(texts.count)] }

        mutating func edit() {
            let service = one(of: Self.services)
            switch next(15) {
            case 0: files["defaults.yaml"] = one(of: Self.valueFiles + ["a: 1\nb: 1\nlist: [x]\n"])
            case 1: files["dev/defaults.yaml"] = one(of: Self.valueFiles)
            case 2: files["dev/services/\(service).yaml"] = one(of: Self.valueFiles)
            case 3: files["services/\(service).yaml"] = one(of: Self.serviceFiles)
            case 4, 5:
                files["releases/\(service).yaml"] =
                    Self.record(service, next(4)) + (next(4) == 0 ? "values: {a: 5}\n" : "")
            case 6:
                files["templates/\(one(of: ["default.yaml", "two.yaml", "cart.json", "mail.yml"]))"] = one(
                    of: Self.templates)
            case 7: files["templates/partials/\(one(of: ["p.yaml", "p.json"]))"] = one(of: Self.partials)
            case 9: files["dev/services/\(one(of: ["ghost", "cartt", "mail"])).yaml"] = one(of: Self.valueFiles)
            case 10:
                files[
                    "\(one(of: ["services", "releases", "dev/holds"]))/\(one(of: ["README.md", "x.txt", "Bad.yaml"]))"] =
                    "a: 1\n"
            case 13: files["values.schema.json"] = one(of: Self.schemas)
            case 14: files["templates/\(one(of: ["default", "two", "ghost"])).schema.json"] = one(of: Self.schemas)
            case 8: files["dev/holds/\(one(of: [service, "all"])).yaml"] = one(of: ["reason: x\n", "by: y\n"])
            default:
                let paths = files.keys.sorted()
                files[paths[next(paths.count)]] = nil
                if files["templates/default.yaml"] == nil, next(2) == 0 {
                    files["templates/default.yaml"] = Self.templates[0]
                }
            }
            if files.isEmpty { files["defaults.yaml"] = "a: 1\n" }
        }
    }

    /// How a rendering learns what changed.
    enum Knowledge: CaseIterable {
        /// Files on disk: everything is compared.
        case none
        /// Commits, each with what git says about the one before.
        case changes
        /// Commits, some of which were never rendered, or came back.
        case gaps
    }

    @Test(
        "after any edits, rendering what changed gives what rendering everything gives", arguments: 0..<40,
        Knowledge.allCases)
    func incrementalIsFull(seed: UInt64, knowledge: Knowledge) throws {
        var editor = Editor(seed: seed)
        let environment = try environment("dev", namespace: "shop")
        let renderer = Renderer()
        var cache = RenderCache()
        var commits = [try commit(0)]
        var known = [snapshot(editor.files)]
        for round in 1...25 {
            let base = knowledge == .gaps && editor.next(3) == 0 ? editor.next(known.count) : known.count - 1
            let plain = snapshot(editor.files)
            let changes = SourceSnapshot.Changes(
                since: commits[base].id, paths: plain.paths(differingFrom: known[base]))
            let files =
                knowledge == .none
                ? plain
                : SourceSnapshot(
                    commit: try commit(round), root: "", files: plain.files,
                    changes: editor.next(4) == 0 ? nil : changes)
            if knowledge != .gaps || editor.next(3) > 0 {
                let incremental = renderer.render(files, for: environment, updating: &cache)
                let whole = renderer.render(plain, for: environment).rendering
                try #require(picture(incremental) == picture(whole), "round \(round)")
            }
            commits.append(try commit(round))
            known.append(plain)
            if knowledge == .gaps, editor.next(8) == 0 { editor.files = editor.start }
            for _ in 0...editor.next(3) { editor.edit() }
        }
    }

    private func commit(_ number: Int) throws -> Commit {
        let digits = String(number, radix: 16)
        let id = try #require(CommitID(String(repeating: "0", count: 40 - digits.count) + digits))
        return Commit(
            id: id, author: "Kim", email: "kim@acme.io", date: Instant(seconds: 0), subject: "Change")
    }

    @Test("only services whose inputs changed have other inputs")
    func inputs() throws {
        var editor = Editor(seed: 1)
        editor.files["services/mail.yaml"] = "template: two\n"
        let environment = try environment("dev")
        func inputs(_ change: (inout [String: String]) -> Void) -> [String: String] {
            var files = editor.files
            change(&files)
            let services = Renderer().render(snapshot(files), for: environment).rendering.services
            return Dictionary(uniqueKeysWithValues: services.map { ($0.name.text, $0.inputs) })
        }
        let before = inputs { _ in }
        func changed(_ change: (inout [String: String]) -> Void) -> [String] {
            let after = inputs(change)
            return before.keys.sorted().filter { before[$0] != after[$0] }
        }
        #expect(changed { $0["releases/cart.yaml"] = Editor.record("cart", 9) } == ["cart"])
        #expect(changed { $0["templates/partials/p.yaml"] = "z: 1\n" } == ["mail"])
        #expect(changed { $0["templates/default.yaml"]?.append("\n") } == ["cart", "catalog", "web"])
        #expect(changed { $0["templates/web.json"] = "{}" } == ["web"])
        #expect(changed { $0["dev/services/web.yaml"] = "a: 9\n" } == ["web"])
        #expect(changed { $0["dev/defaults.yaml"] = "b: 9\n" } == ["cart", "catalog", "mail", "web"])
        #expect(changed { $0["staging/services/web.yaml"] = "a: 9\n" } == [])
    }

    @Test("an unreadable shared file leaves the services of before for later")
    func unreadable() throws {
        var files = Editor(seed: 1).files
        let environment = try environment("dev")
        let renderer = Renderer()
        let first = renderer.render(snapshot(files), for: environment)
        let defaults = files.updateValue("[", forKey: "defaults.yaml")
        let second = renderer.render(snapshot(files), for: environment, reusing: first.cache)
        #expect(second.rendering.isUnreadable)
        #expect(second.rendering.services.isEmpty)
        files["defaults.yaml"] = defaults
        let third = renderer.render(snapshot(files), for: environment, reusing: second.cache)
        #expect(picture(third.rendering) == picture(first.rendering))
    }
}
