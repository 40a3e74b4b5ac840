// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Metric {
    static let buildInfo = Metric(
        "kubernaut_build_info", .gauge, labels: ["version"], help: "Always 1; which kubernaut this is.")
    static let serviceStatus = Metric(
        "kubernaut_service_status", .gauge, labels: ["environment", "service", "status"],
        help: "1 for the verdict that holds now.")
    static let servicesBehind = Metric(
        "kubernaut_services_behind", .gauge, labels: ["environment"],
        help: "Services with releases that wait in the environment before.")
    static let releasesBehind = Metric(
        "kubernaut_releases_behind", .gauge, labels: ["environment"],
        help: "Releases that wait in the environment before, over all services.")
    static let objects = Metric(
        "kubernaut_objects", .gauge, labels: ["environment", "health"], help: "Objects by health.")
    static let prunesHeld = Metric(
        "kubernaut_prunes_held", .gauge, labels: ["environment"],
        help: "Deletions above the budget that wait for a person.")
    static let adoptionsHeld = Metric(
        "kubernaut_adoptions_held", .gauge, labels: ["environment"],
        help: "Objects that exist and are not kubernaut's, which wait for a person to have them taken over.")
    static let orphans = Metric(
        "kubernaut_orphans", .gauge, labels: ["environment"],
        help: "Objects labelled as an environment's own that no revision wants.")
    static let suspended = Metric(
        "kubernaut_environment_suspended", .gauge, labels: ["environment"],
        help: "1 while nothing is written to the environment.")
    static let signed = Metric(
        "kubernaut_branch_signed", .gauge, labels: ["environment"],
        help: "1 when the branch is well signed, 0 when not; absent where signatures do not count.")
    static let lastFetch = Metric(
        "kubernaut_git_last_fetch_timestamp_seconds", .gauge, help: "When the repository was last fetched.")
    static let lastPass = Metric(
        "kubernaut_sync_last_attempt_timestamp_seconds", .gauge, labels: ["environment"],
        help: "When the last pass ended.")
}

extension Registry {
    /// Sets every gauge that follows from the daemon's status.
    public func show(_ status: DaemonStatus, version: String) {
        for gauge in [
            Metric.serviceStatus, .servicesBehind, .releasesBehind, .objects, .prunesHeld, .adoptionsHeld, .orphans,
            .suspended,
            .signed, .lastPass,
        ] {
            clear(gauge)
        }
        set(.buildInfo, [version], to: 1)
        if let fetched = status.lastFetchAt { set(.lastFetch, to: Double(fetched.milliseconds) / 1000) }
        for environment in status.environments { show(environment) }
    }

    private func show(_ status: EnvironmentStatus) {
        let name = status.environment.name.text
        for service in status.services {
            set(.serviceStatus, [name, service.name.text, service.verdict.rawValue], to: 1)
        }
        let waiting = status.positions.values.compactMap { if case .behind(let count) = $0 { count } else { nil } }
        set(.servicesBehind, [name], to: Double(waiting.count))
        set(.releasesBehind, [name], to: Double(waiting.reduce(0, +)))
        let health = Dictionary(grouping: status.services.flatMap(\.objects), by: \.health.status)
        for (health, objects) in health { set(.objects, [name, health.rawValue], to: Double(objects.count)) }
        set(.prunesHeld, [name], to: Double(status.held(.prune).items.count))
        set(.adoptionsHeld, [name], to: Double(status.held(.adopt).items.count))
        set(.orphans, [name], to: Double(status.orphans.count))
        set(.suspended, [name], to: status.suspension == nil ? 0 : 1)
        if let signature = status.signature { set(.signed, [name], to: signature.problem == nil ? 1 : 0) }
        if let pass = status.lastPass { set(.lastPass, [name], to: Double(pass.finishedAt.milliseconds) / 1000) }
    }
}
