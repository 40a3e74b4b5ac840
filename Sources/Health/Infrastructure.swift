// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

@Sendable func serviceHealth(_ object: Value) -> ObjectHealth {
    guard object[at: "spec", "type"]?.string == "LoadBalancer" else { return .healthy }
    let addresses = object[at: "status", "loadBalancer", "ingress"]?.list ?? []
    return addresses.isEmpty
        ? ObjectHealth(.progressing, "the load balancer has no address yet") : .healthy
}

@Sendable func claimHealth(_ object: Value) -> ObjectHealth {
    switch object[at: "status", "phase"]?.string {
    case "Bound": return .healthy
    case "Lost":
        let volume = object[at: "spec", "volumeName"]?.string ?? "its volume"
        return ObjectHealth(.degraded, "\(volume), which the claim was bound to, is gone")
    case "Pending":
        let provisioner =
            object.annotation("volume.kubernetes.io/storage-provisioner")
            ?? object.annotation("volume.beta.kubernetes.io/storage-provisioner")
        if let provisioner { return ObjectHealth(.progressing, "\(provisioner) has not provided a volume yet") }
        if let volume = object[at: "spec", "volumeName"]?.string, !volume.isEmpty {
            return ObjectHealth(.progressing, "not bound to \(volume) yet")
        }
        // `WaitForFirstConsumer`: such a claim stays pending until a pod uses it. Waiting for it would wait for ever.
        return ObjectHealth(.healthy, "the claim is bound when a pod first uses it")
    default: return ObjectHealth(.progressing, "the claim has no phase yet")
    }
}

@Sendable func volumeHealth(_ object: Value) -> ObjectHealth {
    switch object[at: "status", "phase"]?.string {
    case "Available", "Bound", "Released": return .healthy
    case "Failed":
        let message = (object[at: "status", "message"]?.string ?? "").asSentencePart
        return ObjectHealth(.degraded, "reclaiming the volume failed\(message.isEmpty ? "" : ": \(message)")")
    default: return ObjectHealth(.progressing, "the volume is not available yet")
    }
}

@Sendable func namespaceHealth(_ object: Value) -> ObjectHealth {
    switch object[at: "status", "phase"]?.string {
    case "Active": return .healthy
    case "Terminating":
        let stuck = object.conditions.filter(\.isTrue).map(\.sentence)
        return ObjectHealth(.terminating, (["the namespace is being deleted"] + stuck).joined(separator: "; "))
    default: return ObjectHealth(.progressing, "the namespace is not active yet")
    }
}

@Sendable func disruptionBudgetHealth(_ object: Value) -> ObjectHealth {
    if let allowed = object.condition("DisruptionAllowed"), allowed.status == "False",
        allowed.reason == "SyncFailed"
    {
        return ObjectHealth(.degraded, allowed.sentence)
    }
    guard object.statusCount("expectedPods") > 0, object.statusCount("disruptionsAllowed") == 0 else { return .healthy }
    // Can be meant so; a person who drains a node wants to read it.
    return ObjectHealth(
        .healthy,
        "no pod may be evicted: \(object.statusCount("currentHealthy")) healthy, "
            + "\(object.statusCount("desiredHealthy")) must stay")
}

/// `autoscaling/v1` has no conditions field; the server puts them into an annotation.
func annotatedConditions(of object: Value) -> [Condition] {
    guard let text = object.annotation("autoscaling.alpha.kubernetes.io/conditions") else { return [] }
    // A text that is no JSON holds no conditions.
    return ((try? parseJSON(Array(text.utf8)))?.list ?? []).compactMap(Condition.init)
}
