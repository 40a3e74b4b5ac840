// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// What all environments of one replica share about leases: its name, and which of them it leads.
///
/// Replicas come to lead about as many environments each: one that leads at least two fewer than a holder asks for that
/// holder's Lease, one at a time, and the holder hands it over between two writes.
public final class LeaseOffice: Sendable {
    /// Unlike every other replica's, and every earlier life of this one.
    public let identity: String
    let times: LeaseTimes
    private struct Ledger {
        var led: Set<Name> = []
        /// The one wish that may be open, and since when.
        var wish: (environment: Name, since: Duration)?
    }
    private let ledger = Lock(Ledger())

    /// - Parameters:
    ///   - identity: Without spaces.
    ///   - duration: Whole seconds, 3 or more.
    public init(identity: String, duration: Duration = .seconds(15)) {
        self.identity = identity
        times = LeaseTimes(duration: duration)
    }

    var count: Int { ledger.withLock { $0.led.count } }

    func note(_ environment: Name, leads: Bool) {
        ledger.withLock { ledger in
            if leads { ledger.led.insert(environment) } else { ledger.led.remove(environment) }
            if ledger.wish?.environment == environment { ledger.wish = nil }
        }
    }

    /// Whether this replica may ask for that environment: one wish at a time, and an unheard one lapses.
    func mayWish(for environment: Name, at now: Duration) -> Bool {
        ledger.withLock { ledger in
            if let wish = ledger.wish, now - wish.since < times.duration { return false }
            ledger.wish = (environment, now)
            return true
        }
    }
}
