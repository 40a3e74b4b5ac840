// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Testing

private func name(_ text: String) -> Name {
    guard let name = Name(text) else { preconditionFailure("\(text) is no name") }
    return name
}

private func service(_ service: String, in environment: String) -> Place {
    .service(name(service), in: name(environment))
}

@Suite("Who may do what")
struct AccessRulesTests {
    private let dev = Place.environment(name("dev"))
    private let cart = service("cart", in: "dev")

    private static func location(_ line: Int) -> Domain.SourceLocation {
        Domain.SourceLocation(file: "kubernaut.yaml", line: line, column: 1)
    }

    private static func grant(
        _ subject: Grant.Subject, _ role: Role, _ environments: String, _ services: String, line: Int
    )
        -> Grant
    {
        Grant(
            subjects: [subject], role: role, environments: [Glob(environments)],
            services: [Glob(services)], location: location(line))
    }

    private let rules = AccessRules(
        policy: Policy(
            teams: [
                Team(
                    name: name("checkout"), github: GitHubTeam("acme/checkout"), contact: nil, description: nil,
                    location: location(2)),
                Team(
                    name: name("staff"), github: GitHubTeam("Acme/Staff"), contact: nil, description: nil,
                    location: location(3)),
            ],
            grants: [
                grant(.team(name("staff")), .observer, "*", "*", line: 5),
                grant(.team(name("checkout")), .developer, "dev", "ca*", line: 6),
                grant(.user("Kim"), .admin, "*", "*", line: 7),
            ]))

    private func person(_ login: String, _ teams: String...) -> Caller {
        let memberships = teams.map { TeamMembership(organization: "acme", slug: $0, id: 1) }
        return .person(
            Person(id: 1, login: login, name: nil, teams: Set(memberships), teamsReadAt: Instant(seconds: 0)))
    }

    @Test("is nobody's but whom a grant names")
    func denyByDefault() {
        for permission in Permission.allCases {
            for place in [Place.site, dev, cart] {
                #expect(!rules.allows(.nobody, permission, at: place))
                #expect(!rules.allows(person("eve"), permission, at: place))
                #expect(!AccessRules(policy: .empty).allows(person("kim", "staff"), permission, at: place))
                #expect(!rules.allows(.local, permission, at: place))
            }
        }
    }

    @Test("reaches as far as the grant's environments and services")
    func reach() {
        let ann = person("ann", "staff", "checkout")
        #expect(rules.allows(ann, .promote, at: cart))
        #expect(!rules.allows(ann, .promote, at: service("mail", in: "dev")))
        #expect(!rules.allows(ann, .promote, at: service("cart", in: "production")))
        // A grant over some services is none over the environment as a whole.
        #expect(!rules.allows(ann, .promote, at: dev))
        #expect(rules.allows(ann, .view, at: .environment(name("production"))))
        #expect(!rules.allows(ann, .prune, at: cart))
        #expect(rules.allows(person("KIM"), .keys, at: .site))
    }

    @Test("gives each role all that the ones before it may")
    func roles() {
        for permission in Permission.allCases {
            for role in Role.allCases {
                let rules = AccessRules(policy: .empty, localRole: role)
                #expect(rules.allows(.local, permission, at: cart) == (role >= permission.role))
            }
        }
    }

    @Test("holds a key to its scope, whoever made it")
    func keys() {
        let key = Caller.key(
            KeyIdentity(
                id: "0", name: "jenkins-cart",
                scope: KeyScope(permissions: [.release], environments: [.any], services: [Glob("cart")])))
        #expect(rules.allows(key, .release, at: cart))
        #expect(!rules.allows(key, .view, at: cart))
        #expect(!rules.allows(key, .release, at: service("mail", in: "dev")))
        #expect(!rules.allows(key, .release, at: dev))
    }

    @Test("is explained with the grant's file and line")
    func explanations() {
        guard case .refused(let low) = rules.decide(person("obi", "staff"), .promote, at: cart),
            case .refused(let none) = rules.decide(person("eve"), .promote, at: cart)
        else {
            Issue.record("expected two refusals")
            return
        }
        #expect(
            "\(low)".contains("promote needs the role developer on cart in dev; you are observer by kubernaut.yaml:5"))
        #expect("\(none)".contains("no grant"))
        #expect(none.cause == .noGrant)
    }

    @Test("gives a permit exactly where it allows, and says by what")
    func permits() throws {
        let obi = person("obi", "checkout")
        let permit = try rules.permit(obi, .promote, at: cart)
        #expect(permit.caller == obi)
        #expect(permit.permission == .promote)
        #expect(permit.place == cart)
        guard case .grant(let grant) = permit.basis else {
            Issue.record("expected a grant")
            return
        }
        #expect(grant.location.line == 6)
        let refusal = #expect(throws: Refusal.self) { try rules.permit(obi, .promote, at: dev) }
        #expect(refusal?.permission == .promote)
        #expect(refusal?.place == dev)
    }
}
