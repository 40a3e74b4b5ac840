// SPDX-License-Identifier: Apache-2.0

import Domain

/// Makes an object ours that exists and is not: the fields that earlier tools hold first, then everything git says.
///
/// Both writes are bound to the version that was read before them. Who comes between is seen, and asked about again.
struct Takeover: Sendable {
    let writer: ObjectWriter

    /// The reason of a cause: somebody else came to the object.
    static let changedOwner = "OwnerChanged"

    /// - Parameter read: The object as a person read it who let it be taken over; nil when git says that it may be,
    ///   however it is.
    /// - Throws: `.conflict` with a cause when it is not what was read any more.
    func run(_ desired: DesiredObject, as read: HeldList.Item?) async throws(ClusterError) -> WriteResult {
        guard let live = try await writer.live(desired) else {
            // Gone by now: then it is as if it had never been there.
            return desired.mode == .serverSide
                ? try await writer.apply(desired, force: false) : try await writer.post(desired)
        }
        if let problem = obstacle(live, desired, read) {
            throw ClusterError(
                .conflict, operation: "taking over \(desired.key)", detail: problem,
                causes: [ClusterError.Cause(field: "metadata", reason: Self.changedOwner, message: problem)])
        }
        guard desired.mode == .serverSide else { return try await writer.put(desired, over: live, dryRun: false) }
        let current = try await withOurFields(live, desired)
        let written = try await writer.apply(desired, over: current, force: true, isBound: true)
        return try await writer.owned(written, desired)
    }

    /// The object after the fields of earlier tools became ours.
    private func withOurFields(_ live: Value, _ desired: DesiredObject) async throws(ClusterError) -> Value {
        guard let object = FieldTakeover.object(live, desired: desired.manifest.object) else { return live }
        let bench = writer.bench
        let result = try await bench.gate.pass { () throws(ClusterError) in
            try await bench.cluster.replace(object, in: desired.resource, dryRun: false)
        }
        return result.object
    }

    /// Why it may not be taken over as it is now; nil when it may.
    private func obstacle(_ live: Value, _ desired: DesiredObject, _ read: HeldList.Item?) -> String? {
        switch Ownership(of: live, key: desired.key, in: writer.bench.applySet) {
        case .another(let id): return "it belongs to another ApplySet by now (\(id)); take it out there first"
        case .ours, .unproven: return nil
        case .copy, .nobody: break
        }
        guard let read else { return nil }
        let now = HeldList.Item(
            key: desired.key, uid: live.uid ?? "", service: nil, holders: Holders.of(live))
        guard now.uid == read.uid else { return "it is another object by now than the one that was confirmed" }
        guard !read.covers(now) else { return nil }
        let newcomers = now.holders.filter { !read.holders.contains($0) && $0 != Conventions.fieldManager }
        return "\(newcomers.joined(separator: ", ")) came to it after it was confirmed"
    }
}
