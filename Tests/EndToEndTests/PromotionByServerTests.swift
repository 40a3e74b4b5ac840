// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import JSON
import Lifecycle
import Platform
import TestKit
import Testing

/// The same commands twice: done by the binary in a repository, and by the daemon that follows it.
@Suite("A promotion that a server makes", .timeLimit(.minutes(2)))
struct PromotionByServerTests {
    private struct Ran: Equatable {
        let code: Int32
        let output: String
        let error: String
    }

    private let remote: ConfigRemote
    private let cluster: RunningCluster
    private let folder: TemporaryFolder
    private let daemon: RunningDaemon

    init() async throws {
        remote = try ConfigRemote()
        cluster = try await RunningCluster()
        for namespace in ["dev", "staging"] { try cluster.kubectl("create", "namespace", namespace) }
        folder = try TemporaryFolder("server-promotion")
        daemon = try await RunningDaemon(
            repository: remote.path, kubeconfig: cluster.kubeconfig, state: "\(folder.path)/state")
        try await eventually("both environments to be applied", within: .seconds(20)) { [daemon] in
            var applied = 0
            for name in ["dev", "staging"] where try await daemon.environment(name)?["appliedCommit"]?.string != nil {
                applied += 1
            }
            return applied == 2
        }
    }

    private func kubernaut(_ arguments: [String], token: String? = nil) throws -> Ran {
        var environment = ConfigRemote.environment
        environment["KUBERNAUT_TOKEN"] = token
        let watch = TransferWatch(
            TransferLimits(idle: .seconds(60), total: .seconds(60)), flag: CancellationFlag())
        let outcome = try ChildProcess.run(
            [try BuiltBinary.path()] + arguments, environment: environment, folder: folder.path, watch: watch)
        var code: Int32 = -1
        if case .exited(let number) = outcome.status { code = number }
        return Ran(code: code, output: outcome.outputText, error: outcome.errorText)
    }

    private func both(_ arguments: String...) throws -> (here: Ran, there: Ran) {
        (
            try kubernaut(arguments + ["--repo", remote.path]),
            try kubernaut(arguments + ["--server", daemon.address])
        )
    }

    /// Of a document, without what only a server knows: how the releases do where they come from.
    private func plain(_ text: String) throws -> String {
        guard text.hasPrefix("{") else { return text }
        var document = try parseJSON(Array(text.utf8))
        document["services"] = .list(
            (document["services"]?.list ?? []).map { service in
                var service = service
                service["source"] = nil
                return service
            })
        return document.jsonText()
    }

    @Test("shows, asks, refuses and ends as one that is made here")
    func same() async throws {
        try remote.commit(
            [
                "environments/releases/cart.yaml": ConfigRemote.record("cart", "1.1.0") + "releasedBy: Kim\nnote: x\n",
                "environments/defaults.yaml": "color: blue\n",
            ], "Release cart")
        let held = ["environments/staging/holds/mail.yaml": "by: Ann\nreason: leak\nsince: 2026-01-01T00:00:00Z\n"]
        try remote.commit(held, on: "staging", "Hold mail")
        try remote.commit(["environments/releases/mail.yaml": ConfigRemote.record("mail", "2.0.0")], "Release mail")
        for format in ["table", "diff", "json"] {
            let (here, there) = try both(
                "promote", "dev", "staging", "--all", "--dry-run", "--offline", "-o", format)
            #expect(here.code == 0 && there.code == 0)
            #expect(try plain(here.output) == plain(there.output), "\(format): \(here) \(there)")
            #expect(here.error == there.error, "\(format)")
        }
        let whole = try both("promote", "dev", "staging", "--all")
        #expect(whole.here.code == 64 && whole.here == whole.there)
        for arguments in [
            ["promote", "dev", "stagin", "--all", "--dry-run"], ["promote", "dev", "staging", "--service", "crat"],
            ["promote", "dev", "staging", "--service", "mail"],
        ] {
            let here = try kubernaut(arguments + ["--repo", remote.path, "--offline"])
            let there = try kubernaut(arguments + ["--server", daemon.address, "--offline"])
            #expect(here.code == there.code && here.output == there.output, "\(arguments) \(here) \(there)")
        }
        let asked = try kubernaut(["promote", "dev", "staging", "--all", "--dry-run", "--server", daemon.address])
        #expect(asked.code == 0 && asked.error.contains("was asked by a dry run and accepts it"), "\(asked)")
        let line = try #require(asked.error.split(separator: "\n").first { $0.contains("--expect ") })
        let expectation = String(line.split(separator: " ").last ?? "")

        try remote.commit(["environments/releases/cart.yaml": ConfigRemote.record("cart", "1.2.0")], "Release more")
        for arguments in [["--dry-run", "--offline"], ["--yes"]] {
            let late = try both("promote", "dev", "staging", "--all", "--expect", expectation, arguments[0])
            #expect(late.here.code == 3 && late.here == late.there, "\(late)")
            #expect(late.there.error.contains("dev moved: 1 commit since "))
        }
        #expect(remote.text("releases/cart.yaml", on: "staging")?.contains("1.0.0") == true)

        try remote.commit(["environments/defaults.yaml": "color: red\n"], on: "staging", "Paint it red")
        let conflict = try both("promote", "dev", "staging", "--all", "--yes")
        #expect(conflict.here.code == 3 && conflict.here == conflict.there, "\(conflict)")
        #expect(conflict.there.error.contains("in staging:\n    color: red\n"))
    }

    @Test("is committed in the name of the key, followed until it is healthy, and done once")
    func done() async throws {
        try remote.commit(["environments/releases/cart.yaml": ConfigRemote.record("cart", "1.1.0")], "Release cart")
        let before = try remote.bare.head("staging")
        let made = try kubernaut([
            "promote", "dev", "staging", "--service", "cart", "--reason", "weekly train", "--wait", "--timeout", "60s",
            "--server", daemon.address,
        ])
        let head = try remote.bare.head("staging")
        #expect(made.code == 0 && head != before, "\(made)")
        #expect(made.output.hasPrefix("staging \(before.short)..\(head.short): promoted 1 service from dev ("))
        #expect(made.output.hasSuffix("cart is healthy in staging\n"))
        #expect(try cluster.field(".data.image", of: "configmap/cart", in: "staging")?.hasSuffix(":1.1.0") == true)
        let message = try remote.bare.git("log", "-1", "--format=%cn %B", "staging")
        #expect(message.hasPrefix("kubernaut ") && message.contains("Kubernaut-Reason: weekly train"))
        let again = try kubernaut(["promote", "dev", "staging", "--all", "--yes", "--server", daemon.address])
        #expect(again.code == 0 && again.output.isEmpty && again.error.contains("Nothing to promote"))
        #expect(try remote.bare.head("staging") == head)
        // A key that nobody made.
        let unknown = try kubernaut(
            ["promote", "dev", "staging", "--all", "--yes", "--server", daemon.address],
            token: "kn_000000000000_\(String(repeating: "a", count: 43))")
        #expect(unknown.code == 4 && unknown.error.contains("answered 401"))
        // Two ways at once, and words that only count in a repository of one's own.
        for flags in [["--repo", remote.path], ["--author", "A <a@b.c>"], ["--by", "ann"], ["--context", "x"]] {
            let odd = try kubernaut(["promote", "dev", "staging", "--all", "--server", daemon.address] + flags)
            #expect(odd.code == 64, "\(odd)")
        }
    }

    @Test("has holds and rollbacks in the same words beside it")
    func others() async throws {
        try remote.commit(["environments/releases/cart.yaml": ConfigRemote.record("cart", "1.1.0")], "Release cart")
        let place = try Regex(": commit [0-9a-f]{7} on dev")
        func plain(_ text: String) -> String { text.replacing(place, with: "") }
        for words in [
            ["hold", "--service", "cart", "--reason", "sale"], ["hold", "--service", "cart", "--reason", "sale"],
            ["resume", "--service", "cart"], ["resume", "--service", "cart"], ["hold", "--all", "--reason", "x"],
            ["resume", "--all"],
        ] {
            let there = try kubernaut(words + ["--env", "dev", "--yes", "--server", daemon.address])
            // The same again in another place that stands as this one did.
            let here = try kubernaut(words + ["--env", "staging", "--yes", "--repo", remote.path])
            let plainHere = here.output.replacing(try Regex(": commit [0-9a-f]{7} on staging"), with: "")
                .replacing("staging", with: "dev")
            #expect(there.code == 0 && here.code == 0 && plain(there.output) == plainHere, "\(there) \(here)")
        }
        let back = try kubernaut([
            "rollback", "cart", "--env", "dev", "--reason", "leak", "--yes", "--server", daemon.address,
        ])
        #expect(plain(back.output) == "cart is back at 1.0.0 and held in dev\n", "\(back)")
    }
}
