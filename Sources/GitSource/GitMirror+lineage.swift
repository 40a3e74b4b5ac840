// SPDX-License-Identifier: Apache-2.0

public import Domain

extension GitMirror: LineageSource {
    public func lineage(of paths: [String: Set<String>], at commit: CommitID, since base: CommitID?) async throws
        -> [String: [FileVersion]]
    {
        try read { reader throws(GitError) in try reader.lineage(of: paths, at: commit, since: base) }
    }

    public func mergeBase(of first: CommitID, and second: CommitID) async throws -> CommitID? {
        try read { reader throws(GitError) in try reader.mergeBase(of: first, and: second) }
    }

    public func arrivals(of commits: [CommitID], in head: CommitID) async throws -> [CommitID: Commit] {
        try read { reader throws(GitError) in try reader.arrivals(of: commits, in: head) }
    }
}

extension LocalRepository: LineageSource {
    public func lineage(of paths: [String: Set<String>], at commit: CommitID, since base: CommitID?) async throws
        -> [String: [FileVersion]]
    {
        try reader.lineage(of: paths, at: commit, since: base)
    }

    public func mergeBase(of first: CommitID, and second: CommitID) async throws -> CommitID? {
        try reader.mergeBase(of: first, and: second)
    }

    public func arrivals(of commits: [CommitID], in head: CommitID) async throws -> [CommitID: Commit] {
        try reader.arrivals(of: commits, in: head)
    }
}
