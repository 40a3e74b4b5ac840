// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Lifecycle
import Logging
import Metrics
import Reconciler
import WebUI

/// What comes in from other programs and goes out to them, besides pages: webhooks, and news for open pages.
struct WireSetup {
    private let hooks: HookSetup
    private let live: LiveHub
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
        services = [live] + hooks.services
    }

    /// Shows pages what they need of it.
    func connect(_ sources: inout WebPages.Sources) {
        sources.hooks = hooks.desk
        sources.hub = live
    }
}
