// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the groups policy, autoscaling, rbac, coordination, storage and scheduling.
    static let policy = """
        PodDisruptionBudgetSpec maxUnavailable:intOrString minAvailable:intOrString selector:LabelSelector
          unhealthyPodEvictionPolicy:string(AlwaysAllow|IfHealthyBudget)
        PodDisruptionBudgetStatus conditions:[Condition]{type} currentHealthy:int desiredHealthy:int
          disruptedPods:{time} disruptionsAllowed:int expectedPods:int observedGeneration:int64
        PodDisruptionBudget apiVersion:string kind:string metadata:ObjectMeta& spec:PodDisruptionBudgetSpec&
          status:PodDisruptionBudgetStatus&
        HPAScalingPolicy periodSeconds:int! type:string! value:int!
        HPAScalingRules policies:[HPAScalingPolicy] selectPolicy:string stabilizationWindowSeconds:int
          tolerance:quantity
        HorizontalPodAutoscalerBehavior scaleDown:HPAScalingRules scaleUp:HPAScalingRules
        MetricTarget averageUtilization:int averageValue:quantity type:string! value:quantity
        ContainerResourceMetricSource container:string! name:string! target:MetricTarget!&
        MetricIdentifier name:string! selector:LabelSelector
        ExternalMetricSource metric:MetricIdentifier!& target:MetricTarget!&
        CrossVersionObjectReference apiVersion:string kind:string! name:string!
        ObjectMetricSource describedObject:CrossVersionObjectReference!& metric:MetricIdentifier!&
          target:MetricTarget!&
        PodsMetricSource metric:MetricIdentifier!& target:MetricTarget!&
        ResourceMetricSource name:string! target:MetricTarget!&
        MetricSpec containerResource:ContainerResourceMetricSource external:ExternalMetricSource
          object:ObjectMetricSource pods:PodsMetricSource resource:ResourceMetricSource type:string!
        HorizontalPodAutoscalerSpec behavior:HorizontalPodAutoscalerBehavior maxReplicas:int! metrics:[MetricSpec]
          minReplicas:int scaleTargetRef:CrossVersionObjectReference!&
        HorizontalPodAutoscalerCondition lastTransitionTime:time message:string reason:string status:string!
          type:string!
        MetricValueStatus averageUtilization:int averageValue:quantity value:quantity
        ContainerResourceMetricStatus container:string! current:MetricValueStatus!& name:string!
        ExternalMetricStatus current:MetricValueStatus!& metric:MetricIdentifier!&
        ObjectMetricStatus current:MetricValueStatus!& describedObject:CrossVersionObjectReference!&
          metric:MetricIdentifier!&
        PodsMetricStatus current:MetricValueStatus!& metric:MetricIdentifier!&
        ResourceMetricStatus current:MetricValueStatus!& name:string!
        MetricStatus containerResource:ContainerResourceMetricStatus external:ExternalMetricStatus
          object:ObjectMetricStatus pods:PodsMetricStatus resource:ResourceMetricStatus type:string!
        HorizontalPodAutoscalerStatus conditions:[HorizontalPodAutoscalerCondition]{type}
          currentMetrics:[MetricStatus] currentReplicas:int desiredReplicas:int! lastScaleTime:time
          observedGeneration:int64
        HorizontalPodAutoscaler apiVersion:string kind:string metadata:ObjectMeta& spec:HorizontalPodAutoscalerSpec!&
          status:HorizontalPodAutoscalerStatus&
        CrossVersionObjectReference@ apiVersion:string kind:string! name:string!
        V1HorizontalPodAutoscalerSpec maxReplicas:int! minReplicas:int scaleTargetRef:CrossVersionObjectReference!&
          targetCPUUtilizationPercentage:int
        V1HorizontalPodAutoscalerStatus currentCPUUtilizationPercentage:int currentReplicas:int! desiredReplicas:int!
          lastScaleTime:time observedGeneration:int64
        V1HorizontalPodAutoscaler apiVersion:string kind:string metadata:ObjectMeta&
          spec:V1HorizontalPodAutoscalerSpec!& status:V1HorizontalPodAutoscalerStatus&
        ScaleSpec replicas:int
        ScaleStatus replicas:int! selector:string
        Scale apiVersion:string kind:string metadata:ObjectMeta& spec:ScaleSpec& status:ScaleStatus&
        PolicyRule apiGroups:[string] nonResourceURLs:[string] resourceNames:[string] resources:[string]
          verbs:[string]!
        Role apiVersion:string kind:string metadata:ObjectMeta& rules:[PolicyRule]
        RoleRef@ apiGroup:string kind:string! name:string!
        Subject@ apiGroup:string kind:string! name:string! namespace:string
        RoleBinding apiVersion:string kind:string metadata:ObjectMeta& roleRef:RoleRef!& subjects:[Subject]
        AggregationRule clusterRoleSelectors:[LabelSelector]
        ClusterRole aggregationRule:AggregationRule apiVersion:string kind:string metadata:ObjectMeta&
          rules:[PolicyRule]
        ClusterRoleBinding apiVersion:string kind:string metadata:ObjectMeta& roleRef:RoleRef!& subjects:[Subject]
        LeaseSpec acquireTime:microTime holderIdentity:string leaseDurationSeconds:int leaseTransitions:int
          preferredHolder:string renewTime:microTime strategy:string
        Lease apiVersion:string kind:string metadata:ObjectMeta& spec:LeaseSpec&
        TopologySelectorLabelRequirement key:string! values:[string]!
        TopologySelectorTerm@ matchLabelExpressions:[TopologySelectorLabelRequirement]
        StorageClass allowVolumeExpansion:bool allowedTopologies:[TopologySelectorTerm] apiVersion:string kind:string
          metadata:ObjectMeta& mountOptions:[string] parameters:{string} provisioner:string!
          reclaimPolicy:string(Delete|Recycle|Retain) volumeBindingMode:string(Immediate|WaitForFirstConsumer)
        PriorityClass apiVersion:string description:string globalDefault:bool kind:string metadata:ObjectMeta&
          preemptionPolicy:string(Never|PreemptLowerPriority) value:int
        """
}
