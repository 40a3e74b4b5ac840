import Domain
import Lifecycle
import TestKit
import Testing

@testable import Reconciler

private func environment(_ text: String, formerly: String? = nil) -> Environment {
    Environment(
        name: name(text), namespace: "shop", prune: PruneBudget(limit: 100, percent: 100),
        formerly: formerly.map { FormerEnvironment(name: name($0), namespace: "shop") })
}

@Suite("Whose object it is", .timeLimit(.minutes(1)))
struct ClaimTests {
    private let cart = [service("cart", [configMap("settings")])]

    @Test("two environments share a namespace, and an object that both want stays with the first")
    func sharedNamespace() async {
        let world = World()
        let other = World(cluster: world.cluster, environment: environment("test"))
        #expect(await world.pass(cart).outcome == .succeeded)
        let record = await other.pass([
            service("cart", [configMap("settings", "2")]), service("own", [configMap("own")]),
        ])
        let message = record.objects.first { $0.action == .failed }?.message ?? ""
        #expect(message.contains("it belongs to the environment dev"), "\(message)")
        #expect(world.object("ConfigMap/shop/settings")?[at: "data", "value"] == "1")
        #expect(world.object("ConfigMap/shop/own") != nil && other.object("ConfigMap/shop/kubernaut-test") != nil)
        // Neither prunes what is the other's.
        #expect(await world.pass([]).outcome == .succeeded)
        #expect(world.object("ConfigMap/shop/own") != nil && world.object("ConfigMap/shop/settings") == nil)
    }

    @Test(
        "an object that another tool claims is refused by name, and taken over with a warning when asked",
        arguments: [
            ("meta.helm.sh/release-name", "cart", "the Helm release cart"),
            ("argocd.argoproj.io/tracking-id", "shop:/ConfigMap:shop/settings", "the Argo CD application shop"),
            ("kustomize.toolkit.fluxcd.io/name", "apps", "the Flux Kustomization apps"),
        ])
    func claimed(mark: String, value: String, holder: String) async {
        let world = World()
        world.cluster.put(object("Namespace", "shop"))
        world.cluster.put(object("ConfigMap", "settings", namespace: "shop", annotations: [mark: value]))
        let refused = await world.pass(cart)
        #expect(refused.objects.first?.message.contains("belongs to \(holder)") == true, "\(refused.objects)")
        let adopting = configMap("settings", annotations: [Conventions.adoptAnnotation: "true"])
        let adopted = await world.pass([service("cart", [adopting])])
        #expect(adopted.outcome == .succeeded)
        #expect(adopted.warnings.contains { $0.contains("\(holder) still claims it") }, "\(adopted.warnings)")
    }

    @Test("objects are adopted as the environment, the service and the object say, the nearest word first")
    func adoption() async {
        func world(adopts: Bool) -> World {
            let world = World(
                environment: Environment(name: name("dev"), namespace: "shop", adoptsExisting: adopts))
            world.cluster.put(object("Namespace", "shop"))
            world.cluster.put(object("ConfigMap", "settings", namespace: "shop"))
            return world
        }
        func service(adopts: Bool?, annotation: String?) -> RenderedService {
            let map = configMap(
                "settings", annotations: annotation.map { [Conventions.adoptAnnotation: $0] } ?? [:])
            return RenderedService(
                name: name("cart"), team: nil, release: nil, needs: [], manifests: [manifest(map, service: "cart")],
                diagnostics: [], inputs: "", adoptsExisting: adopts)
        }
        for (environment, own, annotation, expected) in [
            (true, nil, nil, true), (true, false, nil, false), (false, true, nil, true), (true, true, "false", false),
            (false, false, "true", true), (false, nil, nil, false),
        ] as [(Bool, Bool?, String?, Bool)] {
            let record = await world(adopts: environment).pass([service(adopts: own, annotation: annotation)])
            #expect((record.outcome == .succeeded) == expected, "\(environment) \(own as Any) \(annotation ?? "")")
        }
    }

    @Test("a label that somebody else put on an object makes it neither ours nor prey")
    func relabelled() async {
        let world = World()
        await world.pass(cart)
        var theirs = object("ConfigMap", "theirs", namespace: "shop")
        theirs["metadata"]?["labels"] = [
            Conventions.applySetPartOfLabel: .string(ApplySet(of: world.environment).id)
        ]
        world.cluster.put(theirs)
        #expect(await world.pass(cart).outcome == .succeeded)
        #expect(world.object("ConfigMap/shop/theirs") != nil)
    }
}

@Suite("A renamed environment", .timeLimit(.minutes(1)))
struct RenameTests {
    private let all = [service("cart", [configMap("settings"), configMap("old"), deployment("cart")])]

    @Test("keeps its objects: none is deleted or created again, and the old parent goes")
    func renamed() async throws {
        let world = World()
        await world.pass(all)
        let uids = Set(world.cluster.objects.values.compactMap(\.uid))
        let renamed = World(cluster: world.cluster, environment: environment("test", formerly: "dev"))
        world.cluster.forgetRequests()
        let record = await renamed.pass(all)
        #expect(record.outcome == .succeeded, "\(record.reason)")
        let live = try #require(world.object("Deployment.apps/shop/cart"))
        #expect(live.label(Conventions.applySetPartOfLabel) == ApplySet(of: renamed.environment).id)
        #expect(live.label(Conventions.environmentLabel) == "test")
        #expect(world.object("ConfigMap/shop/kubernaut-dev") == nil)
        #expect(world.object("ConfigMap/shop/kubernaut-test") != nil)
        #expect(Set(world.cluster.objects.values.compactMap(\.uid)).subtracting(uids).count == 1)
        let deleted = world.cluster.requests.filter { $0.verb == "delete" }.map(\.subject)
        #expect(deleted == ["ConfigMap/shop/kubernaut-dev"])
        // What git no longer has is its own to prune, too.
        await renamed.pass([service("cart", [configMap("settings"), deployment("cart")])])
        #expect(world.object("ConfigMap/shop/old") == nil)
    }

    @Test("goes on after every request at which the daemon may die")
    func crash() async {
        for limit in 1...14 {
            let world = World()
            await world.pass(all)
            let renamed = World(cluster: world.cluster, environment: environment("test", formerly: "dev"))
            world.cluster.forgetRequests()
            let writes = Lock(0)
            world.cluster.script { request in
                guard request.isWrite else { return nil }
                let number = writes.withLock { count in
                    count += 1
                    return count
                }
                if number < limit { return nil }
                return number == limit ? .persistThenFail(.cancelled) : .refuse(.cancelled)
            }
            await renamed.pass(all)
            world.cluster.script { _ in nil }
            let record = await renamed.pass(all)
            #expect(record.outcome == .succeeded, "after \(limit): \(record.reason)")
            #expect(world.object("ConfigMap/shop/kubernaut-dev") == nil)
            let set = ApplySet(of: renamed.environment)
            #expect(
                world.cluster.objects.values.count { $0.label(Conventions.applySetPartOfLabel) == set.id } == 3,
                "after \(limit)")
        }
    }

    @Test("without a word about the old name its objects are refused, and nothing is lost")
    func unannounced() async {
        let world = World()
        await world.pass(all)
        let renamed = World(cluster: world.cluster, environment: environment("test"))
        let record = await renamed.pass(all)
        #expect(record.objects.contains { $0.message.contains("`formerly` in kubernaut.yaml") })
        #expect(world.object("Deployment.apps/shop/cart") != nil)
    }
}

@Suite("Orphans", .timeLimit(.minutes(1)))
struct SweepTests {
    private func rendering(_ world: World, _ services: [RenderedService]) -> Rendering {
        Rendering(environment: world.environment, commit: nil, services: services, diagnostics: [])
    }

    @Test("a sweep finds what carries our label in no revision, and says why it is there")
    func finds() async throws {
        let world = World()
        let services = [service("cart", [configMap("settings")])]
        let protected = configMap("protected", annotations: [Conventions.pruneAnnotation: "disabled"])
        await world.pass([service("cart", [configMap("settings"), protected])])
        var copy = try #require(world.object("ConfigMap/shop/settings"))
        var metadata = try #require(copy["metadata"])
        metadata["name"] = "copy"
        for field in ["uid", "resourceVersion", "managedFields"] { metadata[field] = nil }
        copy["metadata"] = metadata
        world.cluster.put(copy)
        let found = try await OrphanSearch(of: world.environment, on: world.cluster)
            .orphans(of: rendering(world, services)).orphans
        #expect(found.map(\.key) == [key("ConfigMap/shop/copy"), key("ConfigMap/shop/protected")])
        #expect(found[0].reason.contains("a copy of ConfigMap/shop/settings"))
        #expect(found[1].reason == "kubernaut.dev/prune is disabled")
    }

    @Test("members of a kind that the parent forgot are taken up again, and pruned")
    func takenUp() async throws {
        let world = World { $0.sweepInterval = .milliseconds(300) }
        await world.pass([service("cart", [configMap("settings"), object("Secret", "lost")])])
        // As after a restored backup: the parent knows nothing of Secrets.
        world.cluster.edit(key("ConfigMap/shop/kubernaut-dev"), as: "restore") {
            $0["metadata"]?["annotations"]?[Conventions.applySetGroupKindsAnnotation] = "ConfigMap"
        }
        try await withLoop(world, [service("cart", [configMap("settings")])]) { loop in
            await eventually { world.object("Secret/shop/lost") == nil }
            await eventually { loop.status.orphans.isEmpty }
        }
    }
}
