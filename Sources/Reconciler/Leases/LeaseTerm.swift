// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// How long this replica may still write to one environment. Safe from any thread.
///
/// It ends by the clock alone: nothing needs to run for it, so a process that was stopped and goes on finds it over.
final class LeaseTerm: Sendable {
    private struct State {
        /// No write begins from then on.
        var closesAt: Duration?
        /// What was begun is over then.
        var endsAt: Duration = .zero
        var inFlight = 0
        var drained: [CheckedContinuation<Void, Never>] = []
        var refused: @Sendable () -> Void = {}
    }

    private let uptime: @Sendable () -> Duration
    private let state = Lock(State())

    /// - Parameter uptime: A clock that never jumps, and goes on while the machine sleeps.
    init(uptime: @escaping @Sendable () -> Duration) { self.uptime = uptime }

    /// Whether a write could begin now.
    var isOpen: Bool {
        let now = uptime()
        return state.withLock { $0.closesAt.map { now < $0 } ?? false }
    }

    /// A renewal that was sent at `moment` has succeeded.
    func extend(from moment: Duration, _ times: LeaseTimes) {
        state.withLock { state in
            state.closesAt = moment + times.renewDeadline
            state.endsAt = moment + times.writesEnd
        }
    }

    /// No write begins any more.
    func close() { state.withLock { $0.closesAt = nil } }

    /// Is called, on the thread of the write, for every write that is held back.
    func onRefusal(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.refused = body } }

    /// Returns when every write that was begun is over.
    func drain() async {
        await withCheckedContinuation { continuation in
            let isDry = state.withLock { state in
                if state.inFlight > 0 { state.drained.append(continuation) }
                return state.inFlight == 0
            }
            if isDry { continuation.resume() }
        }
    }

    var fence: WriteFence { WriteFence(begin: { self.begin() }, end: { self.end() }) }

    private func begin() -> Duration? {
        let now = uptime()
        let (allowance, refused) = state.withLock { state -> (Duration?, @Sendable () -> Void) in
            guard let closesAt = state.closesAt, now < closesAt else { return (nil, state.refused) }
            state.inFlight += 1
            return (state.endsAt - now, {})
        }
        refused()
        return allowance
    }

    private func end() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.inFlight -= 1
            guard state.inFlight == 0 else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in waiting { continuation.resume() }
    }
}
