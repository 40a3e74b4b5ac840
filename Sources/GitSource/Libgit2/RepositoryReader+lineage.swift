// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

extension RepositoryReader {
    /// See `LineageSource`.
    func lineage(of paths: [String: Set<String>], at id: CommitID, since base: CommitID?) throws(GitError)
        -> [String: [FileVersion]]
    {
        let operation = "reading the history of files at commit \(id.short)"
        var walk = LineageWalk(paths)
        let allowed = try base.map { base throws(GitError) in try repository.commits(of: [id], without: base, operation)
        }
        let start = try repository.object(git_oid(id), GIT_OBJECT_COMMIT, operation)
        let everything = Set(walk.paths.indices)
        if allowed?.contains(id.hex) ?? true {
            walk.enqueue(id, everything, date: git_commit_time(start.handle))
        }
        while let (next, active) = walk.dequeue() {
            if Task.isCancelled {
                throw GitError(code: .cancelled, operation: operation, detail: "stopped by the caller")
            }
            try visit(next, active, allowed, &walk, operation)
        }
        return walk.lines
    }

    /// See `LineageSource`.
    func arrivals(of commits: [CommitID], in head: CommitID) throws(GitError) -> [CommitID: Commit] {
        let operation = "looking for what brought commits to \(head.short)"
        let known = Set(commits.filter { repository.hasObject(git_oid($0)) })
        guard !known.isEmpty else { return [:] }
        let missing = try repository.commits(of: Array(known), without: head, operation)
        var waiting = known.filter { !missing.contains($0.hex) }
        var found: [CommitID: Commit] = [:]
        var current = try repository.object(git_oid(head), GIT_OBJECT_COMMIT, operation)
        for _ in 0..<1000 where !waiting.isEmpty {
            if Task.isCancelled {
                throw GitError(code: .cancelled, operation: operation, detail: "stopped by the caller")
            }
            var parent = try firstParent(of: current, operation)
            let brought: Set<CommitID>
            if let id = git_commit_parent_id(current.handle, 0).flatMap({ CommitID($0.pointee.hex) }) {
                let new = try repository.commits(of: [current.commitID], without: id, operation)
                brought = waiting.filter { new.contains($0.hex) }
            } else {
                brought = waiting
            }
            let commit = GitRepository.commit(current)
            for id in brought { found[id] = commit }
            waiting.subtract(brought)
            guard let next = parent.take() else { break }
            current = next
        }
        return found
    }

    /// The best common ancestor; nil when there is none.
    func mergeBase(of first: CommitID, and second: CommitID) throws(GitError) -> CommitID? {
        let operation = "finding what \(first.short) and \(second.short) have in common"
        var (base, left, right) = (git_oid(), git_oid(first), git_oid(second))
        let status = git_merge_base(&base, repository.handle, &left, &right)
        if git_error_code(status) == GIT_ENOTFOUND { return nil }
        try check(status, operation)
        return CommitID(base.hex)
    }

    private func visit(
        _ id: CommitID, _ active: Set<Int>, _ allowed: Set<String>?, _ walk: inout LineageWalk, _ operation: String
    ) throws(GitError) {
        let commit = try repository.storedObject(git_oid(id), GIT_OBJECT_COMMIT, operation)
        let here = try folder(of: commit)
        let isShallow = git_repository_is_shallow(repository.handle) == 1
        var parents: [(id: git_oid, date: Int64, changes: [Int: TreeEntry?])] = []
        for index in 0..<git_commit_parentcount(commit.handle) {
            guard let parent = git_commit_parent_id(commit.handle, index)?.pointee else { continue }
            if isShallow, !repository.hasObject(parent) { continue }
            let object = try repository.storedObject(parent, GIT_OBJECT_COMMIT, operation)
            let changes = try changes(from: try folder(of: object), to: here, walk)
            parents.append((parent, git_commit_time(object.handle), changes))
        }
        let isOldest = parents.isEmpty
        if isOldest { parents = [(git_oid(), 0, try changes(from: nil, to: here, walk))] }
        var onward = Array(repeating: active, count: parents.count)
        for path in Set(parents.flatMap(\.changes.keys)) where active.contains(path) {
            let differing = parents.indices.filter { parents[$0].changes[path] != nil }
            guard differing.count == parents.count, let entry = parents[0].changes[path] else {
                // A merge that took this file from the other parents.
                for index in differing { onward[index].remove(path) }
                continue
            }
            let change = GitRepository.Change(path: walk.paths[path], new: entry)
            let version = FileVersion(commit: GitRepository.commit(commit), file: try historicFile(change))
            walk.add(version, of: path)
        }
        guard !isOldest else { return }
        for (parent, rest) in zip(parents, onward) {
            guard let id = CommitID(parent.id.hex) else { continue }
            if allowed?.contains(id.hex) ?? true { walk.enqueue(id, rest, date: parent.date) }
        }
    }

    /// The config root of a commit; nil where there is none.
    private func folder(of commit: borrowing GitObject) throws(GitError) -> git_oid? {
        let tree = try repository.tree(of: commit).id
        guard !root.isEmpty else { return tree }
        guard let entry = try repository.entry(at: root, below: tree), entry.kind == .folder else { return nil }
        return entry.id
    }

    /// The files asked for that differ, by their numbers: as they are in the newer folder, nil where they are not.
    private func changes(from old: git_oid?, to new: git_oid?, _ walk: borrowing LineageWalk) throws(GitError)
        -> [Int: TreeEntry?]
    {
        var found: [Int: TreeEntry?] = [:]
        for change in try repository.changes(from: old, to: new, "") {
            if let index = walk.indices[change.path] { found[index] = .some(change.new) }
        }
        return found
    }
}

/// Which commits are still to be seen, and for which files.
private struct LineageWalk {
    let paths: [String]
    let indices: [String: Int]
    private let ends: [Set<String>]
    private var versions: [[FileVersion]]
    /// Files whose history ends here: whatever is still to be seen is older.
    private var ended: Set<Int> = []
    /// Newest last. Short: as many as there are branches side by side.
    private var waiting: [(id: CommitID, date: Int64)] = []
    private var active: [CommitID: Set<Int>] = [:]
    private var seen: [CommitID: Set<Int>] = [:]

    init(_ wanted: [String: Set<String>]) {
        let paths = wanted.keys.sorted()
        self.paths = paths
        indices = Dictionary(uniqueKeysWithValues: zip(paths, paths.indices))
        ends = paths.map { wanted[$0] ?? [] }
        versions = Array(repeating: [], count: paths.count)
    }

    var lines: [String: [FileVersion]] { Dictionary(uniqueKeysWithValues: zip(paths, versions)) }

    mutating func add(_ version: FileVersion, of path: Int) {
        versions[path].append(version)
        if let blob = version.file?.blob, ends[path].contains(blob) { ended.insert(path) }
    }

    mutating func enqueue(_ id: CommitID, _ files: Set<Int>, date: Int64) {
        guard !files.isEmpty else { return }
        if active[id] != nil {
            active[id]?.formUnion(files)
            return
        }
        active[id] = files
        let place = waiting.firstIndex { $0.date >= date } ?? waiting.endIndex
        waiting.insert((id, date), at: place)
    }

    /// The newest commit, and the files for which it was not seen yet.
    mutating func dequeue() -> (CommitID, Set<Int>)? {
        while let (id, _) = waiting.popLast() {
            guard var files = active.removeValue(forKey: id) else { continue }
            files.subtract(ended)
            if let before = seen[id] {
                files.subtract(before)
                seen[id] = before.union(files)
            } else {
                seen[id] = files
            }
            if !files.isEmpty { return (id, files) }
        }
        return nil
    }
}

extension GitRepository {
    /// The commits that can be reached from `heads` and not from `base`, as hexadecimal ids.
    func commits(of heads: [CommitID], without base: CommitID, _ operation: String) throws(GitError) -> Set<String> {
        var walk: OpaquePointer?
        try check(git_revwalk_new(&walk, handle), operation)
        defer { git_revwalk_free(walk) }
        for head in heads {
            var start = git_oid(head)
            try check(git_revwalk_push(walk, &start), operation)
        }
        var end = git_oid(base)
        try check(git_revwalk_hide(walk, &end), operation)
        var found = Set<String>()
        var next = git_oid()
        while true {
            let status = git_revwalk_next(&next, walk)
            if git_error_code(status) == GIT_ITEROVER { return found }
            try check(status, operation)
            found.insert(next.hex)
        }
    }
}
