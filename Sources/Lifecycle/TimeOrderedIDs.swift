// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Makes ids whose order is the order in which they were made, also when the clock is set back meanwhile.
public final class TimeOrderedIDs: Sendable {
    private let last = Lock<UInt64>(0)

    public init() {}

    /// 32 lower-case hexadecimal digits: 12 of the time in milliseconds since 1970, at least one more than the last time,
    /// and 20 of chance, so that others do not make the same.
    public func next(
        at now: Instant, unitRandom: () -> Double = { Double.random(in: 0..<1) }
    ) -> String {
        let time = last.withLock { last in
            last = max(UInt64(max(0, now.milliseconds)), last + 1)
            return last
        }
        let chance = (0..<2).map { _ in Self.digits(UInt64(unitRandom() * Double(1 << 40)), 10) }
        return Self.digits(time, 12) + chance.joined()
    }

    private static func digits(_ number: UInt64, _ count: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - text.count)) + text.suffix(count)
    }
}
