// SPDX-License-Identifier: Apache-2.0

/// Why a pass started.
public enum Trigger: String, Sendable, Hashable, CaseIterable {
    case start
    case poll
    case webhook
    case request
    case drift
    case retry
}

/// Where in a pass something happened.
public enum Stage: String, Sendable, Hashable, CaseIterable {
    case fetch
    case render
    case plan
    case apply
    case prune
    case health
}

/// What happened to one object, in `kubectl`'s words.
public enum Action: String, Sendable, Hashable, CaseIterable {
    case created
    case configured
    case unchanged
    case deleted
    /// Not touched on purpose; the message says why.
    case skipped
    case failed
}

/// One object in one pass.
public struct ObjectResult: Sendable, Hashable {
    public let key: ResourceKey
    /// Nil for an object that no service of this revision has (a prune).
    public let service: Name?
    public let action: Action
    /// What the server said, or why it was skipped; empty when there is nothing to say.
    public let message: String

    public init(key: ResourceKey, service: Name?, action: Action, message: String = "") {
        self.key = key
        self.service = service
        self.action = action
        self.message = message
    }
}

public enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// The cluster equals the revision.
    case succeeded
    /// Something was not applied; the rest was.
    case incomplete
    /// Nothing was applied: the source, the rendering or the cluster as a whole failed.
    case failed
    /// Cut short, by a newer commit or by a shutdown: no failure.
    case stopped
}

/// What a container of a hook wrote, at least its end.
public struct HookLog: Sendable, Hashable {
    /// The Job of this run.
    public let key: ResourceKey
    public let service: Name
    /// Empty when no pod could be found.
    public let pod: String
    public let container: String
    /// At most 64 KiB; empty when it wrote nothing.
    public let text: String
    /// Why it could not be read; nil when it could.
    public let problem: String?

    public init(key: ResourceKey, service: Name, pod: String, container: String, text: String, problem: String? = nil) {
        self.key = key
        self.service = service
        self.pod = pod
        self.container = container
        self.text = text
        self.problem = problem
    }
}

/// One run from commit to cluster. Append-only in the history, failed passes too.
public struct PassRecord: Sendable, Hashable, Identifiable {
    /// 32 hexadecimal digits, sortable by time of start.
    public let id: String
    public let environment: Name
    public let trigger: Trigger
    public let startedAt: Instant
    public var finishedAt: Instant
    /// What was to be applied; nil when no commit could be read.
    public var commit: CommitID?
    /// What was applied before; nil for the first pass.
    public var previousCommit: CommitID?
    public var outcome: Outcome
    /// Where it stopped; `.health` when it ran through.
    public var stage: Stage
    /// One sentence for people; empty when it succeeded.
    public var reason: String
    /// Objects that were changed, skipped or failed; unchanged ones are only counted.
    public var objects: [ObjectResult]
    public var unchangedCount: Int
    public var diagnostics: [Diagnostic]
    /// Texts of the server's `Warning` headers, each once.
    public var warnings: [String]
    /// What hooks wrote that ended in this pass.
    public var logs: [HookLog]

    public init(id: String, environment: Name, trigger: Trigger, startedAt: Instant) {
        self.id = id
        self.environment = environment
        self.trigger = trigger
        self.startedAt = startedAt
        finishedAt = startedAt
        commit = nil
        previousCommit = nil
        outcome = .succeeded
        stage = .fetch
        reason = ""
        objects = []
        unchangedCount = 0
        diagnostics = []
        warnings = []
        logs = []
    }

    public func count(of action: Action) -> Int {
        action == .unchanged ? unchangedCount : objects.count { $0.action == action }
    }

    /// Whether there is anything a person may want to read later: something changed or did not succeed.
    public var isNoteworthy: Bool { outcome != .succeeded || !objects.isEmpty || commit != previousCommit }
}

/// What the daemon remembers of passes. Port; `History` has the implementations.
public protocol PassHistory: Sendable {
    /// - Throws: `HistoryError`.
    func append(_ record: PassRecord) async throws

    /// Newest first, at most `limit` (0...200).
    ///
    /// - Parameters:
    ///   - environment: Nil for all environments.
    ///   - before: Only records older than the one with this id; nil from the newest on.
    func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord]

    /// Nil when there is none with this id.
    func pass(_ id: String) async throws -> PassRecord?
}
