// SPDX-License-Identifier: Apache-2.0

import Domain

/// Deletes an object and creates it again, because a field that git changes cannot change.
///
/// Only where the manifest allows it, only after the server's dry run accepted the new object, and only exactly the
/// object that was looked at. If the create then fails all the same, the old object is put back.
struct Recreation: Sendable {
    let writer: ObjectWriter

    /// - Throws: `error`, the immutable one, when recreating is not allowed; else what went wrong.
    func run(_ desired: DesiredObject, after error: ClusterError) async throws(ClusterError) -> ObjectWriter.Written {
        guard desired.mayRecreate, !ApplyOrder.heldKinds.contains(desired.key.groupKind) else { throw error }
        guard let old = try await writer.live(desired) else { return try await create(desired) }
        guard Ownership(of: old, key: desired.key, in: writer.bench.applySet) == .ours else { throw error }
        if let active = old[at: "status", "active"]?.integer, active > 0, desired.key.groupKind.kind == "Job" {
            throw ClusterError(
                .terminating, operation: "recreating \(desired.key)",
                detail: "the old Job is still running; it is replaced when it has finished")
        }
        try await prove(desired)
        try await delete(desired, old)
        try await writer.awaitDeletion(desired)
        do throws(ClusterError) {
            return try await create(desired)
        } catch {
            try await putBack(old, desired)
            throw error
        }
    }

    private func create(_ desired: DesiredObject) async throws(ClusterError) -> ObjectWriter.Written {
        let result =
            desired.mode == .serverSide
            ? try await writer.apply(desired, force: false) : try await writer.post(desired)
        var written = writer.record(result, desired)
        written.message = "deleted and created again, because a field that changed is immutable"
        return written
    }

    /// Creates the new object under another name, for the server to judge and not to keep.
    private func prove(_ desired: DesiredObject) async throws(ClusterError) {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        let suffix = String((0..<6).map { _ in digits[Int(writer.bench.time.unitRandom() * 36) % 36] })
        var trial = desired.object(in: writer.bench.applySet)
        var metadata = trial["metadata"] ?? [:]
        metadata["name"] = .string("\(desired.key.name.prefix(50))-\(suffix)")
        trial["metadata"] = metadata
        let object = trial
        _ = try await writer.bench.gate.pass { () throws(ClusterError) in
            try await writer.bench.cluster.create(object, in: desired.resource, dryRun: true)
        }
    }

    private func delete(_ desired: DesiredObject, _ old: Value) async throws(ClusterError) {
        // Pods of a StatefulSet stay and are adopted by the new one.
        let propagation: Propagation = desired.key.groupKind.kind == "StatefulSet" ? .orphan : .background
        _ = try await writer.bench.gate.pass { () throws(ClusterError) in
            try await writer.bench.cluster.delete(
                desired.resource, namespace: desired.key.namespace, name: desired.key.name,
                preconditions: Preconditions(uid: old.uid, resourceVersion: old.resourceVersion),
                propagation: propagation, dryRun: false)
        }
    }

    private func putBack(_ old: Value, _ desired: DesiredObject) async throws(ClusterError) {
        var object = old
        object["status"] = nil
        var metadata = object["metadata"] ?? [:]
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"] {
            metadata[field] = nil
        }
        object["metadata"] = metadata
        let original = object
        let result = try await writer.bench.request(writer.interruption) { () throws(ClusterError) in
            try await writer.bench.cluster.create(original, in: desired.resource, dryRun: false)
        }
        writer.bench.index.record(result.object, key: desired.key)
    }
}
