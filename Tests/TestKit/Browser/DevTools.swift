// SPDX-License-Identifier: Apache-2.0

public import Domain
import Foundation
import JSON
import Lifecycle
import Platform

/// A headless Chromium, spoken to over its debugging pipe (Chrome DevTools Protocol): messages of JSON, each ended by a
/// zero byte. It ends with this object.
public actor DevTools {
    private let executor = SerialQueueExecutor(label: "browser")
    private let program: ChildProcess
    private let orphanGuard: OrphanGuard
    private let folder: TemporaryFolder
    private var lastID: Int64 = 0
    private var unread: [UInt8] = []
    /// Events that came while something else was waited for, oldest first.
    private var events: [Value] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() throws {
        folder = try TemporaryFolder("browser")
        // The pipe is descriptors 3 and 4, which a shell makes of the standard ones. As root Chromium needs --no-sandbox;
        // it sees pages of ours alone.
        program = try ChildProcess(
            [
                "/bin/sh", "-c", "exec 3<&0 4>&1; exec \"$@\" </dev/null >/dev/null", "browser",
                "chromium", "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
                "--hide-scrollbars",
                "--user-data-dir=\(folder.path)", "about:blank",
            ], input: .pipe, output: .pipe, errors: .file("/dev/null"))
        orphanGuard = try OrphanGuard(program.id)
    }

    /// Sends a command and returns its result.
    ///
    /// - Throws: `CommandFailure` with Chromium's own words, or when it says nothing for a minute.
    public func send(_ method: String, _ parameters: Value = [:], session: String? = nil) throws -> Value {
        lastID += 1
        var message: Value = ["id": .integer(lastID), "method": .string(method), "params": parameters]
        message["sessionId"] = session.map(Value.string)
        try write(message.json() + [0])
        while true {
            let answer = try nextMessage(for: method)
            guard answer["id"]?.integer == lastID else {
                events.append(answer)
                continue
            }
            if let error = answer["error"] { throw CommandFailure(description: "\(method): \(error.jsonText())") }
            return answer["result"] ?? [:]
        }
    }

    /// Waits for an event; one that came already counts. Earlier events are forgotten.
    public func event(_ name: String, session: String? = nil) throws -> Value {
        while true {
            let message = events.isEmpty ? try nextMessage(for: name) : events.removeFirst()
            if message["method"]?.string == name, session == nil || message["sessionId"]?.string == session {
                return message["params"] ?? [:]
            }
        }
    }

    /// Forgets what came so far.
    public func forgetEvents() { events = [] }

    /// What came from a page and was not waited for, oldest first; it is forgotten.
    public func takeEvents(of session: String) -> [Value] {
        defer { events.removeAll { $0["sessionId"]?.string == session } }
        return events.filter { $0["sessionId"]?.string == session }
    }

    private func watch() -> TransferWatch {
        TransferWatch(TransferLimits(idle: .seconds(60), total: .seconds(60)), flag: CancellationFlag())
    }

    private func write(_ bytes: [UInt8]) throws {
        let watch = watch()
        try bytes.withUnsafeBytes { try program.write($0, watch: watch) }
    }

    private func nextMessage(for operation: String) throws -> Value {
        let watch = watch()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            if let end = unread.firstIndex(of: 0) {
                let message = Array(unread[..<end])
                unread.removeSubrange(...end)
                return try parseJSON(message)
            }
            let count: Int
            do {
                count = try buffer.withUnsafeMutableBytes { try program.read(into: $0, watch: watch) }
            } catch {
                throw CommandFailure(
                    description:
                        "\(operation): \(error); unread: \(String(decoding: unread.suffix(300), as: UTF8.self))")
            }
            guard count > 0 else { throw CommandFailure(description: "\(operation): Chromium ended") }
            unread += buffer[..<count]
        }
    }
}
