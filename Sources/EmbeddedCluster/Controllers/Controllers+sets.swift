// SPDX-License-Identifier: Apache-2.0

import Domain

/// StatefulSets and DaemonSets: pods with a name of their own, or one per node.
extension Controllers {
    private static let revisionLabel = "controller-revision-hash"
    private static let revisions = ResourceID(group: "apps", plural: "controllerrevisions")

    /// The current revision of a pod template, stored once for `kubectl rollout history`.
    private func revision(of set: Value) -> String {
        let hash = Self.hash(of: set[at: "spec", "template"] ?? [:])
        let name = "\(set.name)-\(hash)"
        let known = owned(by: set, Self.revisions)
        let highest = known.compactMap { $0["revision"]?.integer }.max() ?? 0
        if let found = known.first(where: { $0.name == name }) {
            // Going back to an old template makes it the newest revision.
            if found["revision"]?.integer != highest {
                change(found, "ControllerRevision.apps") { $0["revision"] = .integer(highest + 1) }
            }
            return name
        }
        create(
            [
                "metadata": [
                    "name": .string(name), "labels": set[at: "spec", "template", "metadata", "labels"] ?? [:],
                    "ownerReferences": ownerReference(set),
                ],
                "revision": .integer(highest + 1),
                "data": ["spec": ["template": set[at: "spec", "template"] ?? [:]]],
            ], "ControllerRevision.apps", in: set.namespace)
        return name
    }

    private func hasRevision(_ pod: Value, _ revision: String) -> Bool {
        pod.labels[Self.revisionLabel]?.string == revision
    }

    // MARK: StatefulSet

    func statefulSet(_ set: Value) {
        guard !set.isTerminating else { return }
        if set[at: "status", "observedGeneration"] == nil { adopt(for: set, .pods, kind: "Pod") }
        let update = revision(of: set)
        let desired = Int(set[at: "spec", "replicas"]?.integer ?? 1)
        let all = Dictionary(owned(by: set, .pods).map { ($0.name, $0) }) { first, _ in first }
        let isParallel = set[at: "spec", "podManagementPolicy"] == "Parallel"
        fill(set, all, desired, update, isParallel)
        let extra = all.values.filter { ordinal($0, set) >= desired && !$0.isTerminating }
            .sorted { ordinal($0, set) > ordinal($1, set) }
        let isShrinking = !extra.isEmpty
        for pod in isParallel ? extra[...] : extra.prefix(1) { delete(pod, .pods) }
        if !isShrinking { rollStateful(set, all, desired, update) }
        statefulStatus(set, update)
    }

    private func ordinal(_ pod: Value, _ set: Value) -> Int { Int(pod.name.dropFirst(set.name.count + 1)) ?? 0 }

    /// Creates what is missing, in order; the next waits until those before are ready.
    private func fill(_ set: Value, _ all: [String: Value], _ desired: Int, _ revision: String, _ isParallel: Bool) {
        for index in 0..<max(0, desired) {
            let name = "\(set.name)-\(index)"
            if let pod = all[name] {
                if !isParallel, !isTrue("Ready", pod) || pod.isTerminating { return }
                continue
            }
            claims(of: set, index)
            let pod = createPod(for: set, name: name) { pod in
                pod[["metadata", "labels", Self.revisionLabel]] = .string(revision)
                pod[["metadata", "labels", "statefulset.kubernetes.io/pod-name"]] = .string(name)
                pod[["metadata", "labels", "apps.kubernetes.io/pod-index"]] = .string(String(index))
                pod[["spec", "hostname"]] = .string(name)
                if let service = set[at: "spec", "serviceName"] { pod[["spec", "subdomain"]] = service }
                var volumes = pod[at: "spec", "volumes"]?.list ?? []
                for template in set[at: "spec", "volumeClaimTemplates"]?.list ?? [] {
                    volumes.append(
                        [
                            "name": .string(template.name),
                            "persistentVolumeClaim": ["claimName": .string("\(template.name)-\(name)")],
                        ])
                }
                if !volumes.isEmpty { pod[["spec", "volumes"]] = .list(volumes) }
            }
            guard pod != nil else { return }
            event(
                set, "SuccessfulCreate", "create Pod \(name) in StatefulSet \(set.name) successful",
                source: "statefulset-controller")
            if !isParallel { return }
        }
    }

    private func claims(of set: Value, _ index: Int) {
        for template in set[at: "spec", "volumeClaimTemplates"]?.list ?? [] {
            let name = "\(template.name)-\(set.name)-\(index)"
            guard store.get(.claims, ObjectKey(namespace: set.namespace, name: name)) == nil else { continue }
            create(
                [
                    "metadata": [
                        "name": .string(name),
                        "labels": set[at: "spec", "selector", "matchLabels"] ?? [:],
                    ],
                    "spec": template["spec"] ?? [:],
                ], "PersistentVolumeClaim", in: set.namespace)
        }
    }

    /// Replaces pods of an older template from the last to the first, one at a time.
    private func rollStateful(_ set: Value, _ all: [String: Value], _ desired: Int, _ revision: String) {
        guard set[at: "spec", "updateStrategy", "type"] != "OnDelete" else { return }
        let partition = Int(set[at: "spec", "updateStrategy", "rollingUpdate", "partition"]?.integer ?? 0)
        for index in stride(from: desired - 1, through: min(partition, desired), by: -1) {
            guard let pod = all["\(set.name)-\(index)"], !pod.isTerminating else { return }
            if !hasRevision(pod, revision) {
                delete(pod, .pods)
                return
            }
            if !isTrue("Ready", pod) { return }
        }
    }

    private func statefulStatus(_ set: Value, _ update: String) {
        let pods = owned(by: set, .pods).filter { !$0.isTerminating }
        let ready = Int64(pods.count { isTrue("Ready", $0) })
        let updated = Int64(pods.count { hasRevision($0, update) })
        setStatus(set, "StatefulSet.apps") { status in
            status["observedGeneration"] = .integer(set.generation)
            status["replicas"] = .integer(Int64(pods.count))
            status["availableReplicas"] = .integer(ready)
            status["readyReplicas"] = ready == 0 ? nil : .integer(ready)
            status["updatedReplicas"] = updated == 0 ? nil : .integer(updated)
            status["updateRevision"] = .string(update)
            status["collisionCount"] = 0
            let isRolled = updated == Int64(pods.count) && ready == Int64(pods.count)
            if isRolled || status["currentRevision"] == nil { status["currentRevision"] = .string(update) }
            let current = status["currentRevision"]?.string ?? update
            let old = Int64(pods.count { hasRevision($0, current) })
            status["currentReplicas"] = old == 0 ? nil : .integer(old)
        }
    }

    // MARK: DaemonSet

    func daemonSet(_ set: Value) {
        guard !set.isTerminating else { return }
        let update = revision(of: set)
        let pods = activePods(of: set)
        for pod in pods where !hasRevision(pod, update) {
            guard set[at: "spec", "updateStrategy", "type"] != "OnDelete" else { break }
            delete(pod, .pods)
        }
        if pods.isEmpty, runsOnNode(set) {
            let pod = createPod(for: set, name: nil) {
                $0[["metadata", "labels", Self.revisionLabel]] = .string(update)
            }
            if let pod { event(set, "SuccessfulCreate", "Created pod: \(pod.name)", source: "daemonset-controller") }
        } else if !runsOnNode(set) {
            for pod in pods { delete(pod, .pods) }
        }
        let left = activePods(of: set)
        let ready = Int64(left.count { isTrue("Ready", $0) })
        let updated = Int64(left.count { hasRevision($0, update) })
        setStatus(set, "DaemonSet.apps") { status in
            let desired: Int64 = runsOnNode(set) ? 1 : 0
            status["observedGeneration"] = .integer(set.generation)
            status["desiredNumberScheduled"] = .integer(desired)
            status["currentNumberScheduled"] = .integer(Int64(left.count))
            status["numberMisscheduled"] = 0
            status["numberReady"] = .integer(ready)
            for (name, number) in [
                ("numberAvailable", ready), ("updatedNumberScheduled", updated), ("numberUnavailable", desired - ready),
            ] {
                status[name] = number <= 0 ? nil : .integer(number)
            }
        }
    }

    /// Whether the one node has the labels that the pods ask for.
    private func runsOnNode(_ set: Value) -> Bool {
        let wanted = set[at: "spec", "template", "spec", "nodeSelector"]?.map ?? Map()
        let node = store.get(ResourceID(group: "", plural: "nodes"), ObjectKey(namespace: "", name: Bootstrap.nodeName))
        let labels = node?.labels ?? Map()
        return wanted.allSatisfy { labels[$0.key] == $0.value }
    }
}
