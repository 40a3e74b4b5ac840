// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a `FakeCluster` holds, and the rules by which it changes.
struct FakeState {
    typealias Fields = Set<[String]>

    /// Who wrote: a name, and whether by server-side apply.
    struct Manager: Hashable {
        let name: String
        let isApply: Bool
    }

    struct Watcher {
        let kind: GroupKind
        let namespace: String?
        let labels: String
        let detail: Detail
        let continuation: AsyncThrowingStream<WatchEvent, any Error>.Continuation
    }

    enum EventType { case added, modified, deleted }

    struct Event {
        let version: Int
        let type: EventType
        let key: ResourceKey
        let old: Value?
        let object: Value
    }

    var kinds: [APIResource]
    var hidden: [APIResource] = []
    var unavailable: Set<String> = []
    var objects: [ResourceKey: Value] = [:]
    var managers: [ResourceKey: [Manager: Fields]] = [:]
    var version = 100
    var uids = 0
    var events: [Event] = []
    var watchers: [Int: Watcher] = [:]
    var watcherIDs = 0

    init(kinds: [APIResource]) { self.kinds = kinds }

    static func error(_ code: ClusterError.Code, _ operation: String, _ detail: String = "") -> ClusterError {
        ClusterError(code, operation: operation, detail: detail.isEmpty ? code.rawValue : detail)
    }

    static func key(of object: Value, _ resource: APIResource) -> ResourceKey {
        ResourceKey(
            groupKind: resource.kind.groupKind, namespace: resource.isNamespaced ? object.objectNamespace : nil,
            name: object.objectName ?? "")
    }

    func check(_ resource: APIResource) throws(ClusterError) {
        guard kinds.contains(where: { $0.kind == resource.kind }) else {
            throw Self.error(.unknownKind, "asking for \(resource.kind)")
        }
    }

    // MARK: Reading

    static func matches(_ object: Value, _ labels: String) -> Bool {
        labels.split(separator: ",").allSatisfy { requirement in
            let parts = requirement.split(separator: "=", maxSplits: 1).map(String.init)
            return parts.count == 2 && object.label(parts[0]) == parts[1]
        }
    }

    static func seen(_ object: Value, _ detail: Detail) -> Value {
        guard detail == .metadata else { return object }
        return [
            "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": object["metadata"] ?? [:],
        ]
    }

    mutating func open(_ watcher: Watcher, from start: String) -> Int {
        watcherIDs += 1
        guard let start = Int(start), start >= (events.first?.version ?? version) - 1 else {
            watcher.continuation.finish(throwing: Self.error(.gone, "watching"))
            return watcherIDs
        }
        watchers[watcherIDs] = watcher
        for event in events where event.version > start { Self.send(event, to: watcher) }
        return watcherIDs
    }

    private static func send(_ event: Event, to watcher: Watcher) {
        guard event.key.groupKind == watcher.kind, watcher.namespace == nil || watcher.namespace == event.key.namespace
        else { return }
        let before = event.old.map { matches($0, watcher.labels) } ?? false
        let after = event.type != .deleted && matches(event.object, watcher.labels)
        let object = seen(event.object, watcher.detail)
        switch (before, after) {
        case (false, true): watcher.continuation.yield(.added(object))
        case (true, true): watcher.continuation.yield(.modified(object))
        case (true, false): watcher.continuation.yield(.deleted(object))
        case (false, false): break
        }
    }

    // MARK: Writing

    mutating func store(_ object: Value, _ key: ResourceKey, managers: [Manager: Fields], event type: EventType) {
        version += 1
        var object = object
        object = Self.setting(.string(String(version)), in: object, at: ["f:metadata", "f:resourceVersion"])
        let entries = managers.filter { !$0.value.isEmpty }.sorted {
            ($0.key.name, $0.key.isApply ? 0 : 1) < ($1.key.name, $1.key.isApply ? 0 : 1)
        }
        object = Self.setting(
            .list(entries.map { Self.entry($0.key, $0.value, version) }), in: object,
            at: ["f:metadata", "f:managedFields"])
        let event = Event(version: version, type: type, key: key, old: objects[key], object: object)
        objects[key] = type == .deleted ? nil : object
        self.managers[key] = type == .deleted ? nil : managers
        events.append(event)
        for watcher in watchers.values { Self.send(event, to: watcher) }
        if type != .deleted { becomeServed(object, key) }
    }

    /// A CRD is established, and its kind served, at once.
    private mutating func becomeServed(_ object: Value, _ key: ResourceKey) {
        guard key.groupKind.kind == "CustomResourceDefinition", let group = object[at: "spec", "group"]?.string,
            let kind = object[at: "spec", "names", "kind"]?.string,
            let plural = object[at: "spec", "names", "plural"]?.string
        else { return }
        for version in (object[at: "spec", "versions"]?.list ?? []).compactMap({ $0["name"]?.string }) {
            let kind = GroupVersionKind(group: group, version: version, kind: kind)
            guard !kinds.contains(where: { $0.kind == kind }) else { continue }
            kinds.append(
                APIResource(
                    kind: kind, plural: plural, isNamespaced: object[at: "spec", "scope"]?.string != "Cluster",
                    verbs: []))
        }
        var established = object
        established["status"] = ["conditions": [["type": "Established", "status": "True"]]]
        if object["status"] != established["status"] {
            store(established, key, managers: managers[key] ?? [:], event: .modified)
        }
    }

    private func checkNamespace(_ key: ResourceKey) throws(ClusterError) {
        guard let namespace = key.namespace else { return }
        let found = objects[ResourceKey(groupKind: GroupKind("Namespace"), namespace: nil, name: namespace)]
        guard let found else { throw Self.error(.notFound, "writing \(key)", "namespaces \"\(namespace)\" not found") }
        if found[at: "metadata", "deletionTimestamp"] != nil {
            throw Self.error(.terminating, "writing \(key)", "namespace \(namespace) is being terminated")
        }
    }

    mutating func apply(
        _ object: Value, _ key: ResourceKey, manager name: String, force: Bool, dryRun: Bool
    ) throws(ClusterError) -> WriteResult {
        let manager = Manager(name: name, isApply: true)
        let wanted = Self.fields(of: object)
        guard let live = objects[key] else {
            return try finish(object, key, managers: [manager: wanted], dryRun: dryRun)
        }
        if let version = object.resourceVersion, version != live.resourceVersion {
            throw Self.error(.conflict, "applying \(key)")
        }
        var owners = managers[key] ?? [:]
        for path in wanted {
            guard Self.value(in: object, path) != Self.value(in: live, path) else { continue }
            for (other, fields) in owners where other != manager && fields.contains(path) {
                guard force else {
                    throw ClusterError(
                        .conflict, operation: "applying \(key)", detail: "conflict with \"\(other.name)\"",
                        causes: [
                            .init(
                                field: path.joined(separator: "."), reason: "FieldManagerConflict",
                                message: "conflict with \"\(other.name)\"")
                        ])
                }
                owners[other]?.remove(path)
            }
        }
        var merged = live
        for path in (owners[manager] ?? []).subtracting(wanted)
        where !owners.contains(where: { $0.key != manager && $0.value.contains(path) }) {
            merged = Self.removing(path, from: merged)
        }
        for path in wanted.sorted(by: { $0.count < $1.count }) {
            guard let value = Self.value(in: object, path) else { continue }
            merged = Self.setting(value, in: merged, at: path)
        }
        owners[manager] = wanted
        return try finish(merged, key, managers: owners, dryRun: dryRun)
    }

    /// A PUT or POST: what changed belongs to the manager from now on.
    mutating func update(
        _ object: Value, _ key: ResourceKey, manager name: String, dryRun: Bool
    ) throws(ClusterError) -> WriteResult {
        let manager = Manager(name: name, isApply: false)
        var owners = managers[key] ?? [:]
        let before = objects[key].map { Self.fields(of: $0) } ?? []
        let after = Self.fields(of: object)
        let live = objects[key]
        let changed = after.filter { path in
            live.map { Self.value(in: $0, path) != Self.value(in: object, path) } ?? true
        }
        for other in owners.keys { owners[other]?.subtract(changed.union(before.subtracting(after))) }
        owners[manager, default: []].formUnion(changed)
        return try finish(object, key, managers: owners, dryRun: dryRun)
    }

    private mutating func finish(
        _ object: Value, _ key: ResourceKey, managers owners: [Manager: Fields], dryRun: Bool
    ) throws(ClusterError) -> WriteResult {
        try checkNamespace(key)
        var object = object
        let live = objects[key]
        if let live, key.groupKind.kind == "Job", live[at: "spec", "template"] != object[at: "spec", "template"] {
            throw Self.error(.immutable, "writing \(key)", "spec.template: field is immutable")
        }
        if let live {
            for field in ["uid", "generation", "deletionTimestamp", "resourceVersion", "managedFields"] {
                guard let value = live[at: "metadata", field] else { continue }
                object = Self.setting(value, in: object, at: ["f:metadata", "f:\(field)"])
            }
            object["status"] = object["status"] ?? live["status"]
            if object == live, owners == managers[key] {
                return WriteResult(object: live, wasCreated: false, warnings: [])
            }
        } else if !dryRun {
            uids += 1
            object = Self.setting(.string("uid-\(uids)"), in: object, at: ["f:metadata", "f:uid"])
        }
        let generation = live?[at: "metadata", "generation"]?.integer ?? 0
        if let spec = object["spec"], spec != live?["spec"] {
            object = Self.setting(.integer(generation + 1), in: object, at: ["f:metadata", "f:generation"])
        }
        if dryRun { return WriteResult(object: object, wasCreated: live == nil, warnings: []) }
        store(object, key, managers: owners, event: live == nil ? .added : .modified)
        return WriteResult(object: objects[key] ?? object, wasCreated: live == nil, warnings: [])
    }

    mutating func delete(_ key: ResourceKey, _ preconditions: Preconditions, dryRun: Bool) throws(ClusterError) -> Bool
    {
        guard let live = objects[key] else { return false }
        if let uid = preconditions.uid, uid != live.uid { throw Self.error(.conflict, "deleting \(key)") }
        if let version = preconditions.resourceVersion, version != live.resourceVersion {
            throw Self.error(.conflict, "deleting \(key)")
        }
        if dryRun { return true }
        if live[at: "metadata", "finalizers"]?.list?.isEmpty == false {
            let dying = Self.setting("2026-01-01T00:00:00Z", in: live, at: ["f:metadata", "f:deletionTimestamp"])
            store(dying, key, managers: managers[key] ?? [:], event: .modified)
            return true
        }
        store(live, key, managers: managers[key] ?? [:], event: .deleted)
        if key.groupKind.kind == "Namespace" {
            for member in objects.keys where member.namespace == key.name {
                _ = try delete(member, Preconditions(), dryRun: false)
            }
        }
        return true
    }
}

// MARK: Fields

extension FakeState {
    private static let bookkeeping: Set<String> = [
        "name", "namespace", "uid", "resourceVersion", "generation", "managedFields", "creationTimestamp",
        "deletionTimestamp",
    ]

    /// The leaves of an object: maps by member, lists of named items by name, other lists whole.
    static func fields(of object: Value) -> Fields {
        var fields = Fields()
        for entry in object.map ?? Map() where !["apiVersion", "kind", "status"].contains(entry.key) {
            if entry.key == "metadata" {
                for member in entry.value.map ?? Map() where !bookkeeping.contains(member.key) {
                    collect(member.value, ["f:metadata", "f:\(member.key)"], &fields)
                }
            } else {
                collect(entry.value, ["f:\(entry.key)"], &fields)
            }
        }
        return fields
    }

    private static func collect(_ value: Value, _ path: [String], _ fields: inout Fields) {
        if let map = value.map, !map.isEmpty {
            for entry in map { collect(entry.value, path + ["f:\(entry.key)"], &fields) }
        } else if let items = value.list, !items.isEmpty, items.allSatisfy({ $0["name"]?.string != nil }) {
            for item in items { collect(item, path + ["k:\(item["name"]?.string ?? "")"], &fields) }
        } else if !value.isNull {
            fields.insert(path)
        }
    }

    static func value(in object: Value, _ path: [String]) -> Value? {
        var value = object
        for step in path {
            let name = String(step.dropFirst(2))
            let next = step.hasPrefix("f:") ? value[name] : value.list?.first { $0["name"]?.string == name }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    static func setting(_ new: Value, in object: Value, at path: [String]) -> Value {
        change(object, path[...]) { _ in new }
    }

    static func removing(_ path: [String], from object: Value) -> Value {
        change(object, path[...]) { _ in nil }
    }

    private static func change(_ value: Value, _ path: ArraySlice<String>, _ body: (Value?) -> Value?) -> Value {
        guard let step = path.first else { return value }
        let name = String(step.dropFirst(2))
        var result = value
        if step.hasPrefix("f:") {
            result[name] =
                path.count == 1
                ? body(value[name]) : change(value[name] ?? start(path.dropFirst()), path.dropFirst(), body)
            return result
        }
        var items = value.list ?? []
        let index = items.firstIndex { $0["name"]?.string == name }
        let item = index.map { items[$0] } ?? ["name": .string(name)]
        let changed = change(item, path.dropFirst(), body)
        if let index { items[index] = changed } else { items.append(changed) }
        // An item of which only the key is left is gone.
        items.removeAll { $0.map?.isEmpty == true }
        return .list(items)
    }

    private static func start(_ path: ArraySlice<String>) -> Value { path.first?.hasPrefix("k:") == true ? [] : [:] }

    private static func entry(_ manager: Manager, _ fields: Fields, _ version: Int) -> Value {
        var tree: Value = [:]
        for path in fields.sorted(by: { $0.lexicographicallyPrecedes($1) }) { tree = insert(path[...], into: tree) }
        return [
            "manager": .string(manager.name), "operation": manager.isApply ? "Apply" : "Update",
            "fieldsType": "FieldsV1", "fieldsV1": tree, "time": "2026-01-01T00:00:00Z",
        ]
    }

    private static func insert(_ path: ArraySlice<String>, into tree: Value) -> Value {
        guard let step = path.first else { return tree }
        var tree = tree
        let key = step.hasPrefix("k:") ? "k:{\"name\":\"\(step.dropFirst(2))\"}" : step
        tree[key] = insert(path.dropFirst(), into: tree[key] ?? [:])
        return tree
    }
}
