// SPDX-License-Identifier: Apache-2.0

import Domain

/// A part of the site that may change while somebody looks at it: `releases`, `env:dev`, `service:cart`, `passes`, `system`.
enum LiveTopic: Sendable, Hashable {
    /// Everything that the overview shows.
    case releases
    case environment(Name)
    /// One service in all environments.
    case service(Name)
    case passes
    /// What the daemon stands on.
    case system

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts[0], parts.count == 2 ? Name(parts[1]) : nil) {
        case ("env", let name?): self = .environment(name)
        case ("service", let name?): self = .service(name)
        case ("releases", nil) where parts.count == 1: self = .releases
        case ("passes", nil) where parts.count == 1: self = .passes
        case ("system", nil) where parts.count == 1: self = .system
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .releases: "releases"
        case .environment(let name): "env:\(name)"
        case .service(let name): "service:\(name)"
        case .passes: "passes"
        case .system: "system"
        }
    }
}

extension DaemonStatus {
    /// Stands for what the topic's pages show of this status; of a status that was cut to what somebody may see, it tells
    /// them no more. Equal for equal content within one process.
    func fingerprint(of topic: LiveTopic) -> String {
        var hasher = Hasher()
        switch topic {
        case .releases:
            hasher.combine(environments)
            hasher.combine(banners)
            hasher.combine(fetchProblem)
            hasher.combine(policyProblem)
        case .environment(let name): hasher.combine(environments.first { $0.environment.name == name })
        case .service(let name):
            for environment in environments {
                hasher.combine(environment.environment.name)
                hasher.combine(environment.services.first { $0.name == name })
                hasher.combine(environment.releases[name])
                hasher.combine(environment.positions[name])
            }
        case .passes:
            for environment in environments {
                hasher.combine(environment.lastPass)
                hasher.combine(environment.isReconciling)
            }
        case .system:
            hasher.combine(fetchProblem)
            hasher.combine(isReady)
            hasher.combine(banners)
            for environment in environments { hasher.combine(environment.clusterProblem) }
        }
        let number = UInt64(bitPattern: Int64(hasher.finalize()))
        return String(number, radix: 16)
    }
}
