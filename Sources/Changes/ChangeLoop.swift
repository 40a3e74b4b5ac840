// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Lifecycle

/// What a change comes to on one head of its branch.
public enum ChangeStep<Answer: Sendable>: Sendable {
    /// Nothing is to be committed.
    case done(Answer)
    case commit(Change, Answer)
}

/// What became of a change.
public struct ChangeOutcome<Answer: Sendable>: Sendable {
    public let answer: Answer
    /// Where the branch stood when the answer was found.
    public let base: BranchHead
    /// The commit that the branch was moved to; nil when nothing had to be committed.
    public let commit: CommitID?
    /// How often the change was made, from 1.
    public let attempts: Int
}

/// How long a change may take, and with which clock and dice; tests own both.
public struct ChangePatience: Sendable {
    /// After this time no further attempt is begun.
    public let timeout: Duration
    /// Since an arbitrary start, never backwards.
    public let uptime: @Sendable () -> Duration
    /// Returns after at least the duration, or throws `CancellationError` when the task is cancelled.
    public let sleep: @Sendable (Duration) async throws -> Void
    /// A number in `0..<1`.
    public let unitRandom: @Sendable () -> Double

    public init(
        timeout: Duration, uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void, unitRandom: @escaping @Sendable () -> Double
    ) {
        self.timeout = timeout
        self.uptime = uptime
        self.sleep = sleep
        self.unitRandom = unitRandom
    }

    /// The machine's clock and randomness.
    public static func system(timeout: Duration) -> ChangePatience {
        let start = ContinuousClock.now
        return ChangePatience(
            timeout: timeout, uptime: { start.duration(to: .now) },
            sleep: { try await ContinuousClock().sleep(for: $0) }, unitRandom: { Double.random(in: 0..<1) })
    }

    /// Full jitter, so that many pipelines never march in step: a time in `0` to 0.2 s, doubled with every failed
    /// attempt up to 5 s. Pure but for the dice.
    func pause(afterAttempts attempts: Int) -> Duration {
        var longest = Duration.milliseconds(200)
        for _ in 1..<max(1, min(attempts, 6)) { longest *= 2 }
        return min(longest, .seconds(5)) * unitRandom()
    }
}

/// Makes a change on the newest head of a branch and pushes it, and when somebody else was faster makes it *again*, on
/// the new head: never a rebase, never a forced push. The change must be idempotent.
public struct ChangeLoop: Sendable {
    public let repository: any EditableRepository
    public let author: CommitIdentity
    public let committer: CommitIdentity
    public let now: Now
    private let patience: ChangePatience

    /// A remote that does not answer this often in a row is not asked again.
    private static let silenceLimit = 5

    public init(
        _ repository: any EditableRepository, author: CommitIdentity, committer: CommitIdentity,
        patience: ChangePatience, now: @escaping Now = wallClock
    ) {
        self.repository = repository
        self.author = author
        self.committer = committer
        self.patience = patience
        self.now = now
    }

    /// - Parameters:
    ///   - branch: Nil for the remote's default branch.
    ///   - retrying: Called before each further attempt, with what stopped the last one.
    ///   - decide: What to do on this head. Called for every attempt; what it throws ends the change.
    /// - Throws: What `decide` throws; the repository's errors; `Refusal` `.contended` when the branch kept moving.
    public func run<Answer: Sendable>(
        on branch: String?, retrying: @Sendable (Int, any Error) -> Void = { _, _ in },
        decide: @Sendable (BranchHead) async throws -> ChangeStep<Answer>
    ) async throws -> ChangeOutcome<Answer> {
        var attempts = 0
        var silences = 0
        // Pushed, but the remote's answer was lost.
        var unanswered: [CommitID: (answer: Answer, base: BranchHead)] = [:]
        while true {
            attempts += 1
            var made: (commit: CommitID, answer: Answer, base: BranchHead)?
            do {
                let head = try await repository.fetchHead(of: branch)
                if let landed = unanswered[head.commit] {
                    return ChangeOutcome(
                        answer: landed.answer, base: landed.base, commit: head.commit, attempts: attempts)
                }
                let step = try await decide(head)
                guard case .commit(let change, let answer) = step, let commit = try await make(change, on: head) else {
                    return ChangeOutcome(answer: step.answer, base: head, commit: nil, attempts: attempts)
                }
                made = (commit, answer, head)
                try await repository.push(commit, to: head.branch, expecting: head.commit)
                return ChangeOutcome(answer: answer, base: head, commit: commit, attempts: attempts)
            } catch let error as any EditingError where error.remedy != .giveUp {
                silences = error.remedy == .lookAgain ? silences + 1 : 0
                if silences >= Self.silenceLimit { throw error }
                if let made, error.remedy == .lookAgain { unanswered[made.commit] = (made.answer, made.base) }
                try await rest(after: attempts, error)
                retrying(attempts + 1, error)
            }
        }
    }

    /// What `run` would do now, without doing it.
    public func preview<Answer: Sendable>(
        on branch: String?, decide: @Sendable (BranchHead) async throws -> ChangeStep<Answer>
    ) async throws -> (base: BranchHead, step: ChangeStep<Answer>) {
        let head = try await repository.fetchHead(of: branch)
        return (head, try await decide(head))
    }

    /// - Returns: Nil when it would change nothing.
    private func make(_ change: Change, on head: BranchHead) async throws -> CommitID? {
        let tree: TreeID
        switch change.content {
        case .edits(let edits): tree = try await repository.tree(of: head.commit, changing: edits)
        case .tree(let made): tree = made
        }
        if change.otherParents.isEmpty, try await repository.tree(of: head.commit, changing: [:]) == tree { return nil }
        return try await repository.make(
            CommitDraft(
                tree: tree, parents: [head.commit] + change.otherParents, author: author, committer: committer,
                date: now(), message: change.message, trailers: change.trailers))
    }

    private func rest(after attempts: Int, _ error: any EditingError) async throws {
        let left = patience.timeout - patience.uptime()
        guard left > .zero else {
            guard error.remedy == .startOver else { throw error }
            throw Refusal(
                .contended,
                "somebody else moved the branch during each of \(attempts) attempts; nothing was pushed by this one",
                hint: "try again, with a longer --timeout: \(error)")
        }
        try await patience.sleep(min(left, patience.pause(afterAttempts: attempts)))
    }
}

extension ChangeStep {
    public var answer: Answer {
        switch self {
        case .done(let answer), .commit(_, let answer): answer
        }
    }
}
