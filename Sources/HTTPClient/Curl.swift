// SPDX-License-Identifier: Apache-2.0

import CCurl
import Domain
import Glibc

enum Curl {
    /// Swift runs a global's initializer exactly once, whichever thread gets here first.
    static let initialized = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}

/// One `CURL *` with what it points to. Stays on the thread that uses it; freed with its owner.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// libcurl writes the reason of a failure here.
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var redirections: UnsafeMutablePointer<curl_slist>?
    private var resolutions: UnsafeMutablePointer<curl_slist>?

    /// Nil when memory is short.
    init?() {
        _ = Curl.initialized
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        errorText.deallocate()
        curl_slist_free_all(headers)
        curl_slist_free_all(redirections)
        curl_slist_free_all(resolutions)
    }

    /// Forgets everything of the last exchange, for the next one.
    func reset() {
        curl_easy_reset(pointer)
        errorText.update(repeating: 0, count: Int(CURL_ERROR_SIZE))
        curl_slist_free_all(headers)
        curl_slist_free_all(redirections)
        curl_slist_free_all(resolutions)
        headers = nil
        redirections = nil
        resolutions = nil
    }

    /// libcurl's own words for a failure.
    func words(for code: CURLcode) -> String {
        let text = String(cString: errorText)
        return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    }

    /// How many connections the exchange opened.
    var openedConnections: Int {
        var count = 0
        kn_curl_get_long(pointer, CURLINFO_NUM_CONNECTS, &count)
        return count
    }

    // MARK: Options

    private func set(_ option: CURLoption, _ number: Int) { kn_curl_set_long(pointer, option, number) }
    private func set(_ option: CURLoption, _ text: String?) { kn_curl_set_string(pointer, option, text) }
    private func set(_ option: CURLoption, _ duration: Duration) { set(option, duration.wholeMilliseconds) }

    private func set(_ option: CURLoption, blob bytes: some Collection<UInt8>) {
        _ = Array(bytes).withUnsafeBytes { kn_curl_set_blob(pointer, option, $0.baseAddress, $0.count) }
    }

    /// Everything that is the same for each exchange of one client.
    func configure(_ configuration: HTTPClientConfiguration, for target: HTTPTarget) {
        set(CURLOPT_NOSIGNAL, 1)
        kn_curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // Wait for a connection that may turn out to be HTTP/2 rather than open one more. Without TLS none will, and
        // libcurl would let everyone wait for the first answer to find out.
        set(CURLOPT_PIPEWAIT, target.isSecure ? 1 : 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 10)
        kn_curl_set_socket_callback(pointer, prepareSocket)
        // A number in a pointer's place: nobody follows it.
        kn_curl_set_pointer(
            pointer, CURLOPT_SOCKOPTDATA,
            UnsafeMutableRawPointer(bitPattern: configuration.unacknowledgedLimit.wholeMilliseconds))
        // Names of objects are not for libcurl to tidy: `..` stays as it is.
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout)
        set(CURLOPT_USERAGENT, configuration.userAgent)
        setProxy(configuration.proxy, for: target)
        setTLS(configuration.tls, for: target)
    }

    private func setProxy(_ proxy: HTTPClientConfiguration.Proxy, for target: HTTPTarget) {
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        switch proxy {
        case .environment:
            if target.isLoopback { set(CURLOPT_NOPROXY, "*") }
        case .url(let url):
            url.withUnsafeValue { set(CURLOPT_PROXY, $0) }
            // An explicit proxy is for every host; without this, NO_PROXY would still be asked.
            set(CURLOPT_NOPROXY, "")
        case .none:
            set(CURLOPT_PROXY, "")
        }
    }

    private func setTLS(_ tls: HTTPClientTLS, for target: HTTPTarget) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if !tls.verifiesServer {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let authorities = tls.authorities {
            // The built-in defaults would be trusted besides the blob.
            set(CURLOPT_CAINFO, nil)
            set(CURLOPT_CAPATH, nil)
            set(CURLOPT_CAINFO_BLOB, blob: authorities)
        }
        if let certificate = tls.certificate {
            set(CURLOPT_SSLCERTTYPE, "PEM")
            set(CURLOPT_SSLCERT_BLOB, blob: certificate)
        }
        if let key = tls.key {
            set(CURLOPT_SSLKEYTYPE, "PEM")
            key.withUnsafeValue { set(CURLOPT_SSLKEY_BLOB, blob: $0.utf8) }
        }
        if let name = tls.serverName, target.isSecure {
            // The URL carries the name to verify; the connection goes where the URL went before.
            redirections = curl_slist_append(nil, "\(name):\(target.port):\(target.host):\(target.port)")
            kn_curl_set_list(pointer, CURLOPT_CONNECT_TO, redirections)
        }
    }

    /// What is asked, and by whose callbacks the answer comes. `transfer` must outlive the exchange.
    func prepare(_ transfer: Transfer, to target: HTTPTarget, serverName: String?) {
        let request = transfer.request
        set(CURLOPT_URL, target.url(named: serverName))
        var lines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if serverName != nil, target.isSecure { lines.append("Host: \(target.authority)") }
        // libcurl would wait a second for "100 Continue" before larger bodies.
        lines.append("Expect:")
        for line in lines { headers = curl_slist_append(headers, line) }
        request.authorization?.withUnsafeValue { headers = curl_slist_append(headers, "Authorization: \($0)") }
        kn_curl_set_list(pointer, CURLOPT_HTTPHEADER, headers)
        if let timeout = request.timeout { set(CURLOPT_TIMEOUT_MS, timeout) }
        if let idle = request.idleTimeout {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, max(1, idle.wholeMilliseconds / 1000))
        }
        pin(target, to: request.addresses)
        setCallbacks(Unmanaged.passUnretained(transfer).toOpaque())
        setBody(request)
    }

    /// An entry of libcurl's own name cache: it holds until the next one for the same host.
    private func pin(_ target: HTTPTarget, to addresses: [String]) {
        guard !addresses.isEmpty else { return }
        let list = addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
        resolutions = curl_slist_append(nil, "\(target.host):\(target.port):\(list)")
        kn_curl_set_list(pointer, CURLOPT_RESOLVE, resolutions)
    }

    private func setCallbacks(_ context: UnsafeMutableRawPointer) {
        kn_curl_set_pointer(pointer, CURLOPT_PRIVATE, context)
        kn_curl_set_data_callback(pointer, CURLOPT_HEADERFUNCTION, receiveHeader)
        kn_curl_set_pointer(pointer, CURLOPT_HEADERDATA, context)
        kn_curl_set_data_callback(pointer, CURLOPT_WRITEFUNCTION, receiveBody)
        kn_curl_set_pointer(pointer, CURLOPT_WRITEDATA, context)
        kn_curl_set_data_callback(pointer, CURLOPT_READFUNCTION, sendBody)
        kn_curl_set_pointer(pointer, CURLOPT_READDATA, context)
        kn_curl_set_prerequest_callback(pointer, markSent)
        kn_curl_set_pointer(pointer, CURLOPT_PREREQDATA, context)
    }

    private func setBody(_ request: HTTPClientRequest) {
        switch (request.method, request.body.isEmpty) {
        case ("GET", true): set(CURLOPT_HTTPGET, 1)
        case ("HEAD", true): set(CURLOPT_NOBODY, 1)
        case ("POST", false):
            // A body that libcurl cannot rewind: it would otherwise send a POST again, on its own, when a reused
            // connection breaks before the answer.
            set(CURLOPT_POST, 1)
            kn_curl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, Int(request.body.count))
        case (let method, _):
            kn_curl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, Int(request.body.count))
            _ = request.body.withUnsafeBytes { bytes in
                kn_curl_set_pointer(
                    pointer, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            }
            if request.body.isEmpty { set(CURLOPT_POSTFIELDS, "") }
            set(CURLOPT_CUSTOMREQUEST, method)
        }
    }
}

/// The transfer that a handle was prepared for.
func preparedTransfer(_ easy: UnsafeMutableRawPointer?) -> Transfer? {
    guard let easy else { return nil }
    var context: UnsafeMutableRawPointer?
    kn_curl_get_pointer(easy, CURLINFO_PRIVATE, &context)
    return transfer(context)
}

// MARK: Callbacks

// libcurl calls these on the thread that drives the handle. In free functions: a closure could inherit an actor.

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let transfer = transfer(context) else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    transfer.receiveHeader(String(decoding: line, as: UTF8.self))
    return size * count
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let transfer = transfer(context) else { return 0 }
    let piece = Array(UnsafeRawBufferPointer(start: bytes, count: size * count))
    switch transfer.receiveBody(piece) {
    case .taken: return size * count
    case .full: return Int(CURL_WRITEFUNC_PAUSE)
    case .refused: return size * count == 0 ? 1 : 0
    }
}

private func sendBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let transfer = transfer(context) else { return 0 }
    let start = transfer.progress.uploaded
    let length = min(size * count, transfer.request.body.count - start)
    transfer.request.body.withUnsafeBytes { body in
        UnsafeMutableRawBufferPointer(start: bytes, count: length)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: body[start..<start + length]))
    }
    transfer.progress.uploaded += length
    return length
}

private func markSent(
    _ context: UnsafeMutableRawPointer?, _ peer: UnsafeMutablePointer<CChar>?, _ own: UnsafeMutablePointer<CChar>?,
    _ peerPort: Int32, _ ownPort: Int32
) -> Int32 {
    transfer(context)?.progress.isSent = true
    return CURL_PREREQFUNC_OK
}

/// Keeps a new socket from child processes, and lets the kernel give up a connection whose peer has acknowledged
/// nothing for `unacknowledgedLimit`. Keep-alive alone does not see a peer that vanished while data was on its way, and every exchange
/// of an HTTP/2 connection would wait for it.
private func prepareSocket(
    _ context: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t, _ purpose: curlsocktype
) -> Int32 {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var milliseconds = UInt32(truncatingIfNeeded: Int(bitPattern: context))
    setsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<UInt32>.size))
    return CURL_SOCKOPT_OK
}

extension Duration {
    /// At least 1, so that a limit never turns into "no limit".
    fileprivate var wholeMilliseconds: Int {
        let parts = components
        return max(1, Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000))
    }
}
