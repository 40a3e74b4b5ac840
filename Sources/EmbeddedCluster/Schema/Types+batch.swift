// SPDX-License-Identifier: Apache-2.0

extension TypeTable {
    /// Kinds of the group batch.
    static let batch = """
        PodFailurePolicyOnExitCodesRequirement containerName#1:string operator#2:string(In|NotIn)! values#3:[int]{}!
        PodFailurePolicyOnPodConditionsPattern status#2:string type#1:string!
        PodFailurePolicyRule action#1:string(Count|FailIndex|FailJob|Ignore)!
          onExitCodes#2:PodFailurePolicyOnExitCodesRequirement
          onPodConditions#3:[PodFailurePolicyOnPodConditionsPattern]
        PodFailurePolicy rules#1:[PodFailurePolicyRule]!
        SuccessPolicyRule succeededCount#2:int succeededIndexes#1:string
        SuccessPolicy rules#1:[SuccessPolicyRule]!
        JobSpec activeDeadlineSeconds#3:int64 backoffLimit#7:int backoffLimitPerIndex#12:int
          completionMode#9:string(Indexed|NonIndexed) completions#2:int managedBy#15:string manualSelector#5:bool
          maxFailedIndexes#13:int parallelism#1:int podFailurePolicy#11:PodFailurePolicy
          podReplacementPolicy#14:string(Failed|TerminatingOrFailed) selector#4:LabelSelector
          successPolicy#16:SuccessPolicy suspend#10:bool template#6:PodTemplateSpec!& ttlSecondsAfterFinished#8:int
        JobCondition lastProbeTime#3:time lastTransitionTime#4:time message#6:string reason#5:string status#2:string!
          type#1:string!
        UncountedTerminatedPods failed#2:[string]{} succeeded#1:[string]{}
        JobStatus active#4:int completedIndexes#7:string completionTime#3:time conditions#1:[JobCondition]~type
          failed#6:int failedIndexes#10:string ready#9:int startTime#2:time succeeded#5:int terminating#11:int
          uncountedTerminatedPods#8:UncountedTerminatedPods
        Job apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:JobSpec& status#3:JobStatus&
        JobTemplateSpec metadata#1:ObjectMeta& spec#2:JobSpec&
        CronJobSpec concurrencyPolicy#3:string(Allow|Forbid|Replace) failedJobsHistoryLimit#7:int
          jobTemplate#5:JobTemplateSpec!& schedule#1:string! startingDeadlineSeconds#2:int64
          successfulJobsHistoryLimit#6:int suspend#4:bool timeZone#8:string
        CronJobStatus active#1:[ObjectReference] lastScheduleTime#4:time lastSuccessfulTime#5:time
        CronJob apiVersion:string kind:string metadata#1:ObjectMeta& spec#2:CronJobSpec!& status#3:CronJobStatus&
        """
}
