// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle
import Platform

/// A remote of which only what one commit needs is brought here: its folders, and the files that are asked for.
///
/// In a temporary folder of its own, so any number of processes may work on one remote at a time. A server that can
/// leave files out (`uploadpack.allowFilter`) sends folders alone; one that can cut history off sends the files of one
/// commit; any other sends all it has, up to the limit of `GitRemote.limits`.
public actor SparseRepository: EditableRepository {
    private let executor = SerialQueueExecutor(label: "kubernaut.git.sparse")
    private let remote: GitRemote
    let place: TemporaryPlace
    private let reader: RepositoryReader
    private let signer: CommitSigner?
    private var made: Set<CommitID> = []
    /// The commits that were brought, newest last. Their parents are not here.
    private var bases: [CommitID] = []
    private var open: (session: FetchSession, flag: CancellationFlag, since: ContinuousClock.Instant)?

    /// The address without credentials.
    public nonisolated let repository: String

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes the temporary folder; talks to nobody yet.
    ///
    /// - Parameters:
    ///   - remote: Over http(s) or ssh; for a path see `GitMirror.init(borrowingFrom:…)`.
    ///   - configRoot: The folder inside the repository; empty or `.` for the repository's root.
    ///   - signer: Signs every commit made here; nil for unsigned ones.
    public init(
        of remote: GitRemote, configRoot: String = "environments", limits: SnapshotLimits = SnapshotLimits(),
        signer: CommitSigner? = nil
    ) throws(GitError) {
        let root = try PathRules.parts(of: configRoot)
        self.remote = remote
        self.signer = signer
        repository = remote.url.description
        place = try TemporaryPlace()
        reader = RepositoryReader(
            try GitRepository(creatingAt: "\(place.path)/objects.git"), root: root, limits: limits)
    }

    // MARK: Reading

    public func fetchHead(of branch: String?) async throws -> BranchHead {
        try await conversing("fetching \(branch ?? "the default branch") of \(repository)") {
            session throws(GitError) in
            let head = try self.head(of: branch, session)
            try self.bring(head.commit, session)
            return head
        }
    }

    private func head(of branch: String?, _ session: FetchSession) throws(GitError) -> BranchHead {
        let reference = branch.map { GitRepository.branchPrefix + $0 }
        var found = try session.references(below: reference.map { [$0] } ?? [])
        if branch == nil, found.defaultBranch == nil, found.head != nil {
            found = try session.references(below: [GitRepository.branchPrefix])
        }
        guard let name = branch ?? found.defaultBranch else {
            throw GitError(
                code: .notFound, operation: session.conversation.operation,
                detail: "the remote names no default branch, or has none yet; name one")
        }
        guard GitRepository.isValid(GitRepository.branchPrefix + name) else {
            throw GitError(
                code: .refused, operation: session.conversation.operation,
                detail: "\(name.debugDescription) cannot be the name of a branch")
        }
        let id = branch == nil ? found.head : found.ids[GitRepository.branchPrefix + name]
        guard let commit = id.flatMap({ CommitID($0) }) else {
            throw GitError(
                code: .notFound, operation: session.conversation.operation, detail: "there is no branch \(name)")
        }
        return BranchHead(branch: name, commit: commit)
    }

    private func bring(_ commit: CommitID, _ session: FetchSession) throws(GitError) {
        if made.contains(commit) || bases.contains(commit) { return }
        let known = bases.suffix(1).map(\.hex)
        try session.fetch(
            FetchSession.Request(
                wants: [commit.hex], haves: known, shallow: known, isShallow: true,
                leavesOutBlobs: session.givesAnyObject),
            into: reader.repository)
        _ = try reader.repository.commit(commit)
        bases.append(commit)
    }

    public func files(at paths: [String], of commit: CommitID) async throws -> [String: SourceFile] {
        let missing = try reader.missingFiles(at: paths, of: commit)
        if !missing.isEmpty {
            try await conversing("fetching files of \(repository)") { session throws(GitError) in
                // A server that left the files out gives any object by its id; a different one behind the same
                // address may not, and sends the whole commit.
                let request =
                    session.givesAnyObject
                    ? FetchSession.Request(wants: missing)
                    : FetchSession.Request(wants: [commit.hex], isShallow: true)
                try session.fetch(request, into: self.reader.repository)
            }
        }
        return try reader.files(at: paths, of: commit)
    }

    /// Folders are always brought, whatever files are left out.
    public func names(in folder: String, of commit: CommitID) throws(GitError) -> [String] {
        try reader.fileNames(in: folder, of: commit)
    }

    // MARK: Writing

    public func tree(of commit: CommitID, changing edits: FileEdits) throws(GitError) -> TreeID {
        try reader.tree(of: commit, changing: edits)
    }

    public func make(_ draft: CommitDraft) async throws -> CommitID {
        let bytes = try reader.repository.commitBytes(draft)
        let signature = try await signer?(bytes)
        let commit = try reader.repository.storeCommit(bytes, signature: signature)
        made.insert(commit)
        return commit
    }

    public func push(_ commit: CommitID, to branch: String, expecting expected: CommitID?) async throws {
        let flag = CancellationFlag()
        try await withTaskCancellationHandler {
            try reader.repository.push(
                PushExchange(branch: branch, expected: expected, new: commit), to: remote, made: made, flag: flag,
                sshSocket: sshSocket)
        } onCancel: {
            flag.set()
        }
    }

    // MARK: The conversation

    /// Fetching and pushing share one connection. A longer path would not fit a socket's address.
    private var sshSocket: String? { place.path.utf8.count < 70 ? "\(place.path)/ssh" : nil }

    /// How long an open conversation may lie unused; a server's own patience is longer.
    private static let patience: Duration = .seconds(20)

    /// Runs `body` in the open conversation or a new one. Cancelling the task ends it within a fraction of a second.
    private func conversing<Result: Sendable>(
        _ operation: String, _ body: (FetchSession) throws(GitError) -> Result
    ) async throws -> Result {
        // A flag that was set when its task had what it wanted would stop the next one.
        if let open, open.session.isUsedUp || open.flag.isSet || .now - open.since > Self.patience { self.open = nil }
        let flag = open?.flag ?? CancellationFlag()
        return try await withTaskCancellationHandler {
            do throws(GitError) {
                let session = try self.session(operation, flag)
                return try body(session)
            } catch {
                open = nil
                throw error
            }
        } onCancel: {
            flag.set()
        }
    }

    private func session(_ operation: String, _ flag: CancellationFlag) throws(GitError) -> FetchSession {
        if let open { return open.session }
        if flag.isSet { throw GitError(.cancelled, operation) }
        let conversation = RemoteConversation(
            remote, .uploadPack, operation: operation, folder: place.path, flag: flag)
        conversation.sshSocket = sshSocket
        let session = try FetchSession(conversation) { $0 == "HEAD" || GitRepository.branch(ofReference: $0) != nil }
        open = (session, flag, .now)
        return session
    }
}

/// A folder that goes with its last owner.
final class TemporaryPlace: Sendable {
    let path: String

    init() throws(GitError) {
        do throws(FileError) {
            path = try Files.makeTemporaryFolder(prefix: "kubernaut-git-")
        } catch {
            throw GitError(error, "making room for a repository")
        }
    }

    deinit {
        // Nothing but room depends on it.
        try? Files.remove(path)
    }
}
