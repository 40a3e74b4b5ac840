// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Which genuine deliveries came within the last hour. Bounded: beyond `limit` the oldest is forgotten first.
///
/// The id alone would not do: it is not signed, so who recorded a delivery could send it again under another.
public final class DeliveryMemory: Sendable {
    private struct State {
        var seen: [String: Instant] = [:]
        /// In the order they came.
        var line: [(key: String, at: Instant)] = []
        /// The first of `line` that still counts.
        var head = 0
    }

    private let state = Lock(State())
    private let lifetime: Duration
    private let limit: Int

    public init(lifetime: Duration = .seconds(3600), limit: Int = 10_000) {
        self.lifetime = lifetime
        self.limit = limit
    }

    /// Whether neither the id nor the content came before; both are remembered.
    ///
    /// - Parameter id: Empty when there is none.
    func isNew(_ id: String, _ proof: HookProof, of hook: Name, at now: Instant) -> Bool {
        let keys = (id.isEmpty ? [] : ["\(hook) id \(id)"]) + ["\(hook) content \(proof.digest)"]
        return state.withLock { state in
            while let first = state.line.dropFirst(state.head).first,
                now.since(first.at) >= lifetime || state.line.count - state.head >= limit
            {
                state.seen[first.key] = nil
                state.head += 1
            }
            if state.head > limit {
                state.line.removeFirst(state.head)
                state.head = 0
            }
            guard keys.allSatisfy({ state.seen[$0] == nil }) else { return false }
            for key in keys {
                state.seen[key] = now
                state.line.append((key, now))
            }
            return true
        }
    }
}
