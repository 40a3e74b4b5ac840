// SPDX-License-Identifier: Apache-2.0

public import Access
import Crypto
public import Domain
import JSON

extension Store: KeyStore {
    public func add(_ key: APIKey) async throws {
        try await doors.perform { database throws(HistoryError) in
            try database.insert(into: "api_key", [columns(of: key)], while: "adding key \(key.id)")
        }
    }

    public func key(_ id: String) async throws -> APIKey? {
        try await doors.perform { database throws(HistoryError) in
            let rows = try database.rows(
                "SELECT \(keyColumns) FROM api_key WHERE id = $1", [.text(id)], while: "reading key \(id)")
            guard let row = rows.first else { return nil }
            return try apiKey(row)
        }
    }

    public func keys() async throws -> [APIKey] {
        try await doors.perform { database throws(HistoryError) in
            let rows = try database.rows(
                "SELECT \(keyColumns) FROM api_key ORDER BY created_at DESC, id", [], while: "reading keys")
            var keys: [APIKey] = []
            for row in rows { keys.append(try apiKey(row)) }
            return keys
        }
    }

    public func revoke(_ id: String, at now: Instant) async throws {
        _ = try await doors.perform { database throws(HistoryError) in
            try database.run(
                "UPDATE api_key SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL", [.instant(now), .text(id)],
                while: "revoking key \(id)")
        }
    }

    public func shorten(_ id: String, to end: Instant) async throws {
        _ = try await doors.perform { database throws(HistoryError) in
            try database.run(
                "UPDATE api_key SET expires_at = $1 WHERE id = $2 AND revoked_at IS NULL AND expires_at > $1",
                [.instant(end), .text(id)], while: "letting key \(id) end")
        }
    }

    public func noteUse(of id: String, at now: Instant, from address: String) async throws {
        _ = try await doors.perform { database throws(HistoryError) in
            try database.run(
                "UPDATE api_key SET last_used_at = $1, last_used_from = $2 WHERE id = $3",
                [.instant(now), .text(address), .text(id)], while: "noting the use of key \(id)")
        }
    }
}

private let keyColumns = """
    id, name, digest, permissions, environments, services, created_by, owner_id, created_at, expires_at, revoked_at,
    last_used_at, last_used_from
    """

private func columns(of key: APIKey) -> [SQLValue] {
    [
        .text(key.id), .text(key.name), .text(hex(key.digest)),
        .text(jsonList(key.scope.permissions.map(\.rawValue).sorted())),
        .text(jsonList(key.scope.environments.map(\.pattern))), .text(jsonList(key.scope.services.map(\.pattern))),
        .text(key.createdBy), .optional(key.ownerID), .instant(key.createdAt), .instant(key.expiresAt),
        .instant(key.revokedAt), .instant(key.lastUsedAt), .optional(key.lastUsedFrom),
    ]
}

private func apiKey(_ row: SQLRow) throws(HistoryError) -> APIKey {
    // A permission that this version does not know is one that nothing here asks for.
    let scope = KeyScope(
        permissions: Set(texts(row.text(3)).compactMap { Permission(rawValue: $0) }),
        environments: texts(row.text(4)).map { Glob($0) }, services: texts(row.text(5)).map { Glob($0) })
    var key = APIKey(
        id: row.text(0), name: row.text(1), digest: try known([UInt8](hexText: row.text(2)), "digest"), scope: scope,
        createdBy: row.text(6), ownerID: row.optionalInteger(7), createdAt: row.instant(8), expiresAt: row.instant(9))
    key.revokedAt = row.optionalInstant(10)
    key.lastUsedAt = row.optionalInstant(11)
    key.lastUsedFrom = row.optionalText(12)
    return key
}

private func jsonList(_ texts: [String]) -> String { Value.list(texts.map { .string($0) }).jsonText() }

/// Empty for what is no list: then the key opens nothing.
private func texts(_ json: String) -> [String] {
    // A broken list is as good as none, and safer than a guess.
    ((try? parseJSON(Array(json.utf8)))?.list ?? []).compactMap(\.string)
}

extension [UInt8] {
    /// Nil when `text` is not an even number of hexadecimal digits.
    fileprivate init?(hexText text: String) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
