// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Lifecycle

extension Command {
    static let wait = Command(
        "wait", .look, "wait until a release is applied, or works",
        [
            "Asks a running kubernaut (--server) every two seconds. Ends with 0 when it is so, with 1 when it failed or "
                + "does not work (unhealthy for 30 seconds), with 6 when --timeout is over; work may still go on then.",
            "With --version the daemon must have seen that version first. A service that is held counts as healthy when "
                + "nothing else is wrong with it.",
        ],
        flags: [
            SharedFlag.environment, SharedFlag.service,
            Flag("version", value: "VERSION", "this version of the service"),
            Flag(
                "for", value: "STATE", "applied: the cluster has it; healthy: it works", default: "healthy",
                values: .choice(["applied", "healthy"])),
            Flag(
                "timeout", value: "DURATION", "how long to wait", default: "10m", variable: "KUBERNAUT_TIMEOUT"),
        ] + SharedFlag.access,
        examples: [
            Example(
                "kubernaut wait --env dev --service cart --version 1.43.0 --server https://kubernaut.example.com",
                "after a release")
        ], stopsCleanly: true
    ) { invocation in
        let server = try invocation.required("server")
        let goal = try WaitGoal(invocation)
        let timeout = try invocation.duration("timeout") ?? .seconds(600)
        let client = try ServerClient(server, invocation)
        defer { client.shutdown() }
        let watch = Waiting(client: client, goal: goal, timeout: timeout, console: invocation.console)
        return try await watch.run()
    }
}

/// What is waited for. Its verdict over a status is pure.
struct WaitGoal: Sendable {
    enum State: Sendable, Hashable {
        case reached
        /// Why not yet.
        case pending(String)
        /// It is over for now: applying failed, or it does not work.
        case bad(String)
        /// Trouble that may pass.
        case doubtful(String)
    }

    let environment: String
    /// Empty for all.
    let services: [String]
    let version: String?
    let wantsHealth: Bool

    init(environment: String, services: [String], version: String?, wantsHealth: Bool) {
        self.environment = environment
        self.services = services
        self.version = version
        self.wantsHealth = wantsHealth
    }

    init(_ invocation: Invocation) throws(CommandError) {
        self.init(
            environment: try invocation.required("env"), services: invocation.texts("service"),
            version: invocation.text("version"), wantsHealth: invocation.text("for") == "healthy")
        if version != nil, services.count != 1 {
            throw CommandError(.usage, "--version goes with one --service")
        }
    }

    /// - Parameter status: As `GET /api/v1/status` answers.
    /// - Throws: `.notFound` for an environment that the daemon does not have.
    func state(in status: Value) throws(CommandError) -> State {
        let environments = status["environments"]?.list ?? []
        guard let found = environments.first(where: { $0["name"]?.string == environment }) else {
            if status["ready"]?.bool == false { return .pending("the daemon is starting") }
            let names = environments.compactMap { $0["name"]?.string }
            throw CommandError(
                .notFound, "the daemon has no environment \"\(environment)\"",
                hint: didYouMean(environment, in: names) ?? "there are \(names.joined(separator: ", "))")
        }
        for key in ["sourceProblem", "clusterProblem"] {
            if let problem = found[key]?.string { return .doubtful(problem) }
        }
        let all = found["services"]?.list ?? []
        guard services.isEmpty else {
            var states: [State] = []
            for name in services {
                guard let service = all.first(where: { $0["name"]?.string == name }) else {
                    return .pending("\(name) is not in \(environment) yet")
                }
                states.append(state(of: service, name))
            }
            return Self.worst(states)
        }
        let head = found[at: "head", "id"]?.string
        if head == nil || head != found["appliedCommit"]?.string {
            let failed = all.map { state(of: $0, $0["name"]?.string ?? "") }.first {
                if case .bad = $0 { true } else { false }
            }
            return failed ?? .pending("commit \((head ?? "").prefix(7)) is not applied yet")
        }
        return Self.worst(all.map { state(of: $0, $0["name"]?.string ?? "") })
    }

    private func state(of service: Value, _ name: String) -> State {
        let seen = service[at: "release", "version"]?.string ?? ""
        if let version, seen != version { return .pending("the daemon has \(name) \(seen), not yet \(version)") }
        let reason = service["reason"]?.string ?? ""
        let verdict = service["verdict"]?.string ?? ""
        let text = reason.isEmpty ? "\(name) is \(verdict)" : "\(name) is \(verdict): \(reason)"
        switch verdict {
        case "healthy", "held", "not-here": return .reached
        case "failed", "stuck": return .bad(text)
        case "unhealthy": return wantsHealth ? .doubtful(text) : .reached
        case "rolling-out", "drifted": return wantsHealth ? .pending(text) : .reached
        default: return .pending(text)
        }
    }

    private static func worst(_ states: [State]) -> State {
        func rank(_ state: State) -> Int {
            switch state {
            case .bad: 3
            case .doubtful: 2
            case .pending: 1
            case .reached: 0
            }
        }
        return states.max { rank($0) < rank($1) } ?? .reached
    }
}

struct Waiting {
    let client: ServerClient
    let goal: WaitGoal
    let timeout: Duration
    let console: Console

    private static let pause = Duration.seconds(2)
    /// How long trouble may last before it counts.
    private static let patience = Duration.seconds(30)

    func run() async throws -> ExitCode {
        let clock = ContinuousClock()
        let start = clock.now
        let progress = Progress(console, "waiting")
        defer { progress.end() }
        var troubleSince: ContinuousClock.Instant?
        var badCount = 0
        var said = ""
        while true {
            let state = try await look()
            let now = clock.now
            let text: String
            switch state {
            case .reached:
                progress.end()
                let what = goal.services.isEmpty ? goal.environment : goal.services.joined(separator: ", ")
                let version = goal.version.map { " \($0)" } ?? ""
                try console.put(
                    "\(what)\(version) is \(goal.wantsHealth ? "healthy" : "applied")\(goal.services.isEmpty ? "" : " in \(goal.environment)")\n"
                )
                return .done
            case .pending(let reason):
                (text, troubleSince, badCount) = (reason, nil, 0)
            case .doubtful(let reason):
                text = reason
                troubleSince = troubleSince ?? now
                if let since = troubleSince, now - since >= Self.patience { throw CommandError(.no, reason) }
            case .bad(let reason):
                // Twice: the first may be the last word about the release before.
                text = reason
                badCount += 1
                if badCount > 1 { throw CommandError(.no, reason) }
            }
            progress.update("waiting: \(text)")
            if text != said, !console.terminals.contains(.error) { console.note("waiting: \(text)") }
            said = text
            guard now - start + Self.pause < timeout else {
                throw CommandError(
                    .timedOut, "after \(timeout.short): \(text)",
                    hint: "it may still go on: kubernaut status --env \(goal.environment)")
            }
            try await clock.sleep(for: Self.pause)
        }
    }

    private func look() async throws -> WaitGoal.State {
        do {
            return try goal.state(in: try await client.status())
        } catch {
            // A daemon that restarts is no reason to give up.
            guard error.exit == .unavailable || error.exit == .timedOut else { throw error }
            return .pending(error.message)
        }
    }
}
