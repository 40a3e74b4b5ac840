// SPDX-License-Identifier: Apache-2.0

import Domain

/// Jobs: pods until enough have succeeded, or too many have failed. CronJobs are stored and start nothing.
extension Controllers {
    private static let source = "job-controller"

    func job(_ job: Value) {
        guard !job.isTerminating, !isTrue("Complete", job), !isTrue("Failed", job) else { return }
        let pods = owned(by: job, .pods)
        let succeeded = pods.count { $0[at: "status", "phase"] == "Succeeded" }
        let failed = pods.count { $0[at: "status", "phase"] == "Failed" }
        let active = pods.filter { !self.isDone($0) && !$0.isTerminating }
        let isSuspended = job[at: "spec", "suspend"]?.bool == true
        let wanted = Int(job[at: "spec", "completions"]?.integer ?? 1)
        let isComplete = succeeded >= wanted
        let isLost = failed > Int(job[at: "spec", "backoffLimit"]?.integer ?? 6)
        if isComplete || isLost || isSuspended {
            for pod in active { delete(pod, .pods) }
        } else {
            let width = Int(job[at: "spec", "parallelism"]?.integer ?? 1)
            let missing = min(width, wanted - succeeded) - active.count
            for index in 0..<max(0, missing) { startJobPod(job, index: succeeded + active.count + index) }
        }
        let running =
            isComplete || isLost || isSuspended
            ? [] : owned(by: job, .pods).filter { !self.isDone($0) && !$0.isTerminating }
        setStatus(job, "Job.batch") { status in
            fillNumbers(&status, running, succeeded, failed)
            if !isSuspended, status["startTime"] == nil { status["startTime"] = objects.timestamp }
            if isSuspended { setCondition(&status, "Suspended", true, "JobSuspended", "Job suspended") }
            if isComplete {
                setCondition(
                    &status, "SuccessCriteriaMet", true, "CompletionsReached",
                    "Reached expected number of succeeded pods")
                setCondition(
                    &status, "Complete", true, "CompletionsReached", "Reached expected number of succeeded pods")
                if status["completionTime"] == nil { status["completionTime"] = objects.timestamp }
            } else if isLost {
                let text = "Job has reached the specified backoff limit"
                setCondition(&status, "FailureTarget", true, "BackoffLimitExceeded", text)
                setCondition(&status, "Failed", true, "BackoffLimitExceeded", text)
            }
        }
        if isComplete { event(job, "Completed", "Job completed", source: Self.source) }
        if isLost {
            event(
                job, "BackoffLimitExceeded", "Job has reached the specified backoff limit", isWarning: true,
                source: Self.source)
        }
    }

    private func fillNumbers(_ status: inout Value, _ running: [Value], _ succeeded: Int, _ failed: Int) {
        for (name, number) in [("active", running.count), ("succeeded", succeeded), ("failed", failed)] {
            status[name] = number == 0 ? nil : .integer(Int64(number))
        }
        status["ready"] = .integer(Int64(running.count { isTrue("Ready", $0) }))
        status["terminating"] = 0
        status["uncountedTerminatedPods"] = [:]
    }

    private func startJobPod(_ job: Value, index: Int) {
        let isIndexed = job[at: "spec", "completionMode"] == "Indexed"
        let pod = createPod(for: job, name: nil) { pod in
            guard isIndexed else { return }
            pod[["metadata", "annotations", "batch.kubernetes.io/job-completion-index"]] = .string(String(index))
        }
        if let pod { event(job, "SuccessfulCreate", "Created pod: \(pod.name)", source: Self.source) }
    }
}
