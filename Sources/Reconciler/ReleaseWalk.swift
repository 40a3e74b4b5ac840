// SPDX-License-Identifier: Apache-2.0

import Domain

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
            events.insert(Self.event(release, step), at: 0)
            releases[service] = Array(events.prefix(limit))
        }
    }

    private static func event(_ release: ReleaseRecord?, _ step: HistoryStep) -> ReleaseEvent {
        func said(_ key: String) -> String? { step.trailers.first { $0.key == key }?.value }
        return ReleaseEvent(
            release: release, commit: step.commit, action: said(TrailerKey.action), actor: said(TrailerKey.actor),
            reason: said(TrailerKey.reason))
    }

    /// `releases/cart.yaml` → `cart`.
    private static func service(of path: String) -> Name? {
        let parts = path.split(separator: "/")
        guard parts.count == 2, parts[0] == Substring(folder), parts[1].hasSuffix(".yaml") else { return nil }
        return Name(parts[1].dropLast(5))
    }
}
