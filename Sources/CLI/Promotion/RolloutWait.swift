// SPDX-License-Identifier: Apache-2.0

import Domain

/// Follows a commit in a running kubernaut until the services that it changed are healthy.
struct RolloutWait {
    let client: ServerClient
    let environment: Name
    let commit: CommitID
    /// Empty for all.
    let services: [String]
    let timeout: Duration

    /// - Parameter contains: Whether another commit of the branch has ours behind it.
    /// - Returns: `.done` when healthy.
    /// - Throws: `.no` when one failed, `.timedOut` when the time is up.
    func run(_ console: Console, contains: (CommitID) async throws -> Bool) async throws -> ExitCode {
        let clock = ContinuousClock()
        let end = clock.now + timeout
        // A pass now instead of at the next poll. A daemon that does not listen, or to us, will poll.
        _ = try? await client.send("POST", "/api/v1/environments/\(environment)/sync", timeout: .seconds(10))
        let progress = Progress(console, "waiting for \(environment) to see \(commit.short)")
        defer { progress.end() }
        while true {
            let status = try await client.status()
            let found = (status["environments"]?.list ?? []).first { $0["name"]?.string == environment.text }
            let head = found?[at: "head", "id"]?.string.flatMap { CommitID($0) }
            if let head, try await contains(head) { break }
            guard clock.now < end else {
                throw CommandError(
                    .timedOut, "the daemon did not see \(commit.short) within \(timeout.short)",
                    hint: "the promotion is made; does this daemon follow the same repository?")
            }
            try await clock.sleep(for: .milliseconds(500))
        }
        progress.end()
        let goal = WaitGoal(environment: environment.text, services: services, version: nil, wantsHealth: true)
        return try await Waiting(
            client: client, goal: goal, timeout: max(.seconds(2), end - clock.now), console: console
        ).run()
    }
}
