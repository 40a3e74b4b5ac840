// SPDX-License-Identifier: Apache-2.0

/// How a command ends. Scripts rely on the numbers.
enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    case no = 1
    case failed = 2
    case conflict = 3
    case notPermitted = 4
    case notFound = 5
    case timedOut = 6
    case unavailable = 7
    case usage = 64
    case interrupted = 130
    case terminated = 143

    var meaning: String {
        switch self {
        case .done: "done, no differences, healthy"
        case .no: "the answer is no: differences, invalid, not healthy"
        case .failed: "failed"
        case .conflict: "conflict or precondition: something moved, is held, or exists already"
        case .notPermitted: "not signed in or not permitted"
        case .notFound: "not found"
        case .timedOut: "timed out; work may still go on"
        case .unavailable: "not available for now (network, server error): try again"
        case .usage: "wrong usage"
        case .interrupted: "interrupted"
        case .terminated: "terminated"
        }
    }
}

/// Why a command could not do its work, for the person who typed it.
struct CommandError: Error, Hashable, CustomStringConvertible {
    let exit: ExitCode
    /// What is wrong, in one sentence without a full stop.
    let message: String
    /// What to do next; nil when the message says it all.
    let hint: String?

    init(_ exit: ExitCode, _ message: String, hint: String? = nil) {
        self.exit = exit
        self.message = message
        self.hint = hint
    }

    var description: String { message + (hint.map { "; \($0)" } ?? "") }
}
