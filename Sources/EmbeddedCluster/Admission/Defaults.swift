// SPDX-License-Identifier: Apache-2.0

import Domain

/// Fills in what the server fills in when it decodes an object of a built-in kind. Pure.
enum Defaults {
    static func apply(to object: inout Value, kind: GroupKind) {
        switch kind.kind {
        case "Deployment": deployment(&object)
        case "ReplicaSet", "ReplicationController": replicaSet(&object, kind)
        case "StatefulSet": statefulSet(&object)
        case "DaemonSet": daemonSet(&object)
        case "Job":
            job(&object["spec"])
            copyLabels(&object)
        case "CronJob": cronJob(&object)
        case "Pod": pod(&object)
        case "PodTemplate": change(&object, ["template", "spec"], podSpec)
        case "Service": service(&object)
        case "Namespace": namespace(&object)
        case "PersistentVolumeClaim": claim(&object)
        case "PersistentVolume":
            set(&object, ["spec", "persistentVolumeReclaimPolicy"], "Retain")
            set(&object, ["spec", "volumeMode"], "Filesystem")
            set(&object, ["status", "phase"], "Pending")
            change(&object, ["spec", "hostPath"]) { set(&$0, ["type"], "") }
        case "Secret":
            set(&object, ["type"], "Opaque")
            mergeStringData(&object)
        case "Endpoints": each(&object, ["subsets"]) { each(&$0, ["ports"]) { set(&$0, ["protocol"], "TCP") } }
        case "EndpointSlice":
            each(&object, ["ports"]) { port in
                set(&port, ["name"], "")
                set(&port, ["protocol"], "TCP")
            }
        case "LimitRange":
            each(&object, ["spec", "limits"]) { limit in
                guard limit["type"] == "Container" else { return }
                for entry in limit["default"]?.map ?? Map() { set(&limit, ["defaultRequest", entry.key], entry.value) }
            }
        case "HorizontalPodAutoscaler": horizontalPodAutoscaler(&object)
        case "NetworkPolicy": networkPolicy(&object)
        case "RoleBinding", "ClusterRoleBinding": binding(&object)
        case "StorageClass":
            set(&object, ["reclaimPolicy"], "Delete")
            set(&object, ["volumeBindingMode"], "Immediate")
        case "PriorityClass": set(&object, ["preemptionPolicy"], "PreemptLowerPriority")
        case "CustomResourceDefinition": definition(&object)
        case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration": webhooks(&object)
        default: break
        }
    }

    // MARK: Small steps

    static func set(_ object: inout Value, _ path: [String], _ value: Value) {
        if object[path] == nil { object[path] = value }
    }

    /// Changes the map at `path`, when there is one.
    static func change(_ object: inout Value, _ path: [String], _ body: (inout Value) -> Void) {
        guard var inner = object[path], inner.map != nil else { return }
        body(&inner)
        object[path] = inner
    }

    /// Changes each item of the list at `path`, when there is one.
    static func each(_ object: inout Value, _ path: [String], _ body: (inout Value) -> Void) {
        guard var items = object[path]?.list else { return }
        for index in items.indices { body(&items[index]) }
        object[path] = .list(items)
    }

    // MARK: Workloads

    private static func deployment(_ object: inout Value) {
        set(&object, ["spec", "replicas"], 1)
        set(&object, ["spec", "strategy", "type"], "RollingUpdate")
        if object[at: "spec", "strategy", "type"] == "RollingUpdate" {
            set(&object, ["spec", "strategy", "rollingUpdate", "maxUnavailable"], "25%")
            set(&object, ["spec", "strategy", "rollingUpdate", "maxSurge"], "25%")
        }
        set(&object, ["spec", "revisionHistoryLimit"], 10)
        set(&object, ["spec", "progressDeadlineSeconds"], 600)
        change(&object, ["spec", "template", "spec"], podSpec)
    }

    private static func replicaSet(_ object: inout Value, _ kind: GroupKind) {
        set(&object, ["spec", "replicas"], 1)
        if kind.kind == "ReplicationController", let labels = object[at: "spec", "template", "metadata", "labels"] {
            set(&object, ["spec", "selector"], labels)
            copyLabels(&object)
        }
        change(&object, ["spec", "template", "spec"], podSpec)
    }

    private static func statefulSet(_ object: inout Value) {
        set(&object, ["spec", "replicas"], 1)
        set(&object, ["spec", "podManagementPolicy"], "OrderedReady")
        set(&object, ["spec", "updateStrategy", "type"], "RollingUpdate")
        if object[at: "spec", "updateStrategy", "type"] == "RollingUpdate" {
            set(&object, ["spec", "updateStrategy", "rollingUpdate", "partition"], 0)
        }
        set(&object, ["spec", "revisionHistoryLimit"], 10)
        set(&object, ["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"], "Retain")
        set(&object, ["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"], "Retain")
        each(&object, ["spec", "volumeClaimTemplates"]) { template in
            template["apiVersion"] = "v1"
            template["kind"] = "PersistentVolumeClaim"
            claim(&template)
        }
        change(&object, ["spec", "template", "spec"], podSpec)
    }

    /// These kinds carry their pods' labels unless they have labels of their own.
    private static func copyLabels(_ object: inout Value) {
        guard object.labels.isEmpty, let labels = object[at: "spec", "template", "metadata", "labels"] else { return }
        object[["metadata", "labels"]] = labels
    }

    private static func mergeStringData(_ secret: inout Value) {
        guard let texts = secret["stringData"]?.map else { return }
        for entry in texts {
            guard let text = entry.value.string else { continue }
            secret[["data", entry.key]] = .string(Base64.standard.text(Array(text.utf8)))
        }
        secret["stringData"] = nil
    }

    private static func daemonSet(_ object: inout Value) {
        set(&object, ["metadata", "annotations", "deprecated.daemonset.template.generation"], "1")
        set(&object, ["spec", "updateStrategy", "type"], "RollingUpdate")
        if object[at: "spec", "updateStrategy", "type"] == "RollingUpdate" {
            set(&object, ["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], 1)
            set(&object, ["spec", "updateStrategy", "rollingUpdate", "maxSurge"], 0)
        }
        set(&object, ["spec", "revisionHistoryLimit"], 10)
        change(&object, ["spec", "template", "spec"], podSpec)
    }

    private static func job(_ spec: inout Value?) {
        guard var value = spec else { return }
        if value["completions"] == nil, value["parallelism"] == nil { value["completions"] = 1 }
        set(&value, ["parallelism"], 1)
        set(&value, ["backoffLimit"], 6)
        set(&value, ["completionMode"], "NonIndexed")
        set(&value, ["suspend"], false)
        set(&value, ["podReplacementPolicy"], value["podFailurePolicy"] == nil ? "TerminatingOrFailed" : "Failed")
        set(&value, ["manualSelector"], false)
        change(&value, ["template", "spec"], podSpec)
        spec = value
    }

    private static func cronJob(_ object: inout Value) {
        set(&object, ["spec", "concurrencyPolicy"], "Allow")
        set(&object, ["spec", "suspend"], false)
        set(&object, ["spec", "successfulJobsHistoryLimit"], 3)
        set(&object, ["spec", "failedJobsHistoryLimit"], 1)
        // A template of a Job keeps its own numbers open; only its pods are filled in.
        change(&object, ["spec", "jobTemplate", "spec", "template", "spec"], podSpec)
    }

    // MARK: Network and storage

    private static func service(_ object: inout Value) {
        set(&object, ["spec", "type"], "ClusterIP")
        set(&object, ["spec", "sessionAffinity"], "None")
        if object[at: "spec", "sessionAffinity"] == "ClientIP" {
            set(&object, ["spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"], 10_800)
        }
        each(&object, ["spec", "ports"]) { port in
            set(&port, ["protocol"], "TCP")
            let target = port["targetPort"]
            if target == nil || target == 0 || target == "" { port["targetPort"] = port["port"] }
        }
        let type = object[at: "spec", "type"]?.string ?? ""
        if type == "LoadBalancer" || type == "NodePort" {
            set(&object, ["spec", "externalTrafficPolicy"], "Cluster")
        }
        if type == "LoadBalancer" { set(&object, ["spec", "allocateLoadBalancerNodePorts"], true) }
        if type != "ExternalName" { set(&object, ["spec", "internalTrafficPolicy"], "Cluster") }
    }

    private static func namespace(_ object: inout Value) {
        if !object.name.isEmpty {
            object[["metadata", "labels", "kubernetes.io/metadata.name"]] = .string(object.name)
        }
        set(&object, ["status", "phase"], "Active")
    }

    private static func claim(_ object: inout Value) {
        set(&object, ["spec", "volumeMode"], "Filesystem")
        set(&object, ["status", "phase"], "Pending")
    }

    private static func networkPolicy(_ object: inout Value) {
        let hasEgress = object[at: "spec", "egress"] != nil
        set(&object, ["spec", "policyTypes"], hasEgress ? ["Ingress", "Egress"] : ["Ingress"])
        for side in ["ingress", "egress"] {
            each(&object, ["spec", side]) { rule in each(&rule, ["ports"]) { set(&$0, ["protocol"], "TCP") } }
        }
    }

    // MARK: The rest

    private static func horizontalPodAutoscaler(_ object: inout Value) {
        set(&object, ["spec", "minReplicas"], 1)
        let cpu: Value = [
            "type": "Resource",
            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
        ]
        if object["apiVersion"] != "autoscaling/v1" { set(&object, ["spec", "metrics"], [cpu]) }
    }

    private static func binding(_ object: inout Value) {
        set(&object, ["roleRef", "apiGroup"], "rbac.authorization.k8s.io")
        each(&object, ["subjects"]) { subject in
            if subject["kind"] != "ServiceAccount" { set(&subject, ["apiGroup"], "rbac.authorization.k8s.io") }
        }
    }

    private static func definition(_ object: inout Value) {
        let kind = object[at: "spec", "names", "kind"]?.string ?? ""
        set(&object, ["spec", "names", "singular"], .string(kind.lowercased()))
        set(&object, ["spec", "names", "listKind"], .string("\(kind)List"))
        set(&object, ["spec", "conversion", "strategy"], "None")
    }

    private static func webhooks(_ object: inout Value) {
        let isMutating = object["kind"] == "MutatingWebhookConfiguration"
        each(&object, ["webhooks"]) { webhook in
            set(&webhook, ["failurePolicy"], "Fail")
            set(&webhook, ["matchPolicy"], "Equivalent")
            set(&webhook, ["timeoutSeconds"], 10)
            set(&webhook, ["namespaceSelector"], [:])
            set(&webhook, ["objectSelector"], [:])
            if isMutating { set(&webhook, ["reinvocationPolicy"], "Never") }
            if webhook[at: "clientConfig", "service"] != nil {
                set(&webhook, ["clientConfig", "service", "port"], 443)
            }
            each(&webhook, ["rules"]) { set(&$0, ["scope"], "*") }
        }
    }
}
