// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

extension GitRepository {
    /// The head of every branch, by the branch's name.
    ///
    /// - Throws: `.corrupt` when a reference is unreadable or names a commit that is not here.
    func heads() throws(GitError) -> [String: CommitID] {
        var heads: [String: CommitID] = [:]
        for (name, id) in try references() where name.hasPrefix(Self.branchPrefix) {
            let commit = try storedObject(id, GIT_OBJECT_COMMIT, "reading \(name)")
            // A pack that was cut short loses trees more often than commits.
            _ = try tree(of: commit)
            heads[String(name.dropFirst(Self.branchPrefix.count))] = commit.commitID
        }
        return heads
    }

    /// The branch that HEAD names, whether it exists or not; nil when HEAD is a commit.
    func headBranch() -> String? {
        var head: OpaquePointer?
        guard git_reference_lookup(&head, handle, "HEAD") == 0 else { return nil }
        defer { git_reference_free(head) }
        guard let target = git_reference_symbolic_target(head) else { return nil }
        return Self.branch(ofReference: String(cString: target))
    }

    /// What is checked out; nil before the first commit.
    func headCommit() -> CommitID? {
        var id = git_oid()
        return git_reference_name_to_id(&id, handle, "HEAD") == 0 ? CommitID(id.hex) : nil
    }

    /// Makes branches, tags and HEAD equal to those of the remote.
    func takeOver(_ state: RemoteState) throws(GitError) {
        let present = try references()
        // Removing comes first: a branch `a` that is gone makes room for a branch `a/b`.
        for name in present.keys.sorted() where state.references[name] == nil && Self.isMirrored(name) {
            try check(git_reference_remove(handle, name), "removing \(name)")
        }
        for (name, id) in state.references.sorted(by: { $0.key < $1.key }) {
            if let old = present[name], old.isEqual(to: id) { continue }
            var reference: OpaquePointer?
            var id = id
            try check(git_reference_create(&reference, handle, name, &id, 1, nil), "updating \(name)")
            git_reference_free(reference)
        }
        if let branch = state.defaultBranch, branch != headBranch() {
            try check(git_repository_set_head(handle, Self.branchPrefix + branch), "setting HEAD to \(branch)")
        }
    }

    func setBranch(_ branch: String, to commit: CommitID) throws(GitError) {
        var reference: OpaquePointer?
        var id = git_oid(commit)
        let name = Self.branchPrefix + branch
        try check(git_reference_create(&reference, handle, name, &id, 1, nil), "updating \(name)")
        git_reference_free(reference)
    }

    /// Whether `new` came from `old` by adding commits.
    func isForward(from old: CommitID, to new: CommitID) -> Bool {
        var (ancestor, descendant) = (git_oid(old), git_oid(new))
        return git_graph_descendant_of(handle, &descendant, &ancestor) == 1
    }

    static let branchPrefix = "refs/heads/"
    static let tagPrefix = "refs/tags/"

    static func isMirrored(_ name: String) -> Bool { name.hasPrefix(branchPrefix) || name.hasPrefix(tagPrefix) }

    static func branch(ofReference name: String) -> String? {
        name.hasPrefix(branchPrefix) ? String(name.dropFirst(branchPrefix.count)) : nil
    }

    /// Every direct reference below `refs/`.
    private func references() throws(GitError) -> [String: git_oid] {
        var iterator: OpaquePointer?
        try check(git_reference_iterator_new(&iterator, handle), "listing references of \(path)")
        defer { git_reference_iterator_free(iterator) }
        var found: [String: git_oid] = [:]
        while true {
            var reference: OpaquePointer?
            let status = git_reference_next(&reference, iterator)
            if git_error_code(status) == GIT_ITEROVER { return found }
            guard status == 0, let reference else {
                let error = GitError(libgit2: status, "listing references of \(path)")
                throw GitError(code: .corrupt, operation: error.operation, detail: error.detail)
            }
            defer { git_reference_free(reference) }
            // Symbolic references (a clone's refs/remotes/origin/HEAD) name another one that is listed itself.
            if let id = git_reference_target(reference)?.pointee {
                found[String(cString: git_reference_name(reference))] = id
            }
        }
    }
}

/// What a remote says it has.
struct RemoteState {
    /// Branches and tags by their full names.
    var references: [String: git_oid] = [:]
    var defaultBranch: String?

    var heads: [String: CommitID] {
        var heads: [String: CommitID] = [:]
        for (name, id) in references {
            guard let branch = GitRepository.branch(ofReference: name), let commit = CommitID(id.hex) else { continue }
            heads[branch] = commit
        }
        return heads
    }
}
