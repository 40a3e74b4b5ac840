// SPDX-License-Identifier: Apache-2.0

import Domain

/// What `kubernaut` alone prints.
func shortHelp(_ style: Style) -> String {
    """
    kubernaut makes clusters equal to a git repository, keeps them so, and shows
    what runs where and why.

    \(style.bold("Usage:")) kubernaut COMMAND [flags]

    \(style.bold("Examples:"))
      kubernaut demo                          the whole loop on this machine, to look at in a browser
      kubernaut validate                      check the config repository you are in
      kubernaut explain cart --env staging    which file, line and commit set each value

    `kubernaut help` lists all commands, `kubernaut COMMAND --help` explains one.

    """
}

/// What `kubernaut help` prints.
func longHelp(_ commands: [Command], _ style: Style, width: Int? = nil) -> String {
    var text = """
        kubernaut makes clusters equal to a git repository, keeps them so, and shows
        what runs where and why.

        \(style.bold("Usage:")) kubernaut COMMAND [flags]


        """
    let column = commands.map(\.name.count).max() ?? 0
    for group in Command.Group.allCases {
        let members = commands.filter { $0.group == group }
        guard !members.isEmpty else { continue }
        text += style.bold("\(group.rawValue):") + "\n"
        for command in members { text += "  \(padded(command.name, column))  \(command.summary)\n" }
        text += "\n"
    }
    text +=
        style.bold("Flags of every command:") + "\n" + flagLines(universalFlags, width: width.map { min($0, 100) })
        + "\n"
    text += style.bold("Exit codes:") + "\n"
    for code in ExitCode.allCases { text += "  \(padded("\(code.rawValue)", 3, right: true))  \(code.meaning)\n" }
    text += "\n`kubernaut COMMAND --help` explains a command, `kubernaut help KN2201` an error code,\n"
    text += "`kubernaut help TOPIC` one of: \(topics.map(\.name).joined(separator: ", ")).\n"
    return text
}

/// What `kubernaut COMMAND --help` prints.
///
/// - Parameter width: Columns of the terminal; nil for 100.
func help(for command: Command, _ style: Style, width: Int? = nil) -> String {
    let width = min(width ?? 100, 100)
    var text = "\(command.summary.capitalizedFirst).\n\n\(style.bold("Usage:")) \(command.usage)\n"
    for paragraph in command.discussion {
        text += "\n" + wrapped(paragraph, width: width).joined(separator: "\n") + "\n"
    }
    if !command.arguments.isEmpty {
        text += "\n\(style.bold("Arguments:"))\n"
        text += definitions(command.arguments.map { ($0.usage, $0.explanation) }, width: width)
    }
    if !command.flags.isEmpty {
        text += "\n\(style.bold("Flags:"))\n" + flagLines(command.flags, width: width)
    }
    text += "\n\(style.bold("Flags of every command:"))\n" + flagLines(universalFlags, width: width)
    if !command.examples.isEmpty {
        text += "\n\(style.bold("Examples:"))\n"
        for example in command.examples {
            text += "  \(style.dim("# \(example.summary)"))\n  \(example.line)\n"
        }
    }
    return text
}

private func flagLines(_ flags: [Flag], width: Int?) -> String {
    definitions(flags.map { ($0.short == nil ? "    \($0.usage)" : $0.usage, $0.explanation) }, width: width ?? 100)
}

/// A term and its explanation on one line, or on two when the term is long.
private func definitions(_ pairs: [(term: String, text: String)], width: Int) -> String {
    let column = min(pairs.map(\.term.count).max() ?? 0, 28)
    var text = ""
    for (term, explanation) in pairs {
        let lines = wrapped(explanation, width: max(30, width - column - 4))
        let isLong = term.count > column
        text += "  " + (isLong ? "\(term)\n" : padded(term, column))
        for (index, line) in lines.enumerated() {
            let indent = index == 0 && !isLong ? "  " : String(repeating: " ", count: column + 4)
            text += "\(indent)\(line)\n"
        }
    }
    return text
}

extension Flag {
    /// The summary with default, environment variable and whether it may come again.
    var explanation: String {
        var notes: [String] = []
        if let fallback, !fallback.isEmpty { notes.append("default \(fallback)") }
        if let variable { notes.append("$\(variable)") }
        return summary + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
    }
}

extension Argument {
    var explanation: String {
        if case .choice(let choices) = values { "\(summary): \(choices.joined(separator: ", "))" } else { summary }
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

/// Words in lines of at most `width` characters.
func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if !line.isEmpty, line.count + 1 + word.count > width {
            lines.append(line)
            line = ""
        }
        line += line.isEmpty ? String(word) : " \(word)"
    }
    lines.append(line)
    return lines
}

func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return right ? space + text : text + space
}
