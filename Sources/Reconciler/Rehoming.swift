// SPDX-License-Identifier: Apache-2.0

import Domain

/// Takes the objects of a renamed environment over from its old ApplySet, without deleting or restarting anything.
///
/// `formerly` in `kubernaut.yaml` names the old set. The new parent is widened first, then every member changes its
/// labels, bound to the version that was read, and the old parent goes when it has no member left. Wherever this stops,
/// the next pass goes on.
struct Rehoming: Sendable {
    let bench: Workbench
    let interruption: Interruption
    let former: ApplySet

    /// Sends one request when there is nothing (more) to move.
    ///
    /// - Throws: `.conflict` when the old parent is not kubernaut's; else what kept an object from moving.
    func run(_ discovery: Discovery) async throws(ClusterError) {
        guard former != bench.applySet, let parent = try await parent(of: former) else { return }
        let contents = try former.contents(of: parent)
        try await inherit(contents, ParentMemory(of: parent))
        for kind in contents.groupKinds.sorted() {
            guard let resource = discovery.resource(for: kind) else {
                let isSilent = discovery.unavailable.contains {
                    GroupVersionKind(apiVersion: $0, kind: "").group == kind.group
                }
                guard isSilent else { continue }
                throw ClusterError(
                    .unavailable, operation: "renaming \(former.environment)",
                    detail: "the API group of \(kind) does not answer")
            }
            try await move(resource)
        }
        _ = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.delete(
                ApplySet.resource, namespace: former.namespace, name: former.name,
                preconditions: Preconditions(uid: parent.uid), propagation: .background, dryRun: false)
        }
    }

    private func parent(of set: ApplySet) async throws(ClusterError) -> Value? {
        try await bench.request(interruption) { () throws(ClusterError) -> Value? in
            try await bench.cluster.get(
                ApplySet.resource, namespace: set.namespace, name: set.name, detail: .whole)
        }
    }

    /// The new parent announces what comes, before it comes.
    private func inherit(_ contents: ApplySet.Contents, _ memory: ParentMemory) async throws(ClusterError) {
        let keeper = ParentKeeper(bench: bench, interruption: interruption)
        var announced = contents
        if let own = try await parent(of: bench.applySet) {
            announced = announced.union(try bench.applySet.contents(of: own))
            let known = ParentMemory(of: own)
            bench.index.setFinished(known.finished.merging(bench.index.finished) { _, newer in newer })
            bench.index.setHooks(known.hooks.merging(bench.index.hooks) { _, newer in newer })
        } else {
            try await Foundation(bench: bench, interruption: interruption).ensureNamespace()
        }
        announced.namespaces.insert(bench.applySet.namespace)
        bench.index.setFinished(memory.finished.merging(bench.index.finished) { _, newer in newer })
        bench.index.setHooks(memory.hooks.merging(bench.index.hooks) { _, newer in newer })
        try await keeper.write(announced, held: [:])
    }

    private func move(_ resource: APIResource) async throws(ClusterError) {
        let list = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.list(resource, namespace: nil, labels: former.selector, detail: .whole)
        }
        for object in list.items {
            guard !interruption.isRaised else {
                throw ClusterError(.cancelled, operation: "renaming \(former.environment)", detail: "stopped")
            }
            try await move(object, resource)
        }
        // Members that were listed before they moved.
        bench.index.forget(resource.kind.groupKind)
    }

    /// Copies keep the old label: they were never members.
    private func move(_ object: Value, _ resource: APIResource) async throws(ClusterError) {
        var current: Value? = object
        for attempt in 1...bench.settings.attempts {
            guard let live = current, let key = ResourceKey(of: live, kind: resource.kind.groupKind),
                Ownership(of: live, key: key, in: former) == .ours
            else { return }
            var metadata = live["metadata"] ?? [:]
            var labels = metadata["labels"] ?? [:]
            labels[Conventions.applySetPartOfLabel] = .string(bench.applySet.id)
            labels[Conventions.environmentLabel] = .string(bench.applySet.environment.text)
            metadata["labels"] = labels
            var moved = live
            moved["metadata"] = metadata
            let sent = moved
            do throws(ClusterError) {
                _ = try await bench.request(interruption) { () throws(ClusterError) in
                    try await bench.cluster.replace(sent, in: resource, dryRun: false)
                }
                return
            } catch  where error.code == .conflict && attempt < bench.settings.attempts {
                current = try await bench.get(key, resource, detail: .whole, interruption)
            } catch  where error.code == .notFound {
                return
            }
        }
    }
}
