// SPDX-License-Identifier: Apache-2.0

public import Domain

/// A part of the daemon that runs until it is asked to stop.
public protocol Service: Sendable {
    var name: String { get }

    /// Returns only when finished: after `stop()`, when cancelled, or by throwing.
    func run() async throws

    /// Asks for a graceful end: finish what is in hand, take nothing new. Returns at once; safe from any thread,
    /// also twice, also before `run()`.
    func stop()
}

/// The wall clock, as an argument, so that tests own time.
public typealias Now = @Sendable () -> Instant
