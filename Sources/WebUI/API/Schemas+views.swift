// SPDX-License-Identifier: Apache-2.0

import Domain

extension Schemas {
    private static let release = whole([
        "id": string, "service": whole(["id": string, "name": ref("Name")]), "version": string, "createdOn": time,
        "createdBy": string, "deletedOn": optionalTime, "deletedBy": optionalString, "attributes": ["type": "object"],
    ])
    private static let step = whole([
        "name": string, "state": choice(ActionProgress.State.allCases.map(\.rawValue)), "detail": string,
    ])
    private static let objectDiff = whole([
        "change": string, "kind": string, "group": string, "namespace": optionalString, "name": string,
        "service": optionalString, "diff": string,
    ])
    private static let opinion = object(
        [
            "asked": boolean, "reason": string, "server": string, "at": time,
            "objects": list(whole(["object": string, "action": string, "message": string])),
        ], required: ["asked"])
    private static let suspension = whole([
        "reason": string, "by": optionalString, "until": optionalTime, "location": string,
    ])
    private static let origin: Value = object(
        ["layer": string, "location": ref("Location"), "overridden": list(any)], required: ["layer", "location"])
    private static let orphans = list(whole(["key": ref("ObjectKey"), "service": optionalString, "reason": string]))

    private static func envelope(_ item: Value) -> Value {
        whole(["limit": integer, "offset": integer, "count": integer, "items": list(item)])
    }

    private static func items(_ item: Value) -> Value {
        object(["items": list(item), "next": string], required: ["items"])
    }

    /// What is answered.
    static let views: [(String, Value)] = [
        (
            "Status",
            object(
                [
                    "version": integer, "repository": string, "ready": boolean, "lastFetchAt": optionalTime,
                    "fetchProblem": optionalString, "policyProblem": optionalString, "banners": list(string),
                    "environments": list(ref("Environment")),
                ], required: ["version", "repository", "ready", "environments"])
        ),
        ("Environments", items(ref("Environment"))),
        (
            "Environment",
            object(
                [
                    "name": ref("Name"), "branch": string, "cluster": optionalString, "namespace": string,
                    "head": optional(ref("Commit")), "appliedCommit": optionalString, "sourceProblem": optionalString,
                    "clusterProblem": optionalString, "reconciling": boolean, "diagnostics": list(ref("Diagnostic")),
                    "heldPrune": list(ref("ObjectKey")), "heldPruneHash": string,
                    "heldAdoption": list(ref("ObjectKey")), "heldAdoptionHash": string, "orphans": orphans,
                    "suspension": optional(suspension),
                    "verdicts": ["type": "object"], "services": list(ref("ServiceState")),
                ], required: ["name", "branch", "namespace", "head", "reconciling", "verdicts"])
        ),
        (
            "ServiceState",
            object(
                [
                    "name": ref("Name"), "environment": ref("Name"), "team": optionalString,
                    "release": optional(ref("Record")), "verdict": string, "reason": string, "since": optionalTime,
                    "healthySince": optionalTime,
                    "position": optional(["type": "object"]), "objects": list(ref("ObjectState")),
                    "diagnostics": list(ref("Diagnostic")),
                ], required: ["verdict", "reason", "objects"])
        ),
        (
            "ObjectState",
            object(
                [
                    "key": ref("ObjectKey"), "service": string, "health": string, "reason": string, "inSync": boolean,
                ], required: ["key", "health", "reason", "inSync"])
        ),
        ("Services", items(ref("Service"))),
        (
            "Service",
            object(
                [
                    "name": ref("Name"), "team": optionalString, "environments": list(ref("ServiceState")),
                    "releases": list(any),
                ], required: ["name", "environments"])
        ),
        (
            "Manifest",
            object(
                [
                    "environment": ref("Name"), "service": ref("Name"), "commit": optional(ref("Commit")),
                    "manifests": list(any), "values": list(any), "diagnostics": list(ref("Diagnostic")),
                ], required: ["environment", "service", "manifests", "values"])
        ),
        (
            "Values",
            whole([
                "environment": ref("Name"), "service": ref("Name"), "commit": optional(ref("Commit")),
                "items": list(whole(["path": string, "value": any, "origin": origin])),
            ])
        ),
        ("Diff", whole(["service": ref("Name"), "a": string, "b": string, "items": list(objectDiff)])),
        (
            "Objects",
            whole([
                "environment": ref("Name"), "head": optionalString, "items": list(ref("ObjectState")),
                "orphans": orphans,
            ])
        ),
        ("SuspensionResult", whole(["environment": ref("Name"), "result": choice(["ended", "not-suspended"])])),
        (
            "HeldList",
            whole([
                "environment": ref("Name"), "hash": string,
                "items": list(
                    whole([
                        "group": string, "kind": string, "namespace": optionalString, "name": string, "uid": string,
                        "service": optionalString, "holders": list(string),
                    ])),
            ])
        ),
        ("Passes", items(ref("Pass"))),
        (
            "Pass",
            object(
                [
                    "id": string, "environment": ref("Name"), "trigger": string, "startedAt": time, "finishedAt": time,
                    "commit": optionalString, "previousCommit": optionalString, "outcome": string, "stage": string,
                    "reason": string, "unchanged": integer, "objects": list(any),
                    "diagnostics": list(ref("Diagnostic")),
                    "warnings": list(string), "logs": list(any),
                ], required: ["id", "environment", "trigger", "outcome", "stage", "reason", "objects"])
        ),
        ("Me", ["type": "object"]),
        ("Releases", items(object(["id": string, "version": string, "record": ref("Record")], required: ["id"]))),
        ("SeedReleases", envelope(release)),
        ("SeedRelease", ref("Release")),
        (
            "Release",
            object(
                [
                    "id": string, "service": whole(["id": string, "name": ref("Name")]), "version": string,
                    "image": string, "createdOn": time, "createdBy": string, "deletedOn": optionalTime,
                    "deletedBy": optionalString, "attributes": ["type": "object"], "record": ref("Record"),
                    "environments": list(ref("Name")), "commit": ref("Commit"),
                    "template": optional(
                        object(["id": string, "checksum": string, "source": string, "path": optionalString])),
                ], required: ["id", "service", "version", "image", "createdOn", "createdBy", "attributes"])
        ),
        (
            "Recorded",
            object(
                [
                    "id": string, "result": choice(["recorded", "already-recorded", "skipped"]),
                    "commit": optionalString,
                    "branch": string, "previous": optionalString, "reason": string,
                ], required: ["id", "result", "commit", "branch"])
        ),
        (
            "Deployment",
            object(
                [
                    "id": string, "environment": ref("Name"), "context": ref("Name"), "service": ref("Name"),
                    "version": string, "createdOn": optionalTime, "createdBy": optionalString, "commit": string,
                    "state": choice(["current", "replaced"]), "status": choice(["success", "failed", "pending"]),
                    "steps": list(step),
                ], required: ["id", "environment", "service", "version", "commit", "state"])
        ),
        ("Deployments", envelope(ref("Deployment"))),
        ("DeploymentStatus", whole(["id": string, "status": choice(["success", "failed", "pending"])])),
        (
            "PromotionPreview",
            object(
                [
                    "from": any, "to": any, "all": boolean, "kind": string, "summary": string, "expect": string,
                    "digest": string, "tree": string, "services": list(any), "kept": list(any), "values": list(any),
                    "files": list(string), "staying": list(string), "objects": list(objectDiff), "risks": list(any),
                    "problems": list(any), "commit": optionalString, "id": string, "server": opinion,
                ], required: ["from", "to", "kind", "summary", "expect", "services", "objects", "risks", "problems"])
        ),
        (
            "RollbackPreview",
            object(
                [
                    "service": ref("Name"), "environment": ref("Name"), "from": optionalString, "to": string,
                    "recordOf": ref("Commit"), "changesRecord": boolean, "hold": boolean, "until": optionalTime,
                    "heldBefore": optionalString, "configuration": list(string), "base": string, "expect": string,
                    "objects": list(objectDiff), "problems": list(ref("Diagnostic")), "commit": optionalString,
                    "branch": string, "id": string,
                ], required: ["service", "environment", "to", "changesRecord", "hold"])
        ),
        ("Actions", items(ref("Action"))),
        (
            "Action",
            object(
                [
                    "id": string, "commit": string, "from": optionalString, "environment": ref("Name"), "all": boolean,
                    "actor": string, "reason": optionalString, "at": time,
                    "services": list(whole(["service": ref("Name"), "from": optionalString, "to": optionalString])),
                    "state": choice(["done", "failed", "running"]), "steps": list(step),
                ], required: ["id", "commit", "environment", "all", "actor", "at", "services"])
        ),
        (
            "Holds",
            items(
                whole([
                    "environment": ref("Name"), "service": optionalString, "all": boolean, "by": optionalString,
                    "reason": string, "until": optionalTime, "active": boolean,
                ]))
        ),
        (
            "HoldResult",
            whole([
                "commit": optionalString, "branch": string,
                "items": list(
                    whole([
                        "service": optionalString,
                        "result": choice(["held", "already-held", "resumed", "not-held"]), "before": optionalString,
                    ])),
            ])
        ),
    ]
}
