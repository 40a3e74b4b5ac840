// SPDX-License-Identifier: Apache-2.0

/// What `kubernaut.yaml` says: the environments in the order releases walk through them.
public struct Pipeline: Sendable, Hashable {
    /// First to last; never empty; names are unique, and so are branches.
    public let environments: [Environment]
    /// Codes of warnings that nobody wants to see.
    public let disabledWarnings: Set<String>
    /// How big the files of templates, values and schemas may be.
    public let limits: FileLimits
    /// Who may do what; counts only when it was read from the policy branch.
    public let policy: Policy

    public init(
        environments: [Environment], disabledWarnings: Set<String> = [], limits: FileLimits = .standard,
        policy: Policy = .empty
    ) {
        self.environments = environments
        self.disabledWarnings = disabledWarnings
        self.limits = limits
        self.policy = policy
    }

    public func environment(_ name: Name) -> Environment? { environments.first { $0.name == name } }
}

/// One target of releases: a branch of the config repository and a place in a cluster.
public struct Environment: Sendable, Hashable {
    public enum ApplyMode: String, Sendable, Hashable, CaseIterable {
        case serverSide
        case replace
    }

    public let name: Name
    /// Without `refs/heads/`; the environment's name unless `kubernaut.yaml` says otherwise.
    public let branch: String
    /// The cluster's name in the daemon's configuration; nil means the one from the command line.
    public let cluster: String?
    /// Where objects go that name no namespace, and where the ApplySet's parent lives; default: the environment's name.
    public let namespace: String
    public let applyMode: ApplyMode
    public let prune: PruneBudget
    /// Why nothing is written to the cluster; nil while passes run.
    public let suspension: Suspension?
    /// What may differ from git without being drift; in the order of the file.
    public let ignored: [IgnoreRule]
    /// Whether objects that exist and belong to nobody are taken over; a service and an object may say otherwise.
    public let adoptsExisting: Bool
    /// How long a wave may take to become healthy; nil means the daemon's own setting.
    public let healthTimeout: Duration?
    /// What it was called before: the objects of that name move over; nil when it was never renamed.
    public let formerly: FormerEnvironment?

    public init(
        name: Name, branch: String? = nil, cluster: String? = nil, namespace: String? = nil,
        applyMode: ApplyMode = .serverSide, prune: PruneBudget = PruneBudget(), suspension: Suspension? = nil,
        ignored: [IgnoreRule] = [], adoptsExisting: Bool = false, healthTimeout: Duration? = nil,
        formerly: FormerEnvironment? = nil
    ) {
        self.name = name
        self.branch = branch ?? name.text
        self.cluster = cluster
        self.namespace = namespace ?? name.text
        self.applyMode = applyMode
        self.prune = prune
        self.suspension = suspension
        self.ignored = ignored
        self.adoptsExisting = adoptsExisting
        self.healthTimeout = healthTimeout
        self.formerly = formerly
    }
}

/// Name and namespace that an environment had before it was renamed: what its objects in the cluster still say.
public struct FormerEnvironment: Sendable, Hashable {
    public let name: Name
    public let namespace: String

    public init(name: Name, namespace: String? = nil) {
        self.name = name
        self.namespace = namespace ?? name.text
    }
}

/// Someone's word that an environment's cluster is left alone for now.
public struct Suspension: Sendable, Hashable {
    public let reason: String
    public let by: String?
    /// When it ends by itself; nil for "until someone takes it out".
    public let until: Instant?
    public let location: SourceLocation

    public init(reason: String, by: String?, until: Instant?, location: SourceLocation) {
        self.reason = reason
        self.by = by
        self.until = until
        self.location = location
    }

    public func isActive(at now: Instant) -> Bool { until.map { now < $0 } ?? true }
}

/// Fields of some objects that others may set: neither compared nor sent once the object exists.
public struct IgnoreRule: Sendable, Hashable {
    /// API group, empty for the core group; nil for every group.
    public let group: Glob?
    public let kind: Glob
    /// Nil for every namespace, and for objects without one.
    public let namespace: Glob?
    /// Nil for every name.
    public let name: Glob?
    /// Never empty; never what identifies an object.
    public let pointers: [JSONPointer]
    public let location: SourceLocation

    public init(
        group: Glob? = nil, kind: Glob, namespace: Glob? = nil, name: Glob? = nil, pointers: [JSONPointer],
        location: SourceLocation
    ) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.pointers = pointers
        self.location = location
    }

    public func matches(_ key: ResourceKey) -> Bool {
        kind.matches(key.groupKind.kind) && group?.matches(key.groupKind.group) ?? true
            && name?.matches(key.name) ?? true && namespace?.matches(key.namespace ?? "") ?? true
    }
}

/// How much one pass may delete without a named person's confirmation.
public struct PruneBudget: Sendable, Hashable {
    /// Objects, 0 or more.
    public let limit: Int
    /// Of the environment's objects, 0...100.
    public let percent: Int

    public init(limit: Int = 10, percent: Int = 20) {
        self.limit = limit
        self.percent = percent
    }
}
