// SPDX-License-Identifier: Apache-2.0

import Foundation
import Lifecycle
import Platform
import TestKit
import Testing

@testable import CLI

/// What only a process of its own can show: streams, signals, exit codes.
@Suite(.timeLimit(.minutes(1))) struct BuiltBinaryTests {
    private let binary: String
    private let root = BuiltBinary.packageRoot

    init() throws { binary = try BuiltBinary.path() }

    /// Runs a line of a shell in which `$K` is the built kubernaut.
    private func shell(_ line: String, environment: [String: String] = [:]) throws -> (
        code: Int32, output: String, error: String
    ) {
        let process = Process()
        let (output, error) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = URL(filePath: root)
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "K": binary]
            .merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = error
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text, complaint)
    }

    static let codes: [(line: String, code: Int32)] = [
        ("$K", 0),
        ("$K version", 0),
        ("$K validate", 0),
        ("$K diff dev staging >/dev/null", 1),
        ("$K diff dev dev", 0),
        ("$K render --env nosuch", 5),
        ("$K nosuch", 64),
        ("$K diff live:dev --kubeconfig /nonexistent", 2),
        ("$K health -f /nonexistent", 5),
        ("echo 'kind: [' | $K health -f -", 2),
        ("$K version >/dev/full", 2),
        ("set -o pipefail; $K render --env dev | head -1", 0),
    ]

    @Test("exit codes are those that scripts rely on", arguments: codes)
    func exitCodes(line: String, code: Int32) throws {
        let result = try shell(line)
        #expect(result.code == code, "\(result.error)")
        #expect(!result.error.contains("Fatal error"))
    }

    @Test("without a terminal there is no color, no progress line and no cut column")
    func plain() throws {
        let result = try shell("$K explain cart --env staging", environment: ["COLUMNS": "40", "TERM": "xterm"])
        #expect(result.code == 0)
        #expect(result.error.isEmpty)
        #expect(!result.output.contains("\u{1b}"))
        #expect(!result.output.contains("…"))
    }

    @Test("on a terminal there is color, and one column is cut to the width")
    func terminal() throws {
        // `script` gives the command a terminal of its own.
        let line = "script -qec \"stty cols 100; $K explain cart release --env staging --no-blame\" /dev/null"
        let result = try shell(line, environment: ["TERM": "xterm"])
        #expect(result.code == 0)
        #expect(result.output.contains("\u{1b}[2mPATH"))
        #expect(result.output.contains("…"))
        for line in result.output.split(whereSeparator: \.isNewline) {
            let visible = line.replacing(/\u{1b}\[[0-9]*m/, with: "")
            #expect(visible.count <= 100)
        }
    }

    static let signals: [(number: Int32, code: Int32)] = [(SIGINT, 130), (SIGTERM, 143)]

    @Test("a reading command ends at once with the signal that a terminal sends", arguments: signals)
    func signal(number: Int32, code: Int32) throws {
        // The command reads from a pipe whose other end this test holds open.
        let child = try ChildProcess([binary, "health", "-f", "-"], input: .pipe)
        // It has arrived at reading when its state is "sleeping" in a pipe read; the signal is right at any time.
        #expect(child.signal(number))
        let status = child.wait(timeout: .seconds(10))
        #expect(status == .killed(signal: number) || status == .exited(code))
    }

    @Test("health prints one line per object, and JSON as scripts expect it")
    func health() throws {
        let objects = """
            {"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n"}},
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"b"},"spec":{"replicas":2},
            "status":{"replicas":2,"updatedReplicas":2,"readyReplicas":1}}]}
            """
        let text = try shell("printf '%s' '\(objects)' | $K health -f -")
        #expect(
            text.output == """
                ConfigMap/n/a  healthy
                Deployment/b   progressing  1 of 2 pods are ready

                """)
        let json = try shell("printf '%s' '\(objects)' | $K health -f - -o json")
        let items = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        #expect(items.map { $0["health"] as? String } == ["healthy", "progressing"])
        #expect(Set(items[1].keys) == ["apiVersion", "health", "kind", "name", "namespace", "reason"])
        #expect(try shell("printf '%s' '\(objects)' | $K health -f - --check").code == 1)
        let typed = try shell(
            "printf 'apiVersion: v1\\nkind: PodList\\nitems: [{metadata: {name: p}, status: {phase: Succeeded}}]\\n---\\napiVersion: v1\\nkind: Secret\\nmetadata: {name: s}\\n' | $K health -f -"
        )
        #expect(typed.output == "Pod/p     healthy\nSecret/s  healthy\n")
    }

    @Test("every error code that the renderer knows has a page")
    func codesHelp() throws {
        for code in ["KN2001", "kn2201", "KN2501"] {
            let result = try shell("$K help \(code)")
            #expect(result.code == 0)
            #expect(result.output.hasPrefix(code.uppercased()))
        }
        #expect(try shell("$K help KN9999").code == 64)
    }
}
