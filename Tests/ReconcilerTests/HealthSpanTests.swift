// SPDX-License-Identifier: Apache-2.0

import Domain
import TestKit
import Testing

@testable import Reconciler

@Suite("How long a service has been healthy")
struct HealthSpanTests {
    private let book: EnvironmentBook

    init() throws { book = EnvironmentBook(Environment(name: try #require(Name("dev")))) }

    private static func cart(_ verdict: Verdict, _ version: String = "1.0.0", _ health: HealthStatus = .healthy)
        throws -> ServiceStatus
    {
        let name = try #require(Name("cart"))
        let key = ResourceKey(groupKind: GroupKind("ConfigMap"), namespace: "dev", name: "cart")
        return ServiceStatus(
            name: name, team: nil, release: ReleaseRecord(service: name, version: version, image: "cart:\(version)"),
            verdict: verdict, reason: "", since: nil,
            objects: [ObjectStatus(key: key, health: ObjectHealth(health, ""), isInSync: true)], diagnostics: [])
    }

    /// What is said at a second.
    private func look(
        _ second: Int64, _ verdict: Verdict, _ version: String = "1.0.0", _ health: HealthStatus = .healthy
    )
        throws -> HealthySpan?
    {
        book.noteHealth([try Self.cart(verdict, version, health)], at: Instant(seconds: second))[0].healthy
    }

    private func span(_ second: Int64, seen: Bool) -> HealthySpan {
        HealthySpan(since: Instant(seconds: second), wasSeen: seen)
    }

    @Test("begins when it was seen to become so, and goes on while nothing else was seen")
    func seen() throws {
        #expect(try look(1, .rollingOut) == nil)
        #expect(try look(5, .healthy) == span(5, seen: true))
        #expect(try look(9, .healthy) == span(5, seen: true))
        #expect(try look(10, .waiting) == nil)
        #expect(try look(11, .healthy) == span(5, seen: true))
        for (second, verdict) in [(20, Verdict.failed), (30, .unhealthy), (40, .stuck), (50, .drifted)]
            as [(Int64, Verdict)]
        {
            #expect(try look(second, verdict) == nil)
            #expect(try look(second + 1, .healthy) == span(second + 1, seen: true))
        }
    }

    @Test("may be longer where it was so from the first look, or after a time in which nobody could look")
    func unseen() throws {
        #expect(try look(1, .unknown) == nil)
        #expect(try look(2, .waiting) == nil)
        #expect(try look(3, .healthy) == span(3, seen: false))
        #expect(try look(4, .healthy) == span(3, seen: false))
        #expect(try look(5, .unknown) == nil)
        #expect(try look(6, .healthy) == span(6, seen: false))
    }

    @Test("is that of the release it has now")
    func release() throws {
        #expect(try look(1, .healthy) == span(1, seen: false))
        #expect(try look(2, .waiting, "1.1.0") == nil)
        #expect(try look(3, .healthy, "1.1.0") == span(3, seen: true))
        #expect(try look(4, .healthy, "1.1.0") == span(3, seen: true))
    }

    @Test("goes on under a hold while its objects are healthy")
    func held() throws {
        #expect(try look(1, .rollingOut) == nil)
        #expect(try look(2, .healthy) == span(2, seen: true))
        #expect(try look(3, .held) == span(2, seen: true))
        #expect(try look(4, .held, "1.0.0", .unknown) == nil)
        #expect(try look(5, .held) == span(5, seen: false))
    }

    @Test("is forgotten with the service")
    func gone() throws {
        #expect(try look(1, .healthy) == span(1, seen: false))
        #expect(book.noteHealth([], at: Instant(seconds: 2)).isEmpty)
        #expect(try look(3, .healthy) == span(3, seen: false))
    }
}
