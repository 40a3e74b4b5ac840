// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the group batch.
    static let batch = """
        PodFailurePolicyOnExitCodesRequirement containerName:string operator:string(In|NotIn)! values:[int]{}!
        PodFailurePolicyOnPodConditionsPattern status:string type:string!
        PodFailurePolicyRule action:string(Count|FailIndex|FailJob|Ignore)!
          onExitCodes:PodFailurePolicyOnExitCodesRequirement onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
        PodFailurePolicy rules:[PodFailurePolicyRule]!
        SuccessPolicyRule succeededCount:int succeededIndexes:string
        SuccessPolicy rules:[SuccessPolicyRule]!
        JobSpec activeDeadlineSeconds:int64 backoffLimit:int backoffLimitPerIndex:int
          completionMode:string(Indexed|NonIndexed) completions:int managedBy:string manualSelector:bool
          maxFailedIndexes:int parallelism:int podFailurePolicy:PodFailurePolicy
          podReplacementPolicy:string(Failed|TerminatingOrFailed) selector:LabelSelector successPolicy:SuccessPolicy
          suspend:bool template:PodTemplateSpec!& ttlSecondsAfterFinished:int
        JobCondition lastProbeTime:time lastTransitionTime:time message:string reason:string status:string!
          type:string!
        UncountedTerminatedPods failed:[string]{} succeeded:[string]{}
        JobStatus active:int completedIndexes:string completionTime:time conditions:[JobCondition]~type failed:int
          failedIndexes:string ready:int startTime:time succeeded:int terminating:int
          uncountedTerminatedPods:UncountedTerminatedPods
        Job apiVersion:string kind:string metadata:ObjectMeta& spec:JobSpec& status:JobStatus&
        JobTemplateSpec metadata:ObjectMeta& spec:JobSpec&
        CronJobSpec concurrencyPolicy:string(Allow|Forbid|Replace) failedJobsHistoryLimit:int
          jobTemplate:JobTemplateSpec!& schedule:string! startingDeadlineSeconds:int64 successfulJobsHistoryLimit:int
          suspend:bool timeZone:string
        CronJobStatus active:[ObjectReference] lastScheduleTime:time lastSuccessfulTime:time
        CronJob apiVersion:string kind:string metadata:ObjectMeta& spec:CronJobSpec!& status:CronJobStatus&
        """
}
