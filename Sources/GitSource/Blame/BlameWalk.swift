// SPDX-License-Identifier: Apache-2.0

import CLibgit2
import Domain

/// Follows lines of files back to the commits that last changed them: the algorithm of git-blame(1), for all files at
/// once and only for the lines that somebody wants.
///
/// Newest commits first. A version of a file hands the lines it shares with a parent's version to that parent; those
/// that no parent takes are its own. A file whose folder is the same in the parent costs no further look.
struct BlameWalk {
    /// A line on its way back.
    struct Line {
        /// Which of the wanted lines it is.
        let index: Int
        /// Where it stands in the version at hand, from 0.
        var number: Int
    }

    /// A file at one commit, and those of its lines that are still looked for.
    private struct Suspect {
        let path: [String]
        /// The ids of the folders on the way, from the top, then of the file itself.
        let chain: [git_oid]
        /// In the order of their numbers.
        var lines: [Line]

        var blob: git_oid? { chain.last }
        var name: String { path.joined(separator: "/") }
    }

    private struct Stop {
        let header: CommitHeader
        var suspects: [Suspect]
    }

    /// By the index of each wanted line.
    private(set) var found: [Int: LineChange] = [:]
    private let repository: GitRepository
    private let database: ObjectDatabase
    private let operation: String
    private let known: (CommitID, String) -> [Int: LineChange]?
    private let commitLimit: Int
    private let isShallow: Bool
    private var queue = CommitQueue()
    private var stops: [ObjectKey: Stop] = [:]
    private var commits: [ObjectKey: Commit] = [:]
    private var texts = TextCache()
    private var lookups = LookupCache()

    /// - Parameters:
    ///   - known: What an earlier walk found for a file at a commit, by line from 1; asked at every commit.
    ///   - commitLimit: After so many commits the lines left are said to be "at or before" where they stand.
    init(
        _ repository: GitRepository, _ operation: String, commitLimit: Int,
        known: @escaping (CommitID, String) -> [Int: LineChange]?
    ) throws(GitError) {
        self.repository = repository
        self.operation = operation
        self.commitLimit = commitLimit
        self.known = known
        database = try ObjectDatabase(of: repository)
        isShallow = git_repository_is_shallow(repository.handle) == 1
    }

    /// The lines of a file at a commit, in the order of their numbers. A file that is not there is left out.
    mutating func add(_ lines: [Line], of path: [String], at commit: CommitID) throws(GitError) {
        let id = git_oid(commit)
        let header = try self.header(id)
        guard let chain = try chain(path, below: header.tree, like: nil) else { return }
        enqueue(Suspect(path: path, chain: chain, lines: lines), id, header)
    }

    /// The lines of a text that no commit has, on top of a commit; nil for none.
    mutating func add(_ lines: [Line], ofUncommitted text: [UInt8], _ path: [String], on commit: CommitID?)
        throws(GitError)
    {
        var left = lines
        if let commit {
            let id = git_oid(commit)
            let header = try self.header(id)
            if let chain = try chain(path, below: header.tree, like: nil), let blob = chain.last {
                let (shared, own) = try split(lines, text, parent: blob)
                if !shared.isEmpty { enqueue(Suspect(path: path, chain: chain, lines: shared), id, header) }
                left = own
            }
        }
        for line in left { found[line.index] = .uncommitted }
    }

    /// Walks until every line has its commit.
    ///
    /// - Throws: `.cancelled` when the task is.
    mutating func run() throws(GitError) {
        var walked = 0
        while let id = queue.next() {
            guard let stop = stops.removeValue(forKey: ObjectKey(id: id)) else { continue }
            if Task.isCancelled {
                throw GitError(code: .cancelled, operation: operation, detail: "stopped by the caller")
            }
            walked += 1
            let commit = CommitID(id.hex)
            var suspects = stop.suspects
            if let commit { suspects = suspects.compactMap { settle($0, from: known(commit, $0.name)) } }
            if walked > commitLimit {
                for suspect in suspects { try blame(suspect.lines, id, isCertain: false) }
            } else if !suspects.isEmpty {
                try pass(suspects, from: id, stop.header)
            }
        }
    }

    private mutating func settle(_ suspect: Suspect, from known: [Int: LineChange]?) -> Suspect? {
        guard let known else { return suspect }
        var left = suspect
        left.lines = []
        for line in suspect.lines {
            if let change = known[line.number + 1] { found[line.index] = change } else { left.lines.append(line) }
        }
        return left.lines.isEmpty ? nil : left
    }

    // MARK: One commit

    private mutating func pass(_ suspects: [Suspect], from id: git_oid, _ header: CommitHeader) throws(GitError) {
        var parents: [(id: git_oid, header: CommitHeader)] = []
        var isCut = false
        for parent in header.parents {
            if isShallow, stops[ObjectKey(id: parent)] == nil, !repository.hasObject(parent) {
                isCut = true
                continue
            }
            parents.append((parent, try self.header(parent)))
        }
        for suspect in suspects {
            let left = try pass(suspect, header, to: parents)
            try blame(left, id, isCertain: !isCut)
        }
    }

    /// - Returns: The lines that no parent has.
    private mutating func pass(
        _ suspect: Suspect, _ header: CommitHeader, to parents: [(id: git_oid, header: CommitHeader)]
    ) throws(GitError) -> [Line] {
        var versions: [Suspect?] = []
        for parent in parents {
            let chain = try chain(suspect.path, below: parent.header.tree, like: suspect.chain)
            let version = chain.map { Suspect(path: suspect.path, chain: $0, lines: suspect.lines) }
            if handOver(suspect, to: version, parent) { return [] }
            versions.append(version)
        }
        // Only then are renames looked for, as git does it.
        for (index, parent) in parents.enumerated() where versions[index] == nil {
            let version = try renamed(suspect, header, parent.header)
            if handOver(suspect, to: version, parent) { return [] }
            versions[index] = version
        }
        var left = suspect.lines
        for (version, parent) in zip(versions, parents) {
            guard var version, let blob = suspect.blob, let old = version.blob, !left.isEmpty else { continue }
            let text = try self.text(blob)
            (version.lines, left) = try split(left, text, parent: old)
            if !version.lines.isEmpty { enqueue(version, parent.id, parent.header) }
        }
        return left
    }

    /// Whether the parent has the very same content: then all lines are its.
    private mutating func handOver(
        _ suspect: Suspect, to version: Suspect?, _ parent: (id: git_oid, header: CommitHeader)
    ) -> Bool {
        guard let version, let old = version.blob, let new = suspect.blob, old.isEqual(to: new) else { return false }
        enqueue(version, parent.id, parent.header)
        return true
    }

    private mutating func blame(_ lines: [Line], _ id: git_oid, isCertain: Bool) throws(GitError) {
        guard !lines.isEmpty else { return }
        let key = ObjectKey(id: id)
        let commit: Commit
        if let known = commits[key] {
            commit = known
        } else {
            commit = GitRepository.commit(try repository.storedObject(id, GIT_OBJECT_COMMIT, operation))
            commits[key] = commit
        }
        for line in lines { found[line.index] = isCertain ? .committed(commit) : .atOrBefore(commit) }
    }

    private mutating func enqueue(_ suspect: Suspect, _ id: git_oid, _ header: CommitHeader) {
        let key = ObjectKey(id: id)
        guard var stop = stops.removeValue(forKey: key) else {
            stops[key] = Stop(header: header, suspects: [suspect])
            return queue.insert(id, time: header.time)
        }
        if let index = stop.suspects.firstIndex(where: { $0.path == suspect.path }) {
            stop.suspects[index].lines = (stop.suspects[index].lines + suspect.lines).sorted { $0.number < $1.number }
        } else {
            stop.suspects.append(suspect)
        }
        stops[key] = stop
    }

    private func header(_ id: git_oid) throws(GitError) -> CommitHeader {
        if let stop = stops[ObjectKey(id: id)] { return stop.header }
        return try database.header(id, operation)
    }

    // MARK: Versions

    /// The ids on the way to a file; nil when there is no such file.
    ///
    /// - Parameter other: Those of another version: what is equal from some folder on need not be read.
    private mutating func chain(_ path: [String], below tree: git_oid, like other: [git_oid]?) throws(GitError)
        -> [git_oid]?
    {
        var chain = [tree]
        for (index, name) in path.enumerated() {
            if let other, chain[index].isEqual(to: other[index]) { return chain + other[(index + 1)...] }
            guard let entry = try entry(name, of: chain[index]) else { return nil }
            let isLast = index == path.count - 1
            guard isLast ? entry.isFile : entry.isFolder else { return nil }
            chain.append(entry.id)
        }
        return chain
    }

    private mutating func entry(_ name: String, of tree: git_oid) throws(GitError) -> ObjectDatabase.Entry? {
        let key = LookupCache.Key(tree: ObjectKey(id: tree), name: name)
        if let known = lookups[key] { return known }
        let entry = try database.entry(name, of: tree, operation)
        lookups.insert(entry, key)
        return entry
    }

    /// The file that this commit renamed to the suspect: one that the parent has and the commit has no more, with the
    /// same content or, failing that, the most lines in common, at least half. Nil when there is none.
    private mutating func renamed(_ suspect: Suspect, _ header: CommitHeader, _ parent: CommitHeader)
        throws(GitError) -> Suspect?
    {
        guard let blob = suspect.blob else { return nil }
        let gone = try RemovedFiles(from: parent.tree, to: header.tree, in: database, operation).found
        if let same = gone.first(where: { $0.chain.last?.isEqual(to: blob) == true }) {
            return Suspect(path: same.path, chain: same.chain, lines: suspect.lines)
        }
        let text = try self.text(blob)
        let count = text.count { $0 == 0x0a }
        var best: (version: Suspect, shared: Int)?
        for file in gone {
            guard let old = file.chain.last else { continue }
            let oldText = try self.text(old)
            let hunks = try lineHunks(from: oldText, to: text, operation)
            let shared = count - hunks.reduce(0) { $0 + $1.newCount }
            let whole = max(count, oldText.count { $0 == 0x0a })
            guard shared * 2 >= whole, shared > best?.shared ?? 0 else { continue }
            best = (Suspect(path: file.path, chain: file.chain, lines: suspect.lines), shared)
        }
        return best?.version
    }

    private mutating func split(_ lines: [Line], _ text: [UInt8], parent: git_oid) throws(GitError)
        -> (shared: [Line], own: [Line])
    {
        let old = try self.text(parent)
        return Self.split(lines, by: try lineHunks(from: old, to: text, operation))
    }

    /// Lines outside the hunks move to where the parent has them.
    static func split(_ lines: [Line], by hunks: [LineHunk]) -> (shared: [Line], own: [Line]) {
        var (shared, own): ([Line], [Line]) = ([], [])
        var offset = 0
        var rest = hunks[...]
        for line in lines {
            while let hunk = rest.first, hunk.newStart + hunk.newCount <= line.number {
                offset += hunk.oldCount - hunk.newCount
                rest = rest.dropFirst()
            }
            if let hunk = rest.first, hunk.newStart <= line.number {
                own.append(line)
            } else {
                shared.append(Line(index: line.index, number: line.number + offset))
            }
        }
        return (shared, own)
    }

    private mutating func text(_ blob: git_oid) throws(GitError) -> [UInt8] {
        if let known = texts[blob] { return known }
        // What no config repository may hold shares no line with anything.
        let text = try repository.blob(blob, limit: SnapshotLimits().fileBytes, operation) ?? []
        texts.insert(text, blob)
        return text
    }
}

/// The last names that were looked up: files of one commit share the folders on the way.
private struct LookupCache {
    struct Key: Hashable {
        let tree: ObjectKey
        let name: String
    }

    private var entries: [Key: ObjectDatabase.Entry?] = [:]

    /// The outer nil for what was not looked up.
    subscript(key: Key) -> ObjectDatabase.Entry?? { entries[key] }

    mutating func insert(_ entry: ObjectDatabase.Entry?, _ key: Key) {
        if entries.count >= 64 { entries.removeAll(keepingCapacity: true) }
        entries.updateValue(entry, forKey: key)
    }
}

/// The last texts that were compared; the next comparison needs one of them again.
private struct TextCache {
    private var texts: [ObjectKey: [UInt8]] = [:]
    private var bytes = 0

    subscript(blob: git_oid) -> [UInt8]? { texts[ObjectKey(id: blob)] }

    mutating func insert(_ text: [UInt8], _ blob: git_oid) {
        if bytes + text.count > 4 << 20 {
            texts = [:]
            bytes = 0
        }
        texts[ObjectKey(id: blob)] = text
        bytes += text.count
    }
}

/// Commits to visit, newest first: a binary heap.
private struct CommitQueue {
    private var heap: [(time: Int64, id: git_oid)] = []

    mutating func insert(_ id: git_oid, time: Int64) {
        heap.append((time, id))
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2].time < heap[child].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> git_oid? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.id }
        heap[0] = last
        var parent = 0
        while true {
            var largest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].time > heap[largest].time { largest = child }
            if largest == parent { return first.id }
            heap.swapAt(parent, largest)
            parent = largest
        }
    }
}
