// SPDX-License-Identifier: Apache-2.0

import Glibc
import Lifecycle

/// One element when SIGTERM or SIGINT came; a second signal ends the process at once.
func stopSignals() -> AsyncStream<Void> {
    let numbers = signals([SIGTERM, SIGINT])
    let (stops, stop) = AsyncStream.makeStream(of: Void.self)
    let watcher = Task {
        // Cancelled when nobody waits for a stop any more.
        var count = 0
        for await number in numbers {
            count += 1
            if count > 1 { _exit(128 + number) }
            stop.yield()
        }
    }
    stop.onTermination = { _ in watcher.cancel() }
    return stops
}
