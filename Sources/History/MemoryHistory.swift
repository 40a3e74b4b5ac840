// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

// What comes in: finished passes, in any order. What goes out: the same records, newest first, page by page.
// Nothing is ever changed or thrown away.

/// A history that lives as long as the process: for tests and one-shot commands.
public final class MemoryHistory: PassHistory {
    private let records = Lock<[String: PassRecord]>([:])

    public init() {}

    public func append(_ record: PassRecord) async throws {
        let isNew = records.withLock { records in
            guard records[record.id] == nil else { return false }
            records[record.id] = record
            return true
        }
        guard isNew else { throw HistoryError.duplicate(record) }
    }

    // Ids are hexadecimal digits: the order of their bytes is the order of time.
    public func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord] {
        let matching = records.withLock { records in
            records.values.filter {
                (environment == nil || $0.environment == environment) && (before.map($0.id.precedesInBytes) ?? true)
            }
        }
        return Array(matching.sorted { $1.id.precedesInBytes($0.id) }.prefix(pageLimit(limit)))
    }

    public func pass(_ id: String) async throws -> PassRecord? { records.withLock { $0[id] } }
}

/// Records of one page.
func pageLimit(_ wanted: Int) -> Int { min(max(wanted, 0), 200) }

extension HistoryError {
    static func duplicate(_ record: PassRecord) -> HistoryError {
        HistoryError(
            .duplicate, operation: "appending pass \(record.id)", detail: "there is a pass with this id already")
    }
}

/// An audit that lives as long as the process.
public final class MemoryAudit: AuditLog {
    private let rows = Lock<[String: AuditRecord]>([:])

    public init() {}

    public func append(_ record: AuditRecord) async throws {
        let isNew = rows.withLock { rows in
            guard rows[record.id] == nil else { return false }
            rows[record.id] = record
            return true
        }
        guard isNew else {
            throw HistoryError(
                .duplicate, operation: "writing the audit's row \(record.id)",
                detail: "there is one with this id already")
        }
    }

    public func records(matching query: AuditQuery, before: String?, limit: Int) async throws -> [AuditRecord] {
        let matching = rows.withLock { rows in
            rows.values.filter { query.matches($0) && (before.map($0.id.precedesInBytes) ?? true) }
        }
        return Array(matching.sorted { $1.id.precedesInBytes($0.id) }.prefix(pageLimit(limit)))
    }
}
