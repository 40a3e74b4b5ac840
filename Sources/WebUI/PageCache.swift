// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
public import HTTPServer
import Lifecycle

/// Pages as they were made within the last second: many who look at the same page have it made once. Bounded.
///
/// A page belongs to everything that it could depend on: the status, who looks with which cookies, and the address.
final class PageCache: Sendable {
    struct Key: Hashable {
        let version: Int
        let path: String
        let query: String
        let host: String?
        let cookies: [String]
        let authorization: String?
        let caller: Caller
    }

    /// Ages on pages are coarse; a second is not seen.
    private static let lifetime = Duration.seconds(1)
    private static let limit = 64
    private let entries = Lock<[Key: (response: HTTPResponse, madeAt: Instant)]>([:])

    func response(_ key: Key, at now: Instant) -> HTTPResponse? {
        entries.withLock { entries in
            guard let entry = entries[key], now.since(entry.madeAt) < Self.lifetime, entry.madeAt <= now else {
                return nil
            }
            return entry.response
        }
    }

    /// Keeps an answer that is good for all who ask the same; others are let through.
    func keep(_ response: HTTPResponse, for key: Key, at now: Instant) -> HTTPResponse {
        guard response.status == 200, response.headers["Set-Cookie"] == nil, case .bytes = response.body else {
            return response
        }
        var kept = Reply.tagged(response)
        kept.kept = KeptBody()
        entries.withLock { [kept] entries in
            if entries.count >= Self.limit { entries = entries.filter { now.since($0.value.madeAt) < Self.lifetime } }
            if entries.count < Self.limit { entries[key] = (kept, now) }
        }
        return kept
    }
}

extension PageCache.Key {
    /// Nil for what is not kept: changes, and pages that are made of more than the status.
    init?(_ route: Route, _ request: HTTPRequest, _ visitor: Gate.Visitor, version: Int) {
        switch route {
        case .overview, .environments: break
        default: return nil
        }
        // Forms of a session hold its token, masked anew for every page.
        guard ["GET", "HEAD"].contains(request.method), visitor.session == nil else { return nil }
        self.init(
            version: version, path: request.rawPath, query: request.rawQuery, host: request.headers["Host"],
            cookies: request.headers.all("Cookie"), authorization: request.headers["Authorization"],
            caller: visitor.caller)
    }
}

extension WebPages {
    /// A page that was made within the last second for the same reader. For the server's own thread: nobody is asked, nothing is
    /// made. Whoever is kept an answer for was let in when it was made, by the same status.
    public var prompt: PromptHandler {
        { request in
            guard secured(request) == nil, isOwnHost(request.host),
                let visitor = access.gate.visitorAtOnce(authorization: request.headers["Authorization"]),
                let route = Route(rawPath: request.rawPath, method: request.method),
                let key = PageCache.Key(route, request, visitor, version: sources.status().version),
                let kept = cache.response(key, at: now())
            else { return nil }
            return promised(Reply.conditional(kept, for: request), to: request)
        }
    }

    /// The answer to a request that may be answered, made now or within the last second.
    func keptAnswer(_ route: Route, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        guard let key = PageCache.Key(route, request, context.visit.visitor, version: context.status.version) else {
            return try await answer(route, request, context)
        }
        if let kept = cache.response(key, at: context.now) { return kept }
        return cache.keep(try await answer(route, request, context), for: key, at: context.now)
    }
}
