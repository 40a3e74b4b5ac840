// SPDX-License-Identifier: Apache-2.0

import Domain

/// Reads what a plan must know. What is already known from watches is not asked again.
struct LiveReader: Sendable {
    let bench: Workbench
    let interruption: Interruption

    /// So many new objects of a kind in a namespace are looked up with one list.
    private static let censusThreshold = 4

    /// - Throws: `ClusterError` when the cluster as a whole does not answer; what single kinds refuse is in `unread`.
    func read(_ desired: DesiredState, discovery: Discovery) async throws(ClusterError) -> LiveState {
        var live = LiveState()
        if let parent = try await parent() {
            live.hasParent = true
            live.announced = try bench.applySet.contents(of: parent)
            live.isParentMarked = bench.applySet.isMarked(parent)
            live.memory = ParentMemory(of: parent)
            live.notes = ParentNotes(of: parent)
            bench.index.setFinished(live.memory.finished.merging(bench.index.finished) { _, newer in newer })
            bench.index.setHooks(live.memory.hooks.merging(bench.index.hooks) { _, newer in newer })
        }
        let kinds = live.announced.groupKinds.union(bench.index.sweptKinds).union(
            desired.objects.values.filter { !$0.awaitsKind }.map(\.key.groupKind))
        let namespaces = Set(desired.objects.keys.compactMap(\.namespace)).union(live.announced.namespaces)
        for kind in bench.reach.cover(namespaces) { bench.index.forget(kind) }
        live.unread = try await list(kinds.subtracting(bench.index.kinds), desired, discovery)
        live.members = bench.index.members
        live.finished = bench.index.finished
        live.hooks = bench.index.hooks
        let missing = desired.objects.values.filter { live.members[$0.key] == nil && !$0.awaitsKind }
        live.strangers = try await strangers(missing)
        return live
    }

    func parent() async throws(ClusterError) -> Value? {
        let set = bench.applySet
        let key = ResourceKey(groupKind: ApplySet.resource.kind.groupKind, namespace: set.namespace, name: set.name)
        return try await bench.get(key, ApplySet.resource, detail: .whole, interruption)
    }

    // MARK: Members

    /// - Returns: The kinds that could not be listed, and why.
    private func list(
        _ kinds: Set<GroupKind>, _ desired: DesiredState, _ discovery: Discovery
    ) async throws(ClusterError) -> [GroupKind: String] {
        var unread: [GroupKind: String] = [:]
        var resources: [APIResource] = []
        for kind in kinds.sorted() {
            if let resource = discovery.resource(for: kind) {
                resources.append(resource)
            } else if discovery.unavailable.contains(where: {
                GroupVersionKind(apiVersion: $0, kind: "").group == kind.group
            }) {
                unread[kind] = "its API group does not answer"
            } else {
                // The kind is gone, and its objects with it.
                bench.index.drop(kind)
            }
        }
        let problems = await withTaskGroup(of: (GroupKind, ClusterError?).self) { group in
            for resource in resources {
                group.addTask {
                    do throws(ClusterError) {
                        try await self.list(resource, desired)
                        return (resource.kind.groupKind, nil)
                    } catch {
                        return (resource.kind.groupKind, error)
                    }
                }
            }
            var problems: [GroupKind: ClusterError] = [:]
            for await (kind, error) in group { problems[kind] = error }
            return problems
        }
        for (kind, error) in problems {
            switch error.code {
            case .unreachable, .unauthorized, .cancelled: throw error
            case .unknownKind where try await isGone(kind): bench.index.drop(kind)
            default: unread[kind] = error.detail
            }
        }
        return unread
    }

    /// Whether the cluster says, asked anew, that it does not serve this kind; not answering says nothing.
    private func isGone(_ kind: GroupKind) async throws(ClusterError) -> Bool {
        let discovery = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.discovery(refresh: true)
        }
        return discovery.resource(for: kind) == nil
            && !discovery.unavailable.contains { GroupVersionKind(apiVersion: $0, kind: "").group == kind.group }
    }

    /// Lists the members of one kind into the index, bodies included just long enough to compare them.
    func list(_ resource: APIResource, _ desired: DesiredState) async throws(ClusterError) {
        let set = bench.applySet
        let list = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.list(resource, namespace: nil, labels: set.selector, detail: .whole)
        }
        bench.index.load(list, of: resource.kind.groupKind) { key in
            desired.objects[key].map { ($0.digest, $0.comparable(in: set)) }
        }
    }

    // MARK: Strangers

    /// Objects that stand where git wants one of ours, without being ours.
    private func strangers(_ missing: [DesiredObject]) async throws(ClusterError) -> [ResourceKey: Stranger] {
        struct Place: Hashable {
            let resource: APIResource
            let namespace: String?
        }
        let places = Dictionary(grouping: missing) { Place(resource: $0.resource, namespace: $0.key.namespace) }
        let answers = await withTaskGroup(of: Result<[ResourceKey: Stranger], ClusterError>.self) { group in
            for (place, objects) in places {
                if objects.count >= Self.censusThreshold {
                    group.addTask {
                        await self.result { () throws(ClusterError) in
                            try await self.census(place.resource, place.namespace, wanted: Set(objects.map(\.key)))
                        }
                    }
                } else {
                    for object in objects {
                        group.addTask {
                            await self.result { () throws(ClusterError) in try await self.stranger(at: object) }
                        }
                    }
                }
            }
            var answers: [Result<[ResourceKey: Stranger], ClusterError>] = []
            for await answer in group { answers.append(answer) }
            return answers
        }
        var strangers: [ResourceKey: Stranger] = [:]
        for answer in answers { strangers.merge(try answer.get()) { first, _ in first } }
        return strangers
    }

    private func result(
        _ body: () async throws(ClusterError) -> [ResourceKey: Stranger]
    ) async -> Result<[ResourceKey: Stranger], ClusterError> {
        do throws(ClusterError) { return .success(try await body()) } catch { return .failure(error) }
    }

    private func census(
        _ resource: APIResource, _ namespace: String?, wanted: Set<ResourceKey>
    ) async throws(ClusterError) -> [ResourceKey: Stranger] {
        let list = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.list(resource, namespace: namespace, labels: "", detail: .metadata)
        }
        var strangers: [ResourceKey: Stranger] = [:]
        for object in list.items {
            guard let key = ResourceKey(of: object, kind: resource.kind.groupKind), wanted.contains(key) else {
                continue
            }
            strangers[key] = Stranger(object, key: key, in: bench.applySet)
        }
        return strangers
    }

    private func stranger(at desired: DesiredObject) async throws(ClusterError) -> [ResourceKey: Stranger] {
        let found = try await bench.get(desired.key, desired.resource, detail: .metadata, interruption)
        guard let found else { return [:] }
        return [desired.key: Stranger(found, key: desired.key, in: bench.applySet)]
    }
}
