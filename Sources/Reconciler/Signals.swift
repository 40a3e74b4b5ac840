// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// Wakes everyone who waits for something to change. Safe from any thread.
final class Broadcast: Sendable {
    private struct Listeners {
        var next = 0
        var all: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let listeners = Lock(Listeners())

    func send() {
        let all = listeners.withLock { Array($0.all.values) }
        for listener in all { listener.yield() }
    }

    /// Wakes `listener` at every `send()` until the returned function is called.
    func add(_ listener: AsyncStream<Void>.Continuation) -> @Sendable () -> Void {
        let id = listeners.withLock { listeners in
            listeners.next += 1
            listeners.all[listeners.next] = listener
            return listeners.next
        }
        return { self.listeners.withLock { _ = $0.all.removeValue(forKey: id) } }
    }
}

/// Asks the pass in hand to end early: no new object is begun, every wait ends at once.
/// What was begun is finished; cancelling the task is the harder way.
final class Interruption: Sendable {
    private let raised = Lock(false)
    let broadcast = Broadcast()

    var isRaised: Bool { raised.withLock { $0 } || Task.isCancelled }

    func raise() {
        raised.withLock { $0 = true }
        broadcast.send()
    }
}

/// How a wait ended.
enum WaitResult: Sendable {
    case met
    case timedOut
    case interrupted
}

/// Waits until `condition` holds, looking whenever one of `broadcasts` sends; an interruption ends it at once.
func wait(
    upTo limit: Duration, time: TimeSource, interruption: Interruption, on broadcasts: [Broadcast] = [],
    until condition: @Sendable () -> Bool = { false }
) async -> WaitResult {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let removals = (broadcasts + [interruption.broadcast]).map { $0.add(wake) }
    defer { for remove in removals { remove() } }
    wake.yield()
    return await withTaskGroup(of: Void.self) { group in
        group.addTask {
            // A cancelled sleep means the wait is over for another reason.
            try? await time.sleep(limit)
            wake.finish()
        }
        defer { group.cancelAll() }
        for await _ in wakes {
            if interruption.isRaised { return .interrupted }
            if condition() { return .met }
        }
        return interruption.isRaised ? .interrupted : condition() ? .met : .timedOut
    }
}

/// Lets a bounded number of requests be in flight; the others wait in line.
actor Gate {
    private var free: Int
    private var line: [CheckedContinuation<Void, Never>] = []

    /// - Parameter limit: 1 or more.
    init(limit: Int) { free = limit }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { line.append($0) }
        }
    }

    func leave() {
        if line.isEmpty { free += 1 } else { line.removeFirst().resume() }
    }
}

extension Gate {
    /// Runs `request` when its turn has come.
    nonisolated func pass<Result: Sendable, Failure: Error>(
        _ request: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        await enter()
        do throws(Failure) {
            let result = try await request()
            await leave()
            return result
        } catch {
            await leave()
            throw error
        }
    }
}
