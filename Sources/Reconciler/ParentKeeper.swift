// SPDX-License-Identifier: Apache-2.0

import Domain

/// Keeps the ApplySet's parent telling where members are: wider before the first write, narrower after the last prune.
struct ParentKeeper: Sendable {
    let bench: Workbench
    let interruption: Interruption

    /// Announces everything the plan may write, the namespace and the parent themselves created when missing.
    /// Sends nothing when the parent says so already.
    func widen(for plan: Plan, live: LiveState) async throws(ClusterError) {
        if !live.hasParent {
            try await Foundation(bench: bench, interruption: interruption).ensureNamespace()
        }
        if !live.hasParent || !live.announced.isSuperset(of: plan.announced) { try await write(plan.announced) }
    }

    /// Announces no more than what is wanted, and what is still there.
    func narrow(to desired: DesiredState, after plan: Plan, lingering: Set<ResourceKey>) async throws(ClusterError) {
        // What another revision ran, or none, needs no memory.
        bench.index.setFinished(bench.index.finished.filter { desired.objects[$0.key]?.digest == $0.value })
        var remaining = ApplySet.Contents(of: desired.objects.keys)
            .union(ApplySet.Contents(of: bench.index.members.keys))
            .union(ApplySet.Contents(of: lingering))
        remaining.namespaces.insert(bench.applySet.namespace)
        if remaining != plan.announced { try await write(remaining) }
    }

    /// Writes down that a Job is done, so that no later daemon runs it again.
    func remember(finished key: ResourceKey, digest: String) async throws(ClusterError) {
        bench.index.noteFinished(key, digest: digest)
        guard let parent = try await LiveReader(bench: bench, interruption: interruption).parent() else { return }
        try await write(bench.applySet.contents(of: parent))
    }

    private func write(_ contents: ApplySet.Contents) async throws(ClusterError) {
        let parent = bench.applySet.parent(announcing: contents, finished: bench.index.finished)
        _ = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.apply(parent, to: ApplySet.resource, force: true, dryRun: false)
        }
    }
}

extension ApplySet.Contents {
    func isSuperset(of other: Self) -> Bool {
        groupKinds.isSuperset(of: other.groupKinds) && namespaces.isSuperset(of: other.namespaces)
    }
}
