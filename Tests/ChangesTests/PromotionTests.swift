// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import JSON
import Render
import TestKit
import Testing

@Suite("A promotion", .timeLimit(.minutes(1)))
struct PromotionTests {
    private func parents(_ world: PromotionWorld, _ commit: CommitID?) throws -> [String] {
        let commit = try #require(commit)
        return try world.git.git("rev-list", "--parents", "--max-count=1", commit.hex).split(separator: " ")
            .dropFirst().map(String.init)
    }

    @Test("of everything is a merge that takes what is newer, and keeps what is held or a hotfix")
    func everything() async throws {
        let world = try PromotionWorld()
        for service in ["cart", "jobs", "mail", "web"] { try await world.release(service, "1.0") }
        try await world.promote("dev", "test")
        try await world.release("cart", "1.1")
        try await world.release("cart", "1.2")
        try await world.release("jobs", "1.1")
        try await world.release("mail", "1.1")
        try await world.release("mail", "1.0-fix", in: "test")
        try await world.hold("jobs", in: "test")
        let (preview, commit) = try await world.promote("dev", "test")

        #expect(try parents(world, commit) == [preview.plan.to.id.hex, preview.plan.from.id.hex])
        #expect(preview.services.map(\.name.text) == ["cart"])
        #expect(preview.services[0].releases.compactMap { $0.content?.release?.version } == ["1.2", "1.1"])
        #expect(preview.plan.kept.map(\.service.text) == ["jobs", "mail"])
        #expect(preview.plan.kept[0].reason == "held by Ann: leak")
        #expect(preview.summary == "This changes 1 service in test; 2 services stay as they are. Nothing is deleted.")
        #expect(try await world.version("cart", in: "test") == "1.2")
        #expect(try await world.version("jobs", in: "test") == "1.0")
        #expect(try await world.version("mail", in: "test") == "1.0-fix")
        let message = try world.git.git("log", "--max-count=1", "--format=%B", "test")
        #expect(message.hasPrefix("Promote dev to test\n\ncart 1.0 -> 1.2\njobs stays: held\nmail stays: hotfix\n"))
        #expect(message.contains("\nKubernaut-Action: promote\nKubernaut-From: dev@\(preview.plan.from.id)\n"))
        #expect(message.contains("\nKubernaut-Reason: because"))
        #expect(try await world.promote("dev", "test").commit == nil)
    }

    @Test("of chosen services is a commit with one parent that brings what is theirs, and says what it does not bring")
    func chosen() async throws {
        let world = try PromotionWorld(files: [
            "templates/cart.yaml":
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata: {level: \"{{level}}\"}\n"
        ])
        for service in ["cart", "mail"] { try await world.release(service, "1.0") }
        try await world.promote("dev", "test")
        for service in ["cart", "mail"] { try await world.release(service, "1.1") }
        try await world.commit(
            [
                "services/cart.yaml": "values: {level: debug}\n", "services/mail.yaml": "values: {level: debug}\n",
                "test/services/cart.yaml": "color: red\n",
                "defaults.yaml": "replicas: 2\nlevel: info\n\n\n\nport: 80\n",
                "templates/cart.yaml":
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata: {l: \"{{level}}{{color}}\"}\n",
            ], to: "dev")
        let (preview, commit) = try await world.promote("dev", "test", ["cart"])

        #expect(try parents(world, commit) == [preview.plan.to.id.hex])
        #expect(preview.plan.files == ["services/cart.yaml", "templates/cart.yaml", "test/services/cart.yaml"])
        #expect(preview.plan.staying == ["defaults.yaml", "services/mail.yaml"])
        #expect(preview.risks.map(\.kind) == [.sharedFileStays])
        #expect(preview.risks.first?.text.contains("environments/defaults.yaml") == true)
        #expect(try await world.version("cart", in: "test") == "1.1")
        #expect(try await world.version("mail", in: "test") == "1.0")
        #expect(try world.git.git("log", "--max-count=1", "--format=%s", "test") == "Promote cart from dev to test")
        // Nothing is lost for later: the rest comes with the next promotion, without conflicts.
        try await world.commit(["services/cart.yaml": "values: {level: warn}\n"], to: "dev")
        try await world.promote("dev", "test")
        #expect(try await world.version("mail", in: "test") == "1.1")
        #expect(
            try await world.snapshot("test").paths(differingFrom: world.snapshot("dev")).isEmpty)
    }

    @Test("brings the revert of what came before without a merge, and respects a revert in the target")
    func reverts() async throws {
        let world = try PromotionWorld(files: ["services/cart.yaml": "values: {level: info}\n"])
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.commit(["services/cart.yaml": "values: {level: debug}\n"], to: "dev")
        try await world.promote("dev", "test", ["cart"])
        try await world.commit(["services/cart.yaml": "values: {level: info}\n"], to: "dev")
        try await world.promote("dev", "test")
        #expect(try await world.snapshot("test").paths(differingFrom: world.snapshot("dev")).isEmpty)

        try await world.commit(["services/cart.yaml": "values: {level: debug}\n"], to: "dev")
        try await world.promote("dev", "test")
        #expect(try world.onBranch("test") { try world.run("revert", "--no-edit", "-m", "1", "HEAD") })
        #expect(try await world.preview("dev", "test").isEmpty)
        #expect(try await world.snapshot("test").paths(differingFrom: world.snapshot("dev")) == ["services/cart.yaml"])
    }

    @Test("with a conflict changes nothing and shows file, line and both sides")
    func conflict() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.commit(["defaults.yaml": "replicas: 2\nlevel: info\n\n\n\nport: 80\n"], to: "dev")
        try await world.commit(["defaults.yaml": "replicas: 3\nlevel: info\n\n\n\nport: 80\n"], to: "test")
        try await world.release("cart", "1.1")
        let head = try world.git.head("test")
        let conflict = await #expect(throws: PromotionConflict.self) { try await world.promote("dev", "test") }
        #expect(conflict?.conflicts.map(\.path) == ["environments/defaults.yaml"])
        #expect(
            conflict?.conflicts.first?.hunks
                == [FileConflict.Hunk(line: 1, ours: ["replicas: 3"], theirs: ["replicas: 2"])])
        #expect(try world.git.head("test") == head)
        // What is not concerned can go on.
        try await world.promote("dev", "test", ["cart"])
        #expect(try await world.version("cart", in: "test") == "1.1")
    }

    @Test("brings what a merge by hand left behind, although git calls the branches up to date")
    func leftBehind() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.release("cart", "1.1")
        #expect(try world.onBranch("test") { try world.run("merge", "--quiet", "-s", "ours", "-m", "Merge", "dev") })
        #expect(try world.git.git("merge-base", "dev", "test") == world.git.head("dev").hex)
        let (preview, commit) = try await world.promote("dev", "test")
        #expect(try parents(world, commit).count == 1)
        #expect(preview.plan.kind == .commit)
        #expect(try await world.version("cart", in: "test") == "1.1")
        #expect(try await world.preview("dev", "test").isEmpty)
    }

    @Test("knows the releases of a branch whose own line became the second parent of a pull")
    func pulled() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        try await world.release("cart", "1.1")
        try await world.promote("dev", "test")
        try await world.release("cart", "1.2")
        #expect(
            try world.onBranch("dev") {
                try world.run("checkout", "--quiet", "--detach", "dev~2")
                try world.run("commit", "--quiet", "--allow-empty", "-m", "Work")
                try world.run("merge", "--quiet", "-m", "Pull", "dev")
            })
        let preview = try await world.promote("dev", "test").preview
        #expect(preview.plan.kept.isEmpty)
        #expect(try await world.version("cart", in: "test") == "1.2")
    }

    @Test("never takes a hold from another branch, and loses none")
    func holds() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.commit(["test/holds/cart.yaml": "reason: not from here\n"], to: "dev")
        try await world.commit(["dev/holds/all.yaml": "reason: own\n"], to: "dev")
        try await world.release("cart", "1.1")
        try await world.hold("mail", in: "test")
        try await world.promote("dev", "test")
        let files = try await world.snapshot("test").files.keys.filter { $0.contains("/holds/") }
        #expect(files == ["test/holds/mail.yaml"])
        #expect(try await world.version("cart", in: "test") == "1.1")
    }

    @Test(
        "refuses a service that is named and held, unknown, or only in the target", arguments: ["cart", "crat", "mail"])
    func refusals(service: String) async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.release("cart", "1.1")
        try await world.release("mail", "1.0", in: "test")
        try await world.hold("cart", in: "test")
        let refusal = await #expect(throws: Refusal.self) { try await world.promote("dev", "test", [service]) }
        switch service {
        case "cart": #expect(refusal?.code == .held && refusal?.message == "cart is held in test by Ann: leak")
        case "crat": #expect(refusal?.code == .notFound && refusal?.hint == "did you mean \"cart\"?")
        default: #expect(refusal?.code == .notFound && refusal?.message == "dev has no release of mail")
        }
    }

    @Test("brings a removal, and brings back what the target removed only when it is named")
    func removals() async throws {
        let world = try PromotionWorld()
        for service in ["cart", "mail"] { try await world.release(service, "1.0") }
        try await world.promote("dev", "test")
        try await world.commit([PromotionWorld.path("cart"): nil], to: "dev", "Remove cart")
        try await world.commit([PromotionWorld.path("mail"): nil], to: "test", "Remove mail")
        let preview = try await world.promote("dev", "test").preview
        #expect(preview.services.map(\.word) == ["removed"])
        #expect(preview.risks.map(\.kind) == [.deletesService, .deletesObject])
        #expect(preview.risks.first?.text.hasPrefix("cart leaves test: Kim removed it from dev in ") == true)
        #expect(preview.summary.hasSuffix("1 object would be deleted."))
        #expect(preview.plan.kept.map(\.decision) == [.keep(.dropped)])
        #expect(try await world.record("cart", in: "test") == nil)
        try await world.promote("dev", "test", ["mail"])
        #expect(try await world.version("mail", in: "test") == "1.0")
        // Neither has it any more, but it is no unknown name.
        #expect(try await world.preview("dev", "test", ["cart"]).isEmpty)
    }

    @Test("that was looked at is done exactly so, or not at all, and says who moved what")
    func expectation() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        let seen = try await world.preview("dev", "test").expectation
        try await world.release("cart", "1.1")
        try await world.release("mail", "1.0")
        let moved = await #expect(throws: PromotionMoved.self) {
            try await world.promote("dev", "test", expecting: seen)
        }
        #expect(
            moved?.description.hasPrefix("dev moved: 2 commits since \(seen.from.prefix(7)) by Kim, the newest ")
                == true)
        #expect(moved?.description.hasSuffix("\"Release mail 1.0\"") == true)

        let again = try await world.preview("dev", "test").expectation
        let short = PromotionExpectation("\(again.from.prefix(7)),\(again.to.prefix(9)),\(again.digest.prefix(16))")
        #expect(short != nil && PromotionExpectation("\(again.from),\(again.to)") == nil)
        let other = await #expect(throws: PromotionMoved.self) {
            try await world.promote("dev", "test", ["cart"], expecting: again)
        }
        #expect(other?.branches.isEmpty == true)
        try await world.promote("dev", "test", expecting: short)
        #expect(try await world.version("mail", in: "test") == "1.0")
    }

    @Test("that could not be rendered afterwards is refused")
    func broken() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.commit(["services/cart.yaml": "template: gone\n"], to: "dev")
        let refusal = await #expect(throws: Refusal.self) { try await world.promote("dev", "test") }
        #expect(refusal?.code == .invalid)
        #expect(refusal?.diagnostics.first?.location.file == "environments/services/cart.yaml")
    }
}

@Suite("What a promotion's preview says", .timeLimit(.minutes(1)))
struct PromotionPreviewTests {
    /// What changes when dev's template, and other files, become others.
    private func preview(_ before: [String: String], _ after: [String: String]) async throws -> PromotionPreview {
        let world = try PromotionWorld(files: before)
        try await world.release("cart", "1.0")
        try await world.promote("dev", "test")
        try await world.commit(after.mapValues { $0 }, to: "dev")
        return try await world.preview("dev", "test")
    }

    private static func deployment(_ spec: String) -> String {
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {\(spec)}\n"
    }

    private static let container = container(labelled: "b")

    private static func container(labelled label: String) -> String {
        "template: {metadata: {labels: {a: \(label)}}, spec: {containers: [{name: main, image: \"cart:1@sha256:"
            + String(repeating: "0", count: 64) + "\"}]}}"
    }

    @Test(
        "names the risks in words",
        arguments: [
            (
                deployment("replicas: 2, \(container)"), deployment("replicas: 0, \(container)"),
                Risk.Kind.scalesToZero,
                "Deployment/cart goes to 0 replicas"
            ),
            (
                deployment("selector: {matchLabels: {a: b}}, \(container(labelled: "b"))"),
                deployment("selector: {matchLabels: {a: c}}, \(container(labelled: "c"))"), .immutableField,
                "spec.selector of Deployment/cart cannot change: the cluster will refuse it"
            ),
            (
                deployment(container), deployment("template: {spec: {containers: [{name: main, image: \"cart:2\"}]}}"),
                .imageByTag, "Deployment/cart runs cart:2: a tag can come to mean another image"
            ),
            (
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: data}\n", .touchesStorage,
                "PersistentVolumeClaim/data is deleted, once a person confirms it: what it holds goes with it"
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: data}\n",
                "apiVersion: acme.io/v1\nkind: Cart\nmetadata: {name: data}\n", .unknownSchema,
                "nobody here knows the schema of acme.io/v1 Cart: only the cluster can check Cart/data"
            ),
        ])
    func risks(before: String, after: String, kind: Risk.Kind, text: String) async throws {
        let risks = try await preview(["templates/cart.yaml": before], ["templates/cart.yaml": after]).risks
        #expect(risks.first { $0.kind == kind }?.text == text, "\(risks)")
    }

    @Test("a release that goes back is a downgrade, and replacing a hotfix is said")
    func downgrade() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.9")
        try await world.promote("dev", "test")
        try await world.release("cart", "1.8")
        #expect(try await world.preview("dev", "test").risks.map(\.kind) == [.imageByTag, .downgrade])
        try await world.release("cart", "2.0", in: "test")
        #expect(
            try await world.preview("dev", "test", ["cart"]).risks.map(\.kind) == [
                .imageByTag, .downgrade, .replacesHotfix,
            ])
    }

    @Test("values that change come with the file and line that set them, and Secrets' contents masked")
    func values() async throws {
        let template = """
            apiVersion: v1
            kind: Secret
            metadata: {name: cart}
            stringData: {url: "postgres://{{password}}@db"}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cart}
            data: {level: "{{level}}"}

            """
        let preview = try await preview(
            [
                "templates/cart.yaml": template,
                "services/cart.yaml": "values:\n  level: info\n  password: hunter1\n",
            ], ["services/cart.yaml": "values:\n  level: debug\n  password: hunter2\n"])
        #expect(preview.values.map(\.path.description) == ["level", "password"])
        let level = preview.values.first
        #expect(level?.before == "info" && level?.after == "debug")
        #expect(level?.origin.location.description == "environments/services/cart.yaml:2:10")
        #expect(preview.objects.map(\.key.groupKind.kind).sorted() == ["ConfigMap", "Secret"])
        #expect(!preview.json.jsonText().contains("hunter"))
    }

    @Test("the digest changes with each head, the tree and the manifests, and with nothing else")
    func digest() async throws {
        let world = try PromotionWorld()
        try await world.release("cart", "1.0")
        let first = try await world.preview("dev", "test")
        #expect(try await world.preview("dev", "test").digest == first.digest)
        #expect(first.digest.count == 64)
        try await world.commit(["notes.txt": "x"], to: "test")
        let second = try await world.preview("dev", "test")
        #expect(second.digest != first.digest)
        try await world.release("cart", "1.1")
        #expect(try await world.preview("dev", "test").digest != second.digest)
    }
}
