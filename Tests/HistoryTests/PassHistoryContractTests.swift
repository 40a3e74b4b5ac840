// SPDX-License-Identifier: Apache-2.0

import Domain
import History
import TestKit
import Testing

/// What every store must do; one row per implementation.
@Suite(.timeLimit(.minutes(1))) struct PassHistoryContractTests {
    private let folder: TemporaryFolder
    private let dev: Name
    private let production: Name

    init() throws {
        folder = try TemporaryFolder("history")
        dev = try #require(Name("dev"))
        production = try #require(Name("production"))
    }

    @Test("a record comes back exactly as it was appended", arguments: Kind.allCases)
    func roundTrip(store: Kind) async throws {
        let history = try await store.make(in: folder).history
        let record = try fullRecord()
        try await history.append(record)
        #expect(try await history.pass(record.id) == record)
        #expect(try await history.passes(of: nil, before: nil, limit: 10) == [record])
    }

    @Test("an id that nobody appended gives nil", arguments: Kind.allCases)
    func missing(store: Kind) async throws {
        let history = try await store.make(in: folder).history
        #expect(try await history.pass(passID(1)) == nil)
        #expect(try await history.passes(of: nil, before: nil, limit: 10).isEmpty)
    }

    @Test("pages walk from the newest to the oldest without gap or repetition", arguments: Kind.allCases)
    func pages(store: Kind) async throws {
        let history = try await store.make(in: folder).history
        // Appended out of order: environments finish when they finish.
        for number in [3, 1, 2, 7, 5, 4, 6] { try await history.append(emptyRecord(number, dev)) }
        var seen: [String] = []
        for _ in 0..<10 {
            let page = try await history.passes(of: nil, before: seen.last, limit: 3)
            if page.isEmpty { break }
            #expect(page.count <= 3)
            seen += page.map(\.id)
        }
        #expect(seen == (1...7).reversed().map(passID))
    }

    @Test("a page of one environment holds nothing of another", arguments: Kind.allCases)
    func filter(store: Kind) async throws {
        let history = try await store.make(in: folder).history
        for number in 1...6 { try await history.append(emptyRecord(number, number % 2 == 0 ? dev : production)) }
        #expect(try await history.passes(of: dev, before: nil, limit: 10).map(\.id) == [6, 4, 2].map(passID))
        #expect(try await history.passes(of: production, before: passID(5), limit: 1).map(\.id) == [passID(3)])
    }

    @Test("a second record with the same id is refused and the first one stays", arguments: Kind.allCases)
    func duplicate(store: Kind) async throws {
        let history = try await store.make(in: folder).history
        try await history.append(emptyRecord(1, dev))
        let error = await #expect(throws: HistoryError.self) { try await history.append(emptyRecord(1, production)) }
        #expect(error?.code == .duplicate)
        #expect(error?.isRetryable == false)
        #expect(try await history.pass(passID(1))?.environment == dev)
    }

    static let limits: [(asked: Int, given: Int)] = [(-1, 0), (0, 0), (1, 1), (200, 200), (201, 200), (.max, 200)]

    @Test("a page holds at most 200 records", arguments: Kind.allCases, limits)
    func limit(store: Kind, limit: (asked: Int, given: Int)) async throws {
        let history = try await store.make(in: folder).history
        for number in 1...205 { try await history.append(emptyRecord(number, dev)) }
        #expect(try await history.passes(of: nil, before: nil, limit: limit.asked).count == limit.given)
    }

    @Test("texts of any kind survive: empty ones, NUL, quotes, every plane of Unicode", arguments: Kind.allCases)
    func texts(store: Kind) async throws {
        let history = try await store.make(in: folder).history
        var record = emptyRecord(1, dev)
        record.warnings = ["", "a\0b", "'; DROP TABLE pass; --", "é e\u{301} 🛳 \u{10FFFF}", "line\nline"]
        try await history.append(record)
        let read = try await history.pass(record.id)
        #expect(read?.warnings.map { Array($0.utf8) } == record.warnings.map { Array($0.utf8) })
    }
}

func passID(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
}

func emptyRecord(_ number: Int, _ environment: Name) -> PassRecord {
    PassRecord(
        id: passID(number), environment: environment, trigger: .poll,
        startedAt: Instant(milliseconds: 1_700_000_000_000 + Int64(number)))
}

/// Every field set, and every optional field of the lists both set and not.
func fullRecord() throws -> PassRecord {
    let cart = try #require(Name("cart"))
    var record = PassRecord(
        id: passID(0xabc), environment: try #require(Name("staging")), trigger: .webhook,
        startedAt: Instant(milliseconds: 1_700_000_000_001))
    record.finishedAt = Instant(milliseconds: 1_700_000_009_999)
    record.commit = CommitID(String(repeating: "a1", count: 20))
    record.previousCommit = CommitID(String(repeating: "0f", count: 20))
    record.outcome = .incomplete
    record.stage = .apply
    record.reason = "1 of 2 objects was refused"
    let deployment = GroupKind(group: "apps", kind: "Deployment")
    record.objects = [
        ObjectResult(
            key: ResourceKey(groupKind: deployment, namespace: "shop", name: "cart"), service: cart,
            action: .failed, message: "spec.replicas: must be non-negative"),
        ObjectResult(
            key: ResourceKey(groupKind: GroupKind("Namespace"), namespace: nil, name: "shop"), service: nil,
            action: .created),
    ]
    record.unchangedCount = 40
    record.diagnostics = [
        Diagnostic(
            .error, "KN2003", "unknown variable tag", at: SourceLocation(file: "a.yaml", line: 3, column: 7),
            hint: "did you mean tags?", service: cart),
        Diagnostic(.warning, "KN2004", "unused", at: SourceLocation(file: "b.yaml")),
    ]
    record.warnings = ["policy/v1beta1 is deprecated", "second"]
    let job = ResourceKey(groupKind: GroupKind("Job.batch"), namespace: "shop", name: "migrate-1")
    if let service = Name("cart") {
        record.logs = [
            HookLog(key: job, service: service, pod: "migrate-1-x", container: "migrate", text: "one\ntwo\n"),
            HookLog(key: job, service: service, pod: "", container: "", text: "", problem: "not permitted"),
        ]
    }
    return record
}
