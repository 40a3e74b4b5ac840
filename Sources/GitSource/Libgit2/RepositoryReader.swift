// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

/// Reads a config repository from the object database: no checkout, no filters, no hooks.
///
/// Not `Sendable`: it belongs to one actor, like the repository it holds.
final class RepositoryReader {
    let repository: GitRepository
    let root: [String]
    let limits: SnapshotLimits
    private var cache = BlobCache()
    /// Blobs read from the object database since the start; the rest came from earlier snapshots.
    private(set) var blobReads = 0

    init(_ repository: GitRepository, root: [String], limits: SnapshotLimits) {
        self.repository = repository
        self.root = root
        self.limits = limits
    }

    // MARK: Snapshot

    func snapshot(at id: CommitID, reusing previous: SourceSnapshot?) throws(GitError) -> SourceSnapshot {
        let operation = "reading the files of commit \(id.short)"
        let object = try repository.object(git_oid(id), GIT_OBJECT_COMMIT, operation)
        let place = root.joined(separator: "/")
        let tree = try repository.tree(of: object).id
        if let previous, let snapshot = try patch(previous, to: tree, of: GitRepository.commit(object), operation) {
            return snapshot
        }
        let files = try files(below: tree, reusing: previous, "the commit", operation)
        return SourceSnapshot(
            commit: GitRepository.commit(object), root: place, files: files,
            changes: previous.flatMap { Self.changes(files, since: $0, root: place) })
    }

    private static func changes(
        _ files: [String: SourceFile], since previous: SourceSnapshot, root: String
    ) -> SourceSnapshot.Changes? {
        guard let base = previous.commit?.id, previous.root == root else { return nil }
        let snapshot = SourceSnapshot(commit: nil, root: root, files: files)
        return SourceSnapshot.Changes(since: base, paths: snapshot.paths(differingFrom: previous))
    }

    /// The snapshot of a commit that changed or removed files of another and added none: git's own comparison of the
    /// two trees says which.
    ///
    /// - Returns: Nil when that is not enough to know that every rule is kept.
    private func patch(
        _ previous: SourceSnapshot, to tree: git_oid, of commit: Commit, _ operation: String
    ) throws(GitError) -> SourceSnapshot? {
        let place = root.joined(separator: "/")
        guard let base = previous.commit?.id, previous.root == place,
            let changes = differences(since: base, to: tree, operation)
        else { return nil }
        var files = previous.files
        var paths = Set<String>()
        for change in changes {
            paths.insert(change.path)
            guard let entry = change.new else {
                files[change.path] = nil
                continue
            }
            // A new name has to be compared with its neighbours, and a link has to be refused.
            guard entry.kind == .file, files[change.path] != nil else { return nil }
            let walk = SnapshotWalk(operation: operation, limits: limits)
            let file = try file(entry, change.path, reusing: nil, walk)
            files[change.path] = file
            cache.add(file)
        }
        guard !files.isEmpty, files.byteCount <= limits.totalBytes else { return nil }
        if cache.additions > 1000 { cache.keep(files.values) }
        return SourceSnapshot(
            commit: commit, root: place, files: files,
            changes: SourceSnapshot.Changes(since: base, paths: paths))
    }

    /// What differs between the files of an earlier commit and these.
    ///
    /// - Returns: Nil when the earlier one is no longer here in full: history may have been rewritten and tidied.
    private func differences(
        since base: CommitID, to tree: git_oid, _ operation: String
    ) -> [GitRepository.Change]? {
        guard repository.hasObject(git_oid(base)) else { return nil }
        do throws(GitError) {
            let before = try entry(at: root, of: try repository.object(git_oid(base), GIT_OBJECT_COMMIT, operation))
            guard let before, before.kind == .folder else { return nil }
            return try repository.changes(from: before.id, to: try rootFolder(below: tree, "the commit", operation), "")
        } catch {
            // The walk over all files needs nothing of the earlier commit, and says what is wrong with this one.
            return nil
        }
    }

    func snapshot(of id: TreeID, reusing previous: SourceSnapshot?) throws(GitError) -> SourceSnapshot {
        let operation = "reading the files of tree \(id.hex.prefix(7))"
        let tree = try repository.object(git_oid(id), GIT_OBJECT_TREE, operation).id
        let files = try files(below: tree, reusing: previous, "the tree", operation)
        return SourceSnapshot(commit: nil, root: root.joined(separator: "/"), files: files)
    }

    private func files(below tree: git_oid, reusing previous: SourceSnapshot?, _ owner: String, _ operation: String)
        throws(GitError) -> [String: SourceFile]
    {
        let folder = try rootFolder(below: tree, owner, operation)
        var walk = SnapshotWalk(operation: operation, limits: limits)
        try collect(folder, "", depth: 0, reusing: previous, into: &walk)
        guard !walk.files.isEmpty else {
            let place = root.isEmpty ? "/" : root.joined(separator: "/")
            throw GitError(code: .notFound, operation: operation, detail: "the folder \(place) holds no file")
        }
        cache.keep(walk.files.values)
        return walk.files
    }

    private func rootFolder(below tree: git_oid, _ owner: String, _ operation: String) throws(GitError) -> git_oid {
        guard !root.isEmpty else { return tree }
        for count in 1...root.count {
            let parts = Array(root[..<count])
            let path = parts.joined(separator: "/")
            guard let entry = try repository.entry(at: parts, below: tree) else {
                throw GitError(
                    code: .notFound, operation: operation,
                    detail: "\(owner) has no folder \(path); check the branch and the setting --path")
            }
            try SnapshotWalk(operation: operation, limits: limits).admit(entry.kind, path)
            guard entry.kind == .folder else {
                throw GitError(code: .notFound, operation: operation, detail: "\(path) is a file, not a folder")
            }
            if count == root.count { return entry.id }
        }
        return tree
    }

    private func collect(
        _ tree: git_oid, _ folder: String, depth: Int, reusing previous: SourceSnapshot?, into walk: inout SnapshotWalk
    ) throws(GitError) {
        try walk.enter(folder, depth: depth)
        var names = Set<String>()
        for entry in try repository.entries(of: tree, folder) {
            let path = try walk.admit(entry.name, in: folder, among: &names)
            try walk.admit(entry.kind, path)
            if entry.kind == .folder {
                try collect(entry.id, path, depth: depth + 1, reusing: previous, into: &walk)
            } else {
                try walk.add(try file(entry, path, reusing: previous, walk), at: path)
            }
        }
    }

    private func file(_ entry: TreeEntry, _ path: String, reusing previous: SourceSnapshot?, _ walk: SnapshotWalk)
        throws(GitError) -> SourceFile
    {
        let blob = entry.id.hex
        if let known = previous?.files[path], known.blob == blob { return known }
        if let known = cache[blob] { return known }
        guard let bytes = try repository.blob(entry.id, limit: limits.fileBytes, path) else {
            throw walk.tooLarge(path)
        }
        blobReads += 1
        return SourceFile(blob: blob, bytes: bytes)
    }

    // MARK: History

    func history(of id: CommitID, under folder: String, after: CommitID?, limit: Int) throws(GitError) -> [HistoryStep]
    {
        let parts = try root + PathRules.parts(of: folder)
        let operation = "reading the history of commit \(id.short)"
        var steps: [HistoryStep] = []
        var commit: GitObject? = try repository.object(git_oid(id), GIT_OBJECT_COMMIT, operation)
        var entry = try self.entry(at: parts, of: commit)
        while let current = commit.take(), steps.count < limit, current.commitID != after {
            // A long walk over commits that changed nothing here must still end when nobody waits for it.
            if Task.isCancelled {
                throw GitError(code: .cancelled, operation: operation, detail: "stopped by the caller")
            }
            let parent = try firstParent(of: current, operation)
            let parentEntry = try self.entry(at: parts, of: parent)
            let changes = try self.changes(from: parentEntry, to: entry, parts)
            if !changes.isEmpty {
                let message = git_commit_message(current.handle).map { String(cString: $0) } ?? ""
                steps.append(
                    HistoryStep(
                        commit: GitRepository.commit(current), changes: changes, trailers: trailers(of: message),
                        parentCount: Int(git_commit_parentcount(current.handle))))
            }
            commit = consume parent
            entry = parentEntry
        }
        return steps
    }

    /// The paths under the config root, relative to it, whose content differs between two commits, sorted.
    func changedPaths(from old: CommitID, to new: CommitID) throws(GitError) -> [String] {
        let operation = "comparing commits \(old.short) and \(new.short)"
        let before = try entry(at: root, of: try repository.object(git_oid(old), GIT_OBJECT_COMMIT, operation))
        let after = try entry(at: root, of: try repository.object(git_oid(new), GIT_OBJECT_COMMIT, operation))
        return try repository.changes(from: before.folderID, to: after.folderID, "").map(\.path).sorted()
    }

    private func changes(from old: TreeEntry?, to new: TreeEntry?, _ parts: [String]) throws(GitError)
        -> [String: SourceFile?]
    {
        if let old, let new, old.id.isEqual(to: new.id) { return [:] }
        let place = parts.dropFirst(root.count).joined(separator: "/")
        var found = try repository.changes(from: old.folderID, to: new.folderID, place)
        // The "folder" may be one file.
        if new.isFile || old.isFile, !place.isEmpty {
            found.append(GitRepository.Change(path: place, new: new.isFile ? new : nil))
        }
        var files: [String: SourceFile?] = [:]
        for change in found { files[change.path] = .some(try historicFile(change)) }
        return files
    }

    /// Nil for what a snapshot would refuse, too: an old mistake must not make all of history unreadable.
    func historicFile(_ change: GitRepository.Change) throws(GitError) -> SourceFile? {
        guard let entry = change.new, entry.kind == .file else { return nil }
        let blob = entry.id.hex
        if let known = cache[blob] { return known }
        let bytes = try repository.blob(entry.id, limit: limits.fileBytes, change.path)
        return bytes.map { SourceFile(blob: blob, bytes: $0) }
    }

    /// The folder or file at a path of a commit; nil when there is none, or no commit.
    private func entry(at parts: [String], of commit: borrowing GitObject?) throws(GitError) -> TreeEntry? {
        switch commit {
        case .none: return nil
        case .some(let commit):
            let tree = try repository.tree(of: commit).id
            return parts.isEmpty ? TreeEntry(folder: tree) : try repository.entry(at: parts, below: tree)
        }
    }

    /// Nil at the first commit, and where the history of a shallow clone ends.
    func firstParent(of commit: borrowing GitObject, _ operation: String) throws(GitError) -> GitObject? {
        guard let id = git_commit_parent_id(commit.handle, 0)?.pointee else { return nil }
        if git_repository_is_shallow(repository.handle) == 1, !repository.hasObject(id) { return nil }
        return try repository.storedObject(id, GIT_OBJECT_COMMIT, operation)
    }
}

extension TreeEntry? {
    fileprivate var folderID: git_oid? { self?.kind == .folder ? self?.id : nil }
    fileprivate var isFile: Bool { self?.kind == .file }
}
