// SPDX-License-Identifier: Apache-2.0

import Domain

/// The people and teams of a GitHub that exists on this machine only, and how it misbehaves.
public struct StandInState: Sendable {
    public struct Account: Sendable {
        public let id: Int64
        public var login: String
        public var name: String
        /// By the organization's login: whether the invitation was accepted.
        public var organizations: [String: Bool]
        public var teams: [Team]

        public init(id: Int64, login: String, name: String, organizations: [String: Bool], teams: [Team]) {
            self.id = id
            self.login = login
            self.name = name
            self.organizations = organizations
            self.teams = teams
        }
    }

    public struct Team: Sendable {
        public let id: Int64
        public var organization: String
        public var slug: String

        public init(id: Int64, organization: String, slug: String) {
            self.id = id
            self.organization = organization
            self.slug = slug
        }
    }

    /// What can go wrong between a site and GitHub, each as GitHub or somebody in between does it.
    public enum Scenario: String, Sendable, CaseIterable {
        case noIssuer = "no-issuer"
        case wrongIssuer = "wrong-issuer"
        case wrongState = "wrong-state"
        case declined
        case expiredCode = "expired-code"
        case wrongSecret = "wrong-secret"
        case reducedScope = "reduced-scope"
        case singleSignOn = "single-sign-on"
        case restrictedOrganization = "restricted-organization"
        case throttled
        case serverError = "server-error"
        case brokenJSON = "broken-json"
        case redirectedAPI = "redirected-api"
        case foreignNextPage = "foreign-next-page"
        case missingPage = "missing-page"
        case endlessPages = "endless-pages"
        case revokedToken = "revoked-token"
        /// GitHub Enterprise before PKCE: takes any verifier.
        case noPKCE = "no-pkce"
    }

    public var accounts: [Account]
    public var scenarios: Set<Scenario> = []
    /// Small, so that every list has several pages.
    public var pageSize = 2
    public let clientID: String
    public let clientSecret: String

    public init(accounts: [Account], clientID: String = "kubernaut-dev", clientSecret: String = "not-a-secret") {
        self.accounts = accounts
        self.clientID = clientID
        self.clientSecret = clientSecret
    }

    /// The people of the example shop: a lead, a developer of each team, someone who only looks, and a stranger.
    public static let shop = StandInState(accounts: [
        account(1001, "kim", "Kim Lead", teams: ["leads", "orders"]),
        account(1002, "ann", "Ann Orders", teams: ["orders"]),
        account(1003, "bo", "Bo Storefront", teams: ["storefront"]),
        account(1004, "obi", "Obi Observer", teams: ["staff"]),
        Account(id: 1005, login: "eve", name: "Eve Stranger", organizations: [:], teams: []),
        Account(id: 1006, login: "pat", name: "Pat Pending", organizations: ["acme": false], teams: []),
    ])

    private static let teamIDs: [String: Int64] = ["leads": 11, "orders": 12, "storefront": 13, "staff": 14]

    private static func account(_ id: Int64, _ login: String, _ name: String, teams: [String]) -> Account {
        let teams = ["staff"] + teams.filter { $0 != "staff" }
        return Account(
            id: id, login: login, name: name, organizations: ["acme": true],
            teams: teams.map { Team(id: teamIDs[$0] ?? 0, organization: "acme", slug: $0) })
    }
}
