// SPDX-License-Identifier: Apache-2.0

import Domain

/// What `kubectl get` shows of the built-in kinds between name and age.
enum TableColumns {
    static let byKind: [GroupKind: [Column]] = [
        GroupKind("Pod"): [
            Column("Ready") { .string("\(readyContainers($0))/\($0[at: "spec", "containers"]?.list?.count ?? 0)") },
            Column("Status") { .string(podStatus($0)) },
            Column("Restarts") { .string(String(restarts($0))) },
        ],
        GroupKind("Namespace"): [.field("Status", "status.phase")],
        GroupKind("Node"): [
            Column("Status") { isTrue("Ready", $0) ? "Ready" : "NotReady" },
            Column("Roles") { _ in "<none>" }, .field("Version", "status.nodeInfo.kubeletVersion"),
        ],
        GroupKind("Service"): [
            .field("Type", "spec.type"), .field("Cluster-IP", "spec.clusterIP"),
            Column("External-IP") { .string(externalAddress($0)) }, Column("Port(s)") { .string(servicePorts($0)) },
        ],
        GroupKind("ConfigMap"): [Column("Data") { .integer(Int64(dataCount($0))) }],
        GroupKind("Secret"): [.field("Type", "type"), Column("Data") { .integer(Int64(dataCount($0))) }],
        GroupKind("Endpoints"): [Column("Endpoints") { .string(endpoints($0)) }],
        GroupKind("PersistentVolumeClaim"): [
            .field("Status", "status.phase"), .field("Volume", "spec.volumeName"),
            .field("Capacity", "status.capacity.storage"), Column("Access Modes") { .string(accessModes($0)) },
            .field("StorageClass", "spec.storageClassName"),
        ],
        GroupKind("PersistentVolume"): [
            .field("Capacity", "spec.capacity.storage"), Column("Access Modes") { .string(accessModes($0)) },
            .field("Reclaim Policy", "spec.persistentVolumeReclaimPolicy"), .field("Status", "status.phase"),
            Column("Claim") {
                .string(
                    "\($0[at: "spec", "claimRef", "namespace"]?.string ?? "")/\($0[at: "spec", "claimRef", "name"]?.string ?? "")"
                )
            }, .field("StorageClass", "spec.storageClassName"),
        ],
        GroupKind("ServiceAccount"): [
            Column("Secrets", type: "integer") { .integer(Int64($0["secrets"]?.list?.count ?? 0)) }
        ],
        GroupKind("Deployment.apps"): [
            Column("Ready") {
                .string("\(count($0, "status", "readyReplicas"))/\(count($0, "spec", "replicas"))")
            }, .field("Up-to-date", "status.updatedReplicas", type: "integer"),
            .field("Available", "status.availableReplicas", type: "integer"),
        ],
        GroupKind("ReplicaSet.apps"): replicaSetColumns, GroupKind("ReplicationController"): replicaSetColumns,
        GroupKind("StatefulSet.apps"): [
            Column("Ready") { .string("\(count($0, "status", "readyReplicas"))/\(count($0, "spec", "replicas"))") }
        ],
        GroupKind("DaemonSet.apps"): [
            .field("Desired", "status.desiredNumberScheduled", type: "integer"),
            .field("Current", "status.currentNumberScheduled", type: "integer"),
            .field("Ready", "status.numberReady", type: "integer"),
            .field("Up-to-date", "status.updatedNumberScheduled", type: "integer"),
            .field("Available", "status.numberAvailable", type: "integer"), Column("Node Selector") { _ in "<none>" },
        ],
        GroupKind("Job.batch"): [
            Column("Status") {
                isTrue("Complete", $0) ? "Complete" : isTrue("Failed", $0) ? "Failed" : "Running"
            },
            Column("Completions") {
                .string("\(count($0, "status", "succeeded"))/\(count($0, "spec", "completions"))")
            },
            Column("Duration") { $0[at: "status", "completionTime"] == nil ? "" : .string(duration($0)) },
        ],
        GroupKind("CronJob.batch"): [
            .field("Schedule", "spec.schedule"), .field("Timezone", "spec.timeZone"),
            Column("Suspend") { .string($0[at: "spec", "suspend"]?.bool == true ? "True" : "False") },
            Column("Active", type: "integer") { .integer(Int64($0[at: "status", "active"]?.list?.count ?? 0)) },
            .field("Last Schedule", "status.lastScheduleTime"),
        ],
        GroupKind("Ingress.networking.k8s.io"): [
            .field("Class", "spec.ingressClassName"), Column("Hosts") { .string(hosts($0)) },
            Column("Address") { .string(loadBalancer($0)) },
            Column("Ports") { .string($0[at: "spec", "tls"] == nil ? "80" : "80, 443") },
        ],
        GroupKind("NetworkPolicy.networking.k8s.io"): [
            Column("Pod-Selector") {
                let text = LabelSelector(object: $0[at: "spec", "podSelector"]).description
                return text.isEmpty ? "<none>" : .string(text)
            }
        ],
        GroupKind("HorizontalPodAutoscaler.autoscaling"): [
            Column("Reference") {
                .string(
                    "\($0[at: "spec", "scaleTargetRef", "kind"]?.string ?? "")/\($0[at: "spec", "scaleTargetRef", "name"]?.string ?? "")"
                )
            }, Column("Targets") { _ in "<unknown>" }, .field("MinPods", "spec.minReplicas", type: "integer"),
            .field("MaxPods", "spec.maxReplicas", type: "integer"),
            .field("Replicas", "status.currentReplicas", type: "integer"),
        ],
        GroupKind("PodDisruptionBudget.policy"): [
            Column("Min Available") { text($0[at: "spec", "minAvailable"]) },
            Column("Max Unavailable") { text($0[at: "spec", "maxUnavailable"]) },
            .field("Allowed Disruptions", "status.disruptionsAllowed", type: "integer"),
        ],
        GroupKind("StorageClass.storage.k8s.io"): [
            .field("Provisioner", "provisioner"), .field("ReclaimPolicy", "reclaimPolicy"),
            .field("VolumeBindingMode", "volumeBindingMode"),
        ],
        GroupKind("Lease.coordination.k8s.io"): [.field("Holder", "spec.holderIdentity")],
        GroupKind("CustomResourceDefinition.apiextensions.k8s.io"): [
            .field("Created At", "metadata.creationTimestamp")
        ],
        GroupKind("RoleBinding.rbac.authorization.k8s.io"): [role],
        GroupKind("ClusterRoleBinding.rbac.authorization.k8s.io"): [role],
    ]

    /// Events are shown by age and subject; their names say nothing.
    static let events: [Column] = [
        .age("Last Seen", "lastTimestamp"), .field("Type", "type"), .field("Reason", "reason"),
        Column("Object") {
            let kind = $0[at: "involvedObject", "kind"]?.string?.lowercased() ?? ""
            return .string("\(kind)/\($0[at: "involvedObject", "name"]?.string ?? "")")
        }, .field("Message", "message"), .field("Name", "metadata.name", wide: true),
    ]

    static let wideByKind: [GroupKind: [Column]] = [
        GroupKind("Pod"): [
            .field("IP", "status.podIP", wide: true), .field("Node", "spec.nodeName", wide: true),
            Column("Nominated Node", wide: true) { _ in "<none>" },
            Column("Readiness Gates", wide: true) { _ in "<none>" },
        ],
        GroupKind("Service"): [selector], GroupKind("Deployment.apps"): workload + [selector],
        GroupKind("ReplicaSet.apps"): workload + [selector], GroupKind("StatefulSet.apps"): workload,
        GroupKind("DaemonSet.apps"): workload + [selector], GroupKind("Job.batch"): workload + [selector],
    ]

    private static let replicaSetColumns: [Column] = [
        .field("Desired", "spec.replicas", type: "integer"), .field("Current", "status.replicas", type: "integer"),
        .field("Ready", "status.readyReplicas", type: "integer"),
    ]

    private static let role = Column("Role") {
        .string("\($0[at: "roleRef", "kind"]?.string ?? "")/\($0[at: "roleRef", "name"]?.string ?? "")")
    }

    private static let selector = Column("Selector", wide: true) {
        let text = LabelSelector(object: $0[at: "spec", "selector"]).description
        return text.isEmpty ? "<none>" : .string(text)
    }

    private static let workload: [Column] = [
        Column("Containers", wide: true) { .string(containers($0, "name")) },
        Column("Images", wide: true) { .string(containers($0, "image")) },
    ]

    // MARK: Cells

    private static func count(_ object: Value, _ part: String, _ name: String) -> Int64 {
        object[at: part, name]?.integer ?? 0
    }

    private static func text(_ value: Value?) -> Value {
        switch value {
        case .integer(let number): .string(String(number))
        case .string(let text): .string(text)
        default: "N/A"
        }
    }

    private static func isTrue(_ type: String, _ object: Value) -> Bool {
        object[at: "status", "conditions"]?.list?.contains { $0["type"]?.string == type && $0["status"] == "True" }
            == true
    }

    private static func dataCount(_ object: Value) -> Int {
        (object["data"]?.map?.count ?? 0) + (object["binaryData"]?.map?.count ?? 0)
    }

    private static func readyContainers(_ pod: Value) -> Int {
        (pod[at: "status", "containerStatuses"]?.list ?? []).count { $0["ready"]?.bool == true }
    }

    private static func restarts(_ pod: Value) -> Int64 {
        (pod[at: "status", "containerStatuses"]?.list ?? []).reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) }
    }

    private static func podStatus(_ pod: Value) -> String {
        if pod.isTerminating { return "Terminating" }
        for status in pod[at: "status", "containerStatuses"]?.list ?? [] {
            if let reason = status[at: "state", "waiting", "reason"]?.string { return reason }
            if let reason = status[at: "state", "terminated", "reason"]?.string { return reason }
        }
        return pod[at: "status", "phase"]?.string ?? "Unknown"
    }

    private static func containers(_ object: Value, _ field: String) -> String {
        let list = object[at: "spec", "template", "spec", "containers"]?.list ?? []
        return list.compactMap { $0[field]?.string }.joined(separator: ",")
    }

    private static func servicePorts(_ service: Value) -> String {
        let texts = (service[at: "spec", "ports"]?.list ?? []).map { port in
            let node = port["nodePort"]?.integer.map { ":\($0)" } ?? ""
            return "\(port["port"]?.integer ?? 0)\(node)/\(port["protocol"]?.string ?? "TCP")"
        }
        return texts.isEmpty ? "<none>" : texts.joined(separator: ",")
    }

    private static func loadBalancer(_ object: Value) -> String {
        (object[at: "status", "loadBalancer", "ingress"]?.list ?? [])
            .compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }.joined(separator: ",")
    }

    private static func externalAddress(_ service: Value) -> String {
        if let name = service[at: "spec", "externalName"]?.string { return name }
        let address = loadBalancer(service)
        if !address.isEmpty { return address }
        return service[at: "spec", "type"] == "LoadBalancer" ? "<pending>" : "<none>"
    }

    private static func hosts(_ ingress: Value) -> String {
        let hosts = (ingress[at: "spec", "rules"]?.list ?? []).compactMap { $0["host"]?.string }
        return hosts.isEmpty ? "*" : hosts.joined(separator: ",")
    }

    private static func endpoints(_ object: Value) -> String {
        var texts: [String] = []
        for subset in object["subsets"]?.list ?? [] {
            for address in subset["addresses"]?.list ?? [] {
                for port in subset["ports"]?.list ?? [] {
                    texts.append("\(address["ip"]?.string ?? ""):\(port["port"]?.integer ?? 0)")
                }
            }
        }
        if texts.isEmpty { return "<none>" }
        return texts.count > 3
            ? "\(texts.prefix(3).joined(separator: ",")) + \(texts.count - 3) more..." : texts.joined(separator: ",")
    }

    private static func accessModes(_ object: Value) -> String {
        let short = [
            "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
        ]
        return (object[at: "spec", "accessModes"]?.list ?? []).compactMap { $0.string.flatMap { short[$0] } }
            .joined(separator: ",")
    }

    private static func duration(_ job: Value) -> String {
        guard let end = job[at: "status", "completionTime"]?.string.flatMap({ Instant($0) }) else { return "" }
        return Column.age(job[at: "status", "startTime"]?.string, end)
    }
}
