// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// Sets of pods, and the node that claims to run them.
extension Controllers {
    /// Why an image is never pulled, or a container never stays up; for demonstrations of bad releases.
    static let failAnnotation = "embedded.kubernaut.dev/fail"

    // MARK: ReplicaSet

    func replicaSet(_ set: Value, _ resource: ResourceID) {
        let kind = resource.group.isEmpty ? "ReplicationController" : "ReplicaSet.apps"
        if !set.isTerminating {
            if set[at: "status", "observedGeneration"] == nil { adopt(for: set, .pods, kind: "Pod") }
            let desired = Int(set[at: "spec", "replicas"]?.integer ?? 1)
            let pods = activePods(of: set)
            if pods.count < desired {
                for _ in pods.count..<desired {
                    let pod = createPod(for: set, name: nil)
                    if let pod {
                        event(set, "SuccessfulCreate", "Created pod: \(pod.name)", source: "replicaset-controller")
                    }
                }
            } else {
                for pod in pods.sorted(by: leavesFirst).prefix(pods.count - desired) {
                    delete(pod, .pods)
                    event(set, "SuccessfulDelete", "Deleted pod: \(pod.name)", source: "replicaset-controller")
                }
            }
        }
        let pods = activePods(of: set)
        let ready = Int64(pods.count { isTrue("Ready", $0) })
        setStatus(set, kind) { status in
            status["replicas"] = .integer(Int64(pods.count))
            status["observedGeneration"] = .integer(set.generation)
            for (name, number) in [
                ("fullyLabeledReplicas", Int64(pods.count)), ("readyReplicas", ready), ("availableReplicas", ready),
            ] {
                status[name] = number == 0 ? nil : .integer(number)
            }
        }
    }

    /// Pods that are neither done nor going.
    func activePods(of owner: Value) -> [Value] {
        owned(by: owner, .pods).filter { !$0.isTerminating && !isDone($0) }
    }

    func isDone(_ pod: Value) -> Bool {
        ["Succeeded", "Failed"].contains(pod[at: "status", "phase"]?.string)
    }

    /// Not ready before ready, young before old.
    private func leavesFirst(_ left: Value, _ right: Value) -> Bool {
        let (a, b) = (isTrue("Ready", left), isTrue("Ready", right))
        return a == b ? left.revision > right.revision : !a
    }

    /// - Parameter name: Nil for a name made up from the owner's.
    func createPod(for owner: Value, name: String?, _ adjust: (inout Value) -> Void = { _ in }) -> Value? {
        let template = owner[at: "spec", "template"] ?? [:]
        var metadata: Value = ["ownerReferences": ownerReference(owner)]
        metadata["labels"] = template[at: "metadata", "labels"]
        metadata["annotations"] = template[at: "metadata", "annotations"]
        if let name { metadata["name"] = .string(name) } else { metadata["generateName"] = .string("\(owner.name)-") }
        var pod: Value = ["metadata": metadata, "spec": template["spec"] ?? [:]]
        adjust(&pod)
        return create(pod, "Pod", in: owner.namespace)
    }

    // MARK: The node

    /// The next step of a pod's life: placed, running, done.
    func pod(_ pod: Value) {
        let item = WorkItem.object(ObjectReference(resource: .pods, key: pod.key))
        if pod.isTerminating {
            endPod(pod, item)
        } else if (pod[at: "spec", "nodeName"]?.string ?? "").isEmpty {
            place(pod)
        } else if pod[at: "status", "phase"] == "Pending", pod[at: "status", "startTime"] == nil || isWaiting(pod) {
            guard hasPassed(podDelay, since: pod, item) else { return }
            start(pod)
        } else if pod[at: "status", "phase"] == "Running", pod[at: "spec", "restartPolicy"] != "Always" {
            guard hasPassed(podDelay, since: pod, item) else { return }
            complete(pod)
        }
    }

    /// Pods that were touched less than a delay ago wait for a timer; the store does not know finer times.
    private func hasPassed(_ delay: Duration, since pod: Value, _ item: WorkItem) -> Bool {
        let key = "\(pod.uid)/\(pod[at: "status", "phase"]?.string ?? "")"
        if steps.withLock({ $0.remove(key) != nil }) { return true }
        steps.withLock { _ = $0.insert(key) }
        later(delay, item)
        return false
    }

    private func isWaiting(_ pod: Value) -> Bool {
        pod[at: "status", "containerStatuses"] == nil
    }

    private func place(_ pod: Value) {
        change(pod, "Pod", manager: "kube-scheduler") {
            $0[["spec", "nodeName"]] = .string(Bootstrap.nodeName)
        }
        setStatus(pod, "Pod", manager: "kube-scheduler") { setCondition(&$0, "PodScheduled", true, "", "") }
        event(
            pod, "Scheduled", "Successfully assigned \(pod.namespace)/\(pod.name) to \(Bootstrap.nodeName)",
            source: "default-scheduler")
    }

    /// How this pod fails; nil when all is well.
    private func failure(of pod: Value) -> String? {
        if let asked = pod.annotations[Self.failAnnotation]?.string { return asked }
        let images = (pod[at: "spec", "containers"]?.list ?? []).compactMap { $0["image"]?.string }
        if images.contains(where: { $0.contains("missing") }) { return "ImagePullBackOff" }
        return images.contains { $0.contains("broken") } ? "CrashLoopBackOff" : nil
    }

    private func start(_ pod: Value) {
        let failure = failure(of: pod)
        let pulls = failure != "ImagePullBackOff" && failure != "ErrImagePull"
        let time = objects.timestamp
        let address = nextPodAddress()
        let neverRestarts = pod[at: "spec", "restartPolicy"] == "Never"
        let statuses = (pod[at: "spec", "containers"]?.list ?? []).map {
            containerStatus($0, failure, neverRestarts: neverRestarts)
        }
        setStatus(pod, "Pod", manager: "kubelet") { status in
            status["startTime"] = time
            status["hostIP"] = "127.0.0.1"
            status["hostIPs"] = [["ip": "127.0.0.1"]]
            status["podIP"] = .string(address)
            status["podIPs"] = [["ip": .string(address)]]
            status["phase"] = !pulls ? "Pending" : failure != nil && neverRestarts ? "Failed" : "Running"
            status["containerStatuses"] = .list(statuses)
            for type in ["PodReadyToStartContainers", "Initialized"] { setCondition(&status, type, true, "", "") }
            let names = (pod[at: "spec", "containers"]?.list ?? []).compactMap { $0["name"]?.string }
            let message = failure == nil ? "" : "containers with unready status: [\(names.joined(separator: " "))]"
            for type in ["Ready", "ContainersReady"] {
                setCondition(&status, type, failure == nil, failure == nil ? "" : "ContainersNotReady", message)
            }
        }
        tell(pod, failure, pulls: pulls)
    }

    private func containerStatus(_ container: Value, _ failure: String?, neverRestarts: Bool) -> Value {
        let image = container["image"]?.string ?? ""
        var status: Value = [
            "name": container["name"] ?? "", "image": .string(image), "imageID": failure == nil ? .string(image) : "",
            "ready": .bool(failure == nil), "started": .bool(failure == nil),
            "restartCount": 0, "lastState": [:],
        ]
        let time = objects.timestamp
        let end: Value = [
            "exitCode": 1, "reason": "Error", "startedAt": time, "finishedAt": time, "containerID": "embedded://none",
        ]
        switch failure {
        case nil: status["state"] = ["running": ["startedAt": time]]
        case "CrashLoopBackOff" where neverRestarts: status["state"] = ["terminated": end]
        case let reason?:
            let isCrash = reason == "CrashLoopBackOff"
            let message =
                isCrash
                ? "back-off 10s restarting failed container=\(container["name"]?.string ?? "")"
                : "Back-off pulling image \"\(image)\""
            status["state"] = ["waiting": ["reason": .string(reason), "message": .string(message)]]
            if isCrash {
                status["restartCount"] = 1
                status["lastState"] = ["terminated": end]
            }
        }
        return status
    }

    private func tell(_ pod: Value, _ failure: String?, pulls: Bool) {
        for container in pod[at: "spec", "containers"]?.list ?? [] {
            let image = container["image"]?.string ?? ""
            let name = container["name"]?.string ?? ""
            if pulls {
                event(pod, "Pulled", "Container image \"\(image)\" already present on machine", source: "kubelet")
                event(pod, "Created", "Created container: \(name)", source: "kubelet")
                event(pod, "Started", "Started container \(name)", source: "kubelet")
                if failure != nil {
                    event(
                        pod, "BackOff", "Back-off restarting failed container \(name) in pod \(pod.name)",
                        isWarning: true, source: "kubelet")
                }
            } else {
                event(
                    pod, "Failed", "Failed to pull image \"\(image)\": not found", isWarning: true, source: "kubelet")
                event(pod, "BackOff", "Back-off pulling image \"\(image)\"", isWarning: true, source: "kubelet")
            }
        }
    }

    /// A pod that is not to run for ever ends well, unless it is made to fail.
    private func complete(_ pod: Value) {
        guard failure(of: pod) == nil else { return }
        let time = objects.timestamp
        setStatus(pod, "Pod", manager: "kubelet") { status in
            status["phase"] = "Succeeded"
            var containers = status["containerStatuses"]?.list ?? []
            for index in containers.indices {
                let start = containers[index][at: "state", "running", "startedAt"] ?? time
                containers[index]["ready"] = false
                containers[index]["started"] = false
                containers[index]["state"] = [
                    "terminated": [
                        "exitCode": 0, "reason": "Completed", "startedAt": start, "finishedAt": time,
                        "containerID": "embedded://none",
                    ]
                ]
            }
            status["containerStatuses"] = .list(containers)
            for type in ["Ready", "ContainersReady"] { setCondition(&status, type, false, "PodCompleted", "") }
        }
    }

    private func endPod(_ pod: Value, _ item: WorkItem) {
        guard pod.finalizers.isEmpty else { return }
        guard hasPassed(podDelay, since: pod, item) else { return }
        guard let resource = resource("Pod") else { return }
        // Gone already is as good.
        _ = try? objects.delete(resource, pod.key, DeleteOptions(uid: pod.uid, grace: 0))
    }

    private func nextPodAddress() -> String {
        let number = podCount.withLock { count in
            count += 1
            return count
        }
        return "10.244.\(number >> 8 & 255).\(number & 255)"
    }
}
