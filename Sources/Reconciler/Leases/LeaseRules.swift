// SPDX-License-Identifier: Apache-2.0

import Domain

/// How long a lease lasts, and all that follows from it. Written for 15 s: 10 s, 2 s and 1 s.
struct LeaseTimes: Sendable, Hashable {
    /// How long others wait after the last renewal that they saw. Whole seconds, 3 or more.
    let duration: Duration

    /// No write begins later than this after the last renewal was sent.
    var renewDeadline: Duration { duration * 2 / 3 }
    /// Between two renewals, and between two looks at somebody else's lease.
    var retry: Duration { duration * 2 / 15 }
    /// Clocks of two machines run at different speeds, and answers take time.
    var margin: Duration { duration / 15 }
    /// What was begun has ended so long after the last renewal was sent.
    var writesEnd: Duration { duration - margin }
}

/// Who leads, judged from what was seen and when. Pure.
///
/// Clocks of two machines are never compared: a holder is taken for gone when its claim did not change for as long as
/// it said, by our own clock, since we first saw that claim. A Lease that was held and then deleted counts as held for
/// just as long.
struct LeaseRules: Sendable {
    enum Step: Sendable, Hashable {
        /// Nobody has it: take it.
        case take
        /// It is ours: say so again.
        case renew
        /// Somebody leads; nil when it is not known who.
        case follow(holder: String?)
    }

    let identity: String
    private(set) var record: LeaseRecord?
    private var claim: LeaseRecord.Claim?
    private var claimSeenAt: Duration = .zero

    init(identity: String) { self.identity = identity }

    /// - Parameters:
    ///   - found: The Lease as it is now; nil when there is none.
    ///   - now: When it was asked for, by a clock that never jumps.
    mutating func observe(_ found: LeaseRecord?, at now: Duration) {
        record = found
        guard let found, found.claim != claim else { return }
        claim = found.claim
        claimSeenAt = now
    }

    func step(at now: Duration) -> Step {
        guard let claim, !claim.holder.isEmpty else { return .take }
        if claim.holder == identity { return record == nil ? .take : .renew }
        return now - claimSeenAt >= claim.duration ? .take : .follow(holder: claim.holder)
    }

    /// Whether a replica that leads `own` environments should ask for this one: two apart is out of balance, one is not.
    func isWorthAsking(leading own: Int) -> Bool {
        guard let record, record.claim.holder != identity, !record.claim.holder.isEmpty else { return false }
        return record.leads >= own + 2 && (record.wish.map { own < $0.leads } ?? true)
    }
}
