// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// What waits to be sent to one receiver, and how it does. Bounded; adding returns at once. Safe from any thread.
final class SinkQueue: Sendable {
    static let limit = 100
    private static let shownDeadLetters = 20

    private struct State {
        var letters: [Letter] = []
        var status: SinkStatus
    }

    private let state: Lock<State>
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ sink: Sink) {
        state = Lock(State(status: SinkStatus(name: sink.name, kind: sink.kind.word)))
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    var status: SinkStatus {
        state.withLock { state in
            var status = state.status
            status.queued = state.letters.count
            return status
        }
    }

    /// - Returns: The letter that had to go to make room; nil when none had to.
    func add(_ letter: Letter, now: Instant) -> Letter? {
        let lost = state.withLock { state -> Letter? in
            // The newest state of a commit says all; the one being sent stays, for it is first.
            if let subject = letter.replaces,
                let index = state.letters.dropFirst().lastIndex(where: { $0.replaces == subject })
            {
                state.letters.remove(at: index)
            }
            state.letters.append(letter)
            guard state.letters.count > Self.limit else { return nil }
            let oldest = state.letters.remove(at: 1)
            Self.bury(oldest, "there were \(Self.limit) newer ones waiting", attempts: 0, now, &state)
            return oldest
        }
        wake.yield()
        return lost
    }

    /// Waits for a letter; it stays the first until `finish`. Nil when the task is cancelled.
    func first() async -> Letter? {
        for await _ in ticks {
            if let letter = state.withLock({ $0.letters.first }) { return letter }
        }
        return nil
    }

    /// An element now, and one whenever something was added.
    private var ticks: AsyncStream<Void> {
        wake.yield()
        return wakes
    }

    func finish(_ outcome: Postman.Outcome, attempts: Int, now: Instant) {
        state.withLock { state in
            guard !state.letters.isEmpty else { return }
            let letter = state.letters.removeFirst()
            switch outcome {
            case .notForThem: break
            case .delivered:
                state.status.delivered += 1
                state.status.lastDeliveryAt = now
                state.status.problem = nil
            case .later(let why, _), .hopeless(let why):
                state.status.problem = why
                Self.bury(letter, why, attempts: attempts, now, &state)
            }
        }
    }

    /// It did not work, and will be tried again.
    func note(problem: String) { state.withLock { $0.status.problem = problem } }

    private static func bury(_ letter: Letter, _ why: String, attempts: Int, _ now: Instant, _ state: inout State) {
        let dead = DeadLetter(at: now, summary: letter.summary, reason: why, attempts: attempts)
        state.status.deadCount += 1
        state.status.deadLetters = Array(([dead] + state.status.deadLetters).prefix(shownDeadLetters))
    }
}
