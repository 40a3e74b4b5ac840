// SPDX-License-Identifier: Apache-2.0

/// Reads a release record's file, given its path as a person sees it.
public typealias RecordReader = @Sendable (SourceFile, String) -> RecordContent

/// One service whose records do not say the same in two environments.
public struct RecordDifference: Sendable, Hashable {
    public let service: Name
    /// In the target; nil when there is none.
    public let target: RecordContent?
    /// In the source; nil when there is none.
    public let source: RecordContent?
    public let relation: RecordRelation
    /// What the source has that the target did not have, newest first; of a service that only one of them ever had, the
    /// newest version alone.
    public let since: [RecordVersion]

    public var position: Position? { relation.position(of: target, to: source) }
}

/// The release records of one environment, the target, compared with those of another, the source.
public struct RecordComparison: Sendable {
    /// By service; those whose records say the same are not in it.
    public let differences: [Name: RecordDifference]
    /// The services that have a record in one of the two at least.
    public let services: Set<Name>

    /// - Parameters:
    ///   - target: Of a commit.
    ///   - source: Likewise.
    ///   - histories: Knows both commits.
    /// - Throws: The errors of `histories`.
    public init(
        of target: SourceSnapshot, to source: SourceSnapshot, in histories: any LineageSource, read: RecordReader
    ) async throws {
        let services = Set((target.files.keys.map(\.self) + source.files.keys).compactMap(Self.service(ofRecord:)))
        self.services = services
        let changed = source.paths(differingFrom: target).compactMap(Self.service(ofRecord:))
        var pairs: [Name: Pair] = [:]
        for service in changed {
            let path = Self.recordPath(of: service)
            let pair = Pair(
                target: target.files[path].map { read($0, target.path(of: path)) },
                source: source.files[path].map { read($0, source.path(of: path)) }, targetFile: target.files[path],
                sourceFile: source.files[path])
            if pair.target != pair.source { pairs[service] = pair }
        }
        let heads = (target: target.commit?.id, source: source.commit?.id)
        guard !pairs.isEmpty, let targetHead = heads.target, let sourceHead = heads.source else {
            differences = [:]
            return
        }
        let lines = try await Self.lines(pairs, targetHead, sourceHead, histories)
        differences = Dictionary(
            uniqueKeysWithValues: pairs.map { service, pair in
                let path = target.path(of: Self.recordPath(of: service))
                func versions(_ files: [FileVersion]?) -> [RecordVersion] {
                    (files ?? []).map { file in
                        RecordVersion(content: file.file.map { read($0, path) }, commit: file.commit)
                    }
                }
                return (
                    service, pair.difference(service, versions(lines.target[service]), versions(lines.source[service]))
                )
            })
    }

    /// What people are told about each service; those that neither has are left out.
    public var positions: [Name: Position] {
        var positions: [Name: Position] = [:]
        for service in services {
            positions[service] = differences[service].map(\.position) ?? .inStep
        }
        return positions
    }

    // MARK: Paths

    public static func recordPath(of service: Name) -> String { "releases/\(service).yaml" }

    /// The service whose record lies at a path relative to the config root; nil for every other path.
    public static func service(ofRecord path: String) -> Name? {
        guard path.hasPrefix("releases/"), path.hasSuffix(".yaml") else { return nil }
        return Name(path.dropFirst("releases/".count).dropLast(".yaml".count))
    }

    // MARK: Histories

    private struct Pair {
        let target: RecordContent?
        let source: RecordContent?
        let targetFile: SourceFile?
        let sourceFile: SourceFile?

        func difference(_ service: Name, _ targetLine: [RecordVersion], _ sourceLine: [RecordVersion])
            -> RecordDifference
        {
            let relation = RecordRelation(of: target, targetLine, to: source, sourceLine)
            let since = if case .behind(let newer) = relation { newer } else { Array(sourceLine.prefix(1)) }
            return RecordDifference(
                service: service, target: target, source: source, relation: relation, since: since)
        }
    }

    /// Each record's history in the source, down to what the target has; where the target has none, the target's
    /// history, too: it says whether the target ever had one.
    private static func lines(
        _ pairs: [Name: Pair], _ target: CommitID, _ source: CommitID, _ histories: any LineageSource
    ) async throws -> (target: [Name: [FileVersion]], source: [Name: [FileVersion]]) {
        let absent = pairs.filter { $0.value.targetFile == nil }.keys
        let targetLines = try await files(
            of: Dictionary(uniqueKeysWithValues: absent.map { ($0, nil) }), at: target, histories)
        var ends: [Name: SourceFile?] = [:]
        for (service, pair) in pairs {
            // A target without any history of it takes whatever there is: the newest version is enough to know.
            let last = targetLines[service]?.lazy.compactMap(\.file).first
            ends[service] = .some(pair.targetFile ?? last ?? pair.sourceFile)
        }
        return (targetLines, try await files(of: ends, at: source, histories))
    }

    private static func files(
        of services: [Name: SourceFile?], at commit: CommitID, _ histories: any LineageSource
    ) async throws -> [Name: [FileVersion]] {
        guard !services.isEmpty else { return [:] }
        let paths = Dictionary(
            uniqueKeysWithValues: services.map { service, end -> (String, Set<String>) in
                (recordPath(of: service), end.map { [$0.blob] } ?? [])
            })
        let found = try await histories.lineage(of: paths, at: commit, since: nil)
        return Dictionary(uniqueKeysWithValues: services.keys.map { ($0, found[recordPath(of: $0)] ?? []) })
    }
}
