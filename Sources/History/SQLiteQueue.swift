// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import Lifecycle

/// One SQLite file and its handle.
actor SQLiteQueue: DatabaseQueue {
    private let executor: SerialQueueExecutor
    private let path: String
    private let pageLimit: Int?
    private let isDurable: Bool
    private let now: Now
    private let warn: @Sendable (String) -> Void
    private var database: SQLiteDatabase?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        path: String, pageLimit: Int?, isDurable: Bool, now: @escaping Now, warn: @escaping @Sendable (String) -> Void
    ) {
        executor = SerialQueueExecutor(label: "history")
        self.path = path
        self.pageLimit = pageLimit
        self.isDurable = isDurable
        self.now = now
        self.warn = warn
    }

    /// Runs `body` with the open database. When the file turns out to be damaged, once more with a new one.
    func perform<Result: Sendable>(
        _ body: @Sendable (any Database) throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        do {
            return try body(try opened())
        } catch {
            switch error.code {
            case .corrupt:
                database = nil
                try moveAside(because: error)
                return try body(try opened())
            case .unavailable:
                // The handle may belong to a file that is gone: open again next time.
                database = nil
                throw error
            case .full, .busy, .duplicate, .newer, .other: throw error
            }
        }
    }

    private func opened() throws(HistoryError) -> SQLiteDatabase {
        if let database { return database }
        let opened = try SQLiteDatabase.open(path, busyTimeout: .seconds(5), pageLimit: pageLimit, isDurable: isDurable)
        try opened.checkIntegrity(of: path)
        try opened.migrate(path)
        database = opened
        return opened
    }

    private func moveAside(because error: HistoryError) throws(HistoryError) {
        let stamp = now().description.filter { $0 != ":" && $0 != "-" }
        var target = "\(path).damaged-\(stamp)"
        var number = 1
        while access(target, F_OK) == 0 {
            number += 1
            target = "\(path).damaged-\(stamp)-\(number)"
        }
        for ending in ["", "-wal", "-shm"] where access(path + ending, F_OK) == 0 {
            guard rename(path + ending, target + ending) == 0 else {
                throw HistoryError(
                    .unavailable, operation: "moving the damaged \(path + ending) aside",
                    detail: String(cString: strerror(errno)))
            }
        }
        warn(
            "the history \(path) is damaged (\(error.detail)); it was moved to \(target) and a new one is begun: "
                + "earlier passes, the audit, keys and sessions are no longer there")
    }
}

extension SQLiteDatabase {
    /// - Throws: `.corrupt` when the file contradicts itself.
    fileprivate func checkIntegrity(of path: String) throws(HistoryError) {
        let found = try rows("PRAGMA quick_check(1)", [], while: "checking \(path)").map { $0.text(0) }
        guard found == ["ok"] else {
            throw HistoryError(.corrupt, operation: "checking \(path)", detail: found.first ?? "no answer")
        }
    }

    /// Brings the schema up to the newest step, each step as a whole.
    ///
    /// - Throws: `.newer` when a newer kubernaut wrote the file.
    fileprivate func migrate(_ path: String) throws(HistoryError) {
        let operation = "migrating \(path)"
        func version() throws(HistoryError) -> Int {
            try rows("PRAGMA user_version", [], while: operation).first.map { Int($0.integer(0)) } ?? 0
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
}
