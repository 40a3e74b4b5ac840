// SPDX-License-Identifier: Apache-2.0

import Domain
import History
import TestKit
import Testing

/// What every audit must do.
@Suite(.timeLimit(.minutes(1))) struct AuditContractTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("audit") }

    @Test("a row comes back exactly as it was written", arguments: Kind.allCases)
    func roundTrip(kind: Kind) async throws {
        let audit = try await kind.make(in: folder).audit
        let (full, bare) = (try fullRow(2), row(1))
        try await audit.append(full)
        try await audit.append(bare)
        #expect(try await audit.records(matching: AuditQuery(), before: nil, limit: 10) == [full, bare])
    }

    @Test("a second row with the same id is refused and the first one stays", arguments: Kind.allCases)
    func duplicate(kind: Kind) async throws {
        let audit = try await kind.make(in: folder).audit
        try await audit.append(row(1, actor: "ann"))
        let error = await #expect(throws: HistoryError.self) { try await audit.append(row(1, actor: "bo")) }
        #expect(error?.code == .duplicate)
        #expect(try await audit.records(matching: AuditQuery(), before: nil, limit: 10).map(\.actor.name) == ["ann"])
    }

    @Test("pages walk from the newest to the oldest, and hold at most 200 rows", arguments: Kind.allCases)
    func pages(kind: Kind) async throws {
        let audit = try await kind.make(in: folder).audit
        for number in [3, 1, 2] + Array(4...205) { try await audit.append(row(number)) }
        var seen: [String] = []
        while seen.count < 205 {
            let page = try await audit.records(matching: AuditQuery(), before: seen.last, limit: 90)
            guard !page.isEmpty else { break }
            seen += page.map(\.id)
        }
        #expect(seen == (1...205).reversed().map(rowID))
        #expect(try await audit.records(matching: AuditQuery(), before: nil, limit: 1000).count == 200)
        #expect(try await audit.records(matching: AuditQuery(), before: nil, limit: -1).isEmpty)
    }

    struct Filter: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout AuditQuery) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout AuditQuery) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    static let filters = [
        Filter("nothing") { _ in },
        Filter("actor") { $0.actor = "ann" },
        Filter("action") { $0.action = .promote },
        Filter("result") { $0.result = .refused },
        Filter("environment") { $0.environment = Name("dev") },
        Filter("service") { $0.service = Name("cart") },
        Filter("since") { $0.since = rowTime(4) },
        Filter("until") { $0.until = rowTime(4) },
        Filter("several") {
            $0.actor = "ann"
            $0.service = Name("cart")
            $0.since = rowTime(2)
        },
        Filter("a person's part") { $0.part = .init(actor: .init(name: "someone else now", personID: 7)) },
        Filter("a key's part") { $0.part = .init(actor: .init(name: "renamed", keyID: "0a0a0a0a0a0a")) },
        Filter("a nameless part") { $0.part = .init(actor: .init(name: "local")) },
        Filter("a part with environments") {
            $0.part = .init(
                actor: .init(name: "bo", personID: 8), environments: Set(["dev", "staging"].compactMap { Name($0) }))
        },
        Filter("a part and a filter") {
            $0.part = .init(actor: .init(name: "ann", personID: 7))
            $0.environment = Name("production")
        },
        Filter("hostile texts") { $0.actor = "' OR 1=1; --" },
    ]

    @Test("a filter finds exactly the rows that match", arguments: Kind.allCases, filters)
    func filter(kind: Kind, filter: Filter) async throws {
        let audit = try await kind.make(in: folder).audit
        let rows = try mixedRows()
        for row in rows { try await audit.append(row) }
        var query = AuditQuery()
        filter.change(&query)
        let expected = rows.filter(query.matches).map(\.id).sorted(by: >)
        #expect(try await audit.records(matching: query, before: nil, limit: 200).map(\.id) == expected)
        // Paging goes on inside of what matches.
        let rest = try await audit.records(matching: query, before: expected.first ?? rowID(99), limit: 200)
        #expect(rest.map(\.id) == Array(expected.dropFirst()))
    }

    @Test("new ids sort by time and do not repeat")
    func ids() {
        let early = (0..<100).map { _ in TimeOrderedID.make(at: rowTime(1)) }
        #expect(Set(early).count == 100)
        #expect(early.allSatisfy { $0.utf8.count == 32 && $0 < TimeOrderedID.make(at: rowTime(2)) })
    }
}

func rowID(_ number: Int) -> String { TimeOrderedID.start(at: rowTime(number)) + passID(number).suffix(20) }
func rowTime(_ number: Int) -> Instant { Instant(milliseconds: 1_700_000_000_000 + Int64(number)) }

func row(_ number: Int, actor: String = "ann") -> AuditRecord {
    AuditRecord(
        id: rowID(number), at: rowTime(number), actor: AuditRecord.Actor(name: actor), channel: .web, action: .sync,
        result: .done)
}

/// Every field set.
private func fullRow(_ number: Int) throws -> AuditRecord {
    var record = AuditRecord(
        id: rowID(number), at: rowTime(number), actor: AuditRecord.Actor(name: "é'\"", personID: 7, keyID: "k"),
        channel: .api, action: .keyCreated, result: .failed)
    record.environment = Name("dev")
    // Not in the order of the alphabet: theirs is the order in which they were named.
    record.services = ["web", "cart"].compactMap { Name($0) }
    record.from = ""
    record.to = "1.2.3"
    record.reason = "line\nline 🛳"
    record.detail = "a\0b"
    record.commit = CommitID(String(repeating: "a1", count: 20))
    return record
}

private func mixedRows() throws -> [AuditRecord] {
    let actors = [
        AuditRecord.Actor(name: "ann", personID: 7), AuditRecord.Actor(name: "bo", personID: 8),
        AuditRecord.Actor(name: "key ci", keyID: "0a0a0a0a0a0a"), AuditRecord.Actor(name: "local"),
        AuditRecord.Actor(name: "ann", personID: 9),
    ]
    let environments = [Name("dev"), nil, Name("staging"), Name("production")]
    return (1...20).map { number in
        var record = AuditRecord(
            id: rowID(number), at: rowTime(number), actor: actors[number % actors.count],
            channel: AuditRecord.Channel.allCases[number % 3], action: [.promote, .sync, .hold][number % 3],
            result: AuditRecord.Result.allCases[number % 3])
        record.environment = environments[number % environments.count]
        record.services = [["cart", "web"], [], ["cart"], ["search"]][number % 4].compactMap { Name($0) }
        return record
    }
}
