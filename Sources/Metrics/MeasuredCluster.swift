// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Metric {
    static let clusterRequests = Metric(
        "kubernaut_kube_requests_total", .counter, labels: ["verb", "code"],
        help: "Requests to Kubernetes API servers; code is ok or why it failed.")
    static let clusterSeconds = Metric(
        "kubernaut_kube_request_duration_seconds", .histogram(requestBuckets), labels: ["verb"],
        help: "How long requests to Kubernetes API servers took; watches left out.")
}

/// A cluster whose requests are counted and timed.
public struct MeasuredCluster: Cluster {
    private let cluster: any Cluster
    private let registry: Registry

    public init(_ cluster: any Cluster, registry: Registry) {
        self.cluster = cluster
        self.registry = registry
    }

    private func measure<Result: Sendable>(
        _ verb: String, _ body: () async throws(ClusterError) -> Result
    ) async throws(ClusterError) -> Result {
        do throws(ClusterError) {
            let result = try await registry.timed(.clusterSeconds, [verb], body)
            registry.increment(.clusterRequests, [verb, "ok"])
            return result
        } catch {
            registry.increment(.clusterRequests, [verb, error.code.rawValue])
            throw error
        }
    }

    public func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        // Mostly answered from memory, so only what reaches the server is worth a count: the refresh.
        guard refresh else { return try await cluster.discovery(refresh: false) }
        return try await measure("discover") { () async throws(ClusterError) in
            try await cluster.discovery(refresh: true)
        }
    }

    public func get(
        _ resource: APIResource, namespace: String?, name: String, detail: Detail
    ) async throws(ClusterError) -> Value? {
        try await measure("get") { () async throws(ClusterError) in
            try await cluster.get(resource, namespace: namespace, name: name, detail: detail)
        }
    }

    public func list(
        _ resource: APIResource, namespace: String?, labels: String, detail: Detail
    ) async throws(ClusterError) -> ObjectList {
        try await measure("list") { () async throws(ClusterError) in
            try await cluster.list(resource, namespace: namespace, labels: labels, detail: detail)
        }
    }

    public func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        registry.increment(.clusterRequests, ["watch", "ok"])
        return cluster.watch(resource, namespace: namespace, labels: labels, from: resourceVersion, detail: detail)
    }

    public func apply(
        _ object: Value, to resource: APIResource, force: Bool, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await measure(dryRun ? "dry-run" : "apply") { () async throws(ClusterError) in
            try await cluster.apply(object, to: resource, force: force, dryRun: dryRun)
        }
    }

    public func create(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await measure(dryRun ? "dry-run" : "create") { () async throws(ClusterError) in
            try await cluster.create(object, in: resource, dryRun: dryRun)
        }
    }

    public func replace(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await measure(dryRun ? "dry-run" : "replace") { () async throws(ClusterError) in
            try await cluster.replace(object, in: resource, dryRun: dryRun)
        }
    }

    public func log(
        pod: String, namespace: String, container: String, lines: Int
    ) async throws(ClusterError) -> String {
        try await measure("log") { () async throws(ClusterError) in
            try await cluster.log(pod: pod, namespace: namespace, container: container, lines: lines)
        }
    }

    public func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool {
        try await measure(dryRun ? "dry-run" : "delete") { () async throws(ClusterError) in
            try await cluster.delete(
                resource, namespace: namespace, name: name, preconditions: preconditions, propagation: propagation,
                dryRun: dryRun)
        }
    }

    public func fenced(by fence: WriteFence) -> any Cluster {
        MeasuredCluster(cluster.fenced(by: fence), registry: registry)
    }
}
