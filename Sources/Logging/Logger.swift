// SPDX-License-Identifier: Apache-2.0

import CPosix
import Domain
import JSON
public import Lifecycle

/// One line per event on standard error: JSON, or text for a person at a terminal.
///
/// The message is a constant sentence; what varies goes into fields. A `Secret` prints as `«redacted»`.
/// Safe from any thread.
public struct Logger: Sendable {
    public enum Level: String, Sendable, CaseIterable, Comparable {
        case debug, info, notice, warning, error

        public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// Name and value; a value is printed by its `description`.
    public typealias Fields = KeyValuePairs<String, any CustomStringConvertible & Sendable>

    public enum Format: String, Sendable, CaseIterable {
        case json, text
    }

    private let format: Format
    private let threshold: Level
    private let fields: [(name: String, value: String, isNumber: Bool)]
    private let sink: @Sendable ([UInt8]) -> Void
    private let now: Now

    /// - Parameter sink: Takes one finished line, final newline included.
    public init(
        format: Format, threshold: Level = .info, now: @escaping Now = wallClock,
        sink: @escaping @Sendable ([UInt8]) -> Void = writeToStandardError
    ) {
        self.init(format: format, threshold: threshold, fields: [], now: now, sink: sink)
    }

    private init(
        format: Format, threshold: Level, fields: [(name: String, value: String, isNumber: Bool)], now: @escaping Now,
        sink: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.format = format
        self.threshold = threshold
        self.fields = fields
        self.now = now
        self.sink = sink
    }

    /// Says nothing; for tests and for commands whose output is data.
    public static let silent = Logger(format: .text, threshold: .error, sink: { _ in })

    /// A logger that adds these fields to every line.
    public func with(_ fields: Fields) -> Logger {
        Logger(
            format: format, threshold: threshold, fields: self.fields + Self.texts(fields), now: now, sink: sink)
    }

    public func debug(_ message: StaticString, _ fields: Fields = [:]) {
        log(.debug, message, fields)
    }
    public func info(_ message: StaticString, _ fields: Fields = [:]) {
        log(.info, message, fields)
    }
    /// The state changed: started, stopped, applied something.
    public func notice(_ message: StaticString, _ fields: Fields = [:]) {
        log(.notice, message, fields)
    }
    /// Degraded, but it will be tried again.
    public func warning(_ message: StaticString, _ fields: Fields = [:]) {
        log(.warning, message, fields)
    }
    /// A person must act.
    public func error(_ message: StaticString, _ fields: Fields = [:]) {
        log(.error, message, fields)
    }

    private static func texts(_ fields: Fields) -> [(name: String, value: String, isNumber: Bool)] {
        fields.map { ($0.key, String($0.value.description.prefix(fieldLimit)), $0.value is any BinaryInteger) }
    }

    /// Characters of one field; longer ones are cut.
    private static let fieldLimit = 4096

    private func log(
        _ level: Level, _ message: StaticString, _ extra: Fields
    ) {
        guard level >= threshold else { return }
        let all = fields + Self.texts(extra)
        var line: [UInt8] = []
        switch format {
        case .json:
            line += "{\"time\":\"\(now().precise)\",\"level\":\"\(level.rawValue)\",\"message\":".utf8
            writeJSONString("\(message)", to: &line)
            for (name, value, isNumber) in all {
                line.append(UInt8(ascii: ","))
                writeJSONString(name, to: &line)
                line.append(UInt8(ascii: ":"))
                if isNumber { line += value.utf8 } else { writeJSONString(value, to: &line) }
            }
            line += "}\n".utf8
        case .text:
            line += "\(now()) \(level.rawValue) \(message)".utf8
            for (name, value, _) in all {
                line += " \(name)=".utf8
                let needsQuotes = value.isEmpty || value.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "\"") }
                if needsQuotes { writeJSONString(value, to: &line) } else { line += value.utf8 }
            }
            line.append(UInt8(ascii: "\n"))
        }
        sink(line)
    }
}

/// Writes a whole line with one system call, so lines of several threads do not mix.
@Sendable public func writeToStandardError(_ line: [UInt8]) { _ = kn_write_all(2, line, line.count) }
