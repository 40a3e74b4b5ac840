// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// When objects that the server refused are worth another try. Safe from any thread.
///
/// Each object waits for itself: one that can never succeed does not make others wait, and is not sent again because
/// they are. A new commit, a person's request and a relevant event end the wait.
final class Retries: Sendable {
    struct Wait: Sendable {
        /// Of the manifest that failed.
        let digest: String
        let failures: Int
        let failedAt: Duration
        let notBefore: Duration
        /// What is told about the object meanwhile.
        let refusal: ObjectWriter.Written
    }

    /// An event ends no wait that began less than this ago: what changes all the time is no reason to try all the time.
    private static let patience = Duration.seconds(5)
    private static let retryable = (base: Duration.seconds(1), cap: Duration.seconds(60))
    private static let permanent = (base: Duration.seconds(60), cap: Duration.seconds(300))

    private let waits = Lock<[ResourceKey: Wait]>([:])

    /// What the server said last; nil when the object may be sent.
    func refusal(of key: ResourceKey, digest: String, at now: Duration) -> ObjectWriter.Written? {
        waits.withLock { waits in
            guard let wait = waits[key], wait.digest == digest, now < wait.notBefore else { return nil }
            return wait.refusal
        }
    }

    /// - Parameter unitRandom: A number in `0..<1`; the wait is lengthened or shortened by up to a fifth.
    func note(
        _ refusal: ObjectWriter.Written, of key: ResourceKey, digest: String, at now: Duration, unitRandom: Double
    ) {
        waits.withLock { waits in
            let failures = (waits[key].flatMap { $0.digest == digest ? $0.failures : nil } ?? 0) + 1
            let (base, cap) = refusal.isRetryable ? Self.retryable : Self.permanent
            let delay = min(cap, base * (1 << min(failures - 1, 10))) * (0.8 + 0.4 * unitRandom)
            waits[key] = Wait(
                digest: digest, failures: failures, failedAt: now, notBefore: now + delay, refusal: refusal)
        }
    }

    func forget(_ key: ResourceKey) { waits.withLock { _ = $0.removeValue(forKey: key) } }
    func forgetAll() { waits.withLock { $0 = [:] } }

    /// Something happened to the object.
    ///
    /// - Returns: Whether it was waiting, and need not any more.
    func noteEvent(on key: ResourceKey, at now: Duration) -> Bool {
        waits.withLock { waits in
            guard let wait = waits[key], now - wait.failedAt >= Self.patience else { return false }
            waits[key] = nil
            return true
        }
    }

    /// When the first wait ends; nil when nothing waits.
    var next: Duration? { waits.withLock { $0.values.map(\.notBefore).min() } }
}
