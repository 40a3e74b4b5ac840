// SPDX-License-Identifier: Apache-2.0

import CHTTPServer
import Domain
import Lifecycle

/// The C server and its loop thread. The only file that knows `CHTTPServer`.
///
/// Requests come in on the loop thread and become one `Exchange` each; answers go back through commands that the
/// loop picks up. No pointer of the library is ever seen outside the loop thread: both sides speak in ids.
// Safe: `server` is set once in `init`, the C functions called on it may be called from any thread, and all other
// state is in locks. While the thread runs it holds a reference to this object.
final class EventLoop: @unchecked Sendable {
    private struct Table: Sendable {
        var exchanges: [UInt64: Exchange] = [:]
        var isStopping = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private var server: OpaquePointer?
    private let configuration: WebServer.Configuration
    private let prompt: PromptHandler?
    private let handler: HTTPHandler
    private let table = Lock(Table())
    private let large: LargeBodies.Desk?

    init(
        configuration: WebServer.Configuration, prompt: PromptHandler?, handler: @escaping HTTPHandler
    ) throws(ServerError) {
        self.configuration = configuration
        self.prompt = prompt
        self.handler = handler
        large = configuration.largeBodies.map { LargeBodies.Desk($0) }
        let callbacks = kn_http_callbacks(
            context: Unmanaged.passUnretained(self).toOpaque(), opened: loopOpened, received: loopReceived,
            closed: loopClosed, request: loopRequest, drained: loopDrained, ended: loopEnded, stopped: loopStopped)
        let (created, message) = Self.create(configuration, callbacks)
        guard let created else {
            throw ServerError(operation: "listening on \(configuration.host):\(configuration.port)", detail: message)
        }
        server = created
    }

    deinit {
        if let server { kn_http_free(server) }
    }

    private static func create(
        _ configuration: WebServer.Configuration, _ callbacks: kn_http_callbacks
    ) -> (OpaquePointer?, String) {
        guard let port = UInt16(exactly: configuration.port) else { return (nil, "a port is 0...65535") }
        func create(_ certificate: UnsafePointer<CChar>?, _ key: UnsafePointer<CChar>?) -> (OpaquePointer?, String) {
            configuration.host.withCString { host in
                var settings = kn_http_configuration(
                    host: host, port: port, connection_limit: UInt32(clamping: configuration.connectionLimit),
                    head_ms: configuration.headDeadline.wholeMilliseconds,
                    body_ms: configuration.bodyDeadline.wholeMilliseconds,
                    idle_ms: configuration.idleTimeout.wholeMilliseconds,
                    write_ms: configuration.writeTimeout.wholeMilliseconds, certificate: certificate,
                    private_key: key)
                var callbacks = callbacks
                var message = [CChar](repeating: 0, count: 256)
                let server = kn_http_create(&settings, &callbacks, &message)
                return (server, String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
            }
        }
        guard let identity = configuration.identity else { return create(nil, nil) }
        return identity.certificateChain.withCString { certificate in
            identity.privateKey.withUnsafeValue { $0.withCString { create(certificate, $0) } }
        }
    }

    /// - Throws: `ServerError` when the identity is unusable; the old one stays.
    func replace(_ identity: WebServer.Identity) throws(ServerError) {
        var message = [CChar](repeating: 0, count: 256)
        let status = identity.certificateChain.withCString { certificate in
            identity.privateKey.withUnsafeValue {
                $0.withCString { kn_http_set_identity(server, certificate, $0, &message) }
            }
        }
        guard status != 0 else { return }
        let detail = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        throw ServerError(operation: "changing the certificate", detail: detail)
    }

    var port: Int { Int(kn_http_port(server)) }
    var isStopping: Bool { table.withLock { $0.isStopping } }

    func start() throws(ServerError) {
        // Safe: balanced by the release in `stopped`, the thread's last call.
        let retained = Unmanaged.passRetained(self)
        let status = kn_http_start(server)
        guard status == 0 else {
            retained.release()
            throw ServerError(operation: "starting the server's thread", detail: "error \(status)")
        }
    }

    func stop(grace: Duration) {
        let streams = table.withLock { table in
            table.isStopping = true
            return Array(table.exchanges.values)
        }
        for exchange in streams { exchange.cancelIfStreaming() }
        kn_http_stop(server, grace.wholeMilliseconds)
    }

    func waitUntilStopped() async {
        await withCheckedContinuation { continuation in
            let hasEnded = table.withLock { table in
                if !table.hasEnded { table.waiters.append(continuation) }
                return table.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}

// MARK: - answers, from any thread

extension EventLoop {
    func respond(_ id: UInt64, status: Int, fields: [UInt8], body: SentBytes) {
        var bytes = kn_http_bytes()
        if let start = body.memory.baseAddress, !body.memory.isEmpty {
            // Safe: balanced by the release in `giveBack`, which comes once when nobody reads the bytes any more.
            let owner = Unmanaged.passRetained(body).toOpaque()
            bytes = kn_http_bytes(
                bytes: start.assumingMemoryBound(to: UInt8.self), count: body.memory.count, owner: owner,
                release: giveBack)
        }
        fields.withText { kn_http_respond(server, id, Int32(clamping: status), $0, fields.count, bytes) }
    }

    func beginStream(_ id: UInt64, status: Int, fields: [UInt8]) {
        fields.withText { kn_http_stream(server, id, Int32(clamping: status), $0, fields.count) }
    }

    func write(_ id: UInt64, _ bytes: [UInt8]) { kn_http_write(server, id, bytes, bytes.count) }

    /// - Parameter isWhole: False cuts the connection, so that the client sees that something is missing.
    func finish(_ id: UInt64, isWhole: Bool) { kn_http_finish(server, id, isWhole ? 1 : 0) }
}

extension [UInt8] {
    fileprivate func withText(_ body: (UnsafePointer<CChar>?) -> Void) {
        withUnsafeBytes { body($0.assumingMemoryBound(to: CChar.self).baseAddress) }
    }
}

extension Duration {
    /// 0...UInt32.max.
    fileprivate var wholeMilliseconds: UInt32 {
        UInt32(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}

// MARK: - callbacks, on the loop thread

extension EventLoop {
    fileprivate func begin(_ id: UInt64, _ sent: HTTPRequest) {
        let origin = configuration.trustedProxies?.origin(peer: sent.peer, headers: sent.headers)
        var request = sent
        request.peer = origin?.address ?? sent.peer
        request.isSecure = configuration.identity != nil ? true : origin?.isSecure
        let isAccepted = isHostAccepted(request)
        if isAccepted, answerAtOnce(id, request) { return }
        let exchange = Exchange(id: id, loop: self, request: request, compresses: configuration.compresses)
        table.withLock { $0.exchanges[id] = exchange }
        exchange.start(isAccepted ? handler : Self.misdirected)
    }

    private func answerAtOnce(_ id: UInt64, _ request: HTTPRequest) -> Bool {
        guard var response = prompt?(request), case .bytes(let bytes) = response.body else { return false }
        let form = configuration.compresses ? response.form(of: bytes, for: request) : .fixed
        // Packing takes longer than anything else here.
        guard bytes.isEmpty || response.kept?.known(packed: form == .packed) != nil else { return false }
        let body = response.pack(bytes, as: form)
        respond(id, status: response.status, fields: response.headers.wireForm(), body: body)
        return true
    }

    private func isHostAccepted(_ request: HTTPRequest) -> Bool {
        guard let acceptsHost = configuration.acceptsHost else { return true }
        return acceptsHost(request.host)
    }

    private static let misdirected: HTTPHandler = { _ in
        HTTPResponse(
            status: 421, headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: .bytes(Array("This server does not answer for that host name.\n".utf8)))
    }

    fileprivate func drained(_ id: UInt64, _ accepted: UInt64) {
        table.withLock { $0.exchanges[id] }?.drained(to: accepted)
    }

    fileprivate func ended(_ id: UInt64) {
        table.withLock { $0.exchanges.removeValue(forKey: id) }?.end()
    }

    fileprivate func stopped() {
        let waiters = table.withLock { table in
            table.hasEnded = true
            defer { table.waiters = [] }
            return table.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    fileprivate func newFraming() -> RequestFraming {
        var limits = RequestFraming.Limits()
        limits.headBytes = configuration.headLimitBytes
        limits.bodyBytes = configuration.bodyLimitBytes
        limits.large = large
        return RequestFraming(limits: limits)
    }
}

/// A connection's framing state while C holds it.
private final class FramingBox {
    var framing: RequestFraming
    init(_ framing: RequestFraming) { self.framing = framing }
    deinit { framing.releasePlace() }
}

// Safe: the context is the `EventLoop` that the running thread retains.
private func loop(_ context: UnsafeMutableRawPointer?) -> EventLoop? {
    context.map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
}

private func loopOpened(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let loop = loop(context) else { return nil }
    // Safe: balanced by the release in `loopClosed`, which comes once per connection.
    return Unmanaged.passRetained(FramingBox(loop.newFraming())).toOpaque()
}

private func loopReceived(
    _ framing: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int
) -> kn_http_verdict {
    guard let framing else {
        return kn_http_verdict(refusal: 400, phase: KN_HTTP_IDLE, completed: 0, heads: 0, wants_page: false)
    }
    // Safe: a box of `loopOpened`, alive until `loopClosed`.
    let box = Unmanaged<FramingBox>.fromOpaque(framing).takeUnretainedValue()
    let (completed, heads) = (box.framing.completed, box.framing.heads)
    let refusal = box.framing.receive(UnsafeRawBufferPointer(start: bytes, count: count))
    let phase =
        switch box.framing.phase {
        case .idle: KN_HTTP_IDLE
        case .head: KN_HTTP_HEAD
        case .body: KN_HTTP_BODY
        }
    return kn_http_verdict(
        refusal: Int32(clamping: refusal ?? 0), phase: phase,
        completed: UInt32(clamping: box.framing.completed - completed),
        heads: UInt32(clamping: box.framing.heads - heads), wants_page: box.framing.wantsPage)
}

private func loopClosed(_ framing: UnsafeMutableRawPointer?) {
    // Safe: balances `loopOpened`.
    if let framing { Unmanaged<FramingBox>.fromOpaque(framing).release() }
}

private func loopRequest(
    _ context: UnsafeMutableRawPointer?, _ id: UInt64, _ request: UnsafePointer<kn_http_request>?
) {
    guard let request = request?.pointee else { return }
    let fields = UnsafeBufferPointer(start: request.fields, count: request.field_count)
    let target = String(cString: request.target)
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let whole = HTTPRequest(
        method: String(cString: request.method), rawPath: String(parts[0]),
        rawQuery: parts.count == 2 ? String(parts[1]) : "",
        headers: HTTPHeaders(fields.map { (String(cString: $0.name), String(cString: $0.value)) }),
        body: Array(UnsafeBufferPointer(start: request.body, count: request.body_length)),
        peer: String(cString: request.peer))
    loop(context)?.begin(id, whole)
}

private func giveBack(_ bytes: UnsafeRawPointer?, _ count: Int, _ owner: UnsafeMutableRawPointer?) {
    // Safe: balances the retain in `respond`.
    if let owner { Unmanaged<SentBytes>.fromOpaque(owner).release() }
}

private func loopDrained(_ context: UnsafeMutableRawPointer?, _ id: UInt64, _ accepted: UInt64) {
    loop(context)?.drained(id, accepted)
}

private func loopEnded(_ context: UnsafeMutableRawPointer?, _ id: UInt64) { loop(context)?.ended(id) }

private func loopStopped(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    // Safe: balances the retain in `start()`; nothing of the server is touched after this call.
    let loop = Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
    loop.stopped()
}
