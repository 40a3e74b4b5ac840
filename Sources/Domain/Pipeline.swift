// SPDX-License-Identifier: Apache-2.0

/// What `kubernaut.yaml` says: the environments in the order releases walk through them.
public struct Pipeline: Sendable, Hashable {
    /// First to last; never empty; names are unique, and so are branches.
    public let environments: [Environment]
    /// Codes of warnings that nobody wants to see.
    public let disabledWarnings: Set<String>

    public init(environments: [Environment], disabledWarnings: Set<String> = []) {
        self.environments = environments
        self.disabledWarnings = disabledWarnings
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

    public init(
        name: Name, branch: String? = nil, cluster: String? = nil, namespace: String? = nil,
        applyMode: ApplyMode = .serverSide, prune: PruneBudget = PruneBudget()
    ) {
        self.name = name
        self.branch = branch ?? name.text
        self.cluster = cluster
        self.namespace = namespace ?? name.text
        self.applyMode = applyMode
        self.prune = prune
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
