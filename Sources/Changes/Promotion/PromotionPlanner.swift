// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Render

/// Decides what a promotion changes. Nothing moves; what it stores in the repository, nothing refers to.
///
/// Release records are merged by rule, service by service, from their histories (`RecordRelation`). Holds belong to the
/// branch they lie on and never travel. Everything else is merged line by line.
public struct PromotionPlanner: Sendable {
    let repository: any MergeableRepository
    public let renderer: Renderer
    let now: Instant

    public init(_ repository: any MergeableRepository, renderer: Renderer, now: Instant) {
        self.repository = repository
        self.renderer = renderer
        self.now = now
    }

    /// - Parameters:
    ///   - source: The head of the branch to promote from.
    ///   - target: The head of the branch to promote to.
    /// - Throws: `PromotionConflict`; `Refusal` for a service that cannot be promoted although it was named; the
    ///   repository's errors.
    public func plan(_ request: PromotionRequest, from source: CommitID, to target: CommitID) async throws
        -> PromotionPlan
    {
        let before = try await repository.snapshot(at: target, reusing: nil)
        let there = try await repository.snapshot(at: source, reusing: before)
        guard let from = there.commit, let to = before.commit else {
            preconditionFailure("a snapshot of a commit has a commit")
        }
        let base = try await repository.mergeBase(of: source, and: target)
        let sides = Sides(request: request, before: before, there: there, from: from.id, to: to.id, base: base)
        let records = try await records(sides)
        if let named = request.services { try await check(named, records, sides) }
        let files = try await files(sides)
        let tree: TreeID
        var cache: RenderCache?
        if let named = request.services {
            let rendered = renderer.render(before, for: request.to).cache
            cache = rendered
            let own = ownFiles(of: named, sides, rendered)
            tree = try await self.tree(takingOnly: own, records, files, sides)
        } else if base == source {
            // Git calls this up to date; what an earlier merge kept back must still come.
            tree = try await repository.tree(of: target, changing: edits(records, sides))
        } else {
            tree = try await merge(records, files, sides)
        }
        let after = try await repository.snapshot(of: tree, reusing: before)
        let isSame = try await tree == repository.tree(of: target, changing: [:])
        let changed = after.paths(differingFrom: before).filter { RecordComparison.service(ofRecord: $0) == nil }
        let staying = there.paths(differingFrom: after).filter {
            RecordComparison.service(ofRecord: $0) == nil && !Self.isHold($0)
        }
        return PromotionPlan(
            request: request, kind: isSame ? .nothing : request.services == nil && base != source ? .merge : .commit,
            from: from, to: to, records: records, files: changed.sorted(), staying: staying.sorted(), tree: tree,
            before: before, after: after, cache: cache)
    }

    /// What is compared.
    struct Sides: Sendable {
        let request: PromotionRequest
        let before: SourceSnapshot
        let there: SourceSnapshot
        let from: CommitID
        let to: CommitID
        /// Nil when the branches have nothing in common.
        let base: CommitID?
    }

    /// `<environment>/holds/…`
    static func isHold(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count >= 3 && parts[1] == "holds"
    }

    // MARK: The tree

    private func merge(_ records: [RecordChange], _ files: FileDecisions, _ sides: Sides) async throws -> TreeID {
        var resolutions = files.edits(sides)
        for path in sides.there.paths(differingFrom: sides.before)
        where RecordComparison.service(ofRecord: path) != nil || Self.isHold(path) {
            resolutions[path] = .some(sides.before.files[path]?.bytes)
        }
        for (path, bytes) in edits(records, sides) { resolutions[path] = .some(bytes) }
        switch try await repository.merge(sides.from, into: sides.to, resolving: resolutions) {
        case .merged(let tree): return tree
        case .conflicted(let conflicts): throw PromotionConflict(request: sides.request, conflicts: conflicts)
        }
    }

    /// The records that are taken.
    private func edits(_ records: [RecordChange], _ sides: Sides) -> FileEdits {
        var edits: FileEdits = [:]
        for record in records where record.isTaken {
            let path = RecordComparison.recordPath(of: record.service)
            edits[path] = .some(sides.there.files[path]?.bytes)
        }
        return edits
    }

    private func tree(
        takingOnly own: Set<String>, _ records: [RecordChange], _ files: FileDecisions, _ sides: Sides
    ) async throws -> TreeID {
        var edits = edits(records, sides)
        var unclear: Set<String> = []
        for path in own {
            switch files.decisions[path] {
            case .take: edits[path] = .some(sides.there.files[path]?.bytes)
            case .merge: unclear.insert(path)
            case .stay, nil: break
            }
        }
        for (path, bytes) in try await merged(unclear, sides) { edits[path] = .some(bytes) }
        return try await repository.tree(of: sides.to, changing: edits)
    }

    /// Files that both branches changed, merged line by line; all others do not matter.
    private func merged(_ paths: Set<String>, _ sides: Sides) async throws -> FileEdits {
        guard !paths.isEmpty else { return [:] }
        var resolutions: FileEdits = [:]
        for path in sides.there.paths(differingFrom: sides.before) where !paths.contains(path) {
            resolutions[path] = .some(sides.before.files[path]?.bytes)
        }
        switch try await repository.merge(sides.from, into: sides.to, resolving: resolutions) {
        case .merged(let tree):
            let merged = try await repository.snapshot(of: tree, reusing: sides.before)
            var edits: FileEdits = [:]
            for path in paths { edits[path] = .some(merged.files[path]?.bytes) }
            return edits
        case .conflicted(let conflicts):
            let own = conflicts.filter { conflict in paths.contains { sides.before.path(of: $0) == conflict.path } }
            throw PromotionConflict(request: sides.request, conflicts: own.isEmpty ? conflicts : own)
        }
    }
}
