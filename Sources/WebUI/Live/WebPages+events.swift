// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import JSON

extension WebPages {
    /// More topics than one page shows are not watched.
    private static let topicLimit = 16

    /// `GET /events?topics=releases,env:dev`: server-sent events (WHATWG HTML, 9.2).
    ///
    /// An event says that a topic looks different now, and nothing of how: the page is asked for again, with its own rules. What
    /// the reader may not see never changes for them. `since`, or `Last-Event-ID` after a break, is the revision that they have.
    func events(_ request: HTTPRequest, _ context: PageContext) throws -> HTTPResponse {
        guard let live = sources.hub else { throw NotFound() }
        let names = (context.query["topics"] ?? "").split(separator: ",")
        let topics = names.compactMap { LiveTopic($0) }
        guard !topics.isEmpty, topics.count == names.count, topics.count <= Self.topicLimit else {
            return Reply.problem(
                400, "Bad Request", detail: "topics must name 1 to \(Self.topicLimit) parts of the site",
                hint: "such as topics=releases,env:dev,service:cart,passes,system")
        }
        let seat: LiveSeat
        switch live.enter(context.visit.caller.streamOwner) {
        case .admitted(let place): seat = place
        case .tooMany: return Self.busy(429, "Too Many Requests", "you watch \(live.limits.perCaller) pages already")
        case .full: return Self.busy(503, "Service Unavailable", "too many pages are watched right now")
        }
        let stream = LiveStream(
            pages: self, live: live, request: request, topics: topics,
            since: request.headers["Last-Event-ID"] ?? context.query["since"])
        // HEAD never runs the body: the seat goes with the answer.
        return HTTPResponse(
            status: 200,
            headers: [
                "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store",
                "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
            ], body: .stream { writer in try await stream.run(in: seat, to: writer) })
    }

    private static func busy(_ status: Int, _ title: String, _ detail: String) -> HTTPResponse {
        var response = Reply.problem(status, title, detail: detail, hint: "pages work without live updates")
        response.headers["Retry-After"] = "60"
        return response
    }
}

extension Caller {
    /// Nil for those who cannot be told from each other.
    fileprivate var streamOwner: String? {
        switch self {
        case .nobody, .local: nil
        case .person(let person): "person \(person.id)"
        case .key(let key): "key \(key.id)"
        }
    }
}

/// One reader's stream.
private struct LiveStream: Sendable {
    let pages: WebPages
    let live: LiveHub
    let request: HTTPRequest
    let topics: [LiveTopic]
    /// The revision the reader has; nil for the newest.
    let since: String?

    /// Ends when the reader may see nothing any more, leaves, or the server stops; the last two in order, not cut.
    func run(in seat: LiveSeat, to writer: any HTTPBodyWriter) async throws {
        defer { withExtendedLifetime(seat) {} }
        do {
            try await tell(seat, writer)
        } catch is CancellationError {}
    }

    private func tell(_ seat: LiveSeat, _ writer: any HTTPBodyWriter) async throws {
        var status = pages.sources.status()
        guard let visit = await visit(status) else { return }
        var told = live.views.fingerprints(of: topics, in: status, for: visit)
        // Spread, so that all who were cut off together do not come back together.
        try await writer.write("retry: \(Int.random(in: 3000...8000))\n: watching\n\n")
        if let since, since != live.revision(of: status) {
            try await writer.write(event("resync", of: nil, "", status))
        }
        var spokenAt = ContinuousClock.now
        for await _ in seat.wakes {
            status = pages.sources.status()
            guard let visit = await self.visit(status) else {
                return try await writer.write("event: end\ndata: {}\n\n")
            }
            let current = live.views.fingerprints(of: topics, in: status, for: visit)
            let changed = topics.filter { current[$0] != told[$0] }
            let text = changed.map { event("changed", of: $0, current[$0] ?? "", status) }.joined()
            told = current
            let isQuiet = ContinuousClock.now - spokenAt >= live.limits.beat * 0.9
            guard !text.isEmpty || isQuiet else { continue }
            try await writer.write(text.isEmpty ? ": still here\n\n" : text)
            spokenAt = .now
        }
    }

    /// Who reads, as far as they still may; nil when they may not. Looking does not keep a session alive.
    private func visit(_ status: DaemonStatus) async -> Visit? {
        let rules = AccessRules(policy: status.policy, localRole: pages.access.localRole)
        let visitor = try? await pages.access.gate.visitor(
            cookies: request.headers.all("Cookie"), authorization: request.headers["Authorization"], peer: request.peer,
            isVisit: false)
        // Any problem ends the stream: its reader comes back and hears the reason.
        guard let visitor, visitor.caller != .nobody else { return nil }
        return Visit(visitor: visitor, rules: rules)
    }

    private func event(_ name: String, of topic: LiveTopic?, _ etag: String, _ status: DaemonStatus) -> String {
        let data: Value = topic.map { ["topic": .string($0.text), "etag": .string(etag)] } ?? [:]
        return "event: \(name)\nid: \(live.revision(of: status))\ndata: \(data.jsonText())\n\n"
    }
}

extension HTTPBodyWriter {
    fileprivate func write(_ text: String) async throws { try await write(Array(text.utf8)) }
}
