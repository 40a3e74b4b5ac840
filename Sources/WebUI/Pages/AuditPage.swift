// SPDX-License-Identifier: Apache-2.0

import Access
import Domain

extension WebPages {
    private static let auditPageSize = 50

    /// `/audit`: who did what, newest first. Everything works by its address alone.
    func auditPage(_ context: PageContext) async throws -> Page {
        let request = AuditRequest(context.query, now: context.now)
        let (rows, next) =
            request.problem == nil ? try await auditRows(request, context, limit: Self.auditPageSize) : ([], nil)
        let fields = context.query.with("cursor", nil)
        let older: HTML =
            next.map { "<a href=\"/audit\(context.query.with("cursor", $0).text)\" rel=\"next\">Older rows</a>" } ?? ""
        let newest: HTML = request.cursor == nil ? "" : "<a href=\"/audit\(fields.text)\">Newest rows</a>"
        let isPart = part(of: context.visit, context.status) != nil
        let scope: HTML =
            isPart
            ? "what you did, and what happened in environments whose audit you may read" : "who did what, newest first"
        let content: HTML =
            rows.isEmpty
            ? "<p class=\"empty\">\(fields.items.isEmpty ? "Nothing is written down yet." : "No row matches.")</p>"
            : table(
                caption: "Audit, newest first",
                columns: ["When", "Who", "Did", "Where", "What", "Result", "Why"],
                rows: rows.map { auditRow($0, context) })
        let problem: HTML = request.problem.map { "<p class=\"problem\" role=\"alert\">\($0)</p>" } ?? ""
        return Page(
            title: "Audit", section: .none, alternate: "/api/v1/audit\(fields.text)",
            commands: [
                "curl -H \"Authorization: Bearer $KUBERNAUT_TOKEN\" http://\(context.host)/audit.jsonl\(fields.text)"
            ],
            content: """
                <div class="headline"><h1>Audit</h1><p class="dim">\(scope)</p></div>
                \(auditFilter(context.query))\(problem)
                <section class="card">\(content)</section>
                <nav class="pager" aria-label="Pages">\(newest) \(older)</nav>
                <p class="dim">All that match: <a href="/audit.csv\(fields.text)">CSV</a> · \
                <a href="/audit.jsonl\(fields.text)">JSON Lines</a></p>
                """)
    }

    private func auditFilter(_ query: Query) -> HTML {
        func choice(_ name: StaticString, _ label: StaticString, _ words: [String]) -> HTML {
            let options = words.map { word -> HTML in
                let selected: HTML = query[name.description] == word ? " selected=\"selected\"" : ""
                return "<option value=\"\(word)\"\(selected)>\(word)</option>"
            }
            return "<label>\(label) <select name=\"\(name)\"><option value=\"\">any</option>\(options)</select></label>"
        }
        func field(_ name: StaticString, _ label: StaticString, _ hint: StaticString) -> HTML {
            """
            <label>\(label) <input name="\(name)" value="\(query[name.description] ?? "")" placeholder="\(hint)" \
            size="12" autocomplete="off"/></label>
            """
        }
        return """
            <form class="filter" method="get" action="/audit">\(field("actor", "Who", "anybody"))\
            \(choice("action", "Did", AuditRecord.Action.allCases.map(\.rawValue)))\
            \(choice("result", "Result", AuditRecord.Result.allCases.map(\.rawValue)))\
            \(field("env", "Environment", "any"))\(field("service", "Service", "any"))\
            \(field("since", "Since", "7d"))\(field("until", "Until", "2026-08-24"))\
            <button>Show</button></form>
            """
    }

    private func auditRow(_ record: AuditRecord, _ context: PageContext) -> HTML {
        let icon: Icon =
            switch record.result {
            case .done: .healthy
            case .refused: .held
            case .failed: .failed
            }
        // A name is a link only while its page exists for the reader.
        let isKnown = record.environment.map { name in
            context.status.environments.contains { $0.environment.name == name }
        }
        let place: HTML? = record.environment.map { isKnown == true ? environmentLink($0) : "\($0)" }
        let services = record.services.prefix(20).map { "\($0)" as HTML }.joined(", ")
        let rest: HTML = record.services.count > 20 ? " and \(record.services.count - 20) more" : ""
        let what: HTML =
            switch (record.from, record.to) {
            case (let from?, let to?): "<span class=\"nowrap\">\(from) → \(to)</span>"
            case (let from?, nil): "\(from)"
            case (nil, let to?): "\(to)"
            case (nil, nil): ""
            }
        let commit: HTML = record.commit.map { " \(commitText($0))" } ?? ""
        let reason: HTML = record.reason.map { "<div>“\($0)”</div>" } ?? ""
        let detail: HTML = record.detail.map { "<div class=\"dim\">\($0)</div>" } ?? ""
        let filter = "/audit" + Query([("actor", record.actor.name)]).text
        return row(
            """
            \(rowHead(dateAndAge(record.at, at: context.now)))\
            \(cell("Who", "<a href=\"\(filter)\">\(record.actor.name)</a> <span class=\"dim\">\(record.channel.rawValue)</span>"))\
            \(cell("Did", "\(record.action.rawValue)"))\
            \(cell("Where", "\(place)\(services.text.isEmpty || place == nil ? "" : ": " as HTML)\(services)\(rest)"))\
            \(cell("What", "\(what)\(commit)"))\
            \(cell("Result", Badge(icon: icon, word: record.result.rawValue).html))\
            \(cell("Why", "\(reason)\(detail)"))
            """)
    }
}
