// SPDX-License-Identifier: Apache-2.0

/// `docs/reference/cli.md`, made from the command table; a test fails when the file is stale.
func markdownReference(_ commands: [Command]) -> String {
    var text = """
        # Command line

        Written by `kubernaut man -o markdown > docs/reference/cli.md`; edit the command table instead.

        | Command | |
        |---|---|

        """
    for command in commands { text += "| [`\(command.name)`](#\(anchor(command.name))) | \(command.summary) |\n" }
    for command in commands { text += "\n" + section(command) }
    text += "\n## Flags of every command\n\n" + flagTable(universalFlags)
    text += "\n## Exit codes\n\n| Code | Meaning |\n|---|---|\n"
    for code in ExitCode.allCases { text += "| \(code.rawValue) | \(code.meaning) |\n" }
    for topic in topics where topic.name != "exit-codes" {
        text += "\n## \(topic.summary.capitalizedFirst)\n\n```\n\(topic.text.trimmedEnd)\n```\n"
    }
    return text
}

private func anchor(_ name: String) -> String { name.replacing(" ", with: "-") }

private func section(_ command: Command) -> String {
    var text = "## \(command.name)\n\n\(command.summary.capitalizedFirst).\n\n```\n\(command.usage)\n```\n"
    for paragraph in command.discussion { text += "\n\(paragraph)\n" }
    if !command.arguments.isEmpty {
        text += "\n| Argument | |\n|---|---|\n"
        for argument in command.arguments { text += "| `\(argument.usage)` | \(cell(argument.explanation)) |\n" }
    }
    if !command.flags.isEmpty { text += "\n" + flagTable(command.flags) }
    if !command.examples.isEmpty {
        text += "\n```sh\n"
        text += command.examples.map { "# \($0.summary)\n\($0.line)\n" }.joined()
        text += "```\n"
    }
    return text
}

private func flagTable(_ flags: [Flag]) -> String {
    "| Flag | |\n|---|---|\n" + flags.map { "| `\($0.usage)` | \(cell($0.explanation)) |\n" }.joined()
}

private func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
