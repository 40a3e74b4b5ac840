// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPClient
import JSON
import KubernetesAPI
import TestKit
import Testing

/// Against a real kube-apiserver: it decides what the codes must be.
@Suite("Real API server", .enabled(if: ControlPlane.isAvailable), .timeLimit(.minutes(2)))
struct RealServerTests {
    let cluster: KubernetesCluster
    let plane: ControlPlane

    init() async throws {
        plane = try await ControlPlane.shared()
        // Through the kubeconfig, as an operator would.
        cluster = KubernetesCluster(
            try ClusterAccess.find(kubeconfig: plane.kubeconfig, environment: [:]), version: "test")
    }

    func resource(_ group: String, _ version: String, _ kind: String) async throws -> APIResource {
        let discovery = try await cluster.discovery(refresh: false)
        return try #require(discovery.resource(for: GroupVersionKind(group: group, version: version, kind: kind)))
    }

    func namespace(_ name: String) async throws {
        let namespaces = try await resource("", "v1", "Namespace")
        _ = try await cluster.apply(
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]], to: namespaces,
            force: false, dryRun: false)
    }

    func failure(_ body: () async throws(ClusterError) -> Void) async -> ClusterError? { await clusterError(body) }

    @Test("discovery knows built-in kinds with scope and verbs, and the server its version")
    func discovers() async throws {
        let discovery = try await cluster.discovery(refresh: false)
        let deployment = try #require(
            discovery.resource(for: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")))
        #expect(deployment.plural == "deployments")
        #expect(deployment.isNamespaced)
        #expect(deployment.verbs.contains("patch"))
        #expect(discovery.resource(for: GroupKind(group: "", kind: "Namespace"))?.isNamespaced == false)
        #expect(
            discovery.resource(for: GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler"))?.kind.version
                == "v2")
        #expect(discovery.unavailable.isEmpty)
        #expect(try await cluster.serverVersion().hasPrefix("v1."))
    }

    @Test("schemas are listed with the hash of their content, and read")
    func schemas() async throws {
        let places = try await cluster.openAPIDocuments()
        let apps = try #require(places["apps/v1"])
        #expect(apps.hash?.isEmpty == false)
        #expect(places["v1"] != nil)
        let document = try parseJSON(try await cluster.openAPIDocument(at: apps))
        let schemas = document[at: "components", "schemas"]
        #expect(schemas?["io.k8s.api.apps.v1.Deployment"]?["x-kubernetes-group-version-kind"] != nil)
    }

    @Test("an object is applied, read, listed, watched and deleted")
    func lives() async throws {
        let resource = try await resource("", "v1", "ConfigMap")
        var object = Value.configMap("lives", namespace: "default")
        object["metadata"]?["labels"] = ["suite": "lives"]
        object["data"] = ["greeting": "grüß"]
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
        #expect(read?.groupVersionKind == resource.kind)
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

    @Test("dry runs change nothing")
    func dryRuns() async throws {
        let resource = try await resource("", "v1", "ConfigMap")
        let object = Value.configMap("dry", namespace: "default")
        #expect(try await cluster.apply(object, to: resource, force: false, dryRun: true).wasCreated)
        #expect(try await cluster.create(object, in: resource, dryRun: true).wasCreated)
        #expect(try await cluster.get(resource, namespace: "default", name: "dry", detail: .whole) == nil)
        let made = try await cluster.create(object, in: resource, dryRun: false)
        let isAccepted = try await cluster.delete(
            resource, namespace: "default", name: "dry", preconditions: .init(uid: made.object.uid),
            propagation: .background, dryRun: true)
        #expect(isAccepted)
        #expect(try await cluster.get(resource, namespace: "default", name: "dry", detail: .whole) != nil)
    }

    @Test("who was first, which version and whose field it is: three different refusals")
    func conflicts() async throws {
        let resource = try await resource("", "v1", "ConfigMap")
        var object = Value.configMap("conflicts", namespace: "default")
        object["data"] = ["a": "1"]
        let made = try await cluster.create(object, in: resource, dryRun: false)
        let second = await failure { () throws(ClusterError) in
            _ = try await cluster.create(object, in: resource, dryRun: false)
        }
        #expect(second?.code == .alreadyExists)
        var stale = made.object
        stale["data"] = ["a": "2"]
        _ = try await cluster.replace(stale, in: resource, dryRun: false)
        let old = await failure { () throws(ClusterError) in
            _ = try await cluster.replace(stale, in: resource, dryRun: false)
        }
        #expect(old?.code == .conflict)
        // Fields written by POST and PUT belong to another operation of the same manager.
        object["data"] = ["a": "3"]
        let owned = await failure { () throws(ClusterError) in
            _ = try await cluster.apply(object, to: resource, force: false, dryRun: false)
        }
        #expect(owned?.code == .conflict)
        #expect(owned?.causes.map(\.field) == [".data.a"])
        #expect(owned?.causes.first?.message.contains("kubernaut") == true)
        _ = try await cluster.apply(object, to: resource, force: true, dryRun: false)
        let wrongUID = await failure { () throws(ClusterError) in
            try await cluster.delete(
                resource, namespace: "default", name: "conflicts", preconditions: .init(uid: "another"),
                propagation: .background, dryRun: false)
        }
        #expect(wrongUID?.code == .conflict)
    }

    @Test("what can never succeed is told apart: schema, immutability, size, namespace, kind")
    func permanent() async throws {
        let services = try await resource("", "v1", "Service")
        var service: Value = [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": "permanent", "namespace": "default"],
            "spec": ["ports": [["port": 80, "protocol": "TCP"]], "clusterIP": "10.0.0.77"],
        ]
        _ = try await cluster.apply(service, to: services, force: true, dryRun: false)
        service["spec"]?["clusterIP"] = "10.0.0.78"
        let moved = await failure { () throws(ClusterError) in
            _ = try await cluster.apply(service, to: services, force: true, dryRun: false)
        }
        #expect(moved?.code == .immutable)
        service["spec"] = ["ports": [["port": 70_000, "protocol": "TCP"]]]
        let outOfRange = await failure { () throws(ClusterError) in
            _ = try await cluster.apply(service, to: services, force: true, dryRun: false)
        }
        #expect(outOfRange?.code == .invalid)
        service["spec"] = ["prots": []]
        let typo = await failure { () throws(ClusterError) in
            _ = try await cluster.create(service, in: services, dryRun: false)
        }
        #expect(typo?.code == .invalid)
        #expect(typo?.detail.contains("prots") == true)
        let maps = try await resource("", "v1", "ConfigMap")
        for size in [1_200_000, 4_000_000] {
            var large = Value.configMap("large", namespace: "default")
            large["data"] = ["a": .string(String(repeating: "x", count: size))]
            let refused = await failure { () throws(ClusterError) in
                _ = try await cluster.apply(large, to: maps, force: true, dryRun: false)
            }
            #expect(refused?.code == (size > 3_000_000 ? .tooLarge : .invalid), "\(refused?.detail ?? "")")
        }
        let nowhere = await failure { () throws(ClusterError) in
            _ = try await cluster.apply(.configMap("x", namespace: "no-such"), to: maps, force: true, dryRun: false)
        }
        #expect(nowhere?.code == .notFound)
        for group in ["", "no.such.group"] {
            let unknown = APIResource(
                kind: GroupVersionKind(group: group, version: "v1", kind: "Unknown"), plural: "unknowns",
                isNamespaced: true, verbs: [])
            let error = await failure { () throws(ClusterError) in
                _ = try await cluster.get(unknown, namespace: "default", name: "x", detail: .whole)
            }
            #expect(error?.code == .unknownKind)
        }
    }

    @Test("a namespace on its way out takes nothing new")
    func terminating() async throws {
        // Nobody runs here who would finish the deletion, so the namespace stays as it is.
        try await namespace("leaving")
        let namespaces = try await resource("", "v1", "Namespace")
        try await cluster.delete(
            namespaces, namespace: nil, name: "leaving", preconditions: .init(), propagation: .background,
            dryRun: false)
        let maps = try await resource("", "v1", "ConfigMap")
        let error = await failure { () throws(ClusterError) in
            _ = try await cluster.apply(.configMap("x", namespace: "leaving"), to: maps, force: true, dryRun: false)
        }
        #expect(error?.code == .terminating)
    }

    @Test("lists longer than a page come whole")
    func pages() async throws {
        try await namespace("pages")
        let maps = try await resource("", "v1", "ConfigMap")
        let cluster = cluster
        try await withThrowingTaskGroup { group in
            for number in 0..<620 {
                group.addTask {
                    _ = try await cluster.create(.configMap("m\(number)", namespace: "pages"), in: maps, dryRun: false)
                }
            }
            try await group.waitForAll()
        }
        let list = try await cluster.list(maps, namespace: "pages", labels: "", detail: .whole)
        #expect(Set(list.items.compactMap(\.objectName)).count == 620)
        #expect(list.items.allSatisfy { $0.groupVersionKind == maps.kind })
        let metadata = try await cluster.list(maps, namespace: "pages", labels: "", detail: .metadata)
        #expect(metadata.items.count == 620)
    }

    @Test("a refused token is unauthorized; a foreign authority is not trusted")
    func refused() async throws {
        var access = ClusterAccess(server: plane.url)
        access.authorities = .inline(Secret(plane.authorities))
        access.credentials = .token(Secret("wrong"))
        let maps = try await resource("", "v1", "ConfigMap")
        let stranger = KubernetesCluster(access, version: "test")
        let error = await failure { () throws(ClusterError) in
            _ = try await stranger.get(maps, namespace: "default", name: "x", detail: .whole)
        }
        #expect(error?.code == .unauthorized)
        access.authorities = .inline(Secret(try String(contentsOfAuthority: TestAuthority())))
        let deceived = KubernetesCluster(access, version: "test")
        let untrusted = await failure { () throws(ClusterError) in
            _ = try await deceived.get(maps, namespace: "default", name: "x", detail: .whole)
        }
        #expect(untrusted?.code == .unreachable)
        #expect(untrusted?.detail.contains("self-signed certificate in certificate chain") == true)
        #expect(untrusted?.detail.hasSuffix("and the client certificate") == true)
    }

    @Test("calls and watches at once use one HTTP/2 connection")
    func multiplexes() async throws {
        let client = HTTPClient(.init(tls: .init(authorities: Array(plane.authorities.utf8))))
        let authorization = Secret("Bearer \(plane.token)")
        let watch = try await client.stream(
            .init("GET", "\(plane.url)/api/v1/pods?watch=true", authorization: authorization, timeout: nil))
        #expect(watch.head.version == "2")
        let url = plane.url
        let opened = try await withThrowingTaskGroup { group in
            for _ in 0..<50 {
                group.addTask {
                    try await client.send(.init("GET", "\(url)/api/v1/pods", authorization: authorization))
                        .openedConnections
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(opened == 0)
    }
}
