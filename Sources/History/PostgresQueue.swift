// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// One PostgreSQL database and a connection to it.
///
/// A server that is gone is asked again after a pause that grows; calls in between fail at once with the reason, so that
/// pages do not wait for it.
actor PostgresQueue: DatabaseQueue {
    private let executor: SerialQueueExecutor
    private let server: PostgresAddress
    private let health: PostgresHealth
    private var connection: PostgresConnection?
    private var isMigrated = false
    private var failure: HistoryError?
    private var failures = 0
    private var failedAt = ContinuousClock.now
    private var nextAttempt = ContinuousClock.now

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter health: Shared by all queues of one database.
    init(_ server: PostgresAddress, _ health: PostgresHealth) {
        executor = SerialQueueExecutor(label: "postgres")
        self.server = server
        self.health = health
    }

    func perform<Result: Sendable>(
        _ body: @Sendable (any Database) throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        let database = try opened()
        do {
            return try body(database)
        } catch {
            // Whatever state the connection is in: the next call begins with a new one.
            if error.code == .unavailable || database.isGone {
                connection = nil
                note(error)
            }
            throw error
        }
    }

    private func opened() throws(HistoryError) -> PostgresConnection {
        // A server that was restarted in the meantime costs no call.
        if let connection, !connection.isGone { return connection }
        connection = nil
        let now = ContinuousClock.now
        if let failure, now < nextAttempt, !health.hasOpened(since: failedAt) { throw failure }
        do {
            let opened = try PostgresConnection.open(server)
            if !isMigrated {
                try opened.migrate(server)
                isMigrated = true
            }
            connection = opened
        } catch {
            failures += 1
            failedAt = .now
            nextAttempt = .now + min(.milliseconds(250) * (1 << min(failures, 6)), .seconds(10))
            note(error)
            throw error
        }
        failures = 0
        health.noteOpening()
        note(nil)
        guard let connection else { preconditionFailure("the connection was opened above") }
        return connection
    }

    private func note(_ error: HistoryError?) {
        failure = error
        health.note(error, of: ObjectIdentifier(self))
    }
}

/// What the queues of one database know of it together.
final class PostgresHealth: Sendable {
    private struct Known {
        var failing: Set<ObjectIdentifier> = []
        var openedAt: ContinuousClock.Instant?
    }

    private let known = Lock(Known())
    /// Told why the database cannot be used, and nil when all of it can be again; each change once.
    private let tell: @Sendable (HistoryError?) -> Void

    init(tell: @escaping @Sendable (HistoryError?) -> Void) { self.tell = tell }

    func noteOpening() { known.withLock { $0.openedAt = .now } }

    /// Whether another queue found the server back: then there is nothing to wait for.
    func hasOpened(since moment: ContinuousClock.Instant) -> Bool {
        known.withLock { $0.openedAt.map { $0 > moment } ?? false }
    }

    func note(_ error: HistoryError?, of queue: ObjectIdentifier) {
        let isChange = known.withLock { known in
            let before = known.failing.isEmpty
            if error == nil { known.failing.remove(queue) } else { known.failing.insert(queue) }
            return before != known.failing.isEmpty
        }
        if isChange { tell(error) }
    }
}

extension PostgresConnection {
    /// Any number that nothing else in the database uses as an advisory lock.
    private static let lock = 5_641_293_781

    /// Brings the schema up to the newest step. Of several replicas that start at once, one does it and the others wait.
    ///
    /// - Throws: `.newer` when a newer kubernaut wrote the database.
    func migrate(_ server: PostgresAddress) throws(HistoryError) {
        let operation = "migrating \(server)"
        try transaction(while: operation) { () throws(HistoryError) in
            try execute("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0", while: operation)
            _ = try rows("SELECT pg_advisory_xact_lock(\(Self.lock))", [], while: operation)
            let isNew = try rows("SELECT 1 WHERE to_regclass('kubernaut_schema') IS NULL", [], while: operation)
            if !isNew.isEmpty {
                try execute(
                    "CREATE TABLE kubernaut_schema (version BIGINT PRIMARY KEY, done_at TIMESTAMPTZ DEFAULT now())",
                    while: operation)
            }
            let found = try rows("SELECT coalesce(max(version), 0) FROM kubernaut_schema", [], while: operation)
            let done = found.first.map { Int($0.integer(0)) } ?? 0
            guard done <= postgresMigrations.count else {
                throw HistoryError(
                    .newer, operation: operation,
                    detail: "the database has schema \(done), this kubernaut knows \(postgresMigrations.count); "
                        + "use the newer kubernaut or another database")
            }
            for (index, migration) in postgresMigrations.enumerated().dropFirst(done) {
                try execute(migration, while: operation)
                try run(
                    "INSERT INTO kubernaut_schema (version) VALUES ($1)", [.integer(Int64(index + 1))],
                    while: operation)
            }
        }
    }

    /// Statistics for the planner: tables that only grow are rarely analyzed by themselves. Of several replicas one does it.
    func maintain() throws(HistoryError) {
        let operation = "analyzing the store"
        let isMine = try rows("SELECT 1 WHERE pg_try_advisory_lock(\(Self.lock + 1))", [], while: operation)
        guard !isMine.isEmpty else { return }
        defer {
            // The lock also ends with the connection.
            _ = try? rows("SELECT pg_advisory_unlock(\(Self.lock + 1))", [], while: operation)
        }
        let stale = try rows(
            """
            SELECT relname::text FROM pg_stat_user_tables
            WHERE schemaname = current_schema() AND relname = ANY (string_to_array($1, ','))
              AND coalesce(greatest(last_analyze, last_autoanalyze), '-infinity') < now() - interval '20 hours'
            """, [.text(storeTables.joined(separator: ","))], while: operation)
        // Its own statement each: no lock is held for longer than one table takes.
        for row in stale where storeTables.contains(row.text(0)) {
            try execute("ANALYZE \(row.text(0))", while: operation)
        }
    }
}

/// All tables of the store but that of its schema.
let storeTables = [
    "pass", "pass_object", "pass_diagnostic", "pass_warning", "pass_log", "audit", "audit_service", "api_key",
    "session",
]
