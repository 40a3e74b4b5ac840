// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Makes ids whose order is the order in which they were made, also when the clock is set back meanwhile.
public final class TimeOrderedIDs: Sendable {
    private let last = Lock<Int64>(0)

    public init() {}

    /// A `TimeOrderedID` of now, or of the millisecond after the last one.
    public func next(
        at now: Instant, unitRandom: () -> Double = { Double.random(in: 0..<1) }
    ) -> String {
        let time = last.withLock { last in
            last = max(now.milliseconds, last + 1)
            return last
        }
        return TimeOrderedID.make(at: Instant(milliseconds: time), unitRandom: unitRandom)
    }
}
