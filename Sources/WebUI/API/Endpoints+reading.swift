// SPDX-License-Identifier: Apache-2.0

import Domain

extension Endpoint {
    private static let place = "/api/v1/environments/{environment}"

    /// What changes nothing.
    static let reading: [Endpoint] = [
        Endpoint(
            "GET", "/api/v1/openapi.json", "this description", answers: [Answer(200, "OpenAPI 3.1", "Document")]
        ) { _ in .openAPI },
        Endpoint(
            "GET", "/api/v1/status", "everything: repository, readiness, environments with their services",
            answers: [Answer(200, "the daemon's view", "Status")]
        ) { _ in .status },
        Endpoint(
            "GET", "/api/v1/me", "who asks, and what they may do",
            query: [
                Parameter("action", "string", "asks about one action; the answer has `allowed` and `why` then"),
                Parameter("environment", "string", "where; without it everywhere"),
                Parameter("service", "string", "of which service; without it the environment as a whole"),
            ], answers: [Answer(200, "the caller", "Me")]
        ) { _ in .me },
        Endpoint(
            "GET", "/api/v1/environments", "branch, head, applied commit, problems, verdict counts, last pass",
            answers: [Answer(200, "in pipeline order", "Environments")]
        ) { _ in .environments },
        Endpoint(
            "GET", place, "one environment with its services", answers: [Answer(200, "the environment", "Environment")]
        ) { $0.name("environment").map { .environment($0) } },
        Endpoint(
            "GET", "\(place)/objects", "the objects of an environment and how they stand",
            details:
                "`drifted=1` shows those that differ from git alone. Objects that nothing wants any more are `orphans`.",
            query: [
                Parameter("service", "string", "of this service alone"),
                Parameter("kind", "string", "of this kind alone"),
                Parameter("health", "string", "with this health alone"),
                Parameter("drifted", "boolean", "that differ from git alone"),
            ], answers: [Answer(200, "objects", "Objects")]
        ) { $0.name("environment").map { .objects($0) } },
        Endpoint(
            "GET", "\(place)/prune", "the deletions that wait for a person",
            answers: [Answer(200, "the held list, and the hash that names it", "HeldList")]
        ) { $0.name("environment").map { .held(.prune, $0) } },
        Endpoint(
            "GET", "\(place)/adopt", "objects that exist and are not kubernaut's, which git wants to be",
            answers: [Answer(200, "the held list with who has each object now, and the hash that names it", "HeldList")]
        ) { $0.name("environment").map { .held(.adopt, $0) } },
        Endpoint(
            "GET", "/api/v1/services", "each service with where it stands in every environment",
            answers: [Answer(200, "services", "Services")]
        ) { _ in .services },
        Endpoint(
            "GET", "/api/v1/services/{service}", "one service, and its releases with where they run and ran",
            answers: [Answer(200, "the service", "Service")]
        ) { $0.name("service").map { .service($0) } },
        Endpoint(
            "GET", "\(place)/services/{service}/manifest", "rendered objects, each line with its origin",
            query: [Parameter("at", "string", "a commit; without it the newest")],
            answers: [Answer(200, "manifests and values", "Manifest")]
        ) { values in
            guard let environment = values.name("environment"), let service = values.name("service") else { return nil }
            return .manifest(environment: environment, service: service)
        },
        Endpoint(
            "GET", "\(place)/services/{service}/values", "the merged values, each with the file and line that set it",
            query: [
                Parameter("at", "string", "a commit; without it the newest"),
                Parameter("path", "string", "this value and those below it alone, as `resources.limits`"),
            ], answers: [Answer(200, "values", "Values")]
        ) { values in
            guard let environment = values.name("environment"), let service = values.name("service") else { return nil }
            return .values(environment: environment, service: service)
        },
        Endpoint(
            "GET", "/api/v1/diff", "what differs between two environments, or two commits of one, for one service",
            query: [
                Parameter("service", "string", "which service; required"),
                Parameter("a", "string", "`env:dev`, or `env:dev@<commit>`; required"),
                Parameter("b", "string", "as `a`; required"),
            ], answers: [Answer(200, "objects with unified diffs; Secrets masked", "Diff")]
        ) { _ in .diff },
        Endpoint(
            "GET", "/api/v1/passes", "runs from commit to cluster, newest first",
            query: [
                Parameter("environment", "string", "of this environment alone"),
                Parameter("before", "string", "the `next` of the answer before"),
                Parameter("limit", "integer", "1 to 199, 50 unless said"),
            ], answers: [Answer(200, "passes", "Passes")]
        ) { _ in .passes },
        Endpoint(
            "GET", "/api/v1/passes/{id}", "one pass: stage, outcome, objects, diagnostics, warnings",
            answers: [Answer(200, "the pass", "Pass")]
        ) { .pass($0.text("id")) },
        Endpoint(
            "GET", "/api/v1/releases", "releases, newest first",
            query: [
                Parameter("service", "string", "of this service alone"),
                Parameter("environment", "string", "recorded in this environment now"),
                Parameter("cursor", "string", "from `next`, or the Link header"),
                Parameter("limit", "integer", "1 to 200, 50 unless said"),
            ], answers: [Answer(200, "releases", "Releases")]
        ) { _ in .releases },
        Endpoint(
            "GET", "/api/v1/releases/{id}", "one release with its template and values",
            answers: [Answer(200, "the release", "Release")]
        ) { .release($0.text("id")) },
        Endpoint(
            "GET", "/api/v1/promotions", "promotions that were made, newest first", query: actionQuery,
            answers: [Answer(200, "promotions", "Actions")]
        ) { _ in .actions(.promotion) },
        Endpoint(
            "GET", "/api/v1/promotions/{id}", "one promotion, and how far it has come",
            details:
                "The id is that of the commit. Steps are committed, fetched, rendered, applied and healthy.",
            answers: [Answer(200, "the promotion with its steps", "Action")]
        ) { CommitID($0.text("id")).map { .action(.promotion, $0) } },
        Endpoint(
            "GET", "/api/v1/rollbacks", "rollbacks that were made, newest first", query: actionQuery,
            answers: [Answer(200, "rollbacks", "Actions")]
        ) { _ in .actions(.rollback) },
        Endpoint(
            "GET", "/api/v1/rollbacks/{id}", "one rollback, and how far it has come",
            answers: [Answer(200, "the rollback with its steps", "Action")]
        ) { CommitID($0.text("id")).map { .action(.rollback, $0) } },
        Endpoint(
            "GET", "/api/v1/holds", "what is held, where, by whom and until when",
            query: [Parameter("environment", "string", "in this environment alone")],
            answers: [Answer(200, "holds", "Holds")]
        ) { _ in .holds },
    ]

    private static let actionQuery = [
        Parameter("environment", "string", "to this environment alone"),
        Parameter("service", "string", "of this service alone"),
        Parameter("cursor", "string", "from `next`, or the Link header"),
        Parameter("limit", "integer", "1 to 200, 50 unless said"),
    ]
}
