// SPDX-License-Identifier: Apache-2.0

/// Asks before something that people notice: a promotion, a rollback, a hold.
struct Confirmation {
    /// What would happen, in one or two sentences.
    let summary: String
    /// What is asked: `Promote 3 services to production?`
    let question: String
    /// Whether everything that is changed was named, so that nobody need be asked where nobody can be.
    let isExplicit: Bool

    /// Returns at once with `--yes`. Asks when standard input and standard error are terminals, and neither
    /// `--no-input`, `CI` nor `KUBERNAUT_NO_INPUT` forbids it.
    ///
    /// - Throws: `.no` when the answer is no; `.usage` when nobody can be asked and not everything was named.
    func obtain(_ invocation: Invocation) throws(CommandError) {
        if invocation.isOn("yes") { return }
        let console = invocation.console
        let mayAsk =
            console.hasInputTerminal && console.terminals.contains(.error) && !invocation.isOn("no-input")
            && console.variable("CI") == nil && console.variable("KUBERNAUT_NO_INPUT") == nil
        guard mayAsk else {
            if isExplicit { return }
            throw CommandError(
                .usage, "nobody can be asked here. \(summary)",
                hint: "say --yes to do it, or --dry-run to look at it first")
        }
        console.complain(summary)
        _ = console.write(.error, Array("\(question) [y/N] ".utf8))
        guard let answer = console.readAnswer() else {
            console.complain("")
            throw CommandError(.no, "nothing was done")
        }
        guard ["y", "yes"].contains(answer.lowercased().filter { !$0.isWhitespace }) else {
            throw CommandError(.no, "nothing was done")
        }
    }
}
