// SPDX-License-Identifier: Apache-2.0

import Domain

/// Answers `.progressing` while `count` of `total` pods are not yet `what`; nil when all are.
private func waiting(_ count: Int64, of total: Int64, are what: String) -> ObjectHealth? {
    guard count < total else { return nil }
    let pods = total == 1 ? "pod is" : "pods are"
    return ObjectHealth(.progressing, "\(count) of \(total) \(pods) \(what)")
}

/// Answers `.progressing` while pods are left that should be gone; nil when none is.
private func leftOver(_ count: Int64) -> ObjectHealth? {
    guard count > 0 else { return nil }
    return ObjectHealth(.progressing, "\(count) old \(count == 1 ? "pod is" : "pods are") still there")
}

extension ObjectHealth {
    /// The same answer with what the controller says about it.
    fileprivate func adding(_ condition: Condition?) -> ObjectHealth {
        guard let condition, condition.isTrue else { return self }
        let parts = [condition.reason, condition.message.asSentencePart].filter { !$0.isEmpty }
        return ObjectHealth(status, parts.isEmpty ? reason : "\(reason); \(parts.joined(separator: ": "))")
    }
}

@Sendable func deploymentHealth(_ object: Value) -> ObjectHealth {
    let progressing = object.condition("Progressing")
    if let progressing, progressing.reason == "ProgressDeadlineExceeded" {
        let count = object.statusCount("readyReplicas")
        let wanted = object[at: "spec", "replicas"]?.integer ?? 1
        let message = progressing.message.asSentencePart
        return ObjectHealth(
            .degraded,
            "the rollout made no progress within its deadline, \(count) of \(wanted) pods are ready"
                + (message.isEmpty ? "" : ": \(message)")
        ).adding(object.condition("ReplicaFailure"))
    }
    if object[at: "spec", "paused"]?.bool == true { return ObjectHealth(.suspended, "the rollout is paused") }
    if let waiting = rollout(of: object) { return waiting.adding(object.condition("ReplicaFailure")) }
    // Without a deadline the controller never writes the condition.
    let deadline = object[at: "spec", "progressDeadlineSeconds"]?.integer
    let hasDeadline = deadline.map { $0 != Int64(Int32.max) } ?? (progressing != nil)
    if hasDeadline, progressing?.isTrue != true || progressing?.reason != "NewReplicaSetAvailable" {
        return ObjectHealth(.progressing, progressing?.sentence ?? "the rollout has not reported its progress yet")
    }
    guard let available = object.condition("Available") else {
        return ObjectHealth(.progressing, "the deployment has not reported whether it is available")
    }
    return available.isTrue ? .healthy : ObjectHealth(.progressing, available.sentence)
}

private func rollout(of deployment: Value) -> ObjectHealth? {
    let wanted = deployment[at: "spec", "replicas"]?.integer ?? 1
    let existing = deployment.statusCount("replicas")
    let updated = deployment.statusCount("updatedReplicas")
    return waiting(existing, of: wanted, are: "created")
        ?? waiting(updated, of: wanted, are: "of the new version")
        ?? leftOver(existing - updated)
        ?? waiting(deployment.statusCount("readyReplicas"), of: wanted, are: "ready")
        ?? waiting(deployment.statusCount("availableReplicas"), of: updated, are: "available")
}

@Sendable func statefulSetHealth(_ object: Value) -> ObjectHealth {
    let wanted = object[at: "spec", "replicas"]?.integer ?? 1
    let existing = object.statusCount("replicas")
    let updated = object.statusCount("updatedReplicas")
    if object[at: "status", "observedGeneration"]?.integer == 0 || object["status"] == nil {
        return ObjectHealth(.progressing, "its controller has not seen it yet")
    }
    if let health = waiting(existing, of: wanted, are: "created")
        ?? waiting(object.statusCount("readyReplicas"), of: wanted, are: "ready")
        ?? leftOver(existing - wanted)
    {
        return health
    }
    let isStale = object[at: "status", "currentRevision"] != object[at: "status", "updateRevision"]
    if object[at: "spec", "updateStrategy", "type"]?.string == "OnDelete" {
        return isStale ? waitingForDelete(updated, of: wanted) : .healthy
    }
    if let partition = object[at: "spec", "updateStrategy", "rollingUpdate", "partition"]?.integer, partition > 0 {
        return waiting(updated, of: max(0, wanted - partition), are: "of the new version") ?? .healthy
    }
    guard isStale else { return .healthy }
    return waiting(updated, of: wanted, are: "of the new version")
        ?? ObjectHealth(.progressing, "the new revision is not yet the current one")
}

/// `OnDelete` leaves the last step to a person: neither broken nor done.
private func waitingForDelete(_ updated: Int64, of wanted: Int64) -> ObjectHealth {
    ObjectHealth(
        .suspended,
        "\(updated) of \(wanted) pods are of the new version; waiting for manual delete of the others (OnDelete)")
}

@Sendable func daemonSetHealth(_ object: Value) -> ObjectHealth {
    guard object[at: "status", "observedGeneration"] != nil,
        let wanted = object[at: "status", "desiredNumberScheduled"]?.integer
    else {
        return ObjectHealth(.progressing, "its controller has not seen it yet")
    }
    let updated = object.statusCount("updatedNumberScheduled")
    if let health = waiting(object.statusCount("currentNumberScheduled"), of: wanted, are: "created") { return health }
    let isOnDelete = object[at: "spec", "updateStrategy", "type"]?.string == "OnDelete"
    if !isOnDelete, let health = waiting(updated, of: wanted, are: "of the new version") { return health }
    if let health = waiting(object.statusCount("numberReady"), of: wanted, are: "ready")
        ?? waiting(object.statusCount("numberAvailable"), of: wanted, are: "available")
    {
        return health
    }
    return isOnDelete && updated < wanted ? waitingForDelete(updated, of: wanted) : .healthy
}

@Sendable func replicaSetHealth(_ object: Value) -> ObjectHealth {
    if let failure = object.condition("ReplicaFailure"), failure.isTrue {
        return ObjectHealth(.degraded, failure.sentence)
    }
    let wanted = object[at: "spec", "replicas"]?.integer ?? 1
    let existing = object.statusCount("replicas")
    return waiting(existing, of: wanted, are: "created")
        ?? waiting(object.statusCount("readyReplicas"), of: wanted, are: "ready")
        ?? waiting(object.statusCount("availableReplicas"), of: wanted, are: "available")
        ?? leftOver(existing - wanted)
        ?? .healthy
}

@Sendable func jobHealth(_ object: Value) -> ObjectHealth {
    if let failed = object.condition("Failed") ?? object.condition("FailureTarget"), failed.isTrue {
        return ObjectHealth(.degraded, failed.sentence)
    }
    if let complete = object.condition("Complete"), complete.isTrue { return .healthy }
    if object[at: "spec", "suspend"]?.bool == true || object.condition("Suspended")?.isTrue == true {
        return ObjectHealth(.suspended, "the job is suspended")
    }
    guard object[at: "status", "startTime"] != nil else {
        return ObjectHealth(.progressing, "the job has not started yet")
    }
    let wanted = object[at: "spec", "completions"]?.integer ?? object[at: "spec", "parallelism"]?.integer ?? 1
    var text = "\(object.statusCount("succeeded")) of \(wanted) completions, \(object.statusCount("active")) running"
    let failures = object.statusCount("failed")
    if failures > 0 { text += ", \(failures) failed" }
    return ObjectHealth(.progressing, text)
}

@Sendable func cronJobHealth(_ object: Value) -> ObjectHealth {
    if object[at: "spec", "suspend"]?.bool == true { return ObjectHealth(.suspended, "the schedule is suspended") }
    guard let status = object["status"], let scheduled = status["lastScheduleTime"]?.string,
        let succeeded = status["lastSuccessfulTime"]?.string, status["active"]?.list?.isEmpty ?? true
    else {
        // Never run, running, or never succeeded so far: the object alone cannot tell good from bad.
        return .healthy
    }
    // RFC 3339 in UTC sorts as text.
    guard succeeded < scheduled else { return .healthy }
    return ObjectHealth(.degraded, "the run of \(scheduled) failed; the last that succeeded ended at \(succeeded)")
}
