// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import TestKit
import Testing

@testable import CLI

@Suite(.timeLimit(.minutes(1))) struct CommandTableTests {
    @Test("every command explains itself: summary, example, and each flag once", arguments: commands.map(\.name))
    func selfExplaining(name: String) throws {
        let command = try #require(commands.first { $0.name == name })
        #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."))
        #expect(!command.examples.isEmpty || command.flags.isEmpty)
        #expect(command.examples.allSatisfy { $0.line.contains("kubernaut \(name)") })
        #expect(Set(command.allFlags.map(\.name)).count == command.allFlags.count)
        let shorts = command.allFlags.compactMap(\.short)
        #expect(Set(shorts).count == shorts.count)
        // `-n` means a namespace to everybody who uses kubectl.
        #expect(!shorts.contains("n"))
    }

    @Test("the examples of every command are lines that its parser takes", arguments: commands.map(\.name))
    func examples(name: String) throws {
        let command = try #require(commands.first { $0.name == name })
        for example in command.examples {
            let tail = try #require(example.line.components(separatedBy: "kubernaut ").last)
            let words = tail.prefix { !"|>)".contains($0) }.split(separator: " ").map(String.init)
            #expect(throws: Never.self) { try ArgumentParser(commands: commands).parse(words) }
        }
    }

    @Test("--help shows every flag and every example", arguments: commands.map(\.name))
    func helpText(name: String) async throws {
        let command = try #require(commands.first { $0.name == name })
        let result = await CapturedRun.of(name.split(separator: " ").map(String.init) + ["--help"])
        #expect(result.code == 0)
        #expect(result.error.isEmpty)
        for flag in command.allFlags { #expect(result.output.contains(flag.usage)) }
        for example in command.examples { #expect(result.output.contains(example.line)) }
    }

    @Test("help fits a terminal of 80 columns")
    func narrow() throws {
        for command in commands {
            let lines = help(for: command, Style(isOn: false), width: 80).split(separator: "\n")
            // Examples are to be copied, and not wrapped.
            let examples = Set(command.examples.map { "  \($0.line)" } + command.examples.map { "  # \($0.summary)" })
            for line in lines where !examples.contains(String(line)) && !line.hasPrefix("Usage:") {
                #expect(line.count <= 80, "\(line)")
            }
        }
    }

    @Test("the checked-in reference says what the table says")
    func reference() throws {
        let path = "\(BuiltBinary.packageRoot)/docs/reference/cli.md"
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        #expect(
            text == markdownReference(commands),
            "run: kubernaut man -o markdown > docs/reference/cli.md")
    }

    @Test("completion scripts pass their shell's own syntax check", arguments: Shell.allCases)
    func completion(shell: Shell) async throws {
        let result = await CapturedRun.of(["completion", shell.rawValue])
        #expect(result.code == 0)
        for command in commands { #expect(result.output.contains(command.name)) }
        let path = "/usr/bin/\(shell.rawValue)"
        // zsh and fish are checked where they are installed.
        guard FileManager.default.isExecutableFile(atPath: path) else { return }
        let folder = try TemporaryFolder("completion")
        let script = "\(folder.path)/script"
        try Files.write(Array(result.output.utf8), to: script)
        let check = Process()
        check.executableURL = URL(filePath: path)
        check.arguments = ["-n", script]
        try check.run()
        check.waitUntilExit()
        #expect(check.terminationStatus == 0)
    }

    static let completions: [(line: String, offers: String)] = [
        ("kubernaut he", "health"),
        ("kubernaut health --o", "--output"),
        ("kubernaut health -o j", "json"),
        ("kubernaut completion f", "fish"),
    ]

    @Test("bash offers commands, flags and values", arguments: completions)
    func bash(line: String, offers: String) async throws {
        let script = await CapturedRun.of(["completion", "bash"]).output
        let words = line.split(separator: " ").map { "'\($0)'" }.joined(separator: " ")
        let program = """
            \(script)
            COMP_WORDS=(\(words)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _kubernaut; printf '%s\\n' "${COMPREPLY[@]}"
            """
        let shell = Process()
        let pipe = Pipe()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = ["-c", program]
        shell.standardOutput = pipe
        try shell.run()
        let answer = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(answer.split(separator: "\n").contains(Substring(offers)))
    }
}
