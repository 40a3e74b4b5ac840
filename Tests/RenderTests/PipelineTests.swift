// SPDX-License-Identifier: Apache-2.0

import Domain
import Render
import Testing

@Suite struct PipelineTests {
    private func read(_ text: String) -> Reading<Pipeline> { Renderer.pipeline(in: snapshot(["kubernaut.yaml": text])) }

    @Test("an environment has a branch and a namespace of its name unless it says otherwise")
    func defaults() throws {
        let environments = try #require(
            read(
                "environments:\n- dev\n- name: production\n  branch: release/prod\n  namespace: shop\n  cluster: big\n  apply: replace\n  prune: {limit: 3, percent: 0}\n"
            ).content
        ).environments
        #expect(
            environments == [
                Environment(name: try name("dev")),
                Environment(
                    name: try name("production"), branch: "release/prod", cluster: "big", namespace: "shop",
                    applyMode: .replace, prune: PruneBudget(limit: 3, percent: 0)),
            ])
    }

    @Test("teams, grants and switches for warnings are known keys")
    func otherKeys() {
        let reading = read(
            "environments: [dev]\nteams: {shop: {github: acme/shop}}\ngrants:\n- {team: shop, role: developer, environments: [dev], services: ['*']}\nwarnings: {no-probe: off, KN2501: off, KN2503: on}\n"
        )
        #expect(reading.diagnostics.isEmpty)
        #expect(reading.content?.disabledWarnings == ["KN2502", "KN2501", "KN2512"])
    }

    @Test("a warning that is off by itself can be switched on")
    func switchedOn() {
        #expect(read("environments: [dev]").content?.disabledWarnings == ["KN2512"])
        #expect(read("environments: [dev]\nwarnings: {no-disruption-budget: on}").content?.disabledWarnings == [])
    }

    @Test("limits that are named take the place of the usual ones")
    func limits() {
        let limits = read("environments: [dev]\nlimits: {mebibytes: 16, nodes: 5000}").content?.limits
        #expect(limits == FileLimits(bytes: 16 << 20, depth: 100, documents: 1000, nodes: 5000))
        #expect(read("environments: [dev]").content?.limits == .standard)
    }

    @Test(
        "what is wrong is named with its place",
        arguments: [
            ("", "kubernaut.yaml:1:1: error KN2006: kubernaut.yaml names no environments"),
            ("[a]", "kubernaut.yaml:1:1: error KN2005: kubernaut.yaml must be a map, not a list"),
            (
                "environments: []",
                "kubernaut.yaml:1:15: error KN2005: environments must be a list with one entry or more"
            ),
            (
                "envronments: [dev]",
                "kubernaut.yaml:1:1: error KN2004: unknown key \"envronments\" in kubernaut.yaml; did you mean \"environments\"?"
            ),
            ("environments: [dev, dev]", "kubernaut.yaml:1:21: error KN2005: the environment dev comes twice"),
            (
                "environments: [dev, {name: test, branch: dev}]",
                "kubernaut.yaml:1:21: error KN2005: the environments dev and test follow the same branch dev"
            ),
            ("environments: [Dev]", "kubernaut.yaml:1:16: error KN2008: \"Dev\" is no name"),
            ("environments: [{branch: x}]", "kubernaut.yaml:1:16: error KN2006: the environment has no name"),
            ("environments:\n- name:", "kubernaut.yaml:2:3: error KN2006: the environment has no name"),
            (
                "environments: [{name: a, branch: refs/heads/x}]",
                "kubernaut.yaml:1:34: error KN2008: \"refs/heads/x\" is no branch name; leave refs/heads/ out"
            ),
            (
                "environments: [{name: a, branch: a..b}]",
                "kubernaut.yaml:1:34: error KN2008: \"a..b\" is no branch name"
            ),
            (
                "environments: [{name: a, apply: serverside}]",
                "kubernaut.yaml:1:33: error KN2005: apply cannot be \"serverside\"; did you mean \"serverSide\"?"
            ),
            (
                "environments: [{name: a, prune: {percent: 101}}]",
                "kubernaut.yaml:1:43: error KN2005: percent must be 0 to 100, not 101"
            ),
            (
                "environments: [{name: a, prune: {limit: x}}]",
                "kubernaut.yaml:1:41: error KN2005: limit must be a whole number, not a string"
            ),
            (
                "environments: [a]\nwarnings: {no-prob: off}",
                "kubernaut.yaml:2:12: error KN2004: there is no warning \"no-prob\"; did you mean \"no-probe\"?"
            ),
            (
                "environments: [a]\nlimits: {mebibytes: 65}",
                "kubernaut.yaml:2:21: error KN2005: mebibytes must be 1 to 64, not 65"
            ),
            ("environments: [a]\nteams: {Shop: {}}", "kubernaut.yaml:2:9: error KN2008: \"Shop\" is no name"),
        ])
    func problems(text: String, expected: String) {
        let reading = read(text)
        #expect(reading.content == nil)
        #expect(reading.diagnostics.contains { $0.description.hasPrefix(expected) }, "\(reading.diagnostics)")
    }

    @Test("a repository without kubernaut.yaml is told so")
    func missing() {
        let reading = Renderer.pipeline(in: snapshot(["defaults.yaml": ""], root: "environments"))
        #expect(reading.diagnostics.map(\.code) == ["KN2007"])
        #expect(reading.diagnostics.first?.location.description == "environments/kubernaut.yaml")
    }

    @Test("a release record is read alone, all of it")
    func release() throws {
        let digest = String(repeating: "0a", count: 32)
        let reading = Renderer.release(
            Array(
                """
                service: cart
                version: 1.43.0-rc.1+812
                image: registry.acme.io:5000/shop/cart:1.43.0@sha256:\(digest)
                images: {migrate: acme/cart-migrate}
                build: {number: 812, url: https://x/812, job: cart/main}
                source: {url: https://g/cart, branch: main, commit: 9f2ab11, message: Fix, author: Kim}
                releasedAt: 2026-08-22T13:55:02Z
                releasedBy: jenkins-cart
                note: hello
                values: {a: 1}
                """.utf8), path: "environments/releases/cart.yaml")
        #expect(reading.diagnostics.isEmpty)
        let record = try #require(reading.content)
        #expect(
            record
                == ReleaseRecord(
                    service: try name("cart"), version: "1.43.0-rc.1+812",
                    image: "registry.acme.io:5000/shop/cart:1.43.0@sha256:\(digest)",
                    images: ["migrate": "acme/cart-migrate"],
                    build: ReleaseRecord.Build(number: 812, url: "https://x/812", job: "cart/main"),
                    source: ReleaseRecord.SourceRevision(
                        url: "https://g/cart", branch: "main", commit: "9f2ab11", message: "Fix", author: "Kim"),
                    releasedAt: Instant("2026-08-22T13:55:02Z"), releasedBy: "jenkins-cart", note: "hello"))
        // The same everywhere and for ever: pages and scripts keep it.
        #expect(record.id == "dae33073-7c68-5317-a30e-e35923ca27cb")
    }
}

@Suite struct CatalogueTests {
    @Test("every code is explained once, and every name is a word that kubernaut.yaml can use")
    func complete() {
        let entries = DiagnosticCatalogue.entries
        #expect(Set(entries.map(\.code)).count == entries.count)
        #expect(Set(entries.map(\.name)).count == entries.count)
        #expect(entries.map(\.code) == entries.map(\.code).sorted())
        for entry in entries {
            #expect(Name(entry.name) != nil)
            #expect(entry.explanation.count > 60 && !entry.explanation.contains("\n"), "\(entry.code)")
        }
        #expect(DiagnosticCatalogue.entry("kn2201")?.name == "unknown-variable")
        #expect(DiagnosticCatalogue.entry("KN9999") == nil)
    }
}
