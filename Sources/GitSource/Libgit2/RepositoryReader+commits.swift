// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

extension RepositoryReader {
    /// See `CommitReader`.
    func newCommits(of head: CommitID, since base: CommitID?, limit: Int) throws(GitError) -> NewCommits {
        let operation = "reading the commits of \(head.short)"
        let database = try ObjectDatabase(of: repository)
        // The one thing that may honestly be missing.
        _ = try repository.object(git_oid(head), GIT_OBJECT_COMMIT, operation)
        guard let base else {
            return NewCommits(commits: [try raw(git_oid(head), database, operation)], isForward: true)
        }
        let isKnown = repository.hasObject(git_oid(base))
        let isForward = isKnown && (head == base || repository.isForward(from: base, to: head))
        var commits: [RawCommit] = []
        var next: git_oid? = git_oid(head)
        while let id = next, let commit = CommitID(id.hex), commit != base {
            // A base that is an ancestor is usually met on the way; one that was merged in is not.
            if isKnown, !isForward || commits.count % 64 == 63, repository.isForward(from: commit, to: base) { break }
            guard commits.count < limit else {
                throw GitError(
                    code: .refused, operation: operation, detail: "there are more than \(limit) new commits at once")
            }
            if Task.isCancelled {
                throw GitError(code: .cancelled, operation: operation, detail: "stopped by the caller")
            }
            commits.append(try raw(id, database, operation))
            next = try database.header(id, operation).parents.first
            if let parent = next, !repository.hasObject(parent) { next = nil }
        }
        return NewCommits(commits: isForward ? try trimmed(commits, base) : commits, isForward: isForward)
    }

    /// Without the oldest ones that `base` can reach, where it was merged in rather than built upon.
    private func trimmed(_ commits: [RawCommit], _ base: CommitID) throws(GitError) -> [RawCommit] {
        var (low, high) = (0, commits.count)
        // Along a first-parent history, once reachable means reachable for ever: halves find the place.
        while low < high {
            let middle = (low + high) / 2
            if repository.isForward(from: commits[middle].id, to: base) { high = middle } else { low = middle + 1 }
        }
        return Array(commits.prefix(low))
    }

    private func raw(_ id: git_oid, _ database: ObjectDatabase, _ operation: String) throws(GitError) -> RawCommit {
        guard let commit = CommitID(id.hex) else { preconditionFailure("an object id is not 40 hexadecimal digits") }
        let bytes = try database.with(id, GIT_OBJECT_COMMIT, operation) { Array($0.prefix(Self.commitBytes + 1)) }
        guard bytes.count <= Self.commitBytes else {
            throw GitError(
                code: .refused, operation: operation, detail: "commit \(commit.short) is larger than 1 MiB")
        }
        return RawCommit(id: commit, bytes: bytes)
    }

    private static let commitBytes = 1 << 20
}
