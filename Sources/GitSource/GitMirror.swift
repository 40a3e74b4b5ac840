// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle
public import Logging

/// A bare copy of one remote repository in the state folder. In: an address; out: branch heads and snapshots.
///
/// Reading happens on this actor's own thread, straight from the object database; talking to the remote on another, so
/// a slow network never delays a reader. A fetch that fails leaves everything as it was. A mirror that is found damaged
/// is cloned anew by the next fetch.
public actor GitMirror: Source, CommitReader {
    private let executor = SerialQueueExecutor(label: "kubernaut.git.read")
    private let folder: MirrorFolder
    /// Goes with the mirror.
    private let temporaryPlace: TemporaryPlace?
    let writer: MirrorWriter
    let signer: CommitSigner?
    /// The commits made here since the start; every other one came from the remote.
    var made: Set<CommitID> = []
    private let root: [String]
    private let limits: SnapshotLimits
    private var reader: RepositoryReader?
    private var isDamaged = false
    /// Calls of `fetch` that have not returned.
    private var fetches = 0

    /// Who changed which line, by this mirror's history. Works on a thread of its own.
    public nonisolated let blame: RepositoryBlame
    /// The address without credentials.
    public nonisolated let repository: String
    /// The branch that the remote's HEAD names; nil before the first fetch, and when it names none.
    public private(set) var defaultBranch: String?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Takes hold of the mirror in `folder`, which is made if need be; talks to nobody yet. What an earlier process
    /// fetched from the same address can be read at once.
    ///
    /// - Parameters:
    ///   - configRoot: The folder inside the repository; empty or `.` for the repository's root.
    ///   - folder: For this mirror alone.
    ///   - signer: Signs every commit made here; nil for unsigned ones.
    /// - Throws: `.locked` when another process uses the folder; `.refused` for a config root outside the repository.
    public init(
        of remote: GitRemote, configRoot: String = "environments", in folder: String,
        limits: SnapshotLimits = SnapshotLimits(), signer: CommitSigner? = nil, logger: Logger
    ) throws(GitError) {
        try self.init(
            of: remote, configRoot: configRoot, in: folder, limits: limits, signer: signer, place: nil,
            logger: logger)
    }

    /// - Parameter place: A temporary folder to keep for as long as the mirror lives.
    init(
        of remote: GitRemote, configRoot: String, in folder: String, limits: SnapshotLimits, signer: CommitSigner?,
        place: TemporaryPlace?, logger: Logger
    ) throws(GitError) {
        temporaryPlace = place
        let parts = try PathRules.parts(of: configRoot)
        let place = try MirrorFolder(folder)
        // A mirror that cannot be opened is not a failure yet: the first fetch makes a new one.
        let found = place.mirroredOrigin == remote.url.description ? try? GitRepository(openingAt: place.mirror) : nil
        defaultBranch = found?.headBranch()
        reader = found.map { RepositoryReader($0, root: parts, limits: limits) }
        root = parts
        self.limits = limits
        self.signer = signer
        self.folder = place
        blame = RepositoryBlame(of: place.mirror, commitLimit: 50_000)
        repository = remote.url.description
        writer = MirrorWriter(remote, place, logger)
        if remote.sendsSecretInClear {
            logger.warning(
                "credentials travel unencrypted; use https", ["repository": "\(remote.url)"])
        }
    }

    // MARK: Source

    /// Brings branches and tags here, and drops those the remote has dropped. Cancelling the task ends it within a
    /// fraction of a second, whatever the server does.
    ///
    /// - Throws: `GitError`; everything stays as it was then.
    public func fetch() async throws -> [String: CommitID] {
        let flag = CancellationFlag()
        let writer = writer
        fetches += 1
        defer { fetches -= 1 }
        let outcome = try await withTaskCancellationHandler {
            try await writer.fetch(isDamaged: isDamaged, flag: flag)
        } onCancel: {
            flag.set()
        }
        defaultBranch = outcome.defaultBranch
        // Another fetch may be reading the old files; then they stay until the next tidying.
        let isTidying = !outcome.obsoleteFiles.isEmpty && fetches == 1
        if outcome.isNew || reader == nil || isTidying {
            if outcome.isNew { isDamaged = false }
            if isTidying { folder.remove(outcome.obsoleteFiles) }
            reader = RepositoryReader(try GitRepository(openingAt: folder.mirror), root: root, limits: limits)
        }
        return outcome.heads
    }

    public func snapshot(at commit: CommitID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot {
        try read { reader throws(GitError) in try reader.snapshot(at: commit, reusing: previous) }
    }

    public func history(of commit: CommitID, under folder: String, after: CommitID?, limit: Int) async throws
        -> [HistoryStep]
    {
        try read { reader throws(GitError) in
            try reader.history(of: commit, under: folder, after: after, limit: limit)
        }
    }

    public func newCommits(of head: CommitID, since base: CommitID?, limit: Int) async throws -> NewCommits {
        try read { reader throws(GitError) in try reader.newCommits(of: head, since: base, limit: limit) }
    }

    // MARK: Further reading

    /// The heads as the last successful fetch left them, also that of an earlier process; empty before the first.
    public func heads() throws(GitError) -> [String: CommitID] {
        guard reader != nil else { return [:] }
        return try read { reader throws(GitError) in try reader.repository.heads() }
    }

    /// The paths under the config root, relative to it, whose content differs between two commits, sorted.
    ///
    /// - Throws: `.notFound` when one of the commits is not here.
    public func changedPaths(from old: CommitID, to new: CommitID) throws(GitError) -> [String] {
        try read { reader throws(GitError) in try reader.changedPaths(from: old, to: new) }
    }

    /// The commit that a person means: a branch, a tag, a full or abbreviated id, or `main~2` (gitrevisions(7)).
    ///
    /// - Throws: `.notFound` when there is none, or more than one.
    public func resolve(_ revision: String) throws(GitError) -> CommitID {
        try read { reader throws(GitError) in try reader.repository.resolve(revision) }
    }

    /// - Throws: `.notFound` when the commit is not here.
    public func commit(_ id: CommitID) throws(GitError) -> Commit {
        try read { reader throws(GitError) in try reader.repository.commit(id) }
    }

    /// Blobs read from disk since the mirror was opened; for tests and figures.
    package var blobReads: Int { reader?.blobReads ?? 0 }

    func read<Result>(_ body: (RepositoryReader) throws(GitError) -> Result) throws(GitError) -> Result {
        guard let reader else {
            throw GitError(
                code: .notFound, operation: "reading \(repository)", detail: "nothing was fetched yet; fetch it first")
        }
        do throws(GitError) {
            return try body(reader)
        } catch {
            if error.code == .corrupt { isDamaged = true }
            throw error
        }
    }
}
