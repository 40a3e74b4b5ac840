// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import Testing

@Suite struct PolicyTests {
    private func read(_ text: String) -> Reading<Pipeline> { Renderer.pipeline(in: snapshot(["kubernaut.yaml": text])) }

    @Test("teams and grants are read, each with its place")
    func policy() throws {
        let reading = read(
            """
            environments: [dev, staging, production]
            teams:
              shop: {github: acme/shop-leads, contact: "#shop", description: The shop}
              ops: acme/ops
            grants:
            - {team: shop, role: developer, environments: [dev, stag*], services: [cart, order-*]}
            - teams: [ops, shop]
              user: kim
              role: maintainer
              environments: "*"
              services: "*"
            """)
        #expect(reading.diagnostics.isEmpty)
        let policy = try #require(reading.content).policy
        let shop = try name("shop")
        let ops = try name("ops")
        #expect(policy.teams.map(\.name) == [shop, ops])
        #expect(policy.team(shop)?.github?.description == "acme/shop-leads")
        #expect(policy.team(shop)?.contact == "#shop")
        #expect(policy.team(ops)?.location.description == "kubernaut.yaml:4:3")
        #expect(policy.grants.map(\.location.line) == [6, 7])
        #expect(policy.grants[1].subjects == [.team(ops), .team(shop), .user("kim")])
        #expect(policy.grants[0].environments == [Glob("dev"), Glob("stag*")])
    }

    @Test(
        "a role is the highest that a grant gives for this place, and none by default",
        arguments: [
            ("kim", ["shop"], "dev", "cart", Role.developer),
            ("kim", ["shop"], "dev", "order-mail", .developer),
            ("kim", ["shop"], "dev", "web", nil),
            ("kim", ["shop"], "production", "cart", nil),
            ("kim", ["shop", "ops"], "dev", "cart", .maintainer),
            ("Robin", [], "production", "web", .admin),
            ("kim", [], "dev", "cart", nil),
            // For the environment as a whole only a grant over every service counts.
            ("kim", ["shop"], "dev", nil, nil),
            ("kim", ["ops"], "dev", nil, .maintainer),
        ] as [(String, [String], String, String?, Role?)])
    func roles(login: String, teams: [String], environment: String, service: String?, expected: Role?) throws {
        let policy = try #require(
            read(
                """
                environments: [dev, production]
                teams: {shop: acme/shop, ops: acme/ops}
                grants:
                - {team: shop, role: developer, environments: dev, services: [cart, order-*]}
                - {team: ops, role: maintainer, environments: "*", services: "*"}
                - {user: robin, role: admin, environments: "*", services: "*"}
                """
            ).content
        ).policy
        let role = policy.role(
            login: login, teams: Set(try teams.map(name)), environment: try name(environment),
            service: try service.map(name))
        #expect(role == expected)
    }

    @Test(
        "what is wrong in a policy is named with its place",
        arguments: [
            ("teams: {shop: acme}", "3:15: error KN2008: \"acme\" is no team on GitHub; write organization/team"),
            ("teams: {shop: {github: a/b/c}}", "3:24: error KN2008: \"a/b/c\" is no team on GitHub"),
            (
                "teams: {shop: {gitub: a/b}}",
                "3:16: error KN2004: unknown key \"gitub\" in a team; did you mean \"github\"?"
            ),
            ("teams: [shop, shop]", "3:15: error KN2005: the team shop comes twice"),
            (
                "teams: {shop: a/b}\ngrants: [{team: shp, role: admin, environments: dev, services: '*'}]",
                "4:17: error KN2005: there is no team \"shp\"; did you mean \"shop\"?"
            ),
            (
                "teams: [shop]\ngrants: [{team: shop, role: admin, environments: dev, services: '*'}]",
                "4:17: error KN2006: the team shop has no github:"
            ),
            (
                "grants: [{user: kim, role: develper, environments: dev, services: '*'}]",
                "3:28: error KN2005: there is no role \"develper\"; did you mean \"developer\"?"
            ),
            (
                "grants: [{user: kim, environments: dev, services: '*'}]",
                "3:10: error KN2006: the grant has no role; known: observer, developer, maintainer, admin"
            ),
            (
                "grants: [{role: admin, environments: dev, services: '*'}]",
                "3:10: error KN2006: the grant names nobody"
            ),
            (
                "grants: [{user: '*', role: admin, environments: dev, services: '*'}]",
                "3:17: error KN2008: \"*\" is no login on GitHub"
            ),
            (
                "grants: [{user: kim, role: admin, environments: produktion, services: '*'}]",
                "3:49: error KN2005: there is no environment \"produktion\"; did you mean \"production\"?"
            ),
            (
                "grants: [{user: kim, role: admin, environments: [], services: '*'}]",
                "3:35: error KN2006: the grant names no environments"
            ),
            (
                "grants: [{user: kim, role: admin, environments: dev}]",
                "3:10: error KN2006: the grant names no services; write services: [\"*\"] for all of them"
            ),
            (
                "grants: [{user: kim, role: admin, environments: dev, services: [Cart]}]",
                "3:65: error KN2008: \"Cart\" can match no name"
            ),
            ("grants: {user: kim}", "3:9: error KN2005: grants must be a list of grants, not a map"),
        ])
    func problems(text: String, expected: String) {
        let reading = read("environments: [dev, production]\n\n" + text)
        #expect(reading.content == nil)
        #expect(
            reading.diagnostics.contains { $0.description.hasPrefix("kubernaut.yaml:" + expected) },
            "\(reading.diagnostics)")
    }
}

@Suite struct EnvironmentEntryTests {
    private func read(_ text: String) -> Reading<Pipeline> {
        Renderer.pipeline(in: snapshot(["kubernaut.yaml": "environments:\n- name: dev\n" + text]))
    }

    @Test("an environment says what to leave alone, what to take over and how long to wait")
    func settings() throws {
        let environment = try #require(
            read(
                """
                  suspend: {reason: migration, by: kim, until: 2026-08-22T13:55:02Z}
                  adopt: true
                  health: {timeout: 10m}
                  ignore:
                  - {group: apps, kind: Deployment, name: "web-*", jsonPointers: [/spec/replicas]}
                  - kind: "*"
                    group: ""
                    jsonPointers: /metadata/annotations/acme.io~1touched

                """
            ).content?.environments.first)
        let suspension = try #require(environment.suspension)
        #expect(suspension.reason == "migration" && suspension.by == "kim")
        #expect(suspension.location.description == "kubernaut.yaml:3:3")
        let until = try #require(suspension.until)
        #expect(suspension.isActive(at: Instant(milliseconds: until.milliseconds - 1)))
        #expect(!suspension.isActive(at: until))
        #expect(environment.adoptsExisting)
        #expect(environment.healthTimeout == .seconds(600))
        #expect(environment.ignored.map(\.location.line) == [7, 8])
        #expect(environment.ignored[1].pointers.map(\.steps) == [["metadata", "annotations", "acme.io/touched"]])
    }

    @Test("an environment that says nothing is not suspended, ignores nothing and takes over nothing")
    func nothing() throws {
        let environment = try #require(read("").content?.environments.first)
        #expect(environment == Environment(name: try name("dev")))
        #expect(environment.suspension == nil && environment.ignored.isEmpty && !environment.adoptsExisting)
    }

    @Test(
        "a rule is for the objects that all of its patterns match",
        arguments: [
            ("apps", "Deployment", "shop", "web-1", true), ("apps", "Deployment", "shop", "cart", false),
            ("batch", "Deployment", "shop", "web-1", false), ("apps", "StatefulSet", "shop", "web-1", false),
        ])
    func matching(group: String, kind: String, namespace: String, name: String, expected: Bool) throws {
        let rule = try #require(
            read("  ignore: [{group: a?ps, kind: Deploy*, name: web-*, jsonPointers: [/spec/replicas]}]").content?
                .environments.first?.ignored.first)
        let key = ResourceKey(groupKind: GroupKind(group: group, kind: kind), namespace: namespace, name: name)
        #expect(rule.matches(key) == expected)
    }

    @Test(
        "what is wrong in an environment is named with its place",
        arguments: [
            ("suspend: true", "3:12: error KN2005: suspend must be a map, not a boolean"),
            ("suspend: {by: kim}", "3:12: error KN2006: suspend gives no reason"),
            ("suspend: {reason: x, until: tomorrow}", "3:31: error KN2005: until is no time: \"tomorrow\""),
            ("adopt: maybe", "3:10: error KN2005: adopt must be true or false, not a string"),
            ("health: {timeout: 600}", "3:21: error KN2005: timeout must be a string, not a number"),
            ("health: {timeout: soon}", "3:21: error KN2005: timeout is no duration: \"soon\"; write it as 90s"),
            ("health: {timeout: 2d}", "3:21: error KN2005: timeout must be 1 s to 24 h, not 2d"),
            ("ignore: [{jsonPointers: [/spec]}]", "3:12: error KN2006: the ignore rule has no kind"),
            ("ignore: [{kind: Service}]", "3:12: error KN2006: the ignore rule has no jsonPointers"),
            (
                "ignore: [{kind: Service, jsonPointers: ['spec.ports[0]']}]",
                "3:43: error KN2005: \"spec.ports[0]\" is no JSON pointer; write /spec/ports/0"
            ),
            (
                "ignore: [{kind: Service, jsonPointers: [/metadata/labels/kubernaut.dev~1service]}]",
                "3:43: error KN2005: /metadata/labels/kubernaut.dev~1service cannot be ignored"
            ),
            (
                "ignore: [{kind: Service, jsonpointers: [/spec]}]",
                "3:28: error KN2004: unknown key \"jsonpointers\" in an ignore rule; did you mean \"jsonPointers\"?"
            ),
        ])
    func problems(text: String, expected: String) {
        let reading = read("  " + text)
        #expect(reading.content == nil)
        #expect(
            reading.diagnostics.contains { $0.description.hasPrefix("kubernaut.yaml:" + expected) },
            "\(reading.diagnostics)")
    }
}
