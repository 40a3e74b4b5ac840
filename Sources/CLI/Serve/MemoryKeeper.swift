// SPDX-License-Identifier: Apache-2.0

import Lifecycle
import Reconciler

/// Gives memory back to the system a while after something changed: what a pass, and the pages of a thousand services,
/// left behind would stay in the process otherwise.
final class MemoryKeeper: Service {
    let name = "memory"
    private let board: StatusBoard
    private let stopped: AsyncStream<Never>
    private let stopping: AsyncStream<Never>.Continuation

    private static let pause = Duration.seconds(5)

    init(_ board: StatusBoard) {
        self.board = board
        (stopped, stopping) = AsyncStream.makeStream()
    }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [stopped] in for await _ in stopped {} }
            group.addTask { [board] in
                for await _ in board.changes() {
                    guard (try? await Task.sleep(for: Self.pause)) != nil else { return }
                    returnFreeMemory()
                }
            }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    func stop() { stopping.finish() }
}
