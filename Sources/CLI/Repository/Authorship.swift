// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource

/// Who last changed lines, as commands print it.
struct Authorship {
    let changes: LineChanges
    /// Why something is missing; nil when nothing is.
    let remark: String?

    /// Nobody asked.
    static let none = Authorship(changes: LineChanges(), remark: nil)

    subscript(location: SourceLocation) -> LineChange? { changes[location] }

    /// Asks the history of the repository that `snapshot` came from. A repository that cannot answer is no failure:
    /// the remark says so.
    init(of places: Set<SourceLocation>, in snapshot: SourceSnapshot, from history: some LineHistory) async {
        do {
            changes = try await history.changes(of: places, in: snapshot)
            remark =
                changes.isCutShort
                ? "the history that is here ends before some lines were set (≤ COMMIT); "
                    + "`git fetch --unshallow` brings the rest of a shallow clone" : nil
        } catch {
            changes = LineChanges()
            remark = "who set these values is not known: \((error as? GitError)?.detail ?? "\(error)")"
        }
    }

    private init(changes: LineChanges, remark: String?) {
        self.changes = changes
        self.remark = remark
    }
}

extension ConfigRepository {
    /// Nothing when `--no-blame` is given.
    func authorship(of places: Set<SourceLocation>, in snapshot: SourceSnapshot, _ invocation: Invocation) async
        -> Authorship
    {
        if invocation.isOn("no-blame") { return .none }
        let authorship = await Authorship(of: places, in: snapshot, from: RepositoryBlame(of: top))
        if let remark = authorship.remark { invocation.console.note("note: \(remark)") }
        return authorship
    }
}

extension LineChange {
    /// `9f2ab11`, `≤ 9f2ab11` where the history ends, or `not committed yet`.
    var shortCommit: String {
        switch self {
        case .committed(let commit): commit.id.short
        case .atOrBefore(let commit): "≤ \(commit.id.short)"
        case .uncommitted: "not committed yet"
        }
    }

    /// `9f2ab11 Kim 2026-08-22`
    var words: String {
        guard let commit else { return shortCommit }
        return "\(shortCommit) \(commit.author.printable) \(commit.date.day)"
    }

    /// For scripts: `committed`, `at-or-before`, `uncommitted`.
    private var state: String {
        switch self {
        case .committed: "committed"
        case .atOrBefore: "at-or-before"
        case .uncommitted: "uncommitted"
        }
    }

    /// Fields to lay beside file, line and column; all null when nothing is known.
    static func fields(_ change: LineChange?) -> [(String, Value)] {
        func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }
        let commit = change?.commit
        return [
            ("change", text(change?.state)), ("commit", text(commit?.id.hex)), ("author", text(commit?.author)),
            ("email", text(commit?.email)), ("date", text(commit?.date.description)),
            ("subject", text(commit?.subject)),
        ]
    }
}

extension Instant {
    /// `2026-08-22`
    var day: String { String(description.prefix(10)) }
}
