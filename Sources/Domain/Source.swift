// SPDX-License-Identifier: Apache-2.0

/// The id of a commit: 40 lower-case hexadecimal digits.
public struct CommitID: Sendable, Hashable, CustomStringConvertible {
    public let hex: String

    /// Nil unless `hex` is 40 lower-case hexadecimal digits.
    public init?(_ hex: some StringProtocol) {
        let isHex = hex.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
        guard hex.utf8.count == 40, isHex else { return nil }
        self.hex = String(hex)
    }

    /// The first seven digits, for people.
    public var short: String { String(hex.prefix(7)) }
    public var description: String { hex }
}

/// One commit, as pages and records show it.
public struct Commit: Sendable, Hashable {
    public let id: CommitID
    public let author: String
    public let email: String
    /// When it was committed (committer date).
    public let date: Instant
    /// The first line of the message.
    public let subject: String

    public init(id: CommitID, author: String, email: String, date: Instant, subject: String) {
        self.id = id
        self.author = author
        self.email = email
        self.date = date
        self.subject = subject
    }
}

/// One file of the config repository.
public struct SourceFile: Sendable, Hashable {
    /// Git's object id of the content, 40 hexadecimal digits: equal ids mean equal bytes.
    /// For a file of a working tree, the id that git would give it.
    public let blob: String
    public let bytes: [UInt8]

    public init(blob: String, bytes: [UInt8]) {
        self.blob = blob
        self.bytes = bytes
    }

    public static func == (left: SourceFile, right: SourceFile) -> Bool { left.blob == right.blob }
    public func hash(into hasher: inout Hasher) { hasher.combine(blob) }
}

/// The files of a config repository at one commit.
public struct SourceSnapshot: Sendable {
    /// Nil for a working tree, which may hold edits that no commit has.
    public let commit: Commit?
    /// The config root inside the repository, `environments` by default; empty when it is the repository's root.
    public let root: String
    /// By path relative to the config root, with forward slashes: `services/cart.yaml`. Never empty.
    public let files: SourceFiles
    /// What makes this snapshot different from one that was read earlier; nil when nobody looked.
    public let changes: Changes?

    /// The files that differ between a snapshot and that of another commit with the same root.
    public struct Changes: Sendable, Hashable {
        public let since: CommitID
        /// Relative to the config root; those that only one of the two has included.
        public let paths: Set<String>

        public init(since: CommitID, paths: Set<String>) {
            self.since = since
            self.paths = paths
        }
    }

    public init(commit: Commit?, root: String, files: [String: SourceFile], changes: Changes? = nil) {
        self.init(commit: commit, root: root, files: SourceFiles(files), changes: changes)
    }

    public init(commit: Commit?, root: String, files: SourceFiles, changes: Changes? = nil) {
        self.commit = commit
        self.root = root
        self.files = files
        self.changes = changes
    }

    /// The path of `file` as a person sees it from the repository's root.
    public func path(of file: String) -> String { root.isEmpty ? file : "\(root)/\(file)" }

    /// The paths whose content differs from `other`, those that only one of the two has included.
    public func paths(differingFrom other: SourceSnapshot) -> Set<String> {
        if let base = other.commit?.id, root == other.root {
            if base == commit?.id { return [] }
            if let changes, changes.since == base { return changes.paths }
        }
        var changed = Set<String>()
        for (path, file) in files where other.files[path] != file { changed.insert(path) }
        for (path, _) in other.files where files[path] == nil { changed.insert(path) }
        return changed
    }
}

/// One commit of a branch's first-parent history and the files it changed under a folder.
public struct HistoryStep: Sendable, Hashable {
    public let commit: Commit
    /// By path relative to the config root: the file as this commit left it; nil where the commit removed it.
    public let changes: [String: SourceFile?]
    /// What the commit's message says about itself at its end, such as `Kubernaut-Action: rollback`.
    public let trailers: [CommitDraft.Trailer]
    /// 2 or more for a merge.
    public let parentCount: Int

    public init(
        commit: Commit, changes: [String: SourceFile?], trailers: [CommitDraft.Trailer] = [], parentCount: Int = 1
    ) {
        self.commit = commit
        self.changes = changes
        self.trailers = trailers
        self.parentCount = parentCount
    }
}

/// Where desired state comes from. Port; `GitSource` is the implementation.
public protocol Source: Sendable {
    /// Brings the newest state of all branches here.
    ///
    /// - Returns: The head of every branch.
    /// - Throws: `GitError`; the last good state stays readable.
    func fetch() async throws -> [String: CommitID]

    /// The files at a commit. Blobs that `previous` already holds are not read again.
    ///
    /// - Throws: `GitError` `.notFound` when the commit or the config root is not there, or the root holds no file.
    func snapshot(at commit: CommitID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot

    /// The first-parent history of `commit`, newest first, down to but without `after`, at most `limit` steps,
    /// only commits that changed something under `folder` (relative to the config root).
    func history(of commit: CommitID, under folder: String, after: CommitID?, limit: Int) async throws -> [HistoryStep]
}
