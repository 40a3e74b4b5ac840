// SPDX-License-Identifier: Apache-2.0

import Domain

/// What was typed, sorted by the command table.
struct ParsedLine: Sendable {
    let command: Command
    /// By flag name, in the order they came. A switch has an empty text for each time it was set.
    var flags: [String: [String]]
    var arguments: [String]

    func isOn(_ name: String) -> Bool { flags[name] != nil }
}

/// Sorts command line words by the command table. Pure.
struct ArgumentParser: Sendable {
    let commands: [Command]

    /// - Returns: Nil when no command was named; `flags` holds the universal flags that were.
    /// - Throws: `CommandError` with `.usage`.
    func parse(_ words: [String]) throws(CommandError) -> ParsedLine? {
        var reader = WordReader(words: words[...], known: universalFlags, commandName: nil)
        try reader.readLeadingFlags()
        guard !reader.words.isEmpty else { return nil }
        let command = try command(in: &reader.words)
        reader.known = command.allFlags
        reader.commandName = command.name
        try reader.readAll()
        let line = ParsedLine(command: command, flags: reader.flags, arguments: reader.arguments)
        // Somebody who asks for help has not finished the line yet.
        if !line.isOn("help") { try check(line.arguments, of: command) }
        return line
    }

    private func command(in words: inout ArraySlice<String>) throws(CommandError) -> Command {
        let first = words.first ?? ""
        let pair = words.prefix(2).joined(separator: " ")
        if let command = commands.first(where: { $0.name == pair }) {
            words = words.dropFirst(2)
            return command
        }
        if let command = commands.first(where: { $0.name == first }) {
            words = words.dropFirst()
            return command
        }
        let below = commands.filter { $0.name.hasPrefix("\(first) ") }.map(\.name)
        if !below.isEmpty {
            throw CommandError(.usage, "\"\(first)\" needs one of: \(below.joined(separator: ", "))")
        }
        throw CommandError(
            .usage, "unknown command \"\(first)\"",
            hint: suggestion(for: first) ?? "`kubernaut help` lists all commands")
    }

    /// Near by letters, or begun and not finished.
    private func suggestion(for word: String) -> String? {
        let names = commands.map(\.name)
        if let near = didYouMean(word, in: names) { return near }
        let begun = word.isEmpty ? [] : names.filter { $0.hasPrefix(word) }
        return begun.isEmpty ? nil : "did you mean \(begun.map { "\"\($0)\"" }.joined(separator: " or "))?"
    }

    private func check(_ arguments: [String], of command: Command) throws(CommandError) {
        let needed = command.arguments.filter { !$0.isOptional }.count
        if arguments.count < needed {
            throw CommandError(
                .usage, "\(command.arguments[arguments.count].name) is missing", hint: "usage: \(command.usage)")
        }
        let isOpen = command.arguments.contains { $0.isRepeatable }
        if arguments.count > command.arguments.count, !isOpen {
            throw CommandError(
                .usage, "unexpected argument \"\(arguments[command.arguments.count])\"",
                hint: "usage: \(command.usage)")
        }
        for (argument, text) in zip(command.arguments, arguments) {
            guard case .choice(let choices) = argument.values, !choices.contains(text) else { continue }
            throw CommandError(.usage, choiceMessage(argument.name, choices, text), hint: didYouMean(text, in: choices))
        }
    }
}

private func choiceMessage(_ name: String, _ choices: [String], _ text: String) -> String {
    "\(name) must be one of \(choices.joined(separator: ", ")), not \"\(text)\""
}

/// Takes words from the front and puts them where they belong.
private struct WordReader {
    var words: ArraySlice<String>
    var known: [Flag]
    var commandName: String?
    var flags: [String: [String]] = [:]
    var arguments: [String] = []

    mutating func readLeadingFlags() throws(CommandError) {
        while let word = words.first, word.hasPrefix("-"), word != "-" {
            words.removeFirst()
            try readFlag(word)
        }
    }

    mutating func readAll() throws(CommandError) {
        while let word = words.popFirst() {
            if word == "--" {
                arguments += words
                return
            }
            if word.hasPrefix("-"), word != "-" { try readFlag(word) } else { arguments.append(word) }
        }
    }

    private mutating func readFlag(_ word: String) throws(CommandError) {
        word.hasPrefix("--") ? try readLong(word) : try readShort(word)
    }

    private mutating func readLong(_ word: String) throws(CommandError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let flag = known.first(where: { $0.name == name }) else { throw unknown("--\(name)") }
        try take(flag, inline: parts.count == 2 ? String(parts[1]) : nil, written: "--\(name)")
    }

    /// `-o json`, `-ojson`, `-o=json`, and switches together: `-qh`.
    private mutating func readShort(_ word: String) throws(CommandError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let flag = known.first(where: { $0.short == letter }) else { throw unknown("-\(letter)") }
            guard flag.value != nil else {
                try take(flag, inline: nil, written: "-\(letter)")
                continue
            }
            if letters.first == "=" { letters.removeFirst() }
            try take(flag, inline: letters.isEmpty ? nil : String(letters), written: "-\(letter)")
            return
        }
    }

    private mutating func take(_ flag: Flag, inline: String?, written: String) throws(CommandError) {
        guard let valueName = flag.value else {
            if inline != nil { throw CommandError(.usage, "\(written) takes no value") }
            flags[flag.name, default: []].append("")
            return
        }
        guard let value = inline ?? words.popFirst() else {
            throw CommandError(.usage, "\(written) needs a value: \(written) \(valueName)")
        }
        if case .choice(let choices) = flag.values, !choices.contains(value) {
            throw CommandError(.usage, choiceMessage(written, choices, value), hint: didYouMean(value, in: choices))
        }
        if flag.isRepeatable { flags[flag.name, default: []].append(value) } else { flags[flag.name] = [value] }
    }

    private func unknown(_ written: String) -> CommandError {
        let place = commandName.map { " for `kubernaut \($0)`" } ?? ""
        let names = known.map { "--\($0.name)" }
        let help = commandName.map { "`kubernaut \($0) --help` lists its flags" } ?? "flags come after the command"
        return CommandError(.usage, "unknown flag \(written)\(place)", hint: didYouMean(written, in: names) ?? help)
    }
}
