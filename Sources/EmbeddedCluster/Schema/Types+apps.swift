// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the group apps.
    static let apps = """
        RollingUpdateDeployment maxSurge#2:intOrString maxUnavailable#1:intOrString
        DeploymentStrategy rollingUpdate#2:RollingUpdateDeployment type#1:string(Recreate|RollingUpdate)
        DeploymentSpec minReadySeconds#5:int paused#7:bool progressDeadlineSeconds#9:int replicas#1:int
          revisionHistoryLimit#6:int selector#2:LabelSelector! strategy#4:DeploymentStrategy^&
          template#3:PodTemplateSpec!&
        DeploymentCondition lastTransitionTime#7:time lastUpdateTime#6:time message#5:string reason#4:string
          status#2:string! type#1:string!
        DeploymentStatus availableReplicas#4:int collisionCount#8:int conditions#6:[DeploymentCondition]{type}
          observedGeneration#1:int64 readyReplicas#7:int replicas#2:int terminatingReplicas#9:int
          unavailableReplicas#5:int updatedReplicas#3:int
        Deployment apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:DeploymentSpec&
          status#3:DeploymentStatus&
        ReplicaSetSpec minReadySeconds#4:int replicas#1:int selector#2:LabelSelector! template#3:PodTemplateSpec&
        ReplicaSetCondition lastTransitionTime#3:time message#5:string reason#4:string status#2:string! type#1:string!
        ReplicaSetStatus availableReplicas#5:int conditions#6:[ReplicaSetCondition]{type} fullyLabeledReplicas#2:int
          observedGeneration#3:int64 readyReplicas#4:int replicas#1:int! terminatingReplicas#7:int
        ReplicaSet apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:ReplicaSetSpec&
          status#3:ReplicaSetStatus&
        StatefulSetOrdinals start#1:int
        StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted#1:string whenScaled#2:string
        RollingUpdateStatefulSetStrategy maxUnavailable#2:intOrString partition#1:int
        StatefulSetUpdateStrategy rollingUpdate#2:RollingUpdateStatefulSetStrategy
          type#1:string(OnDelete|RollingUpdate)
        StatefulSetSpec minReadySeconds#9:int ordinals#11:StatefulSetOrdinals
          persistentVolumeClaimRetentionPolicy#10:StatefulSetPersistentVolumeClaimRetentionPolicy
          podManagementPolicy#6:string(OrderedReady|Parallel) replicas#1:int revisionHistoryLimit#8:int
          selector#2:LabelSelector! serviceName#5:string template#3:PodTemplateSpec!&
          updateStrategy#7:StatefulSetUpdateStrategy& volumeClaimTemplates#4:[PersistentVolumeClaim]
        StatefulSetCondition lastTransitionTime#3:time message#5:string reason#4:string status#2:string!
          type#1:string!
        StatefulSetStatus availableReplicas#11:int collisionCount#9:int conditions#10:[StatefulSetCondition]{type}
          currentReplicas#4:int currentRevision#6:string observedGeneration#1:int64 readyReplicas#3:int
          replicas#2:int! updateRevision#7:string updatedReplicas#5:int
        StatefulSet apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:StatefulSetSpec&
          status#3:StatefulSetStatus&
        RollingUpdateDaemonSet maxSurge#2:intOrString maxUnavailable#1:intOrString
        DaemonSetUpdateStrategy rollingUpdate#2:RollingUpdateDaemonSet type#1:string(OnDelete|RollingUpdate)
        DaemonSetSpec minReadySeconds#4:int revisionHistoryLimit#6:int selector#1:LabelSelector!
          template#2:PodTemplateSpec!& updateStrategy#3:DaemonSetUpdateStrategy&
        DaemonSetCondition lastTransitionTime#3:time message#5:string reason#4:string status#2:string! type#1:string!
        DaemonSetStatus collisionCount#9:int conditions#10:[DaemonSetCondition]{type} currentNumberScheduled#1:int!
          desiredNumberScheduled#3:int! numberAvailable#7:int numberMisscheduled#2:int! numberReady#4:int!
          numberUnavailable#8:int observedGeneration#5:int64 updatedNumberScheduled#6:int
        DaemonSet apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:DaemonSetSpec& status#3:DaemonSetStatus&
        ControllerRevision apiVersion:string data#2:any kind:string metadata#1:ObjectMeta& revision#3:int64!
        """
}
