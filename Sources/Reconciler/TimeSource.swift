// SPDX-License-Identifier: Apache-2.0

import Domain
public import Lifecycle

/// Time and chance, as an argument, so that tests own both.
public struct TimeSource: Sendable {
    /// For people: what records and pages show. May jump.
    public let now: Now
    /// For measuring: since an arbitrary start, never backwards.
    public let uptime: @Sendable () -> Duration
    /// Returns after at least the duration, or throws `CancellationError` at once when the task is cancelled.
    public let sleep: @Sendable (Duration) async throws -> Void
    /// A number in `0..<1`.
    public let unitRandom: @Sendable () -> Double

    public init(
        now: @escaping Now, uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void, unitRandom: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
        self.unitRandom = unitRandom
    }

    /// The machine's clocks and randomness.
    public static let system: TimeSource = {
        let start = ContinuousClock.now
        return TimeSource(
            now: wallClock, uptime: { start.duration(to: .now) },
            sleep: { try await ContinuousClock().sleep(for: $0) },
            unitRandom: { Double.random(in: 0..<1) })
    }()
}

/// Capped exponential back-off with full jitter, so that many retries never march in step.
struct Backoff: Sendable {
    /// The longest wait after the first failure.
    let base: Duration
    let cap: Duration

    /// The wait before the next attempt. Pure.
    ///
    /// - Parameters:
    ///   - failures: Failed attempts in a row; 0 gives `.zero`.
    ///   - unitRandom: A number in `0..<1`.
    /// - Returns: A wait in `.zero...cap`.
    func delay(afterFailures failures: Int, unitRandom: Double) -> Duration {
        guard failures > 0 else { return .zero }
        var longest = base
        var doublings = failures - 1
        while doublings > 0, longest < cap {
            longest *= 2
            doublings -= 1
        }
        return min(longest, cap) * unitRandom
    }
}
