// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Store: PassHistory {
    public func append(_ record: PassRecord) async throws {
        try await records.perform { database throws(HistoryError) in
            let operation = "appending pass \(record.id)"
            try database.transaction(while: operation) { () throws(HistoryError) in
                try database.insert(record, while: operation)
            }
        }
    }

    public func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord] {
        var conditions: [String] = []
        var arguments: [SQLValue] = []
        func add(_ condition: String, _ value: String?) {
            guard let value else { return }
            arguments.append(.text(value))
            conditions.append("\(condition) $\(arguments.count)")
        }
        add("environment =", environment?.text)
        add("id <", before)
        let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        return try await records.perform { [arguments] database throws(HistoryError) in
            try database.passes(condition, arguments, limit: pageLimit(limit))
        }
    }

    public func pass(_ id: String) async throws -> PassRecord? {
        try await records.perform { database throws(HistoryError) in
            try database.passes("WHERE id = $1", [.text(id)], limit: 1).first
        }
    }
}

extension Database {
    /// Adds a pass with everything below it; belongs inside a transaction.
    fileprivate func insert(_ record: PassRecord, while operation: String) throws(HistoryError) {
        let id = SQLValue.text(record.id)
        func parts<Part>(_ parts: [Part], _ columns: (Part) -> [SQLValue]) -> [[SQLValue]] {
            parts.enumerated().map { [id, .integer(Int64($0))] + columns($1) }
        }
        try insert(into: "pass", [columns(of: record)], while: operation)
        try insert(into: "pass_object", parts(record.objects, columns(of:)), while: operation)
        try insert(into: "pass_diagnostic", parts(record.diagnostics, columns(of:)), while: operation)
        try insert(into: "pass_warning", parts(record.warnings) { [.text($0)] }, while: operation)
        try insert(into: "pass_log", parts(record.logs, columns(of:)), while: operation)
    }

    fileprivate func passes(
        _ condition: String, _ arguments: [SQLValue], limit: Int
    ) throws(HistoryError) -> [PassRecord] {
        let operation = "reading passes"
        let rows = try rows(
            """
            SELECT id, environment, cause, started_at, finished_at, revision, previous_revision, outcome, stage,
                   reason, unchanged_count
            FROM pass \(condition) ORDER BY id DESC LIMIT \(limit)
            """, arguments, while: operation)
        var records: [PassRecord] = []
        for row in rows { records.append(try passRecord(row)) }
        guard !records.isEmpty else { return [] }
        let objects = try parts(
            of: records, "api_group, kind, namespace, name, service, action, message", "pass_object", objectResult)
        let diagnostics = try parts(
            of: records, "severity, code, message, file, line, col, hint, service", "pass_diagnostic", diagnostic)
        let warnings = try parts(of: records, "message", "pass_warning") { row throws(HistoryError) in row.text(0) }
        let logs = try parts(
            of: records, "namespace, job, service, pod, container, text, problem", "pass_log", hookLog)
        for index in records.indices {
            let id = records[index].id
            records[index].objects = objects[id] ?? []
            records[index].diagnostics = diagnostics[id] ?? []
            records[index].warnings = warnings[id] ?? []
            records[index].logs = logs[id] ?? []
        }
        return records
    }

    /// The rows of a table below passes, in their order, for a page of passes by one statement.
    private func parts<Part>(
        of records: [PassRecord], _ columns: String, _ table: String, _ read: (SQLRow) throws(HistoryError) -> Part
    ) throws(HistoryError) -> [String: [Part]] {
        let width = columns.split(separator: ",").count
        let rows = try rows(
            """
            SELECT \(columns), pass_id FROM \(table) WHERE pass_id IN (\(places(1...records.count)))
            ORDER BY pass_id, position
            """, records.map { .text($0.id) }, while: "reading passes")
        var parts: [String: [Part]] = [:]
        for row in rows { parts[row.text(width), default: []].append(try read(row)) }
        return parts
    }
}
