// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Store: AuditLog {
    public func append(_ record: AuditRecord) async throws {
        try await records.perform { database throws(HistoryError) in
            let operation = "writing the audit's row \(record.id)"
            try database.transaction(while: operation) { () throws(HistoryError) in
                try database.insert(into: "audit", [columns(of: record)], while: operation)
                let services = record.services.enumerated().map { position, service -> [SQLValue] in
                    [.text(record.id), .integer(Int64(position)), .text(service.text)]
                }
                try database.insert(into: "audit_service", services, while: operation)
            }
        }
    }

    public func records(matching query: AuditQuery, before: String?, limit: Int) async throws -> [AuditRecord] {
        let statement = AuditStatement(query, before: before, limit: pageLimit(limit))
        return try await records.perform { database throws(HistoryError) in
            let operation = "reading the audit"
            let rows = try database.rows(statement.sql, statement.arguments, while: operation)
            guard !rows.isEmpty else { return [] }
            let found = try database.rows(
                """
                SELECT audit_id, service FROM audit_service WHERE audit_id IN (\(places(1...rows.count)))
                ORDER BY audit_id, position
                """, rows.map { $0.values[0] }, while: operation)
            var services: [String: [Name]] = [:]
            for row in found { services[row.text(0), default: []].append(try known(Name(row.text(1)), row.text(1))) }
            var records: [AuditRecord] = []
            for row in rows { records.append(try auditRecord(row, services: services[row.text(0)] ?? [])) }
            return records
        }
    }
}

/// The statement that answers a query of the audit: every condition is the database's to check.
struct AuditStatement: Sendable {
    private(set) var arguments: [SQLValue] = []
    private var conditions: [String] = []
    private let limit: Int
    private static let day = Duration.seconds(86_400)

    init(_ query: AuditQuery, before: String?, limit: Int) {
        self.limit = limit
        add("id < ?", before)
        add("actor = ?", query.actor)
        add("action = ?", query.action?.rawValue)
        add("result = ?", query.result?.rawValue)
        add("environment = ?", query.environment?.text)
        add("id IN (SELECT audit_id FROM audit_service WHERE service = ?)", query.service?.text)
        // Ids begin with the time: the primary key leads to the days that are meant, give or take one.
        if let since = query.since {
            add("id >= ?", TimeOrderedID.start(at: since.adding(.zero - Self.day)))
            add("at >= ?", .instant(since))
        }
        if let until = query.until {
            add("id < ?", TimeOrderedID.start(at: until.adding(Self.day)))
            add("at < ?", .instant(until))
        }
        if let part = query.part { add(part) }
    }

    var sql: String {
        """
        SELECT id, at, actor, person_id, key_id, channel, action, result, environment, from_state, to_state, reason,
               detail, revision
        FROM audit \(conditions.isEmpty ? "" : "WHERE ")\(conditions.joined(separator: " AND "))
        ORDER BY id DESC LIMIT \(limit)
        """
    }

    private mutating func add(_ condition: String, _ text: String?) {
        if let text { add(condition, SQLValue.text(text)) }
    }

    private mutating func add(_ condition: String, _ value: SQLValue) {
        conditions.append(condition.replacing("?", with: place(value)))
    }

    private mutating func place(_ value: SQLValue) -> String {
        arguments.append(value)
        return "$\(arguments.count)"
    }

    private mutating func add(_ part: AuditQuery.Part) {
        let own = part.actor
        var choices: [String]
        if let number = own.personID {
            choices = ["person_id = \(place(.integer(number)))"]
        } else if let key = own.keyID {
            choices = ["key_id = \(place(.text(key)))"]
        } else {
            choices = ["(actor = \(place(.text(own.name))) AND person_id IS NULL AND key_id IS NULL)"]
        }
        let environments = part.environments.map(\.text).sorted()
        if !environments.isEmpty {
            choices.append("environment IN (\(environments.map { place(.text($0)) }.joined(separator: ",")))")
        }
        conditions.append("(\(choices.joined(separator: " OR ")))")
    }
}

private func columns(of record: AuditRecord) -> [SQLValue] {
    [
        .text(record.id), .instant(record.at), .text(record.actor.name), .optional(record.actor.personID),
        .optional(record.actor.keyID), .text(record.channel.rawValue), .text(record.action.rawValue),
        .text(record.result.rawValue), .optional(record.environment?.text), .optional(record.from),
        .optional(record.to), .optional(record.reason), .optional(record.detail), .optional(record.commit?.hex),
    ]
}

private func auditRecord(_ row: SQLRow, services: [Name]) throws(HistoryError) -> AuditRecord {
    var record = AuditRecord(
        id: row.text(0), at: row.instant(1),
        actor: AuditRecord.Actor(
            name: row.text(2), personID: row.optionalInteger(3), keyID: row.optionalText(4)),
        channel: try known(AuditRecord.Channel(rawValue: row.text(5)), row.text(5)),
        action: try known(AuditRecord.Action(rawValue: row.text(6)), row.text(6)),
        result: try known(AuditRecord.Result(rawValue: row.text(7)), row.text(7)))
    record.environment = row.optionalText(8).flatMap { Name($0) }
    record.services = services
    record.from = row.optionalText(9)
    record.to = row.optionalText(10)
    record.reason = row.optionalText(11)
    record.detail = row.optionalText(12)
    record.commit = row.optionalText(13).flatMap { CommitID($0) }
    return record
}
