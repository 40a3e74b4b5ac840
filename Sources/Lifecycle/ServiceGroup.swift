// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// Runs services together: started in order, asked to stop in reverse, and ended as a whole.
///
/// A graceful stop that takes longer than `gracePeriod` becomes a cancellation; should even that hang (a C call
/// that never returns), the process exits with code 70 after `abortAfter` more.
public struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let gracePeriod: Duration
    private let abortAfter: Duration

    public init(
        _ services: [any Service], gracePeriod: Duration = .seconds(20), abortAfter: Duration = .seconds(5)
    ) {
        self.services = services
        self.gracePeriod = gracePeriod
        self.abortAfter = abortAfter
    }

    private enum Event: Sendable {
        case finished(String, (any Error)?)
        case stopRequested
        case graceOver
    }

    /// Returns when every service has ended after the first element of `stops`, or its end.
    ///
    /// - Throws: `ServiceError` when a service failed, or ended without being asked; the others are stopped first.
    public func run(until stops: AsyncStream<Void>) async throws {
        var failure: ServiceError?
        var isStopping = false
        var running = services.count
        // Strikes only if cancellation cannot end the services either.
        let watchdog = DispatchWorkItem { _exit(70) }
        defer { watchdog.cancel() }
        await withTaskGroup(of: Event.self) { group in
            for service in services {
                group.addTask {
                    do {
                        try await service.run()
                        return .finished(service.name, nil)
                    } catch {
                        return .finished(service.name, error)
                    }
                }
            }
            group.addTask {
                for await _ in stops { break }
                return .stopRequested
            }
            func stopAll() {
                guard !isStopping else { return }
                isStopping = true
                for service in services.reversed() { service.stop() }
                group.addTask {
                    // Cancelled when all services ended in time.
                    try? await Task.sleep(for: gracePeriod)
                    return .graceOver
                }
            }
            while running > 0, let event = await group.next() {
                switch event {
                case .finished(let name, let error):
                    running -= 1
                    if !isStopping || !(error == nil || error is CancellationError) {
                        failure = failure ?? ServiceError(service: name, cause: error)
                    }
                    stopAll()
                case .stopRequested:
                    stopAll()
                case .graceOver:
                    let delay = DispatchTimeInterval.milliseconds(Int(abortAfter / .milliseconds(1)))
                    DispatchQueue.global().asyncAfter(deadline: .now() + delay, execute: watchdog)
                    group.cancelAll()
                }
            }
            group.cancelAll()
        }
        if let failure { throw failure }
    }
}

/// A service ended on its own.
public struct ServiceError: Error, CustomStringConvertible {
    public let service: String
    /// Nil when it returned without being asked.
    public let cause: (any Error)?

    public var description: String {
        cause.map { "\(service) failed: \($0)" } ?? "\(service) ended without being asked"
    }
}
