// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// Changes that a running kubernaut makes: whoever has a key needs no credential of the config repository.
struct ServerChanges {
    private let client: ServerClient
    private let invocation: Invocation

    /// Nil unless `--server` was typed: a variable that `status` reads must not send changes another way.
    ///
    /// - Throws: `.usage` for flags that only make sense with a repository of one's own.
    init?(_ invocation: Invocation) throws {
        guard invocation.isOn("server"), let server = invocation.text("server") else { return nil }
        for flag in ["repo", "dry-run", "author", "signing-key", "no-validate"] where invocation.isOn(flag) {
            throw CommandError(
                .usage, "--\(flag) goes without --server: the server commits, in the name of the key",
                hint: "use --repo instead of --server")
        }
        client = try ServerClient(server, invocation)
        self.invocation = invocation
    }

    func shutdown() { client.shutdown() }

    // MARK: Sync

    func sync(_ environment: Name) async throws -> ExitCode {
        _ = try await client.value("POST", "/api/v1/environments/\(environment)/sync")
        invocation.console.note("asked \(client.server) for a pass over \(environment)")
        return .done
    }

    // MARK: Suspend and unsuspend

    func suspend(_ environment: Name, reason: String, until: Instant?) async throws -> ExitCode {
        var order: Value = ["reason": .string(reason)]
        if let until { order["until"] = .string("\(until)") }
        _ = try await client.value("POST", "/api/v1/environments/\(environment)/suspension", order)
        invocation.console.note(
            "\(environment) is suspended\(until.map { " until \($0)" } ?? ""); to end it: "
                + "kubernaut unsuspend \(environment) --server \(client.server)")
        return .done
    }

    func unsuspend(_ environment: Name, reason: String?) async throws -> ExitCode {
        let query = reason.map { Query([("reason", $0)]).text } ?? ""
        let answer = try await client.value("DELETE", "/api/v1/environments/\(environment)/suspension" + query)
        invocation.console.note("\(environment) \(answer["result"] == "ended" ? "goes on" : "was not suspended")")
        return .done
    }

    // MARK: Hold and resume

    func hold(_ environment: Name, services: [Name], team: Name?, reason: String, until: Instant?) async throws
        -> ExitCode
    {
        var order: Value = ["environment": .string(environment.text), "reason": .string(reason)]
        if let team { order["team"] = .string(team.text) }
        if !services.isEmpty { order["services"] = .list(services.map { .string($0.text) }) }
        if team == nil, services.isEmpty { order["all"] = true }
        if let until { order["until"] = .string("\(until)") }
        try show([try await client.value("POST", "/api/v1/holds", order)], environment)
        return .done
    }

    /// - Parameter services: Empty for the environment's own hold.
    func resume(_ environment: Name, services: [Name], reason: String?) async throws -> ExitCode {
        let query = reason.map { Query([("reason", $0)]).text } ?? ""
        var answers: [Value] = []
        for path in services.isEmpty
            ? ["/api/v1/holds/\(environment)"] : services.map({ "/api/v1/holds/\(environment)/\($0)" })
        {
            answers.append(try await client.value("DELETE", path + query))
        }
        try show(answers, environment)
        return .done
    }

    private func show(_ answers: [Value], _ environment: Name) throws {
        let items = answers.flatMap { $0["items"]?.list ?? [] }
        guard invocation.output != "json" else {
            let document: Value = [
                "environment": .string(environment.text), "server": .string(client.server), "items": .list(items),
                "commits": .list(answers.compactMap { $0["commit"] }.filter { $0 != .null }),
            ]
            return try invocation.console.put(String(decoding: document.prettyJSON(), as: UTF8.self))
        }
        for item in items {
            let what = item["service"]?.string ?? "all of \(environment)"
            let word = (item["result"]?.string ?? "").replacing("-", with: " ")
            try invocation.console.put("\(what) in \(environment): \(word)\n")
        }
    }

    // MARK: Rollback

    /// Shows what would be done, asks, and has exactly that done.
    func rollback(_ service: Name, _ environment: Name, to: String, reason: String, holds: Bool, until: Instant?)
        async throws -> ExitCode
    {
        var order: Value = [
            "service": .string(service.text), "environment": .string(environment.text), "to": .string(to),
            "reason": .string(reason), "hold": .bool(holds), "withConfig": .bool(invocation.isOn("with-config")),
        ]
        if let until { order["until"] = .string("\(until)") }
        var look = order
        look["dryRun"] = true
        let preview = try await client.value("POST", "/api/v1/rollbacks", look)
        if let expect = preview["expect"], expect != .null {
            order["expect"] = expect
            try Confirmation(
                summary: Self.sentence(preview, "goes back"), question: "Roll back \(service) in \(environment)?",
                isExplicit: true
            ).obtain(invocation)
        }
        let done = try await client.value("POST", "/api/v1/rollbacks", order)
        guard invocation.output != "json" else {
            try invocation.console.put(String(decoding: done.prettyJSON(), as: UTF8.self))
            return .done
        }
        let commit = done["commit"]?.string.map { ": commit \($0.prefix(7))" } ?? ""
        try invocation.console.put(Self.sentence(done, commit.isEmpty ? "was already" : "is back") + "\(commit)\n")
        return .done
    }

    private static func sentence(_ answer: Value, _ verb: String) -> String {
        func text(_ key: String) -> String { answer[key]?.string ?? "?" }
        let from = answer["from"]?.string.map { " from \($0)" } ?? ""
        let held = answer["hold"] == true ? ", held" : ""
        return "\(text("service")) \(verb)\(from) to \(text("to")) in \(text("environment"))\(held)"
    }
}
