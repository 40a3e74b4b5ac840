// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON

/// What single kinds do before they are stored (the "strategies" of kube-apiserver). Pure.
enum Strategy {
    /// Hold volumes and claims while they are in use.
    static let claimFinalizer = "kubernetes.io/pvc-protection"
    static let volumeFinalizer = "kubernetes.io/pv-protection"

    static func prepareForCreate(_ object: inout Value, _ resource: Resource) {
        if resource.hasStatus { resetStatus(&object, resource) }
        guard !resource.isCustom else { return }
        switch resource.kind {
        case "Namespace": object[["spec", "finalizers"]] = ["kubernetes"]
        case "Pod": admitPod(&object)
        case "PersistentVolumeClaim": object[["metadata", "finalizers"]] = .list([.string(claimFinalizer)])
        case "PersistentVolume": object[["metadata", "finalizers"]] = .list([.string(volumeFinalizer)])
        case "Job": labelJob(&object)
        case "CustomResourceDefinition": prepareDefinition(&object)
        default: break
        }
    }

    static func prepareForUpdate(_ new: inout Value, from old: Value, _ resource: Resource, subresource: String) {
        if subresource == "status" {
            // Only the status, and what writers of a status put into metadata, comes from the new object.
            var result = old
            result["status"] = new["status"]
            var metadata = resource.isCustom ? old.metadata : new.metadata
            metadata["labels"] = old.metadata["labels"]
            metadata["managedFields"] = new.metadata["managedFields"]
            result["metadata"] = metadata
            new = result
            return
        }
        if resource.hasStatus, subresource != "finalize" { new["status"] = old["status"] }
        guard !resource.isCustom else { return }
        switch resource.kind {
        case "Namespace" where subresource != "finalize": new[["spec", "finalizers"]] = old[at: "spec", "finalizers"]
        case "Service": keepAllocations(&new, old)
        case "DaemonSet" where new[at: "spec", "template"] != old[at: "spec", "template"]:
            new[["metadata", "annotations", "deprecated.daemonset.template.generation"]] = .string(
                String(old.generation + 1))
        case "CustomResourceDefinition": prepareDefinition(&new)
        default: break
        }
    }

    static func defaultPropagation(_ resource: Resource) -> Propagation {
        // For compatibility with its first clients a Job leaves its pods behind unless asked otherwise.
        ["Job", "ReplicationController"].contains(resource.kind) && !resource.isCustom ? .orphan : .background
    }

    /// Whether PUT of a missing object creates it.
    static func createsOnUpdate(_ resource: Resource) -> Bool {
        !resource.isCustom
            && [
                "Endpoints", "Event", "LimitRange", "Lease", "Role", "RoleBinding", "ClusterRole",
                "ClusterRoleBinding", "PodTemplate",
            ].contains(resource.kind)
    }

    /// Whether a PUT may leave out which revision it replaces.
    static func allowsUnconditionalUpdate(_ resource: Resource) -> Bool {
        !resource.isCustom
            && ![
                "CustomResourceDefinition", "APIService", "PodDisruptionBudget", "Lease",
                "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "PriorityClass",
            ].contains(resource.kind)
    }

    /// Takes the objects of a kind along when its definition goes.
    static let cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io"

    /// Whether a change raises `metadata.generation`.
    static func countsAsChange(_ new: Value, _ old: Value, _ resource: Resource) -> Bool {
        for entry in new.map ?? Map() where !["metadata", "status", "apiVersion", "kind"].contains(entry.key) {
            if old[entry.key] != entry.value { return true }
        }
        for key in (old.map ?? Map()).keys where key != "status" && new[key] == nil { return true }
        // The controller copies a Deployment's annotations, so they are part of what is asked for.
        return resource.kind == "Deployment" && !resource.isCustom
            && new[at: "metadata", "annotations"] != old[at: "metadata", "annotations"]
    }

    // MARK: Single kinds

    private static func resetStatus(_ object: inout Value, _ resource: Resource) {
        guard !resource.isCustom else {
            object["status"] = nil
            return
        }
        var status = resource.schema.member("status")?.emptyValue ?? [:]
        switch resource.kind {
        case "Pod": status = ["phase": "Pending", "qosClass": .string(qualityOfService(object))]
        case "PersistentVolumeClaim", "PersistentVolume": status = ["phase": "Pending"]
        case "Namespace": status = ["phase": "Active"]
        case "ReplicaSet", "ReplicationController", "StatefulSet":
            status["replicas"] = 0
            if resource.kind == "StatefulSet" { status["availableReplicas"] = 0 }
        case "DaemonSet":
            for name in ["currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady"] {
                status[name] = 0
            }
        case "PodDisruptionBudget":
            for name in ["currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"] { status[name] = 0 }
        case "HorizontalPodAutoscaler":
            status = ["currentMetrics": .null, "desiredReplicas": 0]
        default: break
        }
        object["status"] = status
    }

    private static func qualityOfService(_ pod: Value) -> String {
        let resources = (pod[at: "spec", "containers"]?.list ?? []).map { $0["resources"] ?? [:] }
        let isBare = resources.allSatisfy {
            ($0["limits"]?.map ?? Map()).isEmpty && ($0["requests"]?.map ?? Map()).isEmpty
        }
        if isBare { return "BestEffort" }
        let isGuaranteed = resources.allSatisfy { resource in
            ["cpu", "memory"].allSatisfy { name in
                let limit = resource[at: "limits", name]
                return limit != nil && limit == resource[at: "requests", name]
            }
        }
        return isGuaranteed ? "Guaranteed" : "Burstable"
    }

    private static func admitPod(_ pod: inout Value) {
        let account = pod[at: "spec", "serviceAccountName"] ?? "default"
        Defaults.set(&pod, ["spec", "serviceAccountName"], account)
        Defaults.set(&pod, ["spec", "serviceAccount"], account)
        Defaults.set(&pod, ["spec", "priority"], 0)
        Defaults.set(&pod, ["spec", "preemptionPolicy"], "PreemptLowerPriority")
        let seconds: Int64 = 300
        var tolerations = pod[at: "spec", "tolerations"]?.list ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
        where !tolerations.contains(where: {
            $0["key"]?.string == key || $0["key"] == nil && $0["operator"] == "Exists"
        }) {
            tolerations.append(
                [
                    "key": .string(key), "operator": "Exists", "effect": "NoExecute",
                    "tolerationSeconds": .integer(seconds),
                ])
        }
        pod[["spec", "tolerations"]] = .list(tolerations)
    }

    /// A Job finds its pods by a label with its own uid.
    private static func labelJob(_ job: inout Value) {
        guard job[at: "spec", "manualSelector"]?.bool != true else { return }
        let sharesLabels = job[at: "metadata", "labels"] == job[at: "spec", "template", "metadata", "labels"]
        let uid: Value = .string(job.uid)
        let name: Value = .string(job.name)
        for (key, value) in [
            ("batch.kubernetes.io/controller-uid", uid), ("controller-uid", uid),
            ("batch.kubernetes.io/job-name", name), ("job-name", name),
        ] {
            if sharesLabels { job[["metadata", "labels", key]] = value }
            job[["spec", "template", "metadata", "labels", key]] = value
        }
        job[["spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"]] = uid
    }

    private static func prepareDefinition(_ definition: inout Value) {
        Defaults.each(&definition, ["spec", "versions"]) { version in
            if version["subresources"]?.isNull == true { version["subresources"] = nil }
        }
    }

    /// A client that does not send back what was allocated means no change.
    private static func keepAllocations(_ new: inout Value, _ old: Value) {
        dropForeignFields(&new, old)
        guard new[at: "spec", "type"] != "ExternalName", old[at: "spec", "type"] != "ExternalName" else { return }
        for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
        where (new[at: "spec", name]?.string ?? "-").isEmpty || new[at: "spec", name] == nil {
            new[["spec", name]] = old[["spec", name]]
        }
        guard ["NodePort", "LoadBalancer"].contains(new[at: "spec", "type"]?.string) else { return }
        let ports = old[at: "spec", "ports"]?.list ?? []
        Defaults.each(&new, ["spec", "ports"]) { port in
            guard port["nodePort"] == nil else { return }
            let match = ports.first { $0["port"] == port["port"] && $0["protocol"] == port["protocol"] }
            if let match { port["nodePort"] = match["nodePort"] }
        }
    }
}

extension Strategy {
    /// What belonged to the old type of a Service goes with it, unless it was changed at the same time.
    private static func dropForeignFields(_ new: inout Value, _ old: Value) {
        let type = new[at: "spec", "type"]?.string ?? ""
        guard type != old[at: "spec", "type"]?.string else { return }
        func drop(_ names: [String]) {
            for name in names where new[at: "spec", name] == old[at: "spec", name] { new[["spec", name]] = nil }
        }
        if type == "ExternalName" {
            drop(["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
        }
        if type != "LoadBalancer" { drop(["allocateLoadBalancerNodePorts", "loadBalancerClass"]) }
        guard type == "ClusterIP" || type == "ExternalName" else { return }
        drop(["externalTrafficPolicy", "healthCheckNodePort"])
        let held = Set((old[at: "spec", "ports"]?.list ?? []).compactMap { $0["nodePort"] })
        Defaults.each(&new, ["spec", "ports"]) { port in
            if let number = port["nodePort"], held.contains(number) { port["nodePort"] = nil }
        }
    }
}
