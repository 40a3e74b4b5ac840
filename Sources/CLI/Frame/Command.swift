// SPDX-License-Identifier: Apache-2.0

/// One verb of the command line, described as data: the parser, help, completion, the manual page and
/// `docs/reference/cli.md` are all made from it.
struct Command: Sendable {
    enum Group: String, Sendable, CaseIterable {
        case configure = "Work on a config repository"
        case look = "See what runs where, and why"
        case change = "Release, promote, roll back, hold"
        case access = "Who may do what, and who did"
        case run = "Run"
        case help = "Learn more"
    }

    /// One word, or two for a verb below a noun: `image parse`.
    let name: String
    let group: Group
    /// One line without a full stop.
    let summary: String
    /// What a person should know besides, in paragraphs.
    let discussion: [String]
    let arguments: [Argument]
    /// The flags of this command alone; `universalFlags` come on top.
    let flags: [Flag]
    let examples: [Example]
    /// Whether it ends SIGINT and SIGTERM by itself.
    let handlesSignals: Bool
    /// Whether the first SIGINT or SIGTERM cancels its task, so that it leaves nothing half done. A command that only
    /// reads is ended by the signal at once.
    let stopsCleanly: Bool
    let run: @Sendable (Invocation) async throws -> ExitCode

    init(
        _ name: String, _ group: Group, _ summary: String, _ discussion: [String] = [], arguments: [Argument] = [],
        flags: [Flag] = [], examples: [Example] = [], handlesSignals: Bool = false,
        stopsCleanly: Bool = false,
        run: @escaping @Sendable (Invocation) async throws -> ExitCode
    ) {
        self.name = name
        self.group = group
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.flags = flags
        self.examples = examples
        self.handlesSignals = handlesSignals
        self.stopsCleanly = stopsCleanly
        self.run = run
    }

    var allFlags: [Flag] { flags + universalFlags }

    /// `kubernaut explain SERVICE [PATH] [flags]`
    var usage: String {
        (["kubernaut \(name)"] + arguments.map(\.usage) + (flags.isEmpty ? [] : ["[flags]"])).joined(separator: " ")
    }
}

/// A word that is no flag.
struct Argument: Sendable {
    /// In capitals: `SERVICE`.
    let name: String
    let summary: String
    let isOptional: Bool
    let isRepeatable: Bool
    /// What completion offers.
    let values: ValueKind

    init(
        _ name: String, _ summary: String, optional isOptional: Bool = false, repeatable isRepeatable: Bool = false,
        values: ValueKind = .any
    ) {
        self.name = name
        self.summary = summary
        self.isOptional = isOptional
        self.isRepeatable = isRepeatable
        self.values = values
    }

    var usage: String {
        let name = isRepeatable ? "\(name)..." : name
        return isOptional ? "[\(name)]" : name
    }
}

/// What may stand for a value: for checks and for completion.
enum ValueKind: Sendable, Hashable {
    case any
    case file
    case folder
    /// Nothing else is accepted.
    case choice([String])
    case command
}

/// `--name`, with a value or as a switch.
struct Flag: Sendable {
    /// Without the hyphens.
    let name: String
    let short: Character?
    /// What the value is called in help; nil for a switch.
    let value: String?
    let summary: String
    /// Used when nobody says anything; nil for none.
    let fallback: String?
    /// The environment variable that sets it; nil for none.
    let variable: String?
    let isRepeatable: Bool
    let values: ValueKind

    init(
        _ name: String, short: Character? = nil, value: String? = nil, _ summary: String,
        default fallback: String? = nil,
        variable: String? = nil, repeatable isRepeatable: Bool = false, values: ValueKind = .any
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.summary = summary
        self.fallback = fallback
        self.variable = variable
        self.isRepeatable = isRepeatable
        self.values = values
    }

    /// `-o, --output FORMAT`
    var usage: String {
        (short.map { "-\($0), " } ?? "") + "--\(name)" + (value.map { " \($0)" } ?? "")
    }
}

/// A command line worth copying.
struct Example: Sendable {
    let line: String
    let summary: String

    init(_ line: String, _ summary: String) {
        self.line = line
        self.summary = summary
    }
}
