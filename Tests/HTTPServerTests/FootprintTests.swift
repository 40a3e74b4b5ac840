// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPServer
import Testing

/// Each in a process of its own: other tests must not count.
@Suite("The server's footprint", .timeLimit(.minutes(1)))
struct FootprintTests {
    @Test("a thousand idle streams cost little, and all hear the news")
    func idleStreams() async throws {
        await #expect(processExitsWith: .success) { try await Self.measureIdleStreams() }
    }

    private static func measureIdleStreams() async throws {
        let count = 1000
        let opened = Events()
        let gate = Gate()
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("hello".utf8))
                    opened.send("opened")
                    await gate.wait()
                    try await writer.write(Array("news".utf8))
                })
        }
        try await withServer(handler: handler) { port in
            let before = try await settledBytes()
            let clients = try await blocking { try (0..<count).map { _ in try RawClient(port: port) } }
            for client in clients { client.send(closingGet) }
            await opened.wait(for: "opened", times: count)
            // Both ends live in this process.
            if !isSanitized { #expect(try await settledBytes() - before < count * 12 * 1024) }
            let start = ContinuousClock.now
            gate.open()
            let heard = try await blocking { clients.count { $0.receive().hasSuffix("4\r\nnews\r\n0\r\n\r\n") } }
            #expect(heard == count)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test("clients that vanish at any point leave nothing behind")
    func vanishing() async throws {
        await #expect(processExitsWith: .success) { try await Self.measureVanishing() }
    }

    private static func measureVanishing() async throws {
        let handler: HTTPHandler = { request in
            if request.rawPath == "/wait" {
                // Not a sleep: a cancelled one keeps its memory until its time has come.
                let (never, continuation) = AsyncStream<Void>.makeStream()
                for await _ in never {}
                continuation.finish()
            }
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    for _ in 0..<3 { try await writer.write([UInt8](repeating: 0, count: 20_000)) }
                })
        }
        let beginnings = [
            "", "G", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", plainGet,
            "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", plainGet + plainGet + "GE", "nonsense\r\n\r\n",
            plainGet + "nonsense\r\n",
        ]
        try await withServer(handler: handler) { port in
            @Sendable func round(_ count: Int) throws {
                for index in 0..<count {
                    let client = try RawClient(port: port)
                    client.send(beginnings[index % beginnings.count])
                    if index % 2 == 0 { client.reset() } else if index % 3 == 0 { client.leave() }
                }
            }
            try await blocking { try round(2000) }
            let before = try await settledBytes()
            try await blocking { try round(4000) }
            let growth = try await settledBytes() - before
            // A request forgotten by those that leave while it is worked on shows as 600 kB; the allocator's own noise is under 200 kB.
            if !isSanitized { #expect(growth < 384 * 1024, "\(growth) bytes") }
        }
    }
}

/// Bytes that this process has allocated and not freed, once the last of the work at hand is over.
func settledBytes() async throws -> Int {
    var least = Int.max
    var quietRounds = 0
    while quietRounds < 5 {
        try await Task.sleep(for: .milliseconds(50))
        let now = try allocatedBytes()
        quietRounds = now < least ? 0 : quietRounds + 1
        least = min(least, now)
    }
    return least
}

/// What `malloc_info` (malloc.h, which Swift does not see) says of all arenas: taken from the system, less free.
private func allocatedBytes() throws -> Int {
    typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
    let function = try #require(dlsym(nil, "malloc_info"))
    var text: UnsafeMutablePointer<CChar>?
    var length = 0
    let file = try #require(open_memstream(&text, &length))
    // Safe: the C function has exactly this type since glibc 2.10.
    _ = unsafeBitCast(function, to: MallocInfo.self)(0, file)
    fclose(file)
    defer { free(text) }
    let report = String(cString: try #require(text)).components(separatedBy: "</heap>").last ?? ""
    func size(_ tag: String) -> Int {
        let rest = report.components(separatedBy: tag).dropFirst().first ?? ""
        return Int(rest.components(separatedBy: "size=\"").dropFirst().first?.prefix { $0 != "\"" } ?? "") ?? 0
    }
    return size("<system type=\"current\"") + size("<total type=\"mmap\"") - size("<total type=\"fast\"")
        - size("<total type=\"rest\"")
}

/// AddressSanitizer has an allocator of its own, which the system's numbers do not show.
let isSanitized = dlsym(nil, "__asan_init") != nil
