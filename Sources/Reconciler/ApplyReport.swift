// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// What applying a plan came to.
struct ApplyReport: Sendable {
    var results: [ObjectResult] = []
    var warnings: Set<String> = []
    /// Services of which something was not applied: nothing of theirs is pruned.
    var failedServices: [Name: String] = [:]
    /// Keys that are now as git wants them.
    var settled: Set<ResourceKey> = []
    /// What hooks wrote.
    var logs: [HookLog] = []
    /// Something failed that may succeed later by itself.
    var isRetryable = false
    /// Not everything was tried: a newer commit or a shutdown came.
    var isInterrupted = false
}

/// Collects what many writers report. Safe from any thread.
final class ReportBook: Sendable {
    private let report = Lock(ApplyReport())
    /// Sends when a service is done.
    let changes = Broadcast()

    var current: ApplyReport { report.withLock { $0 } }

    func note(_ written: ObjectWriter.Written, _ key: ResourceKey, _ service: Name) {
        report.withLock { report in
            report.results.append(
                ObjectResult(key: key, service: service, action: written.action, message: written.message))
            report.warnings.formUnion(written.warnings)
            if written.action == .failed {
                report.failedServices[service] = report.failedServices[service] ?? "\(key): \(written.message)"
                report.isRetryable = report.isRetryable || written.isRetryable
            } else {
                report.settled.insert(key)
            }
        }
        changes.send()
    }

    func keep(_ logs: [HookLog]) { report.withLock { $0.logs += logs } }

    /// - Parameter mayPass: Whether the reason may go away by itself.
    func skip(_ keys: [ResourceKey], _ service: Name, because reason: String, mayPass: Bool = true) {
        report.withLock { report in
            for key in keys {
                report.results.append(ObjectResult(key: key, service: service, action: .skipped, message: reason))
            }
            report.failedServices[service] = report.failedServices[service] ?? reason
            report.isRetryable = report.isRetryable || mayPass
        }
        changes.send()
    }

    func noteInterruption() { report.withLock { $0.isInterrupted = true } }
    func failure(of service: Name) -> String? { report.withLock { $0.failedServices[service] } }
}
