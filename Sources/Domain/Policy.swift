// SPDX-License-Identifier: Apache-2.0

/// Who may do what: the teams and grants of `kubernaut.yaml` on the policy branch.
public struct Policy: Sendable, Hashable {
    /// In the order of the file; names are unique.
    public let teams: [Team]
    /// In the order of the file; every team that a grant names is in `teams`.
    public let grants: [Grant]

    /// Nobody may do anything.
    public static let empty = Policy(teams: [], grants: [])

    public init(teams: [Team], grants: [Grant]) {
        self.teams = teams
        self.grants = grants
    }

    public func team(_ name: Name) -> Team? { teams.first { $0.name == name } }

    /// The grants that give someone anything in one place, in the order of the file. Pure.
    ///
    /// - Parameters:
    ///   - login: Their GitHub login; upper and lower case are the same, as on GitHub.
    ///   - teams: The teams they are in, as the caller learnt from GitHub.
    ///   - service: Nil asks for what holds for the environment as a whole: only grants over all services do.
    public func grants(login: String, teams: Set<Name>, environment: Name, service: Name?) -> [Grant] {
        grants.filter { grant in
            grant.isFor(login: login, teams: teams)
                && grant.environments.contains { $0.matches(environment.text) }
                && grant.services.contains { glob in service.map { glob.matches($0.text) } ?? (glob == .any) }
        }
    }

    /// The highest role that someone has in one place; nil, the default, for none. Takes what `grants` takes.
    public func role(login: String, teams: Set<Name>, environment: Name, service: Name?) -> Role? {
        grants(login: login, teams: teams, environment: environment, service: service).map(\.role).max()
    }
}

/// People who look after services together.
public struct Team: Sendable, Hashable {
    public let name: Name
    /// Whose members it has; nil for a team that is only a name on pages and can be granted nothing.
    public let github: GitHubTeam?
    /// An address or a channel for people; free text.
    public let contact: String?
    public let description: String?
    public let location: SourceLocation

    public init(name: Name, github: GitHubTeam?, contact: String?, description: String?, location: SourceLocation) {
        self.name = name
        self.github = github
        self.contact = contact
        self.description = description
        self.location = location
    }
}

/// A team on GitHub as its pages name it: `acme/shop-leads`. The name may change there; its numeric id does not.
public struct GitHubTeam: Sendable, Hashable, CustomStringConvertible {
    /// The login of the organization.
    public let organization: String
    public let slug: String

    /// Nil unless `text` is `organization/team`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, isGitHubName(parts[0]), isGitHubName(parts[1]) else { return nil }
        organization = String(parts[0])
        slug = String(parts[1])
    }

    public var description: String { "\(organization)/\(slug)" }
}

/// Whether `text` can be a login or a team's slug: 1 to 100 letters, digits, `-`, `_` and `.`.
public func isGitHubName(_ text: some StringProtocol) -> Bool {
    (1...100).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            switch byte | 0x20 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            }
        } && text.utf8.first != UInt8(ascii: "-")
}

/// What someone may do, each role all that the ones before it may.
public enum Role: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Sees everything.
    case observer
    /// Releases, promotes, rolls back, holds and resumes.
    case developer
    /// Confirms what deletes much, suspends and takes over objects.
    case maintainer
    /// Manages keys and reads the whole audit.
    case admin

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// One line of the policy: some people have a role for some services in some environments.
public struct Grant: Sendable, Hashable {
    public enum Subject: Sendable, Hashable {
        case team(Name)
        /// A GitHub login.
        case user(String)
    }

    /// Never empty.
    public let subjects: [Subject]
    public let role: Role
    /// Never empty; each matches an environment of the pipeline.
    public let environments: [Glob]
    /// Never empty.
    public let services: [Glob]
    public let location: SourceLocation

    public init(
        subjects: [Subject], role: Role, environments: [Glob], services: [Glob], location: SourceLocation
    ) {
        self.subjects = subjects
        self.role = role
        self.environments = environments
        self.services = services
        self.location = location
    }

    /// Whether it gives somebody anything anywhere. Upper and lower case of logins are the same, as on GitHub.
    public func isFor(login: String, teams: Set<Name>) -> Bool {
        subjects.contains { subject in
            switch subject {
            case .team(let name): teams.contains(name)
            case .user(let other): other.lowercased() == login.lowercased()
            }
        }
    }
}
