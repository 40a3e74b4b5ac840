// SPDX-License-Identifier: Apache-2.0

import Domain

extension PassRecord {
    var json: Value {
        [
            "id": .string(id), "environment": Value(environment), "trigger": .string(trigger.rawValue),
            "startedAt": .string(startedAt.precise), "finishedAt": .string(finishedAt.precise), "commit": Value(commit),
            "previousCommit": Value(previousCommit), "outcome": .string(outcome.rawValue),
            "stage": .string(stage.rawValue), "reason": .string(reason), "unchanged": Value(unchangedCount),
            "objects": .list(
                objects.map {
                    [
                        "key": $0.key.json, "service": Value($0.service), "action": .string($0.action.rawValue),
                        "message": .string($0.message),
                    ]
                }), "diagnostics": .list(diagnostics.map(\.json)), "warnings": .list(warnings.map { .string($0) }),
            "logs": .list(
                logs.map {
                    [
                        "key": $0.key.json, "service": Value($0.service), "pod": .string($0.pod),
                        "container": .string($0.container), "text": .string($0.text), "problem": Value($0.problem),
                    ]
                }),
        ]
    }
}

extension ServiceDetail {
    func json(environment: Name) -> Value {
        [
            "environment": Value(environment), "service": Value(service.name), "commit": commit?.json ?? .null,
            "changesRemark": Value(changesRemark),
            "release": service.release?.json ?? .null, "diagnostics": .list(service.diagnostics.map(\.json)),
            "manifests": .list(
                manifests.map { annotated in
                    [
                        "object": annotated.manifest.object, "digest": .string(annotated.manifest.digest),
                        "location": annotated.manifest.location.json,
                        "lines": .list(annotated.lines.map { $0.json(changes) }),
                    ]
                }),
            "values": .list(
                values.map {
                    ["path": .string($0.path.description), "value": $0.value, "origin": $0.origin.json(changes)]
                }),
        ]
    }
}

extension AnnotatedLine {
    func json(_ changes: LineChanges) -> Value {
        ["text": .string(text), "path": Value(path?.description), "origin": origin?.json(changes) ?? .null]
    }
}

extension Origin {
    func json(_ changes: LineChanges) -> Value {
        [
            "layer": .string(layer.rawValue), "location": location.json, "value": Value(value?.description),
            "change": changes[location]?.json ?? .null,
            "overridden": .list(
                overridden.map {
                    [
                        "layer": .string($0.layer.rawValue), "location": $0.location.json, "value": $0.value,
                        "change": changes[$0.location]?.json ?? .null,
                    ]
                }),
        ]
    }
}

extension LineChange {
    var json: Value {
        switch self {
        case .committed(let commit): ["state": "committed", "commit": commit.json]
        case .atOrBefore(let commit): ["state": "at-or-before", "commit": commit.json]
        case .uncommitted: ["state": "uncommitted", "commit": .null]
        }
    }
}
