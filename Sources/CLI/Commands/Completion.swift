// SPDX-License-Identifier: Apache-2.0

extension Command {
    static let completion = Command(
        "completion", .help, "print a completion script for a shell",
        arguments: [Argument("SHELL", "the shell", values: .choice(Shell.allCases.map(\.rawValue)))],
        examples: [
            Example("source <(kubernaut completion bash)", "bash, for this session"),
            Example("kubernaut completion zsh > \"${fpath[1]}/_kubernaut\"", "zsh, for good"),
            Example("kubernaut completion fish | source", "fish, for this session"),
        ]
    ) { invocation in
        if let shell = invocation.argument(0).flatMap(Shell.init(rawValue:)) {
            try invocation.console.put(shell.completion(of: commands))
        }
        return .done
    }

    static let man = Command(
        "man", .help, "print the manual page",
        flags: [SharedFlag.output(["roff", "markdown"])],
        examples: [
            Example("kubernaut man | man -l -", "read it"),
            Example("kubernaut man > /usr/local/share/man/man1/kubernaut.1", "install it"),
        ]
    ) { invocation in
        let isMarkdown = invocation.output == "markdown"
        try invocation.console.put(isMarkdown ? markdownReference(commands) : manPage(commands))
        return .done
    }
}
