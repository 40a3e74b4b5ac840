// SPDX-License-Identifier: Apache-2.0

import Domain

/// The Lease of one environment (`coordination.k8s.io/v1`), as client-go's leader election writes and reads it.
struct LeaseRecord: Sendable, Hashable {
    /// The part that its holder renews. A holder lives as long as this changes.
    struct Claim: Sendable, Hashable {
        /// The identity of the replica that leads; empty when it let go.
        var holder = ""
        /// How long others wait after the last change that they saw.
        var duration: Duration = .zero
        /// As its holder's clock says; never compared with another clock.
        var renewTime = ""
        var transitions: Int64 = 0
    }

    var claim = Claim()
    /// As its holder's clock said.
    var acquireTime = ""
    /// How many environments the holder leads in all; 0 when it does not say.
    var leads = 0
    /// Another replica would rather have it; nil when none asked.
    var wish: Wish?
    /// Of the object this was read from; nil for a new one.
    var resourceVersion: String?

    /// A replica that leads fewer environments than the holder asks for one.
    struct Wish: Sendable, Hashable {
        let replica: String
        let leads: Int
    }

    static let resource = APIResource(
        kind: GroupVersionKind(group: "coordination.k8s.io", version: "v1", kind: "Lease"), plural: "leases",
        isNamespaced: true, verbs: [])

    init() {}

    /// Reads whatever is there: a Lease that somebody else made a mess of is one that nobody holds.
    init(_ object: Value) {
        let spec = object["spec"]
        claim.holder = spec?["holderIdentity"]?.string ?? ""
        claim.duration = .seconds(spec?["leaseDurationSeconds"]?.integer ?? 0)
        claim.renewTime = spec?["renewTime"]?.string ?? ""
        claim.transitions = spec?["leaseTransitions"]?.integer ?? 0
        acquireTime = spec?["acquireTime"]?.string ?? ""
        leads = object.annotation(Conventions.leadsAnnotation).flatMap { Int($0) } ?? 0
        let words = object.annotation(Conventions.wantedByAnnotation)?.split(separator: " ") ?? []
        if words.count == 2, let count = Int(words[1]) { wish = Wish(replica: String(words[0]), leads: count) }
        resourceVersion = object.resourceVersion
    }

    /// - Parameter applySet: Of the environment: its name and namespace are the Lease's, too.
    func object(in applySet: ApplySet) -> Value {
        var annotations = Map([.init(key: Conventions.leadsAnnotation, value: .string("\(leads)"))])
        if let wish { annotations[Conventions.wantedByAnnotation] = .string("\(wish.replica) \(wish.leads)") }
        var metadata: Value = [
            "name": .string(applySet.name), "namespace": .string(applySet.namespace),
            "labels": [Conventions.environmentLabel: .string(applySet.environment.text)],
            "annotations": .map(annotations),
        ]
        if let resourceVersion { metadata["resourceVersion"] = .string(resourceVersion) }
        var spec: Value = [
            "holderIdentity": .string(claim.holder),
            // A server refuses 0, and whole seconds are all there is.
            "leaseDurationSeconds": .integer(max(1, claim.duration.components.seconds)),
            "leaseTransitions": .integer(claim.transitions),
        ]
        if !acquireTime.isEmpty { spec["acquireTime"] = .string(acquireTime) }
        if !claim.renewTime.isEmpty { spec["renewTime"] = .string(claim.renewTime) }
        return ["apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec]
    }

    /// The way Kubernetes writes a `MicroTime`: six digits, or it is refused.
    static func microTime(_ instant: Instant) -> String { "\(instant.precise.dropLast())000Z" }
}
