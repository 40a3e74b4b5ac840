// SPDX-License-Identifier: Apache-2.0

/// Ids of what is written down, such as passes and rows of the audit: whoever sorts them sorts by time.
///
/// 32 lower-case hexadecimal digits: 12 of the milliseconds since 1970, and 20 of chance, so that others do not make the same.
public enum TimeOrderedID {
    /// - Parameter unitRandom: A number in `0..<1`.
    public static func make(
        at moment: Instant, unitRandom: () -> Double = { Double.random(in: 0..<1) }
    ) -> String {
        let chance = (0..<2).map { _ in digits(UInt64(unitRandom() * Double(1 << 40)), 10) }
        return start(at: moment) + chance.joined()
    }

    /// How ids of this moment begin.
    public static func start(at moment: Instant) -> String { digits(UInt64(max(0, moment.milliseconds)), 12) }

    private static func digits(_ number: UInt64, _ count: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - text.count)) + text.suffix(count)
    }
}
