// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import JSON

extension Command {
    static let audit = Command(
        "audit", .access, "say who did what, newest first",
        [
            "Asks a running kubernaut. Shows what the caller did, and everything to whoever may read the audit. csv and jsonl "
                + "give all rows that match, table and json the newest --limit."
        ],
        flags: [
            Flag("actor", value: "NAME", "only of this person or key"),
            Flag("action", value: "ACTION", "only this", values: .choice(AuditRecord.Action.allCases.map(\.rawValue))),
            Flag("result", value: "RESULT", "only this", values: .choice(AuditRecord.Result.allCases.map(\.rawValue))),
            SharedFlag.environment, Flag("service", short: "s", value: "NAME", "only about this service"),
            Flag("since", value: "TIME", "2026-08-24, 2026-08-24T06:00:00Z, or 7d ago"),
            Flag("until", value: "TIME", "as --since"),
            Flag("limit", value: "NUMBER", "rows of table and json, at most 199", default: "50"),
            SharedFlag.output(["table", "json", "jsonl", "csv"]), SharedFlag.noHeaders,
        ] + SharedFlag.access,
        examples: [
            Example("kubernaut audit --env production --since 7d", "what happened in production this week"),
            Example("kubernaut audit --action promote -o csv > promotions.csv", "for a spreadsheet"),
        ]
    ) { invocation in
        let client = try ServerClient(try invocation.required("server"), invocation)
        defer { client.shutdown() }
        var query = Query()
        for name in ["actor", "action", "result", "env", "service", "since", "until"] {
            query[name] = invocation.text(name)
        }
        switch invocation.output {
        case "csv", "jsonl":
            let path = "/audit.\(invocation.output)\(query.text)"
            let response = try await client.send("GET", path, timeout: .seconds(600))
            guard response.status == 200 else { throw client.refusal(response, purpose: "read the audit") }
            try invocation.console.put(String(decoding: response.body, as: UTF8.self))
        default:
            query["limit"] = invocation.text("limit")
            let answer = try await client.value("GET", "/api/v1/audit\(query.text)")
            try invocation.console.put(
                invocation.output == "json"
                    ? String(decoding: answer.prettyJSON(), as: UTF8.self) : table(answer, invocation))
        }
        return .done
    }
}

private func table(_ answer: Value, _ invocation: Invocation) -> String {
    let rows = (answer["items"]?.list ?? []).map { row -> [Table.Cell] in
        func text(_ name: String) -> String { row[name]?.string ?? "" }
        let services = (row["services"]?.list ?? []).compactMap(\.string).joined(separator: ",")
        let what = [text("from"), text("to")].filter { !$0.isEmpty }.joined(separator: " -> ")
        return [
            .plain(String(text("at").prefix(19)) + "Z"), .plain(row[at: "actor", "name"]?.string ?? ""),
            .plain(text("action")), .plain(text("environment")), .plain(services), .plain(what),
            Table.Cell(text: text("result"), tone: text("result") == "done" ? .good : .bad),
            .plain([text("reason"), text("detail")].filter { !$0.isEmpty }.joined(separator: "; ")),
        ]
    }
    return Table(["TIME", "WHO", "DID", "ENVIRONMENT", "SERVICES", "WHAT", "RESULT", "WHY"], rows).text(for: invocation)
}
