// SPDX-License-Identifier: Apache-2.0

import EmbeddedCluster
import Foundation
import HTTPServer
import Platform
import TestKit
import Testing

/// Whichever kubectl the machine has: Debian's is 1.20, others are newer.
@Suite("kubectl against the embedded cluster", .timeLimit(.minutes(2)), .enabled(if: Kubectl.isInstalled))
struct KubectlTests {
    private static let manifests = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "nginx:1", ports: [{containerPort: 80}]}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: 80}]}
        """

    @Test("what is applied becomes ready, can be looked at, changed and deleted")
    func lives() async throws {
        let kubectl = try Kubectl()
        let stopped = Task { try await kubectl.cluster.run() }
        defer { stopped.cancel() }
        let file = "\(kubectl.folder.path)/web.yaml"
        try Files.write(Array(Self.manifests.utf8), to: file)
        #expect(try await kubectl.run("apply", "-f", file).contains("deployment.apps/web created"))
        #expect(try await kubectl.run("apply", "-f", file).contains("deployment.apps/web unchanged"))
        #expect(try await kubectl.run("rollout", "status", "deploy/web").contains("successfully rolled out"))
        let table = try await kubectl.run("get", "deploy", "web").split(separator: "\n").map {
            $0.split(separator: " ")
        }
        #expect(
            table.map { $0.prefix(4) } == [["NAME", "READY", "UP-TO-DATE", "AVAILABLE"], ["web", "2/2", "2", "2"]])
        #expect(try await kubectl.run("describe", "deploy", "web").contains("ScalingReplicaSet"))
        #expect(try await kubectl.run("describe", "svc", "web").contains(":80,10.244."))
        _ = try await kubectl.run("scale", "deploy", "web", "--replicas=3")
        _ = try await kubectl.run("label", "deploy", "web", "tier=front")
        _ = try await kubectl.run("annotate", "deploy", "web", "note=x")
        _ = try await kubectl.run("patch", "deploy", "web", "-p", #"{"spec":{"minReadySeconds":1}}"#)
        _ = try await kubectl.run("set", "image", "deploy/web", "web=nginx:2")
        _ = try await kubectl.run("rollout", "status", "deploy/web")
        #expect(
            try await kubectl.run(
                "get", "deploy", "-l", "tier=front", "-o", "jsonpath={.items[0].status.readyReplicas}") == "3")
        _ = try await kubectl.run("wait", "--for=condition=Available", "deploy/web", "--timeout=10s")
        _ = try await kubectl.run("delete", "-f", file)
        #expect(try await kubectl.run("get", "deploy,svc", "-o", "name") == "service/kubernetes")
    }

    @Test("objects are created from flags and by server-side apply")
    func creates() async throws {
        let kubectl = try Kubectl()
        let stopped = Task { try await kubectl.cluster.run() }
        defer { stopped.cancel() }
        _ = try await kubectl.run("create", "namespace", "shop")
        _ = try await kubectl.run("create", "configmap", "c", "-n", "shop", "--from-literal=k=v")
        #expect(try await kubectl.run("get", "cm", "c", "-n", "shop", "-o", "jsonpath={.data.k}") == "v")
        _ = try await kubectl.run("create", "deployment", "web", "-n", "shop", "--image=nginx:1")
        _ = try await kubectl.run("rollout", "status", "deploy/web", "-n", "shop")
        let file = "\(kubectl.folder.path)/web.yaml"
        try Files.write(Array(Self.manifests.utf8), to: file)
        #expect(try await kubectl.run("apply", "--server-side", "-f", file).contains("serverside-applied"))
        _ = try await kubectl.run("delete", "namespace", "shop", "--timeout=20s")
        #expect(try await kubectl.run("get", "namespaces", "-o", "name").contains("shop") == false)
    }

    @Test("a custom kind is served as soon as its definition is established")
    func customKind() async throws {
        let kubectl = try Kubectl()
        let stopped = Task { try await kubectl.cluster.run() }
        defer { stopped.cancel() }
        let file = "\(kubectl.folder.path)/crd.yaml"
        try Files.write(
            Array(
                """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: widgets.example.com}
                spec:
                  group: example.com
                  scope: Namespaced
                  names: {plural: widgets, kind: Widget}
                  versions:
                  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}
                """.utf8), to: file)
        _ = try await kubectl.run("apply", "-f", file)
        _ = try await kubectl.run("wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=10s")
        let widget = "\(kubectl.folder.path)/widget.yaml"
        try Files.write(
            Array("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n".utf8), to: widget)
        #expect(try await kubectl.run("apply", "-f", widget) == "widget.example.com/w created")
        #expect(try await kubectl.run("get", "widgets", "-o", "jsonpath={.items[0].spec.size}") == "1")
    }
}

/// A cluster of its own, and kubectl pointed at it.
private struct Kubectl: Sendable {
    static var isInstalled: Bool { (try? runCommand(["sh", "-c", "command -v kubectl"])) != nil }

    let cluster: EmbeddedCluster
    let folder: TemporaryFolder
    private let server: WebServer

    init() throws {
        var configuration = EmbeddedCluster.Configuration()
        configuration.podDelay = .milliseconds(20)
        cluster = try EmbeddedCluster(configuration)
        folder = try TemporaryFolder("kubectl")
        server = WebServer(name: "kubectl-test", handler: cluster.handler)
        let port = try server.start()
        try Files.write(
            Array(cluster.kubeconfig(server: "http://127.0.0.1:\(port)").utf8), to: "\(folder.path)/kubeconfig")
    }

    /// Runs kubectl to its end, on a thread of its own, since the cluster answers from this process.
    func run(_ arguments: String...) async throws -> String {
        var environment = ProcessInfo.processInfo.environment
        environment["KUBECONFIG"] = "\(folder.path)/kubeconfig"
        environment["HOME"] = folder.path
        let variables = environment
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try runCommand(["kubectl"] + arguments, environment: variables) })
            }
        }
    }
}
