// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import TestKit
import Testing

/// Against a real kube-apiserver.
@Suite("Real API server", .enabled(if: ControlPlane.isAvailable), .timeLimit(.minutes(2)))
struct RealServerTests {
    func cluster() async throws -> KubernetesCluster {
        let plane = try await ControlPlane.shared()
        var access = ClusterAccess(server: plane.url)
        access.authorities = .inline(Secret(plane.authorities))
        access.credentials = .token(Secret(plane.token))
        return KubernetesCluster(access, version: "test")
    }

    static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")

    @Test("discovery knows built-in kinds with scope and verbs")
    func discovers() async throws {
        let discovery = try await cluster().discovery(refresh: false)
        let deployment = try #require(
            discovery.resource(for: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")))
        #expect(deployment.plural == "deployments")
        #expect(deployment.isNamespaced)
        #expect(deployment.verbs.contains("patch"))
        #expect(discovery.resource(for: GroupKind(group: "", kind: "Namespace"))?.isNamespaced == false)
        #expect(discovery.unavailable.isEmpty)
    }

    @Test("an object is applied, read, listed, watched and deleted")
    func lives() async throws {
        let cluster = try await cluster()
        let resource = try #require(try await cluster.discovery(refresh: false).resource(for: Self.configMap))
        let object: Value = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": "lives", "namespace": "default", "labels": ["suite": "lives"]],
            "data": ["greeting": "grüß"],
        ]
        let before = try await cluster.list(resource, namespace: "default", labels: "suite=lives", detail: .metadata)
        #expect(before.items.isEmpty)
        let applied = try await cluster.apply(object, to: resource, force: false, dryRun: false)
        #expect(applied.wasCreated)
        #expect(applied.object[at: "data", "greeting"] == "grüß")
        let again = try await cluster.apply(object, to: resource, force: false, dryRun: false)
        #expect(!again.wasCreated)
        #expect(again.object.resourceVersion == applied.object.resourceVersion)
        let read = try await cluster.get(resource, namespace: "default", name: "lives", detail: .metadata)
        #expect(read?["data"] == nil)
        #expect(read?.groupVersionKind == Self.configMap)
        #expect(read?.uid == applied.object.uid)
        let deleted = try await cluster.delete(
            resource, namespace: "default", name: "lives", preconditions: .init(uid: applied.object.uid),
            propagation: .background, dryRun: false)
        #expect(deleted)
        var seen: [String] = []
        let events = cluster.watch(
            resource, namespace: "default", labels: "suite=lives", from: before.resourceVersion, detail: .metadata)
        for try await event in events {
            switch event {
            case .added(let object): seen.append("added \(object.objectName ?? "")")
            case .modified: seen.append("modified")
            case .deleted(let object): seen.append("deleted \(object.objectName ?? "")")
            case .bookmark: break
            }
            if seen.count == 2 { break }
        }
        #expect(seen == ["added lives", "deleted lives"])
        #expect(try await cluster.get(resource, namespace: "default", name: "lives", detail: .whole) == nil)
    }
}
