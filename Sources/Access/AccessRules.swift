// SPDX-License-Identifier: Apache-2.0

public import Domain

/// The one place that says who may do what. Pages, REST, event streams and the command line all ask here.
///
/// A value made from the policy as it is now; deny is the default.
public struct AccessRules: Sendable {
    /// Of the policy branch; `.empty` until it was read.
    public let policy: Policy
    /// What whoever reaches a daemon without login may do; nil with login, where being near means nothing.
    public let localRole: Role?

    public init(policy: Policy, localRole: Role? = nil) {
        self.policy = policy
        self.localRole = localRole
    }

    public func decide(_ caller: Caller, _ permission: Permission, at place: Place) -> Decision {
        switch caller {
        case .nobody: return .refused(Refusal(permission, place, .notSignedIn))
        case .local:
            guard let localRole, localRole >= permission.role else {
                return .refused(Refusal(permission, place, .notOpen))
            }
            return .allowed(.reach)
        case .key(let key):
            guard key.scope.covers(permission, place) else { return .refused(Refusal(permission, place, .outOfScope)) }
            return .allowed(.scope)
        case .person(let person):
            let grants = grants(of: person, at: place)
            if let grant = grants.first(where: { $0.role >= permission.role }) { return .allowed(.grant(grant)) }
            return .refused(Refusal(permission, place, grants.isEmpty ? .noGrant : .lowRole(grants)))
        }
    }

    public func allows(_ caller: Caller, _ permission: Permission, at place: Place) -> Bool {
        if case .allowed = decide(caller, permission, at: place) { true } else { false }
    }

    /// Every grant that gives the person something there, in the order of the file.
    public func grants(of person: Person, at place: Place) -> [Grant] {
        guard let environment = place.environment else {
            return grants(of: person).filter { $0.environments.contains(.any) && $0.services.contains(.any) }
        }
        return policy.grants(
            login: person.login, teams: teams(of: person), environment: environment, service: place.service)
    }

    /// Every grant that gives the person something somewhere.
    public func grants(of person: Person) -> [Grant] {
        let teams = teams(of: person)
        return policy.grants.filter { $0.isFor(login: person.login, teams: teams) }
    }

    /// The policy's teams that a person is in.
    public func teams(of person: Person) -> Set<Name> {
        let memberships = Set(person.teams.map { "\($0.organization)/\($0.slug)" })
        return Set(
            policy.teams.filter { team in team.github.map { memberships.contains($0.description.lowercased()) } ?? false
            }.map(\.name))
    }
}

/// Yes or no, and why.
public enum Decision: Sendable, Hashable {
    case allowed(Basis)
    case refused(Refusal)

    public enum Basis: Sendable, Hashable {
        case grant(Grant)
        /// A key's own scope.
        case scope
        /// Reaching a daemon without login is enough.
        case reach
    }
}

/// A no that can be explained without telling what must stay hidden.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Cause: Sendable, Hashable {
        case notSignedIn
        /// No grant reaches the place: for this caller it does not exist.
        case noGrant
        /// These reach it, with lower roles.
        case lowRole([Grant])
        case outOfScope
        /// Without login, this is not open to whoever comes by.
        case notOpen
        /// Their teams could not be read for too long: they may look, no more.
        case staleTeams
        /// Nothing shows that a page of this site sent it.
        case foreignForm
    }

    public let permission: Permission
    public let place: Place
    public let cause: Cause

    public init(_ permission: Permission, _ place: Place, _ cause: Cause) {
        self.permission = permission
        self.place = place
        self.cause = cause
    }

    public var description: String {
        let need = "\(permission.rawValue) needs the role \(permission.role.rawValue)\(Self.text(place))"
        return switch cause {
        case .notSignedIn: "\(need); sign in first"
        case .noGrant: "\(need); no grant in kubernaut.yaml gives you any"
        case .lowRole(let grants):
            "\(need); you are \(grants.map { "\($0.role.rawValue) by \($0.location)" }.joined(separator: ", "))"
        case .outOfScope: "the key's scope does not hold \(permission.rawValue)\(Self.text(place))"
        case .foreignForm:
            "the form was not made for this sign-in, or came from another site; load the page and try again"
        case .staleTeams:
            "\(permission.rawValue) needs to know your teams as they are now, and GitHub has not said for half an hour, or the "
                + "store does not answer; try again when they do"
        case .notOpen: "\(need); this daemon has no login: configure one, or open more with login.local"
        }
    }

    private static func text(_ place: Place) -> String {
        switch place {
        case .site: " on everything"
        case .environment(let name): " on all services of \(name)"
        case .service(let service, let environment): " on \(service) in \(environment)"
        }
    }
}

extension KeyScope {
    fileprivate func covers(_ permission: Permission, _ place: Place) -> Bool {
        guard permissions.contains(permission) else { return false }
        guard let environment = place.environment else { return environments.contains(.any) && services.contains(.any) }
        return environments.contains { $0.matches(environment.text) }
            && services.contains { glob in place.service.map { glob.matches($0.text) } ?? (glob == .any) }
    }
}
