// SPDX-License-Identifier: Apache-2.0

import CLI
import Lifecycle

/// One command line, run in this process with streams of its own.
struct CapturedRun: Sendable {
    let code: Int32
    let output: String
    let error: String

    static func of(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], folder: String = "/",
        terminals: Set<Console.Channel> = [], columns: Int? = nil
    ) async -> CapturedRun {
        let streams = Lock<[Console.Channel: [UInt8]]>([:])
        let console = Console(
            environment: environment, folder: folder, terminals: terminals, columns: columns,
            readInput: { Array(input.utf8) },
            write: { channel, bytes in
                streams.withLock { $0[channel, default: []] += bytes }
                return 0
            })
        let code = await run(arguments, console: console)
        let (output, error) = streams.withLock { ($0[.output] ?? [], $0[.error] ?? []) }
        return CapturedRun(
            code: code, output: String(decoding: output, as: UTF8.self), error: String(decoding: error, as: UTF8.self))
    }
}
