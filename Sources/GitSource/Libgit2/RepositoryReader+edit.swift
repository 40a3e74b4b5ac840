// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

// Changes by path below the config root.

extension RepositoryReader {
    func files(at paths: [String], of id: CommitID) throws(GitError) -> [String: SourceFile] {
        let operation = "reading files of commit \(id.short)"
        let tree = try repository.tree(of: try repository.object(git_oid(id), GIT_OBJECT_COMMIT, operation)).id
        let walk = SnapshotWalk(operation: operation, limits: limits)
        var found: [String: SourceFile] = [:]
        for path in paths {
            guard let entry = try repository.entry(at: try parts(of: path), below: tree), entry.kind != .folder else {
                continue
            }
            try walk.admit(entry.kind, path)
            guard let bytes = try repository.blob(entry.id, limit: limits.fileBytes, path) else {
                throw walk.tooLarge(path)
            }
            found[path] = SourceFile(blob: entry.id.hex, bytes: bytes)
        }
        return found
    }

    /// The ids of those files whose content is not here yet.
    func missingFiles(at paths: [String], of id: CommitID) throws(GitError) -> [String] {
        let operation = "looking for files of commit \(id.short)"
        let tree = try repository.tree(of: try repository.object(git_oid(id), GIT_OBJECT_COMMIT, operation)).id
        var missing: Set<String> = []
        for path in paths {
            guard let entry = try repository.entry(at: try parts(of: path), below: tree), entry.kind == .file,
                !repository.hasObject(entry.id)
            else { continue }
            missing.insert(entry.id.hex)
        }
        return missing.sorted()
    }

    func tree(of id: CommitID, changing edits: FileEdits) throws(GitError) -> TreeID {
        let operation = "changing files of commit \(id.short)"
        let base = try repository.tree(of: try repository.object(git_oid(id), GIT_OBJECT_COMMIT, operation)).id
        var changes: [GitRepository.Edit] = []
        for (path, bytes) in edits {
            changes.append(GitRepository.Edit(parts: try parts(of: path)[...], blob: try stored(bytes)))
        }
        let tree = try repository.tree(base, changing: changes)
        guard let id = TreeID(tree.hex) else { preconditionFailure("an object id is not 40 hexadecimal digits") }
        return id
    }

    func merge(_ theirs: CommitID, into ours: CommitID, resolving edits: FileEdits) throws(GitError) -> TreeMerge {
        var resolutions: GitRepository.Resolutions = [:]
        for (path, bytes) in edits {
            resolutions[try parts(of: path).joined(separator: "/")] = .some(try stored(bytes))
        }
        return try repository.merge(theirs, into: ours, resolving: resolutions, fileLimit: limits.fileBytes)
    }

    private func stored(_ bytes: [UInt8]?) throws(GitError) -> git_oid? {
        guard let bytes else { return nil }
        return try repository.storeBlob(bytes)
    }

    /// A path below the config root, from the repository's root.
    private func parts(of path: String) throws(GitError) -> [String] {
        let parts = try PathRules.parts(of: path)
        guard !parts.isEmpty else {
            throw GitError(
                code: .refused, operation: "changing files", detail: "\(path.debugDescription) names no file")
        }
        return root + parts
    }
}

// Looking around.
extension RepositoryReader {
    /// Files, not folders, sorted; empty when there is no such folder.
    func fileNames(in folder: String, of id: CommitID) throws(GitError) -> [String] {
        let operation = "reading the folder \(folder) of commit \(id.short)"
        let tree = try repository.tree(of: try repository.object(git_oid(id), GIT_OBJECT_COMMIT, operation)).id
        let parts = try root + PathRules.parts(of: folder)
        guard let entry = parts.isEmpty ? TreeEntry(folder: tree) : try repository.entry(at: parts, below: tree),
            entry.kind == .folder
        else { return [] }
        return try repository.entries(of: entry.id, folder).filter { $0.kind == .file }.compactMap(\.name).sorted()
    }
}
