// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the group apps.
    static let apps = """
        RollingUpdateDeployment maxSurge:intOrString maxUnavailable:intOrString
        DeploymentStrategy rollingUpdate:RollingUpdateDeployment type:string(Recreate|RollingUpdate)
        DeploymentSpec minReadySeconds:int paused:bool progressDeadlineSeconds:int replicas:int
          revisionHistoryLimit:int selector:LabelSelector! strategy:DeploymentStrategy^& template:PodTemplateSpec!&
        DeploymentCondition lastTransitionTime:time lastUpdateTime:time message:string reason:string status:string!
          type:string!
        DeploymentStatus availableReplicas:int collisionCount:int conditions:[DeploymentCondition]{type}
          observedGeneration:int64 readyReplicas:int replicas:int terminatingReplicas:int unavailableReplicas:int
          updatedReplicas:int
        Deployment apiVersion:string kind:string metadata:ObjectMeta& spec:DeploymentSpec& status:DeploymentStatus&
        ReplicaSetSpec minReadySeconds:int replicas:int selector:LabelSelector! template:PodTemplateSpec&
        ReplicaSetCondition lastTransitionTime:time message:string reason:string status:string! type:string!
        ReplicaSetStatus availableReplicas:int conditions:[ReplicaSetCondition]{type} fullyLabeledReplicas:int
          observedGeneration:int64 readyReplicas:int replicas:int! terminatingReplicas:int
        ReplicaSet apiVersion:string kind:string metadata:ObjectMeta& spec:ReplicaSetSpec& status:ReplicaSetStatus&
        StatefulSetOrdinals start:int
        StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted:string whenScaled:string
        RollingUpdateStatefulSetStrategy maxUnavailable:intOrString partition:int
        StatefulSetUpdateStrategy rollingUpdate:RollingUpdateStatefulSetStrategy type:string(OnDelete|RollingUpdate)
        StatefulSetSpec minReadySeconds:int ordinals:StatefulSetOrdinals
          persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy
          podManagementPolicy:string(OrderedReady|Parallel) replicas:int revisionHistoryLimit:int
          selector:LabelSelector! serviceName:string template:PodTemplateSpec!&
          updateStrategy:StatefulSetUpdateStrategy& volumeClaimTemplates:[PersistentVolumeClaim]
        StatefulSetCondition lastTransitionTime:time message:string reason:string status:string! type:string!
        StatefulSetStatus availableReplicas:int collisionCount:int conditions:[StatefulSetCondition]{type}
          currentReplicas:int currentRevision:string observedGeneration:int64 readyReplicas:int replicas:int!
          updateRevision:string updatedReplicas:int
        StatefulSet apiVersion:string kind:string metadata:ObjectMeta& spec:StatefulSetSpec& status:StatefulSetStatus&
        RollingUpdateDaemonSet maxSurge:intOrString maxUnavailable:intOrString
        DaemonSetUpdateStrategy rollingUpdate:RollingUpdateDaemonSet type:string(OnDelete|RollingUpdate)
        DaemonSetSpec minReadySeconds:int revisionHistoryLimit:int selector:LabelSelector! template:PodTemplateSpec!&
          updateStrategy:DaemonSetUpdateStrategy&
        DaemonSetCondition lastTransitionTime:time message:string reason:string status:string! type:string!
        DaemonSetStatus collisionCount:int conditions:[DaemonSetCondition]{type} currentNumberScheduled:int!
          desiredNumberScheduled:int! numberAvailable:int numberMisscheduled:int! numberReady:int!
          numberUnavailable:int observedGeneration:int64 updatedNumberScheduled:int
        DaemonSet apiVersion:string kind:string metadata:ObjectMeta& spec:DaemonSetSpec& status:DaemonSetStatus&
        ControllerRevision apiVersion:string data:any kind:string metadata:ObjectMeta& revision:int64!
        """
}
