import Domain
import TestKit
import Testing

@testable import Reconciler

@Suite("A large environment", .timeLimit(.minutes(2)))
struct ScaleTests {
    static func services(_ count: Int, changed: Int? = nil) -> [RenderedService] {
        (0..<count).map { index in
            let text = "service-\(index)"
            return service(
                text,
                [
                    configMap(text), object("Secret", text), object("Service", text, ["spec": ["clusterIP": "None"]]),
                    deployment(text, image: index == changed ? "app:2" : "app:1"),
                ])
        }
    }

    @Test("a thousand objects: one image is one write, nothing new is no write, idle is no request")
    func thousand() async throws {
        let world = World()
        try await withLoop(world, Self.services(250)) { loop in
            #expect(loop.book.current.lastPass?.count(of: .created) == 1000)
            world.cluster.forgetRequests()
            try await Task.sleep(for: .milliseconds(200))
            #expect(world.cluster.requests.isEmpty)

            let start = ContinuousClock.now
            loop.request(.poll, at: world.repository.commit(Self.services(250, changed: 7)))
            await eventually { world.history.records.count == 2 }
            let latency = ContinuousClock.now - start
            #expect(world.cluster.requests.filter(\.isWrite).map(\.subject) == ["Deployment/shop/service-7"])
            // A debug build on a busy machine; a release build takes a tenth.
            #expect(latency < .seconds(5), "\(latency)")

            world.cluster.forgetRequests()
            let before = world.history.records.count
            loop.request(.request, at: world.repository.commit(Self.services(250, changed: 7)))
            await eventually { world.history.records.count > before }
            #expect(
                world.cluster.requests.filter { $0.verb != "discovery" }.map(\.subject) == [
                    "ConfigMap/shop/kubernaut-dev"
                ])
        }
    }
}
