// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CLI

@Suite struct ArgumentParserTests {
    private let parser = ArgumentParser(commands: [
        Command(
            "diff", .look, "compare", arguments: [Argument("A", "one"), Argument("B", "other", optional: true)],
            flags: [
                Flag("output", short: "o", value: "FORMAT", "form", values: .choice(["diff", "json"])),
                Flag("service", short: "s", value: "NAME", "which", repeatable: true),
                Flag("force", short: "f", "do it"),
            ]
        ) { _ in .done },
        Command("image parse", .look, "parse", arguments: [Argument("REF", "it")]) { _ in .done },
        Command("help", .help, "help") { _ in .done },
    ])

    static let accepted: [(words: [String], flags: [String: [String]], arguments: [String])] = [
        (["diff", "a"], [:], ["a"]),
        (["diff", "a", "b"], [:], ["a", "b"]),
        (["diff", "-o", "json", "a"], ["output": ["json"]], ["a"]),
        (["diff", "-ojson", "a"], ["output": ["json"]], ["a"]),
        (["diff", "-o=json", "a"], ["output": ["json"]], ["a"]),
        (["diff", "--output=json", "a"], ["output": ["json"]], ["a"]),
        (["diff", "a", "--output", "json"], ["output": ["json"]], ["a"]),
        (["diff", "-o", "diff", "-o", "json", "a"], ["output": ["json"]], ["a"]),  // the last one counts
        (["diff", "-s", "x", "--service=y", "a"], ["service": ["x", "y"]], ["a"]),
        (["diff", "-fq", "a"], ["force": [""], "quiet": [""]], ["a"]),
        (["diff", "-fojson", "a"], ["force": [""], "output": ["json"]], ["a"]),
        (["diff", "-vv", "a"], ["verbose": ["", ""]], ["a"]),
        (["diff", "--service=", "a"], ["service": [""]], ["a"]),
        (["diff", "--service=a=b", "a"], ["service": ["a=b"]], ["a"]),
        (["diff", "--", "-a", "--force"], [:], ["-a", "--force"]),
        (["diff", "-"], [:], ["-"]),  // standard input
        (["--color", "never", "diff", "a"], ["color": ["never"]], ["a"]),  // before the command, too
        (["diff", "--help"], ["help": [""]], []),  // help needs no arguments
        (["image", "parse", "x"], [:], ["x"]),
    ]

    @Test("flags and arguments are sorted by the table", arguments: accepted)
    func accepts(words: [String], flags: [String: [String]], arguments: [String]) throws {
        let line = try #require(try parser.parse(words))
        #expect(line.flags == flags)
        #expect(line.arguments == arguments)
    }

    static let refused: [(words: [String], message: String, hint: String?)] = [
        (["dif"], "unknown command \"dif\"", "did you mean \"diff\"?"),
        (["xyzzy"], "unknown command \"xyzzy\"", "`kubernaut help` lists all commands"),
        (["di"], "unknown command \"di\"", nil),  // no abbreviations, at most a suggestion
        (["image"], "\"image\" needs one of: image parse", nil),
        (["diff"], "A is missing", "usage: kubernaut diff A [B] [flags]"),
        (["diff", "a", "b", "c"], "unexpected argument \"c\"", "usage: kubernaut diff A [B] [flags]"),
        (["diff", "--outptu", "json"], "unknown flag --outptu for `kubernaut diff`", "did you mean \"--output\"?"),
        (["diff", "--out", "x"], "unknown flag --out for `kubernaut diff`", nil),
        (["diff", "-x"], "unknown flag -x for `kubernaut diff`", nil),
        (["diff", "-o"], "-o needs a value: -o FORMAT", nil),
        (["diff", "--output"], "--output needs a value: --output FORMAT", nil),
        (["diff", "-o", "jsno", "a"], "-o must be one of diff, json, not \"jsno\"", "did you mean \"json\"?"),
        (["diff", "--force=yes", "a"], "--force takes no value", nil),
        (["--force", "diff", "a"], "unknown flag --force", "flags come after the command"),
    ]

    @Test("a line that does not fit the table is refused with a sentence and the next step", arguments: refused)
    func refuses(words: [String], message: String, hint: String?) throws {
        let error = #expect(throws: CommandError.self) { try parser.parse(words) }
        #expect(error?.exit == .usage)
        #expect(error?.message == message)
        if let hint { #expect(error?.hint == hint) }
    }

    @Test("nothing but universal flags names no command")
    func empty() throws {
        #expect(try parser.parse([]) == nil)
        #expect(try parser.parse(["--color=never", "-q"]) == nil)
    }
}
