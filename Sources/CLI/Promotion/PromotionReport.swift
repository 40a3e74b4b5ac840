// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import JSON

/// Shows a promotion's preview, made here or by a running kubernaut, in the same words: data on standard output, the rest
/// on standard error.
struct PromotionReport {
    /// As `PromotionPreview.json` writes it; under `server` what the target's cluster says.
    private let document: Value
    private let invocation: Invocation
    private var console: Console { invocation.console }
    private var style: Style { console.style(.error) }

    init(_ document: Value, _ invocation: Invocation) {
        self.document = document
        self.invocation = invocation
    }

    init(_ preview: PromotionPreview, _ opinion: ServerOpinion, _ invocation: Invocation) {
        var document = preview.json
        document["server"] = opinion.json
        self.init(document, invocation)
    }

    /// Whether there is nothing to promote.
    var isEmpty: Bool { document["kind"] == "nothing" }

    private func text(_ key: String) -> String { document[key]?.string ?? "" }
    private func list(_ key: String) -> [Value] { document[key]?.list ?? [] }
    private func side(_ key: String) -> (environment: String, branch: String, commit: String) {
        func part(_ name: String) -> String { document[at: key, name]?.string ?? "?" }
        return (part("environment"), part("branch"), String(part("commit").prefix(7)))
    }

    // MARK: A dry run

    func show() throws {
        switch invocation.output {
        case "json":
            try console.put(String(decoding: document.prettyJSON(), as: UTF8.self))
            return
        case "diff":
            let style = console.style(.output)
            let lines = list("objects").flatMap { object in
                (object["diff"]?.string ?? "").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            }
            try console.put(lines.map { diffLine(String($0), style) + "\n" }.joined())
            for record in list("kept") { console.note(keptLine(record)) }
        default: try console.put(tables())
        }
        for risk in list("risks") { console.note(riskLine(risk)) }
        let opinion = ClusterAnswer(document["server"])
        for object in opinion.refusals {
            console.complain(
                "\(style.red("refused")): \(object["object"]?.string ?? "?"): \(object["message"]?.string ?? "")")
        }
        console.note(text("summary"))
        guard !isEmpty else { return }
        console.note(opinion.sentence)
        console.note("To do exactly this: --expect \(text("expect"))")
    }

    /// Whether the cluster would refuse something.
    var isRefused: Bool { !ClusterAnswer(document["server"]).refusals.isEmpty }

    private func riskLine(_ risk: Value) -> String { "\(style.yellow("risk")): \(risk["text"]?.string ?? "")" }

    private func tables() -> String {
        [services(), values(), files()].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func services() -> String {
        var rows = list("services").map { service -> [Table.Cell] in
            let isConfiguration = service["change"] == "configuration"
            let releases = service["releases"]?.list ?? []
            var authors: [String] = []
            for author in releases.compactMap({ $0["author"]?.string ?? $0["releasedBy"]?.string })
            where !authors.contains(author) { authors.append(author) }
            func number(_ key: String) -> String { service[key].map { $0.jsonText() } ?? "0" }
            return [
                .plain(service["name"]?.string ?? "?"), .plain(service["before"]?.string ?? "-"),
                .plain(isConfiguration ? "-" : service["after"]?.string ?? "-"),
                .plain(isConfiguration ? "-" : "\(releases.count)"),
                .plain(
                    number("objects") == "0"
                        ? "-" : "\(number("objects")) (+\(number("addedLines")) -\(number("removedLines")))"),
                .plain(authors.joined(separator: ", ")), .plain(note(service)),
            ]
        }
        rows += list("kept").filter { $0["why"] != "not-chosen" }.map { record in
            [
                .quiet(record["name"]?.string ?? "?"), .quiet(record["here"]?.string ?? "-"),
                .quiet("(\(record["there"]?.string ?? "-"))"), .quiet("-"), .quiet("-"), .quiet(""),
                .quiet("stays: \(record["reason"]?.string ?? "")"),
            ]
        }
        guard !rows.isEmpty else { return "" }
        return Table(["SERVICE", "NOW", "AFTER", "RELEASES", "OBJECTS", "BY", "NOTE"], rows).text(for: invocation)
    }

    private func note(_ service: Value) -> String {
        switch service["change"]?.string {
        case "new": "new"
        case "removed": "removed"
        case "configuration": "configuration only"
        default: service["releases"]?.list?.first?["message"]?.string ?? ""
        }
    }

    private func values() -> String {
        let rows = list("values").map { change -> [Table.Cell] in
            func value(_ key: String) -> String {
                change[key].flatMap { $0 == .null ? nil : $0.jsonText() } ?? "-"
            }
            return [
                .plain(change["service"]?.string ?? "?"), .plain(change["path"]?.string ?? "?"),
                .plain(value("before")), .plain(value("after")), .plain(change["location"]?.string ?? "?"),
            ]
        }
        guard !rows.isEmpty else { return "" }
        return Table(["SERVICE", "VALUE", "NOW", "AFTER", "SET BY"], rows).text(for: invocation)
    }

    private func files() -> String {
        let rows = list("files").compactMap(\.string).map { [Table.Cell.plain($0)] }
        return rows.isEmpty ? "" : Table(["FILE"], rows).text(for: invocation)
    }

    private func keptLine(_ record: Value) -> String {
        "\(record["name"]?.string ?? "?") stays at \(record["here"]?.string ?? "nothing"): "
            + (record["reason"]?.string ?? "")
    }

    // MARK: Doing it

    func confirmation(isExplicit: Bool) -> Confirmation {
        Confirmation(
            summary: list("risks").map { riskLine($0) + "\n" }.joined() + text("summary"),
            question: "Promote \(counted(list("services").count, "service")) from \(side("from").environment) to "
                + "\(side("to").environment)?", isExplicit: isExplicit)
    }

    /// - Parameter commit: Nil when there was nothing to promote.
    func showResult(_ commit: CommitID?) throws {
        if invocation.output == "json" {
            var document = document
            document["commit"] = commit.map { .string($0.hex) } ?? .null
            try console.put(String(decoding: document.prettyJSON(), as: UTF8.self))
            return
        }
        for record in list("kept") where record["why"] != "not-chosen" { console.note(keptLine(record)) }
        guard let commit else {
            console.note(text("summary"))
            return
        }
        let (from, to) = (side("from"), side("to"))
        try console.put(
            "\(to.branch) \(to.commit)..\(commit.short): promoted \(counted(list("services").count, "service")) from "
                + "\(from.environment) (\(from.commit))\n")
    }

    /// Those that change and stay, whose health one may wait for.
    var followedServices: [String] {
        list("services").filter { $0["change"] != "removed" }.compactMap { $0["name"]?.string }
    }

    /// Why the result could not be rendered; nil when it could.
    var refusal: Refusal? {
        let problems = list("problems").map { problem in
            Diagnostic(
                .error, problem["code"]?.string ?? "", problem["message"]?.string ?? "",
                at: SourceLocation(text: problem["location"]?.string ?? ""),
                service: problem["service"]?.string.flatMap { Name($0) })
        }
        guard !problems.isEmpty else { return nil }
        return Refusal(
            .invalid, "\(side("to").environment) could not be rendered after this promotion",
            hint: "mend it on \(side("from").branch), then promote again", diagnostics: problems)
    }
}

/// What the target's cluster was asked, and what it said, as `ServerOpinion.json` and REST write it.
private struct ClusterAnswer {
    private let document: Value?

    init(_ document: Value?) { self.document = document }

    private var objects: [Value] { document?["objects"]?.list ?? [] }
    var refusals: [Value] { objects.filter { $0["action"] == "failed" } }

    /// One sentence.
    var sentence: String {
        guard document?["asked"] == true else {
            return "The cluster was not asked: \(document?["reason"]?.string ?? "nobody knows why")."
        }
        func count(_ action: Action) -> Int { objects.count { $0["action"]?.string == action.rawValue } }
        let answer =
            refusals.isEmpty
            ? "accepts it: \(count(.created)) to create, \(count(.configured)) to change, \(count(.deleted)) to delete"
            : "refuses \(counted(refusals.count, "object"))"
        return "The cluster (\(document?["server"]?.string ?? "?")) was asked by a dry run and \(answer)."
    }
}

extension SourceLocation {
    /// The inverse of `description`: `file`, `file:line` or `file:line:column`.
    init(text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var numbers: [Int] = []
        while numbers.count < 2, parts.count > 1, let last = parts.last, let number = Int(last), number > 0 {
            numbers.insert(number, at: 0)
            parts.removeLast()
        }
        self.init(
            file: parts.joined(separator: ":"), line: numbers.first ?? 0, column: numbers.count > 1 ? numbers[1] : 0)
    }
}
