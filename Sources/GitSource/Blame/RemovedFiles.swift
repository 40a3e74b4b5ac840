// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

/// Files that one tree has and another has no more, among which the old name of a renamed file is looked for.
///
/// A history may hold anything: the search gives up at the bounds, and then finds fewer.
struct RemovedFiles {
    /// The path, and the ids on the way to it from the top.
    private(set) var found: [(path: [String], chain: [git_oid])] = []
    private let database: ObjectDatabase
    private let operation: String
    private var foldersRead = 0

    private static let fileLimit = 200
    private static let folderLimit = 2000
    private static let depthLimit = 32

    init(from old: git_oid, to new: git_oid, in database: ObjectDatabase, _ operation: String) throws(GitError) {
        self.database = database
        self.operation = operation
        try search(old, new, path: [], chain: [old])
    }

    private mutating func search(_ old: git_oid, _ new: git_oid?, path: [String], chain: [git_oid]) throws(GitError) {
        guard path.count < Self.depthLimit, foldersRead < Self.folderLimit else { return }
        foldersRead += 1
        let place = path.joined(separator: "/")
        let before = try database.repository.entries(of: old, place)
        var after: [String: TreeEntry] = [:]
        if let new {
            for entry in try database.repository.entries(of: new, place) {
                if let name = entry.name { after[name] = entry }
            }
        }
        for entry in before {
            guard found.count < Self.fileLimit, let name = entry.name else { continue }
            let other = after[name]
            switch entry.kind {
            case .folder:
                if let other, other.kind == .folder, other.id.isEqual(to: entry.id) { continue }
                let folder = other?.kind == .folder ? other?.id : nil
                try search(entry.id, folder, path: path + [name], chain: chain + [entry.id])
            case .file where other == nil: found.append((path + [name], chain + [entry.id]))
            default: break
            }
        }
    }
}
