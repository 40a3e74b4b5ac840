import Crypto
import Domain
import Testing

@testable import Reconciler

private let environment = Environment(name: name("dev"), namespace: "shop")
private let discovery = Discovery(resources: [
    resource("v1", "Namespace", isNamespaced: false), resource("v1", "ConfigMap"), resource("v1", "Secret"),
    resource("v1", "Service"), resource("v1", "ServiceAccount"), resource("v1", "PersistentVolumeClaim"),
    resource("apps/v1", "Deployment"), resource("apps/v1", "StatefulSet"), resource("batch/v1", "Job"),
    resource("rbac.authorization.k8s.io/v1", "ClusterRole", isNamespaced: false),
    resource("rbac.authorization.k8s.io/v1", "RoleBinding"), resource("networking.k8s.io/v1", "Ingress"),
    resource("autoscaling/v2", "HorizontalPodAutoscaler"), resource("acme.io/v1", "Widget"),
    resource("apiextensions.k8s.io/v1", "CustomResourceDefinition", isNamespaced: false),
])

private func resource(_ version: String, _ kind: String, isNamespaced: Bool = true) -> APIResource {
    APIResource(
        kind: GroupVersionKind(apiVersion: version, kind: kind), plural: "\(kind.lowercased())s",
        isNamespaced: isNamespaced, verbs: [])
}

private func desired(_ services: [RenderedService], _ environment: Environment = environment) -> DesiredState {
    DesiredState(
        Rendering(environment: environment, commit: nil, services: services, diagnostics: []), discovery: discovery)
}

private func plan(
    _ services: [RenderedService], live: LiveState = LiveState(), prune: PruneBudget = PruneBudget(),
    confirmed: String? = nil
) -> Plan {
    let environment = Environment(name: name("dev"), namespace: "shop", prune: prune)
    return Plan(
        desired(services, environment), live: live, environment: environment,
        confirmed: confirmed.map { [.prune: Confirmation(hash: $0)] } ?? [:])
}

/// A live object of ours as a list would show it.
private func member(
    _ text: String, service: String = "cart", digest: String = "old", annotations: [String: String] = [:],
    sync: Member.Sync = .proven
) -> (ResourceKey, Member) {
    let set = ApplySet(of: environment)
    let key = key(text)
    var object: Value = [
        "metadata": [
            "name": .string(key.name), "uid": .string("uid-of-\(key)"), "resourceVersion": "5",
            "labels": [Conventions.applySetPartOfLabel: .string(set.id), Conventions.serviceLabel: .string(service)],
            "annotations": [
                Conventions.objectAnnotation: .string(key.identity), Conventions.digestAnnotation: .string(digest),
            ],
        ]
    ]
    for (annotation, value) in annotations { object["metadata"]?["annotations"]?[annotation] = .string(value) }
    return (key, Member(object, key: key, in: set, sync: sync, health: .healthy))
}

private func live(_ members: [(ResourceKey, Member)]) -> LiveState {
    var live = LiveState()
    live.members = Dictionary(members) { first, _ in first }
    return live
}

@Suite("The order of a plan")
struct OrderTests {
    @Test("namespaces and CRDs come first, then waves, then kinds, then names")
    func order() {
        let wave = { (wave: String) in [Conventions.waveAnnotation: wave] }
        let services = [
            service(
                "cart",
                [
                    deployment("cart"), object("Service", "cart"), object("ServiceAccount", "cart"),
                    configMap("b"), configMap("a"), object("Secret", "a-secret"),
                    object("Widget", "w", version: "acme.io/v1"),
                    object("Ingress", "cart", version: "networking.k8s.io/v1"),
                    object("Job", "migrate", version: "batch/v1", annotations: wave("-1")),
                    configMap("late", annotations: wave("2")),
                    object("ClusterRole", "cart", version: "rbac.authorization.k8s.io/v1"),
                    object("RoleBinding", "cart", version: "rbac.authorization.k8s.io/v1"),
                    object("Namespace", "extra", annotations: wave("9")),
                    object("CustomResourceDefinition", "x.acme.io", version: "apiextensions.k8s.io/v1"),
                ])
        ]
        let plan = plan(services)
        #expect(plan.foundation.map(\.key.description) == ["Namespace/extra", "CustomResourceDefinition/x.acme.io"])
        #expect(
            plan.services.flatMap(\.items).map(\.key.description) == [
                "Job/shop/migrate", "ServiceAccount/shop/cart", "ClusterRole/cart", "RoleBinding/shop/cart",
                "ConfigMap/shop/a", "Secret/shop/a-secret", "ConfigMap/shop/b", "Service/shop/cart",
                "Deployment/shop/cart", "Ingress/shop/cart", "Widget/shop/w", "ConfigMap/shop/late",
            ])
    }

    @Test("pruning walks the order backwards")
    func pruneOrder() {
        let plan = plan(
            [], live: live([member("ConfigMap/shop/a"), member("Deployment.apps/shop/a"), member("Service/shop/a")]),
            prune: PruneBudget(limit: 10, percent: 100))
        #expect(
            plan.prune.ready.map(\.key.description) == ["Deployment/shop/a", "Service/shop/a", "ConfigMap/shop/a"])
    }
}

@Suite("What is wanted of a cluster")
struct DesiredStateTests {
    @Test("an object without a namespace goes to the environment's, one of the whole cluster to none")
    func namespaces() {
        let state = desired([
            service(
                "cart",
                [
                    configMap("here"), object("ConfigMap", "there", namespace: "other"),
                    object("ClusterRole", "role", version: "rbac.authorization.k8s.io/v1", namespace: "shop"),
                ])
        ])
        #expect(
            Set(state.objects.keys.map(\.description)) == [
                "ConfigMap/shop/here", "ConfigMap/other/there", "ClusterRole/role",
            ])
        #expect(state.notes.count == 1)
        let role = state.objects[key("ClusterRole.rbac.authorization.k8s.io/role")]
        #expect(role?.object(in: ApplySet(of: environment)).objectNamespace == nil)
    }

    @Test(
        "a kind that cannot be applied is refused with what to do",
        arguments: [
            ("nowhere.io/v1", "Thing", "install its CRD"),
            ("apps/v1beta1", "Deployment", "as apps/v1, not apps/v1beta1"),
        ])
    func refusals(version: String, kind: String, text: String) {
        let state = desired([service("cart", [object(kind, "x", version: version)])])
        #expect(state.refusals.first?.reason.contains(text) == true)
        #expect(state.objects.isEmpty)
    }

    @Test("an object in two services is applied by neither")
    func duplicates() {
        let state = desired([service("a", [configMap("same")]), service("b", [configMap("same")])])
        #expect(state.objects.isEmpty && state.refusals.count == 1)
        #expect(state.refusals.first?.reason.contains("services a and b") == true)
    }

    @Test("an object carries our marks, and keeps its own")
    func marks() {
        var own = configMap("a", annotations: ["acme.io/own": "1"])
        own["metadata"]?["labels"] = ["app": "a"]
        let state = desired([service("cart", [own])])
        let sent = state.objects[key("ConfigMap/shop/a")]?.object(in: ApplySet(of: environment))
        #expect(sent?.label("app") == "a" && sent?.label(Conventions.serviceLabel) == "cart")
        #expect(sent?.annotation("acme.io/own") == "1")
        #expect(sent?.annotation(Conventions.objectAnnotation) == "ConfigMap/shop/a")
    }
}

@Suite("A plan's steps")
struct StepTests {
    private static let wanted = configMap("a")
    private static let digest = manifest(wanted, service: "cart").digest

    @Test(
        "what happens to an object depends on what is there",
        arguments: [
            (nil, nil, Plan.Step.create),
            (Member.Sync.proven, "old", .configure),
            (.proven, "same", .leave),
            (.unproven, "same", .verify),
            (.drifted, "same", .configure),
        ] as [(Member.Sync?, String?, Plan.Step)])
    func steps(sync: Member.Sync?, digest: String?, expected: Plan.Step) {
        let members = sync.map {
            [member("ConfigMap/shop/a", digest: digest == "same" ? Self.digest : "old", sync: $0)]
        }
        let plan = plan([service("cart", [Self.wanted])], live: live(members ?? []))
        #expect(plan.services.first?.items.first?.step == expected)
    }

    @Test("an object that moved to another service is written again")
    func movedService() {
        let plan = plan(
            [service("shop", [Self.wanted])], live: live([member("ConfigMap/shop/a", digest: Self.digest)]))
        #expect(plan.services.first?.items.first?.step == .configure)
    }

    @Test("a member of another ApplySet is refused, even when the manifest says adopt")
    func anotherSet() {
        var state = LiveState()
        let theirs: Value = ["metadata": ["name": "a", "labels": [Conventions.applySetPartOfLabel: "applyset-x-v1"]]]
        state.strangers[key("ConfigMap/shop/a")] = Stranger(
            theirs, key: key("ConfigMap/shop/a"), in: ApplySet(of: environment))
        let adopting = configMap("a", annotations: [Conventions.adoptAnnotation: "true"])
        guard case .refuse(let reason) = plan([service("cart", [adopting])], live: state).services[0].items[0].step
        else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("another ApplySet"))
    }

    @Test("services that need each other are named with their circle; a missing one is named")
    func needs() {
        let problems = Needs.problems(in: [
            service("a", needs: ["b"]), service("b", needs: ["c"]), service("c", needs: ["a"]),
            service("d", needs: ["a"]), service("e", needs: ["nobody"]),
        ])
        #expect(problems[name("a")] == "it needs itself: a → b → c → a")
        #expect(problems[name("d")] == nil)
        #expect(problems[name("e")]?.contains("nobody") == true)
    }
}

@Suite("The prune budget")
struct BudgetTests {
    @Test(
        "more than the limit or the share needs a person; a single object never does",
        arguments: [
            (0, 100, false), (1, 1, false), (1, 3, false), (2, 10, false), (2, 9, true), (10, 50, false),
            (11, 1000, true),
        ])
    func isOver(count: Int, total: Int, expected: Bool) {
        #expect(PrunePlan.isOver(PruneBudget(limit: 10, percent: 20), deleting: count, of: total) == expected)
    }

    @Test("a claim is held by itself, the rest of a small prune goes")
    func heldKind() {
        let state = live([
            member("PersistentVolumeClaim/shop/data"), member("ConfigMap/shop/a"),
            member("ConfigMap/shop/b", digest: "b"),
        ])
        let plan = plan([], live: state, prune: PruneBudget(limit: 10, percent: 100))
        #expect(plan.prune.held.items.map(\.key) == [key("PersistentVolumeClaim/shop/data")])
        #expect(plan.prune.ready.count == 2)
        let confirmed = Plan(
            desired([]), live: state,
            environment: Environment(name: name("dev"), namespace: "shop", prune: PruneBudget(limit: 10, percent: 100)),
            confirmed: [.prune: Confirmation(hash: plan.prune.held.hash)])
        #expect(confirmed.prune.held.isEmpty && confirmed.prune.ready.count == 3)
    }

    @Test("a confirmation of another list lets nothing go")
    func otherHash() {
        let before = plan([], live: live([member("ConfigMap/shop/a"), member("ConfigMap/shop/b")]))
        let now = plan(
            [], live: live([member("ConfigMap/shop/a"), member("ConfigMap/shop/c")]), confirmed: before.prune.held.hash)
        #expect(before.prune.held.items.count == 2)
        #expect(now.prune.ready.isEmpty && now.prune.held.items.count == 2)
    }

    @Test(
        "what must stay stays",
        arguments: [
            ("ConfigMap/shop/a", [Conventions.pruneAnnotation: "disabled"]), ("Namespace/default", [:]),
            ("Namespace/kube-system", [:]), ("ConfigMap/shop/copy", [Conventions.objectAnnotation: "ConfigMap/shop/a"]),
        ] as [(String, [String: String])])
    func protected(text: String, annotations: [String: String]) {
        let plan = plan(
            [], live: live([member(text, annotations: annotations)]), prune: PruneBudget(limit: 10, percent: 100))
        #expect(plan.prune.ready.isEmpty && plan.prune.held.isEmpty)
    }

    @Test("the same object under another API group is not pruned")
    func sameUID() {
        var here = member("ConfigMap/shop/a")
        let there = member("Widget.acme.io/shop/a")
        // Both listings show one object: one uid.
        let set = ApplySet(of: environment)
        var object: Value = ["metadata": ["name": "a", "uid": .string(there.1.uid), "resourceVersion": "5"]]
        object["metadata"]?["labels"] = [Conventions.applySetPartOfLabel: .string(set.id)]
        object["metadata"]?["annotations"] = [Conventions.objectAnnotation: .string(here.0.identity)]
        here.1 = Member(object, key: here.0, in: set, sync: .proven, health: .healthy)
        let plan = plan([service("cart", [configMap("a")])], live: live([here, there]))
        #expect(plan.prune.ready.isEmpty && plan.prune.held.isEmpty)
    }
}

@Suite("The ApplySet's parent")
struct ApplySetTests {
    @Test("its id follows KEP-3659")
    func id() {
        // printf 'kubernaut-dev.shop.ConfigMap.' | sha256sum, in base64url without padding.
        #expect(ApplySet(of: environment).id == "applyset-dW1PRfY3mkmtSQkddDU4ruzxDM_gngOEOiUcYcGa9_w-v1")
    }

    @Test("what it announces is read back the same")
    func roundTrip() throws {
        let set = ApplySet(of: environment)
        let contents = ApplySet.Contents(
            groupKinds: [GroupKind("Service"), GroupKind("Deployment.apps"), GroupKind("ConfigMap")],
            namespaces: ["shop", "other", "another"])
        let parent = set.parent(announcing: contents)
        #expect(parent.annotation(Conventions.applySetGroupKindsAnnotation) == "ConfigMap,Deployment.apps,Service")
        #expect(parent.annotation(Conventions.applySetNamespacesAnnotation) == "another,other")
        #expect(try set.contents(of: parent) == contents)
    }

    @Test("somebody's own ConfigMap of that name is no parent")
    func notOurs() {
        #expect(throws: ClusterError.self) {
            try ApplySet(of: environment).contents(of: object("ConfigMap", "kubernaut-dev", namespace: "shop"))
        }
    }
}
