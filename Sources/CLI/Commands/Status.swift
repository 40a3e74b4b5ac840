// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Render
import WebUI
import YAML

extension Command {
    static let status = Command(
        "status", .look, "say what runs where, and how it does",
        [
            "Asks a running kubernaut (--server). Without one it looks for itself: the newest commit of each "
                + "environment's branch that this clone knows, and the cluster, by a dry run that writes nothing.",
            "With --behind only git is looked at: which services of each environment do not stand where the environment "
                + "before it stands, and how far behind, by the rule that promote follows. --repo may then name a bare "
                + "repository or an address, too.",
            "With --check the command ends with 1 unless every service shown is healthy.",
        ],
        arguments: [Argument("SERVICE", "only this service", optional: true)],
        flags: [
            Flag(
                "env", short: "e", value: "NAME", "only this environment; may come more than once",
                variable: "KUBERNAUT_ENV", repeatable: true),
            Flag("check", "end with 1 when a service is not healthy"),
            Flag("behind", "only services that are not in step with the environment before; asks no cluster"),
            SharedFlag.output(["table", "wide", "name", "json", "yaml"]), SharedFlag.noHeaders,
            SharedFlag.revision, SharedFlag.kubeconfig, SharedFlag.context,
        ] + SharedFlag.access + ChangeFlag.place,
        examples: [
            Example("kubernaut status --behind --repo https://git.example.org/config.git", "what waits to be promoted"),
            Example("kubernaut status --server http://127.0.0.1:8080", "every service in every environment"),
            Example("kubernaut status cart -o wide", "one service, looked up from this clone"),
            Example("kubernaut status --env production --check", "for a pipeline"),
        ]
    ) { invocation in
        let progress = Progress(invocation.console, "looking at environments and clusters")
        defer { progress.end() }
        let answer: Value
        if let server = invocation.text("server") {
            answer = try await fetched(from: server, invocation)
        } else {
            answer = try await LocalStatus(invocation).read().json
        }
        let shown = try chosen(answer, invocation)
        progress.end()
        try invocation.console.put(text(shown, invocation))
        for problem in problems(shown) { invocation.console.complain(problem) }
        // A daemon's answer is whole whatever it says; our own is not when a cluster did not answer.
        let isUnread = invocation.text("server") == nil && hasClusterProblem(shown)
        guard invocation.isOn("check") else { return isUnread ? .unavailable : .done }
        let rows = statusRows(shown)
        return problems(shown).isEmpty && rows.allSatisfy { $0.verdict == Verdict.healthy.slug } ? .done : .no
    }
}

private func fetched(from server: String, _ invocation: Invocation) async throws -> Value {
    let client = try ServerClient(server, invocation)
    defer { client.shutdown() }
    return try await client.status()
}

extension ServerClient {
    /// What a running kubernaut says about everything.
    func status() async throws(CommandError) -> Value { try await value("GET", "/api/v1/status") }
}

/// Only the environments and the service that were asked for.
private func chosen(_ answer: Value, _ invocation: Invocation) throws(CommandError) -> Value {
    var environments = answer["environments"]?.list ?? []
    let names = environments.compactMap { $0["name"]?.string }
    let wanted = invocation.texts("env")
    for name in wanted where !names.contains(name) {
        throw CommandError(
            .notFound, "there is no environment \"\(name)\"",
            hint: didYouMean(name, in: names) ?? "there are \(names.joined(separator: ", "))")
    }
    if !wanted.isEmpty { environments = environments.filter { wanted.contains($0["name"]?.string ?? "") } }
    if let service = invocation.argument(0) {
        let known = Set(environments.flatMap { $0["services"]?.list ?? [] }.compactMap { $0["name"]?.string })
        guard known.contains(service) else {
            throw CommandError(
                .notFound, "there is no service \"\(service)\"", hint: didYouMean(service, in: known))
        }
        environments = environments.map { keep(in: $0) { $0["name"]?.string == service } }
    }
    if invocation.isOn("behind") {
        environments = environments.map { environment in
            keep(in: environment) { service in
                service["position"]?.map != nil && service[at: "position", "state"]?.string != "in-step"
            }
        }
    }
    var shown = answer
    shown["environments"] = .list(environments)
    return shown
}

private func keep(in environment: Value, _ isKept: (Value) -> Bool) -> Value {
    var environment = environment
    environment["services"] = .list((environment["services"]?.list ?? []).filter(isKept))
    return environment
}

/// One service in one environment.
private struct StatusRow {
    let environment: String
    let service: String
    let verdict: String
    let value: Value
    /// The environment's.
    let commit: String
}

private func statusRows(_ status: Value) -> [StatusRow] {
    (status["environments"]?.list ?? []).flatMap { environment in
        (environment["services"]?.list ?? []).map { service in
            StatusRow(
                environment: environment["name"]?.string ?? "", service: service["name"]?.string ?? "",
                verdict: service["verdict"]?.string ?? "", value: service,
                commit: String((environment[at: "head", "id"]?.string ?? "").prefix(7)))
        }
    }
}

/// Why environments as a whole are not what they should be.
private func problems(_ status: Value) -> [String] {
    var problems: [String] = []
    if let problem = status["fetchProblem"]?.string { problems.append("the repository cannot be fetched: \(problem)") }
    if let problem = status["policyProblem"]?.string {
        problems.append("the newest pipeline is not followed: \(problem)")
    }
    for environment in status["environments"]?.list ?? [] {
        let name = environment["name"]?.string ?? ""
        for key in ["sourceProblem", "clusterProblem"] {
            if let problem = environment[key]?.string { problems.append("\(name): \(problem)") }
        }
        guard let problem = environment[at: "signature", "problem"]?.string else { continue }
        let followed = environment[at: "signature", "followed"]?.string?.prefix(7)
        let isRefused = environment[at: "signature", "refused"] == .bool(true)
        let meaning = isRefused ? followed.map { "; it stays at \($0)" } ?? "; nothing is applied" : ""
        problems.append("\(name): \(problem)\(meaning)")
    }
    return problems
}

private func hasClusterProblem(_ status: Value) -> Bool {
    (status["environments"]?.list ?? []).contains { $0["clusterProblem"]?.string != nil }
}

private func text(_ status: Value, _ invocation: Invocation) -> String {
    let rows = statusRows(status)
    switch invocation.output {
    case "json": return String(decoding: status.prettyJSON(), as: UTF8.self)
    case "yaml": return status.yaml()
    case "name":
        var names: [String] = []
        for row in rows where !names.contains("service/\(row.service)") { names.append("service/\(row.service)") }
        return names.sorted().map { "\($0)\n" }.joined()
    default: return table(rows, invocation)
    }
}

/// `3 releases behind, held`; empty in the first environment.
private func position(_ service: Value) -> String {
    let count = service[at: "position", "releases"]?.integer ?? 0
    let words: String? =
        switch service[at: "position", "state"]?.string {
        case "in-step": "in step"
        case "behind": counted(Int(count), "release") + " behind"
        case "ahead": "ahead (hotfix)"
        case "differs": "configuration differs"
        case "absent": service["verdict"]?.string == Verdict.notHere.slug ? "not here yet" : "only here"
        default: nil
        }
    return [words, service["verdict"]?.string == Verdict.held.slug ? "held" : nil].compactMap(\.self)
        .joined(separator: ", ")
}

private func behindTable(_ rows: [StatusRow], _ invocation: Invocation) -> String {
    let lines = rows.map { row -> [Table.Cell] in
        let notes = (row.value["diagnostics"]?.list ?? []).filter {
            [HistoryCodes.leftBehind, HistoryCodes.halfMerged].contains($0["code"]?.string)
        }
        let isHeld = row.verdict == Verdict.held.slug
        let reason = isHeld ? row.value["reason"]?.string : notes.first?["message"]?.string
        return [
            .plain(row.environment), .plain(row.service), .plain(row.value[at: "release", "version"]?.string ?? ""),
            .plain(position(row.value)), .plain(reason ?? ""),
        ]
    }
    return Table(["ENVIRONMENT", "SERVICE", "VERSION", "POSITION", "NOTE"], lines).text(for: invocation)
}

private func table(_ rows: [StatusRow], _ invocation: Invocation) -> String {
    if invocation.isOn("behind") { return behindTable(rows, invocation) }
    let isWide = invocation.output == "wide"
    let console = invocation.console
    let showsShape = console.isUnicode && console.terminals.contains(.output)
    let header =
        ["ENVIRONMENT", "SERVICE", "VERSION", "VERDICT"] + (isWide ? ["POSITION", "COMMIT", "IMAGE", "BY"] : []) + [
            "REASON"
        ]
    let lines = rows.map { row -> [Table.Cell] in
        let verdict = Verdict.allCases.first { $0.slug == row.verdict }
        let shape = showsShape ? verdict.map { "\($0.shape) " } ?? "" : ""
        let wide: [Table.Cell] =
            isWide
            ? [
                .plain(position(row.value)), .plain(row.commit),
                .plain(row.value[at: "release", "image"]?.string ?? ""),
                .plain(row.value[at: "release", "releasedBy"]?.string ?? ""),
            ] : []
        return [
            .plain(row.environment), .plain(row.service), .plain(row.value[at: "release", "version"]?.string ?? ""),
            .verdict(verdict, shape + (verdict?.rawValue ?? row.verdict)),
        ] + wide + [.plain(row.value["reason"]?.string ?? "")]
    }
    return Table(header, lines).text(for: invocation)
}

extension Table.Cell {
    fileprivate static func verdict(_ verdict: Verdict?, _ text: String) -> Table.Cell {
        switch verdict {
        case .healthy: Table.Cell(text: text, tone: .good)
        case .rollingOut, .waiting, .held, .drifted: Table.Cell(text: text, tone: .busy)
        case .failed, .unhealthy, .stuck, .unknown: Table.Cell(text: text, tone: .bad)
        case .notHere, nil: Table.Cell(text: text, tone: .quiet)
        }
    }
}
