// SPDX-License-Identifier: Apache-2.0

import Domain

// What comes in: one object as a cluster holds it, and the time. What goes out: whether it works, and why not.
// Nothing here asks a cluster: the same object gives the same answer in the daemon, in `kubernaut health` and in tests.

/// How long a custom resource may be without a status before that means "it has none".
let timeToFirstStatus = Duration.seconds(30)

/// What holds for every kind, in the order of kstatus; nil when the kind decides.
func commonHealth(of object: Value) -> ObjectHealth? {
    if let since = object[at: "metadata", "deletionTimestamp"]?.string {
        let finalizers = (object[at: "metadata", "finalizers"]?.list ?? []).compactMap(\.string)
        let wait = finalizers.isEmpty ? "" : "; waiting for \(finalizers.joined(separator: ", "))"
        return ObjectHealth(.terminating, "being deleted since \(since)\(wait)")
    }
    if let generation = object[at: "metadata", "generation"]?.integer,
        let observed = object[at: "status", "observedGeneration"]?.integer, generation != observed
    {
        return ObjectHealth(.progressing, "its controller has seen generation \(observed), not yet \(generation)")
    }
    if let condition = object.condition("Reconciling"), condition.isTrue {
        return ObjectHealth(.progressing, condition.sentence)
    }
    if let condition = object.condition("Stalled"), condition.isTrue {
        return ObjectHealth(.degraded, condition.sentence)
    }
    return nil
}

/// A kind nobody told us about: `Ready` speaks, where there is one.
func customHealth(of object: Value, now: Instant) -> ObjectHealth {
    if let ready = object.condition("Ready") {
        return ready.isTrue ? .healthy : ObjectHealth(.progressing, ready.sentence)
    }
    // Without this, a resource that its controller has not touched yet would count as done.
    if object["status"]?.map?.isEmpty ?? true,
        let created = object[at: "metadata", "creationTimestamp"]?.string.flatMap({ Instant($0) }),
        now.since(created) < timeToFirstStatus
    {
        return ObjectHealth(.progressing, "its controller has not reported a status yet")
    }
    return .healthy
}

/// Groups that the Kubernetes API server itself serves. Other groups, `gateway.networking.k8s.io` among them, are custom.
private let builtInGroups: Set<String> = [
    "", "apps", "autoscaling", "batch", "extensions", "policy", "admissionregistration.k8s.io",
    "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
    "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
    "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io",
    "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    "storagemigration.k8s.io",
]

func isBuiltIn(_ kind: GroupKind) -> Bool { builtInGroups.contains(kind.group) }
