// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Lifecycle

/// An HTTP/1.1 server on loopback that answers exactly what a test tells it to: also halves of answers, resets and
/// silence. One thread per connection.
public final class ScriptedServer: Sendable {
    public struct Request: Sendable {
        public let method: String
        /// Path and query, as sent.
        public let target: String
        /// By lower-case name; of a repeated name the last one.
        public let headers: [String: String]
        public let body: [UInt8]
        /// Which request of its connection it is, from 1.
        public let number: Int

        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    public enum Step: Sendable {
        case send([UInt8])
        /// Waits until the test calls `open()`.
        case gate
        /// Ends the connection in order.
        case close
        /// Ends the connection with a reset.
        case reset

        public static func text(_ text: String) -> Step { .send(Array(text.utf8)) }

        /// A whole answer, after which the connection stays.
        public static func answer(
            _ status: Int, _ body: String, type: String = "application/json", headers: [String: String] = [:]
        ) -> Step {
            let lines = headers.map { "\($0.key): \($0.value)\r\n" }.sorted().joined()
            return .text(
                "HTTP/1.1 \(status) X\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(lines)\r\n\(body)"
            )
        }

        /// The head of an answer whose body comes in chunks.
        public static let chunkedHead = Step.text(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        public static func chunk(_ bytes: [UInt8]) -> Step {
            .send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
        }
        public static let lastChunk = Step.text("0\r\n\r\n")
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var open: Set<Int32> = []
        var isStopped = false
    }

    public let port: Int
    private let listener: Int32
    private let state: Lock<State>
    private let gate = DispatchSemaphore(value: 0)

    public var url: String { "http://127.0.0.1:\(port)" }
    /// What has arrived so far, in order.
    public var requests: [Request] { state.withLock { $0.requests } }
    /// How many connections were accepted so far.
    public var connections: Int { state.withLock { $0.connections } }

    /// - Parameter script: The steps of the answer to one request.
    public init(_ script: @escaping @Sendable (Request) -> [Step]) throws {
        signal(SIGPIPE, SIG_IGN)
        (listener, port) = try Self.listen()
        let state = Lock(State())
        self.state = state
        Thread.detachNewThread { [listener, gate] in
            // Closed here and nowhere else: while this thread may still accept, the number must not become another's.
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                let isStopped = state.withLock { state in
                    state.connections += 1
                    state.open.insert(connection)
                    return state.isStopped
                }
                if isStopped {
                    close(connection)
                    return
                }
                Thread.detachNewThread {
                    Self.serve(connection, state, gate, script)
                    state.withLock { state in
                        if state.open.remove(connection) != nil { close(connection) }
                    }
                }
            }
        }
    }

    deinit {
        state.withLock { state in
            state.isStopped = true
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
        for _ in 0..<64 { gate.signal() }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Lets one waiting `.gate` step pass.
    public func open() { gate.signal() }

    /// Ends all connections now, in order.
    public func dropConnections() {
        state.withLock { state in for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard status else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func serve(
        _ connection: Int32, _ state: Lock<State>, _ gate: DispatchSemaphore, _ script: (Request) -> [Step]
    ) {
        var buffer: [UInt8] = []
        var count = 0
        while let request = read(connection, &buffer, number: count + 1) {
            count += 1
            state.withLock { $0.requests.append(request) }
            for step in script(request) {
                switch step {
                case .send(let bytes): if !write(bytes, to: connection) { return }
                case .gate: gate.wait()
                case .close: return
                case .reset:
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(
                        connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                    return
                }
            }
        }
    }

    private static func write(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(connection, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func read(_ connection: Int32, _ buffer: inout [UInt8], number: Int) -> Request? {
        let separator = Data("\r\n\r\n".utf8)
        while true {
            if let end = Data(buffer).firstRange(of: separator) {
                let lines = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let words = lines[0].split(separator: " ")
                guard words.count == 3 else { return nil }
                let fields = lines.dropFirst().compactMap { line -> (String, String)? in
                    guard let colon = line.firstIndex(of: ":") else { return nil }
                    let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                    return (line[..<colon].lowercased(), value)
                }
                let headers = Dictionary(fields) { _, last in last }
                let length = headers["content-length"].flatMap { Int($0) } ?? 0
                if buffer.count >= end.upperBound + length {
                    let body = Array(buffer[end.upperBound..<end.upperBound + length])
                    buffer.removeFirst(end.upperBound + length)
                    return Request(
                        method: String(words[0]), target: String(words[1]), headers: headers, body: body,
                        number: number)
                }
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = Glibc.read(connection, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }
}
