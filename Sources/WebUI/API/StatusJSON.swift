// SPDX-License-Identifier: Apache-2.0

package import Domain

// The wire form of what pages show. Own functions rather than derived ones, so that renaming a property of the
// domain cannot change the API.

extension Value {
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    init(_ moment: Instant?) { self = moment.map { .string($0.description) } ?? .null }
    init(_ number: Int) { self = .integer(Int64(number)) }
    init(_ name: Name?) { self = Value(name?.text) }
    init(_ commit: CommitID?) { self = Value(commit?.hex) }
}

extension DaemonStatus {
    /// What `/api/v1/status` answers, and `kubernaut status -o json` prints.
    package var json: Value {
        [
            "version": Value(version), "repository": .string(repository), "ready": .bool(isReady),
            "lastFetchAt": Value(lastFetchAt), "fetchProblem": Value(fetchProblem),
            "fetchProblemSince": Value(fetchProblemSince), "policyProblem": Value(policyProblem),
            "banners": .list(banners.map { .string($0) }),
            "environments": .list(environments.map { $0.json(withServices: true) }),
        ]
    }
}

extension EnvironmentStatus {
    func json(withServices: Bool) -> Value {
        var value: Value = [
            "name": Value(environment.name), "branch": .string(environment.branch),
            "cluster": Value(environment.cluster),
            "namespace": .string(environment.namespace), "head": head?.json ?? .null,
            "appliedCommit": Value(appliedCommit), "sourceProblem": Value(sourceProblem),
            "signature": signature?.json ?? .null,
            "clusterProblem": Value(clusterProblem), "reconciling": .bool(isReconciling),
            "diagnostics": .list(diagnostics.map(\.json)), "heldPrune": .list(held(.prune).items.map(\.key.json)),
            "orphans": .list(
                orphans.map { ["key": $0.key.json, "service": Value($0.service), "reason": .string($0.reason)] }),
            "heldPruneHash": .string(held(.prune).hash),
            "heldAdoption": .list(held(.adopt).items.map(\.key.json)),
            "heldAdoptionHash": .string(held(.adopt).hash), "suspension": suspension?.json ?? .null,
            "lastPass": lastPass.map {
                ["id": .string($0.id), "outcome": .string($0.outcome.rawValue), "finishedAt": Value($0.finishedAt)]
            } ?? .null,
            "leadership": leadership.map {
                [
                    "replica": .string($0.replica), "leader": Value($0.leader), "isOurs": .bool($0.isOurs),
                    "problem": Value($0.problem),
                ]
            } ?? .null,
            "verdicts": .map(
                Map(
                    Dictionary(grouping: services, by: \.verdict).map {
                        Map.Entry(key: $0.key.slug, value: Value($0.value.count))
                    })),
        ]
        if withServices { value["services"] = .list(services.map { $0.json(position: positions[$0.name]) }) }
        return value
    }
}

extension Suspension {
    var json: Value {
        ["reason": .string(reason), "by": Value(by), "until": Value(until), "location": .string(location.file)]
    }
}

extension SignatureStatus {
    var json: Value {
        [
            "head": Value(head), "signer": Value(signer), "problem": Value(problem), "followed": Value(followed),
            "refused": .bool(isRefused),
        ]
    }
}

extension ServiceStatus {
    func json(position: Position?) -> Value {
        [
            "name": Value(name), "team": Value(team), "release": release?.json ?? .null,
            "verdict": .string(verdict.slug), "reason": .string(reason), "since": Value(since),
            "healthySince": Value(healthy?.since),
            "position": position?.json ?? .null,
            "objects": .list(
                objects.map {
                    [
                        "key": $0.key.json, "health": .string($0.health.status.rawValue),
                        "reason": .string($0.health.reason), "inSync": .bool($0.isInSync),
                    ]
                }), "diagnostics": .list(diagnostics.map(\.json)),
        ]
    }
}

extension Position {
    var json: Value {
        switch self {
        case .inStep: ["state": "in-step"]
        case .behind(let count): ["state": "behind", "releases": Value(count)]
        case .ahead: ["state": "ahead"]
        case .differs: ["state": "differs"]
        case .absent: ["state": "absent"]
        }
    }
}

extension HeldList.Item {
    var json: Value {
        var value = key.json
        value["uid"] = .string(uid)
        value["service"] = Value(service)
        value["holders"] = .list(holders.map { .string($0) })
        return value
    }
}

extension ResourceKey {
    var json: Value {
        [
            "group": .string(groupKind.group), "kind": .string(groupKind.kind), "namespace": Value(namespace),
            "name": .string(name),
        ]
    }
}

extension Commit {
    var json: Value {
        ["id": Value(id), "author": .string(author), "date": Value(date), "subject": .string(subject)]
    }
}

extension Diagnostic {
    var json: Value {
        [
            "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
            "location": location.json, "hint": Value(hint), "service": Value(service),
        ]
    }
}

extension SourceLocation {
    var json: Value { ["file": .string(file), "line": Value(line), "column": Value(column)] }
}

extension ReleaseRecord {
    var json: Value {
        [
            "service": Value(service), "version": .string(version), "image": .string(image),
            "images": .map(Map(images.map { Map.Entry(key: $0.key, value: .string($0.value)) })),
            "build": build.map {
                ["number": $0.number.map { .integer($0) } ?? .null, "url": Value($0.url), "job": Value($0.job)]
            } ?? .null,
            "source": source.map {
                [
                    "url": Value($0.url), "branch": Value($0.branch), "commit": Value($0.commit),
                    "message": Value($0.message), "author": Value($0.author),
                ]
            } ?? .null, "releasedAt": Value(releasedAt), "releasedBy": Value(releasedBy), "note": Value(note),
        ]
    }
}

/// One service over all environments.
func serviceJSON(_ name: Name, _ context: PageContext, withReleases: Bool = true) -> Value {
    let environments = context.status.environments
    let here = environments.compactMap { environment -> Value? in
        guard let service = environment.services.first(where: { $0.name == name }) else { return nil }
        var value = service.json(position: environment.positions[name])
        value["name"] = nil
        value["team"] = nil
        value["environment"] = Value(environment.environment.name)
        return value
    }
    let team = environments.lazy.compactMap { $0.services.first { $0.name == name }?.team }.first
    var value: Value = ["name": Value(name), "team": Value(team), "environments": .list(here)]
    if withReleases {
        value["releases"] = .list(
            releaseLines(of: name, in: environments).map { line in
                [
                    "release": line.release.json, "runsIn": .list(line.runsIn.map { Value($0) }),
                    "ranIn": .list(line.ranIn.map { Value($0) }),
                ]
            })
    }
    return value
}
