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

    /// The differences between two folders (nil: no such folder), by file, in the order of their paths.
    func changes(from old: git_oid?, to new: git_oid?, _ place: String) throws(GitError) -> [Change] {
        if let old, let new, old.isEqual(to: new) { return [] }
        let reason = "reading folder \(place.isEmpty ? "/" : place)"
        switch (old, new) {
        case (nil, nil): return []
        case (let old?, let new?):
            return try changes(
                from: try storedObject(old, GIT_OBJECT_TREE, reason),
                to: try storedObject(new, GIT_OBJECT_TREE, reason),
                place)
        case (let old?, nil):
            return try changes(in: try storedObject(old, GIT_OBJECT_TREE, reason), place, isNew: false)
        case (nil, let new?): return try changes(in: try storedObject(new, GIT_OBJECT_TREE, reason), place, isNew: true)
        }
    }

    /// Walks two trees at once, which git keeps in the same order. What is equal is passed over without a copy: a
    /// folder may hold tens of thousands of files.
    private func changes(
        from old: borrowing GitObject, to new: borrowing GitObject, _ place: String
    ) throws(GitError) -> [Change] {
        let (oldCount, newCount) = (git_tree_entrycount(old.handle), git_tree_entrycount(new.handle))
        var (oldIndex, newIndex) = (0, 0)
        var found: [Change] = []
        while oldIndex < oldCount || newIndex < newCount {
            let left = oldIndex < oldCount ? git_tree_entry_byindex(old.handle, oldIndex) : nil
            let right = newIndex < newCount ? git_tree_entry_byindex(new.handle, newIndex) : nil
            let order: CInt =
                if let left, let right { git_tree_entry_cmp(left, right) } else { left == nil ? 1 : -1 }
            if order <= 0 { oldIndex += 1 }
            if order >= 0 { newIndex += 1 }
            if order == 0, let left, let right,
                git_oid_equal(git_tree_entry_id(left), git_tree_entry_id(right)) == 1,
                git_tree_entry_filemode(left) == git_tree_entry_filemode(right)
            {
                continue
            }
            found += try changes(
                from: order <= 0 ? left.map(TreeEntry.init) : nil, to: order >= 0 ? right.map(TreeEntry.init) : nil,
                in: place)
        }
        return found
    }

    private func changes(in tree: borrowing GitObject, _ place: String, isNew: Bool) throws(GitError) -> [Change] {
        var found: [Change] = []
        for index in 0..<git_tree_entrycount(tree.handle) {
            guard let entry = git_tree_entry_byindex(tree.handle, index).map(TreeEntry.init) else { continue }
            found += try changes(from: isNew ? nil : entry, to: isNew ? entry : nil, in: place)
        }
        return found
    }

    /// What two entries of one name differ in.
    private func changes(from left: TreeEntry?, to right: TreeEntry?, in place: String) throws(GitError) -> [Change] {
        guard let name = right?.name ?? left?.name else { return [] }
        let path = place.isEmpty ? name : "\(place)/\(name)"
        var found: [Change] = []
        if left?.kind == .folder || right?.kind == .folder {
            let before = left?.kind == .folder ? left?.id : nil
            let after = right?.kind == .folder ? right?.id : nil
            found += try changes(from: before, to: after, path)
        }
        if let right, right.kind != .folder {
            // A file's permissions are none of our business.
            if left?.kind != right.kind || left.map({ !$0.id.isEqual(to: right.id) }) ?? true {
                found.append(Change(path: path, new: right))
            }
        } else if let left, left.kind != .folder {
            found.append(Change(path: path, new: nil))
        }
        return found
    }
}
