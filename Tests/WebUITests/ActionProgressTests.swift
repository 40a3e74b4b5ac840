// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import WebUI

@Suite("How far a promotion has come")
struct ActionProgressTests {
    private func service(
        _ name: String, _ verdict: Verdict = .healthy, inSync: Bool = true, problem: String? = nil
    ) -> ServiceStatus {
        ServiceStatus(
            name: Fixture.name(name), team: nil, release: nil, verdict: verdict, reason: "because", since: nil,
            objects: Fixture.objects(name, namespace: "staging", inSync: inSync),
            diagnostics: problem.map {
                [Diagnostic(.error, "KN1", $0, at: SourceLocation(file: "a.yaml", line: 1))]
            } ?? [])
    }

    private func states(
        _ services: [ServiceStatus], isFetched: Bool = true, isApplied: Bool = false,
        _ change: (inout EnvironmentStatus) -> Void = { _ in }
    ) -> String {
        var status = EnvironmentStatus(environment: Environment(name: Fixture.name("staging")))
        status.services = services
        change(&status)
        let record = ActionRecord(
            .promotion, Fixture.commitID(1), source: Fixture.name("dev"), environment: Fixture.name("staging"),
            moves: ["cart", "mail"].map { .init(service: Fixture.name($0), from: "1", to: "2") }, isWhole: false,
            actor: "kim", reason: nil, at: Fixture.now)
        let progress = ActionProgress(of: record, status, isFetched: isFetched, isApplied: isApplied)
        let words: [ActionProgress.State: String] = [.done: "d", .running: "r", .waiting: "w", .failed: "f"]
        return progress.steps.map { words[$0.state] ?? "" }.joined() + " " + progress.word
    }

    @Test("is what the daemon sees, and never further")
    func steps() {
        let both = [service("cart"), service("mail"), service("other", .failed)]
        #expect(states(both, isFetched: false) == "drwww running")
        #expect(states([service("cart")]) == "ddrww running")
        #expect(states([service("cart"), service("mail", inSync: false)]) == "dddrw running")
        #expect(states(both) { $0.isReconciling = true } == "dddrw running")
        #expect(states([service("cart"), service("mail", .rollingOut)]) == "ddddr running")
        #expect(states(both) == "ddddd done")
        #expect(states([service("cart"), service("mail", .held)]) == "ddddd done")
        #expect(states([service("cart")], isApplied: true) == "ddddd done")
    }

    @Test("says where it failed")
    func failures() {
        #expect(states([service("cart"), service("mail", problem: "no such value")]) == "ddfww failed")
        #expect(states([service("cart"), service("mail", .failed)]) == "dddfw failed")
        #expect(states([service("cart"), service("mail", .unhealthy)]) == "ddddf failed")
        #expect(states([service("cart"), service("mail")]) { $0.sourceProblem = "broken" } == "ddfww failed")
        // A cluster that cannot be reached will be.
        #expect(states([service("cart"), service("mail")]) { $0.clusterProblem = "away" } == "dddrw running")
    }
}
