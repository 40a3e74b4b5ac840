// SPDX-License-Identifier: Apache-2.0

/// How much signatures count on a branch.
public enum SignatureMode: String, Sendable, Hashable, CaseIterable {
    /// Nobody looks.
    case off
    /// What is not well signed is followed, and shown.
    case warn
    /// What is not well signed is not followed.
    case require
}

/// What checking the signatures of a branch said.
public struct SignatureStatus: Sendable, Hashable {
    /// Where the branch stands.
    public let head: CommitID
    /// Who signed the head, as the list of signers or the keyring calls them; nil when it is not well signed.
    public let signer: String?
    /// Why the head, or a commit that came with it, does not count as signed: one sentence without a full stop. Nil
    /// when all is well.
    public let problem: String?
    /// The commit to work from: the head, or where the branch stood when all was well last; nil for none.
    public let followed: CommitID?

    public init(head: CommitID, signer: String?, problem: String?, followed: CommitID?) {
        self.head = head
        self.signer = signer
        self.problem = problem
        self.followed = followed
    }

    /// Whether the branch stands somewhere that is not applied.
    public var isRefused: Bool { followed != head }

    /// For people: what is wrong and what that means; nil when all is well.
    public var sentence: String? {
        guard let problem else { return nil }
        guard isRefused else { return problem }
        return problem + (followed.map { "; it stays at \($0.short)" } ?? "; nothing is applied")
    }
}

/// Decides whether a branch is followed to its head. Port; `Signatures` is the implementation.
public protocol HeadVerifier: Sendable {
    /// Never throws: what cannot be checked is a problem like any other.
    ///
    /// - Returns: Nil when signatures do not count on this branch: follow the head.
    func verify(_ head: CommitID, of branch: String) async -> SignatureStatus?
}

/// A commit as git stores it.
public struct RawCommit: Sendable, Hashable {
    public let id: CommitID
    /// Header, signature and message: what the id is the hash of.
    public let bytes: [UInt8]

    public init(id: CommitID, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

/// The commits that a branch moved by.
public struct NewCommits: Sendable, Hashable {
    /// The first-parent history of the head, newest first, as far as the old head cannot reach it.
    public let commits: [RawCommit]
    /// Whether the old head can be reached from the new one. If not, the branch was rewritten or set back.
    public let isForward: Bool

    public init(commits: [RawCommit], isForward: Bool) {
        self.commits = commits
        self.isForward = isForward
    }
}

/// Reads commits for checking their signatures. Port; `GitSource` is the implementation.
public protocol CommitReader: Sendable {
    /// - Parameters:
    ///   - base: Where the branch stood; nil for the head alone.
    ///   - limit: Commits; more of them are an error.
    /// - Throws: `GitError`; `.notFound` when the head is not here. A base that is not here counts as rewritten.
    func newCommits(of head: CommitID, since base: CommitID?, limit: Int) async throws -> NewCommits
}
