// SPDX-License-Identifier: Apache-2.0

import Domain

/// What a PUT of a whole object must carry over from the live one, or it would take away what the cluster put there.
/// Pure. The table follows kapp's default rebase rules.
enum Rebase {
    /// Fields the cluster owns, per kind; copied unless the manifest sets them.
    private static let ownedByCluster: [GroupKind: [[String]]] = [
        GroupKind("Service"): [
            ["spec", "clusterIP"], ["spec", "clusterIPs"], ["spec", "healthCheckNodePort"], ["spec", "ipFamilies"],
            ["spec", "ipFamilyPolicy"],
        ],
        GroupKind("Namespace"): [["spec", "finalizers"]],
        GroupKind("PersistentVolumeClaim"): [
            ["spec", "volumeName"], ["spec", "storageClassName"], ["spec", "volumeMode"],
            ["metadata", "annotations", "pv.kubernetes.io/bind-completed"],
            ["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"],
            ["metadata", "annotations", "volume.kubernetes.io/storage-provisioner"],
            ["metadata", "annotations", "volume.beta.kubernetes.io/storage-provisioner"],
            ["metadata", "annotations", "volume.kubernetes.io/selected-node"],
        ],
        GroupKind("PersistentVolume"): [["spec", "claimRef"]],
        GroupKind("Deployment.apps"): [
            ["metadata", "annotations", "deployment.kubernetes.io/revision"],
            ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"],
        ],
        GroupKind("StatefulSet.apps"): [
            ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"]
        ],
        GroupKind("DaemonSet.apps"): [
            ["metadata", "annotations", "deprecated.daemonset.template.generation"],
            ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"],
        ],
        GroupKind("Job.batch"): [["spec", "selector"], ["spec", "template", "metadata", "labels"]],
        GroupKind("Pod"): [["spec", "nodeName"]],
        GroupKind("ServiceAccount"): [["secrets"], ["imagePullSecrets"]],
        GroupKind("APIService.apiregistration.k8s.io"): [["spec", "caBundle"]],
        GroupKind("CustomResourceDefinition.apiextensions.k8s.io"): [
            ["spec", "conversion", "webhook", "clientConfig", "caBundle"]
        ],
    ]

    /// The object to PUT: `desired` over exactly the version of `live`.
    static func object(_ desired: Value, over live: Value, kind: GroupKind) -> Value {
        var object = desired
        for path in ownedByCluster[kind] ?? [] where value(in: object, path[...]) == nil {
            guard let owned = value(in: live, path[...]) else { continue }
            object = setting(owned, in: object, at: path[...])
        }
        // Replicas belong to the autoscaler when the manifest leaves them out.
        if object["spec"] != nil, object[at: "spec", "replicas"] == nil, let replicas = live[at: "spec", "replicas"] {
            object = setting(replicas, in: object, at: ["spec", "replicas"])
        }
        if live["aggregationRule"] != nil, let rules = live["rules"] { object["rules"] = rules }
        object = keepingBundles(of: live, in: object)
        return keepingMetadata(of: live, in: object)
    }

    /// Everything in metadata but labels and annotations is the cluster's; finalizers too, unless git names them.
    private static func keepingMetadata(of live: Value, in object: Value) -> Value {
        var object = object
        var metadata = object["metadata"] ?? [:]
        for entry in live["metadata"]?.map ?? Map() where !["labels", "annotations"].contains(entry.key) {
            if metadata[entry.key] == nil, entry.key != "managedFields" { metadata[entry.key] = entry.value }
        }
        object["metadata"] = metadata
        return object
    }

    /// Webhook configurations: the CA bundle that an injector filled in, webhook by webhook.
    private static func keepingBundles(of live: Value, in object: Value) -> Value {
        guard let webhooks = object["webhooks"]?.list else { return object }
        var object = object
        let known = live["webhooks"]?.list ?? []
        object["webhooks"] = .list(
            webhooks.map { webhook in
                guard webhook[at: "clientConfig", "caBundle"] == nil,
                    let same = known.first(where: { $0["name"] == webhook["name"] }),
                    let bundle = same[at: "clientConfig", "caBundle"]
                else { return webhook }
                return setting(bundle, in: webhook, at: ["clientConfig", "caBundle"])
            })
        return object
    }

    private static func value(in object: Value, _ path: ArraySlice<String>) -> Value? {
        guard let key = path.first else { return object }
        return object[key].flatMap { value(in: $0, path.dropFirst()) }
    }

    private static func setting(_ value: Value, in object: Value, at path: ArraySlice<String>) -> Value {
        guard let key = path.first else { return value }
        var object = object
        object[key] = setting(value, in: object[key] ?? [:], at: path.dropFirst())
        return object
    }
}
