// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Whose teams changed at GitHub since they were read, as its webhooks tell. Bounded.
final class OutdatedTeams: Sendable {
    private struct State {
        var everybody: Instant?
        var people: [Int64: Instant] = [:]
    }

    private static let limit = 1000
    private let state = Lock(State())

    /// - Parameter person: Nil for everybody.
    func note(_ person: Int64?, at now: Instant) {
        state.withLock { state in
            if let person, state.people.count < Self.limit {
                state.people[person] = now
            } else {
                state.everybody = now
                state.people = [:]
            }
        }
    }

    func concerns(_ person: Person) -> Bool {
        state.withLock { state in
            let last = [state.everybody, state.people[person.id]].compactMap { $0 }.max()
            // Read in the same millisecond may be read just before.
            return last.map { person.teamsReadAt <= $0 } ?? false
        }
    }
}
