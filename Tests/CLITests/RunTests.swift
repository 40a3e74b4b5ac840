// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CLI

@Suite(.timeLimit(.minutes(1))) struct RunTests {
    @Test("without a command there is short help with three examples")
    func bare() async {
        let result = await CapturedRun.of([])
        #expect(result.code == 0)
        #expect(result.output.contains("Usage: kubernaut COMMAND [flags]"))
        #expect(result.output.split(separator: "\n").count { $0.hasPrefix("  kubernaut ") } == 3)
        #expect(result.error.isEmpty)
    }

    @Test("help lists every command, group by group, and the exit codes")
    func help() async {
        let result = await CapturedRun.of(["help"])
        for command in commands { #expect(result.output.contains("  \(command.name) ")) }
        for code in ExitCode.allCases { #expect(result.output.contains(code.meaning)) }
    }

    static let usageErrors: [[String]] = [
        ["halp"], ["health", "--flie", "x"], ["help", "no-such-topic"], ["completion"], ["completion", "csh"],
        ["version", "extra"], ["health"],
    ]

    @Test("wrong usage ends with 64 and says so on standard error alone", arguments: usageErrors)
    func usage(words: [String]) async {
        let result = await CapturedRun.of(words)
        #expect(result.code == 64)
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("error: "))
        #expect(!result.error.contains("error: error"))
    }

    static let colors: [(environment: [String: String], flag: String?, isTerminal: Bool, isColored: Bool)] = [
        (["TERM": "xterm"], nil, true, true),
        (["TERM": "xterm"], nil, false, false),
        (["TERM": "dumb"], nil, true, false),
        ([:], nil, true, false),
        (["TERM": "xterm", "NO_COLOR": "1"], nil, true, false),
        (["TERM": "xterm", "NO_COLOR": ""], nil, true, true),  // only when it is not empty
        (["TERM": "xterm", "CLICOLOR": "0"], nil, true, false),
        (["CLICOLOR_FORCE": "1"], nil, false, true),
        (["CLICOLOR_FORCE": "0"], nil, false, false),
        (["FORCE_COLOR": "1"], nil, false, true),
        (["NO_COLOR": "1", "CLICOLOR_FORCE": "1"], nil, false, false),
        (["NO_COLOR": "1"], "always", false, true),  // a flag wins over all
        (["TERM": "xterm", "CLICOLOR_FORCE": "1"], "never", true, false),
    ]

    @Test("color follows flag, environment and terminal in that order", arguments: colors)
    func color(environment: [String: String], flag: String?, isTerminal: Bool, isColored: Bool) async {
        let words = ["halp"] + (flag.map { ["--color", $0] } ?? [])
        let result = await CapturedRun.of(
            words, environment: environment, terminals: isTerminal ? [.output, .error] : [])
        #expect(result.error.contains("\u{1b}[") == isColored)
    }

    @Test("a reader that has seen enough is no failure, a full disk is")
    func brokenOutput() async {
        for (number, code) in [(Int32(32), Int32(0)), (28, 2)] {
            let console = Console(
                environment: [:], folder: "/", readInput: { [] },
                write: { channel, _ in channel == .output ? number : 0 })
            #expect(await run(["version"], console: console) == code)
        }
    }
}
