// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(1))) struct LargeBodyTests {
    private static func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func chunked(_ path: String, _ chunks: [String]) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
    }

    private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    private func framing(_ desk: LargeBodies.Desk) -> RequestFraming {
        RequestFraming(limits: .init(bodyBytes: 100, large: desk))
    }

    private func desk(_ concurrent: Int = 1) -> LargeBodies.Desk {
        LargeBodies.Desk(LargeBodies(limitBytes: 1000, concurrent: concurrent) { $0 == "POST" && $1 == "/hooks/x" })
    }

    private func feed(_ framing: inout RequestFraming, _ text: String) -> Int? {
        Array(text.utf8).withUnsafeBytes { framing.receive($0) }
    }

    @Test(
        "only the named requests may be long, up to their own limit",
        arguments: [
            (post("/hooks/x", text(1000)), Int?.none), (post("/hooks/x?a=/b", text(101)), nil),
            (post("/hooks/x", text(1001)), 413), (post("/hooks/y", text(101)), 413),
            (post("/hooks/y", text(100)), nil), (post("/hooks/%78", text(101)), 413),
            (post("/other?/hooks/x", text(101)), 413),
            (chunked("/hooks/x", [text(60), text(60), text(880)]), nil),
            (chunked("/hooks/x", [text(60), text(60), text(881)]), 413),
            (chunked("/hooks/y", [text(60), text(41)]), 413),
            (chunked("/hooks/x", ["x"]).replacing("1\r\nx", with: "7fffffff\r\nx"), 413),
            ("PUT /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413),
        ])
    func limits(bytes: String, status: Int?) {
        let desk = desk()
        var framing = framing(desk)
        #expect(feed(&framing, bytes) == status)
        if status == nil { #expect(framing.completed == 1 && !framing.holdsPlace) }
    }

    @Test("so many may be under way; a place is free again when one is complete or its connection ends")
    func places() {
        let desk = desk(2)
        let head = "POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n"
        var (first, second, third) = (framing(desk), framing(desk), framing(desk))
        #expect(feed(&first, head) == nil)
        #expect(feed(&second, head) == nil)
        #expect(feed(&third, head) == 503)
        #expect(feed(&first, Self.text(500)) == nil)
        var fourth = framing(desk)
        #expect(feed(&fourth, head) == nil)
        second.releasePlace()
        second.releasePlace()
        var (fifth, sixth) = (framing(desk), framing(desk))
        #expect(feed(&fifth, head) == nil)
        #expect(feed(&sixth, head) == 503)
        // One that is refused halfway gives its place back, too.
        #expect(feed(&fourth, Self.text(500) + "junk\r\n") == 400)
        var seventh = framing(desk)
        #expect(feed(&seventh, head) == nil)
    }

    @Test("a served request may be long where that is allowed, and a client that leaves gives its place back")
    func served() async throws {
        var configuration = WebServer.Configuration()
        configuration.bodyLimitBytes = 100
        configuration.largeBodies = LargeBodies(limitBytes: 1 << 20, concurrent: 1) { $1 == "/hooks/x" }
        try await withServer(configuration, handler: echo) { port in
            try await blocking {
                for _ in 0..<3 {
                    let client = try RawClient(port: port)
                    client.send("POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\nabc")
                    let other = try RawClient(port: port)
                    var answer = ""
                    // The first head may not have been read yet.
                    while !answer.hasPrefix("HTTP/1.1 503") {
                        let probe = try RawClient(port: port)
                        probe.send("POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
                        answer = probe.receive()
                    }
                    other.send("POST /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
                    #expect(other.receive().hasSuffix("POST /y [ok]"))
                    client.reset()
                }
                // Reset connections are noticed soon, not at once.
                var answer = ""
                while !answer.hasPrefix("HTTP/1.1 200") {
                    let client = try RawClient(port: port)
                    client.send(
                        "POST /hooks/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n"
                            + Self.text(500_000))
                    answer = client.receive()
                }
            }
        }
    }
}
