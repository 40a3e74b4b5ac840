// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import TestKit
import Testing

@Suite("Calls as the server sees them", .timeLimit(.minutes(1)))
struct CallTests {
    static let echo: @Sendable (ScriptedServer.Request) -> [ScriptedServer.Step] = { request in
        [.answer(200, request.body.isEmpty ? #"{"metadata":{"resourceVersion":"1"}}"# : request.text)]
    }

    @Test("apply is a strict PATCH of the whole object as kubernaut")
    func applies() async throws {
        let server = try ScriptedServer(Self.echo)
        let object = Value.configMap("x")
        let result = try await server.cluster.apply(object, to: Kinds.configMap, force: true, dryRun: true)
        let request = try #require(server.requests.first)
        #expect(request.method == "PATCH")
        #expect(
            request.target == "/api/v1/namespaces/shop/configmaps/x"
                + "?force=true&fieldManager=kubernaut&fieldValidation=Strict&dryRun=All")
        #expect(request.headers["content-type"] == "application/apply-patch+yaml")
        #expect(request.headers["user-agent"] == "kubernaut/1.2.3 (linux/amd64)")
        #expect(request.headers["expect"] == nil)
        #expect(result.object == object)
        #expect(!result.wasCreated)
    }

    @Test("create posts to the collection and says that the object is new; warnings are collected")
    func creates() async throws {
        let server = try ScriptedServer { request in
            [.answer(201, request.text, headers: ["Warning": #"299 - "old \"API\"", 299 - "also this""#])]
        }
        let result = try await server.cluster.create(.configMap("x"), in: Kinds.configMap, dryRun: false)
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(
            request.target == "/api/v1/namespaces/shop/configmaps?fieldManager=kubernaut&fieldValidation=Strict")
        #expect(result.wasCreated)
        #expect(result.warnings == [#"old "API""#, "also this"])
    }

    @Test("delete sends preconditions, propagation and dry run")
    func deletes() async throws {
        let server = try ScriptedServer(Self.echo)
        try await server.cluster.delete(
            Kinds.configMap, namespace: "shop", name: "x", preconditions: .init(uid: "u", resourceVersion: "7"),
            propagation: .orphan, dryRun: true)
        let request = try #require(server.requests.first)
        #expect(request.method == "DELETE")
        #expect(
            request.text == """
                {"apiVersion":"v1","dryRun":["All"],"kind":"DeleteOptions",\
                "preconditions":{"resourceVersion":"7","uid":"u"},"propagationPolicy":"Orphan"}
                """)
    }

    @Test("names are percent-encoded; kinds of the whole cluster need no namespace")
    func encodes() async throws {
        let server = try ScriptedServer(Self.echo)
        _ = try await server.cluster.get(
            Kinds.clusterRole, namespace: "ignored", name: "system:node ü", detail: .whole)
        #expect(
            server.requests.first?.target
                == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode%20%C3%BC")
    }

    @Test(
        "a name that would change the path is refused before anything is sent",
        arguments: ["", ".", "..", "a/b", "%2e"])
    func refusesNames(name: String) async throws {
        let server = try ScriptedServer(Self.echo)
        let error = await clusterError { () throws(ClusterError) in
            _ = try await server.cluster.get(Kinds.configMap, namespace: "shop", name: name, detail: .whole)
        }
        #expect(error?.code == .invalid)
        #expect(server.requests.isEmpty)
    }

    @Test("an object without its namespace is refused, for every kind of write")
    func refusesMissingNamespace() async throws {
        let server = try ScriptedServer(Self.echo)
        let object = Value.configMap("x", namespace: nil)
        let cluster = server.cluster
        let errors = [
            await clusterError { () throws(ClusterError) in
                _ = try await cluster.apply(object, to: Kinds.configMap, force: false, dryRun: false)
            },
            await clusterError { () throws(ClusterError) in
                _ = try await cluster.create(object, in: Kinds.configMap, dryRun: false)
            },
            await clusterError { () throws(ClusterError) in
                _ = try await cluster.replace(object, in: Kinds.configMap, dryRun: false)
            },
        ]
        #expect(errors.map { $0?.code } == [.invalid, .invalid, .invalid])
        #expect(server.requests.isEmpty)
    }

    @Test("pages are followed to the end, and items carry their kind")
    func pages() async throws {
        let server = try ScriptedServer { request in
            let isSecond = request.target.contains("continue=a%2Fb%3D")
            let token = isSecond ? "" : "a/b="
            let name = isSecond ? "two" : "one"
            return [
                .answer(
                    200,
                    """
                    {"kind":"ConfigMapList","metadata":{"resourceVersion":"9","continue":"\(token)"},
                     "items":[{"metadata":{"name":"\(name)"},"data":{"a":"b"}}]}
                    """)
            ]
        }
        let list = try await server.cluster.list(
            Kinds.configMap, namespace: nil, labels: "a=b,c", detail: .metadata)
        #expect(list.items.map(\.objectName) == ["one", "two"])
        #expect(list.items.allSatisfy { $0.groupVersionKind == Kinds.configMap.kind && $0["data"] == nil })
        #expect(list.resourceVersion == "9")
        #expect(server.requests.first?.target == "/api/v1/configmaps?limit=500&labelSelector=a%3Db%2Cc")
        #expect(
            server.requests.first?.headers["accept"]
                == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json")
    }

    @Test("a list whose pages expire starts over, and gives up in the end", arguments: [1, 99])
    func expiredPages(failures: Int) async throws {
        let left = Counter(failures)
        let server = try ScriptedServer { request in
            if request.target.contains("continue="), left.takeOne() {
                return [.answer(410, #"{"kind":"Status","code":410,"reason":"Expired","message":"old"}"#)]
            }
            let token = request.target.contains("continue=") ? "" : "t"
            return [
                .answer(200, #"{"metadata":{"resourceVersion":"1","continue":"\#(token)"},"items":[{"metadata":{}}]}"#)
            ]
        }
        let error = await clusterError { () throws(ClusterError) in
            let list = try await server.cluster.list(Kinds.configMap, namespace: "a", labels: "", detail: .whole)
            #expect(list.items.count == 2)
        }
        #expect(error?.code == (failures == 1 ? nil : .gone))
        #expect(server.requests.count == (failures == 1 ? 4 : 6))
    }

    @Test("an empty list may be null")
    func emptyList() async throws {
        let server = try ScriptedServer { _ in [.answer(200, #"{"metadata":{"resourceVersion":"1"},"items":null}"#)] }
        #expect(
            try await server.cluster.list(Kinds.configMap, namespace: nil, labels: "", detail: .whole).items.isEmpty)
    }

    @Test("no more calls run at once than allowed")
    func bounded() async throws {
        let server = try ScriptedServer { _ in [.gate, .answer(200, #"{"metadata":{}}"#), .close] }
        let cluster = KubernetesCluster(ClusterAccess(server: server.url), version: "1", callsInFlight: 2)
        try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask {
                    _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
                }
            }
            for round in 1...3 {
                while server.requests.count < round * 2 { await Task.yield() }
                #expect(server.requests.count == round * 2)
                server.open()
                server.open()
                for _ in 0..<2 { try await group.next() }
            }
        }
    }

    @Test("a cancelled call ends as cancelled, running or waiting")
    func cancelled() async throws {
        let server = try ScriptedServer { _ in [.gate] }
        let cluster = KubernetesCluster(ClusterAccess(server: server.url), version: "1", callsInFlight: 1)
        let calls = (0..<2).map { _ in
            Task {
                await clusterError { () throws(ClusterError) in
                    _ = try await cluster.get(Kinds.configMap, namespace: "a", name: "b", detail: .whole)
                }
            }
        }
        while server.requests.isEmpty { await Task.yield() }
        for call in calls { call.cancel() }
        for call in calls { #expect(await call.value?.code == .cancelled) }
    }
}
