// SPDX-License-Identifier: Apache-2.0

import Domain

extension Endpoint {
    private static let refusals = [
        Answer(400, "what was asked for makes no sense", "Problem"),
        Answer(403, "the rules do not allow it", "Problem"),
    ]
    private static let conflict = Answer(409, "what is there does not fit, or has moved", "Problem")
    private static let invalid = Answer(422, "the result would not render; says where", "Problem")
    private static let busy = Answer(503, "the repository or its server is busy; Retry-After says when", "Problem")

    /// What changes something.
    static let changing: [Endpoint] = [
        Endpoint(
            "POST", "/api/v1/environments/{environment}/sync", "ask for a pass over an environment, now",
            answers: [Answer(202, "a pass will run soon", "Accepted")] + refusals
        ) { $0.name("environment").map { .sync($0) } },
        Endpoint(
            "POST", "/api/v1/environments/{environment}/prune", "let exactly the held deletions go",
            body: [BodyForm("Confirmation")],
            answers: [Answer(202, "they go with the pass that begins now", "Accepted"), conflict] + refusals
        ) { $0.name("environment").map { .confirm(.prune, $0) } },
        Endpoint(
            "POST", "/api/v1/environments/{environment}/adopt", "take exactly the listed objects over",
            body: [BodyForm("Confirmation")],
            answers: [Answer(202, "the pass that begins now takes them over", "Accepted"), conflict] + refusals
        ) { $0.name("environment").map { .confirm(.adopt, $0) } },
        Endpoint(
            "POST", "/api/v1/environments/{environment}/suspension", "stop all writes to an environment's cluster",
            details:
                "Commits are still read and what differs still shows. Lasts until `until`, or until somebody ends it; one that stands is replaced.",
            body: [BodyForm("SuspensionOrder")],
            answers: [Answer(202, "written; it is obeyed as soon as the daemon sees it", "Accepted"), conflict, busy]
                + refusals
        ) { $0.name("environment").map { .suspend($0) } },
        Endpoint(
            "DELETE", "/api/v1/environments/{environment}/suspension", "let an environment be written to again",
            details: "What `kubernaut.yaml` says ends with a commit: 409 says so.",
            query: [Parameter("reason", "string", "why, for the audit")],
            answers: [Answer(200, "`ended`, or `not-suspended`", "SuspensionResult"), conflict, busy] + refusals
        ) { $0.name("environment").map { .unsuspend($0) } },
        Endpoint(
            "POST", "/api/v1/releases", "record that a version of a service was built",
            details:
                "The same twice is fine; a version that is reused with another image is refused. With `onlyIfNewer` an older one is skipped.",
            body: [BodyForm("ReleaseOrder"), BodyForm("multipart/form-data", "ReleaseForm")],
            answers: [Answer(200, "recorded, or recorded already", "Recorded"), conflict, invalid, busy] + refusals
        ) { _ in .createRelease },
        Endpoint(
            "DELETE", "/api/v1/releases/{id}", "take a release record away",
            details:
                "A commit removes the record from the first environment's branch, or that of `environment`, if it is the one recorded "
                + "there. The service leaves that environment. Saying it twice is fine.",
            query: [
                Parameter("environment", "string", "from there instead of the first"),
                Parameter("reason", "string", "why, for the history"),
            ], answers: [Answer(202, "it is gone, or was never there"), conflict, busy] + refusals
        ) { .withdraw($0.text("id")) },
        Endpoint(
            "POST", "/api/v1/promotions", "bring releases from one environment to another",
            details:
                "With `dryRun` nothing is done, and the answer says exactly what would be. Its `expect`, given back with the order (or "
                + "its ETag in If-Match), binds the promotion to that: when anything moved, 409 says what. `server` has what the target's "
                + "cluster would do, by its own dry run, unless `offline`; it is no part of what is promised.",
            body: [BodyForm("PromotionOrder")],
            answers: [
                Answer(200, "what would be done, or that there was nothing to do", "PromotionPreview"),
                Answer(201, "committed; Location leads to its progress", "PromotionPreview"), conflict, invalid, busy,
            ] + refusals
        ) { _ in .promote },
        Endpoint(
            "POST", "/api/v1/rollbacks", "bring a service back to an earlier release, and hold it there",
            details:
                "With `dryRun` nothing is done; the `expect` of that answer binds the rollback to it.",
            body: [BodyForm("RollbackOrder")],
            answers: [
                Answer(200, "what would be done, or that there was nothing to do", "RollbackPreview"),
                Answer(201, "committed; Location leads to its progress", "RollbackPreview"), conflict, invalid, busy,
            ] + refusals
        ) { _ in .rollback },
        Endpoint(
            "POST", "/api/v1/holds", "keep services, or a whole environment, at their releases",
            body: [BodyForm("HoldOrder")],
            answers: [Answer(200, "what became of each", "HoldResult"), conflict, busy] + refusals
        ) { _ in .hold },
        Endpoint(
            "DELETE", "/api/v1/holds/{environment}", "end the hold of a whole environment",
            query: [Parameter("reason", "string", "why, for the history")],
            answers: [Answer(200, "what became of it", "HoldResult"), busy] + refusals
        ) { $0.name("environment").map { .resume($0, service: nil) } },
        Endpoint(
            "DELETE", "/api/v1/holds/{environment}/{service}", "end a service's hold",
            query: [Parameter("reason", "string", "why, for the history")],
            answers: [Answer(200, "what became of it", "HoldResult"), busy] + refusals
        ) { values in
            guard let environment = values.name("environment"), let service = values.name("service") else { return nil }
            return .resume(environment, service: service)
        },
    ]

    /// As the first generation of clients calls it: its paths, its texts.
    static let seed: [Endpoint] = [
        Endpoint(
            "GET", "/api/releases", "all active releases, newest first",
            details:
                "A filter is `service=cart`, or `service=value:ca,exact:false,not:true`; repeated ones must all hold.",
            query: [
                Parameter("limit", "integer", "50 unless said, at most 1000"),
                Parameter("offset", "integer", "0 unless said"),
                Parameter("array", "boolean", "1 gives the bare array of the first version"),
                Parameter("service", "string", "filter"), Parameter("version", "string", "filter"),
                Parameter("createdBy", "string", "filter"),
                Parameter("sort", "string", "created, service, version or createdBy"),
                Parameter("order", "string", "asc or desc"),
            ], answers: [Answer(200, "a page of slim releases", "SeedReleases"), Answer(400, "bad paging", "Message")],
            isSeed: true
        ) { _ in .seedReleases },
        Endpoint(
            "GET", "/api/releases/{id}", "one release with its template and attributes",
            answers: [Answer(200, "the release", "SeedRelease"), Answer(404, "unknown or deleted", "Message")],
            isSeed: true
        ) { .seedRelease($0.text("id")) },
        Endpoint(
            "POST", "/api/releases", "record a release, as the first release tool posts it",
            body: [
                BodyForm("multipart/form-data", "ReleaseForm"), BodyForm("application/json", "ReleaseOrder"),
            ],
            answers: [
                Answer(200, "recorded, or recorded already", "Identified"),
                Answer(
                    400, "`service is required`, `version is required`, `image is required`, `Error in template`",
                    "Message"),
                Answer(409, "the version is recorded with another image", "Message"),
            ], isSeed: true
        ) { _ in .seedCreateRelease },
        Endpoint(
            "DELETE", "/api/releases/{id}", "take a release record away; unknown ones are gone already",
            answers: [Answer(202, "gone")], isSeed: true
        ) { .withdraw($0.text("id")) },
        Endpoint(
            "GET", "/api/deployments", "what came to which environment, newest first",
            query: [
                Parameter("limit", "integer", "50 unless said, at most 1000"),
                Parameter("offset", "integer", "0 unless said"),
                Parameter("service", "string", "filter"), Parameter("version", "string", "filter"),
                Parameter("environment", "string", "filter"), Parameter("createdBy", "string", "filter"),
            ], answers: [Answer(200, "deployments", "Deployments")], isSeed: true
        ) { _ in .deployments },
        Endpoint(
            "POST", "/api/deployments", "bring a release to an environment",
            details:
                "A commit writes the record of that version, as it is known from any environment, to the environment's branch.",
            query: [Parameter("wait", "boolean", "true answers 303 to the status, which waits")],
            body: [BodyForm("DeploymentOrder")],
            answers: [
                Answer(202, "committed, or there already", "Identified"), Answer(303, "with `wait`: to its status"),
                Answer(400, "`<x> is required`, `Release s/v was not found`, `Context c was not found`", "Message"),
                Answer(409, "somebody holds the service", "Message"),
            ], isSeed: true
        ) { _ in .deploy },
        Endpoint(
            "GET", "/api/deployments/{id}", "one deployment", answers: [Answer(200, "the deployment", "Deployment")],
            isSeed: true
        ) { DeploymentID($0.text("id")).map { .deployment($0) } },
        Endpoint(
            "GET", "/api/deployments/{id}/status", "whether a deployment works",
            details:
                "`wait` gives it time: the answer comes when it is decided, or when the time is up.",
            query: [Parameter("wait", "integer", "seconds, at most 60")],
            answers: [
                Answer(200, "`success`", "DeploymentStatus"), Answer(202, "`pending`", "DeploymentStatus"),
                Answer(502, "`failed`", "DeploymentStatus"),
            ], isSeed: true
        ) { DeploymentID($0.text("id")).map { .deploymentStatus($0) } },
    ]
}
