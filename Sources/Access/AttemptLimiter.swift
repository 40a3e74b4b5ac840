// SPDX-License-Identifier: Apache-2.0

public import Domain
import Glibc
import Lifecycle

/// Slows down guessing: so many failures for one address in a window, then a pause. Its memory is bounded.
public final class AttemptLimiter: Sendable {
    private struct Window {
        var failures = 0
        var endsAt: Instant
    }

    private struct Memory {
        var windows: [String: Window] = [:]
        /// Before this moment no window ends: looking for one is in vain.
        var sweepsAt = Instant(milliseconds: .min)
    }

    private let memory = Lock(Memory())
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
        let address = Self.subscriber(address)
        return memory.withLock { [failures] memory -> Duration? in
            guard let entry = memory.windows[key(address, in: memory.windows)], now < entry.endsAt,
                entry.failures >= failures
            else { return nil }
            return entry.endsAt.since(now)
        }
    }

    public func noteFailure(of address: String, at now: Instant) {
        let address = Self.subscriber(address)
        memory.withLock { memory in
            if memory.windows.count >= addresses, memory.sweepsAt <= now {
                memory.windows = memory.windows.filter { now < $0.value.endsAt }
                memory.sweepsAt = memory.windows.values.map(\.endsAt).min() ?? now
            }
            let key = key(address, in: memory.windows)
            var entry = memory.windows[key] ?? Window(endsAt: now.adding(window))
            if entry.endsAt <= now { entry = Window(endsAt: now.adding(window)) }
            entry.failures += 1
            memory.windows[key] = entry
        }
    }

    /// Whoever has one IPv6 address has 2^64 of them: the network's first 64 bits count. IPv4 inside of IPv6 is IPv4.
    static func subscriber(_ address: String) -> String {
        guard address.contains(":") else { return address }
        var bytes = [UInt8](repeating: 0, count: 16)
        // A zone such as %eth0 is no part of the address.
        guard inet_pton(AF_INET6, String(address.prefix { $0 != "%" }), &bytes) == 1 else { return address }
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff {
            return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
        }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "/64"
    }

    /// All addresses that find no place share one.
    private func key(_ address: String, in windows: [String: Window]) -> String {
        windows[address] != nil || windows.count < addresses ? address : ""
    }
}
