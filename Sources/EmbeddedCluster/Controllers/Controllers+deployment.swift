// SPDX-License-Identifier: Apache-2.0

import Domain

/// Deployments: one ReplicaSet per pod template, rolled over step by step.
extension Controllers {
    static let revisionAnnotation = "deployment.kubernetes.io/revision"
    private static let hashLabel = "pod-template-hash"
    private static let source = "deployment-controller"

    func deployment(_ deployment: Value) {
        guard !deployment.isTerminating else { return }
        if deployment[at: "status", "observedGeneration"] == nil {
            adopt(for: deployment, .replicaSets, kind: "ReplicaSet.apps")
        }
        var sets = owned(by: deployment, .replicaSets)
        let isPaused = deployment[at: "spec", "paused"]?.bool == true
        var current = sets.first { Self.template(of: $0) == Self.template(of: deployment) }
        if current == nil, !isPaused {
            current = createReplicaSet(deployment, sets)
            if let current { sets.append(current) }
        }
        if let current, !isPaused { raiseRevision(of: current, sets, deployment) }
        let old = sets.filter { $0.uid != current?.uid }
        if isPaused {
            scaleActive(deployment, sets)
        } else if let current {
            roll(deployment, current, old)
        }
        cleanUp(deployment, old)
        let fresh = owned(by: deployment, .replicaSets)
        updateStatus(deployment, current.flatMap { set in fresh.first { $0.uid == set.uid } }, fresh)
    }

    private static func template(of object: Value) -> Value? {
        var template = object[at: "spec", "template"]
        template?[["metadata", "labels", hashLabel]] = nil
        if template?[at: "metadata", "labels"]?.map?.isEmpty == true { template?[["metadata", "labels"]] = nil }
        return template
    }

    private static func replicas(_ object: Value) -> Int64 { object[at: "spec", "replicas"]?.integer ?? 1 }
    private static func available(_ object: Value) -> Int64 { object[at: "status", "availableReplicas"]?.integer ?? 0 }

    private static func revision(_ object: Value) -> Int64 {
        object.annotations[revisionAnnotation]?.string.flatMap { Int64($0) } ?? 0
    }

    private func createReplicaSet(_ deployment: Value, _ sets: [Value]) -> Value? {
        let hash = Self.hash(of: Self.template(of: deployment) ?? [:])
        var template = deployment[at: "spec", "template"] ?? [:]
        template[["metadata", "labels", Self.hashLabel]] = .string(hash)
        var selector = deployment[at: "spec", "selector"] ?? [:]
        selector[["matchLabels", Self.hashLabel]] = .string(hash)
        var annotations = Map(
            deployment.annotations.filter { $0.key != "kubectl.kubernetes.io/last-applied-configuration" })
        annotations[Self.revisionAnnotation] = .string(String((sets.map(Self.revision).max() ?? 0) + 1))
        var spec: Value = ["replicas": 0, "selector": selector, "template": template]
        spec["minReadySeconds"] = deployment[at: "spec", "minReadySeconds"]
        let set: Value = [
            "metadata": [
                "name": .string("\(deployment.name)-\(hash)"), "labels": template[at: "metadata", "labels"] ?? [:],
                "annotations": .map(annotations), "ownerReferences": ownerReference(deployment),
            ],
            "spec": spec,
        ]
        return create(set, "ReplicaSet.apps", in: deployment.namespace)
    }

    /// The ReplicaSet in use has the highest revision, also after going back to an old one.
    private func raiseRevision(of current: Value, _ sets: [Value], _ deployment: Value) {
        let highest = sets.filter { $0.uid != current.uid }.map(Self.revision).max() ?? 0
        var revision = Self.revision(current)
        if revision <= highest {
            revision = highest + 1
            change(current, "ReplicaSet.apps") {
                $0[["metadata", "annotations", Self.revisionAnnotation]] = .string(String(revision))
            }
        }
        guard Self.revision(deployment) != revision else { return }
        change(deployment, "Deployment.apps", subresource: "status") {
            $0[["metadata", "annotations", Self.revisionAnnotation]] = .string(String(revision))
        }
    }

    // MARK: Rolling

    private func roll(_ deployment: Value, _ current: Value, _ old: [Value]) {
        let desired = Self.replicas(deployment)
        guard deployment[at: "spec", "strategy", "type"] != "Recreate" else {
            for set in old where Self.replicas(set) > 0 { scale(set, to: 0, deployment) }
            let isEmpty = old.allSatisfy { ($0[at: "status", "replicas"]?.integer ?? 0) == 0 && Self.replicas($0) == 0 }
            if isEmpty { scale(current, to: desired, deployment) }
            return
        }
        let limits = Self.limits(deployment, desired)
        var total = (old + [current]).reduce(0) { $0 + Self.replicas($1) }
        var new = Self.replicas(current)
        if new > desired {
            total -= new - desired
            new = desired
        } else if total < desired + limits.surge {
            let step = min(desired + limits.surge - total, desired - new)
            new += step
            total += step
        }
        scale(current, to: new, deployment)
        let least = desired - limits.unavailable
        var removable = total - least - max(0, new - Self.available(current))
        // First what does not work anyway, then what does, as far as enough stays available.
        var left = old.map(Self.replicas)
        for (index, set) in old.enumerated() where removable > 0 {
            let broken = min(left[index] - min(left[index], Self.available(set)), removable)
            left[index] -= broken
            removable -= broken
        }
        var spare = min(
            removable, (old + [current]).reduce(0) { $0 + min(Self.available($1), Self.replicas($1)) } - least)
        for index in old.indices where spare > 0 {
            let step = min(left[index], spare)
            left[index] -= step
            spare -= step
        }
        for (index, set) in old.enumerated() { scale(set, to: left[index], deployment) }
    }

    /// How many pods there may be beyond the wish, and how many of the wish may be missing.
    private static func limits(_ deployment: Value, _ desired: Int64) -> (surge: Int64, unavailable: Int64) {
        func number(_ value: Value?, roundsUp: Bool) -> Int64 {
            if let number = value?.integer { return number }
            let percent = Int64(value?.string?.dropLast() ?? "") ?? 0
            return roundsUp ? (desired * percent + 99) / 100 : desired * percent / 100
        }
        let strategy = deployment[at: "spec", "strategy", "rollingUpdate"]
        let surge = number(strategy?["maxSurge"], roundsUp: true)
        let unavailable = number(strategy?["maxUnavailable"], roundsUp: false)
        // Both zero would never move.
        return (surge, surge == 0 && unavailable == 0 ? 1 : min(unavailable, desired))
    }

    /// While paused only the size follows.
    private func scaleActive(_ deployment: Value, _ sets: [Value]) {
        let active = sets.filter { Self.replicas($0) > 0 }
        guard let newest = active.max(by: { Self.revision($0) < Self.revision($1) }) ?? sets.last else { return }
        let others = active.filter { $0.uid != newest.uid }.reduce(0) { $0 + Self.replicas($1) }
        scale(newest, to: max(0, Self.replicas(deployment) - others), deployment)
    }

    private func scale(_ set: Value, to count: Int64, _ deployment: Value) {
        let before = Self.replicas(set)
        guard before != count else { return }
        change(set, "ReplicaSet.apps") { $0[["spec", "replicas"]] = .integer(count) }
        event(
            deployment, "ScalingReplicaSet",
            "Scaled \(count > before ? "up" : "down") replica set \(set.name) from \(before) to \(count)",
            source: Self.source)
    }

    private func cleanUp(_ deployment: Value, _ old: [Value]) {
        let limit = Int(deployment[at: "spec", "revisionHistoryLimit"]?.integer ?? 10)
        let idle = old.filter {
            Self.replicas($0) == 0 && ($0[at: "status", "replicas"]?.integer ?? 0) == 0 && !$0.isTerminating
        }
        guard idle.count > limit else { return }
        for set in idle.sorted(by: { Self.revision($0) < Self.revision($1) }).prefix(idle.count - limit) {
            delete(set, .replicaSets)
        }
    }

    // MARK: Status

    private func updateStatus(_ deployment: Value, _ current: Value?, _ sets: [Value]) {
        func sum(_ name: String) -> Int64 { sets.reduce(0) { $0 + ($1[at: "status", name]?.integer ?? 0) } }
        let desired = Self.replicas(deployment)
        let total = sum("replicas")
        let available = sum("availableReplicas")
        let updated = current?[at: "status", "replicas"]?.integer ?? 0
        let isComplete = updated == desired && total == desired && available == desired && current != nil
        let isAvailable = available >= desired - Self.limits(deployment, desired).unavailable
        setStatus(deployment, "Deployment.apps") { status in
            let before = status
            status["observedGeneration"] = .integer(deployment.generation)
            let numbers: [(String, Int64)] = [
                ("replicas", total), ("updatedReplicas", updated), ("readyReplicas", sum("readyReplicas")),
                ("availableReplicas", available), ("unavailableReplicas", max(0, max(total, desired) - available)),
            ]
            for (name, number) in numbers { status[name] = number == 0 ? nil : .integer(number) }
            setCondition(
                &status, "Available", isAvailable,
                isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
                updates: true)
            progress(&status, before, deployment, current, isComplete)
        }
    }

    private func progress(
        _ status: inout Value, _ before: Value, _ deployment: Value, _ current: Value?, _ isComplete: Bool
    ) {
        let name = current?.name ?? ""
        let old = (before["conditions"]?.list ?? []).first { $0["type"] == "Progressing" }
        if deployment[at: "spec", "paused"]?.bool == true {
            if old?["reason"] != "DeploymentPaused" {
                setProgress(&status, "Unknown", "DeploymentPaused", "Deployment is paused")
            }
        } else if isComplete {
            setProgress(
                &status, "True", "NewReplicaSetAvailable", "ReplicaSet \"\(name)\" has successfully progressed.")
        } else {
            let moves = ["updatedReplicas", "readyReplicas", "availableReplicas", "replicas"]
                .contains { status[$0] != before[$0] }
            let reason = old?["reason"]?.string
            let isNew = reason == nil || reason == "NewReplicaSetAvailable" || reason == "DeploymentPaused"
            if moves || isNew {
                setProgress(&status, "True", "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing.", touch: true)
                checkDeadline(deployment)
            } else if reason != "ProgressDeadlineExceeded", isOverdue(old, deployment) {
                setProgress(
                    &status, "False", "ProgressDeadlineExceeded", "ReplicaSet \"\(name)\" has timed out progressing.")
            } else if reason != "ProgressDeadlineExceeded" {
                checkDeadline(deployment)
            }
        }
    }

    private func setProgress(
        _ status: inout Value, _ value: String, _ reason: String, _ message: String, touch: Bool = false
    ) {
        var conditions = status["conditions"]?.list ?? []
        let index = conditions.firstIndex { $0["type"] == "Progressing" }
        let old = index.map { conditions[$0] }
        let isSame =
            old?["status"]?.string == value && old?["reason"]?.string == reason && old?["message"]?.string == message
        if isSame, !touch { return }
        let time = objects.timestamp
        let condition: Value = [
            "type": "Progressing", "status": .string(value), "reason": .string(reason), "message": .string(message),
            "lastUpdateTime": time,
            "lastTransitionTime": old?["status"]?.string == value ? old?["lastTransitionTime"] ?? time : time,
        ]
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        status["conditions"] = .list(conditions)
    }

    private func isOverdue(_ condition: Value?, _ deployment: Value) -> Bool {
        guard let start = condition?["lastUpdateTime"]?.string.flatMap({ Instant($0) }) else { return false }
        let limit = deployment[at: "spec", "progressDeadlineSeconds"]?.integer ?? 600
        return objects.now().since(start) >= .seconds(limit)
    }

    private func checkDeadline(_ deployment: Value) {
        let limit = deployment[at: "spec", "progressDeadlineSeconds"]?.integer ?? 600
        later(
            .seconds(limit + 1),
            .object(ObjectReference(resource: ResourceID(group: "apps", plural: "deployments"), key: deployment.key)))
    }
}
