// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Render

/// One release, with all environments' knowledge of it.
struct ReleaseLine: Sendable {
    let release: ReleaseRecord
    /// The oldest commit that brought it anywhere.
    let firstSeen: Instant
    /// Where it runs now.
    let runsIn: [Name]
    /// Where it ran once.
    let ranIn: [Name]

    /// When it was made; when it was first seen, if the record does not say.
    var createdAt: Instant { release.releasedAt ?? firstSeen }

    /// Newest first; of one moment, services and versions in their order.
    static func precedes(_ left: ReleaseLine, _ right: ReleaseLine) -> Bool {
        if left.createdAt != right.createdAt { return left.createdAt > right.createdAt }
        if left.release.service != right.release.service { return left.release.service < right.release.service }
        return left.release.version < right.release.version
    }
}

/// Every release that any environment remembers, newest first. Pure.
func releaseLines(of service: Name, in environments: [EnvironmentStatus]) -> [ReleaseLine] {
    var order: [String] = []
    var records: [String: (release: ReleaseRecord, firstSeen: Instant, past: [Name])] = [:]
    for environment in environments {
        for event in environment.releases[service] ?? [] {
            guard let release = event.release else { continue }
            var known = records[release.version] ?? (release, event.commit.date, [])
            if records[release.version] == nil { order.append(release.version) }
            known.firstSeen = min(known.firstSeen, event.commit.date)
            if !known.past.contains(environment.environment.name) { known.past.append(environment.environment.name) }
            records[release.version] = known
        }
    }
    let now = environments.compactMap { environment in
        environment.service(service)?.release.map { (environment.environment.name, $0.version) }
    }
    let lines = order.enumerated().compactMap { index, version -> (Int, ReleaseLine)? in
        guard let known = records[version] else { return nil }
        let runs = now.filter { $0.1 == version }.map(\.0)
        return (
            index,
            ReleaseLine(
                release: known.release, firstSeen: known.firstSeen, runsIn: runs,
                ranIn: known.past.filter { !runs.contains($0) })
        )
    }
    return lines.sorted { $0.1.firstSeen == $1.1.firstSeen ? $0.0 < $1.0 : $0.1.firstSeen > $1.1.firstSeen }.map(\.1)
}

extension EnvironmentStatus {
    /// Nil when it is not here, and never was.
    func service(_ name: Name) -> ServiceStatus? { services.first { $0.name == name } }
}

/// All releases of all services: filtered, newest first, cut into pages that stay put while new ones arrive. Pure.
struct ReleaseIndex: Sendable {
    /// Where a release is, as a filter.
    enum Standing: String, Sendable, CaseIterable {
        case running
        /// Not in the last environment.
        case unfinished
        /// In no environment but the first.
        case unpromoted
        /// Nowhere any more.
        case gone
    }

    /// What the reader asked for. Unknown values count as not given.
    struct Filter: Sendable, Equatable {
        var service = ""
        var author = ""
        var environment: Name?
        /// From the beginning of this day, or from this moment on.
        var since: Instant?
        var standing: Standing?

        init(_ query: Query) {
            func text(_ name: String) -> String { String((query[name] ?? "").prefix(63)) }
            service = text("service").lowercased()
            author = text("author").lowercased()
            environment = query["env"].flatMap { Name($0) }
            since = query["since"].flatMap { Instant($0) ?? Instant("\($0)T00:00:00Z") }
            standing = query["show"].flatMap { Standing(rawValue: $0) }
        }

        var isEmpty: Bool { self == Filter(Query()) }

        fileprivate func matches(_ line: ReleaseLine, _ pipeline: [Name]) -> Bool {
            let people = [line.release.source?.author, line.release.releasedBy].compactMap { $0?.lowercased() }
            let places = line.runsIn + line.ranIn
            return (service.isEmpty || line.release.service.text.contains(service))
                && (author.isEmpty || people.contains { $0.contains(author) })
                && (environment.map { places.contains($0) } ?? true)
                && (since.map { $0 <= line.createdAt } ?? true)
                && (standing.map { $0.holds(line, places, pipeline) } ?? true)
        }
    }

    static let pageSize = 50

    let lines: [ReleaseLine]
    /// How many match, on all pages.
    let total: Int
    /// For `before=`; nil when there is nothing older.
    let older: String?
    /// For `after=`; nil when there is nothing newer.
    let newer: String?

    /// Every release that the status knows, newest first.
    static func lines(of status: DaemonStatus) -> [ReleaseLine] {
        Set(status.environments.flatMap { $0.releases.keys }).flatMap { releaseLines(of: $0, in: status.environments) }
            .sorted(by: ReleaseLine.precedes)
    }

    /// - Parameter lines: Those of the same status.
    init(_ status: DaemonStatus, _ lines: [ReleaseLine], _ query: Query) {
        let filter = Filter(query)
        let pipeline = status.environments.map(\.environment.name)
        let matching = lines.filter { filter.matches($0, pipeline) }
        total = matching.count
        let place: Range<Int>
        if let start = query["before"].flatMap(Cursor.init) {
            let first = matching.firstIndex { start.isBefore($0) } ?? matching.count
            place = first..<min(first + Self.pageSize, matching.count)
        } else if let end = query["after"].flatMap(Cursor.init) {
            let last = matching.firstIndex { !end.isAfter($0) } ?? matching.count
            place = max(0, last - Self.pageSize)..<last
        } else {
            place = 0..<min(Self.pageSize, matching.count)
        }
        self.lines = Array(matching[place])
        newer = place.lowerBound > 0 ? self.lines.first.map { Cursor($0).text } : nil
        older = place.upperBound < matching.count ? self.lines.last.map { Cursor($0).text } : nil
    }

    /// A release's place in the order: it stays what it is when the release goes.
    struct Cursor: Sendable {
        private let createdAt: Instant
        private let service: Name
        private let version: String

        init(_ line: ReleaseLine) {
            (createdAt, service, version) = (line.createdAt, line.release.service, line.release.version)
        }

        /// Nil for what is no cursor.
        init?(_ text: String) {
            let parts = text.split(separator: "~", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let number = Int64(parts[0]), let name = Name(parts[1]) else { return nil }
            (createdAt, service, version) = (Instant(milliseconds: number), name, String(parts[2]))
        }

        var text: String { "\(createdAt.milliseconds)~\(service)~\(version)" }

        /// Whether the release comes later in the list.
        func isBefore(_ line: ReleaseLine) -> Bool {
            if line.createdAt != createdAt { return line.createdAt < createdAt }
            if line.release.service != service { return service < line.release.service }
            return version < line.release.version
        }

        /// Whether the release comes earlier in the list.
        func isAfter(_ line: ReleaseLine) -> Bool {
            !isBefore(line)
                && (line.createdAt, line.release.service.text, line.release.version)
                    != (createdAt, service.text, version)
        }
    }
}

/// The releases of the newest status, put together once for everybody who may see all of it.
final class ReleaseShelf: Sendable {
    private let kept = Lock<(version: Int, lines: [ReleaseLine])?>(nil)

    func lines(of status: DaemonStatus) -> [ReleaseLine] {
        if let kept = kept.withLock({ $0 }), kept.version == status.version { return kept.lines }
        let lines = ReleaseIndex.lines(of: status)
        kept.withLock { $0 = (status.version, lines) }
        return lines
    }
}

extension ReleaseIndex.Standing {
    fileprivate func holds(_ line: ReleaseLine, _ places: [Name], _ pipeline: [Name]) -> Bool {
        switch self {
        case .running: !line.runsIn.isEmpty
        case .gone: line.runsIn.isEmpty
        case .unfinished: pipeline.last.map { !places.contains($0) } ?? true
        case .unpromoted: places.allSatisfy { $0 == pipeline.first }
        }
    }

    /// As the list's links call it.
    func words(_ pipeline: [Name]) -> String {
        switch self {
        case .running: "running now"
        case .unfinished: pipeline.last.map { "not yet in \($0)" } ?? "not yet everywhere"
        case .unpromoted: "never promoted"
        case .gone: "replaced everywhere"
        }
    }
}
