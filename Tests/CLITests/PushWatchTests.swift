// SPDX-License-Identifier: Apache-2.0

import Domain
import History
import Lifecycle
import Testing

@testable import CLI

/// What arrives on branches past the daemon.
@Suite(.timeLimit(.minutes(1))) struct PushWatchTests {
    private final class Branch: Sendable {
        let commits = Lock<[Commit]>([])
        let policy = Lock(Policy.empty)
        let leader = Lock<String?>(nil)
        let audit = MemoryAudit()
        let remembered: CommitID?
        private let environment: Environment

        init(remembered: Int? = nil) throws {
            environment = Environment(name: try #require(Name("dev")))
            self.remembered = remembered.map { Self.commit($0).id }
        }

        static func commit(_ number: Int) -> Commit {
            let digits = String(number)
            let hex = String(repeating: "0", count: 40 - digits.count) + digits
            guard let id = CommitID(hex) else { preconditionFailure("forty digits are an id") }
            return Commit(
                id: id, author: "Author \(number)", email: "a@example.org", date: Instant(seconds: 1_700_000_000),
                subject: "Subject \(number)")
        }

        func push(_ numbers: ClosedRange<Int>) { commits.withLock { $0 = numbers.reversed().map(Self.commit) } }

        func watch() -> PushWatch {
            PushWatch(
                PushWatch.Tools(
                    status: { [self] in
                        var status = DaemonStatus(repository: "")
                        var dev = EnvironmentStatus(environment: environment)
                        dev.head = commits.withLock { $0.first }
                        dev.leadership = leader.withLock { $0 }.map { Leadership(replica: "us", leader: $0) }
                        status.environments = [dev]
                        status.policy = policy.withLock { $0 }
                        return status
                    }, changes: { AsyncStream { $0.yield() } },
                    history: { [self] _, limit in
                        commits.withLock { $0.prefix(limit).map { HistoryStep(commit: $0, changes: [:]) } }
                    }, audit: audit, lastCommit: { [remembered] _ in remembered }, warn: { _ in },
                    patience: .zero))
        }

        func rows() async throws -> [AuditRecord] {
            try await audit.records(matching: .init(), before: nil, limit: 200)
        }

        func subjects() async throws -> Set<String> { Set(try await rows().map { $0.detail ?? "" }) }
    }

    @Test("commits that nobody made here are rows, those of an action and those seen before are not")
    func pushes() async throws {
        let branch = try Branch()
        let watch = branch.watch()
        branch.push(1...3)
        await watch.look()
        #expect(try await branch.rows().isEmpty)
        var own = AuditRecord(
            id: TimeOrderedID.make(at: wallClock()), at: wallClock(), actor: .init(name: "ann", personID: 1),
            channel: .web, action: .release, result: .done)
        own.environment = Name("dev")
        own.commit = Branch.commit(5).id
        own.detail = "own"
        try await branch.audit.append(own)
        branch.push(1...6)
        await watch.look()
        await watch.look()
        #expect(try await branch.subjects() == ["own", "Subject 4", "Subject 6"])
        let row = try #require(try await branch.rows().first { $0.detail == "Subject 4" })
        #expect(row.action == .push && row.channel == .git && row.actor == .init(name: "Author 4"))
        #expect(row.environment == Name("dev") && row.commit == Branch.commit(4).id)
    }

    @Test("what was pushed while no daemon ran is found at the next start")
    func restart() async throws {
        let branch = try Branch(remembered: 2)
        branch.push(1...3)
        await branch.watch().look()
        #expect(try await branch.subjects() == ["Subject 3"])
    }

    @Test("a branch that was set back or rewritten is one row that says so")
    func rewritten() async throws {
        let branch = try Branch()
        let watch = branch.watch()
        branch.push(1...3)
        await watch.look()
        branch.push(1...2)
        await watch.look()
        let rows = try await branch.rows()
        #expect(rows.count == 1 && rows[0].detail?.contains("set back or rewritten") == true)
    }

    @Test("of many commits the newest have a row each and the rest are counted")
    func many() async throws {
        let branch = try Branch()
        let watch = branch.watch()
        branch.push(1...1)
        await watch.look()
        branch.push(1...31)
        await watch.look()
        let subjects = try await branch.subjects()
        #expect(
            subjects.count == 21 && subjects.contains("Subject 31") && subjects.contains("and 10 commits before these"))
    }

    @Test("of several replicas the one that leads writes")
    func leadership() async throws {
        let branch = try Branch(remembered: 1)
        branch.push(1...2)
        branch.leader.withLock { $0 = "another" }
        let watch = branch.watch()
        await watch.look()
        #expect(try await branch.rows().isEmpty)
        branch.leader.withLock { $0 = "us" }
        await watch.look()
        #expect(try await branch.rows().count == 1)
    }

    @Test("other grants are a row that names them; the same grants on other lines are none")
    func policy() async throws {
        func policy(_ role: Role, line: Int) -> Policy {
            Policy(
                teams: [],
                grants: [
                    Grant(
                        subjects: [.user("ann")], role: role, environments: [.any], services: [Glob("cart")],
                        location: SourceLocation(file: "kubernaut.yaml", line: line))
                ])
        }
        let branch = try Branch()
        let watch = branch.watch()
        for (role, line) in [(Role.developer, 1), (.developer, 2), (.admin, 2)] {
            branch.policy.withLock { $0 = policy(role, line: line) }
            await watch.look()
        }
        let rows = try await branch.rows()
        #expect(rows.count == 1 && rows[0].action == .policy)
        #expect(rows[0].detail == "added: admin for ann on cart in *; removed: developer for ann on cart in *")
    }
}
