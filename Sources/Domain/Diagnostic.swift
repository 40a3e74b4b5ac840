// SPDX-License-Identifier: Apache-2.0

/// A place in a file of the config repository. Lines and columns count from 1, columns in characters;
/// 0 means "the file as a whole".
public struct SourceLocation: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// As a person sees it from the repository's root.
    public let file: String
    public let line: Int
    public let column: Int

    public init(file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    public var description: String {
        if line == 0 { file } else if column == 0 { "\(file):\(line)" } else { "\(file):\(line):\(column)" }
    }

    public static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// A problem in a user's file. Diagnostics are values: all of them are collected, none is thrown.
public struct Diagnostic: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable {
        case error
        case warning
    }

    public let severity: Severity
    /// A stable code, `KN` and four digits, explained by `kubernaut help CODE`.
    public let code: String
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    public let location: SourceLocation
    /// What to do next; nil when the message says it all.
    public let hint: String?
    /// The service whose rendering this concerns; nil when it concerns the whole environment.
    public let service: Name?

    public init(
        _ severity: Severity, _ code: String, _ message: String, at location: SourceLocation, hint: String? = nil,
        service: Name? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.location = location
        self.hint = hint
        self.service = service
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `apps/web.yaml:12:7: error KN2003: unknown variable TAG; did you mean "tag"?`
    public var description: String {
        "\(location): \(severity.rawValue) \(code): \(message)" + (hint.map { "; \($0)" } ?? "")
    }
}
