// SPDX-License-Identifier: Apache-2.0

/// One delivery of a webhook, as pages, logs and the audit show it. Never holds its body.
public struct HookDelivery: Sendable, Hashable {
    public enum Result: String, Sendable, Hashable, CaseIterable {
        /// Something is looked at again because of it.
        case accepted
        /// Genuine, but about nothing that is followed here.
        case ignored
        /// Genuine, and was received before.
        case duplicate
        case pong
        /// Nothing shows that it is genuine.
        case refused
        /// Genuine, but not readable.
        case unreadable
        /// It could not be judged: the secret's file is not readable.
        case unavailable
    }

    public let at: Instant
    public let hook: Name
    /// As the sender calls it; empty when it did not say.
    public let event: String
    /// The sender's; empty when there was none.
    public let id: String
    public let peer: String
    public let result: Result
    /// What follows from it, or why nothing does, in one sentence.
    public let detail: String

    public init(
        at: Instant, hook: Name, event: String, id: String, peer: String, result: Result, detail: String
    ) {
        self.at = at
        self.hook = hook
        self.event = event
        self.id = id
        self.peer = peer
        self.result = result
        self.detail = detail
    }
}
