// SPDX-License-Identifier: Apache-2.0

import CPostgres
import Domain
import Glibc

/// One connection to a PostgreSQL server. Owns its `PGconn *` and ends it when the value goes away.
///
/// Not `Sendable`: it stays with the queue that opened it. Every wait ends: for a connection, a statement and an answer.
final class PostgresConnection: Database {
    private let connection: OpaquePointer
    private let answerLimit: Int

    private init(connection: OpaquePointer, answerLimit: Int) {
        self.connection = connection
        self.answerLimit = answerLimit
    }

    deinit { PQfinish(connection) }

    /// - Throws: `.unavailable` when nobody answers or lets us in.
    static func open(_ server: PostgresAddress) throws(HistoryError) -> PostgresConnection {
        let operation = "connecting to \(server)"
        var parameters: [(name: String, value: String)] = [
            // Before the URL, which may say otherwise.
            ("connect_timeout", "\(server.limits.connect)"), ("application_name", "kubernaut"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "\(server.limits.answer * 1000)"),
        ]
        // libpq would go on in the clear when a TLS handshake is disturbed.
        if !server.isLocal, getenv("PGSSLMODE") == nil { parameters.append(("sslmode", "require")) }
        server.url.withUnsafeValue { parameters.append(("dbname", $0)) }
        if let password = server.password {
            do {
                try password().withUnsafeValue { parameters.append(("password", $0)) }
            } catch {
                throw HistoryError(.unavailable, operation: operation, detail: "\(error)")
            }
        }
        parameters.append(("client_encoding", "UTF8"))
        let raw = withCStrings(parameters.map(\.name) + [nil]) { names in
            withCStrings(parameters.map(\.value) + [nil]) { values in PQconnectdbParams(names, values, 1) }
        }
        guard let raw else {
            throw HistoryError(.other, operation: operation, detail: "no memory for a connection")
        }
        // libpq gives a handle also when connecting failed; from here on it has an owner.
        let opened = PostgresConnection(connection: raw, answerLimit: server.limits.answer)
        guard PQstatus(raw) == CONNECTION_OK else {
            throw HistoryError(.unavailable, operation: operation, detail: opened.message)
        }
        PQsetnonblocking(raw, 1)
        try opened.execute(
            """
            SET statement_timeout = '\(server.limits.statement)s'; SET lock_timeout = '5s';
            SET idle_in_transaction_session_timeout = '60s'
            """, while: operation)
        return opened
    }

    /// What a URL says, by libpq's words: `host`, `port`, `user`, `dbname`. Never the password.
    static func parts(of url: Secret) throws(HistoryError) -> [String: String] {
        var problem: UnsafeMutablePointer<CChar>?
        let options = url.withUnsafeValue { PQconninfoParse($0, &problem) }
        defer {
            PQfreemem(problem)
            PQconninfoFree(options)
        }
        guard let options else {
            // libpq's own words quote the URL, and with it the password.
            throw HistoryError(
                .other, operation: "reading the store's address",
                detail: "it is no URL such as postgres://user@host:5432/database?sslmode=verify-full")
        }
        var parts: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            let name = String(cString: keyword)
            if let value = option.pointee.val, name != "password" { parts[name] = String(cString: value) }
            option += 1
        }
        return parts
    }

    /// Whether the server has ended the connection in the meantime. Returns at once.
    var isGone: Bool { PQconsumeInput(connection) == 0 || PQstatus(connection) != CONNECTION_OK }

    // MARK: - statements

    func rows(
        _ sql: String, _ arguments: [SQLValue], while operation: String
    ) throws(HistoryError) -> [SQLRow] {
        try send(sql, arguments, while: operation)
        var rows: [SQLRow] = []
        var failure: HistoryError?
        let deadline = deadline
        while let result = try result(until: deadline, while: operation) {
            if let problem = result.problem(while: operation) {
                failure = failure ?? problem
            } else {
                rows += result.rows
            }
        }
        if let failure { throw failure }
        return rows
    }

    /// Several lists of arguments go out together and their answers come back together: one round trip, not one each.
    @discardableResult
    func run(_ sql: String, each arguments: [[SQLValue]], while operation: String) throws(HistoryError) -> Int {
        var count = 0
        // What waits unsent, and the answers that wait unread, stay small.
        for start in stride(from: 0, to: arguments.count, by: 256) {
            let batch = arguments[start..<min(start + 256, arguments.count)]
            count +=
                batch.count == 1 ? try runOne(sql, batch[start], operation) : try runTogether(sql, batch, operation)
        }
        return count
    }

    private func runOne(_ sql: String, _ arguments: [SQLValue], _ operation: String) throws(HistoryError) -> Int {
        try send(sql, arguments, while: operation)
        return try finish(1, while: operation)
    }

    private func runTogether(
        _ sql: String, _ batch: ArraySlice<[SQLValue]>, _ operation: String
    ) throws(HistoryError) -> Int {
        guard PQenterPipelineMode(connection) == 1 else { throw broken(operation) }
        for arguments in batch { try send(sql, arguments, while: operation) }
        guard PQpipelineSync(connection) == 1 else { throw broken(operation) }
        let count: Int
        do {
            count = try finish(batch.count + 1, while: operation)
        } catch {
            PQexitPipelineMode(connection)
            throw error
        }
        guard PQexitPipelineMode(connection) == 1 else { throw broken(operation) }
        return count
    }

    /// Reads the answers to so many statements; how many rows they changed. The first failure counts.
    private func finish(_ statements: Int, while operation: String) throws(HistoryError) -> Int {
        var count = 0
        var failure: HistoryError?
        let deadline = deadline
        for _ in 0..<statements {
            while let result = try result(until: deadline, while: operation) {
                failure = failure ?? result.problem(while: operation)
                count += result.changed
                // Nothing comes behind this one, not even the end of its statement.
                if result.isSync { break }
            }
        }
        if let failure { throw failure }
        return count
    }

    /// Runs a script of statements that take no arguments.
    func execute(_ sql: String, while operation: String) throws(HistoryError) {
        guard PQsendQuery(connection, sql) == 1 else { throw broken(operation) }
        _ = try finish(1, while: operation)
    }

    func transaction<Result>(
        while operation: String, _ body: () throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        try execute("BEGIN", while: operation)
        do {
            let result = try body()
            try execute("COMMIT", while: operation)
            return result
        } catch {
            // The error that ended the transaction is the one to tell; a connection that is gone has rolled back already.
            if !isGone { try? execute("ROLLBACK", while: operation) }
            throw error
        }
    }

    // MARK: - sending and receiving

    private func send(_ sql: String, _ arguments: [SQLValue], while operation: String) throws(HistoryError) {
        let texts = arguments.map { argument -> String? in
            switch argument {
            case .null: nil
            case .integer(let number): String(number)
            case .text(let text): escapingNUL(text)
            }
        }
        let status = withCStrings(texts) { values in
            PQsendQueryParams(connection, sql, Int32(texts.count), nil, values, nil, nil, 0)
        }
        guard status == 1 else { throw broken(operation) }
    }

    private var deadline: ContinuousClock.Instant { .now + .seconds(answerLimit) }

    /// The next result; nil when a statement has no more.
    private func result(
        until deadline: ContinuousClock.Instant, while operation: String
    ) throws(HistoryError) -> PostgresResult? {
        while true {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw broken(operation) }
            if PQisBusy(connection) == 0 { break }
            let left = (deadline - .now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            guard milliseconds > 0 else { throw silence(operation) }
            var wait = pollfd(
                fd: PQsocket(connection), events: Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0), revents: 0)
            guard poll(&wait, 1, Int32(clamping: milliseconds)) > 0 || errno == EINTR else { throw silence(operation) }
            guard PQconsumeInput(connection) == 1 else { throw broken(operation) }
        }
        return PQgetResult(connection).map(PostgresResult.init)
    }

    private var message: String { PQerrorMessage(connection).map { oneLine(String(cString: $0)) } ?? "no reason given" }

    private func broken(_ operation: String) -> HistoryError {
        HistoryError(.unavailable, operation: operation, detail: message)
    }

    private func silence(_ operation: String) -> HistoryError {
        HistoryError(
            .unavailable, operation: operation, detail: "the server did not answer within \(answerLimit) seconds")
    }
}

/// One answer. Owns its `PGresult *`.
private final class PostgresResult {
    private let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }
    deinit { PQclear(result) }

    var isSync: Bool { PQresultStatus(result) == PGRES_PIPELINE_SYNC }

    /// How many rows the statement added, changed or deleted.
    var changed: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// Nil when it is no failure.
    func problem(while operation: String) -> HistoryError? {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_PIPELINE_SYNC, PGRES_EMPTY_QUERY, PGRES_SINGLE_TUPLE: return nil
        case PGRES_PIPELINE_ABORTED:
            return HistoryError(.other, operation: operation, detail: "an earlier statement failed")
        default: break
        }
        let state = field(UInt8(ascii: "C")) ?? ""
        let detail = field(UInt8(ascii: "M")) ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        let hint = field(UInt8(ascii: "H")).map { "; \($0)" } ?? ""
        return HistoryError(
            HistoryError.Code(sqlState: state), operation: operation,
            detail: oneLine(detail + hint) + (state.isEmpty ? "" : " (\(state))"))
    }

    private func field(_ code: UInt8) -> String? {
        PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
    }

    var rows: [SQLRow] {
        let width = PQnfields(result)
        // int8, int4 and int2 of pg_type.
        let isNumber = (0..<width).map { [20, 23, 21].contains(PQftype(result, $0)) }
        return (0..<PQntuples(result)).map { row in
            SQLRow(
                values: (0..<width).map { column in
                    guard PQgetisnull(result, row, column) == 0, let bytes = PQgetvalue(result, row, column) else {
                        return .null
                    }
                    let text = String(cString: bytes)
                    if isNumber[Int(column)], let number = Int64(text) { return .integer(number) }
                    return .text(restoringNUL(text))
                })
        }
    }
}

extension HistoryError.Code {
    /// By the classes of PostgreSQL's appendix A.
    fileprivate init(sqlState state: String) {
        switch state {
        case "23505": self = .duplicate
        case "53100": self = .full
        case "55P03", "57014", "40001", "40P01": self = .busy
        // Going down, coming up, a standby, too many connections, its disk.
        case "57P01", "57P02", "57P03", "57P05", "25006", "25P03", "53000", "53200", "53300", "58030", "":
            self = .unavailable
        default: self = state.hasPrefix("08") || state.hasPrefix("28") ? .unavailable : .other
        }
    }
}

/// libpq's messages have several lines and an end of line.
private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == "\t" || $0 == " " } }.joined(separator: "; ")
}

/// PostgreSQL keeps no NUL in a text. U+FFFE, which no text should hold, begins an escape.
private func escapingNUL(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0 == "\0" || $0 == "\u{fffe}" }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if scalar == "\0" || scalar == "\u{fffe}" { result.append("\u{fffe}") }
        result.append(scalar == "\0" ? "0" : scalar)
    }
    return String(result)
}

private func restoringNUL(_ text: String) -> String {
    guard text.unicodeScalars.contains("\u{fffe}") else { return text }
    var result = String.UnicodeScalarView()
    var isEscaped = false
    for scalar in text.unicodeScalars {
        if isEscaped {
            result.append(scalar == "0" ? "\0" : scalar)
            isEscaped = false
        } else if scalar == "\u{fffe}" {
            isEscaped = true
        } else {
            result.append(scalar)
        }
    }
    return String(result)
}

/// The texts as C strings, nil as a null pointer; good inside of `body` only.
private func withCStrings<Result>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    let copies = texts.map { text in text.map { strdup($0) } ?? nil }
    defer { for copy in copies { free(copy) } }
    return copies.map { $0.map { UnsafePointer($0) } }.withUnsafeBufferPointer { body($0.baseAddress) }
}
