// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Where services of one environment stand compared with the environment before it. Pure.
public enum Positions {
    /// - Parameters:
    ///   - target: Per service the releases of the environment, newest first.
    ///   - source: The same of the environment before.
    public static func compare(
        _ target: [Name: [ReleaseEvent]], with source: [Name: [ReleaseEvent]]
    ) -> [Name: Position] {
        var positions: [Name: Position] = [:]
        for name in Set(target.keys).union(source.keys) {
            positions[name] = position(of: target[name] ?? [], in: source[name] ?? [])
        }
        return positions
    }

    /// Nil when neither of the two has the service any more.
    private static func position(of target: [ReleaseEvent], in source: [ReleaseEvent]) -> Position? {
        switch (target.first?.release, source.first?.release) {
        case (nil, nil): return nil
        case (nil, _?), (_?, nil): return .absent
        case (let here?, let there?):
            if here == there { return .inStep }
            if here.version == there.version { return .differs }
            var distinct: [String] = []
            for version in source.compactMap(\.release?.version) where !distinct.contains(version) {
                distinct.append(version)
            }
            return distinct.firstIndex(of: here.version).map { .behind($0) } ?? .ahead
        }
    }
}

/// Follows the release records of one branch through its history; each commit is read once.
struct ReleaseWalk: Sendable {
    /// The record in a file under `releases/`; nil when it cannot be read.
    typealias Reader = @Sendable (SourceFile, _ path: String) -> ReleaseRecord?

    private(set) var releases: [Name: [ReleaseEvent]] = [:]
    private var head: CommitID?
    private var seen: Set<CommitID> = []

    private static let folder = "releases"
    private static let commitLimit = 2000

    /// Reads what is new up to `head`. After rewritten history everything is read again.
    mutating func advance(to head: CommitID, in source: any Source, limit: Int, read: Reader) async throws {
        guard head != self.head else { return }
        let steps = try await source.history(
            of: head, under: Self.folder, after: self.head, limit: Self.commitLimit)
        if steps.contains(where: { seen.contains($0.commit.id) }) || steps.count == Self.commitLimit {
            releases = [:]
            seen = []
        }
        self.head = head
        for step in steps.reversed() { add(step, limit: limit, read: read) }
    }

    private mutating func add(_ step: HistoryStep, limit: Int, read: Reader) {
        seen.insert(step.commit.id)
        for (path, file) in step.changes {
            guard let service = Self.service(of: path) else { continue }
            let release = file.flatMap { read($0, path) }
            // A record that cannot be read is no release, and its removal is one only where the file is gone.
            guard release != nil || file == nil else { continue }
            var events = releases[service] ?? []
            guard events.first?.release != release || events.isEmpty else { continue }
            events.insert(ReleaseEvent(release: release, commit: step.commit), at: 0)
            releases[service] = Array(events.prefix(limit))
        }
    }

    /// `releases/cart.yaml` → `cart`.
    private static func service(of path: String) -> Name? {
        let parts = path.split(separator: "/")
        guard parts.count == 2, parts[0] == Substring(folder), parts[1].hasSuffix(".yaml") else { return nil }
        return Name(parts[1].dropLast(5))
    }
}
