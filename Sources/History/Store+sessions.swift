// SPDX-License-Identifier: Apache-2.0

public import Access
public import Domain
import JSON

extension Store: SessionStore {
    public func session(_ digest: String) async throws -> Session? {
        try await doors.perform { database throws(HistoryError) in
            let rows = try database.rows(
                "SELECT \(sessionColumns) FROM session WHERE digest = $1", [.text(digest)], while: "reading a session")
            guard let row = rows.first else { return nil }
            return try readSession(row)
        }
    }

    public func add(_ session: Session) async throws {
        try await doors.perform { database throws(HistoryError) in
            try database.insert(into: "session", [columns(of: session)], while: "beginning a session")
        }
    }

    public func replace(_ session: Session) async throws -> Bool {
        try await doors.perform { database throws(HistoryError) in
            let values = columns(of: session)
            let count = try database.run(
                """
                UPDATE session SET person_id = $2, login = $3, name = $4, teams = $5, teams_read_at = $6,
                    created_at = $7, seen_at = $8, form_secret = $9, sealed_token = $10, browser = $11
                WHERE digest = $1
                """, values, while: "keeping a session")
            return count > 0
        }
    }

    public func end(_ digest: String) async throws {
        _ = try await doors.perform { database throws(HistoryError) in
            try database.run("DELETE FROM session WHERE digest = $1", [.text(digest)], while: "ending a session")
        }
    }

    public func endAll(of person: Int64) async throws -> Int {
        try await doors.perform { database throws(HistoryError) in
            try database.run(
                "DELETE FROM session WHERE person_id = $1", [.integer(person)], while: "ending sessions")
        }
    }

    public func sessions(of person: Int64) async throws -> [Session] {
        try await doors.perform { database throws(HistoryError) in
            let rows = try database.rows(
                "SELECT \(sessionColumns) FROM session WHERE person_id = $1 ORDER BY created_at, digest",
                [.integer(person)], while: "reading sessions")
            var sessions: [Session] = []
            for row in rows { sessions.append(try readSession(row)) }
            return sessions
        }
    }

    public func forget(createdBefore created: Instant, unseenSince seen: Instant) async throws {
        _ = try await doors.perform { database throws(HistoryError) in
            try database.run(
                "DELETE FROM session WHERE created_at < $1 OR seen_at < $2", [.instant(created), .instant(seen)],
                while: "forgetting sessions that have ended")
        }
    }
}

private let sessionColumns = """
    digest, person_id, login, name, teams, teams_read_at, created_at, seen_at, form_secret, sealed_token, browser
    """

private func columns(of session: Session) -> [SQLValue] {
    let person = session.person
    let teams = person.teams.sorted { ($0.organization, $0.slug, $0.id) < ($1.organization, $1.slug, $1.id) }
        .map { team -> Value in
            ["organization": .string(team.organization), "slug": .string(team.slug), "id": .integer(team.id)]
        }
    return [
        .text(session.digest), .integer(person.id), .text(person.login), .optional(person.name),
        .text(Value.list(teams).jsonText()), .instant(person.teamsReadAt), .instant(session.createdAt),
        .instant(session.seenAt), .text(Base64.url.text(session.formSecret)),
        .optional(session.sealedToken.map { Base64.url.text($0) }), .optional(session.browser),
    ]
}

private func readSession(_ row: SQLRow) throws(HistoryError) -> Session {
    // What cannot be read is no team: fewer rights, never more.
    let teams = (try? parseJSON(Array(row.text(4).utf8)))?.list ?? []
    let memberships = teams.compactMap { team -> TeamMembership? in
        guard let organization = team["organization"]?.string, let slug = team["slug"]?.string,
            let id = team["id"]?.integer
        else { return nil }
        return TeamMembership(organization: organization, slug: slug, id: id)
    }
    return Session(
        digest: row.text(0),
        person: Person(
            id: row.integer(1), login: row.text(2), name: row.optionalText(3), teams: Set(memberships),
            teamsReadAt: row.instant(5)),
        createdAt: row.instant(6), seenAt: row.instant(7),
        formSecret: try known(Base64.url.bytes(row.text(8)), "a form's secret"),
        sealedToken: row.optionalText(9).flatMap { Base64.url.bytes($0) }, browser: row.optionalText(10))
}
