// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// One open SQLite database. Owns its `sqlite3 *` and closes it when the value goes away.
///
/// Not `Sendable`: it stays with the actor that opened it, and is opened without SQLite's own mutex.
final class SQLiteDatabase: Database {
    private let handle: OpaquePointer

    private init(handle: OpaquePointer) { self.handle = handle }

    /// Opens a database file, making it when there is none.
    ///
    /// - Parameters:
    ///   - busyTimeout: How long to wait for another process's transaction.
    ///   - pageLimit: How many pages of 4 KiB the file may have; nil for as many as the disk holds.
    ///   - isDurable: Whether a commit waits for the disk.
    static func open(
        _ path: String, busyTimeout: Duration, pageLimit: Int? = nil, isDurable: Bool = true
    ) throws(HistoryError) -> SQLiteDatabase {
        let operation = "opening \(path)"
        var raw: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = sqlite3_open_v2(path, &raw, flags, nil)
        guard let raw else {
            throw HistoryError(.other, operation: operation, detail: "no memory for a database handle")
        }
        // SQLite gives a handle also when opening failed; from here on it has an owner.
        let database = SQLiteDatabase(handle: raw)
        try database.check(status, while: operation)
        sqlite3_busy_timeout(raw, Int32(clamping: busyTimeout.components.seconds * 1000))
        try database.execute("PRAGMA trusted_schema = OFF", while: operation)
        try database.execute("PRAGMA journal_mode = WAL", while: operation)
        // What was answered is on the disk, also after a power cut: a revoked key stays revoked. In WAL mode NORMAL keeps
        // the file whole in every crash and may lose the last records in a power cut.
        try database.execute("PRAGMA synchronous = \(isDurable ? "FULL" : "NORMAL")", while: operation)
        if let pageLimit { try database.execute("PRAGMA max_page_count = \(pageLimit)", while: operation) }
        return database
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that give no rows and take no arguments.
    func execute(_ sql: String, while operation: String) throws(HistoryError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil), while: operation)
    }

    /// Runs `body` as one transaction: all of it or nothing of it.
    func transaction<Result>(
        while operation: String, _ body: () throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        try execute("BEGIN IMMEDIATE", while: operation)
        do {
            let result = try body()
            try execute("COMMIT", while: operation)
            return result
        } catch {
            // The error that ended the transaction is the one to tell; SQLite may have rolled back already.
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    /// Compiles one statement.
    private func prepare(_ sql: String, while operation: String) throws(HistoryError) -> SQLiteStatement {
        var raw: OpaquePointer?
        // `$1` would be a name to SQLite, numbered by where it stands first; `?1` is the number itself.
        let sql = sql.replacing("$", with: "?")
        try check(sqlite3_prepare_v2(handle, sql, -1, &raw, nil), while: operation)
        guard let raw else { preconditionFailure("sqlite3_prepare_v2: success without a statement") }
        return SQLiteStatement(statement: raw, operation: operation)
    }

    func rows(
        _ sql: String, _ arguments: [SQLValue], while operation: String
    ) throws(HistoryError) -> [SQLRow] {
        try prepare(sql, while: operation).rows(arguments)
    }

    @discardableResult
    func run(_ sql: String, each arguments: [[SQLValue]], while operation: String) throws(HistoryError) -> Int {
        let statement = try prepare(sql, while: operation)
        var count = 0
        for arguments in arguments {
            _ = try statement.rows(arguments)
            count += Int(sqlite3_changes(handle))
        }
        return count
    }

    /// Reads a part of each index alone, so that this is quick whatever the size of the file.
    func maintain() throws(HistoryError) {
        try execute("PRAGMA analysis_limit = 1000; PRAGMA optimize", while: "analyzing the store")
    }

    private func check(_ status: Int32, while operation: String) throws(HistoryError) {
        try checkSQLite(status, handle, while: operation)
    }
}

/// One compiled statement. Owns its `sqlite3_stmt *`; must not outlive its database.
struct SQLiteStatement: ~Copyable {
    private let statement: OpaquePointer
    private let operation: String

    fileprivate init(statement: OpaquePointer, operation: String) {
        self.statement = statement
        self.operation = operation
    }

    deinit { sqlite3_finalize(statement) }

    /// Runs the statement with these arguments; may be called again.
    func rows(_ arguments: [SQLValue]) throws(HistoryError) -> [SQLRow] {
        defer { sqlite3_reset(statement) }
        for (index, argument) in arguments.enumerated() { try bind(argument, at: Int32(index + 1)) }
        var rows: [SQLRow] = []
        while true {
            let status = sqlite3_step(statement)
            if status == SQLITE_DONE { return rows }
            guard status == SQLITE_ROW else {
                try check(status)
                return rows
            }
            var values: [SQLValue] = []
            for column in 0..<sqlite3_column_count(statement) { values.append(value(column)) }
            rows.append(SQLRow(values: values))
        }
    }

    private func value(_ column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        default:
            guard let bytes = sqlite3_column_text(statement, column) else { return .text("") }
            let count = Int(sqlite3_column_bytes(statement, column))
            return .text(String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self))
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) throws(HistoryError) {
        // Safe: SQLITE_TRANSIENT, which Swift cannot import, is -1 by SQLite's documentation: copy at once.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: try check(sqlite3_bind_null(statement, index))
        case .integer(let number): try check(sqlite3_bind_int64(statement, index, number))
        case .text(var text):
            let status = text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    // A null pointer would be bound as NULL; the empty text has one.
                    sqlite3_bind_text(statement, index, $0.baseAddress ?? emptyText, Int32($0.count), transient)
                }
            }
            try check(status)
        }
    }

    private func check(_ status: Int32) throws(HistoryError) {
        try checkSQLite(status, sqlite3_db_handle(statement), while: operation)
    }
}

// Safe: one zero byte that is never written.
private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
}()

/// Turns an SQLite status into a thrown `HistoryError`.
private func checkSQLite(_ status: Int32, _ handle: OpaquePointer?, while operation: String) throws(HistoryError) {
    guard status != SQLITE_OK, status != SQLITE_DONE, status != SQLITE_ROW else { return }
    let detail = handle.flatMap(sqlite3_errmsg).map { String(cString: $0) } ?? String(cString: sqlite3_errstr(status))
    throw HistoryError(HistoryError.Code(sqlite: status), operation: operation, detail: detail)
}

extension HistoryError.Code {
    /// By the primary result code, the low byte, except where the extended one says more.
    fileprivate init(sqlite status: Int32) {
        if status == 1555 || status == 2067 {  // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
            self = .duplicate
            return
        }
        switch status & 0xff {
        case SQLITE_FULL: self = .full
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: self = .unavailable
        default: self = .other
        }
    }
}
