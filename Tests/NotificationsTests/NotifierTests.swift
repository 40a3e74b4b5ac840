// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
import HTTPClient
import HTTPServer
import JSON
import Testing

@testable import Notifications

/// A real server that keeps what it is sent and answers as the test says.
private final class Receiver: @unchecked Sendable {
    // Safe: all state is under the lock.
    private let lock = NSLock()
    private var received: [HTTPRequest] = []
    private var answers: [Int]
    private let server: WebServer
    let port: Int
    /// One element per request.
    let arrivals: AsyncStream<Void>

    /// - Parameters:
    ///   - answers: The statuses of the first answers; 204 afterwards. 0 never answers.
    init(_ answers: [Int] = [], headers: HTTPHeaders = [:]) throws {
        self.answers = answers
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        self.arrivals = arrivals
        let box = Box()
        server = WebServer { request in
            defer { arrival.yield() }
            let status = box.receiver?.take(request) ?? 500
            if status == 0 {
                arrival.yield()
                for await _ in AsyncStream<Void>(unfolding: {
                    try? await Task.sleep(for: .seconds(60))
                    return nil
                }) {}
            }
            return HTTPResponse(status: status, headers: headers)
        }
        port = try server.start()
        box.receiver = self
    }

    private final class Box: @unchecked Sendable {
        // Safe: set once, before the first request.
        weak var receiver: Receiver?
    }

    deinit { server.stop(grace: .zero) }

    private func take(_ request: HTTPRequest) -> Int {
        lock.withLock {
            received.append(request)
            return answers.isEmpty ? 204 : answers.removeFirst()
        }
    }

    var requests: [HTTPRequest] { lock.withLock { received } }
    var bodies: [Value] { requests.compactMap { try? parseJSON($0.body) } }

    func wait(for count: Int) async {
        var seen = requests.count
        for await _ in arrivals {
            seen = requests.count
            if seen >= count { return }
        }
    }

    func webhook(_ text: String = "hook", secret: String = "0123456789abcdef", private allowsPrivate: Bool = true)
        -> Sink
    {
        let url = "http://127.0.0.1:\(port)/in"
        var sink = Sink(name: name(text), kind: .webhook(url: { Secret(url) }, secret: { Secret(secret) }))
        sink.allowsPrivate = allowsPrivate
        sink.allowsPlain = true
        return sink
    }

    func sink(_ kind: Sink.Kind) -> Sink {
        var sink = Sink(name: name("sink"), kind: kind)
        sink.allowsPrivate = true
        sink.allowsPlain = true
        return sink
    }
}

/// The notifier at work over a shop that the test changes.
private final class Office: @unchecked Sendable {
    // Safe: all state is under the lock.
    private let lock = NSLock()
    private var shop = Shop()
    private let (changes, changed) = AsyncStream.makeStream(of: Void.self)
    private var task: Task<Void, any Error>?
    private(set) var notifier: Notifier?

    init(_ sinks: [Sink], _ adjust: (inout Notifier.Settings) -> Void = { _ in }) {
        var settings = Notifier.Settings()
        settings.site = "https://kubernaut.example.org"
        settings.settle = .zero
        settings.pause = .milliseconds(2)
        settings.longestPause = .milliseconds(20)
        settings.attempts = 4
        adjust(&settings)
        let changes = changes
        let surroundings = Notifier.Surroundings(
            status: { [weak self] in self?.status ?? DaemonStatus(repository: "") }, changes: { changes })
        let notifier = Notifier(sinks, settings: settings, surroundings: surroundings)
        self.notifier = notifier
        // Ended by `close`.
        task = Task { try await notifier.run() }
    }

    private var status: DaemonStatus { lock.withLock { shop.status } }

    func change(_ change: (inout Shop) -> Void) {
        lock.withLock { change(&shop) }
        changed.yield()
    }

    func fail(_ service: String, _ version: String = "1.0.0") { change { $0.set(.failed, service, version: version) } }

    func wait(until isSo: ([SinkStatus]) -> Bool) async throws {
        while !isSo(notifier?.statuses ?? []) { try await Task.sleep(for: .milliseconds(5)) }
    }

    func close() async throws {
        notifier?.stop()
        try await task?.value
    }
}

@Suite(.timeLimit(.minutes(1))) struct NotifierTests {
    @Test("a failure reaches a generic receiver as a signed CloudEvent")
    func webhook() async throws {
        let receiver = try Receiver()
        let office = Office([receiver.webhook()])
        office.fail("cart")
        await receiver.wait(for: 1)
        let request = try #require(receiver.requests.first)
        let event = try parseJSON(request.body)
        #expect(request.method == "POST" && request.rawPath == "/in")
        #expect(request.headers["Content-Type"]?.hasPrefix("application/cloudevents+json") == true)
        #expect(event["specversion"]?.string == "1.0")
        #expect(event["type"]?.string == "kubernaut.failed")
        #expect(event["subject"]?.string == "dev/cart")
        #expect(event["source"]?.string == "https://kubernaut.example.org")
        #expect(event["id"]?.string == request.headers["X-Kubernaut-Delivery"])
        #expect(event["data"]?["summary"]?.string == "cart 1.0.0 in dev: failed: because")
        #expect(event["data"]?["url"]?.string == "https://kubernaut.example.org/services/cart")
        let time = try #require(request.headers["X-Kubernaut-Timestamp"])
        let digest = hmacSHA256(key: Array("0123456789abcdef".utf8), Array("\(time).".utf8) + request.body)
        #expect(request.headers["X-Kubernaut-Signature-256"] == "sha256=\(hex(digest))")
        try await office.close()
    }

    @Test("each kind of receiver gets its own dialect; what services say cannot become a link or a shout in Slack")
    func dialects() async throws {
        let receiver = try Receiver()
        let base = "http://127.0.0.1:\(receiver.port)"
        let sinks = [
            receiver.sink(.slack(url: { Secret("\(base)/slack") })),
            receiver.sink(.hipchat(server: base, room: "Ops & co", token: { Secret("room-token") })),
            receiver.sink(
                .githubStatus(apiURL: "\(base)/api", repository: "acme/config", token: { Secret("gh-token") })),
        ]
        let office = Office(sinks)
        office.change { shop in
            let cart = ServiceStatus(
                name: name("cart"), team: nil, release: nil, verdict: .failed,
                reason: "<!channel> see <https://evil.example|here> & go", since: nil, objects: [], diagnostics: [])
            shop.status.environments[0].services = [cart]
        }
        await receiver.wait(for: 3)
        func body(_ prefix: String) throws -> (HTTPRequest, Value) {
            let request = try #require(receiver.requests.first { $0.rawPath.hasPrefix(prefix) })
            return (request, try parseJSON(request.body))
        }
        let slack = try body("/slack").1["text"]?.string ?? ""
        #expect(slack.contains("&lt;!channel&gt;") && slack.contains("&amp; go") && !slack.contains("<!"))
        #expect(slack.hasSuffix("<https://kubernaut.example.org/services/cart|Look>"))
        let (room, message) = try body("/v2")
        #expect(room.rawPath == "/v2/room/Ops%20%26%20co/notification")
        #expect(room.headers["Authorization"] == "Bearer room-token")
        #expect(message["color"]?.string == "red" && message["message_format"]?.string == "text")
        let (status, state) = try body("/api")
        #expect(status.rawPath == "/api/repos/acme/config/statuses/\(commitID("a"))")
        #expect(status.headers["Authorization"] == "Bearer gh-token")
        #expect(state["context"]?.string == "kubernaut/dev" && state["state"]?.string == "pending")
        try await office.close()
    }

    @Test("a receiver that stumbles is tried again, and each notice comes once and in order")
    func flapping() async throws {
        let receiver = try Receiver([500, 503, 204, 429, 204])
        let office = Office([receiver.webhook()])
        office.fail("cart")
        office.fail("mail")
        try await office.wait { $0[0].delivered == 2 }
        #expect(
            receiver.bodies.compactMap { $0["subject"]?.string } == [
                "dev/cart", "dev/cart", "dev/cart", "dev/mail", "dev/mail",
            ])
        #expect(Set(receiver.bodies.compactMap { $0["id"]?.string }).count == 2)
        let status = try #require(office.notifier?.statuses.first)
        #expect(status.problem == nil && status.deadCount == 0 && status.queued == 0 && status.lastDeliveryAt != nil)
        try await office.close()
    }

    @Test("Retry-After is obeyed", arguments: [("1", Duration.milliseconds(900)), ("x", .zero)])
    func retryAfter(text: String, least: Duration) async throws {
        let receiver = try Receiver([429], headers: ["Retry-After": text])
        let office = Office([receiver.webhook()])
        let start = ContinuousClock.now
        office.fail("cart")
        try await office.wait { $0[0].delivered == 1 }
        let taken = ContinuousClock.now - start
        #expect(taken >= least)
        if least == .zero { #expect(taken < .milliseconds(900)) }
        try await office.close()
    }

    @Test("what is refused for good is not tried again and can be seen", arguments: [301, 307, 400, 401, 404, 410])
    func hopeless(status: Int) async throws {
        let receiver = try Receiver([status], headers: ["Location": "http://127.0.0.1:1/"])
        let office = Office([receiver.webhook()])
        office.fail("cart")
        try await office.wait { $0[0].deadCount == 1 }
        #expect(receiver.requests.count == 1)
        let dead = try #require(office.notifier?.statuses.first?.deadLetters.first)
        #expect(dead.attempts == 1 && dead.reason.contains("\(status)") && dead.summary.contains("cart"))
        try await office.close()
    }

    @Test("a dead receiver costs its own notices after so many attempts, and nobody else's")
    func dead() async throws {
        let gone = try Receiver()
        let deadSink = gone.webhook("gone")
        let port = gone.port
        var slow = Sink(name: name("nobody"), kind: .slack(url: { Secret("http://127.0.0.1:\(port)/") }))
        slow.allowsPrivate = true
        slow.allowsPlain = true
        let silent = try Receiver([0])
        let good = try Receiver()
        let closed = Sink(name: name("closed"), kind: .slack(url: { Secret("http://127.0.0.1:1/") }))
        var refused = closed
        refused.allowsPrivate = true
        refused.allowsPlain = true
        let office = Office([refused, silent.webhook("silent"), good.webhook("good"), deadSink])
        office.fail("cart")
        await silent.wait(for: 1)
        office.fail("mail")
        try await office.wait { $0[0].deadCount == 2 && $0[2].delivered == 2 && $0[3].delivered == 2 }
        let statuses = office.notifier?.statuses ?? []
        #expect(statuses[0].deadLetters.map(\.attempts) == [4, 4])
        #expect(statuses[1].delivered == 0 && statuses[1].queued == 2)
        // Ends at once though one of them never answers.
        let start = ContinuousClock.now
        try await office.close()
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("the queue of a receiver stays bounded, and what found no room is a dead letter")
    func bounded() async throws {
        let silent = try Receiver([0])
        let office = Office([silent.webhook()])
        office.fail("first")
        await silent.wait(for: 1)
        for number in 0..<SinkQueue.limit + 20 {
            office.fail("s\(number)")
        }
        try await office.wait { $0[0].deadCount >= 21 && $0[0].queued == SinkQueue.limit }
        let status = try #require(office.notifier?.statuses.first)
        #expect(status.deadLetters.count == 20 && status.deadLetters.allSatisfy { $0.attempts == 0 })
        try await office.close()
    }

    @Test("an address inside of the network is refused unless its sink allows it")
    func privateAddress() async throws {
        let receiver = try Receiver()
        let office = Office([receiver.webhook(private: false)])
        office.fail("cart")
        try await office.wait { $0[0].deadCount == 1 }
        #expect(receiver.requests.isEmpty)
        #expect(office.notifier?.statuses.first?.problem?.contains("inside of the network") == true)
        try await office.close()
    }

    @Test("filters choose by environment, service and event")
    func filters() {
        func notice(_ event: Notice.Event, _ environment: String, _ services: [String]) -> Notice {
            Notice(
                id: "1", at: Instant(seconds: 0), event: event, environment: name(environment),
                services: services.map(name), version: nil, commit: nil, actor: nil, summary: "")
        }
        var filter = Sink.Filter()
        #expect(filter.lets(notice(.promoted, "dev", [])))
        filter.environments = [Glob("prod*")]
        filter.services = [Glob("pay-*"), Glob("cart")]
        filter.events = [.failed, .promoted]
        #expect(filter.lets(notice(.failed, "prod-eu", ["cart"])))
        #expect(filter.lets(notice(.promoted, "prod", ["mail", "pay-core"])))
        #expect(filter.lets(notice(.failed, "prod", [])))
        #expect(!filter.lets(notice(.failed, "dev", ["cart"])))
        #expect(!filter.lets(notice(.failed, "prod", ["mail"])))
        #expect(!filter.lets(notice(.recovered, "prod", ["cart"])))
    }
}
