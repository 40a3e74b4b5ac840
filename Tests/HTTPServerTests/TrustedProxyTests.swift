// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Platform
import TestKit
import Testing

@testable import HTTPServer

@Suite struct TrustedProxyTests {
    private static func ranges(_ texts: [String]) throws -> [NetworkRange] {
        try texts.map { try #require(NetworkRange($0)) }
    }

    private static let proxies = ["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"]

    @Test(
        "the client is the rightmost address that is no proxy of ours; from strangers nothing counts",
        arguments: [
            ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"), ("10.0.0.1", ["1.2.3.4, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", ["1.2.3.4, 203.0.113.7, 10.9.9.9"], "203.0.113.7"),
            ("10.0.0.1", ["1.2.3.4", "203.0.113.7", "10.9.9.9"], "203.0.113.7"),
            ("203.0.113.9", ["1.2.3.4"], "203.0.113.9"), ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"), ("10.0.0.1", ["1.2.3.4, unknown"], "10.0.0.1"),
            ("10.0.0.1", ["1.2.3.4, , 10.3.3.3"], "10.3.3.3"), ("10.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
            ("2001:db8::1", ["[2001:4860::8]:443"], "2001:4860::8"),
            ("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"), ("", ["203.0.113.7"], ""),
            ("10.0.0.1", ["203.0.113.7\t"], "203.0.113.7"), ("10.0.0.1", ["1.2.3.4, 203.0.113.7:x"], "10.0.0.1"),
        ])
    func forwardedFor(peer: String, fields: [String], client: String) throws {
        let proxies = TrustedProxies(try Self.ranges(Self.proxies))
        let headers = HTTPHeaders(fields.map { ("X-Forwarded-For", $0) } + [("Forwarded", "for=9.9.9.9")])
        #expect(proxies.origin(peer: peer, headers: headers).address == client)
    }

    @Test(
        "RFC 7239 is read where it is configured, and only there",
        arguments: [
            ("for=203.0.113.7;proto=https", "203.0.113.7", Bool?.some(true)),
            ("for=1.2.3.4, for=203.0.113.7;proto=http", "203.0.113.7", false),
            (#"For="[2001:4860::8]:4711"; Proto="HTTPS""#, "2001:4860::8", true), ("for=_hidden", "10.0.0.1", nil),
            (#"for=203.0.113.7, for="10.1.1.1:80""#, "203.0.113.7", nil), ("proto=https", "10.0.0.1", true),
        ])
    func forwarded(text: String, client: String, isSecure: Bool?) throws {
        let headers: HTTPHeaders = ["Forwarded": text, "X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "x"]
        let origin = TrustedProxies(try Self.ranges(Self.proxies), field: .forwarded)
            .origin(peer: "10.0.0.1", headers: headers)
        #expect(origin == .init(address: client, isSecure: isSecure))
    }

    @Test("what was spoken with the client counts from a proxy of ours alone")
    func scheme() throws {
        let proxies = TrustedProxies(try Self.ranges(Self.proxies))
        func isSecure(_ value: String?, from peer: String = "10.0.0.1") -> Bool? {
            var headers = HTTPHeaders()
            headers["X-Forwarded-Proto"] = value
            return proxies.origin(peer: peer, headers: headers).isSecure
        }
        #expect(isSecure("https") == true && isSecure("HTTP") == false && isSecure(nil) == nil)
        #expect(isSecure("https, http") == false)
        #expect(isSecure("https", from: "203.0.113.9") == nil)
    }

    @Test("ranges hold their addresses, and slips are no ranges")
    func ranges() throws {
        let range = try #require(NetworkRange("172.16.0.0/12"))
        #expect(try range.contains(#require(NetworkAddress("172.31.255.255"))))
        #expect(try !range.contains(#require(NetworkAddress("172.32.0.0"))))
        #expect(try !range.contains(#require(NetworkAddress("::1"))))
        for text in ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "::/129", "", "/8", "a/8"] {
            #expect(NetworkRange(text) == nil, "\(text)")
        }
        let all = try #require(NetworkRange("0.0.0.0/0"))
        #expect(try all.contains(#require(NetworkAddress("255.1.2.3"))))
    }

    @Test("a served request carries the client's address and scheme", .timeLimit(.minutes(1)))
    func served() async throws {
        let tell: HTTPHandler = { request in
            HTTPResponse(status: 200, body: .bytes(Array("[\(request.peer) \(request.isSecure as Any)]".utf8)))
        }
        var configuration = WebServer.Configuration()
        let head =
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.7\r\n"
            + "X-Forwarded-Proto: https\r\n\r\n"
        let untrusted = try await withServer(configuration, handler: tell) { try await exchange(head, port: $0) }
        #expect(untrusted.hasSuffix("[127.0.0.1 nil]"))
        configuration.trustedProxies = TrustedProxies(try Self.ranges(Self.proxies))
        let trusted = try await withServer(configuration, handler: tell) { try await exchange(head, port: $0) }
        #expect(trusted.hasSuffix("[203.0.113.7 Optional(true)]"))
    }
}
