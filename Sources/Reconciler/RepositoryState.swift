// SPDX-License-Identifier: Apache-2.0

import Domain

/// What was asked of the loop since it last looked.
struct Requests: Sendable {
    var trigger: Trigger?
    /// Only of branches that exist, or did: bounded by what the pipeline follows.
    var announced: [String: CommitID] = [:]

    mutating func add(_ trigger: Trigger, _ announced: [String: CommitID]) {
        self.trigger = self.trigger == .request ? .request : trigger
        self.announced.merge(announced) { $1 }
    }
}

/// What the repository loop remembers from round to round.
struct RepositoryState {
    var failures = 0
    /// As the last fetch brought them.
    var heads: [String: CommitID] = [:]
    var announcements = Announcements()
    var policy: PolicyBranch.Found?
    /// What checking the policy branch's signatures said; nil when they do not count.
    var policySignature: SignatureStatus?
    var policyProblem: String? { policySignature?.sentence.map { "the policy branch: \($0)" } }
    /// The last good one.
    var pipeline: Pipeline?
    /// Per environment: takes loops, and runs one after the other.
    var runners: [Name: AsyncStream<EnvironmentLoop>.Continuation] = [:]
    var requestedHeads: [Name: CommitID] = [:]
    var walks: [Name: ReleaseWalk] = [:]
    /// The files of each environment that was compared last.
    var snapshots: [Name: SourceSnapshot] = [:]
    /// By target.
    var compared: [Name: Pair] = [:]

    struct Pair: Hashable {
        let target: Environment
        let to: CommitID
        let from: CommitID
    }
}

extension DaemonStatus {
    mutating func change(_ name: Name, _ change: (inout EnvironmentStatus) -> Void) {
        guard let index = environments.firstIndex(where: { $0.environment.name == name }) else { return }
        change(&environments[index])
    }
}

extension StatusBoard {
    /// Puts one environment's status in its place; where its services stand is known from elsewhere.
    func show(_ shown: EnvironmentStatus) {
        update { status in
            var shown = shown
            guard
                let index = status.environments.firstIndex(where: { $0.environment == shown.environment })
            else { return }
            shown.positions = status.environments[index].positions
            status.environments[index] = shown
            status.isReady = status.environments.allSatisfy {
                $0.head != nil || $0.sourceProblem != nil || $0.clusterProblem != nil || $0.signature?.isRefused == true
            }
        }
    }
}
