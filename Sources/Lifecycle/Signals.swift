// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// Signals as a stream, from the moment of the call on; their default action is switched off.
///
/// Safe from any thread. The stream ends when its consumer ends it.
public func signals(_ numbers: [Int32]) -> AsyncStream<Int32> {
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    let queue = DispatchQueue(label: "signals")
    let sources = numbers.map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { continuation.yield(number) }
        source.resume()
        return source
    }
    // Safe: only cancelled, once, when the stream has ended; a dispatch source may be cancelled from any thread.
    nonisolated(unsafe) let kept = sources
    continuation.onTermination = { _ in for source in kept { source.cancel() } }
    return stream
}

/// A write to a closed pipe or socket becomes an error instead of the end of the process.
public func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
