// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Lifecycle
import Logging
import Metrics
import Reconciler
import Webhooks

/// The hooks of the configuration, connected with what they set in motion.
struct HookSetup: Sendable {
    /// Nil when none is configured.
    let desk: HookDesk?
    /// What runs for them.
    let services: [any Service]

    /// - Throws: An error that names the file when a secret cannot be read: better at start than at the first push.
    init(
        _ configuration: ServeConfiguration, board: StatusBoard, repository: RepositoryLoop, login: LoginSite?,
        audit: any AuditLog, registry: Registry, logger: Logger
    ) throws {
        guard !configuration.webhooks.isEmpty else {
            desk = nil
            services = []
            return
        }
        let hooks = try configuration.webhooks.map { webhook in
            let file = SecretFile(webhook.secretFile)
            _ = try file.secrets()
            return Hook(name: webhook.name, kind: webhook.kind) { try file.secrets() }
        }
        let policyBranch = configuration.repository.policyBranch
        let name = Self.name(ofRepository: configuration.repository.url)
        let refusals = AttemptLimiter()
        let rows = DeliveryAudit(audit, logger: logger)
        services = [rows]
        var actions = HookDesk.Actions(fetch: { repository.request(.webhook, announcing: $0) })
        if let login { actions.readTeams = { login.readTeamsAgain(of: $0) } }
        actions.note = { delivery in
            registry.increment(.webhookDeliveries, [delivery.hook.text, delivery.result.rawValue])
            if delivery.result == .refused {
                // Whoever can reach us can have a delivery refused: of one address only the first few are worth a line.
                guard refusals.wait(for: delivery.peer, at: delivery.at) == nil else { return }
                refusals.noteFailure(of: delivery.peer, at: delivery.at)
            }
            Self.log(delivery, logger)
            rows.add(delivery)
        }
        desk = HookDesk(
            hooks,
            followed: {
                let branches = board.current.environments.map(\.environment.branch)
                let policy = branches.isEmpty ? nil : policyBranch
                return HookDesk.Followed(branches: Set(branches + [policy].compactMap { $0 }), repository: name)
            }, actions: actions)
    }

    private static func log(_ delivery: HookDelivery, _ logger: Logger) {
        let fields: Logger.Fields = [
            "hook": delivery.hook, "event": delivery.event, "delivery": delivery.id, "peer": delivery.peer,
            "result": delivery.result.rawValue, "detail": delivery.detail,
        ]
        switch delivery.result {
        case .refused: logger.warning("A webhook's delivery was refused", fields)
        case .unavailable, .unreadable: logger.error("A webhook's delivery could not be used", fields)
        case .accepted: logger.info("A webhook was received", fields)
        case .ignored, .duplicate, .pong: logger.debug("A webhook was received", fields)
        }
    }

    /// The last part of a URL's path, without `.git`; nil for a path on this machine, whose name says nothing.
    static func name(ofRepository url: String) -> String? {
        let isRemote = url.contains("://") ? !url.hasPrefix("file://") : url.contains("@")
        guard isRemote, let last = url.split(whereSeparator: { $0 == "/" || $0 == ":" }).last else { return nil }
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : String(last)
    }
}
