// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How long a blocking conversation with another machine or process may take, and how much it may bring.
public struct TransferLimits: Sendable, Hashable {
    /// Until the connection stands.
    public var connect: Duration
    /// Without a single byte in either direction.
    public var idle: Duration
    /// From the first byte to the last, connecting included.
    public var total: Duration
    /// The most that one answer may bring.
    public var bytes: Int

    public init(
        connect: Duration = .seconds(10), idle: Duration = .seconds(30), total: Duration = .seconds(300),
        bytes: Int = 2 << 30
    ) {
        self.connect = connect
        self.idle = idle
        self.total = total
        self.bytes = bytes
    }
}

/// Says "stop" to code that blocks in C. Set once, from any thread; read often.
public final class CancellationFlag: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public var isSet: Bool { flag.load(ordering: .acquiring) }
    public func set() { flag.store(true, ordering: .releasing) }
}

/// Watches one conversation: is it cancelled, over its time, or silent for too long?
///
/// The blocking side waits in slices of at most `slice` and asks `stop(waitingSince:)` between them, so a
/// cancellation reaches it within that time.
public struct TransferWatch: Sendable {
    public enum Stop: Sendable, Hashable {
        case cancelled
        /// Nothing was heard for this long.
        case idle(Duration)
        /// The whole took longer than this.
        case total(Duration)
    }

    /// The longest wait without a look at the flag.
    public static let slice: Duration = .milliseconds(50)

    public let limits: TransferLimits
    public let flag: CancellationFlag
    private let deadline: ContinuousClock.Instant

    /// The total time starts now.
    public init(_ limits: TransferLimits, flag: CancellationFlag) {
        self.limits = limits
        self.flag = flag
        deadline = .now.advanced(by: limits.total)
    }

    /// Nil while the conversation may go on.
    ///
    /// - Parameter start: When the present wait for bytes began; nil when not waiting.
    public func stop(waitingSince start: ContinuousClock.Instant?) -> Stop? {
        if flag.isSet { return .cancelled }
        let now = ContinuousClock.now
        if now >= deadline { return .total(limits.total) }
        if let start, now - start >= limits.idle { return .idle(limits.idle) }
        return nil
    }
}
