// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain

/// A promotion or a rollback that was made: what its commit says of itself.
struct ActionRecord: Sendable, Hashable, Identifiable {
    enum Kind: String, Sendable, Hashable, CaseIterable {
        case promotion = "promote"
        case rollback
    }

    /// One service, and its versions before and after; nil for none, and where nobody looked.
    struct Move: Sendable, Hashable {
        let service: Name
        let from: String?
        let to: String?
    }

    var id: CommitID { commit }
    let kind: Kind
    let commit: CommitID
    /// Where a promotion came from; nil for a rollback.
    let source: Name?
    let environment: Name
    /// In the order of their names.
    let moves: [Move]
    /// Whether a promotion was of everything.
    let isWhole: Bool
    let actor: String
    let reason: String?
    let at: Instant

    init(
        _ kind: Kind, _ commit: CommitID, source: Name?, environment: Name, moves: [Move], isWhole: Bool, actor: String,
        reason: String?, at: Instant
    ) {
        self.kind = kind
        self.commit = commit
        self.source = source
        self.environment = environment
        self.moves = moves
        self.isWhole = isWhole
        self.actor = actor
        self.reason = reason
        self.at = at
    }
}

extension ActionRecord {
    init(_ preview: PromotionPreview, _ commit: CommitID, by actor: String, reason: String?, at: Instant) {
        let request = preview.plan.request
        self.init(
            .promotion, commit, source: request.from.name, environment: request.to.name,
            moves: preview.services.map { service in
                Move(
                    service: service.name, from: service.record?.before?.release?.version,
                    to: service.record?.after?.release?.version)
            }, isWhole: request.services == nil, actor: actor, reason: reason, at: at)
    }

    init(_ order: RollbackOrder, _ answer: RollbackAnswer, _ commit: CommitID, by actor: String, at: Instant) {
        self.init(
            .rollback, commit, source: nil, environment: order.environment,
            moves: [Move(service: order.service, from: answer.from?.version, to: answer.to.version)], isWhole: false,
            actor: actor, reason: order.reason, at: at)
    }

    /// From the history of an environment's branch; nil for a commit that is neither.
    init?(_ step: HistoryStep, on environment: Name) {
        func trailer(_ key: String) -> String? { step.trailers.first { $0.key == key }?.value }
        guard let kind = trailer(TrailerKey.action).flatMap({ Kind(rawValue: $0) }) else { return nil }
        // `dev@<commit>`
        let source = trailer(TrailerKey.from).flatMap { $0.split(separator: "@").first }.flatMap { Name($0) }
        let named = step.trailers.filter { $0.key == TrailerKey.service }.compactMap { Name($0.value) }
        let changed = step.changes.compactMap { path, file -> Move? in
            RecordComparison.service(ofRecord: path).map {
                Move(service: $0, from: nil, to: file.flatMap { ChangeDesk.release(in: $0, at: path)?.version })
            }
        }
        let isRollback = kind == .rollback
        let from = isRollback ? trailer(TrailerKey.from) : nil
        let moves = Set(changed.map(\.service)).union(named).sorted().map { name in
            Move(service: name, from: from, to: changed.first { $0.service == name }?.to)
        }
        self.init(
            kind, step.commit.id, source: isRollback ? nil : source, environment: environment, moves: moves,
            isWhole: !isRollback && named.isEmpty, actor: trailer(TrailerKey.actor) ?? step.commit.author,
            reason: trailer(TrailerKey.reason), at: step.commit.date)
    }

    /// The same with what a reader may see; nil when that is nothing.
    func visible(_ isVisible: (Place) -> Bool) -> ActionRecord? {
        if isVisible(.environment(environment)) { return self }
        let shown = moves.filter { isVisible(.service($0.service, in: environment)) }
        guard !shown.isEmpty else { return nil }
        return ActionRecord(
            kind, commit, source: source, environment: environment, moves: shown, isWhole: isWhole, actor: actor,
            reason: reason, at: at)
    }
}

/// How far an action has come, from what the daemon sees now.
struct ActionProgress: Sendable, Hashable {
    enum State: String, Sendable, Hashable, CaseIterable {
        case done
        case running
        case waiting
        case failed
    }

    struct Step: Sendable, Hashable {
        /// `committed`, `fetched`, `rendered`, `applied`, `healthy`
        let name: String
        let state: State
        /// For people; empty when there is nothing to say.
        let detail: String
    }

    let steps: [Step]
    /// Whether nothing will change any more by itself.
    var isFinished: Bool { steps.allSatisfy { $0.state == .done } || isFailed }
    var isFailed: Bool { steps.contains { $0.state == .failed } }
    /// In one word: `done`, `failed` or `running`.
    var word: String { isFailed ? "failed" : isFinished ? "done" : "running" }

    /// - Parameters:
    ///   - status: Of the environment; nil when it is gone from the pipeline.
    ///   - isFetched: Whether the environment's head has the commit behind it.
    ///   - isApplied: Whether the commit that the cluster fully equaled last has it behind it.
    init(of record: ActionRecord, _ status: EnvironmentStatus?, isFetched: Bool, isApplied: Bool) {
        steps = Self.steps(of: record, status, isFetched, isApplied)
    }

    private static func steps(
        of record: ActionRecord, _ status: EnvironmentStatus?, _ isFetched: Bool, _ isApplied: Bool
    ) -> [Step] {
        var steps = [
            Step(
                name: "committed", state: .done,
                detail: "\(record.commit.short) on \(status?.environment.branch ?? record.environment.text)")
        ]
        guard let status, isFetched else {
            steps.append(Step(name: "fetched", state: .running, detail: status?.sourceProblem ?? ""))
            steps += ["rendered", "applied", "healthy"].map { Step(name: $0, state: .waiting, detail: "") }
            return steps
        }
        steps.append(Step(name: "fetched", state: .done, detail: status.head.map { "head \($0.id.short)" } ?? ""))
        let names = Set(record.moves.map(\.service))
        let services = status.services.filter { names.isEmpty ? record.isWhole : names.contains($0.name) }
        // A service that has just come is not there before the first rendering with it.
        let missing = record.moves.first { move in
            move.to != nil && !status.services.contains { $0.name == move.service }
        }
        if let missing, !isApplied, status.sourceProblem == nil {
            steps.append(Step(name: "rendered", state: .running, detail: "\(missing.service) is not rendered yet"))
            steps += ["applied", "healthy"].map { Step(name: $0, state: .waiting, detail: "") }
            return steps
        }
        let broken = services.flatMap(\.diagnostics).first { $0.severity == .error }
        if let problem = status.sourceProblem ?? broken.map({ "\($0)" }) {
            steps.append(Step(name: "rendered", state: .failed, detail: problem))
            steps += ["applied", "healthy"].map { Step(name: $0, state: .waiting, detail: "") }
            return steps
        }
        steps.append(Step(name: "rendered", state: .done, detail: counted(services.count, "service")))
        return steps + clusterSteps(services, status, isApplied)
    }

    private static func clusterSteps(_ services: [ServiceStatus], _ status: EnvironmentStatus, _ isApplied: Bool)
        -> [Step]
    {
        let objects = services.flatMap(\.objects)
        let inSync = objects.count(where: \.isInSync)
        let count = "\(inSync)/\(objects.count)"
        let failed = services.first { $0.verdict == .failed }
        let applied: Step =
            if let problem = status.clusterProblem {
                Step(name: "applied", state: .running, detail: "\(count); \(problem)")
            } else if let failed {
                Step(name: "applied", state: .failed, detail: "\(failed.name): \(failed.reason)")
            } else if isApplied || (inSync == objects.count && !objects.isEmpty && !status.isReconciling) {
                Step(name: "applied", state: .done, detail: count)
            } else {
                Step(name: "applied", state: .running, detail: count)
            }
        guard applied.state == .done else { return [applied, Step(name: "healthy", state: .waiting, detail: "")] }
        let healthy = services.count { [.healthy, .held].contains($0.verdict) }
        let worst = services.filter { [.unhealthy, .stuck].contains($0.verdict) }.first
        let state: State = worst != nil ? .failed : healthy == services.count ? .done : .running
        let slow = services.first { ![.healthy, .held].contains($0.verdict) }
        let reason = (worst ?? slow).map { "; \($0.name): \($0.reason)" } ?? ""
        return [applied, Step(name: "healthy", state: state, detail: "\(healthy)/\(services.count)\(reason)")]
    }
}
