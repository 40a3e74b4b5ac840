// SPDX-License-Identifier: Apache-2.0

public import Domain
public import Lifecycle

/// An HTTP/1.1 server: connections come in, whole and unambiguous requests go to one handler, its answers go out.
///
/// Every connection has absolute deadlines, every buffer a limit; a client that leaves cancels the handler's task.
/// HTTP/2 is the ingress's job.
public final class WebServer: Service {
    public struct Configuration: Sendable {
        /// A numeric IPv4 or IPv6 address.
        public var host = "127.0.0.1"
        /// 0 for any free port.
        public var port = 0
        /// Longer requests are refused with 413.
        public var bodyLimitBytes = 1 << 20
        /// The exceptions from `bodyLimitBytes`; nil for none.
        public var largeBodies: LargeBodies?
        /// Request line and fields together; longer heads are refused with 431 or 414.
        public var headLimitBytes = 16 * 1024
        /// Further clients wait in the kernel's queue until one leaves. 1...1,000,000.
        public var connectionLimit = 4096
        /// From a head's first byte to its last.
        public var headDeadline = Duration.seconds(10)
        /// From the end of the head to the body's last byte.
        public var bodyDeadline = Duration.seconds(30)
        /// How long a connection may stay open between two requests.
        public var idleTimeout = Duration.seconds(75)
        /// How long a client may take no byte of an answer that waits for it.
        public var writeTimeout = Duration.seconds(30)
        /// How long requests in hand may go on after `stop()`; streams are cancelled at once.
        public var grace = Duration.seconds(10)
        /// Whether text answers over 1 KiB are compressed for clients that accept gzip.
        public var compresses = true
        /// Judges the `Host` field, without its port and in lower case; a host that is not accepted gets 421. Nil
        /// accepts all. Guards a server without login against DNS rebinding.
        public var acceptsHost: (@Sendable (String) -> Bool)?
        /// Nil when nobody may speak for others.
        public var trustedProxies: TrustedProxies?
        /// Nil for plain HTTP.
        public var identity: Identity?

        public init() {}
    }

    /// What a TLS server shows: certificate chain, leaf first, and its key, both as PEM.
    public struct Identity: Sendable {
        public let certificateChain: String
        public let privateKey: Secret

        public init(certificateChain: String, privateKey: Secret) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }
    }

    private enum State: Sendable {
        case new
        case running(EventLoop)
        case stopped
    }

    public let name: String
    private let configuration: Configuration
    private let prompt: PromptHandler?
    private let handler: HTTPHandler
    private let state = Lock(State.new)

    /// - Parameter prompt: Asked before `handler`; nil when every request is for the handler.
    public init(
        name: String = "http", configuration: Configuration = Configuration(), prompt: PromptHandler? = nil,
        handler: @escaping HTTPHandler
    ) {
        self.name = name
        self.configuration = configuration
        self.prompt = prompt
        self.handler = handler
    }

    /// Listens and begins to answer. Returns at once; the server lives until `stop()`.
    ///
    /// - Returns: The port, 1...65535. A second call gives the same.
    /// - Throws: `ServerError` when the address cannot be bound, the identity is unusable, or the server was stopped.
    @discardableResult
    public func start() throws(ServerError) -> Int {
        try state.withLock { (state) throws(ServerError) -> Int in
            switch state {
            case .running(let loop): return loop.port
            case .stopped: throw ServerError(operation: "starting \(name)", detail: "the server was stopped before")
            case .new:
                let loop = try EventLoop(configuration: configuration, prompt: prompt, handler: handler)
                try loop.start()
                state = .running(loop)
                return loop.port
            }
        }
    }

    /// Shows another certificate from the next connection on. Only for a running server that was configured with one.
    ///
    /// - Throws: `ServerError` when it cannot be used: the old one stays.
    public func replace(_ identity: Identity) throws(ServerError) {
        guard case .running(let loop) = state.withLock({ $0 }) else { return }
        try loop.replace(identity)
    }

    public func run() async throws {
        if case .stopped = state.withLock({ $0 }) { return }
        try start()
        guard case .running(let loop) = state.withLock({ $0 }) else { return }
        await withTaskCancellationHandler {
            await loop.waitUntilStopped()
        } onCancel: {
            loop.stop(grace: .zero)
        }
    }

    public func stop() { stop(grace: configuration.grace) }

    /// Like `stop()`, with another grace.
    public func stop(grace: Duration) {
        let before = state.withLock { state in
            let before = state
            if case .new = state { state = .stopped }
            return before
        }
        if case .running(let loop) = before { loop.stop(grace: grace) }
    }
}

/// Why a server could not start.
public struct ServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, with its subject: "listening on 127.0.0.1:8080".
    public let operation: String
    public let detail: String

    public init(operation: String, detail: String) {
        self.operation = operation
        self.detail = detail
    }

    public var description: String { "\(operation) failed: \(detail)" }
}
