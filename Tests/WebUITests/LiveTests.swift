// SPDX-License-Identifier: Apache-2.0

import Access
import Crypto
import Domain
import Foundation
import HTTPServer
import Testing

@testable import WebUI

/// A site whose status the test changes, with people who watch it.
private final class WatchedSite: Sendable {
    private final class Board: @unchecked Sendable {
        // Safe: under the lock.
        private let lock = NSLock()
        private var value: DaemonStatus
        init(_ value: DaemonStatus) { self.value = value }
        var status: DaemonStatus {
            get { lock.withLock { value } }
            set { lock.withLock { value = newValue } }
        }
    }

    private let board: Board
    let hub: LiveHub
    let sessions = MemorySessions()
    let pages: WebPages

    init(perCaller: Int = 16, streams: Int = 100, hasLogin: Bool = true) async {
        var status = Fixture.status(services: 4)
        status.policy = Policy(
            teams: [],
            grants: [Self.grant("ann", "*", line: 1), Self.grant("bo", "cart", line: 2)])
        let board = Board(status)
        self.board = board
        var limits = LiveHub.Limits()
        limits.perCaller = perCaller
        limits.streams = streams
        hub = LiveHub(limits: limits) { AsyncStream { _ in } }
        let login = LoginSite(
            provider: SilentProvider(), sessions: sessions, box: SealedBox(keys: [[UInt8](repeating: 5, count: 32)]),
            publicURL: "https://kubernaut.example", now: { Fixture.now })
        var sources = WebPages.Sources(
            status: { board.status }, history: Fixture.History(), detail: { _, _, _ in nil },
            requestSync: { _ in true }, metrics: { "" })
        sources.hub = hub
        pages = WebPages(
            sources: sources,
            access: hasLogin
                ? WebPages.Access(gate: Gate(login: login, keys: nil, now: { Fixture.now })) : .local(.developer),
            version: "0.1.0", now: { Fixture.now })
        for (number, name) in ["ann", "bo"].enumerated() {
            await sessions.add(
                Session(
                    digest: sha256Hex(Array(name.utf8)),
                    person: Person(id: Int64(number), login: name, name: nil, teams: [], teamsReadAt: Fixture.now),
                    createdAt: Fixture.ago(10), seenAt: Fixture.ago(10), formSecret: [], sealedToken: nil))
        }
    }

    private static func grant(_ login: String, _ services: String, line: Int) -> Grant {
        Grant(
            subjects: [.user(login)], role: .developer, environments: [.any], services: [Glob(services)],
            location: Domain.SourceLocation(file: "kubernaut.yaml", line: line, column: 1))
    }

    /// Changes the status and has everybody look.
    func change(_ change: (inout DaemonStatus) -> Void) {
        var status = board.status
        change(&status)
        status.version += 1
        board.status = status
        hub.wakeAll()
    }

    func setVerdict(_ verdict: Verdict, of service: String) {
        change { status in
            for index in status.environments.indices {
                status.environments[index].services = status.environments[index].services.map { old in
                    old.name.text != service
                        ? old
                        : ServiceStatus(
                            name: old.name, team: old.team, release: old.release, verdict: verdict, reason: "so",
                            since: old.since, objects: old.objects, diagnostics: [])
                }
            }
        }
    }

    func ask(_ query: String, as person: String?, headers: HTTPHeaders = [:]) async -> HTTPResponse {
        var headers = headers
        if let person { headers["Cookie"] = "__Host-kn_session=\(person)" }
        return await pages.get("/events?\(query)", headers: headers)
    }

    func watch(_ query: String, as person: String?, headers: HTTPHeaders = [:]) async throws -> Watcher {
        let response = await ask(query, as: person, headers: headers)
        guard response.status == 200, case .stream(let body) = response.body else {
            throw Watcher.Refused(status: response.status)
        }
        return Watcher(body)
    }
}

/// A browser's end of a stream.
private final class Watcher: Sendable {
    struct Refused: Error, Equatable {
        let status: Int
    }

    private struct Writer: HTTPBodyWriter {
        let sink: AsyncStream<String>.Continuation
        func write(_ bytes: [UInt8]) async throws {
            try Task.checkCancellation()
            sink.yield(String(decoding: bytes, as: UTF8.self))
        }
    }

    private let texts: AsyncStream<String>
    private let task: Task<Bool, Never>

    init(_ body: @escaping @Sendable (any HTTPBodyWriter) async throws -> Void) {
        let (texts, sink) = AsyncStream.makeStream(of: String.self)
        self.texts = texts
        // Ends with the stream; `close()` cancels it, as the server does for a client that left.
        task = Task {
            defer { sink.finish() }
            return (try? await body(Writer(sink: sink))) != nil
        }
    }

    /// The next piece that was sent; nil at the end.
    func next() async -> String? {
        for await text in texts { return text }
        return nil
    }

    /// Whether it ended in order.
    func close() async -> Bool {
        task.cancel()
        return await task.value
    }
}

@Suite("Live pages", .timeLimit(.minutes(1)))
struct LiveTests {
    @Test("a change is told by topic and etag alone, to those whose topic changed")
    func changed() async throws {
        let site = await WatchedSite()
        let cart = try await site.watch("topics=service:cart", as: "ann")
        let both = try await site.watch("topics=service:mail,service:cart", as: "ann")
        #expect(try #require(await cart.next()).hasPrefix("retry: "))
        _ = await both.next()
        site.setVerdict(.failed, of: "user")
        site.setVerdict(.failed, of: "cart")
        for watcher in [cart, both] {
            let text = try #require(await watcher.next())
            #expect(text.hasPrefix("event: changed\nid: "))
            #expect(text.contains(#"data: {"etag":"#))
            #expect(text.contains(#""topic":"service:cart"}"#))
            #expect(!text.contains("mail") && !text.contains("Failed") && !text.contains("so"))
        }
        #expect(await cart.close())
        #expect(await both.close())
    }

    @Test("what somebody may not see never changes for them")
    func permission() async throws {
        let site = await WatchedSite()
        let bo = try await site.watch("topics=service:user,service:cart,env:dev,releases,system", as: "bo")
        _ = await bo.next()
        site.setVerdict(.failed, of: "user")
        site.change { $0.fetchProblem = nil }
        site.setVerdict(.stuck, of: "cart")
        let text = try #require(await bo.next())
        #expect(!text.contains("service:user") && !text.contains("system"))
        #expect(text.contains("service:cart") && text.contains("env:dev") && text.contains("releases"))
        _ = await bo.close()
    }

    @Test("a grant that is taken away counts with the next event")
    func grantGone() async throws {
        let site = await WatchedSite()
        let bo = try await site.watch("topics=service:cart", as: "bo")
        _ = await bo.next()
        // For Bo the service is gone, which is told once; what happens to it afterwards is not.
        site.change { $0.policy = .empty }
        #expect(try #require(await bo.next()).contains("service:cart"))
        site.setVerdict(.failed, of: "cart")
        await site.sessions.end(sha256Hex(Array("bo".utf8)))
        site.hub.wakeAll()
        #expect(try #require(await bo.next()).hasPrefix("event: end"))
        #expect(await bo.next() == nil)
    }

    @Test("the end of a session ends its streams, and a stream keeps no session alive")
    func session() async throws {
        let site = await WatchedSite()
        let ann = try await site.watch("topics=releases", as: "ann")
        _ = await ann.next()
        // The request itself was a visit; looking again is none.
        let digest = sha256Hex(Array("ann".utf8))
        var session = try #require(await site.sessions.session(digest))
        session.seenAt = Fixture.ago(30)
        _ = await site.sessions.replace(session)
        site.setVerdict(.failed, of: "cart")
        _ = await ann.next()
        #expect(await site.sessions.session(digest)?.seenAt == Fixture.ago(30))
        await site.sessions.end(digest)
        site.hub.wakeAll()
        #expect(try #require(await ann.next()).hasPrefix("event: end"))
        #expect(await ann.next() == nil)
        #expect(await site.ask("topics=releases", as: nil).status == 401)
    }

    @Test("after a break a reader that missed something is told so, and one that missed nothing is not")
    func lastEventID() async throws {
        let site = await WatchedSite()
        let first = try await site.watch("topics=service:cart", as: "ann")
        _ = await first.next()
        site.setVerdict(.failed, of: "cart")
        let text = try #require(await first.next())
        let id = try #require(text.split(separator: "\n").first { $0.hasPrefix("id: ") }).dropFirst(4)
        let second = try await site.watch("topics=service:cart", as: "ann", headers: ["Last-Event-ID": String(id)])
        _ = await second.next()
        site.setVerdict(.healthy, of: "cart")
        #expect(try #require(await second.next()).hasPrefix("event: changed"))
        for header in [String(id), "another-7", "", String(repeating: "x", count: 4000)] {
            let third = try await site.watch("topics=service:cart", as: "ann", headers: ["Last-Event-ID": header])
            _ = await third.next()
            #expect(try #require(await third.next()).hasPrefix("event: resync"))
            _ = await third.close()
        }
    }

    @Test("one person has so many streams, all together so many, and a place is free again when one ends")
    func limits() async throws {
        let site = await WatchedSite(perCaller: 2, streams: 3)
        let first = try await site.watch("topics=releases", as: "ann")
        let second = try await site.watch("topics=releases", as: "ann")
        await #expect(throws: Watcher.Refused(status: 429)) { try await site.watch("topics=releases", as: "ann") }
        let third = try await site.watch("topics=releases", as: "bo")
        let full = await site.ask("topics=releases", as: "bo")
        #expect(full.status == 503)
        #expect(full.headers["Retry-After"] == "60")
        for watcher in [first, second, third] { #expect(await watcher.close()) }
        #expect(site.hub.count == 0)
        #expect(
            await site.pages.get(
                "/events?topics=releases", headers: ["Cookie": "__Host-kn_session=ann"], method: "HEAD"
            ).status == 200)
        #expect(site.hub.count == 0)
    }

    @Test(
        "topics that do not exist are an error, not a silent stream",
        arguments: [
            "", "topics=", "topics=x", "topics=env:", "topics=releases,", "topics=env:DEV", "topics=releases:x",
            "topics=\(Array(repeating: "releases", count: 17).joined(separator: ","))",
        ])
    func topics(query: String) async {
        let site = await WatchedSite(hasLogin: false)
        let response = await site.ask(query, as: nil)
        #expect(response.status == (query == "topics=releases," ? 200 : 400))
    }

    @Test("a burst of changes is one event for a reader that is slow")
    func burst() async throws {
        let site = await WatchedSite(hasLogin: false)
        guard case .stream(let body) = await site.ask("topics=service:cart", as: nil).body else { return }
        let slow = SlowWriter()
        let task = Task { try await body(slow) }
        await slow.waitUntilHeld()
        for round in 0..<1000 { site.setVerdict(round.isMultiple(of: 2) ? .failed : .stuck, of: "cart") }
        slow.release()
        site.setVerdict(.healthy, of: "cart")
        while !slow.text.contains(site.hub.revision(of: site.pages.sources.status())) { await Task.yield() }
        task.cancel()
        _ = try await task.value
        #expect(slow.count <= 4)
    }
}

/// Takes its first piece only when it is told to.
// Safe: all state is under the lock.
private final class SlowWriter: HTTPBodyWriter, @unchecked Sendable {
    private let lock = NSLock()
    private var pieces: [String] = []
    private let (held, holding) = AsyncStream.makeStream(of: Void.self)
    private let (released, releasing) = AsyncStream.makeStream(of: Void.self)

    var count: Int { lock.withLock { pieces.count } }
    var text: String { lock.withLock { pieces.joined() } }

    func write(_ bytes: [UInt8]) async throws {
        let isFirst = lock.withLock {
            pieces.append(String(decoding: bytes, as: UTF8.self))
            return pieces.count == 1
        }
        guard isFirst else { return }
        holding.finish()
        for await _ in released {}
    }

    func waitUntilHeld() async { for await _ in held {} }
    func release() { releasing.finish() }
}
