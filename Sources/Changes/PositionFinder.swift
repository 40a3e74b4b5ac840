// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Render

/// Finds where services stand, by the same rule that promotion follows.
public struct PositionFinder: Sendable {
    private let histories: any LineageSource
    private let renderer: Renderer
    /// What the files of other environments would be here; shared by all copies.
    private let memory = RenderMemory()

    public init(_ histories: any LineageSource, renderer: Renderer) {
        self.histories = histories
        self.renderer = renderer
    }

    /// - Parameters:
    ///   - target: The files of the environment, at a commit.
    ///   - source: Those of the environment it is compared with.
    ///   - cache: What rendering the environment from `target` left; what is not in it is rendered here.
    public func standing(
        of environment: Environment, at target: SourceSnapshot, comparedWith source: SourceSnapshot,
        reusing cache: RenderCache? = nil, now: Instant
    ) async throws -> Standing {
        let comparison = try await RecordComparison(
            of: target, to: source, in: histories, read: Renderer.recordContent)
        var positions = comparison.positions
        for service in differingConfigurations(of: environment, target, source, cache)
        where positions[service] == .inStep || positions[service] == nil {
            positions[service] = .differs
        }
        return Standing(
            positions: positions, notes: try await notes(comparison, environment, target, source, now: now))
    }

    /// The services that the files of another environment would render otherwise *here*. Cheap: only what depends on a
    /// file that differs is looked at, and rendered only when its inputs were never seen before.
    private func differingConfigurations(
        of environment: Environment, _ target: SourceSnapshot, _ source: SourceSnapshot, _ cache: RenderCache?
    ) -> Set<Name> {
        let differing = source.paths(differingFrom: target).filter { path in
            RecordComparison.service(ofRecord: path) == nil && !PromotionPlanner.isHold(path)
        }
        guard !differing.isEmpty else { return [] }
        return renderer.services(
            of: environment, in: target, renderedOtherwiseBy: source, reusing: cache, memory: memory)
    }

    // MARK: What is odd

    private func notes(
        _ comparison: RecordComparison, _ environment: Environment, _ target: SourceSnapshot, _ source: SourceSnapshot,
        now: Instant
    ) async throws -> [Name: [Diagnostic]] {
        guard let head = target.commit else { return [:] }
        let holds = Holds(in: target, for: environment)
        let behind = comparison.differences.values.filter { difference in
            guard case .behind = difference.relation else { return false }
            return holds.active(for: difference.service, at: now) == nil
        }
        let arrivals = try await histories.arrivals(of: behind.flatMap { $0.since.map(\.commit.id) }, in: head.id)
        var notes: [Name: [Diagnostic]] = [:]
        func location(_ service: Name) -> SourceLocation {
            SourceLocation(file: target.path(of: RecordComparison.recordPath(of: service)))
        }
        for difference in behind where difference.since.contains(where: { arrivals[$0.commit.id] != nil }) {
            let place = location(difference.service)
            if let note = try await leftBehind(difference, head, arrivals, at: place) {
                notes[difference.service, default: []].append(note)
            }
        }
        for difference in comparison.differences.values {
            guard let note = halfMerged(difference, at: location(difference.service)) else { continue }
            notes[difference.service, default: []].append(note)
        }
        return notes
    }

    /// A release that a merge had in its hands and did not take, nor anything after it.
    private func leftBehind(
        _ difference: RecordDifference, _ head: Commit, _ arrivals: [CommitID: Commit], at location: SourceLocation
    ) async throws -> Diagnostic? {
        let path = RecordComparison.recordPath(of: difference.service)
        let line = try await histories.lineage(of: [path: []], at: head.id, since: nil)[path] ?? []
        let known = Set(line.compactMap { $0.file.map { Renderer.recordContent($0, path: path) } })
        for version in difference.since {
            guard let content = version.content, let release = content.release, let merge = arrivals[version.commit.id]
            else { continue }
            // Taken, and rolled back later: no merge is to blame.
            if known.contains(content) { return nil }
            return Diagnostic(
                .warning, HistoryCodes.leftBehind,
                "merge \(merge.id.short) by \(merge.author) left \(difference.service) \(release.version) behind",
                at: location, hint: "the next promotion brings it", service: difference.service)
        }
        return nil
    }

    /// The version of a known release with another image.
    private func halfMerged(_ difference: RecordDifference, at location: SourceLocation) -> Diagnostic? {
        guard difference.relation == .ahead, let here = difference.target?.release,
            let there = difference.since.compactMap({ $0.content?.release }).first(where: { $0.version == here.version }
            ),
            here.image != there.image
        else { return nil }
        return Diagnostic(
            .warning, HistoryCodes.halfMerged,
            "the record says version \(here.version), but with the image \(here.image), and the release \(here.version) "
                + "has \(there.image): was it merged by halves?",
            at: location, hint: "promote \(difference.service) by name, or write the whole record of one release",
            service: difference.service)
    }
}
