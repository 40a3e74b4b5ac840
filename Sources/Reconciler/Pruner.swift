// SPDX-License-Identifier: Apache-2.0

import Domain

/// Deletes what a plan says is no longer wanted: exactly the objects that were seen, and nothing else.
struct Pruner: Sendable {
    let bench: Workbench
    let interruption: Interruption
    let discovery: Discovery

    struct Report: Sendable {
        var results: [ObjectResult] = []
        /// Deleted, but not gone at once: the parent still has to announce where they are.
        var lingering: Set<ResourceKey> = []
        var isRetryable = false
    }

    /// - Parameters:
    ///   - failed: Services of which something was not applied: what is theirs stays.
    ///   - who: The person who confirmed the held list, as they say; nil when nobody did, or nobody knows.
    func prune(_ plan: PrunePlan, failed: Set<Name>, confirmedBy who: String? = nil) async -> Report {
        var report = Report()
        for step in plan.steps {
            let outcomes = await withTaskGroup(of: (PrunePlan.Item, ObjectWriter.Written?).self) { group in
                for item in step {
                    group.addTask {
                        if let service = item.service, failed.contains(service) {
                            return (item, skipped("service \(service) was not fully applied"))
                        }
                        return (item, await delete(item))
                    }
                }
                var outcomes: [(PrunePlan.Item, ObjectWriter.Written?)] = []
                for await outcome in group { outcomes.append(outcome) }
                return outcomes
            }
            for case (let item, let written?) in outcomes {
                var message = written.message
                if message.isEmpty, let who, plan.confirmed.contains(item.key) { message = "confirmed by \(who)" }
                report.results.append(
                    ObjectResult(key: item.key, service: item.service, action: written.action, message: message))
                if written.action == .deleted, item.isFinalized { report.lingering.insert(item.key) }
                report.isRetryable = report.isRetryable || written.isRetryable
            }
        }
        return report
    }

    private func skipped(_ reason: String) -> ObjectWriter.Written {
        ObjectWriter.Written(action: .skipped, message: reason)
    }

    /// `nil` when interrupted before anything was sent.
    private func delete(_ item: PrunePlan.Item) async -> ObjectWriter.Written? {
        guard !interruption.isRaised else { return nil }
        guard let resource = discovery.resource(for: item.key.groupKind) else {
            return skipped("the cluster does not serve its kind any more")
        }
        guard bench.index.begin(item.key) else { return skipped("it is being written at the moment") }
        defer { bench.index.end(item.key) }
        do throws(ClusterError) {
            var conflicts = 0
            while true {
                do throws(ClusterError) {
                    return try await delete(item, resource)
                } catch  where error.code == .conflict && conflicts < bench.settings.attempts {
                    // Somebody wrote it meanwhile, or another object has its name: only a look can tell.
                    conflicts += 1
                    let found = try await bench.get(item.key, resource, detail: .metadata, interruption)
                    guard let found, found.uid != item.uid else { continue }
                    bench.index.recordDeletion(item.key)
                    return skipped("another object has its name now")
                }
            }
        } catch {
            if error.code == .cancelled { return nil }
            return ObjectWriter.Written(action: .failed, message: error.detail, isRetryable: true)
        }
    }

    private func delete(
        _ item: PrunePlan.Item, _ resource: APIResource
    ) async throws(ClusterError) -> ObjectWriter.Written {
        let wasThere = try await bench.request(interruption) { () throws(ClusterError) in
            try await bench.cluster.delete(
                resource, namespace: item.key.namespace, name: item.key.name,
                preconditions: Preconditions(uid: item.uid), propagation: .background, dryRun: false)
        }
        // With finalizers it is still there, on its way; the watch says when it is gone.
        if !item.isFinalized { bench.index.recordDeletion(item.key) }
        return ObjectWriter.Written(action: .deleted, message: wasThere ? "" : "it was gone already")
    }
}
