// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Lifecycle
import Render

/// Where a server's changes to the config repository are made: the one writer for everybody who asks by page or REST.
///
/// The changes themselves are those of the command line. Who may ask for what is decided before; what can only be known
/// from a branch's head is handed to `approving` for every attempt.
public struct ChangeDesk: Sendable {
    /// On whose behalf a commit is made.
    public struct Author: Sendable, Hashable {
        public let identity: CommitIdentity
        /// As they are called in trailers and holds.
        public let name: String

        public init(_ identity: CommitIdentity, name: String) {
            self.identity = identity
            self.name = name
        }
    }

    public let repository: any MergeableRepository
    /// The config root inside the repository, for the places in diagnostics.
    private let root: String
    private let pipeline: @Sendable () -> Pipeline
    private let committer: CommitIdentity
    private let timeout: Duration
    private let changed: @Sendable (_ branch: String) -> Void
    private let turns = BranchTurns(limit: 32)
    private let now: Now

    /// - Parameters:
    ///   - root: The config root inside the repository; empty for the repository's root.
    ///   - pipeline: That of the policy branch, as it is now.
    ///   - timeout: How long a change is tried again while others move the branch.
    ///   - changed: Called after a push, so that what was changed is looked at at once.
    public init(
        _ repository: any MergeableRepository, root: String, pipeline: @escaping @Sendable () -> Pipeline,
        committer: CommitIdentity, timeout: Duration = .seconds(30), now: @escaping Now = wallClock,
        changed: @escaping @Sendable (_ branch: String) -> Void
    ) {
        self.repository = repository
        self.root = root
        self.pipeline = pipeline
        self.committer = committer
        self.timeout = timeout
        self.now = now
        self.changed = changed
    }

    private let renderer = Renderer()
    private var planner: PromotionPlanner { PromotionPlanner(repository, renderer: renderer, now: now()) }

    /// The record in a file under `releases/`; nil when it cannot be read.
    public static func release(in file: SourceFile, at path: String) -> ReleaseRecord? {
        Renderer.release(file.bytes, path: path).content
    }

    // MARK: Releases

    public func release(
        _ request: ReleaseRequest, in environment: Environment, by author: Author
    ) async throws -> ChangeOutcome<ReleaseAnswer> {
        let decision = ReleaseDecision(
            ReleaseChange(request, in: environment, actor: author.name), repository, of: pipeline(), root: root)
        return try await commit(to: environment.branch, by: author) { try await decision.step(at: $0, now: now()) }
    }

    /// Takes a release record away. Another version that is recorded stays.
    public func withdraw(
        _ service: Name, version: String, in environment: Environment, reason: String?, by author: Author
    ) async throws -> ChangeOutcome<WithdrawAnswer> {
        let change = WithdrawChange(service, version: version, in: environment, reason: reason, actor: author.name)
        return try await commit(to: environment.branch, by: author) { head in
            try change.step(files: try await repository.files(at: change.paths, of: head.commit), now: now())
        }
    }

    /// Brings a release that another commit recorded to an environment, byte for byte.
    public func deploy(
        _ record: ReleaseRecord, _ file: SourceFile, to environment: Environment, reason: String?, by author: Author
    ) async throws -> ChangeOutcome<DeployAnswer> {
        let change = DeployChange(record, file, to: environment, reason: reason, actor: author.name)
        return try await commit(to: environment.branch, by: author) { head in
            try change.step(files: try await repository.files(at: change.paths, of: head.commit), now: now())
        }
    }

    // MARK: Promotions

    /// - Throws: `PromotionConflict`, `Refusal`, the repository's errors.
    public func preview(_ request: PromotionRequest) async throws -> PromotionPreview {
        try await reading {
            let target = try await repository.fetchHead(of: request.to.branch)
            return try await planner.preview(request, on: target)
        }
    }

    /// - Throws: `PromotionMoved` when the preview is another one than was expected; the repository's errors.
    public func check(_ preview: PromotionPreview, against expectation: PromotionExpectation) async throws {
        try await reading { try await planner.check(preview, against: expectation) }
    }

    /// - Parameter approving: Sees what each attempt would do, and throws when that must not be.
    /// - Throws: `PromotionConflict`, `PromotionMoved`, `Refusal`; what `approving` throws; the repository's errors.
    public func promote(
        _ request: PromotionRequest, expecting expectation: PromotionExpectation?, reason: String?, by author: Author,
        approving: @escaping @Sendable (PromotionPreview) throws -> Void
    ) async throws -> ChangeOutcome<PromotionPreview> {
        try await commit(to: request.to.branch, by: author) { head in
            let step = try await planner.step(
                request, on: head, expecting: expectation, reason: reason, actor: author.name)
            try approving(step.answer)
            return step
        }
    }

    // MARK: Rollbacks

    /// What a rollback would do now, and what that would mean; nil preview when there is nothing to do.
    public func preview(
        _ request: RollbackRequest, in environment: Environment, restoringConfiguration: Bool
    ) async throws -> (answer: RollbackAnswer, preview: ChangePreview?) {
        try await reading {
            var decision = decision(request, environment, restoringConfiguration)
            // A preview shows what is wrong instead of refusing.
            decision.validates = false
            let head = try await repository.fetchHead(of: environment.branch)
            let step = try await decision.step(at: head, now: now())
            return (step.answer, try await preview(step, of: environment, at: head))
        }
    }

    /// - Parameter digest: What the preview said; nil when nobody looked.
    /// - Throws: `Refusal`, `.conflict` when another result than the preview's would come; the repository's errors.
    public func rollback(
        _ request: RollbackRequest, in environment: Environment, restoringConfiguration: Bool,
        expecting digest: String?, by author: Author
    ) async throws -> ChangeOutcome<RollbackAnswer> {
        let decision = decision(request, environment, restoringConfiguration)
        return try await commit(to: environment.branch, by: author) { head in
            let step = try await decision.step(at: head, now: now())
            if let digest, try await preview(step, of: environment, at: head)?.digest != digest {
                throw Refusal(
                    .conflict,
                    "rolling back \(request.service) in \(environment.name) would not do what the preview showed: "
                        + "\(head.branch) has moved to \(head.commit.short)",
                    hint: "nothing was changed; look again")
            }
            return step
        }
    }

    private func decision(_ request: RollbackRequest, _ environment: Environment, _ restores: Bool) -> RollbackDecision
    {
        var decision = RollbackDecision(
            RollbackChange(request, in: environment), repository, of: pipeline(), root: root)
        decision.restoresConfiguration = restores
        return decision
    }

    private func preview<Answer>(
        _ step: ChangeStep<Answer>, of environment: Environment, at head: BranchHead
    ) async throws -> ChangePreview? {
        guard case .commit(let change, _) = step, case .edits(let edits) = change.content else { return nil }
        let before = try await repository.snapshot(at: head.commit, reusing: nil)
        let tree = try await repository.tree(of: head.commit, changing: edits)
        let after = try await repository.snapshot(of: tree, reusing: before)
        return ChangePreview(before, after, of: environment, at: head, renderer: renderer, mask: SecretMask())
    }

    // MARK: Holds

    /// - Parameter approving: Sees the places that each attempt would change, and throws when that must not be.
    public func hold(
        _ scope: HoldDecision.Scope, in environment: Environment, reason: String, until: Instant?, by author: Author,
        approving: @escaping @Sendable ([HoldPlace]) throws -> Void
    ) async throws -> ChangeOutcome<[HoldAnswer]> {
        let order = HoldDecision.Order.hold(HoldOrder(by: author.name, reason: reason, until: until))
        return try await apply(order, scope, environment, author, approving)
    }

    /// - Parameter approving: As with `hold`.
    public func resume(
        _ scope: HoldDecision.Scope, in environment: Environment, reason: String?, by author: Author,
        approving: @escaping @Sendable ([HoldPlace]) throws -> Void
    ) async throws -> ChangeOutcome<[HoldAnswer]> {
        try await apply(.resume(by: author.name, reason: reason), scope, environment, author, approving)
    }

    private func apply(
        _ order: HoldDecision.Order, _ scope: HoldDecision.Scope, _ environment: Environment, _ author: Author,
        _ approving: @escaping @Sendable ([HoldPlace]) throws -> Void
    ) async throws -> ChangeOutcome<[HoldAnswer]> {
        let decision = HoldDecision(order, scope, in: environment.name, repository)
        return try await commit(to: environment.branch, by: author) { head in
            let step = try await decision.step(at: head, now: now())
            try approving(step.answer.map(\.place))
            return step
        }
    }

    // MARK: Writing

    private func commit<Answer: Sendable>(
        to branch: String, by author: Author,
        decide: @escaping @Sendable (BranchHead) async throws -> ChangeStep<Answer>
    ) async throws -> ChangeOutcome<Answer> {
        let loop = ChangeLoop(
            repository, author: author.identity, committer: committer, patience: .system(timeout: timeout), now: now)
        let outcome = try await turns.run(branch) {
            try await reading { try await loop.run(on: branch, decide: decide) }
        }
        if outcome.commit != nil { changed(branch) }
        return outcome
    }

    /// What only the server's operator can mend is said in the remote's own words, with what to do about it.
    private func reading<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as any EditingError where error.remedy == .giveUp {
            throw Refusal(
                .unwritable, "\(error)",
                hint:
                    "the daemon needs a credential that may push to this branch (repository.tokenFile, or repository.sshKey with knownHosts); until it "
                    + "has one, commit with git, or with kubernaut and --repo")
        }
    }
}
