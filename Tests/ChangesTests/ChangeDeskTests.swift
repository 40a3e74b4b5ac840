// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import Lifecycle
import Logging
import Render
import TestKit
import Testing

/// A server's desk before a real remote that other people push to, too.
private struct Office {
    let remote: ConfigRemote
    let desk: ChangeDesk
    let pipeline: Pipeline
    private let folder: TemporaryFolder
    let looks = Lock(0)

    /// - Parameter address: Where the daemon finds the remote; nil for its path.
    init(_ services: [String] = ["cart", "mail"], at address: (ConfigRemote) throws -> String? = { _ in nil }) throws {
        remote = try ConfigRemote(services: services)
        folder = try TemporaryFolder("mirror")
        let mirror = try GitMirror(
            of: GitRemote(try RepositoryURL(try address(remote) ?? remote.path)), in: "\(folder.path)/mirror",
            logger: .silent)
        let pipeline = Pipeline(environments: ["dev", "staging"].compactMap { Name($0).map { Environment(name: $0) } })
        self.pipeline = pipeline
        desk = ChangeDesk(
            mirror, root: "environments", pipeline: { pipeline },
            committer: CommitIdentity(name: "kubernaut", email: "kubernaut@kubernaut.invalid"), timeout: .seconds(20),
            changed: { [looks] _ in looks.withLock { $0 += 1 } })
    }

    var dev: Environment { pipeline.environments[0] }
    var staging: Environment { pipeline.environments[1] }

    static let kim = ChangeDesk.Author(
        CommitIdentity(name: "Kim Doe", email: "7+kim@users.noreply.github.com"), name: "kim")

    func name(_ text: String) throws -> Name { try #require(Name(text)) }

    func release(_ service: String, _ version: String) throws -> ReleaseRequest {
        try ReleaseRequest(
            ReleaseRecord(
                service: try name(service), version: version, image: "registry.example.com/\(service):\(version)"))
    }

    func log(_ branch: String, _ format: String) throws -> String {
        try remote.bare.git("log", "-1", "--format=\(format)", branch)
    }
}

@Suite("The desk of a server", .timeLimit(.minutes(1)))
struct ChangeDeskTests {
    @Test("commits as the person who asked, signs as kubernaut, and says so in trailers")
    func authorship() async throws {
        let office = try Office()
        let outcome = try await office.desk.release(try office.release("cart", "1.1.0"), in: office.dev, by: Office.kim)
        #expect(outcome.commit?.hex == (try office.log("dev", "%H")))
        #expect(
            try office.log("dev", "%an <%ae>, %cn <%ce>")
                == "Kim Doe <7+kim@users.noreply.github.com>, kubernaut <kubernaut@kubernaut.invalid>")
        let message = try office.log("dev", "%B")
        #expect(message.contains("Kubernaut-Action: release") && message.contains("Kubernaut-Actor: kim"))
        #expect(office.looks.withLock({ $0 }) == 1)
        let again = try await office.desk.release(try office.release("cart", "1.1.0"), in: office.dev, by: Office.kim)
        #expect(again.commit == nil && office.looks.withLock({ $0 }) == 1)
    }

    @Test("lands every one of many changes that come at once, while others push")
    func crowd() async throws {
        let services = (1...8).map { "svc-\($0)" }
        let office = try Office(services)
        try await withThrowingTaskGroup(of: CommitID?.self) { group in
            for service in services {
                group.addTask {
                    try await office.desk.release(
                        try office.release(service, "2.0.0"), in: office.dev, by: Office.kim
                    ).commit
                }
            }
            // A person pushes as people do: again, when somebody was faster.
            while (try? office.remote.commit(["environments/defaults.yaml": "color: blue\n"])) == nil {
            }
            for try await commit in group { #expect(commit != nil) }
        }
        for service in services {
            #expect(office.remote.text("releases/\(service).yaml")?.contains("2.0.0") == true)
        }
        #expect(office.remote.text("defaults.yaml") == "color: blue")
    }

    @Test("lets its own changes of a branch take turns: none is made twice")
    func turns() async throws {
        let services = (1...6).map { "svc-\($0)" }
        let office = try Office(services)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for service in services {
                group.addTask {
                    try await office.desk.release(
                        try office.release(service, "2.0.0"), in: office.dev, by: Office.kim
                    ).attempts
                }
            }
            for try await attempts in group { #expect(attempts == 1) }
        }
    }

    @Test("takes away the release that is meant, and no other")
    func withdraw() async throws {
        let office = try Office()
        func withdraw(_ version: String) async throws -> ChangeOutcome<WithdrawAnswer> {
            try await office.desk.withdraw(
                try office.name("cart"), version: version, in: office.dev, reason: "broken", by: Office.kim)
        }
        #expect(try await withdraw("0.9.0").answer == .notRecorded)
        let gone = try await withdraw("1.0.0")
        #expect(gone.commit != nil && office.remote.text("releases/cart.yaml") == nil)
        #expect(try office.log("dev", "%B").contains("Kubernaut-Action: withdraw"))
        #expect(try await withdraw("1.0.0").commit == nil)
        #expect(office.remote.text("releases/cart.yaml", on: "staging") != nil)
    }

    @Test("does not take away or bring what somebody holds")
    func held() async throws {
        let office = try Office()
        let cart = try office.name("cart")
        let held = try await office.desk.hold(
            .services([cart]), in: office.dev, reason: "sale", until: nil, by: Office.kim, approving: { _ in })
        #expect(held.commit != nil)
        let refusal = await #expect(throws: Refusal.self) {
            _ = try await office.desk.withdraw(cart, version: "1.0.0", in: office.dev, reason: nil, by: Office.kim)
        }
        #expect(refusal?.code == .held && refusal?.message.contains("sale") == true)
        let head = try await office.desk.repository.fetchHead(of: "dev")
        let standing = try await office.desk.holds(in: office.dev.name, at: head.commit)
        #expect(standing.map(\.hold.reason) == ["sale"] && standing.first?.hold.by == "kim")
    }

    @Test("rolls back exactly what a preview showed, or nothing")
    func rollback() async throws {
        let office = try Office()
        let cart = try office.name("cart")
        _ = try await office.desk.release(try office.release("cart", "1.1.0"), in: office.dev, by: Office.kim)
        let request = RollbackRequest(
            service: cart, target: .previous, reason: "leak", actor: "kim", holds: true, until: nil)
        let (answer, preview) = try await office.desk.preview(request, in: office.dev, restoringConfiguration: false)
        #expect(answer.from?.version == "1.1.0" && answer.to.version == "1.0.0")
        let digest = try #require(preview?.digest)
        #expect(preview?.objects.count == 1)
        // Something that the result depends on moves: the promise is void.
        try office.remote.commit(["environments/defaults.yaml": "color: red\n"])
        let refusal = await #expect(throws: Refusal.self) {
            _ = try await office.desk.rollback(
                request, in: office.dev, restoringConfiguration: false, expecting: digest, by: Office.kim)
        }
        #expect(refusal?.code == .conflict)
        // Something that it does not depend on moves: the promise stands.
        let fresh = try await office.desk.preview(request, in: office.dev, restoringConfiguration: false)
        _ = try await office.desk.release(try office.release("mail", "3.0.0"), in: office.dev, by: Office.kim)
        let done = try await office.desk.rollback(
            request, in: office.dev, restoringConfiguration: false, expecting: fresh.preview?.digest, by: Office.kim)
        #expect(done.commit != nil && office.remote.text("releases/cart.yaml")?.contains("1.0.0") == true)
        #expect(office.remote.text("dev/holds/cart.yaml")?.contains("leak") == true)
    }

    @Test("asks about every attempt of a promotion before it is made")
    func approval() async throws {
        struct No: Error {}
        let office = try Office()
        _ = try await office.desk.release(try office.release("cart", "1.1.0"), in: office.dev, by: Office.kim)
        let before = try office.remote.bare.head("staging")
        let request = PromotionRequest(from: office.dev, to: office.staging, services: nil)
        await #expect(throws: No.self) {
            _ = try await office.desk.promote(
                request, expecting: nil, reason: nil, by: Office.kim,
                approving: { preview in
                    #expect(preview.services.map(\.name.text) == ["cart"])
                    throw No()
                })
        }
        #expect(try office.remote.bare.head("staging") == before)
        let preview = try await office.desk.preview(request)
        let done = try await office.desk.promote(
            request, expecting: preview.expectation, reason: "weekly", by: Office.kim, approving: { _ in })
        #expect(done.commit == (try office.remote.bare.head("staging")))
        #expect(try office.log("staging", "%B").contains("Kubernaut-Reason: weekly"))
    }

    @Test("brings a known release to another environment, byte for byte")
    func deploy() async throws {
        let office = try Office()
        let cart = try office.name("cart")
        let made = try await office.desk.release(try office.release("cart", "1.1.0"), in: office.dev, by: Office.kim)
        let commit = try #require(made.commit)
        let known = try #require(await office.desk.record(of: cart, at: commit))
        let outcome = try await office.desk.deploy(
            known.record, known.file, to: office.staging, reason: nil, by: Office.kim)
        #expect(
            outcome.answer
                == .deployed(
                    previous: ReleaseRecord(
                        service: cart, version: "1.0.0", image: "registry.example.com/cart:1.0.0")))
        #expect(office.remote.text("releases/cart.yaml", on: "staging") == office.remote.text("releases/cart.yaml"))
        let again = try await office.desk.deploy(
            known.record, known.file, to: office.staging, reason: nil, by: Office.kim)
        #expect(again.answer == .alreadyThere && again.commit == nil)
    }

    @Test("says in the remote's own words why it may not write, and what to do")
    func unwritable() async throws {
        let office = try Office()
        try office.remote.bare.write("#!/bin/sh\necho branch dev is protected >&2\nexit 1\n", to: "hooks/pre-receive")
        try runCommand(["chmod", "+x", "\(office.remote.path)/hooks/pre-receive"])
        let refusal = await #expect(throws: Refusal.self) {
            _ = try await office.desk.release(try office.release("cart", "1.1.0"), in: office.dev, by: Office.kim)
        }
        #expect(refusal?.code == .unwritable)
        #expect(refusal?.hint?.contains("credential that may push") == true)
        #expect(
            refusal?.message.contains("pre-receive hook declined") == true
                || refusal?.message.contains("protected") == true)
        #expect(office.looks.withLock({ $0 }) == 0)
    }

    @Test("reads, and says that it may not write, where a git server lets it do no more")
    func readOnly() async throws {
        let held = Lock<GitHTTPServer?>(nil)
        let office = try Office(at: { remote in
            try remote.bare.git("config", "http.receivepack", "false")
            let folder = remote.path.split(separator: "/").dropLast().joined(separator: "/")
            let server = try GitHTTPServer(root: "/\(folder)")
            held.withLock { $0 = server }
            return "\(server.base)/open/\(remote.path.split(separator: "/").last ?? "")"
        })
        let request = PromotionRequest(from: office.dev, to: office.staging, services: nil)
        #expect(try await office.desk.preview(request).isEmpty)
        let before = try office.remote.bare.head("dev")
        let refusal = await #expect(throws: Refusal.self) {
            _ = try await office.desk.release(try office.release("cart", "1.1.0"), in: office.dev, by: Office.kim)
        }
        #expect(
            refusal?.code == .unwritable && refusal?.message.contains("403") == true, "\(String(describing: refusal))")
        #expect(try office.remote.bare.head("dev") == before)
    }
}
