// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Who asks for something.
public enum Caller: Sendable, Hashable {
    /// Nobody signed in.
    case nobody
    /// Whoever reaches a daemon that knows no login; it listens on loopback, or its operator opened it on purpose.
    case local
    case person(Person)
    case key(KeyIdentity)

    /// For logs, the audit and commit trailers. Names can change; the number behind a person does not.
    public var name: String {
        switch self {
        case .nobody: "nobody"
        case .local: "local"
        case .person(let person): person.login
        case .key(let key): "key \(key.name)"
        }
    }
}

/// Somebody who signed in with GitHub.
public struct Person: Sendable, Hashable {
    /// GitHub's number: the one thing about a person that never changes and is never given to somebody else.
    public let id: Int64
    /// May change, and may later belong to another person.
    public let login: String
    /// As people know them; nil when GitHub has none.
    public let name: String?
    /// Active memberships alone; those of teams above a team included, as GitHub counts them.
    public let teams: Set<TeamMembership>
    /// When `teams` were last read from GitHub.
    public let teamsReadAt: Instant

    public init(id: Int64, login: String, name: String?, teams: Set<TeamMembership>, teamsReadAt: Instant) {
        self.id = id
        self.login = login
        self.name = name
        self.teams = teams
        self.teamsReadAt = teamsReadAt
    }
}

/// That somebody is in a team of GitHub.
public struct TeamMembership: Sendable, Hashable {
    /// The organization's login, lower case: GitHub does not distinguish.
    public let organization: String
    /// Lower case; changes when the team is renamed.
    public let slug: String
    /// GitHub's number of the team, which a rename does not change.
    public let id: Int64

    public init(organization: String, slug: String, id: Int64) {
        self.organization = organization.lowercased()
        self.slug = slug.lowercased()
        self.id = id
    }
}

/// What a machine showed to be a key that is known, not expired and not revoked.
public struct KeyIdentity: Sendable, Hashable {
    /// Public; the part of the key before its secret.
    public let id: String
    public let name: String
    public let scope: KeyScope

    public init(id: String, name: String, scope: KeyScope) {
        self.id = id
        self.name = name
        self.scope = scope
    }
}

/// What a key may be used for: each of its actions in each of its places.
public struct KeyScope: Sendable, Hashable {
    /// Never empty.
    public let permissions: Set<Permission>
    /// Never empty.
    public let environments: [Glob]
    /// Never empty.
    public let services: [Glob]

    public init(permissions: Set<Permission>, environments: [Glob], services: [Glob]) {
        self.permissions = permissions
        self.environments = environments
        self.services = services
    }
}
