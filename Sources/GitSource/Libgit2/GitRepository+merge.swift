// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

// Three-way merges in memory.

extension GitRepository {
    /// What a file becomes whatever the two sides hold; nil: it is not there.
    typealias Resolutions = [String: git_oid?]

    /// Renames are not guessed: release records look alike, and a guess could carry one service's change into another's.
    func merge(_ theirs: CommitID, into ours: CommitID, resolving resolutions: Resolutions, fileLimit: Int)
        throws(GitError) -> TreeMerge
    {
        let operation = "merging \(theirs.short) into \(ours.short)"
        let our = try object(git_oid(ours), GIT_OBJECT_COMMIT, operation)
        let their = try object(git_oid(theirs), GIT_OBJECT_COMMIT, operation)
        var options = git_merge_options()
        git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION))
        options.flags = 0
        var raw: OpaquePointer?
        try check(git_merge_commits(&raw, handle, our.handle, their.handle, &options), operation)
        guard let raw else { preconditionFailure("git_merge_commits: success without an index") }
        let index = MergedIndex(raw)
        for (path, blob) in resolutions.sorted(by: { $0.key < $1.key }) {
            try index.resolve(path, blob, operation)
        }
        let conflicts = try index.conflicts(operation)
        if !conflicts.isEmpty {
            var found: [FileConflict] = []
            for sides in conflicts { found.append(try fileConflict(sides, fileLimit)) }
            return .conflicted(found.sorted { $0.path < $1.path })
        }
        let id = try index.write(to: self, operation)
        guard let tree = TreeID(id.hex) else { preconditionFailure("an object id is not 40 hexadecimal digits") }
        return .merged(tree)
    }

    private func fileConflict(_ sides: MergedIndex.Conflict, _ limit: Int) throws(GitError) -> FileConflict {
        var hunks: [FileConflict.Hunk] = []
        if let ours = sides.ours, let theirs = sides.theirs {
            let base = try sides.ancestor.map { id throws(GitError) in try blob(id, limit: limit, sides.path) } ?? []
            if let base, let left = try blob(ours, limit: limit, sides.path),
                let right = try blob(theirs, limit: limit, sides.path)
            {
                hunks = LineConflicts(ours: Self.side(base, left), theirs: Self.side(base, right)).hunks()
            }
        }
        return FileConflict(
            path: sides.path, hunks: hunks, isRemovedByOurs: sides.ours == nil,
            isRemovedByTheirs: sides.theirs == nil)
    }

    private static func side(_ base: [UInt8], _ new: [UInt8]) -> LineConflicts.Side {
        var lines = String(decoding: new, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.last == "\r" ? String($0.dropLast()) : String($0) }
        if lines.last == "" { lines.removeLast() }
        return LineConflicts.Side(lines: lines, changes: changes(from: base, to: new))
    }

    /// The lines that differ, without context; none for what is no text.
    private static func changes(from old: [UInt8], to new: [UInt8]) -> [LineConflicts.Change] {
        var options = git_diff_options()
        git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        options.context_lines = 0
        options.interhunk_lines = 0
        let box = ChangeBox()
        withExtendedLifetime(box) {
            // Safe: libgit2 calls back only during this call, while `box` is alive.
            let payload = Unmanaged.passUnretained(box).toOpaque()
            git_diff_buffers(
                old, old.count, nil, new, new.count, nil, &options, nil, nil, noteHunk, nil, payload)
        }
        return box.changes
    }
}

private final class ChangeBox {
    var changes: [LineConflicts.Change] = []
}

private func noteHunk(
    _: UnsafePointer<git_diff_delta>?, _ hunk: UnsafePointer<git_diff_hunk>?, _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let hunk = hunk?.pointee, let payload else { return -1 }
    /// A range without lines names the line before it, as in every unified diff.
    func range(_ start: Int32, _ count: Int32) -> Range<Int> {
        let first = count == 0 ? Int(start) : Int(start) - 1
        return first..<first + Int(count)
    }
    let change = LineConflicts.Change(
        base: range(hunk.old_start, hunk.old_lines), new: range(hunk.new_start, hunk.new_lines))
    Unmanaged<ChangeBox>.fromOpaque(payload).takeUnretainedValue().changes.append(change)
    return 0
}

/// The `git_index *` that a merge gives, freed with its owner. Lives in memory only.
private struct MergedIndex: ~Copyable {
    struct Conflict {
        let path: String
        let ancestor: git_oid?
        let ours: git_oid?
        let theirs: git_oid?
    }

    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { git_index_free(handle) }

    func resolve(_ path: String, _ blob: git_oid?, _ operation: String) throws(GitError) {
        var mode = UInt32(GIT_FILEMODE_BLOB.rawValue)
        for stage in [0, 2, 3, 1] as [Int32] {
            guard let entry = git_index_get_bypath(handle, path, stage) else { continue }
            if stage == 0 || stage == 2, entry.pointee.mode == UInt32(GIT_FILEMODE_BLOB_EXECUTABLE.rawValue) {
                mode = entry.pointee.mode
            }
            try check(git_index_remove(handle, path, stage), operation)
        }
        guard let blob else { return }
        let status = path.withCString { name in
            var entry = git_index_entry()
            entry.path = name
            entry.id = blob
            entry.mode = mode
            return git_index_add(handle, &entry)
        }
        try check(status, operation)
    }

    func conflicts(_ operation: String) throws(GitError) -> [Conflict] {
        guard git_index_has_conflicts(handle) == 1 else { return [] }
        var iterator: OpaquePointer?
        try check(git_index_conflict_iterator_new(&iterator, handle), operation)
        defer { git_index_conflict_iterator_free(iterator) }
        var found: [Conflict] = []
        while true {
            var ancestor: UnsafePointer<git_index_entry>?
            var ours: UnsafePointer<git_index_entry>?
            var theirs: UnsafePointer<git_index_entry>?
            let status = git_index_conflict_next(&ancestor, &ours, &theirs, iterator)
            if git_error_code(status) == GIT_ITEROVER { return found }
            try check(status, operation)
            guard let path = (ours ?? theirs ?? ancestor)?.pointee.path else { continue }
            found.append(
                Conflict(
                    path: String(cString: path), ancestor: ancestor?.pointee.id, ours: ours?.pointee.id,
                    theirs: theirs?.pointee.id))
        }
    }

    func write(to repository: GitRepository, _ operation: String) throws(GitError) -> git_oid {
        var id = git_oid()
        try check(git_index_write_tree_to(&id, handle, repository.handle), operation)
        return id
    }
}
