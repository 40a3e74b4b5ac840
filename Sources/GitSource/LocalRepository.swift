// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// An existing repository on this disk, a clone or a bare one, read and never written.
///
/// The same reading as `GitMirror`, without a network: for `--at REV`.
public actor LocalRepository: CommitReader {
    private let executor = SerialQueueExecutor(label: "kubernaut.git.local")
    let reader: RepositoryReader

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - path: The top folder of a clone, or a bare repository.
    ///   - configRoot: The folder inside the repository; empty or `.` for the repository's root.
    /// - Throws: `.notFound` when there is no repository.
    public init(openingAt path: String, configRoot: String = "environments", limits: SnapshotLimits = SnapshotLimits())
        throws(GitError)
    {
        let root = try PathRules.parts(of: configRoot)
        reader = RepositoryReader(try GitRepository(openingAt: path), root: root, limits: limits)
    }

    /// Local branches and their heads.
    public func heads() throws(GitError) -> [String: CommitID] { try reader.repository.heads() }

    /// The branch that is checked out; nil when a commit is.
    public func headBranch() -> String? { reader.repository.headBranch() }

    /// The commit that a person means: a branch, `origin/main`, a tag, a full or abbreviated id, `HEAD~2`, …
    ///
    /// - Throws: `.notFound` when there is none, or more than one.
    public func resolve(_ revision: String) throws(GitError) -> CommitID { try reader.repository.resolve(revision) }

    /// - Throws: `.notFound` when the commit is not here.
    public func commit(_ id: CommitID) throws(GitError) -> Commit { try reader.repository.commit(id) }

    /// The files at a commit. Blobs that `previous` already holds are not read again.
    public func snapshot(at commit: CommitID, reusing previous: SourceSnapshot? = nil) throws(GitError)
        -> SourceSnapshot
    {
        try reader.snapshot(at: commit, reusing: previous)
    }

    /// See `Source.history`.
    public func history(of commit: CommitID, under folder: String, after: CommitID?, limit: Int) throws(GitError)
        -> [HistoryStep]
    {
        try reader.history(of: commit, under: folder, after: after, limit: limit)
    }

    public func newCommits(of head: CommitID, since base: CommitID?, limit: Int) async throws -> NewCommits {
        try reader.newCommits(of: head, since: base, limit: limit)
    }

    /// Whether `ancestor` is `commit` or can be reached from it, as far as this clone goes back.
    public func isAncestor(_ ancestor: CommitID, of commit: CommitID) -> Bool {
        ancestor == commit || reader.repository.isForward(from: ancestor, to: commit)
    }

    /// The paths under the config root, relative to it, whose content differs between two commits, sorted.
    public func changedPaths(from old: CommitID, to new: CommitID) throws(GitError) -> [String] {
        try reader.changedPaths(from: old, to: new)
    }
}
