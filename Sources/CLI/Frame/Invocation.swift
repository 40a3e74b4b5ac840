// SPDX-License-Identifier: Apache-2.0

import Domain

/// One call of a command: what was typed, with environment, settings files and defaults behind it.
struct Invocation: Sendable {
    let command: Command
    let arguments: [String]
    var console: Console
    private let flags: [String: [String]]
    private let settings: Settings

    init(_ line: ParsedLine, console: Console, settings: Settings) {
        command = line.command
        arguments = line.arguments
        flags = line.flags
        self.settings = settings
        self.console = console
    }

    /// Whether a switch was set.
    func isOn(_ name: String) -> Bool { flags[name] != nil }

    /// Whether the value of a flag is none that the person chose, but one that the repository around suggests.
    func isFromRepository(_ name: String) -> Bool {
        let variable = command.allFlags.first { $0.name == name }?.variable
        return flags[name] == nil && variable.flatMap(console.variable) == nil && settings.fromRepository.contains(name)
    }

    /// The value of a flag: typed, or from its environment variable, or from a settings file, or its default; nil
    /// when none has one.
    func text(_ name: String) -> String? { texts(name).last }

    /// All values of a repeatable flag. An environment variable or a settings file gives one, or several by commas.
    func texts(_ name: String) -> [String] {
        if let typed = flags[name] { return typed }
        let flag = command.allFlags.first { $0.name == name }
        let silent = flag?.variable.flatMap(console.variable) ?? settings.values[name]
        if let silent, Self.isUsable(silent, flag) { return split(silent, flag) }
        return flag?.fallback.map { [$0] } ?? []
    }

    /// A preference such as `KUBERNAUT_OUTPUT=yaml` is passed over by commands that have no such form.
    private static func isUsable(_ text: String, _ flag: Flag?) -> Bool {
        if case .choice(let choices) = flag?.values { choices.contains(text) } else { true }
    }

    private func split(_ text: String, _ flag: Flag?) -> [String] {
        flag?.isRepeatable == true ? text.split(separator: ",").map(String.init) : [text]
    }

    /// - Throws: `.usage` when nobody gave a value.
    func required(_ name: String) throws(CommandError) -> String {
        guard let text = text(name) else {
            let flag = command.allFlags.first { $0.name == name }
            let variable = flag?.variable.map { " or \($0)" } ?? ""
            throw CommandError(
                .usage, "--\(name) is missing",
                hint: "say --\(name) \(flag?.value ?? "VALUE")\(variable), see `kubernaut \(command.name) --help`")
        }
        return text
    }

    /// The `-o` value.
    var output: String { text("output") ?? "" }

    /// A duration such as `30s`.
    func duration(_ name: String) throws(CommandError) -> Duration? {
        guard let text = text(name) else { return nil }
        guard let duration = Duration(text: text) else {
            throw CommandError(.usage, "--\(name) must be a duration such as 30s or 5m, not \"\(text)\"")
        }
        return duration
    }

    /// - Throws: `.usage` when it is not there, which the command table keeps from happening.
    func requiredArgument(_ index: Int) throws(CommandError) -> String {
        guard let argument = argument(index) else { throw CommandError(.usage, "an argument is missing") }
        return argument
    }

    func argument(_ index: Int) -> String? { arguments.indices.contains(index) ? arguments[index] : nil }
}

/// A name that a person typed.
///
/// - Throws: `.usage` when it can be no name of a service or environment.
func parsedName(_ text: String, for what: String) throws(CommandError) -> Name {
    guard let name = Name(text) else {
        throw CommandError(.usage, "\"\(text)\" is no name of \(what)", hint: "names are \(Name.rule)")
    }
    return name
}
