// SPDX-License-Identifier: Apache-2.0

import Domain
public import HTTPServer
import Lifecycle

/// Lets requests to an API server go wrong, in ways that a seed decides, until peace is declared or all are used up.
public final class FaultScript: Sendable {
    public enum Fault: String, Sendable, CaseIterable {
        /// 409 without causes: somebody wrote meanwhile; for a POST that it exists.
        case conflict
        /// 410, `Expired`.
        case gone
        /// 429 with `Retry-After: 1`.
        case throttled
        /// 500 before anything happened.
        case failed
        /// 500 after it happened.
        case failedAfter
        /// A gateway's page, which says nothing about what happened behind it.
        case gateway
        /// No answer, and nothing happened.
        case hang
        /// No answer, and it happened.
        case hangAfter
        /// It happened, and the answer ends in its middle. A watch ends within an event.
        case cut
        /// It happened, and the connection breaks before the body's first byte.
        case reset
    }

    public struct Seen: Sendable {
        public let method: String
        public let target: String
        public let fault: Fault?
        /// Of the answer that the server gave; 0 when it was not asked.
        public var status = 0

        public var isWatch: Bool { target.contains("watch=true") }
        public var isWrite: Bool { method != "GET" && !target.contains("dryRun=All") }
    }

    private struct State {
        var seen: [Seen] = []
        var isPeace: Bool
    }

    private let seed: UInt64
    private let chance: Double
    private let limit: Int
    private let kinds: [Fault]
    private let state: Lock<State>

    /// - Parameters:
    ///   - chance: That a request goes wrong, 0...1.
    ///   - limit: After so many requests all go well.
    ///   - kinds: What may happen.
    public init(seed: UInt64, chance: Double = 0.25, limit: Int = 400, kinds: [Fault] = Fault.allCases) {
        self.seed = seed
        self.chance = chance
        self.limit = limit
        self.kinds = kinds
        state = Lock(State(isPeace: chance == 0))
    }

    /// From now on nothing goes wrong; what hangs goes on hanging.
    public func declarePeace() { state.withLock { $0.isPeace = true } }

    public var seen: [Seen] { state.withLock { $0.seen } }
    public var count: Int { state.withLock { $0.seen.count } }

    /// Puts the script in front of a server.
    public func wrap(_ server: @escaping HTTPHandler) -> HTTPHandler {
        { [self] request in
            let (index, fault) = begin(request)
            switch fault {
            case nil, .failedAfter, .hangAfter, .cut, .reset: break
            case .hang: return await Self.silence()
            case .conflict:
                return request.method == "POST"
                    ? Self.status(409, "AlreadyExists", "scripted: it exists")
                    : Self.status(409, "Conflict", "scripted: the object has been modified")
            case .gone: return Self.status(410, "Expired", "scripted: too old resource version")
            case .throttled: return Self.status(429, "TooManyRequests", "scripted: slow down", retryAfter: 1)
            case .failed: return Self.status(500, "InternalError", "scripted: failed before")
            case .gateway: return HTTPResponse(status: 502, body: .bytes(Array("<h1>Bad Gateway</h1>".utf8)))
            }
            let answer = await server(request)
            state.withLock { $0.seen[index].status = answer.status }
            switch fault {
            case .failedAfter: return Self.status(500, "InternalError", "scripted: failed after it happened")
            case .hangAfter: return await Self.silence()
            case .cut: return Self.cut(answer, after: seed.isMultiple(of: 2) ? 7 : 170)
            case .reset: return Self.cut(answer, after: 0)
            default: return answer
            }
        }
    }

    private func begin(_ request: HTTPRequest) -> (Int, Fault?) {
        let target = request.rawPath + (request.rawQuery.isEmpty ? "" : "?\(request.rawQuery)")
        return state.withLock { state in
            let index = state.seen.count
            var fault: Fault?
            if !state.isPeace, index < limit {
                var numbers = SplitMix(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index))
                if Double(numbers.next() >> 11) * 0x1p-53 < chance {
                    fault = kinds[Int(numbers.next() % UInt64(kinds.count))]
                }
                // Of a watch, what happens after it began is what ends it.
                if target.contains("watch=true"), fault == .failedAfter || fault == .hangAfter { fault = .cut }
            }
            state.seen.append(Seen(method: request.method, target: target, fault: fault))
            return (index, fault)
        }
    }

    private static func status(_ code: Int, _ reason: String, _ message: String, retryAfter: Int64? = nil)
        -> HTTPResponse
    {
        let details = retryAfter.map { ",\"details\":{\"retryAfterSeconds\":\($0)}" } ?? ""
        let body =
            "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"metadata\":{},\"status\":\"Failure\",\"code\":\(code),"
            + "\"reason\":\"\(reason)\",\"message\":\"\(message)\"\(details)}"
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let retryAfter { headers["Retry-After"] = "\(retryAfter)" }
        return HTTPResponse(status: code, headers: headers, body: .bytes(Array(body.utf8)))
    }

    private static func silence() async -> HTTPResponse {
        // The client gives up, or the test ends: both cancel this.
        try? await Task.sleep(for: .seconds(600))
        return HTTPResponse(status: 504)
    }

    private struct Cut: Error {}

    private static func cut(_ answer: HTTPResponse, after count: Int) -> HTTPResponse {
        HTTPResponse(
            status: answer.status, headers: answer.headers,
            body: .stream { writer in
                let limited = LimitedWriter(writer, count)
                switch answer.body {
                case .bytes(let bytes): try await limited.write(Array(bytes.prefix(max(0, bytes.count - 1))))
                case .stream(let body): try await body(limited)
                }
                throw Cut()
            })
    }

    private actor Left {
        var count: Int
        init(_ count: Int) { self.count = count }
        func take(_ wanted: Int) -> Int {
            defer { count -= min(count, wanted) }
            return min(count, wanted)
        }
    }

    /// Passes so many bytes on, then fails.
    private struct LimitedWriter: HTTPBodyWriter {
        let writer: any HTTPBodyWriter
        let left: Left

        init(_ writer: any HTTPBodyWriter, _ count: Int) {
            self.writer = writer
            left = Left(count)
        }

        func write(_ bytes: [UInt8]) async throws {
            let count = await left.take(bytes.count)
            if count > 0 { try await writer.write(Array(bytes[..<count])) }
            if count < bytes.count { throw Cut() }
        }
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators": good enough from any seed.
public struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
