// SPDX-License-Identifier: Apache-2.0

import Domain

extension SQLiteDatabase {
    /// - Throws: `.corrupt` when the file contradicts itself.
    func checkIntegrity(of path: String) throws(HistoryError) {
        let found = try rows("PRAGMA quick_check(1)", while: "checking \(path)") { row in row.text(0) }
        guard found == ["ok"] else {
            throw HistoryError(.corrupt, operation: "checking \(path)", detail: found.first ?? "no answer")
        }
    }

    /// Brings the schema up to the newest step, each step as a whole.
    ///
    /// - Throws: `.newer` when a newer kubernaut wrote the file.
    func migrate(_ path: String) throws(HistoryError) {
        let operation = "migrating \(path)"
        func version() throws(HistoryError) -> Int {
            try rows("PRAGMA user_version", while: operation) { row in Int(row.integer(0)) }.first ?? 0
        }
        guard try version() != sqliteMigrations.count else { return }
        try transaction(while: operation) { () throws(HistoryError) in
            // Asked again inside the transaction: another process may have been faster.
            let done = try version()
            guard done <= sqliteMigrations.count else {
                throw HistoryError(
                    .newer, operation: operation,
                    detail: "the file has schema \(done), this kubernaut knows \(sqliteMigrations.count); "
                        + "use the newer kubernaut or another state folder")
            }
            for migration in sqliteMigrations[done...] { try execute(migration, while: operation) }
            try execute("PRAGMA user_version = \(sqliteMigrations.count)", while: operation)
        }
    }

    /// Adds a pass with everything below it; belongs inside a transaction.
    func insert(_ record: PassRecord) throws(HistoryError) {
        let operation = "appending pass \(record.id)"
        func add(_ table: String, _ rows: [[SQLiteValue]]) throws(HistoryError) {
            guard let width = rows.first?.count else { return }
            let places = repeatElement("?", count: width).joined(separator: ",")
            let statement = try prepare("INSERT INTO \(table) VALUES (\(places))", while: operation)
            for row in rows { try statement.run(row) }
        }
        try add("pass", [columns(of: record)])
        let id = SQLiteValue.text(record.id)
        try add("pass_object", record.objects.enumerated().map { [id, .integer(Int64($0))] + columns(of: $1) })
        try add("pass_diagnostic", record.diagnostics.enumerated().map { [id, .integer(Int64($0))] + columns(of: $1) })
        try add("pass_warning", record.warnings.enumerated().map { [id, .integer(Int64($0)), .text($1)] })
        try add("pass_log", record.logs.enumerated().map { [id, .integer(Int64($0))] + columns(of: $1) })
    }

    func pass(_ id: String) throws(HistoryError) -> PassRecord? {
        try passes(matching: "id = ?", [.text(id)], limit: 1).first
    }

    func passes(of environment: Name?, before: String?, limit: Int) throws(HistoryError) -> [PassRecord] {
        var conditions = ["1"]
        var arguments: [SQLiteValue] = []
        if let environment {
            conditions.append("environment = ?")
            arguments.append(.text(environment.text))
        }
        if let before {
            conditions.append("id < ?")
            arguments.append(.text(before))
        }
        return try passes(matching: conditions.joined(separator: " AND "), arguments, limit: limit)
    }

    private func passes(
        matching condition: String, _ arguments: [SQLiteValue], limit: Int
    ) throws(HistoryError) -> [PassRecord] {
        let operation = "reading passes"
        var records = try rows(
            """
            SELECT id, environment, cause, started_at, finished_at, revision, previous_revision, outcome, stage,
                   reason, unchanged_count
            FROM pass WHERE \(condition) ORDER BY id DESC LIMIT \(limit)
            """, arguments, while: operation
        ) { row throws(HistoryError) in try passRecord(row) }
        let objects = try prepare(
            """
            SELECT api_group, kind, namespace, name, service, action, message
            FROM pass_object WHERE pass_id = ? ORDER BY position
            """, while: operation)
        let diagnostics = try prepare(
            """
            SELECT severity, code, message, file, line, col, hint, service
            FROM pass_diagnostic WHERE pass_id = ? ORDER BY position
            """, while: operation)
        let warnings = try prepare(
            "SELECT message FROM pass_warning WHERE pass_id = ? ORDER BY position", while: operation)
        let logs = try prepare(
            """
            SELECT namespace, job, service, pod, container, text, problem
            FROM pass_log WHERE pass_id = ? ORDER BY position
            """, while: operation)
        for index in records.indices {
            let id = [SQLiteValue.text(records[index].id)]
            records[index].objects = try objects.rows(id) { row throws(HistoryError) in try objectResult(row) }
            records[index].diagnostics = try diagnostics.rows(id) { row throws(HistoryError) in try diagnostic(row) }
            records[index].warnings = try warnings.rows(id) { row in row.text(0) }
            records[index].logs = try logs.rows(id) { row throws(HistoryError) in try hookLog(row) }
        }
        return records
    }
}
