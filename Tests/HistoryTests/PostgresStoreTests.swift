// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Lifecycle
import Platform
import TestKit
import Testing

@testable import History

/// What only a real server shows. The contracts are in the suites that run over every make of store.
@Suite(.timeLimit(.minutes(2))) struct PostgresStoreTests {
    private let server: PostgresServer
    private let dev: Name

    init() throws {
        server = try PostgresServer.shared.get()
        dev = try #require(Name("dev"))
    }

    private func store(_ database: String) throws -> Store {
        Store(postgres: try PostgresAddress(url: Secret(server.url(database))))
    }

    @Test("many replicas that start at once migrate once")
    func migrateTogether() async throws {
        let database = try server.makeDatabase()
        let stores = try (0..<6).map { _ in try store(database) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in stores { group.addTask { try await store.open() } }
            try await group.waitForAll()
        }
        let steps = try server.query("SELECT count(*), max(version) FROM kubernaut_schema", in: database)
        #expect(steps == "\(postgresMigrations.count)|\(postgresMigrations.count)")
    }

    @Test("a database of a newer kubernaut is refused")
    func newer() async throws {
        let database = try server.makeDatabase()
        try await store(database).open()
        try server.query("INSERT INTO kubernaut_schema (version) VALUES (999)", in: database)
        let error = await #expect(throws: HistoryError.self) { try await store(database).open() }
        #expect(error?.code == .newer && error?.isRetryable == false)
    }

    @Test("nobody can change, delete or empty what was written", arguments: SQLiteHistoryTests.finalTables)
    func final(table: String) async throws {
        let database = try server.makeDatabase()
        let store = try store(database)
        try await store.append(try fullRecord())
        var row = row(1)
        row.services = [dev]
        try await store.append(row)
        let column = ["pass", "audit"].contains(table) ? "id" : table == "audit_service" ? "audit_id" : "pass_id"
        for sql in ["DELETE FROM \(table)", "UPDATE \(table) SET \(column) = 'x'", "TRUNCATE \(table)"] {
            let failure = #expect(throws: CommandFailure.self) { try server.query(sql, in: database) }
            #expect(failure?.description.contains("never changed") == true, "\(sql)")
        }
    }

    @Test("tables that only grow are analyzed by rules of their own, and on a schedule by one replica")
    func maintenance() async throws {
        let database = try server.makeDatabase()
        let stores = [try store(database), try store(database)]
        for number in 1...40 { try await stores[0].append(row(number)) }
        let options = try server.query("SELECT reloptions FROM pg_class WHERE relname = 'audit'", in: database)
        #expect(options.contains("autovacuum_analyze_scale_factor=0.02"))
        #expect(options.contains("autovacuum_vacuum_insert_scale_factor=0.05"))
        #expect(try server.query("SELECT reltuples FROM pg_class WHERE relname = 'audit'", in: database) == "-1")
        for store in stores { try await store.maintain() }
        #expect(try server.query("SELECT reltuples FROM pg_class WHERE relname = 'audit'", in: database) == "40")
        // What is fresh is left alone.
        for number in 41...50 { try await stores[0].append(row(number)) }
        try server.query("SELECT pg_stat_force_next_flush()", in: database)
        try await stores[1].maintain()
        #expect(try server.query("SELECT reltuples FROM pg_class WHERE relname = 'audit'", in: database) == "40")
    }

    /// A database with nine thousand rows of the audit, for all who want one.
    private static let filled = Task {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        try await Store(postgres: try PostgresAddress(url: Secret(server.url(database)))).open()
        try server.query(
            """
            INSERT INTO audit (id, at, actor, person_id, key_id, channel, action, result, environment)
            SELECT lpad(to_hex(1700000000000 + n), 12, '0') || lpad(to_hex(n), 20, '0'), 1700000000000 + n, 'u' || n % 900,
                   n % 900, 'k' || n % 900, 'web', 'a' || n % 900, 'r' || n % 900, 'e' || n % 900
            FROM generate_series(1, 9000) n;
            INSERT INTO audit_service SELECT id, 0, 's' || at % 900 FROM audit; ANALYZE
            """, in: database)
        return database
    }

    @Test(
        "filters of the audit lead to indexes once there is something to filter", arguments: SQLiteHistoryTests.indexed)
    func indexes(filter: @Sendable (inout AuditQuery) -> Void, index: String) async throws {
        let database = try await Self.filled.value
        var query = AuditQuery()
        filter(&query)
        // A day that has few of the rows.
        if query.since != nil { query.since = Instant(milliseconds: 1_700_000_000_000).adding(.seconds(86_400)) }
        if query.until != nil { query.until = Instant(milliseconds: 1_699_000_000_000) }
        let statement = AuditStatement(query, before: nil, limit: 50)
        let connection = try PostgresConnection.open(try PostgresAddress(url: Secret(server.url(database))))
        let plan = try connection.rows("EXPLAIN \(statement.sql)", statement.arguments, while: "explaining")
        let text = plan.map { $0.text(0) }.joined(separator: "\n")
        #expect(
            (index.hasPrefix("PRIMARY") ? ["audit_pkey", "audit_by_time"] : [index]).contains { text.contains($0) },
            "\(text)")
        #expect(!text.contains("Seq Scan on audit "), "\(text)")
    }

    @Test("two stores on one database see each other's rows, keys and sessions at once")
    func sharing() async throws {
        let database = try server.makeDatabase()
        let (first, second) = (try store(database), try store(database))
        for number in 1...10 {
            try await (number % 2 == 0 ? first : second).append(emptyRecord(number, dev))
            #expect(try await (number % 2 == 0 ? second : first).pass(passID(number)) != nil)
        }
    }

    @Test("a thousand objects of a pass are one round trip in a few, and come back in their order")
    func large() async throws {
        let store = try store(try server.makeDatabase())
        var record = emptyRecord(1, dev)
        record.objects = (0..<1000).map { number in
            ObjectResult(
                key: ResourceKey(groupKind: GroupKind("ConfigMap"), namespace: "shop", name: "map-\(number)"),
                service: nil, action: .created, message: String(repeating: "é", count: number % 50))
        }
        try await store.append(record)
        #expect(try await store.pass(record.id) == record)
    }

    @Test("a failed write leaves nothing of its record, and the connection stays good")
    func atomic() async throws {
        let database = try server.makeDatabase()
        let store = try store(database)
        try await store.append(emptyRecord(1, dev))
        var record = emptyRecord(2, dev)
        record.objects = (0..<300).map { number in
            ObjectResult(
                key: ResourceKey(groupKind: GroupKind("ConfigMap"), namespace: nil, name: "m\(number)"), service: nil,
                action: .created)
        }
        try server.query(
            """
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON pass_object FOR EACH ROW WHEN (NEW.position = 280)
            EXECUTE FUNCTION full_disk()
            """, in: database)
        let error = await #expect(throws: HistoryError.self) { try await store.append(record) }
        #expect(error?.code == .full && error?.isRetryable == true, "\(String(describing: error))")
        #expect(try await store.pass(record.id) == nil)
        try server.query("DROP TRIGGER full_disk ON pass_object", in: database)
        try await store.append(record)
        #expect(try await store.pass(record.id) == record)
    }

    static let refusedURLs: [(url: String, words: String)] = [
        ("postgres://kubernaut:CANARY@127.0.0.1:1/x", "refused"),
        ("postgres://kubernaut:CANARY@[::1/x", "no URL such as"),
        ("postgres://kubernaut:CANARY@127.0.0.1:1/x?sslmode=CANARY", "invalid sslmode"),
        ("postgres://kubernaut:CANARY@127.0.0.1:x/x", "port"),
        ("postgres://kubernaut:CANARY@host/x?nonsense=1", "no URL such as"),
    ]

    @Test("no error shows the password of an address", arguments: refusedURLs)
    func canary(url: String, words: String) async throws {
        let error = await #expect(throws: HistoryError.self) {
            try await Store(postgres: try PostgresAddress(url: Secret(url))).open()
        }
        let text = "\(try #require(error))"
        #expect(text.contains(words), "\(text)")
        #expect(!text.contains(":CANARY"), "\(text)")
    }

    @Test("a wrong password is told as such, without it; one from a file lets in")
    func passwords() async throws {
        let database = try server.makeDatabase()
        let wrong = Store(postgres: try PostgresAddress(url: Secret(server.url(database, password: "CANARY"))))
        let error = await #expect(throws: HistoryError.self) { try await wrong.open() }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("password authentication failed") == true)
        #expect(!"\(try #require(error))".contains("CANARY"))
        let apart = try PostgresAddress(
            url: Secret(server.url(database, password: "")), password: { Secret(PostgresServer.password) })
        try await Store(postgres: apart).open()
        #expect(apart.description == "postgres://kubernaut@127.0.0.1:\(server.port)/\(database)")
    }
}

/// A server that is killed, frozen and out of space.
@Suite(.timeLimit(.minutes(2))) struct PostgresFaultTests {
    private let dev: Name

    init() throws { dev = try #require(Name("dev")) }

    @Test("after a kill -9 and a restart everything that was acknowledged is there, and nobody had to restart us")
    func killed() async throws {
        let server = try PostgresServer()
        let database = try server.makeDatabase()
        let told = Lock<[Bool]>([])
        let store = Store(postgres: try PostgresAddress(url: Secret(server.url(database)))) { problem in
            told.withLock { $0.append(problem == nil) }
        }
        for number in 1...20 { try await store.append(row(number)) }
        try server.kill()
        let error = await #expect(throws: HistoryError.self) { try await store.append(row(21)) }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        // The next caller is told at once, without waiting for a connection.
        let start = ContinuousClock.now
        for _ in 0..<20 { _ = try? await store.key("x") }
        #expect(ContinuousClock.now - start < .seconds(1))
        try server.start()
        var count = 0
        while count == 0 {
            // What one of its connections finds out, the other need not wait for.
            count = (try? await store.records(matching: AuditQuery(), before: nil, limit: 200).count) ?? 0
            if count == 0 { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(count == 20 || count == 21)
        #expect(try await store.key("x") == nil)
        try await store.append(row(22))
        #expect(told.withLock { $0 } == [false, true])
    }

    @Test("a server that was restarted between two calls costs neither of them")
    func restarted() async throws {
        let server = try PostgresServer()
        let store = Store(postgres: try PostgresAddress(url: Secret(server.url(try server.makeDatabase()))))
        try await store.append(row(1))
        try server.kill()
        try server.start()
        try await store.append(row(2))
        #expect(try await store.records(matching: AuditQuery(), before: nil, limit: 9).count == 2)
    }

    @Test("a server that takes the connection and answers nothing is given up")
    func frozen() async throws {
        let server = try PostgresServer()
        let database = try server.makeDatabase()
        var address = try PostgresAddress(url: Secret(server.url(database)))
        address.limits.answer = 1
        let store = Store(postgres: address)
        try await store.append(row(1))
        try server.freeze(true)
        let start = ContinuousClock.now
        let error = await #expect(throws: HistoryError.self) { try await store.append(row(2)) }
        #expect(error?.code == .unavailable && error?.detail.contains("did not answer") == true)
        #expect(ContinuousClock.now - start < .seconds(5))
        try server.freeze(false)
    }

    @Test("a statement that waits too long for a lock ends as busy")
    func locked() async throws {
        let server = try PostgresServer.shared.get()
        let database = try server.makeDatabase()
        var address = try PostgresAddress(url: Secret(server.url(database)))
        address.limits.statement = 1
        let store = Store(postgres: address)
        try await store.append(row(1))
        let blocker = try PostgresConnection.open(try PostgresAddress(url: Secret(server.url(database))))
        try blocker.execute("BEGIN; LOCK TABLE audit", while: "locking")
        let error = await #expect(throws: HistoryError.self) { try await store.append(row(2)) }
        #expect(error?.code == .busy, "\(String(describing: error))")
        try blocker.execute("ROLLBACK", while: "unlocking")
        try await store.append(row(2))
    }

    @Test("TLS is spoken when the address asks for it, and another's certificate is refused")
    func tls() async throws {
        let authority = try TestAuthority()
        let server = try PostgresServer(authority: authority)
        let url = server.url(try server.makeDatabase())
        let good = "\(url)?sslmode=verify-full&sslrootcert=\(percentEncoded(authority.certificateFile))"
        try await Store(postgres: try PostgresAddress(url: Secret(good))).open()
        let other = try TestAuthority()
        let bad = "\(url)?sslmode=verify-full&sslrootcert=\(percentEncoded(other.certificateFile))"
        let error = await #expect(throws: HistoryError.self) {
            try await Store(postgres: try PostgresAddress(url: Secret(bad))).open()
        }
        #expect(error?.detail.contains("certificate verify failed") == true, "\(String(describing: error))")
    }

    @Test("what a store cannot take waits, and arrives once when it can")
    func outbox() async throws {
        let server = try PostgresServer()
        let database = try server.makeDatabase()
        let store = Store(postgres: try PostgresAddress(url: Secret(server.url(database))))
        let waited = Lock<[String]>([])
        let outbox = Outbox(store, limit: 3) { _, fields in
            waited.withLock { $0.append(fields["audit"] ?? fields["pass"] ?? "") }
        }
        try await outbox.append(row(1))
        try server.kill()
        try await outbox.append(row(2))
        try await outbox.append(emptyRecord(1, dev))
        try await outbox.append(row(3))
        #expect(waited.withLock { $0 } == [rowID(2), passID(1), rowID(3)])
        await #expect(throws: HistoryError.self) { try await outbox.append(row(4)) }
        try server.start()
        var arrived = 0
        while arrived < 3 {
            await outbox.flush()
            arrived = (try? await store.records(matching: .init(), before: nil, limit: 9).count) ?? 0
            if arrived < 3 { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(try await outbox.records(matching: .init(), before: nil, limit: 9).map(\.id) == [3, 2, 1].map(rowID))
        #expect(try await outbox.pass(passID(1)) != nil)
    }
}

/// A disk that is full, where the system lets us make a small one.
@Suite(.timeLimit(.minutes(2)), .enabled(if: SmallDisk.isPossible)) struct PostgresFullDiskTests {
    @Test("a full disk refuses with a clear error, keeps what was acknowledged, and works again when there is room")
    func full() async throws {
        let disk = try SmallDisk(megabytes: 96)
        let server = try PostgresServer(in: disk.path)
        let database = try server.makeDatabase()
        let store = Store(postgres: try PostgresAddress(url: Secret(server.url(database))))
        let ballast = "\(disk.path)/ballast"
        try await store.append(row(1))
        try runCommand(["sh", "-c", "dd if=/dev/zero of='\(ballast)' bs=64k 2>/dev/null || true"])
        var kept = 1
        var refused: HistoryError?
        while refused == nil, kept < 5000 {
            var big = row(kept + 1)
            big.detail = String((0..<4000).map { _ in Character(Unicode.Scalar(UInt8.random(in: 97...122))) })
            do {
                try await store.append(big)
                kept += 1
            } catch { refused = error as? HistoryError }
        }
        // Out of space for tables it is `full`; out of space for its journal the server goes down.
        #expect(refused?.code == .full || refused?.code == .unavailable, "\(String(describing: refused))")
        #expect(refused?.isRetryable == true)
        try Files.remove(ballast)
        var last: Int?
        while last == nil {
            if (try? server.query("SELECT 1")) != "1" { try? server.start() }
            last = try? await store.records(matching: .init(), before: nil, limit: 1).count
            if last == nil { try await Task.sleep(for: .milliseconds(100)) }
        }
        let count = Int(try server.query("SELECT count(*) FROM audit", in: database)) ?? 0
        #expect(count == kept || count == kept + 1)
        try await store.append(row(kept + 5))
    }
}

/// A file system of a few megabytes in memory; only root may make one.
private final class SmallDisk: Sendable {
    let path: String

    static let isPossible: Bool = {
        guard let disk = try? SmallDisk(megabytes: 1) else { return false }
        return !disk.path.isEmpty
    }()

    init(megabytes: Int) throws {
        path = try Files.makeTemporaryFolder(prefix: "kubernaut-disk-")
        do {
            try runCommand(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0755", "tmpfs", path])
        } catch {
            try? Files.remove(path)
            throw error
        }
    }

    deinit {
        // Whoever still uses it keeps it until they end.
        _ = try? runCommand(["umount", "-l", path])
        try? Files.remove(path)
    }
}
