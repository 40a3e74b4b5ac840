// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Something one may be allowed to do. The words are those of keys, pages and refusals.
public enum Permission: String, Sendable, Hashable, CaseIterable {
    case view
    case sync
    case release
    case promote
    case rollback
    /// Holds and resumes.
    case hold
    /// Confirms a list of deletions above the budget.
    case prune
    /// Confirms a list of objects to be taken over.
    case adopt
    /// Stops all writes to an environment, and lets them go on.
    case suspend
    /// Reads who did what.
    case audit
    /// Makes and revokes keys.
    case keys

    /// The lowest role that has it.
    public var role: Role {
        switch self {
        case .view: .observer
        case .sync, .release, .promote, .rollback, .hold: .developer
        case .prune, .adopt, .suspend: .maintainer
        case .audit, .keys: .admin
        }
    }
}

/// Where a permission is asked for.
public enum Place: Sendable, Hashable {
    /// Everything: the system page, metrics, the audit, keys. Needs the role over all services of all environments.
    case site
    /// An environment as a whole. Needs the role over all its services.
    case environment(Name)
    /// A service in one environment.
    case service(Name, in: Name)

    public var environment: Name? {
        switch self {
        case .site: nil
        case .environment(let name), .service(_, let name): name
        }
    }

    public var service: Name? {
        if case .service(let name, _) = self { name } else { nil }
    }
}
