// SPDX-License-Identifier: Apache-2.0

/// What last changed one line of a file.
public enum LineChange: Sendable, Hashable {
    case committed(Commit)
    /// This commit, or one before it that is not here: the clone is shallow, or the history longer than what is read.
    case atOrBefore(Commit)
    /// An edit of the working tree that no commit has.
    case uncommitted

    /// Nil for what is not committed yet.
    public var commit: Commit? {
        switch self {
        case .committed(let commit), .atOrBefore(let commit): commit
        case .uncommitted: nil
        }
    }
}

/// What last changed the lines that were asked for.
public struct LineChanges: Sendable, Hashable {
    private var changes: [String: [Int: LineChange]] = [:]

    public init() {}

    public var isEmpty: Bool { changes.isEmpty }
    /// Whether somewhere the history that is here did not reach far enough.
    public var isCutShort: Bool {
        changes.values.contains { lines in
            lines.values.contains { if case .atOrBefore = $0 { true } else { false } }
        }
    }

    /// Nil when nobody asked for this line, for a file as a whole, and for what no file of the repository holds.
    public subscript(location: SourceLocation) -> LineChange? { changes[location.file]?[location.line] }

    public mutating func set(_ change: LineChange, file: String, line: Int) {
        changes[file, default: [:]][line] = change
    }
}

/// Which commit last changed a line. Port; `GitSource` is the implementation.
public protocol LineHistory: Sendable {
    /// Follows lines back through all parents, and through renames of whole files, as git-blame(1) does. One walk for
    /// all lines; it ends when the last of them has its commit.
    ///
    /// - Parameters:
    ///   - places: Whose lines are wanted; columns do not matter, and what names no line is left out.
    ///   - snapshot: Where the files are as they are shown: of a commit, or of a working tree on top of its `HEAD`.
    /// - Throws: `GitError`: `.notFound` when there is no repository or not this commit, `.cancelled` with its task.
    func changes(of places: Set<SourceLocation>, in snapshot: SourceSnapshot) async throws -> LineChanges
}
