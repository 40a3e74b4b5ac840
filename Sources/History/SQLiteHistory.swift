// SPDX-License-Identifier: Apache-2.0

public import Domain
import Glibc
public import Lifecycle

/// The history in one SQLite file.
///
/// The file is opened by the first call and again after a failure, so a daemon whose disk is full or gone goes on
/// and remembers again when the disk is back. A damaged file is moved aside, never deleted, and a new one begun.
public actor SQLiteHistory: PassHistory {
    private let executor: SerialQueueExecutor
    private let path: String
    private let pageLimit: Int?
    private let now: Now
    private let warn: @Sendable (String) -> Void
    private var database: SQLiteDatabase?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - path: The file; its folder must exist.
    ///   - warn: Told, in one sentence, when a damaged file was moved aside.
    public init(path: String, now: @escaping Now = wallClock, warn: @escaping @Sendable (String) -> Void = { _ in }) {
        self.init(path: path, pageLimit: nil, now: now, warn: warn)
    }

    /// - Parameter pageLimit: The largest size of the file in pages of 4 KiB: the way to a full disk without one.
    package init(
        path: String, pageLimit: Int?, now: @escaping Now = wallClock,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        executor = SerialQueueExecutor(label: "history")
        self.path = path
        self.pageLimit = pageLimit
        self.now = now
        self.warn = warn
    }

    /// Opens the file now rather than at the first use, to find out at start whether that works.
    public func open() throws(HistoryError) { try withDatabase { _ throws(HistoryError) in } }

    public func append(_ record: PassRecord) throws(HistoryError) {
        try withDatabase { database throws(HistoryError) in
            try database.transaction(while: "appending pass \(record.id)") { () throws(HistoryError) in
                try database.insert(record)
            }
        }
    }

    public func passes(of environment: Name?, before: String?, limit: Int) throws(HistoryError) -> [PassRecord] {
        try withDatabase { database throws(HistoryError) in
            try database.passes(of: environment, before: before, limit: History.pageLimit(limit))
        }
    }

    public func pass(_ id: String) throws(HistoryError) -> PassRecord? {
        try withDatabase { database throws(HistoryError) in try database.pass(id) }
    }

    /// Runs `body` with the open database. When the file turns out to be damaged, once more with a new one.
    private func withDatabase<Result>(
        _ body: (borrowing SQLiteDatabase) throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        do {
            return try attempt(body)
        } catch {
            switch error.code {
            case .corrupt:
                database = nil
                try moveAside(because: error)
                return try attempt(body)
            case .unavailable:
                // The handle may belong to a file that is gone: open again next time.
                database = nil
                throw error
            case .full, .busy, .duplicate, .newer, .other: throw error
            }
        }
    }

    private func attempt<Result>(
        _ body: (borrowing SQLiteDatabase) throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        if database == nil {
            let opened = try SQLiteDatabase.open(path, busyTimeout: .seconds(5), pageLimit: pageLimit)
            try opened.checkIntegrity(of: path)
            try opened.migrate(path)
            database = consume opened
        }
        switch database {
        case .some(let open): return try body(open)
        case .none: preconditionFailure("the database was opened above")
        }
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
                + "earlier passes are no longer shown")
    }
}
