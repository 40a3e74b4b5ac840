// SPDX-License-Identifier: Apache-2.0

import Domain

/// What every cluster has from its first moment.
enum Bootstrap {
    static let nodeName = "embedded"

    /// Creates what is missing.
    static func fill(_ objects: Objects) {
        for namespace in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            create(["metadata": ["name": .string(namespace)]], "Namespace", "", objects)
        }
        create(
            [
                "metadata": ["name": .string(nodeName), "labels": ["kubernetes.io/hostname": .string(nodeName)]]
            ], "Node", "", objects)
        let status: Value = [
            "capacity": ["cpu": "4", "memory": "8Gi", "pods": "10k"],
            "allocatable": ["cpu": "4", "memory": "8Gi", "pods": "10k"],
            "addresses": [
                ["type": "InternalIP", "address": "127.0.0.1"], ["type": "Hostname", "address": .string(nodeName)],
            ],
            "conditions": [
                [
                    "type": "Ready", "status": "True", "reason": "KubeletReady",
                    "message": "no container ever runs here",
                    "lastHeartbeatTime": objects.timestamp, "lastTransitionTime": objects.timestamp,
                ]
            ],
            "nodeInfo": [
                "kubeletVersion": Discovery.version["gitVersion"] ?? "", "osImage": "none", "architecture": "amd64",
                "operatingSystem": "linux", "machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "",
                "containerRuntimeVersion": "none", "kubeProxyVersion": "",
            ],
        ]
        setStatus(status, "Node", ObjectKey(namespace: "", name: nodeName), objects)
        create(
            [
                "metadata": [
                    "name": "standard", "annotations": ["storageclass.kubernetes.io/is-default-class": "true"],
                ],
                "provisioner": "embedded.kubernaut.dev/none",
            ], "StorageClass.storage.k8s.io", "", objects)
        create(
            [
                "metadata": ["name": "kubernetes", "labels": ["component": "apiserver", "provider": "kubernetes"]],
                "spec": [
                    "clusterIP": "10.96.0.1", "ports": [["name": "https", "port": 443, "targetPort": 6443]],
                ],
            ], "Service", "default", objects)
    }

    private static func create(_ object: Value, _ kind: String, _ namespace: String, _ objects: Objects) {
        guard let resource = objects.store.registry[GroupKind(kind)] else { return }
        var object = object
        if !namespace.isEmpty { object[["metadata", "namespace"]] = .string(namespace) }
        // Already there after a restart, and then as it should be.
        _ = try? objects.create(object, in: resource, .init(manager: "kube-apiserver"))
    }

    private static func setStatus(_ status: Value, _ kind: String, _ key: ObjectKey, _ objects: Objects) {
        guard let resource = objects.store.registry[GroupKind(kind)] else { return }
        let options = Objects.WriteOptions(manager: "kubelet", subresource: "status")
        _ = try? objects.update(resource, key, options) { old, _ throws(APIError) in
            var new = old
            new["status"] = status
            return objects.tracked(new, from: old, resource, options)
        }
    }
}
