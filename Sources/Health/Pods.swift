// SPDX-License-Identifier: Apache-2.0

import Domain

@Sendable func podHealth(_ object: Value) -> ObjectHealth {
    let containers = containerStatuses(of: object)
    let restarts = object[at: "spec", "restartPolicy"]?.string ?? "Always"
    if restarts == "Always", let broken = containers.compactMap(brokenWait).first {
        return ObjectHealth(.degraded, broken)
    }
    switch object[at: "status", "phase"]?.string {
    case "Succeeded": return .healthy
    case "Failed": return ObjectHealth(.degraded, failure(of: object, containers))
    case "Running": return runningHealth(of: object, containers, isFinite: restarts != "Always")
    case "Pending", nil: return ObjectHealth(.progressing, pendingReason(of: object, containers))
    case let phase?: return ObjectHealth(.unknown, "the pod's phase is \(phase)")
    }
}

func containerStatuses(of pod: Value) -> [Value] {
    ["initContainerStatuses", "containerStatuses"].flatMap { pod[at: "status", $0]?.list ?? [] }
}

private func name(_ container: Value) -> String { container["name"]?.string ?? "?" }

/// Why a container waits for something that will not come by waiting: an image that cannot be pulled, a crash loop,
/// a configuration that does not fit. Nil when it does not.
private func brokenWait(_ container: Value) -> String? {
    guard let waiting = container[at: "state", "waiting"], let reason = waiting["reason"]?.string,
        reason.hasPrefix("Err") || reason.hasSuffix("Error") || reason.hasSuffix("BackOff")
            || reason == "InvalidImageName"
    else { return nil }
    var parts = ["container \(name(container)): \(reason)"]
    if let message = waiting["message"]?.string, !message.isEmpty { parts.append(message.asSentencePart) }
    // A crash loop says only "back-off": how the last run ended is the interesting part.
    if let last = container[at: "lastState", "terminated"].flatMap(ending) { parts.append("last run \(last)") }
    return parts.joined(separator: ": ")
}

/// `exited with 1 (Error): no such table`; nil for a run that ended well.
private func ending(_ terminated: Value) -> String? {
    let code = terminated["exitCode"]?.integer ?? 0
    let reason = terminated["reason"]?.string ?? ""
    guard code != 0 || reason == "OOMKilled" else { return nil }
    let message = (terminated["message"]?.string ?? "").asSentencePart
    return "exited with \(code)\(reason.isEmpty ? "" : " (\(reason))")\(message.isEmpty ? "" : ": \(message)")"
}

private func failure(of pod: Value, _ containers: [Value]) -> String {
    for container in containers {
        if let end = container[at: "state", "terminated"].flatMap(ending) {
            return "container \(name(container)) \(end)"
        }
    }
    let reason = pod[at: "status", "reason"]?.string ?? ""
    let message = (pod[at: "status", "message"]?.string ?? "").asSentencePart
    let parts = [reason, message].filter { !$0.isEmpty }
    return parts.isEmpty ? "the pod failed" : "the pod failed: \(parts.joined(separator: ": "))"
}

private func runningHealth(of pod: Value, _ containers: [Value], isFinite: Bool) -> ObjectHealth {
    if isFinite {
        let last = containers.compactMap { container in
            container[at: "lastState", "terminated"].flatMap(ending).map { "container \(name(container)) \($0)" }
        }
        return ObjectHealth(.progressing, (["the pod is running"] + last).joined(separator: "; "))
    }
    if let ready = pod.condition("Ready"), ready.isTrue { return .healthy }
    for container in containers {
        // Not ready and it has ended before: this is no start, this is a failure.
        guard let last = container[at: "lastState", "terminated"] else { continue }
        let count = container["restartCount"]?.integer ?? 1
        let times = count == 1 ? "once" : "\(count) times"
        let end = ending(last).map { ", it \($0)" } ?? ""
        return ObjectHealth(.degraded, "container \(name(container)) was restarted \(times)\(end)")
    }
    let unready = containers.filter { $0["ready"]?.bool != true }.map(name)
    guard !unready.isEmpty else { return ObjectHealth(.progressing, "the pod is not ready yet") }
    return ObjectHealth(
        .progressing,
        "\(unready.count == 1 ? "container" : "containers") \(unready.joined(separator: ", ")) not ready yet")
}

private func pendingReason(of pod: Value, _ containers: [Value]) -> String {
    if let scheduled = pod.condition("PodScheduled"), scheduled.status == "False" {
        let message = scheduled.message.asSentencePart
        return "not scheduled\(message.isEmpty ? "" : ": \(message)")"
    }
    for container in containers {
        guard let waiting = container[at: "state", "waiting"], let reason = waiting["reason"]?.string else { continue }
        let message = (waiting["message"]?.string ?? "").asSentencePart
        return "container \(name(container)): \(reason)\(message.isEmpty ? "" : ": \(message)")"
    }
    return "the pod has not started yet"
}
