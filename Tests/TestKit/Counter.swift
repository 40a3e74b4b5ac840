// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// A number that several threads count down.
public final class Counter: Sendable {
    private let left: Lock<Int>

    public init(_ start: Int) { left = Lock(start) }

    /// - Returns: False when nothing was left.
    public func takeOne() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }
}
