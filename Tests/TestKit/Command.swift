// SPDX-License-Identifier: Apache-2.0

import Lifecycle
import Platform

/// A program that a test runs did not succeed.
public struct CommandFailure: Error, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
}

/// Runs a program to its end and gives back its standard output without the last newline. Blocks, a minute at most.
///
/// - Throws: `CommandFailure` with its standard error when it does not exit with 0.
@discardableResult
public func runCommand(
    _ command: [String], environment: [String: String]? = nil, folder: String? = nil, input: String = ""
) throws -> String {
    let watch = TransferWatch(
        TransferLimits(idle: .seconds(60), total: .seconds(60)), flag: CancellationFlag())
    let outcome = try ChildProcess.run(
        command, environment: environment, folder: folder, input: Array(input.utf8), watch: watch)
    guard outcome.status.isSuccess else {
        throw CommandFailure(
            description:
                "\(command.joined(separator: " ")): \(outcome.status): \(outcome.errorText)\(outcome.outputText)")
    }
    let text = outcome.outputText
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
}
