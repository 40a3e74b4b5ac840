// SPDX-License-Identifier: Apache-2.0

/// That somebody changed something, or was refused. Looking at pages is no such thing.
public struct AuditRecord: Sendable, Hashable, Identifiable {
    /// What was wanted. The words are those of pages, filters and exports, and stay what they are.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case release
        /// Takes a release record away.
        case withdraw
        case promote
        case rollback
        case hold
        case resume
        case sync
        case suspend
        case unsuspend
        /// Confirms a list of deletions above the budget.
        case prune
        /// Confirms a list of objects to be taken over.
        case adopt
        case signIn = "sign-in"
        case signOut = "sign-out"
        case keyCreated = "key-create"
        case keyRevoked = "key-revoke"
        /// Grants or teams changed on the policy branch.
        case policy
        /// A commit that kubernaut did not make arrived on an environment's branch.
        case push
        case delivery
    }

    /// How it came in.
    public enum Channel: String, Sendable, Hashable, CaseIterable {
        case web
        case api
        case webhook
        /// By the daemon itself.
        case daemon
        case git
        /// On the daemon's machine, past the daemon.
        case cli
    }

    public enum Result: String, Sendable, Hashable, CaseIterable {
        case done
        /// Not allowed, or not possible any more; `detail` says why.
        case refused
        case failed
    }

    /// Who did it, as they were called then: the row stays readable when they are gone.
    public struct Actor: Sendable, Hashable {
        public let name: String
        /// GitHub's number of the person; nil for machines.
        public let personID: Int64?
        /// Nil for people.
        public let keyID: String?

        public init(name: String, personID: Int64? = nil, keyID: String? = nil) {
            self.name = name
            self.personID = personID
            self.keyID = keyID
        }
    }

    /// A `TimeOrderedID`: sorts by time, which stores rely on to find rows of some days.
    public let id: String
    public let at: Instant
    public let actor: Actor
    public let channel: Channel
    public let action: Action
    public let result: Result
    /// Nil for what concerns no environment, or all of them.
    public var environment: Name?
    /// Empty for what concerns no service, or all of an environment.
    public var services: [Name] = []
    /// Versions or commits; nil where there is none.
    public var from: String?
    public var to: String?
    /// As the person gave it.
    public var reason: String?
    /// What happened in one sentence, or why not.
    public var detail: String?
    /// The commit that it made or was about.
    public var commit: CommitID?

    public init(
        id: String, at: Instant, actor: Actor, channel: Channel, action: Action, result: Result
    ) {
        self.id = id
        self.at = at
        self.actor = actor
        self.channel = channel
        self.action = action
        self.result = result
    }
}

/// Which rows of the audit are wanted; nil asks for any.
public struct AuditQuery: Sendable, Hashable {
    /// The actor's name, exactly.
    public var actor: String?
    public var action: AuditRecord.Action?
    public var result: AuditRecord.Result?
    public var environment: Name?
    public var service: Name?
    /// From here on, inclusive.
    public var since: Instant?
    /// Up to here, exclusive.
    public var until: Instant?
    /// What the reader may see; nil for everything.
    public var part: Part?

    /// Somebody's own rows, and all rows about some environments.
    public struct Part: Sendable, Hashable {
        public let actor: AuditRecord.Actor
        public let environments: Set<Name>

        public init(actor: AuditRecord.Actor, environments: Set<Name> = []) {
            self.actor = actor
            self.environments = environments
        }

        /// People are their number, keys their id: names change, and are given to others.
        public func holds(_ record: AuditRecord) -> Bool {
            if let environment = record.environment, environments.contains(environment) { return true }
            if let number = actor.personID { return record.actor.personID == number }
            if let key = actor.keyID { return record.actor.keyID == key }
            return record.actor == actor
        }
    }

    public init() {}

    public func matches(_ record: AuditRecord) -> Bool {
        (part?.holds(record) ?? true) && (actor.map { $0 == record.actor.name } ?? true)
            && (action.map { $0 == record.action } ?? true)
            && (result.map { $0 == record.result } ?? true)
            && (environment.map { $0 == record.environment } ?? true)
            && (service.map { record.services.contains($0) } ?? true)
            && (since.map { $0 <= record.at } ?? true) && (until.map { record.at < $0 } ?? true)
    }
}

/// Who did what. Port; rows are added and never changed.
public protocol AuditLog: Sendable {
    func append(_ record: AuditRecord) async throws

    /// Newest first, at most `limit` (0...200).
    ///
    /// - Parameter before: Only rows older than the one with this id; nil from the newest on.
    func records(matching query: AuditQuery, before: String?, limit: Int) async throws -> [AuditRecord]
}
