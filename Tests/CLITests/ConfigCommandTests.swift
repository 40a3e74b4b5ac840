// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Platform
import TestKit
import Testing
import YAML

@testable import CLI

/// `init`, `validate` and `render` on real files.
@Suite(.timeLimit(.minutes(1))) struct ConfigCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("config") }

    /// The repository's own example.
    private static var example: String { BuiltBinary.packageRoot }

    private func run(_ words: String...) async -> CapturedRun { await CapturedRun.of(words, folder: folder.path) }

    private func copyExample() throws {
        try FileManager.default.copyItem(
            atPath: "\(Self.example)/environments", toPath: "\(folder.path)/environments")
    }

    private func edit(_ path: String, _ change: (String) -> String) throws {
        let whole = "\(folder.path)/environments/\(path)"
        let text = String(decoding: try Files.read(whole), as: UTF8.self)
        try Files.write(Array(change(text).utf8), to: whole)
    }

    @Test("the example in the repository is valid without a warning")
    func exampleIsValid() async {
        let result = await CapturedRun.of(["validate", "--strict"], folder: Self.example)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("valid: 0 errors, 0 warnings in 3 environments"))
    }

    static let scaffolds: [[String]] = [
        [], ["--environments", "live"], ["--environments", "test,live", "--service", "my-shop"], ["--path", "."],
        ["--path", "deploy/config"],
    ]

    @Test("what init writes validates without a warning, whatever it was asked for", arguments: scaffolds)
    func scaffold(flags: [String]) async {
        let made = await CapturedRun.of(["init", "--dir", "new"] + flags, folder: folder.path)
        #expect(made.code == 0, "\(made.error)")
        let path = flags.first == "--path" ? ["--path", flags[1]] : []
        let result = await CapturedRun.of(["validate", "--strict", "--repo", "new"] + path, folder: folder.path)
        #expect(result.code == 0, "\(result.output)\(result.error)")
    }

    @Test("init names what it writes, writes nothing on a dry run, and touches nothing that is there")
    func careful() async throws {
        let dry = await run("init", "--dry-run")
        #expect(dry.code == 0)
        #expect(try Files.list(folder.path).isEmpty)
        let made = await run("init")
        #expect(made.output == dry.output)
        try edit("defaults.yaml") { $0 + "# mine\n" }
        let again = await run("init")
        #expect(again.code == 3)
        #expect(again.output.isEmpty)
        let kept = try Files.read("\(folder.path)/environments/defaults.yaml")
        #expect(String(decoding: kept, as: UTF8.self).hasSuffix("# mine\n"))
        #expect(await run("init", "--force").code == 0)
    }

    static let wrongScaffolds = ["Dev", "dev,dev", "services", ",", "-"]

    @Test("init refuses names that would not work", arguments: wrongScaffolds)
    func names(environments: String) async {
        #expect(await run("init", "--environments", environments).code == 64)
    }

    @Test("validate shows every problem once, with its place, its line and a caret, and ends with 1")
    func problems() async throws {
        try copyExample()
        try edit("templates/default.yaml") { $0.replacing("{{replicas}}", with: "{{replcas}}") }
        let result = await run("validate")
        #expect(result.code == 1)
        let place = "--> environments/templates/default.yaml:"
        #expect(result.output.components(separatedBy: place).count == 2)
        #expect(result.output.contains("error KN2201: unknown variable replcas"))
        #expect(result.output.contains("  replicas: {{replcas}}\n"))
        #expect(result.output.contains("            ^^^^^^^^^^^\n"))
        #expect(result.output.contains("services cart, catalog in dev, staging, production"))
        #expect(result.output.contains("help: kubernaut help KN2201"))
        #expect(result.error.contains("invalid: 1 error, 0 warnings"))
        #expect(await run("validate", "--service", "web").code == 0)
        #expect(await run("validate", "--env", "staging").code == 1)
    }

    @Test("the machine forms hold the same problem")
    func formats() async throws {
        try copyExample()
        try edit("templates/default.yaml") { $0.replacing("{{replicas}}", with: "{{replcas}}") }
        let json = try parseJSON(Array(await run("validate", "-o", "json").output.utf8))
        #expect(json["valid"] == false)
        #expect(json["errors"] == 1)
        let item = try #require(json["items"]?.list?.first)
        #expect(item["code"] == "KN2201")
        #expect(item["file"] == "environments/templates/default.yaml")
        #expect(item["services"] == ["cart", "catalog"])
        #expect(item["environments"] == ["dev", "staging", "production"])
        let github = await run("validate", "-o", "github").output
        #expect(github.hasPrefix("::error file=environments/templates/default.yaml,line="))
        let sarif = try parseJSON(Array(await run("validate", "-o", "sarif").output.utf8))
        let results = sarif["runs"]?.list?.first?["results"]?.list
        #expect(results?.first?["ruleId"] == "KN2201")
        let junit = await run("validate", "-o", "junit")
        #expect(junit.code == 1)
        let parser = XMLCounter()
        #expect(parser.count(junit.output, "failure") == 6)
        #expect(parser.count(junit.output, "testcase") == 15)
    }

    @Test("render gives what kubectl takes: a stream of documents or one List")
    func render() async throws {
        let yaml = await CapturedRun.of(["render", "--env", "staging"], folder: Self.example)
        #expect(yaml.code == 0)
        let documents = try parseYAML(Array(yaml.output.utf8)).map(\.value)
        let list = try parseJSON(
            Array(await CapturedRun.of(["render", "-e", "staging", "-o", "json"], folder: Self.example).output.utf8))
        #expect(list["kind"] == "List")
        #expect(list["items"]?.list == documents)
        let one = await CapturedRun.of(["render", "-e", "staging", "-s", "cart", "-o", "name"], folder: Self.example)
        #expect(one.output.contains("Deployment/cart\n"))
        #expect(!one.output.contains("web"))
    }

    @Test("render prints nothing when something is wrong, and other services do not disturb")
    func renderProblem() async throws {
        try copyExample()
        try edit("templates/default.yaml") { $0.replacing("{{replicas}}", with: "{{replcas}}") }
        let result = await run("render", "--env", "dev")
        #expect(result.code == 1)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("KN2201"))
        let other = await run("render", "--env", "dev", "--service", "web")
        #expect(other.code == 0)
        #expect(other.error.isEmpty)
    }

    static let absent: [(words: [String], code: Int32, says: String)] = [
        (["render"], 64, "--env is missing"),
        (["render", "--env", "stagin"], 5, "did you mean \"staging\"?"),
        (["render", "--env", "dev", "--service", "crat"], 5, "did you mean \"cart\"?"),
        (["render", "--env", "dev", "--repo", "/no/such"], 5, "there is no folder /no/such"),
        (["render", "--env", "dev", "--path", "elsewhere"], 5, "elsewhere"),
        (["render", "--env", "dev", "--at", "no-such-branch"], 5, "no-such-branch"),
    ]

    @Test("what is not there is named, with the nearest thing that is", arguments: absent)
    func missing(words: [String], code: Int32, says: String) async {
        let result = await CapturedRun.of(words, folder: Self.example)
        #expect(result.code == code, "\(result.error)")
        #expect(result.error.contains(says), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    @Test("--at reads a commit and not the edits on disk; settings files and variables stand in for flags")
    func revision() async throws {
        #expect(await run("init").code == 0)
        try git("init", "-q", "--initial-branch", "dev")
        try git("add", ".")
        try git("-c", "user.name=Kim", "-c", "user.email=kim@example.com", "commit", "-q", "-m", "Start")
        try edit("releases/hello.yaml") { $0.replacing("\"2.47\"", with: "\"2.48\"") }
        let edited = await run("render", "--env", "dev")
        #expect(edited.output.contains("app.kubernetes.io/version: \"2.48\""))
        for revision in ["HEAD", "dev"] {
            let committed = await run("render", "--env", "dev", "--at", revision)
            #expect(committed.output.contains("app.kubernetes.io/version: \"2.47\""), "\(committed.error)")
        }
        try Files.write(Array("env: staging\noutput: name\n".utf8), to: "\(folder.path)/.kubernaut.yaml")
        #expect(await run("render").output == "Service/hello\nDeployment/hello\n")
        let byVariable = await CapturedRun.of(
            ["render"], environment: ["KUBERNAUT_ENV": "nope", "KUBERNAUT_OUTPUT": "json"], folder: folder.path)
        #expect(byVariable.error.contains("there is no environment \"nope\""))
    }

    private func git(_ words: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/git")
        process.arguments = ["-C", folder.path] + words
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}

/// Counts elements, and knows whether the text is XML at all.
private struct XMLCounter {
    func count(_ text: String, _ element: String) -> Int {
        guard text.hasPrefix("<?xml "),
            text.components(separatedBy: "<").count == text.components(separatedBy: ">").count
        else { return -1 }
        return text.components(separatedBy: "<\(element) ").count - 1
    }
}
