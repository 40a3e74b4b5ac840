// SPDX-License-Identifier: Apache-2.0

import Domain
public import Lifecycle

/// What the daemon remembers besides git: passes, who did what, keys and sessions, in one database.
///
/// One value for every make of database: the statements are written once. Calls of one queue are served one by one.
public struct Store: Sendable {
    /// Passes and the audit.
    let records: any DatabaseQueue
    /// Keys and sessions; may be the same queue.
    let doors: any DatabaseQueue

    /// In one SQLite file.
    ///
    /// The file is opened by the first call and again after a failure, so a daemon whose disk is full or gone goes on and
    /// remembers again when the disk is back. A damaged file is moved aside, never deleted, and a new one begun.
    ///
    /// - Parameters:
    ///   - path: The file; its folder must exist.
    ///   - warn: Told, in one sentence, when a damaged file was moved aside.
    public init(
        sqlite path: String, now: @escaping Now = wallClock, warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(sqlite: path, pageLimit: nil, isDurable: true, now: now, warn: warn)
    }

    /// - Parameters:
    ///   - pageLimit: The largest size of the file in pages of 4 KiB: the way to a full disk without one.
    ///   - isDurable: Whether to wait for the disk at each write.
    package init(
        sqlite path: String, pageLimit: Int?, isDurable: Bool, now: @escaping Now = wallClock,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let queue = SQLiteQueue(path: path, pageLimit: pageLimit, isDurable: isDurable, now: now, warn: warn)
        records = queue
        doors = queue
    }

    /// In a PostgreSQL database, which several replicas may share.
    ///
    /// Nothing is opened yet. A server that goes away costs the calls made meanwhile, which say why, and nothing that was
    /// acknowledged.
    ///
    /// - Parameter tell: Told why the database cannot be used, and nil when it can be again; each change once. From any thread.
    public init(postgres address: PostgresAddress, tell: @escaping @Sendable (HistoryError?) -> Void = { _ in }) {
        let health = PostgresHealth(tell: tell)
        records = PostgresQueue(address, health)
        // Over a connection of their own: nobody's page waits for a long pass to be written.
        doors = PostgresQueue(address, health)
    }

    /// Renews the planner's statistics where they are old. To be called every few hours; of several replicas one does it.
    public func maintain() async throws(HistoryError) {
        try await records.perform { database throws(HistoryError) in try database.maintain() }
    }

    /// Opens the database now rather than at the first use, to find out at start whether that works.
    public func open() async throws(HistoryError) {
        try await records.perform { _ throws(HistoryError) in }
        try await doors.perform { _ throws(HistoryError) in }
    }
}
