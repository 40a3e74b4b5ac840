// SPDX-License-Identifier: Apache-2.0

/// Says, at the very moment a write is about to be sent, whether it may be, and how long it may take.
///
/// Asked after every wait in line, so that a process that slept meanwhile does not send what it meant to send before.
public struct WriteFence: Sendable {
    /// Begins a write: how long it may take; nil when none may begin, and then `end` is not called.
    public let begin: @Sendable () -> Duration?
    /// The write has been answered, or has failed.
    public let end: @Sendable () -> Void

    public init(begin: @escaping @Sendable () -> Duration?, end: @escaping @Sendable () -> Void) {
        self.begin = begin
        self.end = end
    }

    /// What a write throws that the fence holds back.
    public static func refusal(_ operation: String) -> ClusterError {
        ClusterError(
            .cancelled, operation: operation, detail: "not sent: another replica may lead this environment by now")
    }
}

extension Cluster {
    /// This cluster, through which writes go only while the fence lets them; dry runs and reads always do.
    public func fenced(by fence: WriteFence) -> any Cluster { FencedCluster(self, fence) }
}

/// A cluster that asks the fence before it hands a write on. Whoever lets writes wait in line asks there instead.
private struct FencedCluster: Cluster {
    private let cluster: any Cluster
    private let fence: WriteFence

    init(_ cluster: any Cluster, _ fence: WriteFence) {
        self.cluster = cluster
        self.fence = fence
    }

    private func write<Result: Sendable>(
        _ operation: String, _ dryRun: Bool, _ body: () async throws(ClusterError) -> Result
    ) async throws(ClusterError) -> Result {
        if dryRun { return try await body() }
        guard fence.begin() != nil else { throw WriteFence.refusal(operation) }
        defer { fence.end() }
        return try await body()
    }

    func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        try await cluster.discovery(refresh: refresh)
    }

    func get(
        _ resource: APIResource, namespace: String?, name: String, detail: Detail
    ) async throws(ClusterError) -> Value? {
        try await cluster.get(resource, namespace: namespace, name: name, detail: detail)
    }

    func list(
        _ resource: APIResource, namespace: String?, labels: String, detail: Detail
    ) async throws(ClusterError) -> ObjectList {
        try await cluster.list(resource, namespace: namespace, labels: labels, detail: detail)
    }

    func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        cluster.watch(resource, namespace: namespace, labels: labels, from: resourceVersion, detail: detail)
    }

    func log(pod: String, namespace: String, container: String, lines: Int) async throws(ClusterError) -> String {
        try await cluster.log(pod: pod, namespace: namespace, container: container, lines: lines)
    }

    func apply(
        _ object: Value, to resource: APIResource, force: Bool, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await write("applying \(resource.kind.kind)", dryRun) { () async throws(ClusterError) in
            try await cluster.apply(object, to: resource, force: force, dryRun: dryRun)
        }
    }

    func create(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await write("creating \(resource.kind.kind)", dryRun) { () async throws(ClusterError) in
            try await cluster.create(object, in: resource, dryRun: dryRun)
        }
    }

    func replace(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await write("replacing \(resource.kind.kind)", dryRun) { () async throws(ClusterError) in
            try await cluster.replace(object, in: resource, dryRun: dryRun)
        }
    }

    func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool {
        try await write("deleting \(resource.kind.kind)", dryRun) { () async throws(ClusterError) in
            try await cluster.delete(
                resource, namespace: namespace, name: name, preconditions: preconditions, propagation: propagation,
                dryRun: dryRun)
        }
    }
}
