// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// One request and its answer: runs the handler in its own task and writes what comes out.
final class Exchange: HTTPBodyWriter {
    /// Bytes of a stream that may be on their way before `write` waits.
    static let unsentLimit: UInt64 = 256 * 1024

    private struct State: Sendable {
        var task: Task<Void, Never>?
        var isStreaming = false
        /// The client is gone, the answer is out, or the server stops.
        var isOver = false
        var written: UInt64 = 0
        var sent: UInt64 = 0
        var waiters: [CheckedContinuation<Void, any Error>] = []
    }

    private let id: UInt64
    private let loop: EventLoop
    private let request: HTTPRequest
    private let compresses: Bool
    private let state = Lock(State())

    init(id: UInt64, loop: EventLoop, request: HTTPRequest, compresses: Bool) {
        self.id = id
        self.loop = loop
        self.request = request
        self.compresses = compresses
    }

    /// Called once. The task is cancelled by `end()` and, when it streams, by a stopping server.
    func start(_ handler: @escaping HTTPHandler) {
        let task = Task { await self.answer(handler) }
        let isOver = state.withLock { state in
            state.task = task
            return state.isOver
        }
        if isOver { task.cancel() }
    }

    private func answer(_ handler: HTTPHandler) async {
        var response = await handler(request)
        guard !state.withLock({ $0.isOver }) else { return }
        switch response.body {
        case .bytes(let bytes):
            let body = response.pack(bytes, as: compresses ? response.form(of: bytes, for: request) : .fixed)
            loop.respond(id, status: response.status, fields: response.headers.wireForm(), body: body)
        case .stream(let write): await stream(response, write)
        }
    }

    private func stream(_ response: HTTPResponse, _ write: @Sendable (any HTTPBodyWriter) async throws -> Void) async {
        loop.beginStream(id, status: response.status, fields: response.headers.wireForm())
        let hasNoBody = request.method == "HEAD" || response.status == 204 || response.status == 304
        guard !hasNoBody else { return loop.finish(id, isWhole: true) }
        state.withLock { $0.isStreaming = true }
        if loop.isStopping { cancelIfStreaming() }
        do {
            try await write(self)
            loop.finish(id, isWhole: true)
        } catch {
            // The body's author has handled the error; the client must only see that the answer is not whole.
            loop.finish(id, isWhole: false)
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try Task.checkCancellation()
        let isOver = state.withLock { state in
            if !state.isOver { state.written += UInt64(bytes.count) }
            return state.isOver
        }
        guard !isOver else { throw CancellationError() }
        loop.write(id, bytes)
        try await waitForRoom()
    }

    private func waitForRoom() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let outcome: Result<Void, any Error>? = state.withLock { state in
                if state.isOver { return .failure(CancellationError()) }
                if state.written - state.sent <= Self.unsentLimit { return .success(()) }
                state.waiters.append(continuation)
                return nil
            }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    // MARK: - from the loop thread

    func drained(to sent: UInt64) {
        let waiters = state.withLock { state in
            state.sent = sent
            guard state.written - sent <= Self.unsentLimit else { return [CheckedContinuation<Void, any Error>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The last word of the loop about this request.
    func end() { finish(onlyStreams: false) }

    /// The server stops: a stream would never end by itself.
    func cancelIfStreaming() { finish(onlyStreams: true) }

    private func finish(onlyStreams: Bool) {
        let (task, waiters) = state.withLock { state in
            guard state.isStreaming || !onlyStreams else {
                return (Task<Void, Never>?.none, [CheckedContinuation<Void, any Error>]())
            }
            state.isOver = true
            defer {
                state.task = nil
                state.waiters = []
            }
            return (state.task, state.waiters)
        }
        task?.cancel()
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
    }
}
