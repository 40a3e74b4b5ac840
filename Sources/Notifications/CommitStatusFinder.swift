// SPDX-License-Identifier: Apache-2.0

import Domain

/// Finds what a forge should show beside the heads of environments' branches. Pure but for its memory.
struct CommitStatusFinder: Sendable {
    private var told: [Name: CommitStatus] = [:]

    /// What is new in this status.
    mutating func look(at status: DaemonStatus) -> [CommitStatus] {
        status.environments.compactMap { environment in
            guard environment.leadership?.isOurs ?? true, let now = environment.commitStatus else { return nil }
            // The words may change with every pod; a new state of the commit is what counts.
            let before = told.updateValue(now, forKey: now.environment)
            return before?.commit == now.commit && before?.state == now.state ? nil : now
        }
    }
}

extension EnvironmentStatus {
    /// Nil while nothing is known of the head.
    fileprivate var commitStatus: CommitStatus? {
        guard let head = head?.id else { return nil }
        func status(_ state: CommitStatus.State, _ summary: String) -> CommitStatus {
            CommitStatus(environment: environment.name, commit: head, state: state, summary: summary)
        }
        if suspension != nil { return status(.pending, "writing to \(environment.name) is suspended") }
        guard let pass = lastPass, pass.commit == head, pass.outcome != .stopped else {
            return status(.pending, "is being applied")
        }
        guard pass.outcome == .succeeded else { return status(.failure, pass.reason) }
        let bad = services.filter { [.failed, .unhealthy, .stuck].contains($0.verdict) }
        if let first = bad.first {
            let more = bad.count > 1 ? " and \(bad.count - 1) more" : ""
            return status(.failure, "\(first.name)\(more): \(first.verdict.rawValue.lowercased()): \(first.reason)")
        }
        let moving = services.filter { [.rollingOut, .waiting].contains($0.verdict) }
        guard moving.isEmpty else {
            return status(.pending, "\(counted(moving.count, "service")) of \(services.count) on the way")
        }
        return status(.success, "\(counted(services.count, "service")) as this commit wants")
    }
}
