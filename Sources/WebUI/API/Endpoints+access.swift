// SPDX-License-Identifier: Apache-2.0

import Domain

extension Endpoint {
    /// Who may do what, keys for machines, and who did what.
    static let access: [Endpoint] = [
        Endpoint(
            "GET", "/api/v1/me/can", "whether the caller may do something, and which line says so",
            query: [
                Parameter(
                    "action", "string", "view, sync, release, promote, rollback, hold, prune, suspend, audit or keys"),
                Parameter("env", "string", "the environment; without it everything"),
                Parameter("service", "string", "the service; without it the environment as a whole"),
            ], answers: [Answer(200, "yes or no", "Can"), Answer(400, "no such action or place", "Problem")]
        ) { _ in .can },
        Endpoint(
            "GET", "/api/v1/keys", "the caller's keys; all of them for who manages keys",
            answers: [Answer(200, "newest first, revoked and expired ones too", "Keys")]
        ) { _ in .keys },
        Endpoint(
            "POST", "/api/v1/keys", "make a key for a machine",
            details:
                "The answer has its text, this once. It may do at most what the caller may do. Lists of places that are left out mean all.",
            body: [BodyForm("KeyOrder")],
            answers: [
                Answer(201, "made", "MadeKey"), Answer(400, "the body is no order", "Problem"),
                Answer(403, "it would do more than the caller may", "Problem"),
                Answer(422, "no key can be made like that", "Problem"),
            ]
        ) { _ in .createKey },
        Endpoint(
            "DELETE", "/api/v1/keys/{id}", "revoke a key, at once; also when it was before",
            answers: [Answer(204, "it opens nothing any more"), Answer(404, "the caller has no such key", "Problem")]
        ) { .revokeKey($0.text("id")) },
        Endpoint(
            "POST", "/api/v1/keys/{id}/rotate", "make a key in another's place, which goes on for a while",
            details:
                "The new one has the name, scope and length of life of the old; its text is in the answer, this once. The old one "
                + "ends after `grace`: 24h unless said, 0s to 30d.",
            body: [BodyForm("KeyRotation")],
            answers: [
                Answer(201, "made", "MadeKey"), Answer(400, "the grace is none", "Problem"),
                Answer(403, "it would do more than the caller may", "Problem"),
                Answer(404, "the caller has no such key", "Problem"),
                Answer(409, "it has ended already: make a new one", "Problem"),
            ]
        ) { .rotateKey($0.text("id")) },
        Endpoint(
            "GET", "/api/v1/audit", "who did what, newest first",
            details:
                "Everybody reads their own rows; those of an environment, and all, who may read the audit there. `Link` with `next` leads on.",
            query: [
                Parameter("actor", "string", "the name of a person or key"),
                Parameter("action", "string", "such as promote, sign-in, key-create, push"),
                Parameter("result", "string", "done, refused or failed"), Parameter("env", "string", "filter"),
                Parameter("service", "string", "filter"),
                Parameter("since", "string", "2026-08-24, RFC 3339, or 7d ago; inclusive"),
                Parameter("until", "string", "the same; exclusive"),
                Parameter("cursor", "string", "`next` of the page before"),
                Parameter("limit", "integer", "1 to 199; 50 unless said"),
            ], answers: [Answer(200, "a page", "Audit"), Answer(400, "a filter makes no sense", "Problem")]
        ) { _ in .audit },
    ]
}
