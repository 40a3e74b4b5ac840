// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import Lifecycle
import Testing

@testable import WebUI

@Suite("Pages that are kept")
struct PageCacheTests {
    private static let start = Fixture.now

    private static func key(
        version: Int = 1, path: String = "/", query: String = "", host: String? = "a", cookies: [String] = [],
        authorization: String? = nil, caller: Caller = .local
    ) -> PageCache.Key {
        PageCache.Key(
            version: version, path: path, query: query, host: host, cookies: cookies, authorization: authorization,
            caller: caller)
    }

    private static func page(_ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, headers: ["Content-Type": "text/html"], body: .bytes(Array(text.utf8)))
    }

    @Test("are good for less than a second, and not before they were made")
    func expiry() {
        let cache = PageCache()
        let kept = cache.keep(Self.page("x"), for: Self.key(), at: Self.start)
        #expect(kept.text == "x" && kept.headers["ETag"] != nil)
        for (milliseconds, isGood) in [(0, true), (999, true), (1000, false), (60_000, false), (-1, false)] {
            let moment = Self.start.adding(.milliseconds(milliseconds))
            #expect((cache.response(Self.key(), at: moment)?.text == "x") == isGood, "\(milliseconds) ms")
        }
        // Made anew, they count from then.
        _ = cache.keep(Self.page("y"), for: Self.key(), at: Self.start.adding(.seconds(2)))
        #expect(cache.response(Self.key(), at: Self.start.adding(.milliseconds(2999)))?.text == "y")
    }

    @Test("belong to everything that they could depend on")
    func keys() {
        let cache = PageCache()
        _ = cache.keep(Self.page("x"), for: Self.key(), at: Self.start)
        let others = [
            Self.key(version: 2), Self.key(path: "/envs"), Self.key(query: "q=a"), Self.key(host: "b"),
            Self.key(host: nil), Self.key(cookies: ["theme=dark"]), Self.key(authorization: "Bearer kn_1"),
            Self.key(caller: .nobody),
        ]
        for other in others { #expect(cache.response(other, at: Self.start) == nil, "\(other)") }
        #expect(cache.response(Self.key(), at: Self.start)?.text == "x")
    }

    @Test("are sixty-four at most; the newest are let through unkept, and room is made of what is too old")
    func bounds() {
        let cache = PageCache()
        for number in 0..<100 {
            let answer = cache.keep(Self.page("\(number)"), for: Self.key(query: "\(number)"), at: Self.start)
            #expect(answer.text == "\(number)")
        }
        func kept(_ moment: Instant) -> Int {
            (0..<100).count { cache.response(Self.key(query: "\($0)"), at: moment) != nil }
        }
        #expect(kept(Self.start) == 64)
        let later = Self.start.adding(.seconds(1))
        _ = cache.keep(Self.page("new"), for: Self.key(query: "99"), at: later)
        #expect(cache.response(Self.key(query: "99"), at: later)?.text == "new" && kept(later) == 1)
    }

    @Test("are those that are good for all who ask the same")
    func unkept() {
        let cache = PageCache()
        var missing = Self.page("x")
        missing.status = 404
        var personal = Self.page("x")
        personal.headers["Set-Cookie"] = "a=b"
        let stream = HTTPResponse(status: 200, body: .stream { _ in })
        for answer in [missing, personal, stream] {
            _ = cache.keep(answer, for: Self.key(), at: Self.start)
            #expect(cache.response(Self.key(), at: Self.start) == nil)
        }
    }

    @Test("are made again when the daemon's state changed or a second went by, and not before")
    func site() async {
        let (status, time) = (Lock(Fixture.status()), Lock(Self.start))
        let pages = WebPages(
            sources: .init(
                status: { status.withLock { $0 } }, history: Fixture.History(), detail: { _, _, _ in nil },
                requestSync: { _ in true }, metrics: { "" }),
            access: .local(.developer), version: "1", now: { time.withLock { $0 } })
        func headline() async -> String? {
            await pages.get("/").text.split(separator: "\n").first { $0.contains("in 3 environments") }.map(String.init)
        }
        let first = await headline()
        #expect(first != nil)
        // Nobody says that something changed: what was made is shown.
        status.withLock { $0.environments[0].services.removeAll() }
        #expect(await headline() == first)
        time.withLock { $0 = $0.adding(.seconds(1)) }
        let second = await headline()
        status.withLock {
            for index in $0.environments.indices.dropLast() { $0.environments[index].services.removeAll() }
            $0.environments[2].services.removeLast()
            $0.version += 1
        }
        #expect(await headline() != second)
    }
}
