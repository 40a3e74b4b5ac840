// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// Runs one actor's code on its own dispatch queue, never on Swift's cooperative pool.
///
/// For actors whose methods call blocking C functions (network fetch, SQL): the pool has only one thread per core,
/// and a blocked pool thread stalls every other task.
public final class SerialQueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    public init(label: String) { queue = DispatchQueue(label: label) }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    public func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
