// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// One exchange: what was asked, and what has arrived so far.
///
/// Made by the caller, then touched by the client's thread alone, except for `answer` and `isCancelled`.
// Safe: `progress` is written and read by the client's thread only; the rest is constant or locked.
final class Transfer: @unchecked Sendable {
    enum Delivery {
        case whole
        case pieces(BodyChannel)
    }

    /// What has arrived. Only for the client's thread.
    struct Progress {
        var status = 0
        var version = ""
        var headers = HTTPHeaders()
        var isHeadComplete = false
        var body: [UInt8] = []
        var openedConnections = 0
        /// Whether the request was handed to a connection.
        var isSent = false
        /// Bytes of the request's body that libcurl has taken.
        var uploaded = 0
        /// Why a callback stopped the transfer.
        var refusal: HTTPClientError?
    }

    let request: HTTPClientRequest
    let delivery: Delivery
    let answer = Answer()
    private let cancelled = Lock(false)
    var progress = Progress()

    init(_ request: HTTPClientRequest, delivery: Delivery) {
        self.request = request
        self.delivery = delivery
    }

    var isCancelled: Bool { cancelled.withLock { $0 } }
    func markCancelled() { cancelled.withLock { $0 = true } }

    var operation: String {
        "\(request.method) \(request.url.prefix { $0 != "?" })"
    }

    func error(_ code: HTTPClientError.Code, _ detail: String) -> HTTPClientError {
        HTTPClientError(code, operation: operation, detail: detail)
    }

    private var head: HTTPClientHead {
        HTTPClientHead(status: progress.status, headers: progress.headers, version: progress.version)
    }

    // MARK: The client's thread

    /// Takes one header line, with its line end; the status line and the empty last line included.
    func receiveHeader(_ line: String) {
        let text = line.trimmed
        if text.hasPrefix("HTTP/") {
            // Each answer on the way starts anew: 1xx before the final one.
            let words = text.split(separator: " ", maxSplits: 2)
            progress.version = String(words[0].dropFirst("HTTP/".count))
            progress.status = words.count > 1 ? Int(words[1]) ?? 0 : 0
            progress.headers = HTTPHeaders()
            return
        }
        guard !progress.isHeadComplete else { return }  // trailers
        if text.isEmpty {
            guard progress.status >= 200 else { return }
            progress.isHeadComplete = true
            if case .pieces = delivery { deliverHead() }
        } else if let colon = text.firstIndex(of: ":") {
            progress.headers.append(String(text[..<colon]).trimmed, String(text[text.index(after: colon)...]).trimmed)
        }
    }

    enum Reception {
        case taken
        case full
        case refused
    }

    func receiveBody(_ bytes: [UInt8]) -> Reception {
        switch delivery {
        case .pieces(let channel):
            return channel.offer(bytes) ? .taken : .full
        case .whole:
            guard progress.body.count + bytes.count <= request.limit else {
                progress.refusal = error(.tooLarge, "the answer has more than \(request.limit) bytes")
                return .refused
            }
            progress.body += bytes
            return .taken
        }
    }

    /// Ends the exchange, once; nil when the answer is whole.
    func finish(_ error: HTTPClientError?) {
        if let error {
            answer.set(.failure(error))
        } else {
            deliverHead()
        }
        if case .pieces(let channel) = delivery { channel.finish(error) }
    }

    private func deliverHead() {
        answer.set(
            .success(
                HTTPClientResponse(head: head, body: progress.body, openedConnections: progress.openedConnections)))
    }
}

/// Where one caller waits for one answer; the first answer set is the one it gets.
final class Answer: Sendable {
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    private let waiter = Lock<CheckedContinuation<Outcome, Never>?>(nil)

    func wait(_ continuation: CheckedContinuation<Outcome, Never>) { waiter.withLock { $0 = continuation } }

    func set(_ outcome: Outcome) {
        let continuation = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        continuation?.resume(returning: outcome)
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = utf8
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
