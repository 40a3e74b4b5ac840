// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// Which commits last changed the lines of files: `LineHistory` on a repository of this disk, a clone or a bare one.
///
/// Opens the repository anew for each question, on a thread of its own: a long walk delays nobody who reads or fetches.
/// What was found is remembered, so that a walk from a newer commit ends where an older one began.
public actor RepositoryBlame: LineHistory {
    private let executor = SerialQueueExecutor(label: "kubernaut.git.blame")
    private let path: String
    private let commitLimit: Int
    private var memory: BlameMemory

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - path: The top folder of a clone, or a bare repository; it need not be there yet.
    ///   - commitLimit: How far back a walk goes, in commits.
    ///   - memoryLimit: Lines that are remembered, some 200 bytes each.
    public init(of path: String, commitLimit: Int = 200_000, memoryLimit: Int = 50_000) {
        self.path = path
        self.commitLimit = commitLimit
        memory = BlameMemory(limit: memoryLimit)
    }

    public func changes(of places: Set<SourceLocation>, in snapshot: SourceSnapshot) async throws -> LineChanges {
        try find(places, snapshot)
    }

    private func find(_ places: Set<SourceLocation>, _ snapshot: SourceSnapshot) throws(GitError) -> LineChanges {
        let wanted = Wanted(places, snapshot)
        let repository = try GitRepository(openingAt: path)
        let memory = memory
        var walk = try BlameWalk(
            repository, "reading who changed \(wanted.files.count == 1 ? wanted.files[0].path : "these files")",
            commitLimit: commitLimit, known: { memory[$0, $1] })
        let head = snapshot.commit?.id ?? repository.headCommit()
        for file in wanted.files {
            let parts = file.path.split(separator: "/").map(String.init)
            if snapshot.commit == nil {
                try walk.add(file.lines, ofUncommitted: file.bytes, parts, on: head)
            } else if let head {
                try walk.add(file.lines, of: parts, at: head)
            }
        }
        try walk.run()
        let changes = wanted.changes(walk.found)
        if let commit = snapshot.commit?.id {
            for file in wanted.files { self.memory.keep(file.known(walk.found), of: file.path, at: commit) }
        }
        return changes
    }
}

/// The lines of one question, numbered through.
private struct Wanted {
    struct File {
        let path: String
        let bytes: [UInt8]
        var lines: [BlameWalk.Line] = []

        func known(_ found: [Int: LineChange]) -> [Int: LineChange] {
            lines.reduce(into: [:]) { known, line in known[line.number + 1] = found[line.index] }
        }
    }

    private(set) var files: [File] = []

    init(_ places: Set<SourceLocation>, _ snapshot: SourceSnapshot) {
        var index = 0
        let prefix = snapshot.root.isEmpty ? "" : "\(snapshot.root)/"
        let byFile = Dictionary(grouping: places.filter { $0.line > 0 }, by: \.file)
        for (path, places) in byFile.sorted(by: { $0.key < $1.key }) {
            guard path.hasPrefix(prefix), let source = snapshot.files[String(path.dropFirst(prefix.count))] else {
                continue
            }
            var file = File(path: path, bytes: source.bytes)
            for number in Set(places.map(\.line)).sorted() {
                file.lines.append(BlameWalk.Line(index: index, number: number - 1))
                index += 1
            }
            files.append(file)
        }
    }

    func changes(_ found: [Int: LineChange]) -> LineChanges {
        var changes = LineChanges()
        for file in files {
            for (line, change) in file.known(found) { changes.set(change, file: file.path, line: line) }
        }
        return changes
    }
}

/// What walks found, the oldest forgotten first.
private struct BlameMemory {
    private struct Key: Hashable {
        let commit: CommitID
        let path: String
    }

    private let limit: Int
    private var entries: [Key: [Int: LineChange]] = [:]
    private var order: [Key] = []
    private var count = 0

    init(limit: Int) { self.limit = limit }

    subscript(commit: CommitID, path: String) -> [Int: LineChange]? {
        entries.isEmpty ? nil : entries[Key(commit: commit, path: path)]
    }

    mutating func keep(_ lines: [Int: LineChange], of path: String, at commit: CommitID) {
        let key = Key(commit: commit, path: path)
        let known = entries[key]
        if known == nil { order.append(key) }
        let all = (known ?? [:]).merging(lines) { _, new in new }
        count += all.count - (known?.count ?? 0)
        entries[key] = all
        while count > limit, !order.isEmpty {
            count -= entries.removeValue(forKey: order.removeFirst())?.count ?? 0
        }
    }
}
