// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Logging

/// Talks to the remote and writes the mirror, on its own thread, so that reading never waits for a network.
actor MirrorWriter {
    struct Outcome: Sendable {
        let heads: [String: CommitID]
        let defaultBranch: String?
        /// Whether the mirror is another one now: old handles must be opened again.
        let isNew: Bool
        /// Files of the mirror to remove once no handle is open on it.
        var obsoleteFiles: [String] = []
    }

    private let executor = SerialQueueExecutor(label: "kubernaut.git.fetch")
    private let remote: GitRemote
    private let folder: MirrorFolder
    private let logger: Logger
    private var repository: GitRepository?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ remote: GitRemote, _ folder: MirrorFolder, _ logger: Logger) {
        self.remote = remote
        self.folder = folder
        self.logger = logger
    }

    /// - Parameter isDamaged: Whether a reader found the mirror damaged: it is cloned anew then.
    func fetch(isDamaged: Bool, flag: CancellationFlag) throws(GitError) -> Outcome {
        if flag.isSet { throw GitError(.cancelled, "fetching \(remote.url)") }
        guard !isDamaged, folder.mirroredOrigin == remote.url.description else { return try clone(flag) }
        do throws(GitError) {
            return try update(flag)
        } catch {
            guard error.code == .corrupt else { throw error }
            logger.warning("The mirror is damaged and is cloned anew", ["repository": "\(remote.url)", "error": error])
            return try clone(flag)
        }
    }

    /// - Parameter made: The commits made in this mirror.
    func push(
        _ commit: CommitID, to branch: String, expecting expected: CommitID?, made: Set<CommitID>,
        flag: CancellationFlag
    ) throws(GitError) {
        let repository = try opened()
        try repository.push(
            PushExchange(branch: branch, expected: expected, new: commit), to: remote, made: made, flag: flag)
        // What the next fetch would bring; when it cannot be noted now, that fetch notes it.
        try? repository.setBranch(branch, to: commit)
    }

    private func update(_ flag: CancellationFlag) throws(GitError) -> Outcome {
        let repository = try opened()
        let before = try repository.heads()
        let state = try repository.fetch(from: remote, flag: flag)
        for (branch, new) in state.heads.sorted(by: { $0.key < $1.key }) {
            guard let old = before[branch], old != new, !repository.isForward(from: old, to: new) else { continue }
            logger.warning(
                "the history of a branch was rewritten; the new one is followed",
                ["branch": branch, "before": old, "now": new])
        }
        var outcome = Outcome(heads: state.heads, defaultBranch: state.defaultBranch, isNew: false)
        // Tidying waits for a fetch that brought nothing: nobody waits for the result then.
        if state.heads == before { outcome.obsoleteFiles = tidied(repository, flag) }
        return outcome
    }

    private func tidied(_ repository: GitRepository, _ flag: CancellationFlag) -> [String] {
        do throws(GitError) {
            let files = try repository.consolidatePacks(flag: flag)
            if !files.isEmpty {
                self.repository = nil
                logger.info("Packed the mirror anew", ["repository": "\(remote.url)", "packs": files.count / 2])
            }
            return files
        } catch {
            // The fetch itself succeeded; the next quiet one tries again.
            logger.warning("The mirror could not be packed", ["repository": "\(remote.url)", "error": error])
            return []
        }
    }

    private func opened() throws(GitError) -> GitRepository {
        if let repository { return repository }
        do throws(GitError) {
            let repository = try GitRepository(openingAt: folder.mirror)
            self.repository = repository
            return repository
        } catch {
            // We made it; when it is no repository any more, it was damaged.
            throw GitError(code: .corrupt, operation: error.operation, detail: error.detail)
        }
    }

    /// Clones beside the old mirror and puts it in its place only when complete.
    private func clone(_ flag: CancellationFlag) throws(GitError) -> Outcome {
        let path = try folder.prepareIncoming()
        defer { folder.dropIncoming() }
        let state = try GitRepository(creatingAt: path).fetch(from: remote, flag: flag)
        repository = nil
        try folder.install(origin: remote.url.description)
        logger.notice("Cloned the repository", ["repository": "\(remote.url)", "branches": state.heads.count])
        return Outcome(heads: state.heads, defaultBranch: state.defaultBranch, isNew: true)
    }
}
