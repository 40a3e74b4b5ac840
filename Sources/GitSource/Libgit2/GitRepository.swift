// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

/// One open repository. Owns its `git_repository *` and frees it when the last reference goes.
///
/// Not `Sendable`: it stays with the actor that opened it, because libgit2 allows one thread at a time per handle.
/// Several handles on the same repository are fine.
final class GitRepository {
    let handle: OpaquePointer
    /// For messages.
    let path: String

    /// Opens an existing repository, bare or not.
    ///
    /// - Throws: `.notFound` when `path` holds no repository.
    init(openingAt path: String) throws(GitError) {
        guard Libgit2.isReady else { throw Self.notReady }
        var raw: OpaquePointer?
        let operation = "opening repository \(path)"
        try check(git_repository_open(&raw, path), operation)
        guard let raw else { preconditionFailure("git_repository_open: success without a handle") }
        handle = raw
        self.path = path
    }

    /// Makes a new bare repository; the folder must not exist.
    init(creatingAt path: String) throws(GitError) {
        guard Libgit2.isReady else { throw Self.notReady }
        var raw: OpaquePointer?
        try check(git_repository_init(&raw, path, 1), "creating repository \(path)")
        guard let raw else { preconditionFailure("git_repository_init: success without a handle") }
        handle = raw
        self.path = path
    }

    deinit { git_repository_free(handle) }

    /// Whether a folder is a repository itself: a bare one, or the top of a clone.
    static func isRepository(_ path: String) -> Bool {
        Libgit2.isReady && git_repository_open_ext(nil, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil) == 0
    }

    var isBare: Bool { git_repository_is_bare(handle) == 1 }

    /// Where objects and references are, for a linked work tree those of its clone.
    var commonFolder: String { git_repository_commondir(handle).map { String(cString: $0) } ?? path }

    /// The address of a configured remote; nil when there is none of that name.
    func remoteAddress(_ name: String) throws(GitError) -> String? {
        var config: OpaquePointer?
        try check(git_repository_config_snapshot(&config, handle), "reading the settings of \(path)")
        defer { git_config_free(config) }
        // Not through `git_remote_lookup`: no `insteadOf` may apply, and looking for one leaks in libgit2 1.5.1.
        var text: UnsafePointer<CChar>?
        guard git_config_get_string(&text, config, "remote.\(name).url") == 0, let text else { return nil }
        return String(cString: text)
    }

    private static var notReady: GitError {
        GitError(code: .other, operation: "starting libgit2", detail: "git_libgit2_init reports an error")
    }

    // MARK: Objects

    /// An object that someone named.
    ///
    /// - Throws: `.notFound` when it is not here, `.corrupt` when it is here and unreadable.
    func object(_ id: git_oid, _ type: git_object_t, _ operation: @autoclosure () -> String) throws(GitError)
        -> GitObject
    {
        var raw: OpaquePointer?
        var id = id
        try check(git_object_lookup(&raw, handle, &id, type), operation())
        guard let raw else { preconditionFailure("git_object_lookup: success without an object") }
        return GitObject(raw)
    }

    /// An object that another object names: when it is not here, the repository is damaged.
    func storedObject(_ id: git_oid, _ type: git_object_t, _ operation: @autoclosure () -> String) throws(GitError)
        -> GitObject
    {
        do throws(GitError) {
            return try object(id, type, operation())
        } catch {
            throw GitError(
                code: error.code == .notFound ? .corrupt : error.code, operation: error.operation,
                detail: "object \(id.hex) is missing or damaged: \(error.detail)")
        }
    }

    func hasObject(_ id: git_oid) -> Bool {
        var odb: OpaquePointer?
        guard git_repository_odb(&odb, handle) == 0 else { return false }
        defer { git_odb_free(odb) }
        var id = id
        return git_odb_exists(odb, &id) == 1
    }

    // MARK: Commits

    /// - Throws: `.notFound` when no such commit is here.
    func commit(_ id: CommitID) throws(GitError) -> Commit {
        let object = try object(git_oid(id), GIT_OBJECT_COMMIT, "reading commit \(id.short)")
        return Self.commit(object)
    }

    static func commit(_ object: borrowing GitObject) -> Commit {
        let author = git_commit_author(object.handle)?.pointee
        let message = git_commit_message(object.handle).map { String(cString: $0) } ?? ""
        let subject = message.split(whereSeparator: \.isNewline).first ?? ""
        return Commit(
            id: object.commitID,
            author: author?.name.map { String(cString: $0) } ?? "",
            email: author?.email.map { String(cString: $0) } ?? "",
            date: Instant(seconds: git_commit_time(object.handle)),
            subject: String(subject))
    }

    /// The tree of a commit that is here.
    func tree(of commit: borrowing GitObject) throws(GitError) -> GitObject {
        guard let id = git_commit_tree_id(commit.handle)?.pointee else {
            preconditionFailure("git_commit_tree_id: a commit without a tree")
        }
        return try storedObject(id, GIT_OBJECT_TREE, "reading the tree of commit \(commit.commitID.short)")
    }

    /// The commit that a person means by a branch, a tag, a full or an abbreviated id, or an expression such as
    /// `main~2` (gitrevisions(7)).
    func resolve(_ text: String) throws(GitError) -> CommitID {
        let operation = "resolving \(text)"
        // libgit2 reads `:/text` and `rev:path` too; neither is a commit that a person means here.
        guard !text.isEmpty, !text.contains(":") else {
            throw GitError(code: .notFound, operation: operation, detail: "not a branch, tag or commit")
        }
        var raw: OpaquePointer?
        let status = git_revparse_single(&raw, handle, text)
        if git_error_code(status) == GIT_EAMBIGUOUS {
            throw GitError(
                code: .notFound, operation: operation,
                detail: "more than one object begins like this; write more digits")
        }
        guard status == 0, let raw else {
            let error = GitError(libgit2: status, operation)
            guard error.code == .notFound else { throw error }
            throw GitError(code: .notFound, operation: operation, detail: "no such branch, tag or commit in \(path)")
        }
        let found = GitObject(raw)
        var peeled: OpaquePointer?
        try check(git_object_peel(&peeled, found.handle, GIT_OBJECT_COMMIT), operation)
        guard let peeled else { preconditionFailure("git_object_peel: success without an object") }
        return GitObject(peeled).commitID
    }
}

extension GitObject {
    /// For commits.
    var commitID: CommitID {
        guard let id = CommitID(id.hex) else { preconditionFailure("an object id is not 40 hexadecimal digits") }
        return id
    }
}
