// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Domain
import Lifecycle

/// All objects, their latest changes, and who waits for more. Safe from any thread; never blocks for long.
///
/// Objects are values: what is read stays as it was. A write says which revision it was computed from and fails when
/// the object has moved on, so that long computations happen outside the lock.
final class Store: Sendable {
    struct Table: Sendable {
        var objects: [ObjectKey: Value] = [:]
        var names: [String: Set<String>] = [:]
        var log: EventLog
        /// Who is woken by changes of this kind.
        var watchers: [UInt64: AsyncStream<Void>.Continuation] = [:]
    }

    fileprivate struct State: Sendable {
        var revision: Int64
        var registry: Registry
        var tables: [ResourceID: Table] = [:]
        var dependents: [String: Set<ObjectReference>] = [:]
        var feeds: [UInt64: AsyncStream<(ResourceID, Change)>.Continuation] = [:]
        var nextWatcher: UInt64 = 0
        let logLimit: Int
    }

    private let state: Lock<State>

    /// - Parameters:
    ///   - revision: What the first change continues from.
    ///   - logLimit: Changes kept per kind for watches that start in the past.
    init(resources: [Resource], revision: Int64 = 1, logLimit: Int = 2000) {
        state = Lock(State(revision: revision, registry: Registry(resources), logLimit: logLimit))
    }

    // MARK: Reading

    var revision: Int64 { state.withLock { $0.revision } }
    var registry: Registry { state.withLock { $0.registry } }

    func changeRegistry(_ body: @Sendable (inout Registry) -> Void) { state.withLock { body(&$0.registry) } }

    func get(_ resource: ResourceID, _ key: ObjectKey) -> Value? {
        state.withLock { $0.tables[resource]?.objects[key] }
    }

    /// All objects of a kind, in no order, and the revision they were read at.
    ///
    /// - Parameter namespace: Nil for all namespaces.
    func list(_ resource: ResourceID, namespace: String? = nil) -> (objects: [Value], revision: Int64) {
        state.withLock { state in
            guard let table = state.tables[resource] else { return ([], state.revision) }
            guard let namespace else { return (Array(table.objects.values), state.revision) }
            let names = table.names[namespace] ?? []
            return (names.compactMap { table.objects[ObjectKey(namespace: namespace, name: $0)] }, state.revision)
        }
    }

    func count(_ resource: ResourceID, namespace: String) -> Int {
        state.withLock { $0.tables[resource]?.names[namespace]?.count ?? 0 }
    }

    /// The objects that name this uid as an owner.
    func dependents(of uid: String) -> [ObjectReference] {
        state.withLock { Array($0.dependents[uid] ?? []) }
    }

    /// The changes of a kind after a revision; nil when some of them are forgotten.
    func changes(of resource: ResourceID, after revision: Int64) -> [Change]? {
        state.withLock { state in state.table(resource).log.changes(after: revision).map(Array.init) }
    }

    /// Everything, for a snapshot.
    func everything() -> (objects: [(ResourceID, Value)], revision: Int64) {
        state.withLock { state in
            (state.tables.flatMap { id, table in table.objects.values.map { (id, $0) } }, state.revision)
        }
    }

    // MARK: Waiting

    /// One element, soon, for any number of changes of this kind. Ends when its consumer is cancelled.
    func wakeups(for resource: ResourceID) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextWatcher += 1
            _ = state.table(resource)
            state.tables[resource]?.watchers[state.nextWatcher] = continuation
            return state.nextWatcher
        }
        continuation.onTermination = { [weak self] _ in
            self?.later { $0.tables[resource]?.watchers.removeValue(forKey: id) }
        }
        return stream
    }

    /// Every change of every kind from now on, in order.
    func feed() -> AsyncStream<(ResourceID, Change)> {
        let (stream, continuation) = AsyncStream.makeStream(of: (ResourceID, Change).self)
        let id = state.withLock { state in
            state.nextWatcher += 1
            state.feeds[state.nextWatcher] = continuation
            return state.nextWatcher
        }
        continuation.onTermination = { [weak self] _ in
            self?.later { $0.feeds.removeValue(forKey: id) }
        }
        return stream
    }

    /// Forgets a consumer that ends.
    ///
    /// Not at once: a cancelled task calls from inside the runtime's lock on that task, which a writer needs to wake the
    /// same task while it holds ours. Each would wait for the other for ever.
    private func later(_ forget: @escaping @Sendable (inout State) -> Void) {
        DispatchQueue.global().async { [weak self] in self?.state.withLock { forget(&$0) } }
    }

    // MARK: Writing

    /// Stores a new object under a new revision; nil when there is one already.
    func insert(_ resource: ResourceID, _ object: Value) -> Value? {
        state.withLock { state -> Value? in
            let key = object.key
            guard state.table(resource).objects[key] == nil else { return nil }
            return state.put(resource, key, object, previous: nil)
        }
    }

    /// Replaces an object; nil when it is no longer at `revision`.
    func update(_ resource: ResourceID, _ object: Value, at revision: Int64) -> Value? {
        state.withLock { state -> Value? in
            let key = object.key
            guard let old = state.tables[resource]?.objects[key], old.revision == revision else { return nil }
            return state.put(resource, key, object, previous: old)
        }
    }

    /// Takes an object out; nil when it is no longer at `revision`.
    ///
    /// - Returns: Its last state, with the revision of the deletion.
    func remove(_ resource: ResourceID, _ key: ObjectKey, at revision: Int64) -> Value? {
        state.withLock { state -> Value? in
            guard let old = state.tables[resource]?.objects[key], old.revision == revision else { return nil }
            return state.take(resource, key, old)
        }
    }

    /// Puts back what a snapshot holds, without telling anyone.
    func restore(_ objects: [(ResourceID, Value)], revision: Int64) {
        state.withLock { state in
            state.revision = max(state.revision, revision)
            for (resource, object) in objects {
                _ = state.table(resource)
                state.index(resource, object.key, object, previous: nil)
            }
        }
    }
}

extension Store.State {
    fileprivate mutating func table(_ resource: ResourceID) -> Store.Table {
        if let table = tables[resource] { return table }
        // A kind that nothing happened to yet has forgotten nothing since the start.
        let table = Store.Table(log: EventLog(limit: logLimit, forgottenThrough: 0))
        tables[resource] = table
        return table
    }

    fileprivate mutating func put(
        _ resource: ResourceID, _ key: ObjectKey, _ object: Value, previous: Value?
    ) -> Value {
        revision += 1
        var stored = object
        stored.metadata["resourceVersion"] = .string(String(revision))
        index(resource, key, stored, previous: previous)
        announce(
            resource,
            Change(
                revision: revision, kind: previous == nil ? .added : .modified, object: stored, previous: previous))
        return stored
    }

    fileprivate mutating func take(_ resource: ResourceID, _ key: ObjectKey, _ old: Value) -> Value {
        revision += 1
        var last = old
        last.metadata["resourceVersion"] = .string(String(revision))
        tables[resource]?.objects[key] = nil
        tables[resource]?.names[key.namespace]?.remove(key.name)
        for owner in old.ownerReferences { forget(ObjectReference(resource: resource, key: key), owner) }
        announce(resource, Change(revision: revision, kind: .deleted, object: last, previous: old))
        return last
    }

    fileprivate mutating func index(_ resource: ResourceID, _ key: ObjectKey, _ object: Value, previous: Value?) {
        tables[resource]?.objects[key] = object
        if previous == nil { tables[resource]?.names[key.namespace, default: []].insert(key.name) }
        let reference = ObjectReference(resource: resource, key: key)
        for owner in previous?.ownerReferences ?? [] { forget(reference, owner) }
        for owner in object.ownerReferences {
            if let uid = owner["uid"]?.string { dependents[uid, default: []].insert(reference) }
        }
    }

    private mutating func forget(_ reference: ObjectReference, _ owner: Value) {
        guard let uid = owner["uid"]?.string else { return }
        dependents[uid]?.remove(reference)
        if dependents[uid]?.isEmpty == true { dependents[uid] = nil }
    }

    private func wake(_ resource: ResourceID) {
        for watcher in tables[resource]?.watchers.values ?? [:].values { watcher.yield() }
    }

    private mutating func announce(_ resource: ResourceID, _ change: Change) {
        tables[resource]?.log.append(change)
        wake(resource)
        for feed in feeds.values { feed.yield((resource, change)) }
    }
}
