import Domain
import EmbeddedCluster
import HTTPServer
import KubernetesAPI
import Lifecycle
import TestKit
import Testing

/// A cluster behind HTTP: the embedded one always, a real API server where there is one.
struct Backend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Whether Deployments become ready there.
    var makesPods = true
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

    static let real = Backend(testDescription: "kube-apiserver", makesPods: false) {
        let plane = try await ControlPlane.shared()
        var access = ClusterAccess(server: plane.url)
        access.authorities = .inline(Secret(plane.authorities))
        access.credentials = .token(Secret(plane.token))
        return KubernetesCluster(access, version: "test")
    }
}

/// Passes every call on and counts it; may die after one of them.
final class CountingCluster: Cluster {
    struct Count {
        var calls = 0
        var writes = 0
    }

    let inner: any Cluster
    private let state = Lock(Count())
    private let limit = Lock(Int.max)
    init(_ inner: any Cluster) { self.inner = inner }

    var count: Count { state.withLock { $0 } }

    /// From now on counts anew, and call number `calls` is the last: it reaches the cluster, its answer nobody.
    func forget(dyingAfter calls: Int = .max) {
        state.withLock { $0 = Count() }
        limit.withLock { $0 = calls }
    }

    private func pass<Result: Sendable>(
        write: Bool = false, _ call: () async throws(ClusterError) -> Result
    ) async throws(ClusterError) -> Result {
        let number = state.withLock { count in
            count.calls += 1
            if write { count.writes += 1 }
            return count.calls
        }
        let limit = limit.withLock { $0 }
        let death = ClusterError(.cancelled, operation: "call \(number)", detail: "the daemon died")
        guard number <= limit else { throw death }
        let result = try await call()
        if number == limit { throw death }
        return result
    }

    func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        try await inner.discovery(refresh: refresh)
    }

    func get(
        _ resource: APIResource, namespace: String?, name: String, detail: Detail
    ) async throws(ClusterError) -> Value? {
        try await pass { () throws(ClusterError) in
            try await inner.get(resource, namespace: namespace, name: name, detail: detail)
        }
    }

    func list(
        _ resource: APIResource, namespace: String?, labels: String, detail: Detail
    ) async throws(ClusterError) -> ObjectList {
        try await pass { () throws(ClusterError) in
            try await inner.list(resource, namespace: namespace, labels: labels, detail: detail)
        }
    }

    func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        inner.watch(resource, namespace: namespace, labels: labels, from: resourceVersion, detail: detail)
    }

    func apply(
        _ object: Value, to resource: APIResource, force: Bool, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await pass(write: !dryRun) { () throws(ClusterError) in
            try await inner.apply(object, to: resource, force: force, dryRun: dryRun)
        }
    }

    func create(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await pass(write: !dryRun) { () throws(ClusterError) in
            try await inner.create(object, in: resource, dryRun: dryRun)
        }
    }

    func replace(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await pass(write: !dryRun) { () throws(ClusterError) in
            try await inner.replace(object, in: resource, dryRun: dryRun)
        }
    }

    func log(pod: String, namespace: String, container: String, lines: Int) async throws(ClusterError) -> String {
        try await pass { () throws(ClusterError) in
            try await inner.log(pod: pod, namespace: namespace, container: container, lines: lines)
        }
    }

    func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool {
        try await pass(write: !dryRun) { () throws(ClusterError) in
            try await inner.delete(
                resource, namespace: namespace, name: name, preconditions: preconditions,
                propagation: propagation, dryRun: dryRun)
        }
    }
}
