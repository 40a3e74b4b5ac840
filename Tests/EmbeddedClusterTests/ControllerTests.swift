// SPDX-License-Identifier: Apache-2.0

import Domain
import EmbeddedCluster
import HTTPServer
import JSON
import TestKit
import Testing

@Suite("The embedded cluster's controllers", .timeLimit(.minutes(1)))
struct ControllerTests {
    /// A cluster with its controllers, asked without a network.
    final class Running: Sendable {
        let cluster: EmbeddedCluster
        private let task: Task<Void, any Error>

        init(_ adjust: (inout EmbeddedCluster.Configuration) -> Void = { _ in }) throws {
            var configuration = EmbeddedCluster.Configuration()
            configuration.podDelay = .milliseconds(5)
            adjust(&configuration)
            let cluster = try EmbeddedCluster(configuration)
            self.cluster = cluster
            // Cancelled with its owner.
            task = Task { try await cluster.run() }
        }

        deinit { task.cancel() }

        func finish() async throws {
            cluster.stop()
            try await task.value
        }

        func send(_ method: String, _ path: String, _ body: Value? = nil) async throws -> (status: Int, body: Value) {
            let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
            let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
            let answer = await cluster.handler(
                HTTPRequest(
                    method: method, rawPath: parts[0], rawQuery: parts.count == 2 ? parts[1] : "",
                    headers: ["Content-Type": type], body: body?.json() ?? []))
            guard case .bytes(let bytes) = answer.body else { return (answer.status, .null) }
            return (answer.status, try parseJSON(bytes))
        }

        /// Asks until `isDone`; the suite's time limit ends what never comes.
        @discardableResult
        func wait(_ path: String, until isDone: ((status: Int, body: Value)) -> Bool) async throws -> Value {
            while true {
                let answer = try await send("GET", path)
                if isDone(answer) { return answer.body }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private func workload(_ name: String, image: String = "nginx:1", replicas: Int64 = 2, _ more: Value = [:]) -> Value
    {
        var spec: Value = [
            "replicas": .integer(replicas), "selector": ["matchLabels": ["app": .string(name)]],
            "template": [
                "metadata": ["labels": ["app": .string(name)]],
                "spec": ["containers": [["name": "web", "image": .string(image)]]],
            ],
        ]
        for entry in more.map ?? Map() { spec[entry.key] = entry.value }
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    private let apps = "/apis/apps/v1/namespaces/default"
    private let core = "/api/v1/namespaces/default"

    private func condition(_ object: Value, _ type: String) -> Value? {
        object[at: "status", "conditions"]?.list?.first { $0["type"]?.string == type }
    }

    @Test("a Deployment becomes available and its old pods go when it changes")
    func rolls() async throws {
        let cluster = try Running()
        _ = try await cluster.send("POST", "\(apps)/deployments", workload("a"))
        try await cluster.wait("\(apps)/deployments/a") { $0.body[at: "status", "availableReplicas"] == 2 }
        _ = try await cluster.send(
            "PATCH", "\(apps)/deployments/a",
            ["spec": ["template": ["spec": ["containers": [["name": "web", "image": "nginx:2"]]]]]])
        let done = try await cluster.wait("\(apps)/deployments/a") { answer in
            condition(answer.body, "Progressing")?["reason"] == "NewReplicaSetAvailable"
                && answer.body[at: "status", "observedGeneration"] == 2
        }
        #expect(done[at: "status", "updatedReplicas"] == 2)
        #expect(done[at: "metadata", "annotations", "deployment.kubernetes.io/revision"] == "2")
        let pods = try await cluster.wait("\(core)/pods") { $0.body["items"]?.list?.count == 2 }
        let images = pods["items"]?.list?.compactMap { $0[at: "spec", "containers"]?.list?.first?["image"]?.string }
        #expect(images == ["nginx:2", "nginx:2"])
    }

    @Test("a release that does not start leaves the old one standing", arguments: ["broken:1", "missing:1"])
    func staysBroken(_ image: String) async throws {
        let cluster = try Running()
        _ = try await cluster.send("POST", "\(apps)/deployments", workload("a"))
        try await cluster.wait("\(apps)/deployments/a") { $0.body[at: "status", "availableReplicas"] == 2 }
        _ = try await cluster.send(
            "PATCH", "\(apps)/deployments/a",
            ["spec": ["template": ["spec": ["containers": [["name": "web", "image": .string(image)]]]]]])
        let pods = try await cluster.wait("\(core)/pods") { answer in
            answer.body["items"]?.list?.contains {
                $0[at: "status", "containerStatuses"]?.list?.first?[at: "state", "waiting", "reason"] != nil
            } == true
        }
        let reasons = pods["items"]?.list?.compactMap {
            $0[at: "status", "containerStatuses"]?.list?.first?[at: "state", "waiting", "reason"]?.string
        }
        #expect(reasons == [image == "broken:1" ? "CrashLoopBackOff" : "ImagePullBackOff"])
        let found = try await cluster.send("GET", "\(apps)/deployments/a")
        #expect(condition(found.body, "Available")?["status"] == "True")
        #expect(condition(found.body, "Progressing")?["reason"] == "ReplicaSetUpdated")
    }

    @Test("StatefulSet, DaemonSet and Job do what they are for")
    func otherWorkloads() async throws {
        let cluster = try Running()
        _ = try await cluster.send(
            "POST", "\(apps)/statefulsets",
            workload(
                "s", replicas: 2,
                [
                    "serviceName": "s",
                    "volumeClaimTemplates": [
                        [
                            "metadata": ["name": "data"],
                            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
                        ]
                    ],
                ]))
        try await cluster.wait("\(apps)/statefulsets/s") { $0.body[at: "status", "readyReplicas"] == 2 }
        try await cluster.wait("\(core)/persistentvolumeclaims/data-s-1") { $0.body[at: "status", "phase"] == "Bound" }
        _ = try await cluster.send("POST", "\(apps)/daemonsets", workload("d").without("spec", "replicas"))
        try await cluster.wait("\(apps)/daemonsets/d") { $0.body[at: "status", "numberReady"] == 1 }
        let job: Value = [
            "metadata": ["name": "j"],
            "spec": [
                "completions": 2,
                "template": ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "x:1"]]]],
            ],
        ]
        _ = try await cluster.send("POST", "/apis/batch/v1/namespaces/default/jobs", job)
        let done = try await cluster.wait("/apis/batch/v1/namespaces/default/jobs/j") {
            condition($0.body, "Complete") != nil
        }
        #expect(done[at: "status", "succeeded"] == 2)
    }

    @Test("dependents follow their owner, or stay when orphaned", arguments: ["Background", "Foreground", "Orphan"])
    func collects(_ policy: String) async throws {
        let cluster = try Running()
        _ = try await cluster.send("POST", "\(apps)/deployments", workload("a"))
        try await cluster.wait("\(apps)/deployments/a") { $0.body[at: "status", "availableReplicas"] == 2 }
        _ = try await cluster.send("DELETE", "\(apps)/deployments/a?propagationPolicy=\(policy)")
        try await cluster.wait("\(apps)/deployments/a") { $0.status == 404 }
        if policy == "Orphan" {
            let sets = try await cluster.send("GET", "\(apps)/replicasets")
            #expect(sets.body["items"]?.list?.count == 1)
            #expect(sets.body["items"]?.list?.first?[at: "metadata", "ownerReferences"] == nil)
            // The same Deployment again takes its pods back.
            _ = try await cluster.send("POST", "\(apps)/deployments", workload("a"))
            try await cluster.wait("\(apps)/replicasets") { answer in
                answer.body["items"]?.list?.count == 1
                    && answer.body["items"]?.list?.first?[at: "metadata", "ownerReferences"] != nil
            }
        } else {
            try await cluster.wait("\(core)/pods") { $0.body["items"]?.list?.isEmpty == true }
            try await cluster.wait("\(apps)/replicasets") { $0.body["items"]?.list?.isEmpty == true }
        }
    }

    @Test("a deleted namespace goes with all that is in it")
    func emptiesNamespaces() async throws {
        let cluster = try Running()
        _ = try await cluster.send("POST", "/api/v1/namespaces", ["metadata": ["name": "shop"]])
        try await cluster.wait("/api/v1/namespaces/shop/serviceaccounts/default") { $0.status == 200 }
        _ = try await cluster.send("POST", "/apis/apps/v1/namespaces/shop/deployments", workload("a"))
        _ = try await cluster.send("DELETE", "/api/v1/namespaces/shop")
        try await cluster.wait("/api/v1/namespaces/shop") { $0.status == 404 }
        #expect(try await cluster.send("GET", "/apis/apps/v1/namespaces/shop/deployments/a").status == 404)
    }

    @Test("a Service knows the addresses of its ready pods")
    func fillsEndpoints() async throws {
        let cluster = try Running()
        _ = try await cluster.send(
            "POST", "\(core)/services",
            [
                "metadata": ["name": "a"],
                "spec": ["type": "LoadBalancer", "selector": ["app": "a"], "ports": [["port": 80]]],
            ])
        _ = try await cluster.send("POST", "\(apps)/deployments", workload("a"))
        try await cluster.wait("\(core)/endpoints/a") {
            $0.body["subsets"]?.list?.first?["addresses"]?.list?.count == 2
        }
        let service = try await cluster.send("GET", "\(core)/services/a")
        #expect(service.body[at: "status", "loadBalancer", "ingress"]?.list?.first?["ip"] == "127.0.0.1")
    }

    @Test("a state folder brings objects, revisions and custom kinds back")
    func persists() async throws {
        let folder = try TemporaryFolder("cluster")
        let first = try Running { $0.stateFolder = folder.path }
        let made = try await first.send("POST", "\(core)/configmaps", ["metadata": ["name": "a"], "data": ["k": "v"]])
        try await first.finish()
        let second = try Running { $0.stateFolder = folder.path }
        let found = try await second.send("GET", "\(core)/configmaps/a")
        #expect(found.body == made.body)
        let later = try await second.send("POST", "\(core)/configmaps", ["metadata": ["name": "b"]])
        let revisions = [made, later].compactMap { Int($0.body[at: "metadata", "resourceVersion"]?.string ?? "") }
        #expect(revisions.count == 2 && revisions[0] < revisions[1])
    }
}

extension Value {
    fileprivate func without(_ parent: String, _ key: String) -> Value {
        var copy = self
        copy[parent]?[key] = nil
        return copy
    }
}
