// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import JSON

/// What a reader asked of the audit: `?actor=&action=&result=&env=&service=&since=&until=&cursor=`.
struct AuditRequest: Sendable {
    var query = AuditQuery()
    /// Only rows older than this one.
    let cursor: String?
    /// Of the first field that cannot be used; nil when all can.
    private(set) var problem: String?

    init(_ fields: Query, now: Instant) {
        cursor = fields["cursor"].flatMap { $0.isEmpty ? nil : $0 }
        func text(_ name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }
        query.actor = text("actor")
        query.action = parsed(text("action"), "action", AuditRecord.Action.allCases.map(\.rawValue)) {
            AuditRecord.Action(rawValue: $0)
        }
        query.result = parsed(text("result"), "result", AuditRecord.Result.allCases.map(\.rawValue)) {
            AuditRecord.Result(rawValue: $0)
        }
        query.environment = parsed(text("env"), "env", ["a name"]) { Name($0) }
        query.service = parsed(text("service"), "service", ["a name"]) { Name($0) }
        let times = ["a day such as 2026-08-24", "a time such as 2026-08-24T06:00:00Z", "a while ago such as 7d"]
        func moment(_ text: String) -> Instant? {
            Instant(text) ?? Instant("\(text)T00:00:00Z") ?? Duration(text: text).map { now.adding(.zero - $0) }
        }
        query.since = parsed(text("since"), "since", times, moment)
        query.until = parsed(text("until"), "until", times, moment)
    }

    private mutating func parsed<Result>(
        _ text: String?, _ name: String, _ choices: [String], _ parse: (String) -> Result?
    ) -> Result? {
        guard let text else { return nil }
        if let result = parse(text) { return result }
        problem = problem ?? "\(name) must be \(choices.joined(separator: ", ")), not \"\(text)\""
        return nil
    }
}

extension WebPages {
    /// What of the audit a caller may read: everything with the permission, and else what they did themselves and what
    /// happened in environments where they have it.
    func part(of visit: Visit, _ status: DaemonStatus) -> AuditQuery.Part? {
        if visit.rules.allows(visit.caller, .audit, at: .site) { return nil }
        let environments = status.environments.map(\.environment.name).filter {
            visit.rules.allows(visit.caller, .audit, at: .environment($0))
        }
        return AuditQuery.Part(actor: visit.caller.actor, environments: Set(environments))
    }

    /// One page of what matches and may be read, and the cursor of the next; filtered before anything is counted.
    func auditRows(
        _ request: AuditRequest, _ context: PageContext, limit: Int
    ) async throws -> (rows: [AuditRecord], next: String?) {
        guard let audit = sources.audit else { return ([], nil) }
        var query = request.query
        query.part = part(of: context.visit, context.status)
        let found = try await audit.records(matching: query, before: request.cursor, limit: limit + 1)
        let rows = Array(found.prefix(limit))
        return (rows, found.count > limit ? rows.last?.id : nil)
    }

    enum AuditFormat: String, Sendable, CaseIterable {
        case csv
        case lines = "jsonl"
    }

    /// All rows that match, newest first, as one file; read and sent piece by piece, however many there are.
    func auditFile(_ format: AuditFormat, _ context: PageContext) -> HTTPResponse {
        let request = AuditRequest(context.query, now: context.now)
        if let problem = request.problem { return Reply.problem(400, "Bad Request", detail: problem) }
        var query = request.query
        query.part = part(of: context.visit, context.status)
        let name = "kubernaut-audit-\("\(context.now)".prefix(10)).\(format.rawValue)"
        var response = Reply.text(
            "", type: format == .csv ? "text/csv; charset=utf-8; header=present" : "application/jsonl; charset=utf-8")
        response.headers["Content-Disposition"] = "attachment; filename=\"\(name)\""
        guard let audit = sources.audit else { return response }
        response.body = .stream { [query, cursor = request.cursor] writer in
            if format == .csv { try await writer.write(Array(AuditRecord.csvHeader.utf8)) }
            var before = cursor
            while true {
                let rows = try await audit.records(matching: query, before: before, limit: 200)
                let text = rows.map { format == .csv ? $0.csv : $0.json.jsonText() + "\n" }.joined()
                if !text.isEmpty { try await writer.write(Array(text.utf8)) }
                guard rows.count == 200, let last = rows.last else { return }
                before = last.id
            }
        }
        return response
    }
}
