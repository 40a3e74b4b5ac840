// SPDX-License-Identifier: Apache-2.0

/// Something that happened to a service or an environment and that people outside want to hear of.
public struct Notice: Sendable, Hashable, Identifiable {
    /// The words of filters; they stay what they are.
    public enum Event: String, Sendable, Hashable, CaseIterable {
        /// A release could not be rendered or applied.
        case failed
        /// It was applied and does not work, or does not come up.
        case unhealthy
        /// What was told as failed or unhealthy is well again.
        case recovered
        case promoted
        case rolledBack = "rolled-back"
        /// Deletions above the budget wait for a person.
        case heldPrune = "held-prune"
    }

    /// Names it for good: a receiver that gets it twice can tell.
    public let id: String
    public let at: Instant
    public let event: Event
    public let environment: Name
    /// Empty for what concerns the environment as a whole; several when one promotion brought them.
    public let services: [Name]
    /// Of the one service; nil when there is no release, or several services.
    public let version: String?
    /// The environment's commit that it is about; nil when none is known.
    public let commit: CommitID?
    /// Who did it; nil for what happened by itself.
    public let actor: String?
    /// One sentence: what happened and why.
    public let summary: String

    public init(
        id: String, at: Instant, event: Event, environment: Name, services: [Name], version: String?, commit: CommitID?,
        actor: String?, summary: String
    ) {
        self.id = id
        self.at = at
        self.event = event
        self.environment = environment
        self.services = services
        self.version = version
        self.commit = commit
        self.actor = actor
        self.summary = summary
    }
}

/// How one receiver of notices does, as the system page and metrics show it. Holds no address: those are often secrets.
public struct SinkStatus: Sendable, Hashable {
    public let name: Name
    /// Of what kind it is, in the configuration's word.
    public let kind: String
    /// That wait to be sent.
    public var queued = 0
    public var delivered = 0
    public var lastDeliveryAt: Instant?
    /// Why the last attempt failed; nil when it did not.
    public var problem: String?
    /// What was given up, newest first; at most 20.
    public var deadLetters: [DeadLetter] = []
    /// All that were given up since the daemon started.
    public var deadCount = 0

    public init(name: Name, kind: String) {
        self.name = name
        self.kind = kind
    }
}

/// Something that was not delivered and will not be.
public struct DeadLetter: Sendable, Hashable {
    public let at: Instant
    /// What it said.
    public let summary: String
    public let reason: String
    /// How often it was tried; 0 for what found no room in the queue.
    public let attempts: Int

    public init(at: Instant, summary: String, reason: String, attempts: Int) {
        self.at = at
        self.summary = summary
        self.reason = reason
        self.attempts = attempts
    }
}
