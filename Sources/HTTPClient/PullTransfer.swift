// SPDX-License-Identifier: Apache-2.0

import CCurl
public import Domain
public import Lifecycle

/// HTTP for code that must block and pull: one connection, one request after another, the answer read in chunks on
/// the caller's thread. Made for libgit2's transport; everything else uses the asynchronous client.
///
/// Every call blocks at most as long as the watch allows. Not for use by two threads at a time.
///
/// Credentials go to the host they were given for and nowhere else: a redirect on the same host is followed (also from
/// http to https), one to another host is an error. Proxies are taken from the environment, as curl and git do.
public final class PullTransfer {
    public struct Request {
        public var method: String
        public var url: String
        public var headers: [(name: String, value: String)]
        /// Sent whole; nil or empty for a request without a body.
        public var body: [UInt8]?
        /// The value of the `Authorization` header.
        public var authorization: Secret?

        public init(
            _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
            authorization: Secret? = nil
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.authorization = authorization
        }
    }

    /// The head of an answer.
    public struct Response: Sendable {
        public let status: Int
        /// Names in lower case.
        public let headers: [String: String]
        /// Where the answer came from, after redirects.
        public let url: String
    }

    private static let redirectLimit = 5
    /// Bytes that may wait for the reader; more pauses the connection.
    private static let bufferLimit = 1 << 20

    private let watch: TransferWatch
    private let certificateAuthority: [UInt8]?
    private let multi: UnsafeMutableRawPointer
    private var easy: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorBuffer: UnsafeMutablePointer<CChar>

    fileprivate var status = 0
    fileprivate var headers: [String: String] = [:]
    fileprivate var hasHead = false
    fileprivate var buffer: [UInt8] = []
    private var bufferStart = 0
    fileprivate var isPaused = false
    /// Counts every byte that moves, to tell silence from slowness.
    fileprivate var movedBytes: Int64 = 0
    private var result: CURLcode?

    /// - Parameter certificateAuthority: PEM; the only authorities to trust. Nil for the system's.
    public init(watch: TransferWatch, certificateAuthority: [UInt8]? = nil) {
        _ = Curl.initialized
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
        self.multi = multi
        self.watch = watch
        self.certificateAuthority = certificateAuthority
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        endRequest()
        curl_multi_cleanup(multi)
        errorBuffer.deallocate()
    }

    // MARK: One request

    /// Sends a request and waits for the head of its answer. Whatever was unread of an earlier answer is dropped.
    public func send(_ request: Request) throws(PullError) -> Response {
        var url = request.url
        for _ in 0...Self.redirectLimit {
            try start(request, url: url)
            while !hasHead, result == nil { try step() }
            if !hasHead, let result { throw failure(result) }
            guard let next = redirect() else { return Response(status: status, headers: headers, url: url) }
            guard request.method == "GET" else {
                throw PullError(
                    code: .redirected, detail: "\(url) answers \(request.method) with a redirect to \(next.displayURL)")
            }
            guard Self.isSameHost(url, next) else {
                throw PullError(
                    code: .redirected,
                    detail:
                        "\(url) redirects to another host, \(next.displayURL); configure that address if it is trusted")
            }
            url = next
        }
        throw PullError(code: .redirected, detail: "\(request.url) redirects more than \(Self.redirectLimit) times")
    }

    /// Reads a part of the answer's body.
    ///
    /// - Returns: The number of bytes, more than 0; 0 at the end of the body.
    public func read(into target: UnsafeMutableRawBufferPointer) throws(PullError) -> Int {
        while bufferStart == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            bufferStart = 0
            if let result {
                guard result == CURLE_OK else { throw failure(result) }
                return 0
            }
            if isPaused, let easy {
                isPaused = false
                curl_easy_pause(easy, CURLPAUSE_CONT)
            }
            try step()
        }
        let count = min(target.count, buffer.count - bufferStart)
        target.copyBytes(from: buffer[bufferStart..<bufferStart + count])
        bufferStart += count
        return count
    }

    /// Reads the rest of the body, for error texts: at most `limit` bytes, the rest is dropped.
    public func readText(limit: Int = 2048) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: limit)
        while bytes.count < limit {
            let count = chunk.withUnsafeMutableBytes { space in
                // An explanation that breaks off is still worth showing.
                (try? read(into: space)) ?? 0
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes.prefix(limit), as: UTF8.self)
    }

    // MARK: Driving curl

    private func start(_ request: Request, url: String) throws(PullError) {
        endRequest()
        guard let easy = curl_easy_init() else { preconditionFailure("curl_easy_init: out of memory") }
        self.easy = easy
        (status, hasHead, headers, result) = (0, false, [:], nil)
        buffer.removeAll(keepingCapacity: true)
        (bufferStart, isPaused) = (0, false)
        configure(easy, request, url: url)
        let code = curl_multi_add_handle(multi, easy)
        guard code == CURLM_OK else {
            throw PullError(code: .other, detail: String(cString: curl_multi_strerror(code)))
        }
    }

    private func configure(_ easy: UnsafeMutableRawPointer, _ request: Request, url: String) {
        // Safe: curl calls back only from `curl_multi_perform`, inside a method of this very object.
        let context = Unmanaged.passUnretained(self).toOpaque()
        kn_curl_set_string(easy, CURLOPT_URL, url)
        kn_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        kn_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        kn_curl_set_string(easy, CURLOPT_USERAGENT, "git/2 (kubernaut)")
        kn_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // One transfer at a time: HTTP/2 has nothing to give here, and pausing is simpler without it.
        kn_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        kn_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        // The head of a proxy's answer to CONNECT is not the head of ours.
        kn_curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        kn_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, watch.limits.connect.curlMilliseconds)
        kn_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorBuffer)
        kn_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        kn_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        kn_curl_set_data_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
        kn_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        kn_curl_set_long(easy, CURLOPT_NOPROGRESS, 0)
        kn_curl_set_progress_callback(easy, noteProgress)
        kn_curl_set_pointer(easy, CURLOPT_XFERINFODATA, context)
        if let certificateAuthority {
            kn_curl_set_blob(easy, CURLOPT_CAINFO_BLOB, certificateAuthority, certificateAuthority.count)
            // Otherwise the system's folder of certificates would be trusted as well.
            kn_curl_set_string(easy, CURLOPT_CAPATH, nil)
        }
        headerList = curl_slist_append(nil, "Expect:")
        for header in request.headers { headerList = curl_slist_append(headerList, "\(header.name): \(header.value)") }
        request.authorization?.withUnsafeValue { headerList = curl_slist_append(headerList, "Authorization: \($0)") }
        kn_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
        if let body = request.body, !body.isEmpty {
            kn_curl_set_long(easy, CURLOPT_POST, 1)
            kn_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            // curl copies the bytes, but only after it knows their number.
            body.withUnsafeBytes { bytes in
                // Safe: COPYPOSTFIELDS only reads; the door takes a mutable pointer because others need one.
                let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                _ = kn_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start)
            }
        }
    }

    private func endRequest() {
        if let easy {
            curl_multi_remove_handle(multi, easy)
            curl_easy_cleanup(easy)
        }
        easy = nil
        curl_slist_free_all(headerList)
        headerList = nil
    }

    /// Moves bytes, or waits until something moves; looks at the watch at least once in its slice.
    private func step() throws(PullError) {
        let start = ContinuousClock.now
        let before = movedBytes
        while true {
            var running: Int32 = 0
            let code = curl_multi_perform(multi, &running)
            guard code == CURLM_OK else {
                throw PullError(code: .other, detail: String(cString: curl_multi_strerror(code)))
            }
            noteResult()
            if result != nil || movedBytes != before || hasHead && bufferStart < buffer.count { return }
            if let stop = watch.stop(waitingSince: start) { throw PullError(code: .stopped(stop), detail: "") }
            curl_multi_poll(multi, nil, 0, Int32(TransferWatch.slice.curlMilliseconds), nil)
        }
    }

    private func noteResult() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE { result = message.pointee.data.result }
        }
    }

    private func failure(_ code: CURLcode) -> PullError {
        let text = String(cString: errorBuffer)
        let detail = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        return PullError(code: .init(curl: code, connect: watch.limits.connect), detail: detail)
    }

    // MARK: Redirects

    private func redirect() -> String? {
        guard let easy, [301, 302, 303, 307, 308].contains(status) else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        kn_curl_get_string(easy, CURLINFO_REDIRECT_URL, &text)
        return text.map { String(cString: $0) }
    }

    /// Same host and port; a step up from http to https on their own ports counts as the same.
    static func isSameHost(_ old: String, _ new: String) -> Bool {
        guard let from = Origin(old), let to = Origin(new), from.host == to.host else { return false }
        if from.scheme == to.scheme { return from.port == to.port }
        return from.scheme == "http" && to.scheme == "https" && from.port == "80" && to.port == "443"
    }
}

/// The part of a URL that credentials belong to, as curl itself reads it.
private struct Origin {
    let scheme: String
    let host: String
    let port: String

    init?(_ url: String) {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        func part(_ which: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, which, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else {
                return nil
            }
            defer { curl_free(text) }
            return String(cString: text).lowercased()
        }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK, let scheme = part(CURLUPART_SCHEME),
            let host = part(CURLUPART_HOST), let port = part(CURLUPART_PORT)
        else { return nil }
        (self.scheme, self.host, self.port) = (scheme, host, port)
    }
}

extension String {
    /// Without user, password, query and fragment: these may hold secrets.
    fileprivate var displayURL: String {
        guard let scheme = range(ofASCII: "://") else { return "another place" }
        let rest = self[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
        let authority = rest.prefix { $0 != "/" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return "\(self[..<scheme.upperBound])\(host)\(rest[authority.endIndex...])"
    }

    private func range(ofASCII text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}

extension Duration {
    fileprivate var curlMilliseconds: Int {
        let parts = components
        return max(1, Int(clamping: parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000))
    }
}

// Callbacks are free functions: a closure could inherit an isolation that curl's thread does not have.

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<PullTransfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<PullTransfer>.fromOpaque(context).takeUnretainedValue()
    transfer.receiveHead(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

private func noteProgress(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _ downloaded: curl_off_t, _: curl_off_t, _ uploaded: curl_off_t
) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<PullTransfer>.fromOpaque(context).takeUnretainedValue().movedBytes = Int64(downloaded) + Int64(uploaded)
    return 0
}

extension PullTransfer {
    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard buffer.count < Self.bufferLimit else {
            isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        buffer.append(contentsOf: bytes)
        return bytes.count
    }

    fileprivate func receiveHead(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self).trimmingLineEnd
        if line.hasPrefix("HTTP/") {
            // An answer in the 100s, or of a proxy, may come first: only the last head counts.
            let parts = line.split(separator: " ", maxSplits: 2)
            status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            headers = [:]
        } else if line.isEmpty {
            hasHead = status >= 200
        } else if let colon = line.firstIndex(of: ":"), !hasHead {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers[line[..<colon].lowercased()] = String(value)
        }
    }
}

extension String {
    fileprivate var trimmingLineEnd: String {
        var scalars = unicodeScalars[...]
        while let last = scalars.last, last == "\r" || last == "\n" { scalars.removeLast() }
        return String(scalars)
    }
}
