// SPDX-License-Identifier: Apache-2.0

/// What people are told about one service in one environment. The first that holds is shown.
public enum Verdict: String, Sendable, Hashable, CaseIterable {
    case failed = "Failed"
    case unhealthy = "Unhealthy"
    case stuck = "Stuck"
    case rollingOut = "Rolling out"
    case waiting = "Waiting"
    case drifted = "Drifted"
    case held = "Held"
    case unknown = "Unknown"
    case healthy = "Healthy"
    case notHere = "Not here"

    /// One character that tells verdicts apart without color.
    public var shape: String {
        switch self {
        case .failed: "✖"
        case .unhealthy: "▼"
        case .stuck: "◆"
        case .rollingOut: "◐"
        case .waiting: "○"
        case .drifted: "≠"
        case .held: "‖"
        case .unknown: "?"
        case .healthy: "●"
        case .notHere: "–"
        }
    }

    /// 0 for the worst.
    public var severity: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.count }
}

/// One object as the daemon last saw it.
public struct ObjectStatus: Sendable, Hashable {
    public let key: ResourceKey
    public let health: ObjectHealth
    /// Whether the cluster equals git, as far as known.
    public let isInSync: Bool

    public init(key: ResourceKey, health: ObjectHealth, isInSync: Bool) {
        self.key = key
        self.health = health
        self.isInSync = isInSync
    }
}

/// How long a service has been healthy without a break, with the same release.
public struct HealthySpan: Sendable, Hashable {
    public let since: Instant
    /// False when it was healthy already when the daemon began to look: it may have been for longer.
    public let wasSeen: Bool

    public init(since: Instant, wasSeen: Bool) {
        self.since = since
        self.wasSeen = wasSeen
    }
}

/// One service in one environment, now.
public struct ServiceStatus: Sendable, Hashable {
    public let name: Name
    public let team: Name?
    /// Nil when the record is unreadable, or the service needs none.
    public let release: ReleaseRecord?
    public let verdict: Verdict
    /// One sentence that explains the verdict; empty only when healthy.
    public let reason: String
    /// When this release came to this environment: the date of the commit; nil when not known.
    public let since: Instant?
    public let objects: [ObjectStatus]
    public let diagnostics: [Diagnostic]
    /// Why nothing else may be promoted over its release; nil when nobody holds it now.
    public let hold: Hold?
    /// Since when it has been healthy with the release that it has; nil while it is not, or nobody knows.
    public var healthy: HealthySpan?

    public init(
        name: Name, team: Name?, release: ReleaseRecord?, verdict: Verdict, reason: String, since: Instant?,
        objects: [ObjectStatus], diagnostics: [Diagnostic], hold: Hold? = nil
    ) {
        self.name = name
        self.team = team
        self.release = release
        self.verdict = verdict
        self.reason = reason
        self.since = since
        self.objects = objects
        self.diagnostics = diagnostics
        self.hold = hold
    }
}

/// Where a service stands compared with the environment before.
public enum Position: Sendable, Hashable {
    case inStep
    /// Releases of the environment before that have not come here; 1 or more.
    case behind(Int)
    /// This environment has a release that the one before never had.
    case ahead
    /// The same release, other configuration.
    case differs
    /// Only one of the two has the service.
    case absent
}

/// Where the services of one environment stand compared with another.
public struct Standing: Sendable, Hashable {
    /// Services that neither has are left out.
    public let positions: [Name: Position]
    /// What is odd about services and can be told from the histories of branches.
    public let notes: [Name: [Diagnostic]]

    public init(positions: [Name: Position] = [:], notes: [Name: [Diagnostic]] = [:]) {
        self.positions = positions
        self.notes = notes
    }
}

/// One release of a service as an environment's branch remembers it.
public struct ReleaseEvent: Sendable, Hashable {
    /// Nil where the commit removed the record.
    public let release: ReleaseRecord?
    public let commit: Commit
    /// What the commit says it did, `promote` or `rollback`; nil when it says nothing.
    public let action: String?
    /// Who asked for it, where that is not the author.
    public let actor: String?
    public let reason: String?

    public init(
        release: ReleaseRecord?, commit: Commit, action: String? = nil, actor: String? = nil, reason: String? = nil
    ) {
        self.release = release
        self.commit = commit
        self.action = action
        self.actor = actor
        self.reason = reason
    }
}

/// An object that says it is ours and that no revision wants.
public struct Orphan: Sendable, Hashable {
    public let key: ResourceKey
    /// Nil when the object does not say.
    public let service: Name?
    /// Why it is still there, in one sentence.
    public let reason: String

    public init(key: ResourceKey, service: Name?, reason: String) {
        self.key = key
        self.service = service
        self.reason = reason
    }
}

/// Which replica of several writes to an environment.
public struct Leadership: Sendable, Hashable {
    /// This one.
    public let replica: String
    /// The one that writes; nil when nobody is known to.
    public let leader: String?
    /// Why the lease cannot be had or kept; nil when it can.
    public let problem: String?

    public init(replica: String, leader: String?, problem: String? = nil) {
        self.replica = replica
        self.leader = leader
        self.problem = problem
    }

    public var isOurs: Bool { leader == replica }
}

/// One environment, now.
public struct EnvironmentStatus: Sendable, Hashable {
    public let environment: Environment
    /// The head of its branch; nil until it was read.
    public var head: Commit?
    /// The last commit that the cluster fully equaled; nil before the first success.
    public var appliedCommit: CommitID?
    /// In the order of their names.
    public var services: [ServiceStatus]
    /// Per service, newest first, at most 50 each.
    public var releases: [Name: [ReleaseEvent]]
    /// Compared with the environment before; empty for the first.
    public var positions: [Name: Position]
    /// Problems that concern the environment as a whole.
    public var diagnostics: [Diagnostic]
    /// Why the branch could not be read or rendered; nil when it could.
    public var sourceProblem: String?
    /// What checking the branch's signatures said; nil when they do not count.
    public var signature: SignatureStatus?
    /// Why the cluster could not be reached; nil when it could.
    public var clusterProblem: String?
    /// What waits for a person to confirm it, list by list; nothing where nothing waits.
    public var held: [HeldList.Purpose: HeldList]
    /// Objects labelled as this environment's that it does not want, as the last sweep of the cluster found them.
    public var orphans: [Orphan]
    /// Why nothing is written; nil while passes run.
    public var suspension: Suspension?
    public var isReconciling: Bool
    public var lastPass: PassRecord?
    /// Nil where one replica works alone.
    public var leadership: Leadership?

    public init(environment: Environment) {
        self.environment = environment
        head = nil
        appliedCommit = nil
        services = []
        releases = [:]
        positions = [:]
        diagnostics = []
        sourceProblem = nil
        signature = nil
        clusterProblem = nil
        held = [:]
        orphans = []
        suspension = nil
        isReconciling = false
        lastPass = nil
        leadership = nil
    }
}

extension EnvironmentStatus {
    /// Empty when nothing waits.
    public func held(_ purpose: HeldList.Purpose) -> HeldList { held[purpose] ?? .none }
}

/// Everything pages, `/metrics` and `kubernaut status` show: one value, replaced as a whole.
public struct DaemonStatus: Sendable {
    /// Counts up with every change.
    public var version: Int
    /// The repository without credentials.
    public var repository: String
    /// Of the policy branch as it was last read; empty before.
    public var policy: Policy
    /// In pipeline order.
    public var environments: [EnvironmentStatus]
    public var lastFetchAt: Instant?
    /// Why the last fetch failed and since when; nil when it did not.
    public var fetchProblem: String?
    public var fetchProblemSince: Instant?
    /// Why the newest `kubernaut.yaml` of the policy branch is not followed; nil when it is.
    public var policyProblem: String?
    /// Why the store cannot be used; nil when it can.
    public var storeProblem: String?
    /// Whether every environment was read at least once.
    public var isReady: Bool
    /// Shown on every page: TLS verification that is off, an embedded cluster, …
    public var banners: [String]

    public init(repository: String) {
        version = 0
        self.repository = repository
        policy = .empty
        environments = []
        lastFetchAt = nil
        fetchProblem = nil
        fetchProblemSince = nil
        policyProblem = nil
        storeProblem = nil
        isReady = false
        banners = []
    }
}
