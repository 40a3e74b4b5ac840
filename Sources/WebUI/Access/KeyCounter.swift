// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Logging

/// Where keys are asked for, shown and taken back, for pages and REST alike.
extension WebPages {
    /// Why a key was not made or taken back.
    enum KeyProblem: Error {
        case order(KeyOrder.Problem)
        /// It would do more than who asks may do.
        case excess(String)
        /// There are no keys here at all.
        case noStore
        /// It is revoked or has expired: nothing of it is handed on.
        case ended
        /// The same form came twice.
        case again
    }

    func mayManageKeys(_ visit: Visit) -> Bool { visit.rules.allows(visit.caller, .keys, at: .site) }

    /// The keys that the caller may see, the newest first.
    func keys(of visit: Visit, all: Bool) async throws -> [APIKey] {
        let keys = try await sources.keys?.keys() ?? []
        return all && mayManageKeys(visit) ? keys : keys.filter { $0.isOwn(of: visit.caller) }
    }

    /// Makes a key. Nobody gets one that may do more than they may.
    ///
    /// - Parameter id: From a form, so that sending it twice makes one key; nil for a new one.
    /// - Returns: The key, and its text, which nobody will see again.
    func makeKey(
        _ order: KeyOrder, id: String?, _ visit: Visit, over channel: AuditRecord.Channel
    ) async throws -> (key: APIKey, text: APIKeyText) {
        guard let store = sources.keys else { throw KeyProblem.noStore }
        try requireFresh(visit)
        let time = now()
        func note(_ result: AuditRecord.Result, _ detail: String, id: String?) async {
            await self.note(.keyCreated, result, by: visit.caller.actor, over: channel) { record in
                record.to = id
                record.detail = "\(order.name): \(detail)"
            }
        }
        if let excess = try await excess(of: order, at: time, visit) {
            await note(.refused, excess, id: nil)
            throw KeyProblem.excess(excess)
        }
        guard let text = id.map({ APIKeyText(id: $0) }) ?? APIKeyText() else { throw KeyProblem.again }
        if try await store.key(text.id) != nil { throw KeyProblem.again }
        let key = order.key(text, createdBy: visit.caller.name, ownerID: visit.caller.actor.personID, at: time)
        try await store.add(key)
        await note(.done, key.scope.sentence, id: key.id)
        logger.notice("A key was made", ["key": key.id, "who": visit.caller.name])
        return (key, text)
    }

    private func excess(of order: KeyOrder, at time: Instant, _ visit: Visit) async throws -> String? {
        if let excess = visit.rules.excess(of: order.scope, over: visit.caller) { return excess }
        // A key that makes keys may hand on neither more than it has nor longer than it lives.
        guard case .key(let identity) = visit.caller else { return nil }
        guard identity.scope.permissions.contains(.keys) else { return "the key's scope does not hold keys" }
        guard let own = try await sources.keys?.key(identity.id), time.adding(order.lifetime) <= own.expiresAt else {
            return "it would be good for longer than the key that asks for it"
        }
        return nil
    }

    /// - Returns: False when there is none that the caller may take back.
    func revokeKey(_ id: String, _ visit: Visit, over channel: AuditRecord.Channel) async throws -> Bool {
        guard let store = sources.keys, let key = try await store.key(id) else { return false }
        guard key.isOwn(of: visit.caller) || mayManageKeys(visit) else { return false }
        guard key.revokedAt == nil else { return true }
        try await store.revoke(id, at: now())
        await note(.keyRevoked, .done, by: visit.caller.actor, over: channel) { record in
            record.from = id
            record.detail = key.name
        }
        logger.notice("A key was revoked", ["key": id, "who": visit.caller.name])
        return true
    }

    /// Makes a key in another's place, which goes on for a while, so that whoever uses it can be given the new one.
    ///
    /// - Parameter grace: How long the old one is good beside the new; zero ends it at once.
    /// - Returns: Nil when there is none that the caller may take back.
    func rotateKey(
        _ id: String, grace: Duration, _ visit: Visit, over channel: AuditRecord.Channel
    ) async throws -> (key: APIKey, text: APIKeyText)? {
        guard let store = sources.keys, let old = try await store.key(id) else { return nil }
        guard old.isOwn(of: visit.caller) || mayManageKeys(visit) else { return nil }
        let time = now()
        guard old.state(at: time).isGood else { throw KeyProblem.ended }
        // Whoever gets the text of a key must be somebody who could have made it.
        let made = try await makeKey(KeyOrder(replacing: old), id: nil, visit, over: channel)
        let end = time.adding(grace)
        if grace > .zero { try await store.shorten(id, to: end) } else { try await store.revoke(id, at: time) }
        await note(.keyRevoked, .done, by: visit.caller.actor, over: channel) { record in
            record.from = id
            record.to = made.key.id
            record.detail = "\(old.name): replaced, good until \(min(end, old.expiresAt))"
        }
        logger.notice("A key was replaced", ["key": id, "by": made.key.id, "who": visit.caller.name])
        return made
    }

    /// - Throws: `Refused` when nobody could say for too long which teams they are in.
    private func requireFresh(_ visit: Visit) throws {
        if visit.isFresh { return }
        throw Refused(refusal: Refusal(.keys, .site, .staleTeams))
    }
}

extension APIKey {
    func isOwn(of caller: Caller) -> Bool {
        switch caller {
        case .nobody: false
        case .local: ownerID == nil && createdBy == caller.name
        case .person(let person): ownerID == person.id
        case .key(let key): id == key.id
        }
    }

    /// In one word, and how long it stays so.
    func state(at now: Instant) -> (word: String, isGood: Bool) {
        if revokedAt != nil { return ("revoked", false) }
        if expiresAt <= now { return ("expired", false) }
        let left = expiresAt.since(now)
        return (left < .seconds(14 * 86_400) ? "expires in \(left.short)" : "good", true)
    }
}

extension KeyScope {
    /// `release, view on cart-* in dev`.
    var sentence: String {
        let may = permissions.map(\.rawValue).sorted().joined(separator: ", ")
        return
            "\(may) on \(services.map(\.pattern).joined(separator: ", ")) in "
            + environments.map(\.pattern).joined(separator: ", ")
    }
}
