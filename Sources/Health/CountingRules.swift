// SPDX-License-Identifier: Apache-2.0

import Domain

/// Kinds of Kubernetes whose health is counting and comparing, which no table of conditions can say.
let countingRules: [GroupKind: @Sendable (Value) -> ObjectHealth] = [
    GroupKind("Deployment.apps"): deploymentHealth,
    GroupKind("StatefulSet.apps"): statefulSetHealth,
    GroupKind("DaemonSet.apps"): daemonSetHealth,
    GroupKind("ReplicaSet.apps"): replicaSetHealth,
    GroupKind("ReplicationController"): replicaSetHealth,
    GroupKind("Pod"): podHealth,
    GroupKind("Job.batch"): jobHealth,
    GroupKind("CronJob.batch"): cronJobHealth,
    GroupKind("Service"): serviceHealth,
    GroupKind("PersistentVolumeClaim"): claimHealth,
    GroupKind("PersistentVolume"): volumeHealth,
    GroupKind("Namespace"): namespaceHealth,
    GroupKind("PodDisruptionBudget.policy"): disruptionBudgetHealth,
]
