// SPDX-License-Identifier: Apache-2.0

/// The id of a tree, the files of a repository without their history: 40 lower-case hexadecimal digits.
public struct TreeID: Sendable, Hashable, CustomStringConvertible {
    public let hex: String

    /// Nil unless `hex` is 40 lower-case hexadecimal digits.
    public init?(_ hex: some StringProtocol) {
        guard let id = CommitID(hex) else { return nil }
        self.hex = id.hex
    }

    public var description: String { hex }
}

/// What a change makes of files: by path relative to the config root the new content; nil removes the file.
public typealias FileEdits = [String: [UInt8]?]

/// A name and an address, as git writes them into a commit.
public struct CommitIdentity: Sendable, Hashable {
    public let name: String
    public let email: String

    public init(name: String, email: String) {
        self.name = name
        self.email = email
    }
}

/// A commit before it is made.
public struct CommitDraft: Sendable, Hashable {
    public let tree: TreeID
    /// The branch's head first; a second one makes it a merge. Empty only for the first commit of a repository.
    public let parents: [CommitID]
    public let author: CommitIdentity
    public let committer: CommitIdentity
    public let date: Instant
    /// Subject, empty line, body; trailers are not part of it.
    public let message: String
    /// In this order at the message's end: `Kubernaut-Action: release`. Values hold no line break.
    public let trailers: [Trailer]

    public struct Trailer: Sendable, Hashable {
        public let key: String
        public let value: String

        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    public init(
        tree: TreeID, parents: [CommitID], author: CommitIdentity, committer: CommitIdentity, date: Instant,
        message: String, trailers: [Trailer] = []
    ) {
        self.tree = tree
        self.parents = parents
        self.author = author
        self.committer = committer
        self.date = date
        self.message = message
        self.trailers = trailers
    }
}

/// A config repository whose branches can be changed by commits made in memory: no work tree, no index, no hooks.
/// Port; `GitSource` has an implementation that fetches only what one commit needs, and one on the whole mirror.
public protocol EditableRepository: Sendable {
    /// Asks the remote for the newest head of one branch and brings it here.
    ///
    /// - Parameter branch: Without `refs/heads/`; nil for the remote's default branch.
    /// - Throws: `GitError`; `.notFound` when there is no such branch.
    func fetchHead(of branch: String?) async throws -> BranchHead

    /// The files at these paths (relative to the config root); what is not there is left out.
    func files(at paths: [String], of commit: CommitID) async throws -> [String: SourceFile]

    /// The names of the files directly in a folder (relative to the config root), sorted; empty when there is none.
    func names(in folder: String, of commit: CommitID) async throws -> [String]

    /// The tree of `commit` with `edits` made, stored here. The same tree as the commit's when nothing changes.
    func tree(of commit: CommitID, changing edits: FileEdits) async throws -> TreeID

    /// Makes the commit here, signed when the implementation was given a key. No branch moves.
    func make(_ draft: CommitDraft) async throws -> CommitID

    /// Moves a branch of the remote to `commit`, if and only if it still stands at `expected`. Never forces.
    ///
    /// - Parameter expected: Nil when the branch must not exist yet.
    /// - Throws: `GitError`; `.moved` when the branch stands elsewhere or somebody else is moving it (make the change again
    ///   on the new head), `.refused` with the remote's own words when a rule, a hook or a missing permission forbids it.
    func push(_ commit: CommitID, to branch: String, expecting expected: CommitID?) async throws
}

/// An error of an `EditableRepository` that says what whoever wants to change a branch can do.
public protocol EditingError: Error {
    var remedy: EditingRemedy { get }
}

public enum EditingRemedy: Sendable, Hashable {
    /// The branch stands elsewhere: make the change again on its new head.
    case startOver
    /// The remote did not answer; a push may have happened all the same. Look again.
    case lookAgain
    /// Trying again changes nothing.
    case giveUp
}

/// Where a branch stands.
public struct BranchHead: Sendable, Hashable {
    public let branch: String
    public let commit: CommitID

    public init(branch: String, commit: CommitID) {
        self.branch = branch
        self.commit = commit
    }
}

/// An editable repository with its whole history: environments can be compared and merged.
public protocol MergeableRepository: EditableRepository, LineageSource, Source {
    /// The files of a tree, as `Source.snapshot(at:reusing:)` gives those of a commit; the snapshot has no commit.
    func snapshot(of tree: TreeID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot

    /// Whether `ancestor` is `commit` or can be reached from it.
    func isAncestor(_ ancestor: CommitID, of commit: CommitID) async throws -> Bool

    /// The three-way merge of all files of the repository, those outside the config root included, in memory.
    ///
    /// - Parameter resolutions: Decide their paths whatever the two sides hold.
    func merge(_ theirs: CommitID, into ours: CommitID, resolving resolutions: FileEdits) async throws -> TreeMerge
}

/// What became of a three-way merge.
public enum TreeMerge: Sendable, Hashable {
    case merged(TreeID)
    /// In the order of their paths, never empty.
    case conflicted([FileConflict])
}

/// A file that two branches changed differently.
public struct FileConflict: Sendable, Hashable {
    /// From the repository's root, as people see it.
    public let path: String
    /// The places where both sides changed the same lines, in order. Empty when one side removed the file, or it is no text.
    public let hunks: [Hunk]
    public let isRemovedByOurs: Bool
    public let isRemovedByTheirs: Bool

    public struct Hunk: Sendable, Hashable {
        /// Of the first line in our version of the file, from 1.
        public let line: Int
        public let ours: [String]
        public let theirs: [String]

        public init(line: Int, ours: [String], theirs: [String]) {
            self.line = line
            self.ours = ours
            self.theirs = theirs
        }
    }

    public init(path: String, hunks: [Hunk], isRemovedByOurs: Bool = false, isRemovedByTheirs: Bool = false) {
        self.path = path
        self.hunks = hunks
        self.isRemovedByOurs = isRemovedByOurs
        self.isRemovedByTheirs = isRemovedByTheirs
    }
}
