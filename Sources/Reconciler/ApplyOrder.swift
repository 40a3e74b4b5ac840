// SPDX-License-Identifier: Apache-2.0

import Domain

/// The order in which objects are applied; pruning walks it backwards. Pure.
enum ApplyOrder {
    /// Kinds that others need first come first. Kinds that are not named, custom resources above all, come last.
    private static let ranks: [[String]] = [
        ["Namespace"],
        ["CustomResourceDefinition.apiextensions.k8s.io"],
        [
            "PriorityClass.scheduling.k8s.io", "RuntimeClass.node.k8s.io", "StorageClass.storage.k8s.io",
            "CSIDriver.storage.k8s.io", "IngressClass.networking.k8s.io", "ResourceQuota", "LimitRange",
        ],
        ["ServiceAccount"],
        ["ClusterRole.rbac.authorization.k8s.io", "Role.rbac.authorization.k8s.io"],
        ["ClusterRoleBinding.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io"],
        ["NetworkPolicy.networking.k8s.io"],
        ["Secret", "ConfigMap"],
        ["PersistentVolume"],
        ["PersistentVolumeClaim"],
        ["Service", "Endpoints", "EndpointSlice.discovery.k8s.io"],
        [
            "Pod", "ReplicationController", "ReplicaSet.apps", "Deployment.apps", "StatefulSet.apps",
            "DaemonSet.apps", "Job.batch", "CronJob.batch",
        ],
        ["HorizontalPodAutoscaler.autoscaling", "PodDisruptionBudget.policy", "Ingress.networking.k8s.io"],
        // After the workload that answers them: a webhook without its backend refuses every write.
        [
            "APIService.apiregistration.k8s.io", "MutatingWebhookConfiguration.admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
            "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
            "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
        ],
    ]

    private static let rankByKind: [GroupKind: Int] = {
        var table: [GroupKind: Int] = [:]
        for (rank, kinds) in ranks.enumerated() {
            for kind in kinds { table[GroupKind(kind)] = rank }
        }
        return table
    }()

    /// 0 for what comes first.
    static func rank(of kind: GroupKind) -> Int { rankByKind[kind] ?? ranks.count }

    /// Namespaces and custom resource definitions: applied before anything else of any service, and ready before it.
    static func isFoundation(_ kind: GroupKind) -> Bool { rank(of: kind) < 2 }

    /// Kinds that make the API server ask a workload.
    static func callsBack(_ kind: GroupKind) -> Bool { callbacks.contains(kind) }

    private static let callbacks: Set<GroupKind> = [
        GroupKind("APIService.apiregistration.k8s.io"),
        GroupKind("MutatingWebhookConfiguration.admissionregistration.k8s.io"),
        GroupKind("ValidatingWebhookConfiguration.admissionregistration.k8s.io"),
    ]

    /// Kinds whose deletion takes other people's objects or data with it: never deleted without a named person.
    static let heldKinds: Set<GroupKind> = [
        GroupKind("Namespace"), GroupKind("CustomResourceDefinition.apiextensions.k8s.io"),
        GroupKind("PersistentVolumeClaim"), GroupKind("PersistentVolume"),
    ]

    /// Namespaces that belong to the cluster itself.
    static let protectedNamespaces: Set<String> = ["default", "kube-system", "kube-public", "kube-node-lease"]

    /// What decides the order, most important first.
    struct Position: Comparable, Sendable {
        let key: ResourceKey
        /// Objects with the same step may be written side by side.
        let step: Step

        /// - Parameter phase: Below 0 for what comes before the rest of its wave, above 0 for what comes after.
        init(wave: Int, phase: Int = 0, key: ResourceKey) {
            self.key = key
            step = Step(
                isFoundation: isFoundation(key.groupKind), wave: wave, phase: phase,
                rank: ApplyOrder.rank(of: key.groupKind))
        }

        static func < (left: Position, right: Position) -> Bool {
            if left.step != right.step { return left.step < right.step }
            return (left.key.namespace ?? "", left.key.name, left.key.groupKind)
                < (right.key.namespace ?? "", right.key.name, right.key.groupKind)
        }
    }

    struct Step: Comparable, Hashable, Sendable {
        let isFoundation: Bool
        let wave: Int
        let phase: Int
        let rank: Int

        static func < (left: Step, right: Step) -> Bool {
            // Foundations come before the first wave, whatever wave they name.
            if left.isFoundation != right.isFoundation { return left.isFoundation }
            if left.isFoundation { return left.rank < right.rank }
            return (left.wave, left.phase, left.rank) < (right.wave, right.phase, right.rank)
        }
    }
}
