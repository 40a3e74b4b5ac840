// SPDX-License-Identifier: Apache-2.0

import CCurl
import Domain
import Glibc
import Lifecycle

/// The thread that owns a `CURLM *` and every handle in it, and the mailbox through which others reach it.
final class CurlLoop: Sendable {
    private let mailbox = Mailbox()
    private let thread: Lock<pthread_t?>

    init(_ configuration: HTTPClientConfiguration) {
        let driver = CurlDriver(configuration, mailbox: mailbox)
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, runDriver, Unmanaged.passRetained(driver).toOpaque())
        precondition(status == 0, "pthread_create failed with \(status)")
        self.thread = Lock(thread)
    }

    deinit { stop() }

    func start(_ transfer: Transfer) {
        if !mailbox.post(.start(transfer)) { transfer.finish(transfer.error(.cancelled, "the client was shut down")) }
    }

    func cancel(_ transfer: Transfer) {
        // Marked besides, for a cancellation that overtakes the start.
        transfer.markCancelled()
        _ = mailbox.post(.cancel(transfer))
    }

    func resume(_ transfer: Transfer) { _ = mailbox.post(.resume(transfer)) }

    /// Ends the thread and waits for it, unless called by it.
    func stop() {
        mailbox.close()
        let joined = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let joined else { return }
        if pthread_equal(joined, pthread_self()) != 0 {
            pthread_detach(joined)
        } else {
            pthread_join(joined, nil)
        }
    }
}

private func runDriver(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    // A peer that goes away while we write must give an error, not end the process.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Unmanaged<CurlDriver>.fromOpaque(context).takeRetainedValue().run()
    return nil
}

/// What other threads ask of the client's thread.
// Safe: `multi` is only used under the lock, and only until the driver has taken it away; `curl_multi_wakeup` is
// the one function of libcurl that any thread may call.
private final class Mailbox: Sendable {
    enum Command {
        case start(Transfer)
        case cancel(Transfer)
        case resume(Transfer)
    }

    private struct State {
        var commands: [Command] = []
        var isClosed = false
        // Safe: see above.
        nonisolated(unsafe) var multi: UnsafeMutableRawPointer?
    }

    private let state = Lock(State())

    func attach(_ multi: UnsafeMutableRawPointer?) {
        // Safe: handed over under the lock.
        nonisolated(unsafe) let multi = multi
        state.withLock { $0.multi = multi }
    }

    /// - Returns: False when the client was shut down.
    func post(_ command: Command) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.commands.append(command)
            if let multi = state.multi { curl_multi_wakeup(multi) }
            return true
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            if let multi = state.multi { curl_multi_wakeup(multi) }
        }
    }

    func take() -> (commands: [Command], isClosed: Bool) {
        state.withLock { state in
            defer { state.commands = [] }
            return (state.commands, state.isClosed)
        }
    }
}

/// Runs on the client's thread alone.
private final class CurlDriver {
    private struct Active {
        let easy: EasyHandle
        let transfer: Transfer
    }

    private let configuration: HTTPClientConfiguration
    private let mailbox: Mailbox
    private let multi: UnsafeMutableRawPointer
    private var active: [ObjectIdentifier: Active] = [:]
    private var idle: [EasyHandle] = []

    /// Handles kept for reuse.
    private static let idleLimit = 32

    init(_ configuration: HTTPClientConfiguration, mailbox: Mailbox) {
        _ = Curl.initialized
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
        self.configuration = configuration
        self.mailbox = mailbox
        self.multi = multi
        kn_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        kn_curl_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 250)
        kn_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.connectionsPerHost)
        kn_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.connectionsPerHost)
        mailbox.attach(multi)
    }

    func run() {
        while true {
            let (commands, isClosed) = mailbox.take()
            for command in commands { obey(command) }
            if isClosed { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            collectFinished()
            // Wakes early for sockets, libcurl's own timers and `curl_multi_wakeup`.
            curl_multi_poll(multi, nil, 0, 30_000, nil)
        }
        for entry in Array(active.values) {
            end(entry, with: entry.transfer.error(.cancelled, "the client was shut down"))
        }
        mailbox.attach(nil)
        idle = []
        curl_multi_cleanup(multi)
    }

    private func obey(_ command: Mailbox.Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .cancel(let transfer):
            if let entry = active[ObjectIdentifier(transfer)] {
                end(entry, with: transfer.error(.cancelled, "cancelled"))
            }
        case .resume(let transfer):
            if let entry = active[ObjectIdentifier(transfer)] {
                curl_easy_pause(entry.easy.pointer, CURLPAUSE_CONT)
            }
        }
    }

    private func start(_ transfer: Transfer) {
        if transfer.isCancelled { return transfer.finish(transfer.error(.cancelled, "cancelled")) }
        if let reason = transfer.request.fault {
            return transfer.finish(transfer.error(.invalidRequest, reason))
        }
        guard let target = HTTPTarget(transfer.request.url) else {
            return transfer.finish(transfer.error(.invalidRequest, "the URL is not an http or https URL with a host"))
        }
        guard let easy = idle.popLast() ?? EasyHandle() else {
            return transfer.finish(transfer.error(.notConnected, "out of memory"))
        }
        easy.configure(configuration, for: target)
        easy.prepare(transfer, to: target, serverName: configuration.tls.serverName)
        let status = curl_multi_add_handle(multi, easy.pointer)
        guard status == CURLM_OK else {
            let words = String(cString: curl_multi_strerror(status))
            return transfer.finish(transfer.error(.notConnected, words))
        }
        active[ObjectIdentifier(transfer)] = Active(easy: easy, transfer: transfer)
    }

    private func collectFinished() {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let transfer = preparedTransfer(message.pointee.easy_handle),
                let entry = active[ObjectIdentifier(transfer)]
            else { continue }
            let code = message.pointee.data.result
            if code == CURLE_OK, !transfer.progress.isHeadComplete {
                // libcurl takes a connection that closes within the head for the end of an empty body.
                end(entry, with: transfer.error(.interrupted, "the answer ended within its head"))
            } else if code == CURLE_OK {
                transfer.progress.openedConnections = entry.easy.openedConnections
                end(entry, with: nil)
            } else {
                let refusal = transfer.progress.refusal
                end(entry, with: refusal ?? transfer.error(.init(code, transfer.progress), entry.easy.words(for: code)))
            }
        }
    }

    private func end(_ entry: Active, with error: HTTPClientError?) {
        active[ObjectIdentifier(entry.transfer)] = nil
        curl_multi_remove_handle(multi, entry.easy.pointer)
        entry.easy.reset()
        if idle.count < Self.idleLimit { idle.append(entry.easy) }
        entry.transfer.finish(error)
    }
}

extension HTTPClientRequest {
    /// Why it cannot be sent; nil when it can.
    fileprivate var fault: String? {
        func hasBreak(_ text: String) -> Bool { text.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 } }
        let isToken = !method.isEmpty && method.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        if !isToken { return "the method is not a word of upper-case letters" }
        if headers.fields.contains(where: { hasBreak($0.name) || hasBreak($0.value) }) {
            return "a header holds a line break"
        }
        if authorization?.withUnsafeValue(hasBreak) == true {
            return "the credentials hold a line break; check for a stray newline at the end of the token"
        }
        return nil
    }
}

extension HTTPClientError.Code {
    fileprivate init(_ code: CURLcode, _ progress: Transfer.Progress) {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_BAD_FUNCTION_ARGUMENT, CURLE_SSL_CIPHER:
            self = .invalidRequest
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            self = .untrusted
        case CURLE_OPERATION_TIMEDOUT:
            self = progress.isSent ? .timedOutAfterSending : .timedOut
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = .notConnected
        default:
            self = progress.isSent ? .interrupted : .notConnected
        }
    }
}
