// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import TestKit
import Testing

@Suite("Discovery", .timeLimit(.minutes(1)))
struct DiscoveryTests {
    static let aggregatedCore = """
        {"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{"metadata":{},"versions":[
        {"version":"v1","freshness":"Current","resources":[
         {"resource":"pods","responseKind":{"group":"","version":"v1","kind":"Pod"},"scope":"Namespaced",
          "verbs":["get","list"],"subresources":[{"subresource":"log","verbs":["get"]}]},
         {"resource":"bindings","responseKind":null,"scope":"Namespaced","verbs":["create"]}]}]}]}
        """
    static let aggregatedGroups = """
        {"kind":"APIGroupDiscoveryList","items":[
         {"metadata":{"name":"autoscaling"},"versions":[
          {"version":"v2","freshness":"Current","resources":[{"resource":"hpas","scope":"Namespaced","verbs":[],
           "responseKind":{"kind":"HPA","group":"autoscaling","version":"v2"}}]},
          {"version":"v1","freshness":"Current","resources":[{"resource":"hpas","scope":"Namespaced","verbs":[],
           "responseKind":{"kind":"HPA","group":"autoscaling","version":"v1"}}]}]},
         {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]}]}
        """

    @Test("the aggregated form takes two requests; a group that did not answer is unavailable, not gone")
    func aggregated() async throws {
        let server = try ScriptedServer { request in
            [.answer(200, request.target == "/api" ? Self.aggregatedCore : Self.aggregatedGroups)]
        }
        let discovery = try await server.cluster.discovery(refresh: false)
        #expect(server.requests.map(\.target) == ["/api", "/apis"])
        #expect(
            server.requests[0].headers["accept"]?.hasPrefix(
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,") == true)
        let pod = discovery.resource(for: GroupVersionKind(group: "", version: "v1", kind: "Pod"))
        #expect(pod?.plural == "pods")
        #expect(pod?.isNamespaced == true)
        #expect(pod?.verbs == ["get", "list"])
        #expect(discovery.resource(for: GroupKind(group: "autoscaling", kind: "HPA"))?.kind.version == "v2")
        #expect(discovery.resources.count == 3)
        #expect(discovery.unavailable == ["metrics.k8s.io/v1beta1"])
    }

    static let old: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step] = { request in
        let answers = [
            "/api": #"{"kind":"APIVersions","versions":["v1"]}"#,
            "/apis": """
            {"kind":"APIGroupList","groups":[
             {"name":"apps","versions":[{"groupVersion":"apps/v1beta1"},{"groupVersion":"apps/v1"}],
              "preferredVersion":{"groupVersion":"apps/v1"}},
             {"name":"metrics.k8s.io","versions":[{"groupVersion":"metrics.k8s.io/v1beta1"}]}]}
            """,
            "/api/v1": """
            {"kind":"APIResourceList","groupVersion":"v1","resources":[
             {"name":"pods","kind":"Pod","namespaced":true,"verbs":["get"]},
             {"name":"pods/log","kind":"Pod","namespaced":true,"verbs":["get"]},
             {"name":"nodes","kind":"Node","namespaced":false,"verbs":["get"]}]}
            """,
            "/apis/apps/v1":
                #"{"resources":[{"name":"deployments","kind":"Deployment","namespaced":true,"verbs":[]}]}"#,
            "/apis/apps/v1beta1":
                #"{"resources":[{"name":"deployments","kind":"Deployment","namespaced":true,"verbs":[]}]}"#,
        ]
        return [answers[request.target].map { .answer(200, $0) } ?? .answer(503, "service unavailable")]
    }

    @Test("servers without the aggregated form are asked group by group; one that fails is unavailable")
    func walked() async throws {
        let server = try ScriptedServer(Self.old)
        let discovery = try await server.cluster.discovery(refresh: false)
        #expect(discovery.resource(for: GroupKind(group: "", kind: "Pod"))?.plural == "pods")
        #expect(discovery.resource(for: GroupKind(group: "", kind: "Node"))?.isNamespaced == false)
        #expect(discovery.resource(for: GroupKind(group: "apps", kind: "Deployment"))?.kind.version == "v1")
        #expect(discovery.resources.count == 4)
        #expect(discovery.unavailable == ["metrics.k8s.io/v1beta1"])
    }

    @Test("the answer is remembered until someone asks to refresh; who asks at once shares one answer")
    func caches() async throws {
        let server = try ScriptedServer { request in
            [.answer(200, request.target == "/api" ? Self.aggregatedCore : Self.aggregatedGroups)]
        }
        let cluster = server.cluster
        try await withThrowingTaskGroup { group in
            for _ in 0..<10 { group.addTask { _ = try await cluster.discovery(refresh: false) } }
            try await group.waitForAll()
        }
        #expect(server.requests.count == 2)
        _ = try await cluster.discovery(refresh: true)
        #expect(server.requests.count == 4)
    }

    @Test("without an answer there is no discovery, rather than an empty one", arguments: [401, 403, 500])
    func refused(status: Int) async throws {
        let server = try ScriptedServer { _ in [.answer(status, "no")] }
        let error = await clusterError { () throws(ClusterError) in
            _ = try await server.cluster.discovery(refresh: false)
        }
        #expect(error?.status == status)
    }
}
