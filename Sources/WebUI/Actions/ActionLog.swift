// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Lifecycle

/// The promotions and rollbacks that were made lately: those of this server at once, those of everybody as soon as their
/// commits were fetched. Nothing is kept but a bounded memory of what git says.
final class ActionLog: Sendable {
    private struct Branch {
        let head: CommitID
        let records: [ActionRecord]
    }

    /// Made here, newest first.
    private let recent = Lock<[ActionRecord]>([])
    /// Read from git, by environment.
    private let read = Lock<[Name: Branch]>([:])
    private let desk: ChangeDesk?

    private static let recentLimit = 200
    /// Commits of a branch that are looked at.
    private static let historyLimit = 300

    init(_ desk: ChangeDesk?) { self.desk = desk }

    func add(_ record: ActionRecord) {
        recent.withLock { recent in
            recent.insert(record, at: 0)
            if recent.count > Self.recentLimit { recent.removeLast() }
        }
    }

    /// Newest first, each once.
    ///
    /// - Throws: The repository's errors.
    func records(in environments: [EnvironmentStatus]) async throws -> [ActionRecord] {
        var records = recent.withLock { $0 }
        var known = Set(records.map(\.commit))
        for environment in environments {
            for record in try await history(of: environment) where known.insert(record.commit).inserted {
                records.append(record)
            }
        }
        return records.sorted { ($1.at, $1.commit.hex) < ($0.at, $0.commit.hex) }
    }

    private func history(of environment: EnvironmentStatus) async throws -> [ActionRecord] {
        let name = environment.environment.name
        guard let desk, let head = environment.head?.id else { return [] }
        if let known = read.withLock({ $0[name] }), known.head == head { return known.records }
        let steps = try await desk.repository.history(of: head, under: "", after: nil, limit: Self.historyLimit)
        let records = steps.compactMap { ActionRecord($0, on: name) }
        read.withLock { $0[name] = Branch(head: head, records: records) }
        return records
    }

    /// - Throws: The repository's errors.
    func progress(of record: ActionRecord, _ status: DaemonStatus) async throws -> ActionProgress {
        let environment = status.environments.first { $0.environment.name == record.environment }
        return ActionProgress(
            of: record, environment, isFetched: try await contains(environment?.head?.id, record.commit),
            isApplied: try await contains(environment?.appliedCommit, record.commit))
    }

    private func contains(_ head: CommitID?, _ commit: CommitID) async throws -> Bool {
        guard let head else { return false }
        if head == commit { return true }
        guard let desk else { return false }
        return try await desk.repository.isAncestor(commit, of: head)
    }
}
