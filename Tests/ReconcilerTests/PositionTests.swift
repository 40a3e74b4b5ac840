import Domain
import Lifecycle
import TestKit
import Testing

@testable import Reconciler

@Suite("The releases that a branch remembers")
struct ReleaseWalkTests {
    @Test("history is walked once, and anew when it was rewritten")
    func walk() async throws {
        let repository = TestRepository()
        let commits = (0..<4).map { _ in repository.commit([]) }
        let step = { (index: Int, text: String?) in
            let commit = repository.state.withLock { $0.commits[commits[index]] }
            guard let commit else { preconditionFailure("committed above") }
            let file = text.map { SourceFile(blob: $0, bytes: Array($0.utf8)) }
            return HistoryStep(commit: commit, changes: ["releases/cart.yaml": file])
        }
        let read: ReleaseWalk.Reader = { file, _ in
            ReleaseRecord(service: name("cart"), version: String(decoding: file.bytes, as: UTF8.self), image: "i")
        }
        let steps = [
            commits[1]: [step(1, "2"), step(0, "1")],
            commits[2]: [step(2, nil), step(1, "2"), step(0, "1")],
            commits[3]: [step(3, "4"), step(0, "1")],
        ]
        repository.state.withLock { $0.steps = steps }
        var walk = ReleaseWalk()
        try await walk.advance(to: commits[1], in: repository, limit: 50, read: read)
        #expect(walk.releases[name("cart")]?.map { $0.release?.version } == ["2", "1"])
        try await walk.advance(to: commits[2], in: repository, limit: 50, read: read)
        #expect(walk.releases[name("cart")]?.map { $0.release?.version } == [nil, "2", "1"])
        try await walk.advance(to: commits[3], in: repository, limit: 50, read: read)
        #expect(walk.releases[name("cart")]?.map { $0.release?.version } == ["4", "1"])
    }
}

@Suite("A service's verdict", .timeLimit(.minutes(1)))
struct VerdictTests {
    private func status(
        _ services: [RenderedService], rollingFor: Duration = .zero, _ change: (World, Daemon) -> Void = { _, _ in }
    ) async -> ServiceStatus? {
        let world = World()
        let daemon = Daemon(world)
        await daemon.pass(services)
        change(world, daemon)
        daemon.book.noteRolling([name("cart")], at: .zero)
        return StatusReport(
            daemon.book.current, members: daemon.bench.index.members, now: rollingFor,
            date: Instant(seconds: 1000), stuckAfter: .seconds(600)
        ).status.services.first { $0.name == name("cart") }
    }

    private func see(_ daemon: Daemon, _ world: World, _ text: String) {
        guard let object = world.object(text) else { return }
        daemon.bench.index.observe(.modified(object), of: key(text).groupKind)
    }

    @Test("applied and ready is healthy, and needs no reason")
    func healthy() async {
        let status = await status([service("cart", [deployment("cart")])])
        #expect(status?.verdict == .healthy && status?.reason == "")
        #expect(status?.objects.allSatisfy(\.isInSync) == true)
    }

    @Test(
        "the worst that holds is shown, with its object",
        arguments: [("degraded", Verdict.unhealthy), ("progressing", .rollingOut), ("unknown", .unknown)])
    func health(text: String, verdict: Verdict) async {
        let status = await status([service("cart", [deployment("cart")])]) { world, daemon in
            world.cluster.setStatus(key("Deployment.apps/shop/cart"), ["health": .string(text)])
            see(daemon, world, "Deployment.apps/shop/cart")
        }
        #expect(status?.verdict == verdict)
        #expect(status?.reason.hasPrefix("Deployment/shop/cart: it says \(text)") == true)
    }

    @Test("a service that was rendered but not yet compared with the cluster is waiting, never healthy")
    func notCompared() async {
        let status = await status([service("cart", [deployment("cart")])]) { _, daemon in
            daemon.book.update { $0.desired = .unknown }
        }
        #expect(status?.verdict == .waiting)
    }

    @Test("a rollout that takes too long is stuck")
    func stuck() async {
        let status = await status([service("cart", [deployment("cart", isSlow: true)])], rollingFor: .seconds(660))
        #expect(status?.verdict == .stuck)
        #expect(status?.reason.contains("11 min") == true)
    }

    @Test("a service that could not be rendered failed, with the place")
    func unrendered() async {
        let status = await status([service("cart", problem: "unknown variable TAG")])
        #expect(status?.verdict == .failed)
        #expect(status?.reason.contains("templates/cart.yaml:3") == true)
    }

    @Test("a service that needs a failed one waits, or says why it cannot")
    func waiting() async {
        let missing = object("ServiceMonitor", "x", version: "monitoring.coreos.com/v1")
        let status = await status([service("base", [missing]), service("cart", [deployment("cart")], needs: ["base"])])
        #expect(status?.verdict == .waiting)
        #expect(status?.reason.contains("base") == true)
    }

    @Test("what somebody changed is drifted until it is put back")
    func drifted() async {
        let status = await status([service("cart", [deployment("cart")])]) { world, daemon in
            world.cluster.edit(key("Deployment.apps/shop/cart"), as: "kubectl") { $0["spec"]?["replicas"] = 9 }
            see(daemon, world, "Deployment.apps/shop/cart")
        }
        #expect(status?.verdict == .drifted)
    }

    @Test("a hold is shown with who, why and until when, and ends by itself", arguments: [(1001, true), (1000, false)])
    func held(until: Int64, isHeld: Bool) async {
        let plain = service("cart", [deployment("cart")])
        let hold = Hold(
            by: "Ann", reason: "memory leak", until: Instant(seconds: until), isForAll: false,
            location: SourceLocation(file: "dev/holds/cart.yaml"))
        let held = RenderedService(
            name: plain.name, team: plain.team, release: plain.release, needs: plain.needs, manifests: plain.manifests,
            diagnostics: [], inputs: plain.inputs, hold: hold)
        let status = await status([held])
        #expect(status?.verdict == (isHeld ? .held : .healthy))
        #expect(status?.reason == (isHeld ? "held by Ann until 1970-01-01T00:16:41Z: memory leak" : ""))
    }

    @Test("without its cluster a healthy service is unknown")
    func unreachable() async {
        let status = await status([service("cart", [deployment("cart")])]) { _, daemon in
            daemon.book.update { $0.clusterProblem = "no route" }
        }
        #expect(status?.verdict == .unknown)
    }
}
