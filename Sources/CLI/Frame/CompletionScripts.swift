// SPDX-License-Identifier: Apache-2.0

/// Completion scripts, made from the command table.
enum Shell: String, Sendable, CaseIterable {
    case bash
    case zsh
    case fish

    func completion(of commands: [Command]) -> String {
        switch self {
        case .bash: bashCompletion(commands)
        case .zsh: zshCompletion(commands)
        case .fish: fishCompletion(commands)
        }
    }
}

extension Flag {
    fileprivate var words: [String] { ["--\(name)"] + (short.map { ["-\($0)"] } ?? []) }
}

extension Command {
    /// What may stand as the first argument.
    fileprivate func argumentWords(_ commands: [Command]) -> [String] {
        switch arguments.first?.values {
        case .choice(let choices): choices
        case .command: commands.map(\.name) + topics.map(\.name)
        default: []
        }
    }
}

/// Text inside single quotes of a POSIX shell.
private func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }

private func bashCompletion(_ commands: [Command]) -> String {
    var cases = ""
    for command in commands {
        var values = ""
        for flag in command.allFlags where flag.value != nil {
            let words = flag.words.joined(separator: "|")
            switch flag.values {
            case .choice(let choices):
                values +=
                    "            \(words)) COMPREPLY=($(compgen -W \"\(choices.joined(separator: " "))\" -- \"$word\")); return ;;\n"
            case .folder: values += "            \(words)) COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n"
            case .file: values += "            \(words)) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
            case .any, .command: values += "            \(words)) COMPREPLY=(); return ;;\n"
            }
        }
        let flags = command.allFlags.map { "--\($0.name)" }.joined(separator: " ")
        let arguments = command.argumentWords(commands).joined(separator: " ")
        let rest =
            arguments.isEmpty
            ? "COMPREPLY=($(compgen -f -- \"$word\"))" : "COMPREPLY=($(compgen -W \"\(arguments)\" -- \"$word\"))"
        cases += """
                \(quoted(command.name)))
                    case "$before" in
            \(values)        esac
                    case "$word" in
                        -*) COMPREPLY=($(compgen -W "\(flags)" -- "$word")) ;;
                        *) \(rest) ;;
                    esac ;;

            """
    }
    return """
        # bash completion for kubernaut: source <(kubernaut completion bash)
        _kubernaut() {
            local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="" index
            COMPREPLY=()
            for ((index = 1; index < COMP_CWORD; index++)); do
                case "${COMP_WORDS[index]}" in
                    -*) ;;
                    *) command="${COMP_WORDS[index]}"; break ;;
                esac
            done
            case "$command" in
                '') COMPREPLY=($(compgen -W "\(commands.map(\.name).joined(separator: " ")) --help" -- "$word")) ;;
        \(cases)    esac
        }
        complete -o default -F _kubernaut kubernaut

        """
}

private func zshCompletion(_ commands: [Command]) -> String {
    /// Inside `[…]` of an `_arguments` specification.
    func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("[", with: "\\[").replacing("]", with: "\\]")
            .replacing(":", with: "\\:")
    }
    func action(_ values: ValueKind) -> String {
        switch values {
        case .any, .command: " "
        case .file: "_files"
        case .folder: "_files -/"
        case .choice(let choices): "(\(choices.joined(separator: " ")))"
        }
    }
    func specifications(_ flag: Flag) -> [String] {
        flag.words.map { word in
            let star = flag.isRepeatable ? "*" : ""
            let value = flag.value.map { ":\($0):\(action(flag.values))" } ?? ""
            return quoted("\(star)\(word)[\(escaped(flag.summary))]\(value)")
        }
    }
    let list = commands.map { quoted("\($0.name):\($0.summary.replacing(":", with: "\\:"))") }
    let cases = commands.map { command in
        let words = command.argumentWords(commands)
        let rest = words.isEmpty ? "*:file:_files" : "*:argument:(\(words.joined(separator: " ")))"
        let lines = command.allFlags.flatMap(specifications) + [quoted(rest)]
        return "        \(command.name)) _arguments \\\n            "
            + lines.joined(separator: " \\\n            ") + " ;;"
    }
    return """
        #compdef kubernaut
        # zsh completion for kubernaut: kubernaut completion zsh > "${fpath[1]}/_kubernaut"
        _kubernaut() {
            local -a verbs
            verbs=(
                \(list.joined(separator: "\n        "))
            )
            if (( CURRENT == 2 )); then
                _describe command verbs
                return
            fi
            local verb="${words[2]}"
            shift words
            (( CURRENT-- ))
            case "$verb" in
        \(cases.joined(separator: "\n"))
            esac
        }
        if [ "$funcstack[1]" = "_kubernaut" ]; then _kubernaut "$@"; else compdef _kubernaut kubernaut; fi

        """
}

private func fishCompletion(_ commands: [Command]) -> String {
    func escaped(_ text: String) -> String {
        "'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    }
    var text = "# fish completion for kubernaut: kubernaut completion fish | source\ncomplete -c kubernaut -f\n"
    for command in commands {
        text +=
            "complete -c kubernaut -n __fish_use_subcommand -a \(escaped(command.name)) -d \(escaped(command.summary))\n"
        let here = "-n \(escaped("__fish_seen_subcommand_from \(command.name)"))"
        for flag in command.allFlags {
            var line = "complete -c kubernaut \(here) -l \(flag.name)"
            if let short = flag.short { line += " -s \(short)" }
            if flag.value != nil {
                switch flag.values {
                case .choice(let choices): line += " -x -a \(escaped(choices.joined(separator: " ")))"
                case .file, .folder: line += " -r -F"
                case .any, .command: line += " -x"
                }
            }
            text += line + " -d \(escaped(flag.summary))\n"
        }
        let words = command.argumentWords(commands)
        if !words.isEmpty { text += "complete -c kubernaut \(here) -a \(escaped(words.joined(separator: " ")))\n" }
    }
    return text
}
