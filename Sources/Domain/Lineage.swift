// SPDX-License-Identifier: Apache-2.0

/// A file as one commit left it.
public struct FileVersion: Sendable, Hashable {
    public let commit: Commit
    /// Nil where the commit removed the file, or holds something there that is no file of a config repository.
    public let file: SourceFile?

    public init(commit: Commit, file: SourceFile?) {
        self.commit = commit
        self.file = file
    }
}

/// A source that can say how files came to be what they are.
public protocol LineageSource: Sendable {
    /// The contents that files had on the way to the one they have at `commit`, newest first.
    ///
    /// A merge is followed to those parents whose content it took, as `git log -- path` does it, and to all parents where
    /// it made a new one. So what a merge kept out is not part of the line, and what came by a merge is there with its own
    /// commits, whichever parent it came from.
    ///
    /// - Parameters:
    ///   - paths: Relative to the config root; the history of each ends where the file had one of these contents (git's
    ///     object ids), and goes all the way when there are none.
    ///   - base: Commits that can be reached from this one are left out; nil for none.
    /// - Returns: Every path that was asked for; an empty line for a file that never was.
    func lineage(of paths: [String: Set<String>], at commit: CommitID, since base: CommitID?) async throws
        -> [String: [FileVersion]]

    /// How commits came into the history of `head`: for each that can be reached from it, the commit of the branch's own
    /// (first-parent) line that brought it, itself when it is one of these.
    ///
    /// - Returns: Without those that cannot be reached, and those that came longer ago than a thousand commits of the line.
    func arrivals(of commits: [CommitID], in head: CommitID) async throws -> [CommitID: Commit]

    /// The best common ancestor, as `git merge-base` finds it; nil when the two have none.
    func mergeBase(of first: CommitID, and second: CommitID) async throws -> CommitID?
}
