// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// A cluster seen by an account that may not look at every namespace: what is forbidden for all is asked for each.
///
/// Lists and watches of a kind go to the whole cluster first. Once that is forbidden they go to the namespaces that
/// hold, or may hold, members; if one of those is forbidden too, the kind as a whole is, and nothing of it is known.
final class ReachingCluster: Cluster {
    private typealias Stream = AsyncThrowingStream<WatchEvent, any Error>.Continuation

    private struct State {
        var namespaces: Set<String>
        /// Kinds that cannot be asked for across namespaces.
        var restricted: Set<GroupKind> = []
        var watches: [Int: Stream] = [:]
        var nextWatch = 0
    }

    private let cluster: any Cluster
    private let state: Lock<State>

    /// A watch of one namespace that ends sooner did not end in good order.
    private static let shortestWatch = Duration.seconds(1)

    init(_ cluster: any Cluster, namespace: String) {
        self.cluster = cluster
        state = Lock(State(namespaces: [namespace]))
    }

    func isRestricted(_ kind: GroupKind) -> Bool { state.withLock { $0.restricted.contains(kind) } }

    /// From now on these namespaces are looked at, too.
    ///
    /// - Returns: Kinds of which not everything was seen until now: they must be listed again.
    func cover(_ namespaces: Set<String>) -> Set<GroupKind> {
        let (kinds, watches) = state.withLock { state -> (Set<GroupKind>, [Stream]) in
            guard !namespaces.isSubset(of: state.namespaces) else { return ([], []) }
            state.namespaces.formUnion(namespaces)
            defer { state.watches = [:] }
            return (state.restricted, Array(state.watches.values))
        }
        // Outside the lock: the end of a stream comes back here.
        for watch in watches { watch.finish(throwing: Self.outgrown) }
        return kinds
    }

    private static let outgrown = ClusterError(
        .gone, operation: "watching", detail: "there are namespaces that were not watched")

    // MARK: Lists

    func list(
        _ resource: APIResource, namespace: String?, labels: String, detail: Detail
    ) async throws(ClusterError) -> ObjectList {
        let kind = resource.kind.groupKind
        if !isRestricted(kind) {
            do throws(ClusterError) {
                return try await cluster.list(resource, namespace: namespace, labels: labels, detail: detail)
            } catch {
                guard error.code == .forbidden, resource.isNamespaced, namespace == nil else { throw error }
                state.withLock { _ = $0.restricted.insert(kind) }
            }
        }
        guard namespace == nil else {
            return try await cluster.list(resource, namespace: namespace, labels: labels, detail: detail)
        }
        var items: [Value] = []
        var version: String?
        for namespace in state.withLock({ $0.namespaces.sorted() }) {
            let list = try await cluster.list(resource, namespace: namespace, labels: labels, detail: detail)
            items += list.items
            // The whole is as old as its oldest part.
            if version.map({ isLater($0, than: list.resourceVersion) }) ?? true { version = list.resourceVersion }
        }
        return ObjectList(items: items, resourceVersion: version ?? "")
    }

    // MARK: Watches

    func watch(
        _ resource: APIResource, namespace: String?, labels: String, from resourceVersion: String, detail: Detail
    ) -> AsyncThrowingStream<WatchEvent, any Error> {
        guard namespace == nil, isRestricted(resource.kind.groupKind) else {
            return cluster.watch(
                resource, namespace: namespace, labels: labels, from: resourceVersion, detail: detail)
        }
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: WatchEvent.self)
        let (id, namespaces) = state.withLock { state in
            state.nextWatch += 1
            state.watches[state.nextWatch] = continuation
            return (state.nextWatch, state.namespaces)
        }
        // Cancelled when nobody reads the stream any more, or it was outgrown.
        let following = Task {
            let error = await self.follow(resource, namespaces, labels, resourceVersion, detail, continuation)
            continuation.finish(throwing: error)
        }
        continuation.onTermination = { [weak self] _ in
            following.cancel()
            // Not at once: this may be called from inside a lock of the runtime's.
            Task { self?.forgetWatch(id) }
        }
        return stream
    }

    private func forgetWatch(_ id: Int) { state.withLock { _ = $0.watches.removeValue(forKey: id) } }

    /// Watches each namespace, for as long as all of them can be.
    private func follow(
        _ resource: APIResource, _ namespaces: Set<String>, _ labels: String, _ start: String, _ detail: Detail,
        _ continuation: Stream
    ) async -> any Error {
        let operation = "watching \(resource.kind.kind)"
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for namespace in namespaces {
                    group.addTask {
                        var version = start
                        while true {
                            let opened = ContinuousClock.now
                            let events = self.cluster.watch(
                                resource, namespace: namespace, labels: labels, from: version, detail: detail)
                            for try await event in events {
                                version = event.version ?? version
                                // A bookmark speaks for its own namespace alone.
                                if case .bookmark = event { continue }
                                continuation.yield(event)
                            }
                            guard !Task.isCancelled, ContinuousClock.now - opened >= Self.shortestWatch else {
                                throw ClusterError(
                                    .interrupted, operation: "\(operation) in \(namespace)",
                                    detail: "the server ended the watch")
                            }
                        }
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        } catch {
            return error
        }
        return ClusterError(.interrupted, operation: operation, detail: "the watch ended")
    }

    // MARK: Everything else

    func discovery(refresh: Bool) async throws(ClusterError) -> Discovery {
        try await cluster.discovery(refresh: refresh)
    }

    func get(
        _ resource: APIResource, namespace: String?, name: String, detail: Detail
    ) async throws(ClusterError) -> Value? {
        try await cluster.get(resource, namespace: namespace, name: name, detail: detail)
    }

    func log(pod: String, namespace: String, container: String, lines: Int) async throws(ClusterError) -> String {
        try await cluster.log(pod: pod, namespace: namespace, container: container, lines: lines)
    }

    func apply(
        _ object: Value, to resource: APIResource, force: Bool, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await cluster.apply(object, to: resource, force: force, dryRun: dryRun)
    }

    func create(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await cluster.create(object, in: resource, dryRun: dryRun)
    }

    func replace(
        _ object: Value, in resource: APIResource, dryRun: Bool
    ) async throws(ClusterError) -> WriteResult {
        try await cluster.replace(object, in: resource, dryRun: dryRun)
    }

    func delete(
        _ resource: APIResource, namespace: String?, name: String, preconditions: Preconditions,
        propagation: Propagation, dryRun: Bool
    ) async throws(ClusterError) -> Bool {
        try await cluster.delete(
            resource, namespace: namespace, name: name, preconditions: preconditions, propagation: propagation,
            dryRun: dryRun)
    }
}

extension WatchEvent {
    /// Where a watch that has seen this goes on; nil when the object does not say.
    fileprivate var version: String? {
        switch self {
        case .added(let object), .modified(let object), .deleted(let object): object.resourceVersion
        case .bookmark(let version): version
        }
    }
}
