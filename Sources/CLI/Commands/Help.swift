// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

extension Command {
    static let help = Command(
        "help", .help, "explain a command, a topic or an error code",
        ["Topics: \(topics.map { "\($0.name) (\($0.summary))" }.joined(separator: ", "))."],
        arguments: [
            Argument(
                "TOPIC", "a command, a topic or a code such as KN2201", optional: true, repeatable: true,
                values: .command)
        ],
        examples: [
            Example("kubernaut help", "all commands"),
            Example("kubernaut help diff", "the same as kubernaut diff --help"),
            Example("kubernaut help KN2201", "what an error means and how to mend it"),
            Example("kubernaut help repository", "how a config repository is laid out"),
        ]
    ) { invocation in
        let console = invocation.console
        let style = console.style(.output)
        let wanted = invocation.arguments.joined(separator: " ")
        if wanted.isEmpty {
            try console.put(longHelp(commands, style, width: console.columns))
        } else if let command = commands.first(where: { $0.name == wanted }) {
            try console.put(CLI.help(for: command, style, width: console.columns))
        } else if let topic = topics.first(where: { $0.name == wanted }) {
            try console.put("\(style.bold(topic.summary.capitalizedFirst))\n\n\(topic.text)")
        } else if let explanation = explanation(ofCode: wanted.uppercased()) {
            try console.put(explanation)
        } else {
            let known = commands.map(\.name) + topics.map(\.name)
            throw CommandError(
                .usage, "there is no help on \"\(wanted)\"",
                hint: didYouMean(wanted, in: known) ?? "`kubernaut help` lists commands and topics")
        }
        return .done
    }
}

/// What a diagnostic's code means; nil for an unknown one.
func explanation(ofCode code: String) -> String? {
    guard let entry = DiagnosticCatalogue.entry(code) else { return nil }
    let off = entry.isSwitchable ? "\nSwitch it off in kubernaut.yaml with `warnings: {\(entry.name): off}`.\n" : ""
    return "\(entry.code) \(entry.name)\n\n" + wrapped(entry.explanation, width: 100).joined(separator: "\n") + "\n"
        + off
}
