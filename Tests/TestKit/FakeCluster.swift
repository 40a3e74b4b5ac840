// SPDX-License-Identifier: Apache-2.0

public import Domain
import Lifecycle

/// A small but honest Kubernetes API in memory: versions, uids, managed fields, watches, finalizers, preconditions.
///
/// Faults are scripted per request. Safe from any thread.
public final class FakeCluster: Cluster {
    /// One request, as a fault script sees it.
    public struct Request: Sendable {
        /// From 1, over all requests but watches.
        public let number: Int
        /// `get`, `list`, `apply`, `create`, `replace`, `delete`, `discovery`, `watch`.
        public let verb: String
        /// `Deployment/shop/cart`; the kind alone for lists and watches.
        public let subject: String
        public let isDryRun: Bool

        public var isWrite: Bool { ["apply", "create", "replace", "delete"].contains(verb) && !isDryRun }
    }

    public enum Fault: Sendable {
        /// Nothing happens, and the caller hears this.
        case refuse(ClusterError.Code, retryAfter: Duration? = nil)
        /// It happens, and the caller hears this all the same.
        case persistThenFail(ClusterError.Code)
        /// No answer until the task is cancelled.
        case hang
    }

    let state: Lock<FakeState>
    private let script = Lock<@Sendable (Request) -> Fault?>({ _ in nil })
    private let log = Lock<[Request]>([])

    public init(kinds: [APIResource] = FakeCluster.builtIn) { state = Lock(FakeState(kinds: kinds)) }

    /// Every request is put before `fault` first; nil lets it through.
    public func script(_ fault: @escaping @Sendable (Request) -> Fault?) { script.withLock { $0 = fault } }
    public var requests: [Request] { log.withLock { $0 } }
    public func forgetRequests() { log.withLock { $0 = [] } }

    // MARK: The port

    public func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        try await perform("discovery", "", isDryRun: false) { state throws(ClusterError) in
            Discovery(resources: state.kinds, unavailable: state.unavailable)
        }
    }

    public func get(
        _ resource: APIResource, namespace: String?, name: String, detail: Detail
    ) async throws(ClusterError) -> Value? {
        let key = ResourceKey(groupKind: resource.kind.groupKind, namespace: namespace, name: name)
        return try await perform("get", "\(key)", isDryRun: false) { state throws(ClusterError) in
            try state.check(resource)
            return state.objects[key].map { FakeState.seen($0, detail) }
        }
    }

    public func list(
        _ resource: APIResource, namespace: String?, labels: String, detail: Detail
    ) async throws(ClusterError) -> ObjectList {
        try await perform("list", resource.kind.kind, isDryRun: false) { state throws(ClusterError) in
            try state.check(resource)
            let items = state.objects.filter {
                $0.key.groupKind == resource.kind.groupKind && (namespace == nil || $0.key.namespace == namespace)
                    && FakeState.matches($0.value, labels)
            }
            return ObjectList(
                items: items.sorted { $0.key < $1.key }.map { FakeState.seen($0.value, detail) },
                resourceVersion: String(state.version))
        }
    }

    public func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: WatchEvent.self)
        log.withLock {
            $0.append(Request(number: 0, verb: "watch", subject: resource.kind.kind, isDryRun: false))
        }
        let id = state.withLock { state in
            state.open(
                FakeState.Watcher(
                    kind: resource.kind.groupKind, namespace: namespace, labels: labels, detail: detail,
                    continuation: continuation), from: resourceVersion)
        }
        continuation.onTermination = { _ in self.state.withLock { _ = $0.watchers.removeValue(forKey: id) } }
        return stream
    }

    public func apply(
        _ object: Value, to resource: APIResource, force: Bool, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        let key = FakeState.key(of: object, resource)
        return try await perform("apply", "\(key)", isDryRun: dryRun) { state throws(ClusterError) in
            try state.check(resource)
            return try state.apply(object, key, manager: "kubernaut", force: force, dryRun: dryRun)
        }
    }

    public func create(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        let key = FakeState.key(of: object, resource)
        return try await perform("create", "\(key)", isDryRun: dryRun) { state throws(ClusterError) in
            try state.check(resource)
            guard state.objects[key] == nil else { throw FakeState.error(.alreadyExists, "creating \(key)") }
            return try state.update(object, key, manager: "kubernaut", dryRun: dryRun)
        }
    }

    public func replace(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        let key = FakeState.key(of: object, resource)
        return try await perform("replace", "\(key)", isDryRun: dryRun) { state throws(ClusterError) in
            try state.check(resource)
            guard let live = state.objects[key] else { throw FakeState.error(.notFound, "replacing \(key)") }
            if let version = object.resourceVersion, version != live.resourceVersion {
                throw FakeState.error(.conflict, "replacing \(key)")
            }
            return try state.update(object, key, manager: "kubernaut", dryRun: dryRun)
        }
    }

    /// What the Pod's annotation `test/log` says.
    public func log(
        pod: String, namespace: String, container: String, lines: Int
    ) async throws(ClusterError) -> String {
        let key = ResourceKey(groupKind: GroupKind("Pod"), namespace: namespace, name: pod)
        return try await perform("log", "\(key)", isDryRun: false) { state throws(ClusterError) in
            guard let pod = state.objects[key] else { throw FakeState.error(.notFound, "reading the log of \(key)") }
            return pod.annotation("test/log") ?? ""
        }
    }

    public func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool {
        let key = ResourceKey(groupKind: resource.kind.groupKind, namespace: namespace, name: name)
        return try await perform("delete", "\(key)", isDryRun: dryRun) { state throws(ClusterError) in
            try state.check(resource)
            return try state.delete(key, preconditions, dryRun: dryRun)
        }
    }

    private func perform<Result: Sendable>(
        _ verb: String, _ subject: String, isDryRun: Bool,
        _ body: (inout sending FakeState) throws(ClusterError) -> Result
    ) async throws(ClusterError) -> Result {
        await Task.yield()
        let operation = "\(verb) \(subject)"
        let request = log.withLock { log in
            let number = (log.last { $0.verb != "watch" }?.number ?? 0) + 1
            log.append(Request(number: number, verb: verb, subject: subject, isDryRun: isDryRun))
            return log[log.count - 1]
        }
        if Task.isCancelled { throw FakeState.error(.cancelled, operation) }
        switch script.withLock({ $0 })(request) {
        case nil: return try state.withLock { state throws(ClusterError) in try body(&state) }
        case .refuse(let code, let retryAfter):
            throw ClusterError(code, operation: operation, detail: "scripted", retryAfter: retryAfter)
        case .persistThenFail(let code):
            _ = try state.withLock { state throws(ClusterError) in try body(&state) }
            throw FakeState.error(code, operation)
        case .hang:
            while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
            throw FakeState.error(.cancelled, operation)
        }
    }

    // MARK: What others do

    public func object(_ key: ResourceKey) -> Value? { state.withLock { $0.objects[key] } }
    public var objects: [ResourceKey: Value] { state.withLock { $0.objects } }

    /// Changes an object as another client would, by PUT.
    public func edit(_ key: ResourceKey, as manager: String, _ change: (inout Value) -> Void) {
        state.withLock { state in
            guard var object = state.objects[key] else { return }
            change(&object)
            // Test input is valid by construction.
            _ = try? state.update(object, key, manager: manager, dryRun: false)
        }
    }

    /// Creates an object that is nobody's.
    public func put(_ object: Value, as manager: String = "kubectl-create") {
        state.withLock { state in
            guard let kind = object.groupVersionKind, let name = object.objectName else { return }
            let key = ResourceKey(groupKind: kind.groupKind, namespace: object.objectNamespace, name: name)
            _ = try? state.update(object, key, manager: manager, dryRun: false)
        }
    }

    public func remove(_ key: ResourceKey) {
        state.withLock { state in _ = try? state.delete(key, Preconditions(), dryRun: false) }
    }

    /// Sets status without touching generation, as a controller does.
    public func setStatus(_ key: ResourceKey, _ status: Value) {
        state.withLock { state in
            guard var object = state.objects[key] else { return }
            object["status"] = status
            state.store(object, key, managers: state.managers[key] ?? [:], event: .modified)
        }
    }

    /// Takes the finalizers off: a dying object goes.
    public func release(_ key: ResourceKey) {
        state.withLock { state in
            guard let object = state.objects[key] else { return }
            state.store(
                FakeState.removing(["f:metadata", "f:finalizers"], from: object), key,
                managers: state.managers[key] ?? [:], event: .deleted)
        }
    }

    /// The server itself writes a value differently; nobody's ownership changes.
    public func respell(_ key: ResourceKey, _ change: (inout Value) -> Void) {
        state.withLock { state in
            guard var object = state.objects[key] else { return }
            change(&object)
            state.store(object, key, managers: state.managers[key] ?? [:], event: .modified)
        }
    }

    public func setUnavailable(_ groupVersions: Set<String>) {
        state.withLock { state in
            state.unavailable = groupVersions
            state.hidden = state.kinds.filter { groupVersions.contains($0.kind.apiVersion) }
            state.kinds.removeAll { groupVersions.contains($0.kind.apiVersion) }
        }
    }

    /// Ends all watches; with `.gone` they must list again.
    public func endWatches(_ code: ClusterError.Code?) {
        let ended = state.withLock { state in
            if code == .gone { state.events = [] }
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        // Outside the lock: ending a stream comes back to take its watcher away.
        for watcher in ended {
            watcher.continuation.finish(throwing: code.map { FakeState.error($0, "watching") })
        }
    }

    public var watchCount: Int { state.withLock { $0.watchers.count } }

    public static let builtIn: [APIResource] = [
        kind("v1", "Namespace", "namespaces", isNamespaced: false), kind("v1", "ConfigMap", "configmaps"),
        kind("v1", "Secret", "secrets"), kind("v1", "Service", "services"),
        kind("v1", "ServiceAccount", "serviceaccounts"),
        kind("v1", "Pod", "pods"), kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
        kind("apps/v1", "Deployment", "deployments"),
        kind("coordination.k8s.io/v1", "Lease", "leases"),
        kind("apps/v1", "StatefulSet", "statefulsets"), kind("batch/v1", "Job", "jobs"),
        kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", isNamespaced: false),
        kind(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", isNamespaced: false),
    ]

    public static func kind(_ version: String, _ kind: String, _ plural: String, isNamespaced: Bool = true)
        -> APIResource
    {
        APIResource(
            kind: GroupVersionKind(apiVersion: version, kind: kind), plural: plural, isNamespaced: isNamespaced,
            verbs: ["get", "list", "watch", "create", "patch", "update", "delete"])
    }
}
