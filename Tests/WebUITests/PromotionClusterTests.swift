// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer
import JSON
import Lifecycle
import TestKit
import Testing

@testable import WebUI

@Suite("What the cluster says about a promotion", .timeLimit(.minutes(1)))
struct PromotionClusterTests {
    private struct Away: Error {}

    private static func tried(_ name: String, _ action: Action, _ message: String = "") -> TriedObject {
        TriedObject(
            key: ResourceKey(groupKind: GroupKind("ConfigMap"), namespace: "staging", name: name),
            service: Fixture.name("cart"), action: action, message: message)
    }

    private static func world() async throws -> RestWorld {
        let world = try await RestWorld()
        try world.remote.commit(
            ["environments/releases/cart.yaml": ConfigRemote.record("cart", "1.1.0")], "Release cart")
        try await world.look()
        return world
    }

    private static func page(_ world: RestWorld) async -> String {
        await Reader(pages: world.pages).get("/promotions/new?from=dev&to=staging").text
    }

    private static func promise(_ page: String) -> String? {
        Reader.fields(page, "/promotions").first { $0.0 == "expect" }?.1
    }

    private static func dryRun(_ world: RestWorld, offline: Bool = false) async -> Value {
        await Client(world.pages).post(
            "/api/v1/promotions",
            ["from": "dev", "to": "staging", "all": true, "dryRun": true, "offline": .bool(offline)]
        ).json
    }

    @Test("is shown object by object, refusals first, about the services that change alone")
    func asked() async throws {
        let world = try await Self.world()
        let services = Lock<Set<Name>>([])
        world.trial.withLock {
            $0 = { rendering, names in
                services.withLock { $0 = names }
                #expect(rendering.services.contains { $0.release?.version == "1.1.0" })
                return [
                    Self.tried("cart", .configured), Self.tried("more", .created), Self.tried("same", .unchanged),
                    Self.tried("zebra", .failed, "spec.<b>x: Invalid value"),
                ]
            }
        }
        let page = await Self.page(world)
        #expect(services.withLock { $0.map(\.text) } == ["cart"])
        #expect(page.contains("the cluster refuses 1 object"))
        #expect(page.contains("spec.&lt;b&gt;x: Invalid value") && page.contains("1 object would stay as they are"))
        let places = ["ConfigMap/staging/zebra", "ConfigMap/staging/cart", "ConfigMap/staging/more"].map {
            page.firstRange(of: $0)?.lowerBound
        }.compactMap(\.self)
        #expect(places.count == 3 && places == places.sorted())
        // It is a word of advice: people may know better.
        #expect(page.contains("Promote 1 service to staging</button>") && !page.contains("disabled"))
        let server = await Self.dryRun(world)["server"]
        #expect(server?["asked"] == true && server?["server"] == "default")
        #expect(server?["objects"]?.list?.compactMap { $0["action"]?.string } == ["failed", "configured", "created"])
    }

    @Test("is no part of what the preview promises, and is asked again each time")
    func exactness() async throws {
        let world = try await Self.world()
        var promises: Set<String> = []
        let answers: [@Sendable () async throws -> [TriedObject]?] = [
            { [Self.tried("cart", .configured)] }, { [Self.tried("cart", .failed, "no")] }, { nil }, { throw Away() },
        ]
        let words = [
            "the cluster of staging accepts it", "refuses 1 object", "no way to it", "does not answer as it should",
        ]
        for (answer, text) in zip(answers, words) {
            world.trial.withLock { $0 = { _, _ in try await answer() } }
            let page = await Self.page(world)
            #expect(page.contains(text), "\(text)")
            promises.insert(try #require(Self.promise(page)))
            promises.insert(try #require(await Self.dryRun(world)["expect"]?.string))
        }
        #expect(promises.count == 1)
        let reader = Reader(pages: world.pages)
        let done = await reader.send(await reader.get("/promotions/new?from=dev&to=staging"), to: "/promotions")
        #expect(done.status == 303)
    }

    @Test("is waited for no longer than a moment, and not asked for where the cluster is known to be away")
    func away() async throws {
        let world = try await Self.world()
        let asked = Lock(0)
        world.trial.withLock {
            $0 = { _, _ in
                asked.withLock { $0 += 1 }
                try await Task.sleep(for: .seconds(3600))
                return []
            }
        }
        world.patience.withLock { $0 = .milliseconds(20) }
        #expect(await Self.page(world).contains("it did not answer within"))
        #expect(asked.withLock { $0 } == 1)
        #expect(await Self.dryRun(world, offline: true)["server"]?["reason"] == "nobody wanted it")
        world.change {
            $0.environments[1].clusterProblem = "GET /version failed: no route"
            $0.version += 1
        }
        let page = await Self.page(world)
        #expect(page.contains("the cluster was not asked") && page.contains("no route"))
        #expect(page.contains("Promote 1 service to staging</button>"))
        #expect(await Self.dryRun(world)["server"]?["asked"] == false)
        #expect(asked.withLock { $0 } == 1)
    }

    @Test("is not asked by more than a few at once, and room is made again")
    func crowd() async throws {
        let world = try await Self.world()
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let (gates, open) = AsyncStream.makeStream(of: Void.self)
        world.trial.withLock {
            $0 = { _, _ in
                enter.yield()
                for await _ in gates { break }
                return []
            }
        }
        // One site: its counter is what is looked at.
        let reader = Reader(pages: world.pages)
        let path = "/promotions/new?from=dev&to=staging"
        async let first = reader.get(path)
        async let second = reader.get(path)
        var entries = entered.makeAsyncIterator()
        _ = (await entries.next(), await entries.next())
        #expect(await reader.get(path).text.contains("others are asking it right now"))
        open.finish()
        #expect(await first.text.contains("accepts it"))
        #expect(await second.text.contains("accepts it"))
        #expect(await reader.get(path).text.contains("accepts it"))
    }

    @Test("stands beside how each release does where it comes from")
    func source() async throws {
        let world = try await Self.world()
        func show(_ version: String, _ verdict: Verdict, _ span: HealthySpan?) async -> String {
            world.change { status in
                let old = status.environments[0].services.first { $0.name.text == "cart" }
                var cart = ServiceStatus(
                    name: Fixture.name("cart"), team: nil,
                    release: ReleaseRecord(
                        service: Fixture.name("cart"), version: version, image: "registry.example.com/cart:\(version)"),
                    verdict: verdict, reason: "", since: nil, objects: old?.objects ?? [], diagnostics: [])
                cart.healthy = span
                status.environments[0].services.removeAll { $0.name.text == "cart" }
                status.environments[0].services.append(cart)
                status.version += 1
            }
            return await Self.page(world)
        }
        let since = wallClock().adding(.seconds(-12 * 60 - 5))
        #expect(
            await show("1.1.0", .healthy, HealthySpan(since: since, wasSeen: true)).contains(
                "healthy in dev</span> for 12 min"))
        #expect(
            await show("1.1.0", .healthy, HealthySpan(since: since, wasSeen: false)).contains(
                "</span> for at least 12 min"))
        let dry = await Self.dryRun(world)
        #expect(dry["services"]?.list?.first?["source"]?["healthySince"] == .string("\(since)"))
        #expect(dry["services"]?.list?.first?["source"]?["seen"] == false)
        #expect(
            await show("1.1.0", .healthy, HealthySpan(since: wallClock(), wasSeen: true)).contains("since a moment ago")
        )
        #expect(await show("1.1.0", .rollingOut, nil).contains("Rolling out</span> <span class=\"dim\">in dev"))
        #expect(await show("1.2.0", .healthy, nil).contains("not what dev runs"))
    }
}
