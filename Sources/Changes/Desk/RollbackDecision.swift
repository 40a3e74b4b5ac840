// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// Decides what a rollback comes to on a head of its environment's branch.
public struct RollbackDecision: Sendable {
    private let repository: any MergeableRepository
    private let pipeline: Pipeline
    private let root: String
    public let change: RollbackChange
    /// Whether a rollback that does not render is refused.
    public var validates = true
    /// Whether the service's own configuration goes back, too.
    public var restoresConfiguration = false
    /// Takes a sentence about what could not be restored.
    public var note: @Sendable (String) -> Void = { _ in }
    /// The record as it was when the decision was made first: what a person wants undone is that release, and no other
    /// that arrives in the meantime.
    private let seen = Lock<SourceFile??>(nil)

    public init(
        _ change: RollbackChange, _ repository: any MergeableRepository, of pipeline: Pipeline, root: String
    ) {
        self.change = change
        self.repository = repository
        self.pipeline = pipeline
        self.root = root
    }

    private var request: RollbackRequest { change.request }

    /// - Throws: `Refusal`, `.conflict` when the record is not that of the first call any more; the repository's errors.
    public func step(at head: BranchHead, now: Instant) async throws -> ChangeStep<RollbackAnswer> {
        let files = try await repository.files(at: change.paths, of: head.commit)
        let record = files[change.recordPath]
        let history = try await repository.history(of: head.commit, under: change.recordPath, after: nil, limit: 1000)
        let trail = ReleaseTrail(of: request.service, history)
        let target = try change.target(in: trail, current: trail.entries.first { $0.file == record }?.record)
        let first = seen.withLock { seen in
            if seen == nil { seen = .some(record) }
            return seen ?? nil
        }
        guard record == first || record == target.file else {
            throw Refusal(
                .conflict, "somebody else changed \(change.recordPath) on \(head.branch) in the meantime",
                hint:
                    "look at `kubernaut history \(request.service) --env \(change.environment.name)`, then say it again"
            )
        }
        let step = try change.step(
            to: target, files: files, configuration: try await configuration(target, head), now: now)
        if validates, case .commit(let draft, _) = step, case .edits(let edits) = draft.content {
            let check = ReleaseCheck(repository, change.environment, of: pipeline, root: root)
            _ = try await check.run(request.service, at: head.commit, with: edits)
        }
        return step
    }

    private func configuration(_ target: ReleaseTrail.Entry, _ head: BranchHead) async throws -> FileEdits {
        guard restoresConfiguration else { return [:] }
        let then = try await repository.snapshot(at: target.commit.id, reusing: nil)
        let now = try await repository.snapshot(at: head.commit, reusing: then)
        let restored = ServiceConfiguration(request.service, in: change.environment.name).edits(from: now, to: then)
        restored.notes.forEach(note)
        return restored.edits
    }
}
