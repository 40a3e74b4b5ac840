// SPDX-License-Identifier: Apache-2.0

import Domain

/// How the health of one kind is found.
enum KindRule: Sendable {
    /// Counting and comparing, which no table of conditions can say.
    case function(@Sendable (Value) -> ObjectHealth)
    case conditions(ConditionRules)
}

/// Every kind whose status matters, by its group and kind.
let kindRules: [GroupKind: KindRule] = Dictionary(
    uniqueKeysWithValues: rulesByText.map { (GroupKind($0.key), $0.value) })

/// By the kind and group as KEP-3659 writes them.
private let rulesByText: [String: KindRule] = [
    "Deployment.apps": .function(deploymentHealth),
    "StatefulSet.apps": .function(statefulSetHealth),
    "DaemonSet.apps": .function(daemonSetHealth),
    "ReplicaSet.apps": .function(replicaSetHealth),
    "ReplicationController": .function(replicaSetHealth),
    "Pod": .function(podHealth),
    "Job.batch": .function(jobHealth),
    "CronJob.batch": .function(cronJobHealth),
    "Service": .function(serviceHealth),
    "PersistentVolumeClaim": .function(claimHealth),
    "PersistentVolume": .function(volumeHealth),
    "Namespace": .function(namespaceHealth),
    "PodDisruptionBudget.policy": .function(disruptionBudgetHealth),
    "HorizontalPodAutoscaler.autoscaling": .function(autoscalerHealth),
    "CustomResourceDefinition.apiextensions.k8s.io": .conditions(customResourceDefinition),
    "APIService.apiregistration.k8s.io": .conditions(apiService),
    "CertificateSigningRequest.certificates.k8s.io": .conditions(certificateSigningRequest),
    "Node": .conditions(node),
]

private let customResourceDefinition = ConditionRules(
    [
        ConditionRule("NamesAccepted", is: "False", .degraded),
        ConditionRule("NonStructuralSchema", is: "True", .degraded),
        ConditionRule("Established", is: "False", because: ["Installing"], .progressing),
        ConditionRule("Established", is: "False", .degraded),
        ConditionRule("Established", is: "True", .healthy),
    ],
    otherwise: ObjectHealth(.progressing, "the definition is not established yet"))

private let apiService = ConditionRules(
    [
        ConditionRule("Available", is: "True", .healthy),
        ConditionRule("Available", .progressing),
    ],
    otherwise: ObjectHealth(.progressing, "the API server has not checked the service yet"))

private let certificateSigningRequest = ConditionRules(
    [
        ConditionRule("Failed", is: "True", .degraded),
        ConditionRule("Denied", is: "True", .degraded),
        ConditionRule("Approved", is: "True", .healthy),
    ],
    otherwise: ObjectHealth(.progressing, "the request waits for approval"))

private let node = ConditionRules(
    [
        ConditionRule("Ready", is: "True", .healthy),
        ConditionRule("Ready", .degraded),
    ],
    otherwise: ObjectHealth(.progressing, "the node has not reported yet"))
