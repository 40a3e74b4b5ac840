// SPDX-License-Identifier: Apache-2.0

public import Lifecycle

extension ChildProcess {
    /// What a finished program left.
    public struct Outcome: Sendable {
        public let status: ExitStatus
        public let output: [UInt8]
        /// Its standard error, at most 16 KiB.
        public let errorText: String

        public var outputText: String { String(decoding: output, as: UTF8.self) }
    }

    /// Runs a program to its end. Blocks; the program is killed when the watch says stop.
    ///
    /// - Parameters:
    ///   - input: Given to its standard input; at most what a pipe holds (64 KiB) is sure to arrive when the
    ///     program answers before it has read all.
    ///   - outputLimit: Bytes; more than that is an error, not a cut.
    public static func run(
        _ command: [String], environment: [String: String]? = nil, folder: String? = nil, input: [UInt8] = [],
        outputLimit: Int = 64 << 20, watch: TransferWatch
    ) throws(ChildProcessError) -> Outcome {
        let child = try ChildProcess(
            command, environment: environment, folder: folder, input: input.isEmpty ? .null : .pipe)
        if !input.isEmpty {
            do {
                try child.writeAll(input, watch: watch)
            } catch {
                // A program that needs no more input may close it; its exit status tells whether all is well.
                guard error.code == .closed else { throw error }
            }
            child.closeInput()
        }
        let output = try child.readAll(limit: outputLimit, watch: watch)
        while true {
            if let status = child.wait(timeout: TransferWatch.slice) {
                return Outcome(status: status, output: output, errorText: child.errorText)
            }
            if let stop = watch.stop(waitingSince: nil) {
                throw ChildProcessError(code: .stopped(stop), command: child.name, detail: "")
            }
        }
    }

    private func writeAll(_ bytes: [UInt8], watch: TransferWatch) throws(ChildProcessError) {
        let result: Result<Void, ChildProcessError> = bytes.withUnsafeBytes { buffer in
            do throws(ChildProcessError) {
                return .success(try write(buffer, watch: watch))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Reads standard output to its end.
    public func readAll(limit: Int = 64 << 20, watch: TransferWatch) throws(ChildProcessError) -> [UInt8] {
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { chunk.deallocate() }
        while true {
            let count = try read(into: chunk, watch: watch)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit {
                throw ChildProcessError(
                    code: .system, command: name, detail: "its output is longer than \(limit) bytes")
            }
        }
    }
}
