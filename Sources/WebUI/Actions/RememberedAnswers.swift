// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import HTTPServer
import Lifecycle

/// What requests with an `Idempotency-Key` were answered, so that one which is sent again is not done again.
///
/// Its memory is bounded; it lives as long as the process. A change that was made is found in git all the same: saying
/// it twice changes nothing.
final class RememberedAnswers: Sendable {
    private enum Entry {
        case running
        case answered(HTTPResponse)
    }

    private struct Memory {
        var entries: [String: (entry: Entry, fingerprint: String, at: Instant)] = [:]
        /// Oldest first.
        var order: [String] = []

        func isRunning(_ key: String) -> Bool {
            if case .running = entries[key]?.entry { true } else { false }
        }

        mutating func remove(_ key: String) {
            entries[key] = nil
            order.removeAll { $0 == key }
        }
    }

    enum Finding: Sendable {
        /// Nobody has used the key: it is taken now, and must be given back by `keep` or `forget`.
        case new
        case answered(HTTPResponse)
        /// The first request with this key is still at work.
        case running
        /// The key was used for another request.
        case other
        /// There is no room, and nothing that may be forgotten.
        case full
    }

    private let memory = Lock(Memory())
    private let limit: Int
    private let lifetime: Duration
    private let now: Now

    init(limit: Int = 2000, lifetime: Duration = .seconds(24 * 3600), now: @escaping Now) {
        self.limit = limit
        self.lifetime = lifetime
        self.now = now
    }

    /// - Parameters:
    ///   - key: With whose it is: those of two callers never meet.
    ///   - fingerprint: Of everything that the request asks for.
    func begin(_ key: String, _ fingerprint: String) -> Finding {
        let time = now()
        return memory.withLock { [limit, lifetime] memory in
            if let known = memory.entries[key] {
                switch known.entry {
                case .running: return known.fingerprint == fingerprint ? .running : .other
                case .answered(let response) where time.since(known.at) < lifetime:
                    return known.fingerprint == fingerprint ? .answered(response) : .other
                case .answered: memory.remove(key)
                }
            }
            while memory.order.count >= limit {
                guard let oldest = memory.order.first(where: { !memory.isRunning($0) }) else { return .full }
                memory.remove(oldest)
            }
            memory.entries[key] = (.running, fingerprint, time)
            memory.order.append(key)
            return .new
        }
    }

    func keep(_ key: String, _ response: HTTPResponse) {
        let time = now()
        memory.withLock { memory in
            guard let known = memory.entries[key] else { return }
            memory.entries[key] = (.answered(response), known.fingerprint, time)
        }
    }

    /// The next request with this key is done anew.
    func forget(_ key: String) { memory.withLock { $0.remove(key) } }
}
