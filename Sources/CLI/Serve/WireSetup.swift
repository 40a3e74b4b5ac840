// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Lifecycle
import Logging
import Metrics
import Notifications
import Reconciler
import WebUI

/// What comes in from other programs and goes out to them, besides pages: webhooks, notices, and news for open pages.
struct WireSetup {
    private let hooks: HookSetup
    private let live: LiveHub
    private let notifier: Notifier?
    private let registry: Registry
    /// In the order of their start.
    let services: [any Service]

    /// - Throws: An error that names the file when a secret cannot be read.
    init(
        _ configuration: ServeConfiguration, board: StatusBoard, repository: RepositoryLoop, login: LoginSite?,
        audit: any AuditLog, registry: Registry, logger: Logger
    ) throws {
        hooks = try HookSetup(
            configuration, board: board, repository: repository, login: login, audit: audit, registry: registry,
            logger: logger)
        live = LiveHub { board.changes() }
        notifier = try NotificationSetup(configuration, board: board, registry: registry, logger: logger).notifier
        self.registry = registry
        services = [live] + hooks.services + [notifier].compactMap { $0 }
    }

    /// Shows pages what they need of it.
    func connect(_ sources: inout WebPages.Sources) {
        sources.hooks = hooks.desk
        sources.hub = live
        let (live, notifier, registry, text) = (live, notifier, registry, sources.metrics)
        sources.notifications = { notifier?.statuses ?? [] }
        sources.metrics = {
            registry.set(.liveStreams, to: Double(live.count))
            for sink in notifier?.statuses ?? [] {
                registry.set(.notificationsQueued, [sink.name.text], to: Double(sink.queued))
            }
            return text()
        }
    }
}
