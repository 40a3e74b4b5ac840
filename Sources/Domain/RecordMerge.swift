// SPDX-License-Identifier: Apache-2.0

/// What a release record says. Equal when it means the same, whatever the way it is written.
public struct RecordContent: Sendable, Hashable {
    /// Nil when the record cannot be read.
    public let release: ReleaseRecord?
    /// Names everything that the record says, values included; the file's blob when it cannot be read.
    public let digest: String

    public init(release: ReleaseRecord?, digest: String) {
        self.release = release
        self.digest = digest
    }

    public static func == (left: RecordContent, right: RecordContent) -> Bool { left.digest == right.digest }
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

/// A record as one commit left it.
public struct RecordVersion: Sendable, Hashable {
    /// Nil where the commit removed the record.
    public let content: RecordContent?
    public let commit: Commit

    public init(content: RecordContent?, commit: Commit) {
        self.content = content
        self.commit = commit
    }
}

/// How a service's record in one environment, the target, relates to that in another, the source.
///
/// Decided from the histories of the record's content, never from merge bases or commit counts: a merge that kept
/// something back would hide it for ever. Promotion and the position that people are shown both follow from it.
public enum RecordRelation: Sendable, Hashable {
    /// Both have the same record, or neither has one.
    case same
    /// The target never had the service, or took over its removal from the source.
    case new
    /// The source had the target's record once: what it has had since, newest first, never empty.
    case behind([RecordVersion])
    /// The source removed the record that the target still has.
    case removed(RecordVersion)
    /// The source never had the target's record: a hotfix.
    case ahead
    /// Only the target has the service, and the source never had this record.
    case onlyInTarget
    /// The target removed the service by itself.
    case dropped(RecordVersion)
    /// The source's record cannot be read.
    case unreadable
}

extension RecordRelation {
    /// Pure.
    ///
    /// - Parameters:
    ///   - target: The record at the target's head; nil when there is none.
    ///   - targetLine: Needed only when the target has no record: its history, newest first, down to the last record.
    ///   - sourceLine: The source's history, newest first; its first entry is the record as it is now. It may end where
    ///     the target's record comes.
    public init(
        of target: RecordContent?, _ targetLine: [RecordVersion] = [], to source: RecordContent?,
        _ sourceLine: [RecordVersion]
    ) {
        if target == source {
            self = .same
        } else if let target {
            self = Self.relation(of: target, to: source, sourceLine)
        } else if let source {
            self = source.release == nil ? .unreadable : Self.absence(targetLine, sourceLine)
        } else {
            self = .same
        }
    }

    private static func relation(
        of target: RecordContent, to source: RecordContent?, _ sourceLine: [RecordVersion]
    ) -> RecordRelation {
        let since = sourceLine.prefix { $0.content != target }
        let isKnown = since.count < sourceLine.count
        guard let source else {
            // Nobody removed what was never there; without a removal in its line the source never had the service.
            return isKnown ? since.first.map(RecordRelation.removed) ?? .onlyInTarget : .onlyInTarget
        }
        if source.release == nil { return .unreadable }
        return isKnown ? .behind(Array(since)) : .ahead
    }

    /// The target has no record and the source has one.
    private static func absence(_ targetLine: [RecordVersion], _ sourceLine: [RecordVersion]) -> RecordRelation {
        guard let removal = targetLine.first else { return .new }
        guard let last = targetLine.first(where: { $0.content != nil })?.content else { return .new }
        // The removal came from the source when the source, too, removed that record at some time.
        let since = sourceLine.prefix { $0.content != last }
        let isRemovedBySource = since.count < sourceLine.count && since.contains { $0.content == nil }
        return isRemovedBySource ? .new : .dropped(removal)
    }

    /// What people are told about the target. Nil when neither has the service.
    ///
    /// - Parameters:
    ///   - target: The record at the target's head.
    ///   - source: The record at the source's head.
    public func position(of target: RecordContent?, to source: RecordContent?) -> Position? {
        switch self {
        case .same: return target == nil ? nil : .inStep
        case .new, .removed, .onlyInTarget, .dropped: return .absent
        case .unreadable: return .differs
        case .ahead: return target?.release?.version == source?.release?.version ? .differs : .ahead
        case .behind(let since):
            let count = Self.versions(since).count { $0 != target?.release?.version }
            return count == 0 ? .differs : .behind(count)
        }
    }

    /// The distinct versions, newest first.
    public static func versions(_ line: [RecordVersion]) -> [String] {
        var distinct: [String] = []
        for version in line.compactMap({ $0.content?.release?.version }) where !distinct.contains(version) {
            distinct.append(version)
        }
        return distinct
    }
}

/// What a promotion does with one service's record.
public enum RecordDecision: Sendable, Hashable {
    /// Both are equal.
    case nothing
    /// The target gets the source's record, or loses its own where the source removed it.
    case take
    /// The target stays as it is, and people are told why.
    case keep(Reason)

    public enum Reason: Sendable, Hashable {
        case held(Hold)
        /// The target's release never was in the source.
        case hotfix
        case onlyInTarget
        /// The target's own branch removed the service.
        case dropped
        case unreadable
        /// Somebody named the services to promote, and not this one.
        case notChosen
    }

    /// Pure.
    ///
    /// - Parameters:
    ///   - hold: The target's hold that is active now; nil for none. Nothing goes past it.
    ///   - isNamed: Whether a person named this very service. Then also a hotfix is replaced, and a service comes
    ///     back that the target had removed.
    public init(_ relation: RecordRelation, hold: Hold?, isNamed: Bool) {
        switch (relation, hold) {
        case (.same, _): self = .nothing
        case (.unreadable, _): self = .keep(.unreadable)
        case (.onlyInTarget, _): self = .keep(.onlyInTarget)
        case (_, let hold?): self = .keep(.held(hold))
        case (.new, _), (.behind, _), (.removed, _): self = .take
        case (.ahead, _): self = isNamed ? .take : .keep(.hotfix)
        case (.dropped, _): self = isNamed ? .take : .keep(.dropped)
        }
    }
}
