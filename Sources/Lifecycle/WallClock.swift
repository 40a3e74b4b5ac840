// SPDX-License-Identifier: Apache-2.0

public import Domain
import Glibc

/// The system's clock.
@Sendable public func wallClock() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}
