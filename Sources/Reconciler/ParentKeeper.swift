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
        if !live.isParentMarked || !live.announced.isSuperset(of: plan.announced) {
            try await write(plan.announced, held: live.memory.held)
        }
        bench.index.expectParent(plan.announced)
    }

    /// Announces no more than what is wanted, and what is still there; remembers what later passes must know.
    ///
    /// - Parameter held: What waits for a person, or was confirmed and is not done.
    func narrow(
        to desired: DesiredState, after plan: Plan, _ live: LiveState, lingering: Set<ResourceKey>,
        held: [HeldList.Purpose: HeldList]
    ) async throws(ClusterError) {
        // What another revision ran, or none, needs no memory.
        bench.index.setFinished(bench.index.finished.filter { desired.objects[$0.key]?.digest == $0.value })
        if desired.failedServices.isEmpty {
            let origins = desired.hookOrigins
            bench.index.setHooks(bench.index.hooks.filter { origins.contains($0.key) })
        }
        var remaining = ApplySet.Contents(of: desired.objects.keys)
            .union(ApplySet.Contents(of: bench.index.members.keys))
            .union(ApplySet.Contents(of: lingering))
        remaining.namespaces.insert(bench.applySet.namespace)
        // What could not be read may still have members: whoever forgets it now never finds them again.
        if !live.unread.isEmpty { remaining = remaining.union(plan.announced) }
        let isRemembered = live.memory == memory(held)
        guard bench.mayWrite, remaining != plan.announced || !isRemembered else { return }
        // Said before it is written, so that our own write never looks like somebody's edit.
        bench.index.expectParent(remaining)
        try await write(remaining, held: held)
    }

    /// Writes down that a Job is done, so that no later daemon runs it again.
    func remember(finished key: ResourceKey, digest: String) async throws(ClusterError) {
        bench.index.noteFinished(key, digest: digest)
        try await rewrite()
    }

    /// Writes down that a hook ran to its end, so that it does not run again for the same rendering.
    func remember(hook: Hook) async throws(ClusterError) {
        bench.index.noteHook(hook.origin, run: hook.run)
        try await rewrite()
    }

    private func rewrite() async throws(ClusterError) {
        guard let parent = try await LiveReader(bench: bench, interruption: interruption).parent() else { return }
        try await write(bench.applySet.contents(of: parent), held: ParentMemory(of: parent).held)
    }

    /// Takes a confirmation off that was obeyed, or that names another list than the one that is held.
    func settle(_ confirmation: Confirmation, of purpose: HeldList.Purpose) async throws(ClusterError) {
        let names = Confirmation.annotations(of: purpose)
        for attempt in 1...bench.settings.attempts {
            guard let parent = try await LiveReader(bench: bench, interruption: interruption).parent(),
                parent.annotation(names.hash) == confirmation.hash
            else { return }
            let settled = parent.annotated([names.hash: nil, names.by: nil])
            do throws(ClusterError) {
                _ = try await bench.request(interruption) { () throws(ClusterError) in
                    try await bench.cluster.replace(settled, in: ApplySet.resource, dryRun: false)
                }
                return
            } catch  where error.code == .conflict && attempt < bench.settings.attempts {
                continue
            }
        }
    }

    private func memory(_ held: [HeldList.Purpose: HeldList]) -> ParentMemory {
        ParentMemory(finished: bench.index.finished, hooks: bench.index.hooks, held: held)
    }

    func write(
        _ contents: ApplySet.Contents, held: [HeldList.Purpose: HeldList]
    ) async throws(ClusterError) {
        let parent = bench.applySet.parent(announcing: contents, memory: memory(held))
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
