// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// Requests in, answers out: an HTTP client over libcurl, with one thread of its own.
///
/// HTTP/2 over TLS where the server speaks it, with all exchanges on one connection; HTTP/1.1 otherwise. Redirects
/// are answers, not followed. One client stands for one identity (TLS material, proxy); its connections are reused
/// as long as it or one of its streams lives. Safe from any thread.
public final class HTTPClient: Sendable {
    private let loop: CurlLoop

    public init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        loop = CurlLoop(configuration)
    }

    /// Ends what runs with `.cancelled`, closes all connections and returns when the client's thread is gone.
    /// Blocks for milliseconds; may be called twice.
    public func shutdown() { loop.stop() }

    /// Sends one request and waits for its whole answer.
    ///
    /// When its task is cancelled, it ends at once with `.cancelled`; a request on its way may still be acted upon.
    public func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        let transfer = Transfer(request, delivery: .whole)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.answer.wait(continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }

    /// Sends one request and waits for the head of its answer; the body follows piece by piece.
    public func stream(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientStream {
        let channel = BodyChannel()
        let transfer = Transfer(request, delivery: .pieces(channel))
        // Lives as long as the stream's closure does: a reader that goes away ends the exchange.
        let reader = StreamReader(loop: loop, transfer: transfer, channel: channel)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.answer.wait(continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        let head = try result.get().head
        return HTTPClientStream(head: head, body: AsyncThrowingStream { try await reader.next() })
    }
}

/// The reading end of one streamed answer.
private final class StreamReader: Sendable {
    private let loop: CurlLoop
    private let transfer: Transfer
    private let channel: BodyChannel

    init(loop: CurlLoop, transfer: Transfer, channel: BodyChannel) {
        self.loop = loop
        self.transfer = transfer
        self.channel = channel
    }

    deinit { loop.cancel(transfer) }

    func next() async throws(HTTPClientError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await channel.next { [loop, transfer] in loop.resume(transfer) }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }
}
