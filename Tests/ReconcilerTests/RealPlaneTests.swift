import Domain
import KubernetesAPI
import Lifecycle
import Logging
import TestKit
import Testing

@testable import Reconciler

/// A real API server with its controllers and RBAC, which goes down and comes back with an older past.
@Suite(
    "A real control plane", .enabled(if: ControlPlane.hasControllers), .timeLimit(.minutes(5)), .serialized)
struct RealPlaneTests {
    private func client(_ plane: ControlPlane, token: String? = nil) -> KubernetesCluster {
        var access = ClusterAccess(server: plane.url)
        access.authorities = .inline(Secret(plane.authorities))
        access.credentials = .token(Secret(token ?? plane.token))
        return KubernetesCluster(access, version: "test")
    }

    private struct Run {
        let loop: EnvironmentLoop
        let repository: TestRepository
        let history: TestHistory
        let running: Task<Void, any Error>

        init(_ environment: Environment, _ cluster: KubernetesCluster) {
            let (repository, history) = (TestRepository(), TestHistory())
            let rooms = EnvironmentLoop.Rooms(
                source: repository, render: repository.renderer, history: history, logger: .silent)
            let loop = EnvironmentLoop(environment, cluster: cluster, rooms: rooms) { _ in }
            (self.loop, self.repository, self.history) = (loop, repository, history)
            // Ended by `end()`.
            running = Task { try await loop.run() }
        }

        func applies(_ services: [RenderedService]) async -> CommitID {
            let commit = repository.commit(services)
            loop.request(.poll, at: commit)
            let loop = loop
            await eventually { loop.book.current.appliedCommit == commit }
            return commit
        }

        func end() async throws {
            loop.stop()
            try await running.value
        }
    }

    private func objects(
        _ kind: String, in namespace: String, _ cluster: KubernetesCluster
    ) async throws -> [Value] {
        let found = try await cluster.discovery(refresh: false).resource(for: GroupKind(kind))
        return try await cluster.list(
            try #require(found), namespace: namespace, labels: "", detail: .whole
        ).items
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(50)) }
    }

    private func environment(_ text: String) -> Environment {
        Environment(name: name(text), namespace: text, prune: PruneBudget(limit: 100, percent: 100))
    }

    @Test("controllers do their part: replica sets appear and are collected, finalizers hold, a namespace comes back")
    func mainJob() async throws {
        let plane = try await ControlPlane(authorization: "RBAC", withControllers: true)
        let cluster = client(plane)
        let run = Run(environment("shop"), cluster)
        let held = object(
            "ConfigMap", "held",
            ["metadata": ["name": "held", "finalizers": ["kubernaut.dev/test"]], "data": ["value": "1"]])
        let cart = service("cart", [configMap("settings"), StormTests.deployment("cart:1")])
        _ = await run.applies([cart, service("held", [held])])
        try await until { try await objects("ReplicaSet.apps", in: "shop", cluster).count == 1 }
        try await until { try await objects("Pod", in: "shop", cluster).count == 2 }

        // Out of git: the pods go with their owner, and what a finalizer holds is waited for without a fuss.
        _ = await run.applies([service("cart", [configMap("settings")])])
        try await until { try await objects("ReplicaSet.apps", in: "shop", cluster).isEmpty }
        try await until { try await objects("Pod", in: "shop", cluster).isEmpty }
        var dying = try #require(
            try await cluster.get(ApplySet.resource, namespace: "shop", name: "held", detail: .whole))
        #expect(dying[at: "metadata", "deletionTimestamp"] != nil)
        dying["metadata"]?["finalizers"] = []
        _ = try await cluster.replace(dying, in: ApplySet.resource, dryRun: false)
        try await until {
            try await cluster.get(ApplySet.resource, namespace: "shop", name: "held", detail: .metadata) == nil
        }

        // Somebody deletes the whole namespace.
        try await cluster.delete(
            Foundation.namespaces, namespace: nil, name: "shop", preconditions: Preconditions(),
            propagation: .background, dryRun: false)
        try await until {
            let found = try await cluster.get(ApplySet.resource, namespace: "shop", name: "settings", detail: .metadata)
            let space = try await cluster.get(Foundation.namespaces, namespace: nil, name: "shop", detail: .metadata)
            return found != nil && space?[at: "metadata", "deletionTimestamp"] == nil
        }
        try await run.end()
        try await limited(plane)
        try await restarted(plane)
    }

    /// An account with a Role in one namespace, and nothing else.
    private func limited(_ plane: ControlPlane) async throws {
        let admin = client(plane)
        let discovery = try await admin.discovery(refresh: false)
        func apply(_ object: Value) async throws {
            let kind = try #require(object.groupVersionKind)
            _ = try await admin.apply(
                object, to: try #require(discovery.resource(for: kind)), force: true, dryRun: false)
        }
        let rbac = "rbac.authorization.k8s.io/v1"
        try await apply(object("Namespace", "small"))
        try await apply(
            object(
                "Role", "kubernaut", version: rbac, namespace: "small",
                [
                    "rules": [
                        [
                            "apiGroups": ["", "apps"], "resources": ["configmaps", "deployments"],
                            "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
                        ]
                    ]
                ]))
        try await apply(
            object(
                "RoleBinding", "kubernaut", version: rbac, namespace: "small",
                [
                    "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "kubernaut"],
                    "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "limited"]],
                ]))
        let run = Run(environment("small"), client(plane, token: plane.limitedToken))
        _ = await run.applies([service("cart", [configMap("settings"), StormTests.deployment("cart:1")])])
        try await admin.delete(
            ApplySet.resource, namespace: "small", name: "settings", preconditions: Preconditions(),
            propagation: .background, dryRun: false)
        try await until {
            try await admin.get(ApplySet.resource, namespace: "small", name: "settings", detail: .metadata) != nil
        }
        _ = await run.applies([service("cart", [configMap("settings")])])
        try await until { try await objects("Deployment.apps", in: "small", admin).isEmpty }
        try await run.end()
    }

    /// The server goes down and comes back, first as it was, then with etcd's data from before.
    private func restarted(_ plane: ControlPlane) async throws {
        let cluster = client(plane)
        let run = Run(environment("past"), cluster)
        let loop = run.loop
        _ = await run.applies([service("cart", [configMap("same"), configMap("changed"), configMap("old")])])
        func value(_ name: String) async throws -> Value? {
            try await cluster.get(ApplySet.resource, namespace: "past", name: name, detail: .whole)
        }
        plane.stop()
        let backup = try TemporaryFolder("backup")
        try plane.saveData(to: "\(backup.path)/etcd")
        try await plane.start()
        let kinds = loop.bench.index.kinds
        await eventually { kinds.allSatisfy { loop.bench.index.isFollowed($0) } }
        #expect(run.history.records.count == 1)
        _ = await run.applies([service("cart", [configMap("same"), configMap("changed", "2"), configMap("new")])])
        let uid = try await value("same")?.uid

        plane.stop()
        try plane.restoreData(from: "\(backup.path)/etcd")
        try await plane.start()
        try await until {
            let (changed, new, old) = (try await value("changed"), try await value("new"), try await value("old"))
            return changed?[at: "data", "value"] == "2" && new != nil && old == nil
        }
        #expect(try await value("same")?.uid == uid)
        let deleted = run.history.records.flatMap(\.objects).filter { $0.action == .deleted }.map(\.key.name)
        #expect(Set(deleted) == ["old"])
        try await run.end()
    }
}
