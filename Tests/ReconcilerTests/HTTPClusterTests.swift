import Domain
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

/// An environment in a namespace of its own.
struct Field {
    let cluster: CountingCluster
    let environment: Environment
    let repository = TestRepository()
    let history = TestHistory()

    init(_ backend: Backend, mode: Environment.ApplyMode = .serverSide) async throws {
        cluster = CountingCluster(try await backend.connect())
        let suffix = String((0..<8).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() ?? "x" })
        environment = Environment(
            name: name("t-\(suffix)"), applyMode: mode, prune: PruneBudget(limit: 1000, percent: 100))
    }

    /// The same environment in another mode.
    init(_ other: Field, mode: Environment.ApplyMode) {
        cluster = other.cluster
        environment = Environment(name: other.environment.name, applyMode: mode, prune: other.environment.prune)
    }

    /// The same cluster, seen by another environment.
    init(_ other: Field, as environment: Environment) {
        cluster = other.cluster
        self.environment = environment
    }

    var rooms: EnvironmentLoop.Rooms {
        EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: history, logger: .silent)
    }

    /// Everything that carries our label, of all the kinds that the tests use.
    func members() async throws -> Set<String> {
        let set = ApplySet(of: environment)
        var found: Set<String> = []
        for kind in [
            "ServiceAccount", "Role.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io", "ConfigMap",
            "Secret", "Service", "Deployment.apps", "Job.batch", "Ingress.networking.k8s.io",
        ] {
            let resource = try #require(
                try await cluster.inner.discovery(refresh: false).resource(for: GroupKind(kind)))
            let list = try await cluster.inner.list(resource, namespace: nil, labels: set.selector, detail: .metadata)
            for object in list.items { found.insert("\(resource.kind.kind)/\(object.objectName ?? "")") }
        }
        return found
    }

    /// One pass of a daemon that has just started.
    func pass(_ services: [RenderedService]) async -> PassRecord {
        let commit = repository.commit(services)
        let loop = EnvironmentLoop(environment, cluster: cluster, rooms: rooms) { _ in }
        let snapshot = SourceSnapshot(
            commit: repository.state.withLock { $0.commits[commit] }, root: "environments", files: [:])
        return await loop.runOnce(.request, over: snapshot)
    }

    func get(_ text: String, _ version: String = "v1") async throws -> Value? {
        let kind = GroupKind(text.split(separator: "/").first.map(String.init) ?? "")
        let found = try await cluster.inner.discovery(refresh: false).resource(for: kind)
        let resource = try #require(found)
        return try await cluster.inner.get(
            resource, namespace: resource.isNamespaced ? environment.namespace : nil,
            name: String(text.split(separator: "/").last ?? ""), detail: .whole)
    }
}

@Suite("Against a cluster over HTTP", .timeLimit(.minutes(3)))
struct HTTPClusterTests {
    private func shop(_ image: String = "shop:1") -> [Value] {
        [
            object("ServiceAccount", "shop"),
            object(
                "Role", "shop", version: "rbac.authorization.k8s.io/v1",
                ["rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]]]]),
            object(
                "RoleBinding", "shop", version: "rbac.authorization.k8s.io/v1",
                [
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "shop"],
                    "subjects": [["kind": "ServiceAccount", "name": "shop"]],
                ]),
            configMap("settings"), object("Secret", "token", ["stringData": ["token": "s3cret"]]),
            object(
                "Service", "shop",
                [
                    "spec": [
                        "selector": ["app": "shop"],
                        "ports": [
                            ["name": "http", "port": 80, "protocol": "TCP"],
                            ["name": "admin", "port": 81, "protocol": "TCP"],
                        ],
                    ]
                ]),
            object(
                "Deployment", "shop", version: "apps/v1",
                [
                    "spec": [
                        "replicas": 2, "selector": ["matchLabels": ["app": "shop"]],
                        "template": [
                            "metadata": ["labels": ["app": "shop"]],
                            "spec": [
                                "containers": [
                                    [
                                        "name": "shop", "image": .string(image),
                                        "resources": ["limits": ["cpu": "1000m", "memory": "1Gi"]],
                                    ]
                                ]
                            ],
                        ],
                    ]
                ]),
            object(
                "Ingress", "shop", version: "networking.k8s.io/v1",
                [
                    "spec": [
                        "rules": [
                            [
                                "host": "shop.acme.io",
                                "http": [
                                    "paths": [
                                        [
                                            "path": "/", "pathType": "Prefix",
                                            "backend": ["service": ["name": "shop", "port": ["name": "http"]]],
                                        ]
                                    ]
                                ],
                            ]
                        ]
                    ]
                ]),
        ]
    }

    @Test("a first apply, a restart, a new image and a prune", arguments: Backend.all)
    func story(backend: Backend) async throws {
        let field = try await Field(backend)
        let first = await field.pass([service("shop", shop())])
        #expect(first.outcome == .succeeded, "\(first.reason) \(first.objects)")
        #expect(first.count(of: .created) == 8)

        field.cluster.forget()
        let second = await field.pass([service("shop", shop())])
        #expect(second.outcome == .succeeded && second.unchangedCount == 8, "\(second.reason) \(second.objects)")
        #expect(field.cluster.count.writes == 0)

        let third = await field.pass([service("shop", shop("shop:2"))])
        #expect(third.objects.map(\.action) == [.configured], "\(third.objects)")

        let fourth = await field.pass([service("shop", [configMap("settings")])])
        #expect(fourth.outcome == .succeeded && fourth.count(of: .deleted) == 7, "\(fourth.reason) \(fourth.objects)")
        let parent = try await field.get("ConfigMap/kubernaut-\(field.environment.name)")
        #expect(parent?.annotation(Conventions.applySetGroupKindsAnnotation) == "ConfigMap")
    }

    @Test("whole objects are put and put again", arguments: Backend.all)
    func replace(backend: Backend) async throws {
        let field = try await Field(backend, mode: .replace)
        let first = await field.pass([service("shop", shop())])
        #expect(first.outcome == .succeeded, "\(first.reason) \(first.objects)")
        let address = try await field.get("Service/shop")?[at: "spec", "clusterIP"]
        field.cluster.forget()
        let second = await field.pass([service("shop", shop())])
        #expect(second.unchangedCount == 8 && field.cluster.count.writes == 0, "\(second.objects)")
        var changed = shop("shop:2")
        changed[5]["metadata"]?["labels"] = ["changed": "yes"]
        let third = await field.pass([service("shop", changed)])
        #expect(third.outcome == .succeeded && third.count(of: .configured) == 2, "\(third.reason) \(third.objects)")
        #expect(try await field.get("Service/shop")?[at: "spec", "clusterIP"] == address)
    }

    @Test("a field that git drops is removed, whatever mode or tool wrote it", arguments: Backend.all)
    func takeover(backend: Backend) async throws {
        let replacing = try await Field(backend, mode: .replace)
        let wide = object("ConfigMap", "settings", ["data": ["keep": "1", "drop": "1"]])
        let narrow = object("ConfigMap", "settings", ["data": ["keep": "1"]])
        _ = await replacing.pass([service("shop", [wide])])
        let applying = Field(replacing, mode: .serverSide)
        let record = await applying.pass([service("shop", [narrow])])
        #expect(record.outcome == .succeeded, "\(record.reason)")
        #expect(try await applying.get("ConfigMap/settings")?["data"] == ["keep": "1"])
    }

    /// Changes only by being made anew.
    private func fixed(_ value: String) -> Value {
        object(
            "ConfigMap", "fixed", annotations: [Conventions.recreateAnnotation: "allowed"],
            ["immutable": true, "data": ["value": .string(value)]])
    }

    @Test("a daemon that dies after any call leaves nothing that the next one does not mend", arguments: Backend.all)
    func crash(backend: Backend) async throws {
        let field = try await Field(backend)
        let before = [service("shop", shop() + [fixed("1")])]
        let after = [
            service(
                "shop",
                [
                    configMap("settings", "2"), object("Secret", "token", ["stringData": ["token": "2"]]),
                    fixed("2"),
                ])
        ]
        for (calls, services) in (1...26).flatMap({ [($0, before), ($0, after)] }) {
            field.cluster.forget(dyingAfter: calls)
            _ = await field.pass(services)
            field.cluster.forget()
            let record = await field.pass(services)
            #expect(record.outcome == .succeeded, "after \(calls) calls: \(record.reason)")
            let value = try await field.get("ConfigMap/fixed")?[at: "data", "value"]
            #expect(value == (services[0].manifests.count > 4 ? "1" : "2"))
            #expect(try await field.members() == Set(services[0].manifests.map { "\($0.kind.kind)/\($0.name)" }))
        }
    }

    @Test("a CRD and an object of its kind come in one revision", arguments: Backend.all)
    func customResource(backend: Backend) async throws {
        let field = try await Field(backend)
        let group = "\(field.environment.name).acme.io"
        let definition = object(
            "CustomResourceDefinition", "widgets.\(group)", version: "apiextensions.k8s.io/v1",
            [
                "spec": [
                    "group": .string(group), "scope": "Namespaced",
                    "names": ["kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true,
                            "schema": [
                                "openAPIV3Schema": [
                                    "type": "object",
                                    "properties": [
                                        "spec": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
                                    ],
                                ]
                            ],
                        ]
                    ],
                ]
            ])
        let widget = object("Widget", "blue", version: "\(group)/v1", ["spec": ["size": 3]])
        let record = await field.pass([service("shop", [widget, definition])])
        #expect(record.outcome == .succeeded, "\(record.reason) \(record.objects)")
        #expect(try await field.get("Widget.\(group)/blue")?[at: "spec", "size"] == 3)
    }

    @Test("an object that exists is refused, and adopted when asked", arguments: Backend.all)
    func adoption(backend: Backend) async throws {
        let field = try await Field(backend)
        _ = await field.pass([service("base", [configMap("base")])])
        let resource = try #require(
            try await field.cluster.discovery(refresh: false).resource(for: GroupKind("ConfigMap")))
        _ = try await field.cluster.inner.create(
            object("ConfigMap", "settings", namespace: field.environment.namespace, ["data": ["value": "theirs"]]),
            in: resource, dryRun: false)
        let refused = await field.pass([service("base", [configMap("base"), configMap("settings")])])
        #expect(refused.outcome == .incomplete && refused.count(of: .failed) == 1)
        let adopting = configMap("settings", annotations: [Conventions.adoptAnnotation: "true"])
        let adopted = await field.pass([service("base", [configMap("base"), adopting])])
        #expect(adopted.outcome == .succeeded, "\(adopted.reason)")
        #expect(try await field.get("ConfigMap/settings")?[at: "data", "value"] == "1")
    }

    @Test("drift is healed, and an idle daemon sends nothing", arguments: Backend.all)
    func drift(backend: Backend) async throws {
        let field = try await Field(backend)
        let loop = EnvironmentLoop(field.environment, cluster: field.cluster, rooms: field.rooms) { _ in }
        // Ended by `stop()` below.
        let running = Task { try await loop.run() }
        // Where nobody makes pods, a Deployment never becomes ready, and the daemon would ask why: it comes later there.
        let (whole, kind) = (shop(), "Deployment")
        let first = backend.makesPods ? whole : whole.filter { $0["kind"]?.string != kind }
        loop.request(.start, at: field.repository.commit([service("shop", first)]))
        await eventually { loop.book.current.lastPass?.outcome == .succeeded && !loop.book.current.isReconciling }
        let kinds = loop.bench.index.kinds
        await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } }
        // Controllers come to rest first, where there are any.
        try await Task.sleep(for: .seconds(2))
        field.cluster.forget()
        try await Task.sleep(for: .seconds(1))
        #expect(field.cluster.count.calls == 0)
        if !backend.makesPods {
            let commit = field.repository.commit([service("shop", whole)])
            loop.request(.poll, at: commit)
            await eventually { loop.book.current.appliedCommit == commit && !loop.book.current.isReconciling }
            let kinds = loop.bench.index.kinds
            await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } }
        }

        let discovery = try await field.cluster.discovery(refresh: false)
        let maps = try #require(discovery.resource(for: GroupKind("ConfigMap")))
        let start = ContinuousClock.now
        _ = try await field.cluster.inner.delete(
            maps, namespace: field.environment.namespace, name: "settings", preconditions: Preconditions(),
            propagation: .background, dryRun: false)
        await eventually { field.history.records.contains { $0.trigger == .drift } }
        let latency = ContinuousClock.now - start
        #expect(latency < .seconds(2), "healed after \(latency)")
        #expect(try await field.get("ConfigMap/settings") != nil)

        let deployments = try #require(discovery.resource(for: GroupKind("Deployment.apps")))
        for _ in 0..<5 {
            var live = try #require(try await field.get("Deployment.apps/shop"))
            live["spec"]?["replicas"] = 7
            // The controller may write between reading and writing.
            if (try? await field.cluster.inner.replace(live, in: deployments, dryRun: false)) != nil { break }
        }
        await eventually { field.history.records.count { $0.trigger == .drift } == 2 }
        #expect(try await field.get("Deployment.apps/shop")?[at: "spec", "replicas"] == 2)
        loop.stop()
        try await running.value
    }
}
