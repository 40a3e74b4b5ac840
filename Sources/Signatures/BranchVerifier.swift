// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Logging

/// Follows branches only along signed commits.
///
/// Every commit that came to a branch's first-parent history since it was followed last must be signed by somebody the
/// policy names; a signed merge vouches for what it merges. A branch that was set back or rewritten is not followed.
/// The first time only the head is looked at. See `docs/decisions/0010-signatures.md`.
public actor BranchVerifier: HeadVerifier {
    private let policy: SignaturePolicy
    private let commits: any CommitReader
    private let logger: Logger
    private let openPGP: OpenPGP
    private let path: String
    private var accepted: AcceptedHeads?
    /// The last good answer for each branch.
    private var answers: [String: Answer] = [:]
    /// The last problem in the log for each branch.
    private var reported: [String: String] = [:]

    /// All that an answer hangs on.
    private struct Question: Hashable {
        let head: CommitID
        let base: CommitID?
        let files: String
    }

    private struct Answer {
        let question: Question
        let status: SignatureStatus
    }

    /// More new commits than this are not looked at one by one: somebody must.
    private static let commitLimit = 1000

    /// - Parameter folder: The state folder; `signatures.json` and `gnupg` in it are this object's.
    public init(_ policy: SignaturePolicy, commits: any CommitReader, folder: String, logger: Logger) {
        self.policy = policy
        self.commits = commits
        self.logger = logger
        openPGP = OpenPGP(home: "\(folder)/gnupg")
        path = "\(folder)/signatures.json"
    }

    public func verify(_ head: CommitID, of branch: String) async -> SignatureStatus? {
        let mode = policy.mode(of: branch)
        guard mode != .off else { return nil }
        let base: CommitID?
        do {
            base = try heads()[branch]
        } catch {
            return SignatureStatus(
                head: head, signer: nil, problem: "the heads accepted so far cannot be read: \(error)",
                followed: mode == .warn ? head : nil)
        }
        let status: SignatureStatus
        do throws(SignatureChecker.Problem) {
            let checker = try SignatureChecker(policy, openPGP: openPGP)
            let question = Question(head: head, base: base, files: checker.digest)
            if let known = answers[branch], known.question == question { return known.status }
            let signer = try await judge(head, since: base, checker)
            status = SignatureStatus(head: head, signer: signer, problem: nil, followed: head)
            answers[branch] = Answer(question: question, status: status)
        } catch {
            let followed = mode == .warn || head == base ? head : base
            status = SignatureStatus(head: head, signer: nil, problem: "\(error)", followed: followed)
            report(status, branch)
        }
        return remember(status, branch, mode)
    }

    /// Writes a problem into the log when it is a new one.
    private func report(_ status: SignatureStatus, _ branch: String) {
        guard let problem = status.sentence, reported[branch] != problem else { return }
        reported[branch] = problem
        logger.warning(
            "A branch is not well signed", ["branch": branch, "commit": status.head.hex, "problem": problem])
    }

    /// The branch stands from now on where it is followed to.
    private func remember(_ status: SignatureStatus, _ branch: String, _ mode: SignatureMode) -> SignatureStatus {
        guard let followed = status.followed, followed == status.head else { return status }
        do {
            var heads = try heads()
            try heads.set(followed, of: branch)
            accepted = heads
            if let answer = answers[branch] {
                // From now on the question is about a branch that stands still.
                let question = Question(head: followed, base: followed, files: answer.question.files)
                answers[branch] = Answer(question: question, status: status)
            }
            return status
        } catch {
            logger.error("An accepted head could not be stored", ["branch": branch, "error": "\(error)"])
            guard mode == .require else { return status }
            // Unstored, a restart could take back what was accepted: better to wait for the disk.
            return SignatureStatus(
                head: status.head, signer: status.signer, problem: "the accepted head could not be stored: \(error)",
                followed: accepted?[branch])
        }
    }

    private func heads() throws -> AcceptedHeads {
        if let accepted { return accepted }
        let read = try AcceptedHeads(readingFrom: path)
        accepted = read
        return read
    }

    // MARK: Judging

    /// - Returns: Who signed the head.
    private func judge(_ head: CommitID, since base: CommitID?, _ checker: SignatureChecker)
        async throws(SignatureChecker.Problem) -> String
    {
        let found: NewCommits
        do {
            // Where the branch stands already, and where nobody knows where it stood, there is only the head to look at.
            found = try await commits.newCommits(
                of: head, since: head == base ? nil : base, limit: Self.commitLimit)
        } catch {
            throw SignatureChecker.Problem(description: "signatures cannot be checked: \(error)", isTransient: true)
        }
        // Only commits that the old history does not have are among them: an old trusted one opens no way back.
        let isTrusted = found.commits.contains { policy.trusted.contains($0.id) }
        if let base, !found.isForward, !isTrusted {
            throw SignatureChecker.Problem(
                description: "\(head.short) does not come after \(base.short): the branch was rewritten or set back; "
                    + "push a signed commit on top of \(base.short) instead")
        }
        return try await check(found.commits, checker)
    }

    /// Newest first, down to one that somebody looked at.
    private func check(_ commits: [RawCommit], _ checker: SignatureChecker)
        async throws(SignatureChecker.Problem) -> String
    {
        var signer: String?
        for commit in commits {
            if policy.trusted.contains(commit.id) { return signer ?? "trusted by the configuration" }
            let name = try await checker.signer(of: commit)
            signer = signer ?? name
        }
        return signer ?? "accepted before"
    }
}
