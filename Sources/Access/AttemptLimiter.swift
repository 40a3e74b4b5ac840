// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// Slows down guessing: so many failures for one address in a window, then a pause. Its memory is bounded.
public final class AttemptLimiter: Sendable {
    private struct Window {
        var failures = 0
        var endsAt: Instant
    }

    private let windows = Lock<[String: Window]>([:])
    private let failures: Int
    private let window: Duration
    private let addresses: Int

    /// - Parameters:
    ///   - failures: How many are free in one window.
    ///   - addresses: How many addresses are remembered. When more fail at once, unknown ones wait together: an
    ///     attacker with many addresses must not make the daemon forget anyone's failures.
    public init(failures: Int = 10, window: Duration = .seconds(60), addresses: Int = 10_000) {
        self.failures = failures
        self.window = window
        self.addresses = addresses
    }

    /// How long this address must wait; nil when it may try.
    public func wait(for address: String, at now: Instant) -> Duration? {
        windows.withLock { windows -> Duration? in
            guard let entry = windows[key(address, in: windows)], now < entry.endsAt, entry.failures >= failures else {
                return nil
            }
            return entry.endsAt.since(now)
        }
    }

    public func noteFailure(of address: String, at now: Instant) {
        windows.withLock { windows in
            if windows.count >= addresses { windows = windows.filter { now < $0.value.endsAt } }
            let key = key(address, in: windows)
            var entry = windows[key] ?? Window(endsAt: now.adding(window))
            if entry.endsAt <= now { entry = Window(endsAt: now.adding(window)) }
            entry.failures += 1
            windows[key] = entry
        }
    }

    /// All addresses that find no place share one.
    private func key(_ address: String, in windows: [String: Window]) -> String {
        windows[address] != nil || windows.count < addresses ? address : ""
    }
}
