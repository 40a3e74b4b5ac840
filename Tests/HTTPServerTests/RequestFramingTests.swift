// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

/// One row of the hygiene table.
struct FramingCase: Sendable, CustomTestStringConvertible {
    enum Expectation: Sendable, Equatable {
        /// So many whole requests.
        case requests(Int)
        case refused(Int)
        /// Good so far, more must come.
        case incomplete(RequestFraming.Phase)
    }

    let name: String
    let bytes: String
    let expectation: Expectation
    var testDescription: String { name }

    init(_ name: String, _ bytes: String, _ expectation: Expectation) {
        self.name = name
        self.bytes = bytes
        self.expectation = expectation
    }

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n"
    private static let post = "POST / HTTP/1.1\r\nHost: a\r\n"
    private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    static let all: [FramingCase] = good + requestLines + fields + lengths + chunks + limits

    static let good = [
        FramingCase("plain GET", get + "\r\n", .requests(1)),
        FramingCase("two in one segment", get + "\r\n" + get + "\r\n", .requests(2)),
        FramingCase("lower-case field names", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", .requests(1)),
        FramingCase("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", .requests(1)),
        FramingCase("a tab inside a value", get + "X: a\tb\r\n\r\n", .requests(1)),
        FramingCase("spaces around a value", get + "X: \t a \t\r\n\r\n", .requests(1)),
        FramingCase("an empty value", get + "X:\r\n\r\n", .requests(1)),
        FramingCase("bytes above 127 in a value", get + "X: ü\r\n\r\n", .requests(1)),
        FramingCase("an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", .requests(1)),
        FramingCase("a length of 0", post + "Content-Length: 0\r\n\r\n", .requests(1)),
        FramingCase("a body of 5", post + "Content-Length: 5\r\n\r\nhello", .requests(1)),
        FramingCase("a body, then a request", post + "Content-Length: 1\r\n\r\nx" + get + "\r\n", .requests(2)),
        FramingCase("DELETE with a body", "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", .requests(1)),
        FramingCase("one chunk", chunked + "5\r\nhello\r\n0\r\n\r\n", .requests(1)),
        FramingCase(
            "two chunks, hex in both cases", chunked + "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", .requests(1)),
        FramingCase("an empty chunked body", chunked + "0\r\n\r\n" + get + "\r\n", .requests(2)),
        FramingCase("a chunk with CR LF inside", chunked + "4\r\n\r\n\r\n\r\n0\r\n\r\n", .requests(1)),
        FramingCase(
            "Expect: 100-continue", post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", .incomplete(.body)),
        FramingCase("half a request line", "GET / HT", .incomplete(.head)),
        FramingCase("half a head", get, .incomplete(.head)),
        FramingCase("half a body", post + "Content-Length: 5\r\n\r\nhe", .incomplete(.body)),
        FramingCase("half a chunk size", chunked + "1", .incomplete(.body)),
        FramingCase("half an end of chunks", chunked + "0\r\n\r", .incomplete(.body)),
    ]

    static let requestLines = [
        FramingCase("an empty line first", "\r\n" + get + "\r\n", .refused(400)),
        FramingCase("bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("a tab instead of a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("a trailing space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("no version", "GET /\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .refused(505)),
        FramingCase("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", .refused(505)),
        FramingCase("lower-case http", "GET / http/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("HTTP/1.1.1", "GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(501)),
        FramingCase("a lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(501)),
        FramingCase("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(501)),
        FramingCase("CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("a bad byte in the method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("absolute form", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("a raw byte above 127 in the target", "GET /ü HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        FramingCase("TLS on a plain port", "\u{16}\u{03}\u{01}", .refused(400)),
        FramingCase("the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(400)),
    ]

    static let fields = [
        FramingCase("no Host", "GET / HTTP/1.1\r\n\r\n", .refused(400)),
        FramingCase("two Hosts", get + "Host: a\r\n\r\n", .refused(400)),
        FramingCase("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", .refused(400)),
        FramingCase("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .refused(400)),
        FramingCase("a Host with user info", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", .refused(400)),
        FramingCase("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .refused(400)),
        FramingCase("space before the colon", get + "X : a\r\n\r\n", .refused(400)),
        FramingCase("tab before the colon", get + "X\t: a\r\n\r\n", .refused(400)),
        FramingCase("a folded line", get + "X: a\r\n b\r\n\r\n", .refused(400)),
        FramingCase("a fold with a tab", get + "X: a\r\n\tb\r\n\r\n", .refused(400)),
        FramingCase("a space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .refused(400)),
        FramingCase("a field without a colon", get + "nonsense\r\n\r\n", .refused(400)),
        FramingCase("a field without a name", get + ": a\r\n\r\n", .refused(400)),
        FramingCase("a bad byte in a name", get + "X(Y: a\r\n\r\n", .refused(400)),
        FramingCase("a byte above 127 in a name", get + "Ü: a\r\n\r\n", .refused(400)),
        FramingCase("NUL in a value", get + "X: a\0b\r\n\r\n", .refused(400)),
        FramingCase("a control byte in a value", get + "X: a\u{01}b\r\n\r\n", .refused(400)),
        FramingCase("DEL in a value", get + "X: a\u{7f}\r\n\r\n", .refused(400)),
        FramingCase("bare LF inside the fields", get + "X: a\nY: b\r\n\r\n", .refused(400)),
        FramingCase("bare CR inside a value", get + "X: a\rY: b\r\n\r\n", .refused(400)),
        FramingCase("LF LF at the end", get + "X: a\n\n", .refused(400)),
        FramingCase("CR CR LF at the end", get + "\r\r\n", .refused(400)),
        FramingCase("an unknown Expect", post + "Expect: tea\r\nContent-Length: 1\r\n\r\nx", .refused(417)),
    ]

    static let lengths = [
        FramingCase(
            "length and chunked", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .refused(400)),
        FramingCase(
            "chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            .refused(400)),
        FramingCase("two equal lengths", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", .refused(400)),
        FramingCase("two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", .refused(400)),
        FramingCase("a list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello", .refused(400)),
        FramingCase("a signed length", post + "Content-Length: +5\r\n\r\nhello", .refused(400)),
        FramingCase("a negative length", post + "Content-Length: -5\r\n\r\nhello", .refused(400)),
        FramingCase("a hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello", .refused(400)),
        FramingCase("an empty length", post + "Content-Length:\r\n\r\nhello", .refused(400)),
        FramingCase("a length with a space", post + "Content-Length: 1 1\r\n\r\nhello", .refused(400)),
        FramingCase("an overflowing length", post + "Content-Length: 99999999999999999999\r\n\r\n", .refused(413)),
        FramingCase("HEAD with a body", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", .refused(400)),
        FramingCase(
            "HEAD with chunks", "HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .refused(400)),
        FramingCase("an unknown coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", .refused(501)),
        FramingCase("identity", post + "Transfer-Encoding: identity\r\n\r\n", .refused(501)),
        FramingCase("a disguised chunked", post + "Transfer-Encoding: xchunked\r\n\r\n", .refused(501)),
        FramingCase(
            "chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", .refused(400)),
        FramingCase(
            "chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .refused(400)),
    ]

    static let chunks = [
        FramingCase("a size with 0x", chunked + "0x5\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("a signed size", chunked + "+5\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("a negative size", chunked + "-5\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("an empty size", chunked + "\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("a size that is no number", chunked + "xyz\r\n", .refused(400)),
        FramingCase("a space before the size", chunked + " 5\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("a space after the size", chunked + "5 \r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("an extension", chunked + "5;a=b\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("bare LF after the size", chunked + "5\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("bare LF after the bytes", chunked + "5\r\nhello\n0\r\n\r\n", .refused(400)),
        FramingCase("too few bytes", chunked + "6\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("too many bytes", chunked + "4\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("an overflowing size", chunked + "ffffffffffffffff\r\n", .refused(400)),
        FramingCase("nine digits", chunked + "000000005\r\nhello\r\n0\r\n\r\n", .refused(400)),
        FramingCase("a trailer", chunked + "0\r\nX: a\r\n\r\n", .refused(400)),
        FramingCase("bare LF at the very end", chunked + "0\r\n\n", .refused(400)),
    ]

    static let limits = [
        FramingCase("a body over the limit", post + "Content-Length: 65\r\n\r\n", .refused(413)),
        FramingCase("a body at the limit", post + "Content-Length: 64\r\n\r\n", .incomplete(.body)),
        FramingCase("a chunk over the limit", chunked + "41\r\n", .refused(413)),
        FramingCase(
            "chunks over the limit together", chunked + "3f\r\n" + String(repeating: "x", count: 63) + "\r\n2\r\n",
            .refused(413)),
        FramingCase(
            "a head over the limit", get + "X: " + String(repeating: "x", count: 2048) + "\r\n\r\n", .refused(431)),
        FramingCase("a target over the limit", "GET /" + String(repeating: "x", count: 2048), .refused(414)),
        FramingCase("too many fields", get + String(repeating: "X: a\r\n", count: 20) + "\r\n", .refused(431)),
    ]
}

@Suite("Framing of requests")
struct RequestFramingTests {
    private static func judge(_ text: String, pieces: Int) -> FramingCase.Expectation {
        var framing = RequestFraming(limits: .init(headBytes: 1024, bodyBytes: 64, fields: 16))
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let end = min(bytes.count, index + pieces)
            let status = bytes[index..<end].withUnsafeBytes { framing.receive($0) }
            if let status { return .refused(status) }
            index = end
        }
        return framing.phase == .idle ? .requests(framing.completed) : .incomplete(framing.phase)
    }

    @Test("only one reading of a request is let through", arguments: FramingCase.all)
    func table(_ row: FramingCase) {
        #expect(Self.judge(row.bytes, pieces: Int.max / 2) == row.expectation)
    }

    @Test("the judgement does not depend on how the bytes were cut", arguments: FramingCase.all)
    func pieces(_ row: FramingCase) {
        for size in [1, 2, 3, 7] {
            #expect(Self.judge(row.bytes, pieces: size) == row.expectation, "pieces of \(size)")
        }
    }

    @Test("random bytes are never let through as a request, and never stop the process")
    func noise() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 1...200, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            var framing = RequestFraming()
            _ = bytes.withUnsafeBytes { framing.receive($0) }
            #expect(framing.completed == 0)
        }
    }
}
