// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Glibc
import HTTPClient
import History
import Platform

/// Says what went wrong, in one block on standard error.
///
/// - Returns: The exit code that belongs to it.
func report(_ error: any Error, on console: Console) -> ExitCode {
    if let output = error as? OutputError {
        if output.isClosedPipe { return .done }
        return complain(CommandError(.failed, output.message), console)
    }
    if error is CancellationError { return .interrupted }
    return complain(commandError(for: error), console)
}

private func complain(_ error: CommandError, _ console: Console) -> ExitCode {
    let style = console.style(.error)
    console.complain("\(style.bold(style.red("error")))\(style.bold(": \(error.message)"))")
    if let hint = error.hint { console.complain("  \(style.cyan("try")): \(hint)") }
    return error.exit
}

/// Any error in the words and with the exit code of the command line.
func commandError(for error: any Error) -> CommandError {
    switch error {
    case let error as CommandError: error
    case let error as ClusterError: CommandError(error.exit, error.description)
    case let error as GitError: CommandError(error.exit, error.description)
    case let error as HistoryError: CommandError(error.isRetryable ? .unavailable : .failed, error.description)
    case let error as FileError: CommandError(error.number == ENOENT ? .notFound : .failed, error.description)
    case let error as HTTPClientError: CommandError(.unavailable, error.description)
    default: CommandError(.failed, "\(error)")
    }
}

extension ClusterError {
    fileprivate var exit: ExitCode {
        switch code {
        case .notFound: .notFound
        case .forbidden, .unauthorized: .notPermitted
        case .conflict, .alreadyExists: .conflict
        case .throttled, .unavailable, .unreachable, .interrupted: .unavailable
        case .cancelled: .interrupted
        case .unknownKind, .gone, .invalid, .immutable, .tooLarge, .terminating: .failed
        }
    }
}

extension GitError {
    fileprivate var exit: ExitCode {
        switch code {
        case .notFound: .notFound
        case .unauthorized, .hostKeyUnknown, .certificateUntrusted: .notPermitted
        case .unreachable: .unavailable
        case .timedOut: .timedOut
        case .locked, .moved: .conflict
        case .cancelled: .interrupted
        case .corrupt, .refused, .diskFull, .other: .failed
        }
    }
}
