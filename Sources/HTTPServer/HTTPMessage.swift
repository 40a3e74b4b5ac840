// SPDX-License-Identifier: Apache-2.0

public import Domain

/// One request, read to its end and checked: framing is unambiguous, the target starts with `/`.
public struct HTTPRequest: Sendable {
    /// Upper case: `GET`.
    public let method: String
    /// As sent, before `?`, still percent-encoded: `/envs/dev`.
    public let rawPath: String
    /// As sent, after `?`; empty when there was none.
    public let rawQuery: String
    public let headers: HTTPHeaders
    public let body: [UInt8]
    /// The address of whoever asks, without its port: the peer's, or what trusted proxies say of it.
    public internal(set) var peer: String
    /// Whether the client spoke TLS, with us or with a trusted proxy; nil when that is not known, as nobody said so.
    public internal(set) var isSecure: Bool?

    public init(
        method: String, rawPath: String, rawQuery: String = "", headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [], peer: String = "127.0.0.1", isSecure: Bool? = nil
    ) {
        self.method = method
        self.rawPath = rawPath
        self.rawQuery = rawQuery
        self.headers = headers
        self.body = body
        self.peer = peer
        self.isSecure = isSecure
    }
}

/// One answer.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Written piece by piece, chunked, until the closure returns or throws. Its task is cancelled when the
        /// client goes away or the server stops.
        case stream(@Sendable (any HTTPBodyWriter) async throws -> Void)
    }

    public var status: Int
    public var headers: HTTPHeaders
    public var body: Body
    /// Where what is sent of `body` is kept, for an answer that is given more than once; nil for others.
    public var kept: KeptBody?

    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Where a streamed answer goes.
public protocol HTTPBodyWriter: Sendable {
    /// Sends bytes to the client at once; waits while too much is unsent.
    ///
    /// - Throws: `CancellationError` when the client is gone or the server stops.
    func write(_ bytes: [UInt8]) async throws
}

/// Answers one request. Runs on Swift's pool: it must not block.
public typealias HTTPHandler = @Sendable (HTTPRequest) async -> HTTPResponse

/// Answers a request for which an answer is at hand; nil leaves it to the handler. Runs on the server's own thread, where nobody
/// else is served meanwhile: it looks something up, no more.
public typealias PromptHandler = @Sendable (HTTPRequest) -> HTTPResponse?
