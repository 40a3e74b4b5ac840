// SPDX-License-Identifier: Apache-2.0

import Changes
public import Domain
import Lifecycle
import Logging

/// What a cluster would do with one object, by its own dry run.
public struct TriedObject: Sendable {
    public let key: ResourceKey
    /// Nil for an object to be deleted whose service is not known.
    public let service: Name?
    /// `failed` for what the cluster, or a rule of ours, would refuse; the message says why.
    public let action: Action
    /// Empty when there is nothing to say.
    public let message: String

    public init(key: ResourceKey, service: Name?, action: Action, message: String) {
        self.key = key
        self.service = service
        self.action = action
        self.message = message
    }
}

/// What the target's cluster says about a promotion. No part of what a preview promises: a cluster that is away, or thinks
/// otherwise a minute later, changes no digest.
enum ClusterOpinion: Sendable {
    /// It was not asked, and why, in half a sentence.
    case notAsked(String)
    /// - Parameter objects: Refused ones first, then in the order of their keys.
    case asked(cluster: String, at: Instant, objects: [TriedObject])

    var refusals: [TriedObject] {
        if case .asked(_, _, let objects) = self { objects.filter { $0.action == .failed } } else { [] }
    }

    var json: Value {
        switch self {
        case .notAsked(let reason): return ["asked": false, "reason": .string(reason)]
        case .asked(let cluster, let moment, let objects):
            return [
                "asked": true, "server": .string(cluster), "at": Value(moment),
                "objects": .list(
                    objects.filter { $0.action != .unchanged }.map { object in
                        [
                            "object": .string(object.key.description), "action": .string(object.action.rawValue),
                            "message": .string(object.message),
                        ]
                    }),
            ]
        }
    }
}

extension WebPages {
    /// Asks the target's cluster, within `Sources.trialPatience`; nothing is written. Never fails: who could not be asked is
    /// said instead.
    func opinion(on preview: PromotionPreview, _ context: PageContext) async -> ClusterOpinion {
        guard !preview.isEmpty else { return .notAsked("there is nothing to ask about") }
        guard preview.problems.isEmpty else { return .notAsked("what would come does not render") }
        let target = preview.plan.request.to
        let status = context.status.environments.first { $0.environment.name == target.name }
        if let problem = status?.clusterProblem { return .notAsked(problem) }
        guard takeLook() else { return .notAsked("others are asking it right now; load the page again") }
        defer { liveLooks.withLock { $0 -= 1 } }
        let (trial, limit) = (sources.trial, sources.trialPatience)
        let services = Set(preview.services.map(\.name))
        do {
            let answer = try await within(limit) { try await trial(preview.after, services) }
            guard let answer else { return .notAsked("it did not answer within \(limit.components.seconds) seconds") }
            guard let objects = answer else { return .notAsked("this kubernaut has no way to it") }
            let ordered = objects.filter { $0.action == .failed } + objects.filter { $0.action != .failed }
            return .asked(cluster: target.cluster ?? "default", at: now(), objects: ordered)
        } catch {
            logger.warning("A promotion could not be tried", ["environment": target.name, "error": "\(error)"])
            return .notAsked("it does not answer as it should")
        }
    }

    /// A cluster is asked about many objects at once: a few readers may do so, and nobody can make a storm of it.
    ///
    /// - Returns: Whether there is room; then `liveLooks` is to be counted down at the end.
    func takeLook() -> Bool {
        liveLooks.withLock { looks in
            guard looks < 2 else { return false }
            looks += 1
            return true
        }
    }
}

/// - Returns: Nil when the time is up; the work was cancelled then.
func within<Result: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
