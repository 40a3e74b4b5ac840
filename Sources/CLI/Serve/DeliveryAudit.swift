// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Lifecycle
import Logging

/// Writes deliveries of webhooks into the audit, behind the answers to them: a forge does not wait for a database. Bounded.
final class DeliveryAudit: Service {
    let name = "audit of webhooks"
    private let audit: any AuditLog
    private let logger: Logger
    private let waiting: AsyncStream<HookDelivery>
    private let entrance: AsyncStream<HookDelivery>.Continuation

    init(_ audit: any AuditLog, logger: Logger) {
        self.audit = audit
        self.logger = logger
        (waiting, entrance) = AsyncStream.makeStream(of: HookDelivery.self, bufferingPolicy: .bufferingOldest(256))
    }

    /// Returns at once. What changes nothing is left out: a forge tells of every push to every branch.
    func add(_ delivery: HookDelivery) {
        switch delivery.result {
        case .accepted, .refused, .unreadable, .unavailable: entrance.yield(delivery)
        case .ignored, .duplicate, .pong: return
        }
    }

    func run() async throws {
        for await delivery in waiting {
            do {
                try await audit.append(AuditRecord(delivery))
            } catch {
                logger.error(
                    "A webhook's delivery is missing from the audit", ["hook": delivery.hook, "error": "\(error)"])
            }
        }
    }

    /// What waits is still written.
    func stop() { entrance.finish() }
}

extension AuditRecord {
    fileprivate init(_ delivery: HookDelivery) {
        let result: Result =
            switch delivery.result {
            case .accepted, .ignored, .duplicate, .pong: .done
            case .refused: .refused
            case .unreadable, .unavailable: .failed
            }
        self.init(
            id: TimeOrderedID.make(at: delivery.at), at: delivery.at, actor: Actor(name: "webhook \(delivery.hook)"),
            channel: .webhook, action: .delivery, result: result)
        let event = [delivery.event, delivery.id].filter { !$0.isEmpty }.joined(separator: " ")
        detail = event.isEmpty ? delivery.detail : "\(event): \(delivery.detail)"
    }
}
