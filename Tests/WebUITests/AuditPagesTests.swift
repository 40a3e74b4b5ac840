// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import History
import JSON
import Lifecycle
import Testing

@testable import WebUI

@Suite("The audit on pages, over REST and as files", .timeLimit(.minutes(1)))
struct AuditPagesTests {
    /// Rows of ann (1), dev (2) and prodmin (4), in dev and production, one about nothing, the last the newest.
    private func filled(_ shop: KeyShop, count: Int = 12) async throws {
        for number in 1...count {
            let at = Fixture.ago(Int64(count - number))
            let (name, id) = [("ann", Int64(1)), ("dev", 2), ("prodmin", 4)][number % 3]
            var record = AuditRecord(
                id: TimeOrderedID.make(at: at), at: at, actor: .init(name: name, personID: id), channel: .api,
                action: number % 2 == 0 ? .promote : .hold, result: number % 5 == 0 ? .refused : .done)
            record.environment = number % 4 == 0 ? nil : Fixture.name(number % 2 == 0 ? "dev" : "production")
            record.services = number % 2 == 0 ? [Fixture.name("cart")] : []
            record.reason = "reason \(number) <script>"
            try await shop.audit.append(record)
        }
    }

    private func items(_ response: HTTPResponse) throws -> [Value] {
        try #require(parseJSON(response.bytes)["items"]?.list)
    }

    @Test("Everybody sees what they did, some their environments, and only who may read the audit everything")
    func parts() async throws {
        let shop = await KeyShop()
        try await filled(shop)
        func seen(_ login: String, _ query: String = "") async throws -> [String] {
            try items(await shop.ask("/api/v1/audit\(query)", as: login)).compactMap { $0[at: "actor", "name"]?.string }
        }
        #expect(try await seen("ann").count == 12)
        #expect(try await Set(seen("dev")) == ["dev"])
        #expect(try await seen("dev").count == 4)
        #expect(try await seen("stranger").isEmpty)
        // Nobody finds others' rows by asking for them.
        #expect(try await seen("dev", "?actor=ann").isEmpty)
        #expect(try await seen("dev", "?env=production").allSatisfy { $0 == "dev" })
        let rows = try items(await shop.ask("/api/v1/audit", as: "prodmin"))
        #expect(rows.contains { $0[at: "actor", "name"]?.string == "ann" })
        #expect(
            rows.allSatisfy {
                $0["environment"]?.string == "production" || $0[at: "actor", "name"]?.string == "prodmin"
            })
        #expect(await shop.ask("/audit", as: "stranger").text.contains("Nothing is written down yet"))
        #expect(await shop.ask("/audit", as: "ann").text.contains("reason 12 &lt;script&gt;"))
    }

    @Test("Pages are cut after what may be read was filtered, and Link leads through all of it")
    func cursor() async throws {
        let shop = await KeyShop()
        try await filled(shop, count: 30)
        var target: String? = "/api/v1/audit?limit=4"
        var seen: [String] = []
        var pages = 0
        while let next = target {
            let answer = await shop.ask(next, as: "dev")
            seen += try items(answer).compactMap { $0["id"]?.string }
            target = answer.headers["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            pages += 1
        }
        #expect(pages == 3 && seen.count == 10 && seen == seen.sorted(by: >) && Set(seen).count == 10)
    }

    @Test("Filters are addresses, and a wrong one is told")
    func filters() async throws {
        let shop = await KeyShop()
        try await filled(shop)
        func count(_ query: String) async throws -> Int {
            try items(await shop.ask("/api/v1/audit?\(query)", as: "ann")).count
        }
        #expect(try await count("action=promote") == 6)
        #expect(try await count("result=refused&env=&actor=") == 2)
        #expect(try await count("service=cart&actor=dev") == 2)
        #expect(try await count("since=5m") == 6)
        #expect(try await count("until=2026-08-22T14:02:31Z") == 6)
        #expect(try await count("since=2026-08-23") == 0)
        for query in ["action=fly", "since=soon", "env=A%20B", "result=x"] {
            #expect(await shop.ask("/api/v1/audit?\(query)", as: "ann").status == 400)
            #expect(await shop.ask("/audit.csv?\(query)", as: "ann").status == 400)
            let page = await shop.ask("/audit?\(query)", as: "ann")
            #expect(page.status == 200 && page.text.contains("must be"))
        }
    }

    @Test("Files hold all rows that match and may be read, however many")
    func files() async throws {
        let shop = await KeyShop()
        try await filled(shop, count: 450)
        let csv = await shop.ask("/audit.csv?actor=dev", as: "ann")
        #expect(csv.headers["Content-Disposition"] == "attachment; filename=\"kubernaut-audit-2026-08-22.csv\"")
        let lines = try await text(csv).split(separator: "\r\n")
        #expect(lines.count == 151 && lines[0].hasPrefix("time,actor,"))
        let jsonl = try await text(await shop.ask("/audit.jsonl", as: "dev")).split(separator: "\n")
        #expect(jsonl.count == 150)
        #expect(try parseJSON(Array(jsonl[0].utf8))[at: "actor", "name"]?.string == "dev")
        #expect(try await text(await shop.ask("/audit.csv", as: "stranger")).split(separator: "\r\n").count == 1)
    }

    private static let cells: [(text: String, cell: String)] = [
        ("plain", "\"plain\""), ("", "\"\""), ("a \"quote\"", "\"a \"\"quote\"\"\""), ("=1+1", "\"'=1+1\""),
        ("+1", "\"'+1\""), ("-1", "\"'-1\""), ("@SUM(A1)", "\"'@SUM(A1)\""), ("\t=1", "\"'\t=1\""),
        ("\r=1", "\"'\r=1\""), ("\r\n=1", "\"'\r\n=1\""), ("\n=1", "\"'\n=1\""), ("＝1", "\"'＝1\""),
        ("a=1", "\"a=1\""),
    ]

    @Test("No cell of the export is a formula", arguments: cells)
    func formulas(text: String, cell: String) { #expect(csvCell(text) == cell) }

    @Test("A change that a rule refuses is written down, a look is not")
    func refusals() async throws {
        let shop = await KeyShop()
        #expect(await shop.ask("/api/v1/environments/dev/sync", as: "dev", method: "POST", json: [:]).status == 403)
        #expect(await shop.ask("/system", as: "dev").status == 404)
        #expect(await shop.ask("/keys", as: "dev").status == 403)
        let rows = try await shop.rows()
        #expect(rows.count == 1)
        #expect(rows[0].action == .sync && rows[0].result == .refused && rows[0].environment == Fixture.name("dev"))
        #expect(rows[0].detail?.contains("sync needs the role developer") == true)
    }

    @Test("When the audit cannot be written, what was done stays done")
    func broken() async throws {
        let shop = await KeyShop(audit: BrokenAudit())
        let order: Value = ["name": "x", "permissions": ["view"]]
        let (id, _) = try await shop.key(order, as: "ann")
        #expect(try await shop.keys.key(id) != nil)
        let page = await shop.ask("/audit", as: "ann")
        #expect(page.status == 503 && !page.text.contains("10.0.0.5"))
    }

    private func text(_ response: HTTPResponse) async throws -> String {
        guard case .stream(let write) = response.body else { return response.text }
        let sink = Sink()
        try await write(sink)
        return String(decoding: sink.bytes.withLock { $0 }, as: UTF8.self)
    }

    private final class Sink: HTTPBodyWriter {
        let bytes = Lock<[UInt8]>([])
        func write(_ more: [UInt8]) async throws { bytes.withLock { $0 += more } }
    }

    private struct BrokenAudit: AuditLog {
        private var down: HistoryError { HistoryError(.unavailable, operation: "connecting to 10.0.0.5", detail: "no") }
        func append(_ record: AuditRecord) async throws { throw down }
        func records(matching query: AuditQuery, before: String?, limit: Int) async throws -> [AuditRecord] {
            throw down
        }
    }
}
