// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

/// What an address asks of whoever asks for it. Every address has a rule: a new one does not compile without.
enum RouteRule: Sendable, Hashable {
    /// Signing in, and what the machine room needs before anybody can sign in.
    case open
    /// Anybody who is somebody. What they may not see is not there for them (`DaemonStatus.visible`).
    case someone
    case needs(Permission, Place)
    /// Anybody who is somebody, as far as the address is concerned: what they want only the body says, and `Actions` asks
    /// the rules about each place in it. For requests that change something alone.
    case decidedByAction
}

extension Route {
    var rule: RouteRule {
        switch self {
        case .login, .startLogin, .finishLogin, .theme, .asset, .livez, .readyz, .seedStatus: .open
        case .overview, .environments, .environment, .service, .account, .logout, .passes, .pass: .someone
        case .hook: .open
        case .events: .someone
        case .manifest(let environment, let service, _): .needs(.view, .service(service, in: environment))
        // What of keys and the audit is whose, they say themselves.
        case .accountKeys, .revokeKey, .endSession, .refreshTeams, .audit, .auditFile: .someone
        case .keys: .needs(.keys, .site)
        case .system, .metrics: .needs(.view, .site)
        case .look(let look): look.rule
        case .deed(let deed): deed.rule
        case .api(let route): route.rule
        }
    }
}

extension Route.API {
    var rule: RouteRule {
        switch self {
        case .status, .environments, .environment, .services, .service, .passes, .pass, .me, .openAPI, .objects, .diff,
            .releases, .release, .seedReleases, .seedRelease, .deployments, .deployment, .deploymentStatus, .actions,
            .action, .holds, .otherMethod, .can, .keys, .createKey, .revokeKey, .rotateKey, .audit:
            .someone
        case .manifest(let environment, let service), .values(let environment, let service):
            .needs(.view, .service(service, in: environment))
        case .held(_, let environment): .needs(.view, .environment(environment))
        case .sync(let environment): .needs(.sync, .environment(environment))
        case .confirm(let purpose, let environment): .needs(purpose.permission, .environment(environment))
        case .suspend(let environment), .unsuspend(let environment): .needs(.suspend, .environment(environment))
        case .resume(let environment, let service?): .needs(.hold, .service(service, in: environment))
        case .resume(let environment, nil): .needs(.hold, .environment(environment))
        case .createRelease, .seedCreateRelease, .withdraw, .promote, .rollback, .hold, .deploy: .decidedByAction
        }
    }
}

extension DaemonStatus {
    /// The same as `caller` may see it: what they may not is left out before anything is shown, counted or looked up.
    func visible(to caller: Caller, _ rules: AccessRules) -> DaemonStatus {
        var status = self
        status.environments = environments.compactMap { $0.visible(to: caller, rules) }
        if !rules.allows(caller, .view, at: .site) {
            status.banners = []
            status.repository = ""
            status.fetchProblem = fetchProblem.map { _ in "the repository cannot be read" }
            status.storeProblem = storeProblem.map { _ in "it cannot be reached" }
        }
        return status
    }
}

extension EnvironmentStatus {
    fileprivate func visible(to caller: Caller, _ rules: AccessRules) -> EnvironmentStatus? {
        let name = environment.name
        guard !rules.allows(caller, .view, at: .environment(name)) else { return self }
        func isVisible(_ service: Name) -> Bool { rules.allows(caller, .view, at: .service(service, in: name)) }
        var part = self
        part.services = services.filter { isVisible($0.name) }
        part.releases = releases.filter { isVisible($0.key) }
        part.positions = positions.filter { isVisible($0.key) }
        guard !part.services.isEmpty || !part.releases.isEmpty else { return nil }
        // These may name objects and files of services that are not theirs.
        part.diagnostics = []
        part.held = [:]
        part.orphans = orphans.filter { $0.service.map(isVisible) ?? false }
        part.lastPass = nil
        part.sourceProblem = sourceProblem.map { _ in "its branch cannot be rendered" }
        part.clusterProblem = clusterProblem.map { _ in "its cluster cannot be reached" }
        return part
    }
}
