import Domain
import Lifecycle
import TestKit
import Testing

@testable import Reconciler

@Suite("Adoption by confirming a list", .timeLimit(.minutes(1)))
struct AdoptionTests {
    private let settings = key("ConfigMap/shop/settings")
    private let cart = key("Deployment.apps/shop/cart")
    private let services = [service("cart", [configMap("settings", "git"), deployment("cart")])]

    /// A cluster in which Helm has made what git wants.
    private func world() -> World {
        let world = World()
        world.cluster.put(object("Namespace", "shop"))
        let mark = ["meta.helm.sh/release-name": "cart"]
        world.cluster.put(
            object("ConfigMap", "settings", namespace: "shop", annotations: mark, ["data": ["value": "helm"]]),
            as: "helm")
        world.cluster.put(
            object("Deployment", "cart", version: "apps/v1", namespace: "shop", ["spec": ["replicas": 9]]))
        return world
    }

    private func orders(_ world: World) -> EnvironmentOrders {
        EnvironmentOrders(for: world.environment, on: world.cluster)
    }

    private func list(_ world: World) async throws -> HeldList {
        try #require(try await orders(world).held(.adopt))
    }

    private func isOurs(_ world: World, _ key: ResourceKey) -> Bool {
        world.cluster.object(key)?.label(Conventions.applySetPartOfLabel) == ApplySet(of: world.environment).id
    }

    private func isConfirmed(_ world: World) -> Bool {
        world.parent?.annotation(Conventions.confirmedAdoptionAnnotation) != nil
    }

    @Test("what exists and is not ours is listed with who has it, and taken over when that list is confirmed")
    func confirm() async throws {
        let world = world()
        let before = try #require(world.cluster.object(cart)?.uid)
        try await withLoop(world, services) { loop in
            #expect(loop.book.current.lastPass?.outcome == .incomplete)
            let held = try await list(world)
            #expect(held == loop.status.held(.adopt) && held.items.map(\.key) == [settings, cart])
            #expect(held.items.map(\.holders) == [["helm", "the Helm release cart"], ["kubectl-create"]])
            #expect(held.items.allSatisfy { $0.uid == world.cluster.object($0.key)?.uid && $0.service == name("cart") })
            #expect(world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "helm")
            try await orders(world).confirm(.adopt, held.hash, by: "Kim")
            await eventually { isOurs(world, settings) && isOurs(world, cart) && !isConfirmed(world) }
            await eventually { loop.status.held(.adopt).isEmpty && !loop.book.current.isReconciling }
            #expect(world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "git")
            #expect(world.cluster.object(cart)?.uid == before)
            #expect(try await orders(world).held(.adopt) == nil)
            let record = world.history.records.last { $0.count(of: .configured) == 2 }
            #expect(record?.objects.allSatisfy { $0.message == "taken over, confirmed by Kim" } == true)
            #expect(record?.warnings.contains { $0.contains("the Helm release cart still claims it") } == true)
        }
    }

    @Test("a confirmation of a list that has moved takes nothing over", arguments: ["object", "holder", "uid"])
    func moved(what: String) async throws {
        let world = world()
        await world.pass(services)
        let hash = try await list(world).hash
        switch what {
        case "object": world.cluster.remove(cart)
        case "holder": world.cluster.edit(cart, as: "argocd-controller") { $0["spec"]?["paused"] = true }
        default:
            world.cluster.remove(cart)
            world.cluster.put(
                object("Deployment", "cart", version: "apps/v1", namespace: "shop", ["spec": ["replicas": 9]]))
        }
        try await orders(world).confirm(.adopt, hash, by: "Kim")
        let record = await world.pass(services)
        #expect(!isOurs(world, settings) && !isConfirmed(world))
        #expect(record.warnings.contains { $0.contains("by Kim for `kubernaut adopt` named another list") })
        let now = try await list(world)
        #expect(now.hash != hash)
        try await orders(world).confirm(.adopt, now.hash, by: "Kim")
        #expect(await world.pass(services).outcome == .succeeded)
        #expect(isOurs(world, settings) && isOurs(world, cart))
    }

    @Test("an object that somebody replaces or comes to between the plan and the write is left to them")
    func raced() async throws {
        for verb in ["get", "apply"] {
            let world = world()
            await world.pass(services)
            try await orders(world).confirm(.adopt, try await list(world).hash, by: "Kim")
            let looks = Lock(0)
            world.cluster.script { request in
                guard request.subject == "ConfigMap/shop/settings", request.verb == verb, !request.isDryRun else {
                    return nil
                }
                let count = looks.withLock { count in
                    count += 1
                    return count
                }
                // The first look is the plan's.
                if verb == "get", count == 2 {
                    world.cluster.remove(settings)
                    world.cluster.put(object("ConfigMap", "settings", namespace: "shop"), as: "helm")
                } else if verb == "apply", count == 1 {
                    world.cluster.edit(settings, as: "vault") { $0["data"]?["token"] = "x" }
                }
                return nil
            }
            let record = await world.pass(services)
            let message = record.objects.first { $0.key == settings }?.message ?? ""
            #expect(message.contains(verb == "get" ? "another object" : "vault came to it"), "\(message)")
            #expect(message.contains("confirm what it is now"), "\(message)")
            #expect(!isOurs(world, settings))
            // What is left waits for a new word.
            world.cluster.script { _ in nil }
            await world.pass(services)
            #expect(!isOurs(world, settings) && !isConfirmed(world))
            #expect(try await list(world).items.map(\.key).contains(settings))
        }
    }

    @Test("a change by who had it already is written over at its newest version")
    func conflict() async throws {
        let world = world()
        await world.pass(services)
        try await orders(world).confirm(.adopt, try await list(world).hash, by: "Kim")
        let isDone = Lock(false)
        world.cluster.script { request in
            guard request.subject == "ConfigMap/shop/settings", request.verb == "apply" else { return nil }
            let isFirst = isDone.withLock { done in
                defer { done = true }
                return !done
            }
            if isFirst { world.cluster.edit(settings, as: "helm") { $0["data"]?["value"] = "helm 2" } }
            return nil
        }
        #expect(await world.pass(services).outcome == .succeeded)
        #expect(isOurs(world, settings) && world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "git")
    }

    @Test("a daemon that dies halfway goes on with the rest, without asking again")
    func crash() async throws {
        let world = world()
        await world.pass(services)
        try await orders(world).confirm(.adopt, try await list(world).hash, by: "Kim")
        world.cluster.script { $0.subject == "Deployment/shop/cart" && $0.isWrite ? .refuse(.unreachable) : nil }
        await world.pass(services)
        #expect(isOurs(world, settings) && !isOurs(world, cart) && isConfirmed(world))
        world.cluster.script { _ in nil }
        #expect(await world.pass(services).outcome == .succeeded)
        #expect(isOurs(world, cart) && !isConfirmed(world))
        #expect(try await orders(world).held(.adopt) == nil)
    }

    @Test("what may never be taken over, or belongs to another ApplySet, is not asked for")
    func never() async throws {
        let world = world()
        var theirs = object("ConfigMap", "theirs", namespace: "shop")
        theirs["metadata"]?["labels"] = [Conventions.applySetPartOfLabel: "applyset-another"]
        world.cluster.put(theirs)
        let never = configMap("settings", annotations: [Conventions.adoptAnnotation: "false"])
        let record = await world.pass([service("cart", [never, configMap("theirs"), deployment("cart")])])
        #expect(try await list(world).items.map(\.key) == [cart])
        let advice = record.objects.first { $0.key == settings }?.message ?? ""
        #expect(!advice.contains("kubernaut adopt"), "\(advice)")
    }

    @Test("in replace mode an object is taken over as well, bound to the version that was read")
    func replace() async throws {
        let world = World(mode: .replace)
        world.cluster.put(object("Namespace", "shop"))
        world.cluster.put(object("ConfigMap", "settings", namespace: "shop"), as: "helm")
        let services = [service("cart", [configMap("settings", "git")])]
        await world.pass(services)
        try await orders(world).confirm(.adopt, try await list(world).hash, by: "Kim")
        #expect(await world.pass(services).outcome == .succeeded)
        #expect(isOurs(world, settings))
    }
}

@Suite("What a person confirmed")
struct ConsentTests {
    private func item(_ text: String, uid: String = "u", holders: [String] = []) -> HeldList.Item {
        HeldList.Item(key: key("ConfigMap/shop/\(text)"), uid: uid, service: name("cart"), holders: holders)
    }

    private func consent(
        _ now: [HeldList.Item], after read: [HeldList.Item], done: Set<String> = []
    ) -> Consent {
        let noted = HeldList(hash: Consent.hash(of: read), items: read)
        return Consent(to: now, confirmed: Confirmation(hash: noted.hash), noted: noted) { done.contains($0.key.name) }
    }

    @Test("allows exactly the list, whatever its order, and what is left of it")
    func allows() {
        let all = [item("a", holders: ["helm"]), item("b"), item("c")]
        #expect(consent(all.reversed(), after: all).granted.count == 3)
        #expect(consent([all[2]], after: all, done: ["a", "b"]).granted.keys.map(\.name) == ["c"])
        // Halfway through taking it over we are among the holders.
        let half = [item("a", holders: ["kubernaut"]), all[1]]
        #expect(consent(half, after: all, done: ["c"]).granted.count == 2)
    }

    @Test("allows nothing when anything else is among it, changed hands, or went without being done")
    func refuses() {
        let all = [item("a", holders: ["helm"]), item("b")]
        for now in [
            all + [item("c")], [item("a", uid: "v", holders: ["helm"]), all[1]],
            [item("a", holders: ["helm", "vault"]), all[1]], [all[0]],
        ] {
            let consent = consent(now, after: all)
            #expect(consent.granted.isEmpty && consent.held.items == now)
        }
    }

    @Test("a list is written on the parent and read from it, as far as there is room")
    func noted() throws {
        let items = (0..<20_000).map { item("object-\($0)", holders: ["helm", "the Helm release a b"]) }
        let list = HeldList(hash: Consent.hash(of: items), items: items)
        let memory = ParentMemory(held: [.adopt: list, .prune: HeldList(hash: "x", items: [item("a")])])
        var parent: Value = ["kind": "ConfigMap"]
        parent["data"] = memory.data
        #expect(ParentMemory(of: parent) == memory)
        let read = try #require(HeldList(.adopt, of: parent))
        #expect(read.hash == list.hash && read.items == Array(items.prefix(read.items.count)))
        #expect((3000..<20_000).contains(read.items.count))
        // Cut short it proves nothing about what is left.
        let rest = Array(items.dropFirst())
        let consent = Consent(to: rest, confirmed: Confirmation(hash: read.hash), noted: read) { _ in true }
        #expect(consent.granted.isEmpty)
    }
}
