// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import JSON

extension WebPages {
    /// `/api/v1/audit`: the newest first; `next` and `Link: <…>; rel="next"` lead to older ones.
    func auditList(_ context: PageContext) async throws -> HTTPResponse {
        let request = AuditRequest(context.query, now: context.now)
        if let problem = request.problem { return Reply.problem(400, "Bad Request", detail: problem) }
        let limit = min(199, max(1, context.query["limit"].flatMap { Int($0) } ?? 50))
        let (rows, next) = try await auditRows(request, context, limit: limit)
        var response = Reply.json(["items": .list(rows.map(\.json)), "next": Value(next)])
        if let next {
            let path = "/api/v1/audit\(context.query.with("cursor", next).text)"
            response.headers["Link"] = "<\(path)>; rel=\"next\""
        }
        return response
    }
}

extension AuditRecord {
    var json: Value {
        [
            "id": .string(id), "at": .string(at.precise),
            "actor": [
                "name": .string(actor.name), "personId": actor.personID.map { .integer($0) } ?? .null,
                "keyId": Value(actor.keyID),
            ],
            "channel": .string(channel.rawValue), "action": .string(action.rawValue),
            "result": .string(result.rawValue), "environment": Value(environment),
            "services": .list(services.map { .string($0.text) }), "from": Value(from), "to": Value(to),
            "reason": Value(reason), "detail": Value(detail), "commit": Value(commit),
        ]
    }

    static let csvHeader =
        "time,actor,person_id,key_id,channel,action,result,environment,services,from,to,reason,detail,commit,id\r\n"

    /// One line of RFC 4180.
    var csv: String {
        [
            at.precise, actor.name, actor.personID.map { "\($0)" } ?? "", actor.keyID ?? "", channel.rawValue,
            action.rawValue, result.rawValue, environment?.text ?? "", services.map(\.text).joined(separator: " "),
            from ?? "", to ?? "", reason ?? "", detail ?? "", commit?.hex ?? "", id,
        ].map(csvCell).joined(separator: ",") + "\r\n"
    }
}

/// Always in quotes. What a spreadsheet would take for a formula begins with an apostrophe instead: a reason is a text that
/// anybody may have written, and it must not run on the machine of whoever reads the export.
func csvCell(_ text: String) -> String {
    let isFormula = text.unicodeScalars.first.map {
        "=+-@\t\r\n\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".unicodeScalars.contains($0)
    }
    return "\"\(isFormula == true ? "'" : "")\(text.replacing("\"", with: "\"\""))\""
}
