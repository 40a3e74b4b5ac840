// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// Bounds how many calls run at once; the others wait in the order they came.
///
/// The bound halves when the server says "too many", and grows back by one with every full round of good answers.
final class RequestGate: Sendable {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var limit: Int
        var running = 0
        var waiting: [Waiter] = []
        var nextNumber = 0
        var goodAnswers = 0
        /// Waiters whose task was cancelled before they came to wait.
        var cancelled: Set<Int> = []
    }

    private let maximum: Int
    private let state: Lock<State>

    /// - Parameter limit: 1 or more.
    init(limit: Int) {
        maximum = limit
        state = Lock(State(limit: limit))
    }

    /// - Returns: False when the task was cancelled while waiting; `leave` must then not be called.
    func enter() async -> Bool {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let hasEntered = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let entered = state.withLock { state -> Bool? in
                    if state.cancelled.remove(number) != nil { return false }
                    if state.running < state.limit {
                        state.running += 1
                        return true
                    }
                    state.waiting.append(Waiter(number: number, continuation: continuation))
                    return nil
                }
                if let entered { continuation.resume(returning: entered) }
            }
        } onCancel: {
            abandon(number)
        }
        // A cancellation that came too late to matter must not be remembered.
        state.withLock { _ = $0.cancelled.remove(number) }
        return hasEntered
    }

    private func abandon(_ number: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let index = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return state.waiting.remove(at: index).continuation
        }
        waiter?.resume(returning: false)
    }

    /// - Parameter throttled: Whether the answer was "too many requests".
    func leave(throttled: Bool = false) {
        let next = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.running -= 1
            if throttled {
                state.limit = max(1, state.limit / 2)
                state.goodAnswers = 0
            } else {
                state.goodAnswers += 1
                if state.goodAnswers >= state.limit, state.limit < maximum {
                    state.limit += 1
                    state.goodAnswers = 0
                }
            }
            let count = max(0, min(state.limit - state.running, state.waiting.count))
            state.running += count
            defer { state.waiting.removeFirst(count) }
            return state.waiting.prefix(count).map(\.continuation)
        }
        for continuation in next { continuation.resume(returning: true) }
    }
}
