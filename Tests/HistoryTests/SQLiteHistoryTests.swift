// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Glibc
import Lifecycle
import TestKit
import Testing

@testable import History

@Suite(.timeLimit(.minutes(1))) struct SQLiteHistoryTests {
    private let folder: TemporaryFolder
    private let path: String
    private let dev: Name

    init() throws {
        folder = try TemporaryFolder("history")
        path = "\(folder.path)/history.sqlite"
        dev = try #require(Name("dev"))
    }

    private func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path) }

    @Test("records outlive the process that wrote them")
    func persistence() async throws {
        let record = try fullRecord()
        try await Store(sqlite: path).append(record)
        #expect(try await Store(sqlite: path).pass(record.id) == record)
    }

    @Test("two stores on one file see each other's records at once")
    func sharing() async throws {
        let (first, second) = (Store(sqlite: path), Store(sqlite: path))
        for number in 1...20 {
            try await (number % 2 == 0 ? first : second).append(emptyRecord(number, dev))
            #expect(try await (number % 2 == 0 ? second : first).pass(passID(number)) != nil)
        }
    }

    static let damage: [String] = ["header", "middle", "cut", "text"]

    @Test("a damaged file is moved aside with a warning, and the history begins anew", arguments: damage)
    func damaged(how: String) async throws {
        do {
            let history = Store(sqlite: path, pageLimit: nil, isDurable: false)
            for number in 1...200 { try await history.append(emptyRecord(number, dev)) }
        }
        var bytes = try Data(contentsOf: URL(filePath: path))
        switch how {
        case "header": bytes.replaceSubrange(0..<100, with: Data(repeating: 0xff, count: 100))
        case "middle": bytes.replaceSubrange(4096..<bytes.count, with: Data(repeating: 0xff, count: bytes.count - 4096))
        case "cut": bytes = bytes.prefix(bytes.count / 2 - 100)
        default: bytes = Data("this is no database, it is a note to myself\n".utf8)
        }
        try bytes.write(to: URL(filePath: path))
        let warnings = Lock<[String]>([])
        let history = Store(
            sqlite: path, now: { Instant(seconds: 1_800_000_000) },
            warn: { warning in warnings.withLock { $0.append(warning) } })
        try await history.append(emptyRecord(999, dev))
        #expect(try await history.passes(of: nil, before: nil, limit: 10).map(\.id) == [passID(999)])
        let aside = "history.sqlite.damaged-20270115T080000Z"
        #expect(try files().contains(aside))
        #expect(try Data(contentsOf: URL(filePath: "\(folder.path)/\(aside)")) == bytes)
        let texts = warnings.withLock { $0 }
        #expect(texts.count == 1)
        #expect(texts.first?.contains(aside) == true)
    }

    @Test("a file of a newer kubernaut is refused and left alone")
    func newer() async throws {
        try await Store(sqlite: path).append(emptyRecord(1, dev))
        // The user version is the 32-bit number at offset 60 of the file's header.
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes.replaceSubrange(60..<64, with: [0, 0, 3, 0xe7])
        try bytes.write(to: URL(filePath: path))
        let history = Store(sqlite: path)
        let error = await #expect(throws: HistoryError.self) { try await history.open() }
        #expect(error?.code == .newer)
        #expect(error?.detail.contains("999") == true)
        #expect(try files().filter { $0.contains("damaged") }.isEmpty)
    }

    @Test("a full disk refuses the record as a whole, keeps the earlier ones, and works again when there is room")
    func full() async throws {
        let small = Store(sqlite: path, pageLimit: 40, isDurable: false)
        var kept = 0
        var refused: HistoryError?
        while refused == nil {
            var record = emptyRecord(kept + 1, dev)
            record.warnings = (0..<50).map { "warning \($0) of some length, to fill the pages of the file" }
            do {
                try await small.append(record)
                kept += 1
            } catch { refused = try #require(error as? HistoryError) }
        }
        #expect(refused?.code == .full)
        #expect(refused?.isRetryable == true)
        #expect(kept > 0)
        let roomy = Store(sqlite: path)
        #expect(try await roomy.passes(of: nil, before: nil, limit: 200).count == kept)
        #expect(try await roomy.pass(passID(kept + 1)) == nil)
        try await roomy.append(emptyRecord(kept + 1, dev))
    }

    @Test("a folder that is not there is an error that names the file, and healing needs no restart")
    func noFolder() async throws {
        let missing = "\(folder.path)/later/history.sqlite"
        let history = Store(sqlite: missing)
        let error = await #expect(throws: HistoryError.self) { try await history.append(emptyRecord(1, dev)) }
        #expect(error?.code == .unavailable)
        #expect(error?.description.contains(missing) == true)
        try FileManager.default.createDirectory(atPath: "\(folder.path)/later", withIntermediateDirectories: false)
        try await history.append(emptyRecord(1, dev))
    }

    static let finalTables = [
        "pass", "pass_object", "pass_diagnostic", "pass_warning", "pass_log", "audit", "audit_service",
    ]

    @Test("nobody can change or delete what was written, not even with SQL", arguments: finalTables)
    func appendOnly(table: String) async throws {
        let store = Store(sqlite: path)
        try await store.append(try fullRecord())
        var row = row(1)
        row.services = [dev]
        try await store.append(row)
        for sql in ["DELETE FROM \(table)", "UPDATE \(table) SET \(column(table)) = '1'"] {
            let error = #expect(throws: HistoryError.self) { try executeSQL(sql, path) }
            #expect(error?.detail.contains("never") == true)
        }
    }

    private func column(_ table: String) -> String {
        switch table {
        case "pass", "audit": "id"
        case "audit_service": "audit_id"
        default: "pass_id"
        }
    }

    static let indexed: [(filter: @Sendable (inout AuditQuery) -> Void, index: String)] = [
        ({ $0.actor = "ann" }, "audit_by_actor"),
        ({ $0.action = .hold }, "audit_by_action"),
        ({ $0.result = .refused }, "audit_by_result"),
        ({ $0.environment = Name("dev") }, "audit_by_environment"),
        ({ $0.service = Name("cart") }, "audit_by_service"),
        ({ $0.since = rowTime(1) }, "PRIMARY KEY (id>?)"),
        ({ $0.until = rowTime(1) }, "PRIMARY KEY (id<?)"),
        ({ $0.part = .init(actor: .init(name: "ann", personID: 7)) }, "audit_by_person"),
        ({ $0.part = .init(actor: .init(name: "ci", keyID: "k")) }, "audit_by_key"),
    ]

    @Test("no filter of the audit reads the whole table", arguments: indexed)
    func indexes(filter: @Sendable (inout AuditQuery) -> Void, index: String) async throws {
        try await Store(sqlite: path).open()
        var query = AuditQuery()
        filter(&query)
        let statement = AuditStatement(query, before: nil, limit: 50)
        let database = try SQLiteDatabase.open(path, busyTimeout: .seconds(1))
        let plan = try database.rows("EXPLAIN QUERY PLAN \(statement.sql)", statement.arguments, while: "explaining")
        let steps = plan.map { $0.text(3) }
        #expect(steps.contains { $0.contains(index) }, "\(steps)")
        #expect(!steps.contains("SCAN audit"), "\(steps)")
    }

    private func executeSQL(_ sql: String, _ path: String) throws {
        let database = try SQLiteDatabase.open(path, busyTimeout: .seconds(1))
        try database.execute(sql, while: "testing")
    }

    @Test("opening, writing, reading and dropping a history many times does not grow the process")
    func growth() async throws {
        func use(_ numbers: Range<Int>) async throws {
            for number in numbers {
                let history = Store(sqlite: path, pageLimit: nil, isDurable: false)
                try await history.append(emptyRecord(number, dev))
                _ = try await history.passes(of: dev, before: nil, limit: 3)
            }
        }
        try await use(1..<30)
        let before = try residentKilobytes()
        try await use(30..<180)
        guard dlsym(nil, "__asan_init") == nil else { return }
        #expect(try residentKilobytes() - before < 2_000)
    }

    private func residentKilobytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1])) * 4
    }
}
