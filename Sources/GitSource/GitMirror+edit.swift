// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// Signs the bytes of a commit (without a signature) and gives the armoured signature that goes into its head.
public typealias CommitSigner = @Sendable ([UInt8]) async throws -> String

extension GitMirror: MergeableRepository {
    public func fetchHead(of branch: String?) async throws -> BranchHead {
        let heads = try await fetch()
        let operation = "looking for a branch of \(repository)"
        guard let name = branch ?? defaultBranch else {
            throw GitError(
                code: .notFound, operation: operation, detail: "the remote names no default branch; name one")
        }
        guard let commit = heads[name] else {
            let known = heads.keys.sorted().prefix(10).joined(separator: ", ")
            throw GitError(
                code: .notFound, operation: operation,
                detail: heads.isEmpty ? "it has no branch yet" : "there is no branch \(name); there is \(known)")
        }
        return BranchHead(branch: name, commit: commit)
    }

    public func files(at paths: [String], of commit: CommitID) async throws -> [String: SourceFile] {
        try read { reader throws(GitError) in try reader.files(at: paths, of: commit) }
    }

    public func names(in folder: String, of commit: CommitID) async throws -> [String] {
        try read { reader throws(GitError) in try reader.fileNames(in: folder, of: commit) }
    }

    public func tree(of commit: CommitID, changing edits: FileEdits) async throws -> TreeID {
        try read { reader throws(GitError) in try reader.tree(of: commit, changing: edits) }
    }

    public func make(_ draft: CommitDraft) async throws -> CommitID {
        let bytes = try read { reader throws(GitError) in try reader.repository.commitBytes(draft) }
        let signature = try await signer?(bytes)
        let commit = try read { reader throws(GitError) in
            try reader.repository.storeCommit(bytes, signature: signature)
        }
        made.insert(commit)
        return commit
    }

    public func push(_ commit: CommitID, to branch: String, expecting expected: CommitID?) async throws {
        let flag = CancellationFlag()
        let (writer, made) = (writer, made)
        try await withTaskCancellationHandler {
            try await writer.push(commit, to: branch, expecting: expected, made: made, flag: flag)
        } onCancel: {
            flag.set()
        }
    }

    public func snapshot(of tree: TreeID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot {
        try read { reader throws(GitError) in try reader.snapshot(of: tree, reusing: previous) }
    }

    public func isAncestor(_ ancestor: CommitID, of commit: CommitID) async throws -> Bool {
        try read { reader throws(GitError) in
            for id in [ancestor, commit] { _ = try reader.repository.commit(id) }
            return ancestor == commit || reader.repository.isForward(from: ancestor, to: commit)
        }
    }

    public func merge(_ theirs: CommitID, into ours: CommitID, resolving resolutions: FileEdits) async throws
        -> TreeMerge
    {
        try read { reader throws(GitError) in try reader.merge(theirs, into: ours, resolving: resolutions) }
    }
}
