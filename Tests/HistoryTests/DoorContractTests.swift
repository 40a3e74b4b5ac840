// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import History
import TestKit
import Testing

/// What every store of keys and of sessions must do.
@Suite(.timeLimit(.minutes(1))) struct DoorContractTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("doors") }

    private static let start = Instant(seconds: 1_800_000_000)

    private func key(_ number: Int, owner: Int64? = nil) -> APIKey {
        let scope = KeyScope(
            permissions: [.release, .view], environments: [Glob("dev"), Glob("test-*")], services: [.any])
        return APIKey(
            id: "00000000000\(number)", name: "ci's \"key\"", digest: (0..<32).map { UInt8($0 * 8 + number) },
            scope: scope, createdBy: "ann", ownerID: owner, createdAt: Self.start.adding(.seconds(number)),
            expiresAt: Self.start.adding(.seconds(90 * 86_400)))
    }

    @Test("a key comes back exactly as it was added, the newest first", arguments: Kind.allCases)
    func keys(kind: Kind) async throws {
        let keys = try await kind.make(in: folder).keys
        try await keys.add(key(1, owner: 7))
        try await keys.add(key(2))
        #expect(try await keys.key(key(1).id) == key(1, owner: 7))
        #expect(try await keys.key("ffffffffffff") == nil)
        #expect(try await keys.keys() == [key(2), key(1, owner: 7)])
        await #expect(throws: (any Error).self) { try await keys.add(key(1)) }
    }

    @Test("a key is revoked once, and its last use is kept", arguments: Kind.allCases)
    func revoke(kind: Kind) async throws {
        let keys = try await kind.make(in: folder).keys
        try await keys.add(key(1))
        try await keys.add(key(2))
        let later = Self.start.adding(.seconds(60))
        try await keys.noteUse(of: key(1).id, at: later, from: "2001:db8::1")
        try await keys.revoke(key(1).id, at: later)
        try await keys.revoke(key(1).id, at: later.adding(.seconds(60)))
        try await keys.revoke("ffffffffffff", at: later)
        var expected = key(1)
        expected.revokedAt = later
        expected.lastUsedAt = later
        expected.lastUsedFrom = "2001:db8::1"
        #expect(try await keys.key(key(1).id) == expected)
        #expect(try await keys.key(key(2).id) == key(2))
    }

    @Test("a key's life is made shorter, never longer, and not that of one that is revoked", arguments: Kind.allCases)
    func shorten(kind: Kind) async throws {
        let keys = try await kind.make(in: folder).keys
        for number in [1, 2] { try await keys.add(key(number)) }
        let end = Self.start.adding(.seconds(3600))
        try await keys.shorten(key(1).id, to: end)
        #expect(try await keys.key(key(1).id)?.expiresAt == end)
        try await keys.shorten(key(1).id, to: end.adding(.seconds(1)))
        #expect(try await keys.key(key(1).id)?.expiresAt == end)
        try await keys.revoke(key(2).id, at: Self.start)
        try await keys.shorten(key(2).id, to: end)
        #expect(try await keys.key(key(2).id)?.expiresAt == key(2).expiresAt)
        try await keys.shorten("ffffffffffff", to: end)
        #expect(try await keys.keys().count == 2)
    }

    private func session(_ digest: String, person: Int64 = 7, created: Int = 0, seen: Int = 0) -> Session {
        let teams: Set = [
            TeamMembership(organization: "acme", slug: "leads", id: 1),
            TeamMembership(organization: "acme", slug: "odd \"slug\"", id: 2),
        ]
        return Session(
            digest: digest,
            person: Person(id: person, login: "ann", name: nil, teams: teams, teamsReadAt: Self.start),
            createdAt: Self.start.adding(.seconds(created)), seenAt: Self.start.adding(.seconds(seen)),
            formSecret: [0, 255, 7], sealedToken: [1, 2, 0], browser: "Firefox")
    }

    @Test("a session comes back exactly as it was added, the oldest first", arguments: Kind.allCases)
    func sessions(kind: Kind) async throws {
        let sessions = try await kind.make(in: folder).sessions
        let bare = Session(
            digest: "bb",
            person: Person(id: 7, login: "ann", name: "Ann é", teams: [], teamsReadAt: Self.start),
            createdAt: Self.start.adding(.seconds(1)), seenAt: Self.start, formSecret: [], sealedToken: nil)
        try await sessions.add(bare)
        try await sessions.add(session("cc"))
        try await sessions.add(session("dd", person: 8))
        #expect(try await sessions.session("bb") == bare)
        #expect(try await sessions.session("cc") == session("cc"))
        #expect(try await sessions.session("ee") == nil)
        #expect(try await sessions.sessions(of: 7) == [session("cc"), bare])
    }

    @Test("a session that ended is not brought back by who still holds it", arguments: Kind.allCases)
    func replace(kind: Kind) async throws {
        let sessions = try await kind.make(in: folder).sessions
        try await sessions.add(session("aa"))
        #expect(try await sessions.replace(session("aa", seen: 70)))
        #expect(try await sessions.session("aa") == session("aa", seen: 70))
        try await sessions.end("aa")
        #expect(try await !sessions.replace(session("aa", seen: 80)))
        #expect(try await sessions.session("aa") == nil)
    }

    @Test("all sessions of a person end together, and no others", arguments: Kind.allCases)
    func endAll(kind: Kind) async throws {
        let sessions = try await kind.make(in: folder).sessions
        for digest in ["aa", "bb"] { try await sessions.add(session(digest)) }
        try await sessions.add(session("cc", person: 8))
        #expect(try await sessions.endAll(of: 7) == 2)
        #expect(try await sessions.endAll(of: 7) == 0)
        #expect(try await sessions.session("cc") != nil)
    }

    @Test("sessions that are too old or were not used are forgotten", arguments: Kind.allCases)
    func forget(kind: Kind) async throws {
        let sessions = try await kind.make(in: folder).sessions
        try await sessions.add(session("aa", created: 10, seen: 500))
        try await sessions.add(session("bb", created: 200, seen: 300))
        try await sessions.add(session("cc", created: 200, seen: 500))
        try await sessions.forget(
            createdBefore: Self.start.adding(.seconds(100)), unseenSince: Self.start.adding(.seconds(400)))
        #expect(try await sessions.sessions(of: 7).map(\.digest) == ["cc"])
    }
}
