// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// What pages and metrics show: the newest `DaemonStatus`, replaced as a whole. Safe from any thread.
public final class StatusBoard: Sendable {
    private let status: Lock<DaemonStatus>
    private let broadcast = Broadcast()

    /// - Parameter repository: Without credentials.
    public init(repository: String) { status = Lock(DaemonStatus(repository: repository)) }

    public var current: DaemonStatus { status.withLock { $0 } }

    /// Changes the status; its version counts up by one.
    public func update(_ change: (inout DaemonStatus) -> Void) {
        status.withLock { status in
            change(&status)
            status.version += 1
        }
        broadcast.send()
    }

    /// An element after every change, several quick ones as one; the first comes at once. Ends with its task.
    public func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let remove = broadcast.add(continuation)
        continuation.onTermination = { _ in remove() }
        continuation.yield()
        return stream
    }
}
