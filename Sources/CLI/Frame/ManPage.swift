// SPDX-License-Identifier: Apache-2.0

/// `kubernaut(1)` in roff, made from the command table.
func manPage(_ commands: [Command]) -> String {
    var text = """
        .TH KUBERNAUT 1 "" "kubernaut \(kubernautVersion)" "User Commands"
        .SH NAME
        kubernaut \\- make Kubernetes clusters equal to a git repository, and show what runs where and why
        .SH SYNOPSIS
        .B kubernaut
        .I COMMAND
        [\\fIflags\\fR]
        .SH COMMANDS

        """
    for command in commands {
        text += ".SS \(roff(command.usage))\n\(roff(command.summary.capitalizedFirst)).\n"
        for paragraph in command.discussion { text += ".PP\n\(roff(paragraph))\n" }
        for argument in command.arguments { text += ".TP\n.I \(roff(argument.usage))\n\(roff(argument.explanation))\n" }
        for flag in command.flags { text += definition(flag) }
        for example in command.examples {
            text +=
                ".PP\n\(roff(example.summary.capitalizedFirst)):\n.PP\n.RS 4\n.nf\n\(roff(example.line))\n.fi\n.RE\n"
        }
    }
    text += ".SH FLAGS OF EVERY COMMAND\n" + universalFlags.map(definition).joined()
    text += ".SH EXIT STATUS\n"
    for code in ExitCode.allCases { text += ".TP\n.B \(code.rawValue)\n\(roff(code.meaning))\n" }
    for topic in topics where topic.name != "exit-codes" {
        text += ".SH \(topic.name.uppercased())\n.nf\n\(roff(topic.text)).fi\n"
    }
    return text
}

private func definition(_ flag: Flag) -> String { ".TP\n.B \(roff(flag.usage))\n\(roff(flag.explanation))\n" }

/// Text that roff prints as it is: a hyphen stays a hyphen, and a line's first dot or quote is no request.
private func roff(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        let escaped = line.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return escaped.first == "." || escaped.first == "'" ? "\\&\(escaped)" : String(escaped)
    }.joined(separator: "\n")
}
