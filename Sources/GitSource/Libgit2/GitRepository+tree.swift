// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

/// One entry of a tree.
struct TreeEntry {
    enum Kind {
        case folder
        case file
        case symlink
        case submodule
    }

    /// Nil when the name is no UTF-8.
    let name: String?
    let id: git_oid
    let kind: Kind

    /// A whole tree, as if it were an entry of another.
    init(folder id: git_oid) {
        name = ""
        self.id = id
        kind = .folder
    }

    init(_ entry: OpaquePointer) {
        name = String(validatingCString: git_tree_entry_name(entry))
        id = git_tree_entry_id(entry).pointee
        kind =
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE: .folder
            case GIT_FILEMODE_LINK: .symlink
            case GIT_FILEMODE_COMMIT: .submodule
            default: .file
            }
    }
}

extension GitRepository {
    func entries(of tree: git_oid, _ place: String) throws(GitError) -> [TreeEntry] {
        let object = try storedObject(tree, GIT_OBJECT_TREE, "reading folder \(place.isEmpty ? "/" : place)")
        return (0..<git_tree_entrycount(object.handle)).compactMap { index in
            git_tree_entry_byindex(object.handle, index).map(TreeEntry.init)
        }
    }

    /// The entry at a path; nil when there is none. A symlink or submodule on the way is not followed.
    func entry(at parts: [String], below tree: git_oid) throws(GitError) -> TreeEntry? {
        var tree = tree
        for (index, part) in parts.enumerated() {
            let object = try storedObject(
                tree, GIT_OBJECT_TREE, "reading folder \(parts[..<index].joined(separator: "/"))")
            guard let raw = git_tree_entry_byname(object.handle, part) else { return nil }
            let entry = TreeEntry(raw)
            if index == parts.count - 1 || entry.kind != .folder { return entry }
            tree = entry.id
        }
        return nil
    }

    /// The bytes of a blob that a tree names.
    ///
    /// - Returns: Nil when it is larger than `limit` bytes; it is not loaded then.
    func blob(_ id: git_oid, limit: Int, _ path: String) throws(GitError) -> [UInt8]? {
        var odb: OpaquePointer?
        try check(git_repository_odb(&odb, handle), "opening the object database of \(self.path)")
        defer { git_odb_free(odb) }
        var (count, type) = (0, GIT_OBJECT_INVALID)
        var wanted = id
        if git_odb_read_header(&count, &type, odb, &wanted) == 0, count > limit { return nil }
        let object = try storedObject(id, GIT_OBJECT_BLOB, "reading \(path)")
        return Array(
            UnsafeRawBufferPointer(
                start: git_blob_rawcontent(object.handle), count: Int(git_blob_rawsize(object.handle))))
    }
}

extension GitRepository {
    /// A path whose content differs between two trees.
    struct Change {
        let path: String
        /// Nil where the newer tree has no file.
        let new: TreeEntry?
    }

    /// The differences between two folders (nil: no such folder), by file, in the order of their names.
    func changes(from old: git_oid?, to new: git_oid?, _ place: String) throws(GitError) -> [Change] {
        if let old, let new, old.isEqual(to: new) { return [] }
        let before = try old.map { id throws(GitError) in try entriesByName(of: id, place) } ?? [:]
        let after = try new.map { id throws(GitError) in try entriesByName(of: id, place) } ?? [:]
        var found: [Change] = []
        for name in Set(before.keys).union(after.keys).sorted() {
            let (left, right) = (before[name], after[name])
            if let left, let right, left.id.isEqual(to: right.id), left.kind == right.kind { continue }
            let path = place.isEmpty ? name : "\(place)/\(name)"
            if left?.kind == .folder || right?.kind == .folder {
                let leftFolder = left?.kind == .folder ? left?.id : nil
                let rightFolder = right?.kind == .folder ? right?.id : nil
                found += try changes(from: leftFolder, to: rightFolder, path)
            }
            if let right, right.kind != .folder {
                found.append(Change(path: path, new: right))
            } else if let left, left.kind != .folder {
                found.append(Change(path: path, new: nil))
            }
        }
        return found
    }

    private func entriesByName(of tree: git_oid, _ place: String) throws(GitError) -> [String: TreeEntry] {
        var named: [String: TreeEntry] = [:]
        for entry in try entries(of: tree, place) {
            if let name = entry.name { named[name] = entry }
        }
        return named
    }
}
