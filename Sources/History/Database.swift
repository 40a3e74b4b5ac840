// SPDX-License-Identifier: Apache-2.0

import Domain

/// One open database, whatever its make. Not `Sendable`: it stays with the queue that opened it.
///
/// Statements are the same for all: placeholders are `$1`, `$2`, …, and what differs between makes is not used.
protocol Database: AnyObject {
    /// Runs one statement and reads all its rows.
    func rows(
        _ sql: String, _ arguments: [SQLValue], while operation: String
    ) throws(HistoryError) -> [SQLRow]

    /// Runs one statement once for each list of arguments.
    ///
    /// - Returns: How many rows were added, changed or deleted in all.
    @discardableResult
    func run(_ sql: String, each arguments: [[SQLValue]], while operation: String) throws(HistoryError) -> Int

    /// Runs `body` as one transaction: all of it or nothing of it.
    func transaction<Result>(
        while operation: String, _ body: () throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result

    /// Renews the planner's statistics where they are old. To be called every few hours.
    func maintain() throws(HistoryError)
}

extension Database {
    @discardableResult
    func run(_ sql: String, _ arguments: [SQLValue], while operation: String) throws(HistoryError) -> Int {
        try run(sql, each: [arguments], while: operation)
    }

    /// Adds rows with all columns of a table, in the order of the schema.
    func insert(into table: String, _ rows: [[SQLValue]], while operation: String) throws(HistoryError) {
        guard let width = rows.first?.count else { return }
        let places = (1...width).map { "$\($0)" }.joined(separator: ",")
        try run("INSERT INTO \(table) VALUES (\(places))", each: rows, while: operation)
    }
}

/// `$1,$2,$3` for so many arguments.
func places(_ numbers: some Sequence<Int>) -> String { numbers.map { "$\($0)" }.joined(separator: ",") }

/// What goes into a statement's placeholders, and what comes out of a row.
enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)

    static func optional(_ text: String?) -> SQLValue { text.map(SQLValue.text) ?? .null }
    static func optional(_ number: Int64?) -> SQLValue { number.map(SQLValue.integer) ?? .null }
    static func instant(_ instant: Instant?) -> SQLValue { optional(instant?.milliseconds) }
}

/// One row, by the numbers of its columns. A column of another kind than asked for reads as empty or nil.
struct SQLRow: Sendable {
    let values: [SQLValue]

    func integer(_ column: Int) -> Int64 { optionalInteger(column) ?? 0 }
    func text(_ column: Int) -> String { optionalText(column) ?? "" }
    func instant(_ column: Int) -> Instant { Instant(milliseconds: integer(column)) }
    func optionalInstant(_ column: Int) -> Instant? { optionalInteger(column).map { Instant(milliseconds: $0) } }

    func optionalInteger(_ column: Int) -> Int64? {
        if case .integer(let number) = values[column] { number } else { nil }
    }

    func optionalText(_ column: Int) -> String? {
        if case .text(let text) = values[column] { text } else { nil }
    }
}

/// A database on a queue of its own: opened by the first call, and again after a failure.
protocol DatabaseQueue: Actor {
    func perform<Result: Sendable>(
        _ body: @Sendable (any Database) throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result
}
