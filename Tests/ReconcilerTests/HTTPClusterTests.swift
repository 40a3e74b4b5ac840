import Domain
import EmbeddedCluster
import HTTPServer
import KubernetesAPI
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

/// A cluster behind HTTP: the embedded one always, a real API server where there is one.
struct Backend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let connect: @Sendable () async throws -> any Cluster

    static let all = [embedded] + (ControlPlane.isAvailable ? [real] : [])

    static let embedded = Backend(testDescription: "embedded") {
        var access = ClusterAccess(server: "http://127.0.0.1:\(try await server.value)")
        access.credentials = .none
        return KubernetesCluster(access, version: "test")
    }
    // Never cancelled: lives as long as the test process.
    private static let server = Task {
        let cluster = EmbeddedCluster()
        let server = WebServer(handler: cluster.handler)
        let port = try server.start()
        Task { try await cluster.run() }
        return port
    }

    static let real = Backend(testDescription: "kube-apiserver") {
        let plane = try await ControlPlane.shared()
        var access = ClusterAccess(server: plane.url)
        access.authorities = .inline(Secret(plane.authorities))
        access.credentials = .token(Secret(plane.token))
        return KubernetesCluster(access, version: "test")
    }
}

/// Passes every call on and counts it.
final class CountingCluster: Cluster {
    struct Count {
        var calls = 0
        var writes = 0
        var watches = 0
    }

    let inner: any Cluster
    private let state = Lock(Count())
    init(_ inner: any Cluster) { self.inner = inner }

    var count: Count { state.withLock { $0 } }
    func forget() { state.withLock { $0 = Count() } }
    private func note(write: Bool = false) {
        state.withLock { count in
            count.calls += 1
            if write { count.writes += 1 }
        }
    }

    func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        try await inner.discovery(refresh: refresh)
    }
    func get(_ resource: APIResource, namespace: String?, name: String, detail: Detail) async throws(ClusterError)
        -> Value?
    {
        note()
        return try await inner.get(resource, namespace: namespace, name: name, detail: detail)
    }
    func list(_ resource: APIResource, namespace: String?, labels: String, detail: Detail) async throws(ClusterError)
        -> ObjectList
    {
        note()
        return try await inner.list(resource, namespace: namespace, labels: labels, detail: detail)
    }
    func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        state.withLock { $0.watches += 1 }
        return inner.watch(resource, namespace: namespace, labels: labels, from: resourceVersion, detail: detail)
    }
    func apply(_ object: Value, to resource: APIResource, force: Bool, dryRun: Bool) async throws(ClusterError)
        -> WriteResult
    {
        note(write: !dryRun)
        return try await inner.apply(object, to: resource, force: force, dryRun: dryRun)
    }
    func create(_ object: Value, in resource: APIResource, dryRun: Bool) async throws(ClusterError) -> WriteResult {
        note(write: !dryRun)
        return try await inner.create(object, in: resource, dryRun: dryRun)
    }
    func replace(_ object: Value, in resource: APIResource, dryRun: Bool) async throws(ClusterError) -> WriteResult {
        note(write: !dryRun)
        return try await inner.replace(object, in: resource, dryRun: dryRun)
    }
    func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool {
        note(write: !dryRun)
        return try await inner.delete(
            resource, namespace: namespace, name: name, preconditions: preconditions, propagation: propagation,
            dryRun: dryRun)
    }
}

/// An environment in a namespace of its own.
private struct Field {
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

    var rooms: EnvironmentLoop.Rooms {
        EnvironmentLoop.Rooms(
            source: repository, render: repository.renderer, history: history, logger: .silent)
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
        loop.request(.start, at: field.repository.commit([service("shop", shop())]))
        await eventually { loop.book.current.lastPass?.outcome == .succeeded && !loop.book.current.isReconciling }
        let kinds = loop.bench.index.kinds
        await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } }
        // Controllers come to rest first, where there are any.
        try await Task.sleep(for: .seconds(2))
        field.cluster.forget()
        try await Task.sleep(for: .seconds(1))
        #expect(field.cluster.count.calls == 0)

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
