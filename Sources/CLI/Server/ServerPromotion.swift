// SPDX-License-Identifier: Apache-2.0

import Changes
import Crypto
import Domain
import HTTPClient
import JSON

/// `kubernaut promote` as a running kubernaut does it: with the caller's key, and no credential of the config repository.
/// It shows, asks, refuses and ends as a promotion that is made here does.
struct ServerPromotion {
    private let client: ServerClient
    private let invocation: Invocation
    private let from: Name
    private let to: Name
    /// Nil for everything.
    private let services: Set<Name>?
    private var console: Console { invocation.console }

    /// Nil unless `--server` was typed, and no `--repo` beside it: with one, the promotion is made there, and the server is
    /// only asked how it goes on. A variable that `status` reads must not send changes another way.
    ///
    /// - Throws: `.usage` for flags that only make sense with a repository or a cluster of one's own.
    init?(_ invocation: Invocation, services: Set<Name>?) throws {
        guard invocation.isOn("server"), let server = invocation.text("server") else { return nil }
        guard !invocation.isOn("repo") else {
            guard invocation.isOn("wait") else {
                throw CommandError(
                    .usage, "--server and --repo are two ways to the same repository",
                    hint: "give one of them; with --wait the promotion is made in --repo, and --server follows it")
            }
            return nil
        }
        for flag in ["author", "by", "signing-key"] where invocation.isOn(flag) {
            throw CommandError(
                .usage, "--\(flag) goes without --server: the server commits, in the name of the key",
                hint: "use --repo instead of --server")
        }
        for flag in ["kubeconfig", "context"] where invocation.isOn(flag) {
            throw CommandError(.usage, "--\(flag) goes without --server: the server asks the cluster that it follows")
        }
        from = try parsedName(invocation.arguments[0], for: "an environment")
        to = try parsedName(invocation.arguments[1], for: "an environment")
        client = try ServerClient(server, invocation)
        self.invocation = invocation
        self.services = services
    }

    func run() async throws -> ExitCode {
        defer { client.shutdown() }
        var order: Value = ["from": .string(from.text), "to": .string(to.text)]
        if let services {
            order["services"] = .list(services.sorted().map { .string($0.text) })
        } else {
            order["all"] = true
        }
        if let expectation = try PromotionExpectation(invocation) {
            order["expect"] = .string(expectation.description)
        }
        let progress = Progress(console, "comparing \(from) with \(to)")
        defer { progress.end() }
        if invocation.isOn("dry-run") { return try await dryRun(order, progress) }
        if !invocation.isOn("yes") {
            let preview = try await look(order, isOffline: true)
            progress.end()
            if let refusal = preview.report.refusal { throw commandError(refusal) }
            if !preview.report.isEmpty {
                let isExplicit = try await isExplicit()
                try preview.report.confirmation(isExplicit: isExplicit).obtain(invocation)
            }
            // What somebody agreed to is what is done.
            order["expect"] = order["expect"] ?? preview.document["expect"]
        }
        if let reason = invocation.text("reason") { order["reason"] = .string(reason) }
        let document = try await post(order)
        progress.end()
        let report = PromotionReport(document, invocation)
        let commit = document["commit"]?.string.flatMap { CommitID($0) }
        try report.showResult(commit)
        guard invocation.isOn("wait"), let commit else { return .done }
        return try await wait(for: commit, report)
    }

    // MARK: Looking

    private func dryRun(_ order: Value, _ progress: Progress) async throws -> ExitCode {
        let report = try await look(order, isOffline: invocation.isOn("offline")).report
        progress.end()
        try report.show()
        if let refusal = report.refusal { throw commandError(refusal) }
        return report.isRefused ? .conflict : .done
    }

    private func look(_ order: Value, isOffline: Bool) async throws -> (document: Value, report: PromotionReport) {
        var look = order
        look["dryRun"] = true
        look["offline"] = .bool(isOffline)
        var document = try await post(look)
        if isOffline { document["server"] = ["asked": false, "reason": "--offline"] }
        return (document, PromotionReport(document, invocation))
    }

    /// Whether nobody need be asked: chosen services, or not the last environment. Where the key does not see the
    /// environments, nobody can tell, and it counts as the last.
    private func isExplicit() async throws -> Bool {
        if services != nil { return true }
        let environments = try await client.value("GET", "/api/v1/environments")["items"]?.list ?? []
        let names = environments.compactMap { $0["name"]?.string }
        return names.contains(to.text) && names.last != to.text
    }

    // MARK: Following

    private func wait(for commit: CommitID, _ report: PromotionReport) async throws -> ExitCode {
        let timeout = try invocation.duration("timeout") ?? .seconds(300)
        let wait = RolloutWait(
            client: client, environment: to, commit: commit, services: report.followedServices, timeout: timeout)
        return try await wait.run(console) { other in
            if other == commit { return true }
            let progress = try await client.value("GET", "/api/v1/promotions/\(commit)")
            return (progress["steps"]?.list ?? []).contains { $0["name"] == "fetched" && $0["state"] == "done" }
        }
    }

    // MARK: Asking

    private func post(_ order: Value) async throws -> Value {
        let response = try await client.send(
            "POST", "/api/v1/promotions",
            headers: ["Content-Type": "application/json", "Idempotency-Key": hex(randomBytes(16))],
            body: order.json(), timeout: try invocation.duration("timeout") ?? .seconds(300))
        guard (200..<300).contains(response.status) else { throw refusal(response) }
        do {
            return try parseJSON(response.body)
        } catch {
            throw CommandError(
                .failed, "\(client.server)/api/v1/promotions is no JSON: \(error)", hint: "is it a kubernaut?")
        }
    }

    /// In the words of a promotion that is made here, where the server's answer is that of one.
    private func refusal(_ response: HTTPClientResponse) -> CommandError {
        let body = try? parseJSON(response.body)
        guard let body, let code = body["code"]?.string, let detail = body["detail"]?.string,
            let exit = ServerClient.exit(ofCode: code), !["not-allowed", "unauthorized"].contains(code)
        else { return client.refusal(response, purpose: "promote to \(to)") }
        let conflicts = (body["conflicts"]?.list ?? []).compactMap { FileConflict($0) }
        if !conflicts.isEmpty { console.complain(conflictText(conflicts, from: from, to: to, console.style(.error))) }
        let diagnostics = (body["diagnostics"]?.list ?? []).map { Diagnostic($0) }
        if !diagnostics.isEmpty {
            console.complain(DiagnosticReport(diagnostics, snapshot: nil).text(console.style(.error)))
        }
        let hint = code == "moved" ? "nothing was changed; look again with --dry-run" : body["hint"]?.string
        return CommandError(exit, detail, hint: hint)
    }

    private func commandError(_ refusal: Refusal) -> CommandError {
        console.complain(DiagnosticReport(refusal.diagnostics, snapshot: nil).text(console.style(.error)))
        return CommandError(refusal)
    }
}

extension PromotionExpectation {
    /// What `--expect` says; nil when it was not given.
    init?(_ invocation: Invocation) throws(CommandError) {
        guard let text = invocation.text("expect") else { return nil }
        guard let expectation = PromotionExpectation(text) else {
            throw CommandError(
                .usage, "--expect must be FROM_SHA,TO_SHA,DIGEST, not \"\(text)\"",
                hint: "copy the line that --dry-run prints")
        }
        self = expectation
    }
}

extension FileConflict {
    /// As REST writes one; nil for something else.
    fileprivate init?(_ value: Value) {
        guard let path = value["file"]?.string else { return nil }
        func lines(_ value: Value?) -> [String] { (value?.list ?? []).compactMap(\.string) }
        self.init(
            path: path,
            hunks: (value["hunks"]?.list ?? []).map { hunk in
                Hunk(
                    line: hunk["line"].flatMap { Int($0.jsonText()) } ?? 0, ours: lines(hunk["target"]),
                    theirs: lines(hunk["source"]))
            }, isRemovedByOurs: value["removedInTarget"] == true, isRemovedByTheirs: value["removedInSource"] == true)
    }
}

extension Diagnostic {
    /// As REST writes one.
    fileprivate init(_ value: Value) {
        func number(_ key: String) -> Int { value[at: "location", key].flatMap { Int($0.jsonText()) } ?? 0 }
        self.init(
            value["severity"]?.string.flatMap { Severity(rawValue: $0) } ?? .error, value["code"]?.string ?? "",
            value["message"]?.string ?? "",
            at: SourceLocation(
                file: value[at: "location", "file"]?.string ?? "", line: number("line"), column: number("column")),
            hint: value["hint"]?.string, service: value["service"]?.string.flatMap { Name($0) })
    }
}
