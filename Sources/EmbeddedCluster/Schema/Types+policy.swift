// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the groups policy, autoscaling, rbac, coordination, storage and scheduling.
    static let policy = """
        PodDisruptionBudgetSpec maxUnavailable#3:intOrString minAvailable#1:intOrString selector#2:LabelSelector
          unhealthyPodEvictionPolicy#4:string(AlwaysAllow|IfHealthyBudget)
        PodDisruptionBudgetStatus conditions#7:[Condition]{type} currentHealthy#4:int desiredHealthy#5:int
          disruptedPods#2:{time} disruptionsAllowed#3:int expectedPods#6:int observedGeneration#1:int64
        PodDisruptionBudget apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:PodDisruptionBudgetSpec&
          status#3:PodDisruptionBudgetStatus&
        HPAScalingPolicy periodSeconds#3:int! type#1:string! value#2:int!
        HPAScalingRules policies#2:[HPAScalingPolicy] selectPolicy#1:string stabilizationWindowSeconds#3:int
          tolerance#4:quantity
        HorizontalPodAutoscalerBehavior scaleDown#2:HPAScalingRules scaleUp#1:HPAScalingRules
        MetricTarget averageUtilization#4:int averageValue#3:quantity type#1:string! value#2:quantity
        ContainerResourceMetricSource container#3:string! name#1:string! target#2:MetricTarget!&
        MetricIdentifier name#1:string! selector#2:LabelSelector
        ExternalMetricSource metric#1:MetricIdentifier!& target#2:MetricTarget!&
        CrossVersionObjectReference apiVersion#3:string kind#1:string! name#2:string!
        ObjectMetricSource describedObject#1:CrossVersionObjectReference!& metric#3:MetricIdentifier!&
          target#2:MetricTarget!&
        PodsMetricSource metric#1:MetricIdentifier!& target#2:MetricTarget!&
        ResourceMetricSource name#1:string! target#2:MetricTarget!&
        MetricSpec containerResource#7:ContainerResourceMetricSource external#5:ExternalMetricSource
          object#2:ObjectMetricSource pods#3:PodsMetricSource resource#4:ResourceMetricSource type#1:string!
        HorizontalPodAutoscalerSpec behavior#5:HorizontalPodAutoscalerBehavior maxReplicas#3:int!
          metrics#4:[MetricSpec] minReplicas#2:int scaleTargetRef#1:CrossVersionObjectReference!&
        HorizontalPodAutoscalerCondition lastTransitionTime#3:time message#5:string reason#4:string status#2:string!
          type#1:string!
        MetricValueStatus averageUtilization#3:int averageValue#2:quantity value#1:quantity
        ContainerResourceMetricStatus container#3:string! current#2:MetricValueStatus!& name#1:string!
        ExternalMetricStatus current#2:MetricValueStatus!& metric#1:MetricIdentifier!&
        ObjectMetricStatus current#2:MetricValueStatus!& describedObject#3:CrossVersionObjectReference!&
          metric#1:MetricIdentifier!&
        PodsMetricStatus current#2:MetricValueStatus!& metric#1:MetricIdentifier!&
        ResourceMetricStatus current#2:MetricValueStatus!& name#1:string!
        MetricStatus containerResource#7:ContainerResourceMetricStatus external#5:ExternalMetricStatus
          object#2:ObjectMetricStatus pods#3:PodsMetricStatus resource#4:ResourceMetricStatus type#1:string!
        HorizontalPodAutoscalerStatus conditions#6:[HorizontalPodAutoscalerCondition]{type}
          currentMetrics#5:[MetricStatus] currentReplicas#3:int desiredReplicas#4:int! lastScaleTime#2:time
          observedGeneration#1:int64
        HorizontalPodAutoscaler apiVersion:string kind:string metadata#1:ObjectMeta&
          spec#2:HorizontalPodAutoscalerSpec!& status#3:HorizontalPodAutoscalerStatus&
        CrossVersionObjectReference@ apiVersion#3:string kind#1:string! name#2:string!
        V1HorizontalPodAutoscalerSpec maxReplicas#3:int! minReplicas#2:int
          scaleTargetRef#1:CrossVersionObjectReference!& targetCPUUtilizationPercentage#4:int
        V1HorizontalPodAutoscalerStatus currentCPUUtilizationPercentage#5:int currentReplicas#3:int!
          desiredReplicas#4:int! lastScaleTime#2:time observedGeneration#1:int64
        V1HorizontalPodAutoscaler apiVersion:string kind:string metadata#1:ObjectMeta&
          spec#2:V1HorizontalPodAutoscalerSpec!& status#3:V1HorizontalPodAutoscalerStatus&
        ScaleSpec replicas#1:int
        ScaleStatus replicas#1:int! selector#2:string
        Scale apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:ScaleSpec& status#3:ScaleStatus&
        PolicyRule apiGroups#2:[string] nonResourceURLs#5:[string] resourceNames#4:[string] resources#3:[string]
          verbs#1:[string]!
        Role apiVersion:string kind:string metadata#1:ObjectMeta& rules#2:[PolicyRule]
        RoleRef@ apiGroup#1:string kind#2:string! name#3:string!
        Subject@ apiGroup#2:string kind#1:string! name#3:string! namespace#4:string
        RoleBinding apiVersion:string kind:string metadata#1:ObjectMeta& roleRef#3:RoleRef!& subjects#2:[Subject]
        AggregationRule clusterRoleSelectors#1:[LabelSelector]
        ClusterRole aggregationRule#3:AggregationRule apiVersion:string kind:string metadata#1:ObjectMeta&
          rules#2:[PolicyRule]
        ClusterRoleBinding apiVersion:string kind:string metadata#1:ObjectMeta& roleRef#3:RoleRef!&
          subjects#2:[Subject]
        LeaseSpec acquireTime#3:microTime holderIdentity#1:string leaseDurationSeconds#2:int leaseTransitions#5:int
          preferredHolder#7:string renewTime#4:microTime strategy#6:string
        Lease apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:LeaseSpec&
        TopologySelectorLabelRequirement key#1:string! values#2:[string]!
        TopologySelectorTerm@ matchLabelExpressions#1:[TopologySelectorLabelRequirement]
        StorageClass allowVolumeExpansion#6:bool allowedTopologies#8:[TopologySelectorTerm] apiVersion:string
          kind:string metadata#1:ObjectMeta& mountOptions#5:[string] parameters#3:{string} provisioner#2:string!
          reclaimPolicy#4:string(Delete|Recycle|Retain) volumeBindingMode#7:string(Immediate|WaitForFirstConsumer)
        PriorityClass apiVersion:string description#4:string globalDefault#3:bool kind:string metadata#1:ObjectMeta&
          preemptionPolicy#5:string(Never|PreemptLowerPriority) value#2:int
        """
}
