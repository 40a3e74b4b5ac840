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
        for answer in answers {
            let lines = (answer["items"]?.list ?? []).map { Self.line($0, environment) }
            try invocation.console.put(lines.joined(separator: "\n") + Self.place(of: answer) + "\n")
        }
    }

    private static func line(_ item: Value, _ environment: Name) -> String {
        let service = item["service"]?.string
        let place = service == nil ? "" : " in \(environment)"
        let words =
            switch item["result"]?.string {
            case "held": "is held"
            case "already-held": "is already held"
            case "resumed": "is no longer held"
            default: "is not held"
            }
        return "\(service ?? "all of \(environment)") \(words)\(place)"
    }

    /// `: commit 9f2ab11 on dev`, or nothing when there is none.
    private static func place(of answer: Value) -> String {
        guard let commit = answer["commit"]?.string, let branch = answer["branch"]?.string else { return "" }
        return ": commit \(commit.prefix(7)) on \(branch)"
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
                summary: Self.summary(preview), question: "Roll back \(service) in \(environment)?",
                isExplicit: true
            ).obtain(invocation)
        }
        let done = try await client.value("POST", "/api/v1/rollbacks", order)
        guard invocation.output != "json" else {
            try invocation.console.put(String(decoding: done.prettyJSON(), as: UTF8.self))
            return .done
        }
        try invocation.console.put(Self.sentence(done) + Self.place(of: done) + "\n")
        return .done
    }

    private static func summary(_ preview: Value) -> String {
        func text(_ key: String) -> String { preview[key]?.string ?? "?" }
        let from = preview["from"]?.string.map { " from \($0)" } ?? ""
        let until = preview["until"]?.string.map { " until \($0)" } ?? ""
        var summary = "\(text("service")) goes\(from) back to \(text("to")) in \(text("environment"))"
        summary += preview["hold"] == true ? " and is held there\(until)." : ", without a hold."
        let files = (preview["configuration"]?.list ?? []).compactMap(\.string)
        if !files.isEmpty { summary += " Configuration as it was then: \(files.joined(separator: ", "))." }
        if let reason = preview["heldBefore"]?.string { summary += " It is held already: \(reason)." }
        return summary
    }

    private static func sentence(_ answer: Value) -> String {
        func text(_ key: String) -> String { answer[key]?.string ?? "?" }
        let held = answer["hold"] == true ? " and held" : ""
        return answer["commit"]?.string == nil
            ? "\(text("service")) is at \(text("to"))\(held) in \(text("environment")) already"
            : "\(text("service")) is back at \(text("to"))\(held) in \(text("environment"))"
    }
}
