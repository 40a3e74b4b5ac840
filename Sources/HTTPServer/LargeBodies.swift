// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// The few requests whose bodies may be longer than others'. Only so many at once: each holds its bytes in memory before
/// anybody knows who sent it.
public struct LargeBodies: Sendable {
    public let limitBytes: Int
    /// One more is answered with 503, before its body is read.
    public let concurrent: Int
    /// Given method and path as sent, without its query. Pure, and called on the server's thread: it must be quick.
    public let isFor: @Sendable (_ method: String, _ path: String) -> Bool

    public init(
        limitBytes: Int, concurrent: Int = 16, isFor: @escaping @Sendable (_ method: String, _ path: String) -> Bool
    ) {
        self.limitBytes = limitBytes
        self.concurrent = concurrent
        self.isFor = isFor
    }

    /// Counts how many are under way.
    final class Desk: Sendable {
        let rule: LargeBodies
        private let taken = Lock(0)

        init(_ rule: LargeBodies) { self.rule = rule }

        func take() -> Bool {
            taken.withLock { taken in
                guard taken < rule.concurrent else { return false }
                taken += 1
                return true
            }
        }

        func giveBack() { taken.withLock { $0 -= 1 } }
    }
}
