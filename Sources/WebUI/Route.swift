// SPDX-License-Identifier: Apache-2.0

import Domain

/// Every address of the site. Pure: an address that is not here does not exist.
enum Route: Sendable, Equatable {
    case overview
    case environments
    case environment(Name)
    case service(Name)
    case manifest(environment: Name, service: Name, isRaw: Bool)
    case passes
    case pass(String)
    case system
    case look(Look)
    case deed(Deed)
    case account
    case accountKeys
    case revokeKey(String)
    case endSession(String)
    case refreshTeams
    /// Everybody's.
    case keys
    case audit
    case auditFile(WebPages.AuditFormat)
    case login
    case startLogin
    case finishLogin
    case logout
    case theme
    case asset(String)
    case livez
    case readyz
    case metrics
    /// `/__/status` of the first generation; false for what else it never had there.
    case seedStatus(exists: Bool)
    /// What changes while a page is looked at, as server-sent events.
    case events
    /// A webhook; its sender proves itself by what it signs.
    case hook(Name)
    case api(API)

    /// Found through `Endpoint.all` alone.
    enum API: Sendable, Equatable {
        case openAPI
        case status
        case environments
        case environment(Name)
        case services
        case service(Name)
        case manifest(environment: Name, service: Name)
        case passes
        case pass(String)
        case sync(Name)
        case me
        case objects(Name)
        case held(HeldList.Purpose, Name)
        case confirm(HeldList.Purpose, Name)
        case suspend(Name)
        case unsuspend(Name)
        case values(environment: Name, service: Name)
        case diff
        case releases
        case release(String)
        case createRelease
        case withdraw(String)
        case promote
        case rollback
        case actions(ActionRecord.Kind)
        case action(ActionRecord.Kind, CommitID)
        case holds
        case hold
        case resume(Name, service: Name?)
        case seedReleases
        case seedRelease(String)
        case seedCreateRelease
        case deployments
        case deploy
        case deployment(DeploymentID)
        case deploymentStatus(DeploymentID)
        /// The address is there, and answers to these methods instead.
        case otherMethod([String])
        case can
        case keys
        case createKey
        case revokeKey(String)
        case rotateKey(String)
        case audit
    }

    /// Nil when there is no such address.
    ///
    /// - Parameters:
    ///   - rawPath: As sent, still percent-encoded.
    ///   - method: Tells the operations of one address of REST apart.
    init?(rawPath: String, method: String = "GET") {
        var segments: [String] = []
        for segment in rawPath.split(separator: "/") {
            guard let text = percentDecoded(segment) else { return nil }
            segments.append(text)
        }
        let route =
            segments.first == "api"
            ? Endpoint.route(segments, method: method).map { .api($0) }
            : Deed(segments).map { .deed($0) } ?? Self.page(segments) ?? Look(segments).map { .look($0) }
                ?? Self.machine(segments)
        guard let route else { return nil }
        self = route
    }

    private static func page(_ segments: [String]) -> Route? {
        switch segments.count {
        case 0: return .overview
        case 1 where segments == ["envs"]: return .environments
        case 1 where segments == ["syncs"]: return .passes
        case 1 where segments == ["system"]: return .system
        case 1 where segments == ["account"]: return .account
        case 1 where segments == ["keys"]: return .keys
        case 1 where segments == ["audit"]: return .audit
        case 1 where segments[0].hasPrefix("audit."):
            return WebPages.AuditFormat(rawValue: String(segments[0].dropFirst("audit.".count))).map { .auditFile($0) }
        case 2 where segments == ["account", "keys"]: return .accountKeys
        case 3 where segments == ["account", "teams", "refresh"]: return .refreshTeams
        case 4 where segments[0] == "account" && segments[1] == "keys" && segments[3] == "revoke":
            return .revokeKey(segments[2])
        case 4 where segments[0] == "account" && segments[1] == "sessions" && segments[3] == "end":
            return .endSession(segments[2])
        case 1 where segments == ["login"]: return .login
        case 1 where segments == ["logout"]: return .logout
        case 1 where segments == ["theme"]: return .theme
        case 2 where segments == ["auth", "github"]: return .startLogin
        case 3 where segments == ["auth", "github", "callback"]: return .finishLogin
        case 2 where segments[0] == "envs": return Name(segments[1]).map { .environment($0) }
        case 2 where segments[0] == "services": return Name(segments[1]).map { .service($0) }
        case 2 where segments[0] == "syncs": return .pass(segments[1])
        case 5 where segments[0] == "envs" && segments[2] == "services":
            guard let environment = Name(segments[1]), let service = Name(segments[3]),
                ["manifest", "manifest.yaml"].contains(segments[4])
            else { return nil }
            return .manifest(environment: environment, service: service, isRaw: segments[4] == "manifest.yaml")
        default: return nil
        }
    }

    private static func machine(_ segments: [String]) -> Route? {
        switch segments {
        case ["livez"], ["healthz"]: .livez
        case ["readyz"]: .readyz
        case ["metrics"]: .metrics
        case ["events"]: .events
        case ["favicon.ico"]: .asset("icon.svg")
        case let segments where segments.first == "__": .seedStatus(exists: segments == ["__", "status"])
        default: named(segments)
        }
    }

    private static func named(_ segments: [String]) -> Route? {
        guard segments.count == 2 else { return nil }
        switch segments[0] {
        case "assets": return .asset(segments[1])
        case "hooks": return Name(segments[1]).map { .hook($0) }
        default: return nil
        }
    }

    /// The methods this address answers to, `HEAD` included; those of REST when it does not answer to the one that was used.
    var methods: [String] {
        switch self {
        case .logout, .theme, .revokeKey, .endSession, .refreshTeams: ["POST"]
        case .accountKeys: ["GET", "HEAD", "POST"]
        case .api(.otherMethod(let methods)): methods
        case .api: ["GET", "HEAD", "POST", "DELETE"]
        case .deed(let deed): deed.methods
        case .hook: ["POST"]
        default: ["GET", "HEAD"]
        }
    }
}

extension Route {
    /// Bytes of a body that this address takes: templates come with releases, all else is small.
    var bodyLimit: Int {
        switch self {
        case .api(.createRelease), .api(.seedCreateRelease), .hook: 1 << 20
        default: 64 << 10
        }
    }
}

/// Names that a person may have meant: at most three, the nearest first.
func nearNames(to name: String, among names: [String]) -> [String] {
    let word = Array(name.lowercased().unicodeScalars.prefix(64))
    let scored = Set(names).map { candidate -> (name: String, distance: Int) in
        let other = Array(candidate.unicodeScalars.prefix(64))
        let isPart = word.count >= 3 && (candidate.contains(name) || name.contains(candidate))
        return (candidate, isPart ? 1 : distance(word, other))
    }
    return scored.filter { $0.distance <= max(2, word.count / 3) }
        .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
}

/// Levenshtein's distance: insertions, deletions and substitutions.
private func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var row = Array(0...right.count)
    for (index, scalar) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in right.indices {
            let substituted = diagonal + (scalar == right[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
        }
    }
    return row[right.count]
}
