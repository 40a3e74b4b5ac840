// SPDX-License-Identifier: Apache-2.0

public import Domain

extension PromotionPreview {
    /// The whole preview as one document: for `-o json`, and for whoever serves it.
    public var json: Value {
        let request = plan.request
        return [
            "from": side(request.from, plan.from), "to": side(request.to, plan.to),
            "all": .bool(request.services == nil), "kind": .string("\(plan.kind)"), "summary": .string(summary),
            "expect": .string(expectation.description), "digest": .string(digest), "tree": .string(plan.tree.hex),
            "services": .list(services.map(\.json)), "kept": .list(plan.kept.map(\.keptJSON)),
            "values": .list(values.map(\.json)), "files": paths(plan.files), "staying": paths(plan.staying),
            "objects": .list(objects.map(\.json)), "risks": .list(risks.map(\.json)),
            "problems": .list(
                problems.map { problem in
                    [
                        "code": .string(problem.code), "message": .string(problem.message),
                        "location": .string(problem.location.description),
                        "service": problem.service.map { .string($0.text) } ?? .null,
                    ]
                }),
        ]
    }

    private func side(_ environment: Environment, _ commit: Commit) -> Value {
        [
            "environment": .string(environment.name.text), "branch": .string(environment.branch),
            "commit": .string(commit.id.hex),
        ]
    }

    private func paths(_ files: [String]) -> Value { .list(files.map { .string(plan.before.path(of: $0)) }) }
}

extension ServiceChange {
    /// What happens to the service, in one word.
    public var word: String {
        guard let record else { return "configuration" }
        switch (record.before, record.after) {
        case (nil, _): return "new"
        case (_, nil): return "removed"
        default: return "release"
        }
    }

    var json: Value {
        [
            "name": .string(name.text), "change": .string(word), "before": optional(record?.before?.release?.version),
            "after": optional(record?.after?.release?.version),
            "releases": .list(
                releases.map { version in
                    let release = version.content?.release
                    return [
                        "version": optional(release?.version), "image": optional(release?.image),
                        "message": optional(release?.source?.message), "author": optional(release?.source?.author),
                        "releasedBy": optional(release?.releasedBy),
                        "sourceCommit": optional(release?.source?.commit), "commit": .string(version.commit.id.hex),
                        "date": .string(version.commit.date.description),
                    ]
                }),
            "objects": .integer(Int64(objects.count)),
            "addedLines": .integer(Int64(objects.reduce(0) { $0 + $1.addedLines })),
            "removedLines": .integer(Int64(objects.reduce(0) { $0 + $1.removedLines })),
        ]
    }
}

extension RecordChange {
    /// Why a service stays, in words; nil for one that does not.
    public var reason: String? {
        guard case .keep(let reason) = decision else { return nil }
        switch reason {
        case .held(let hold):
            let who = hold.by.map { " by \($0)" } ?? ""
            let end = hold.until.map { " until \($0)" } ?? ""
            return "\(hold.isForAll ? "the environment is held" : "held")\(who)\(end): \(hold.reason)"
        case .hotfix: return "hotfix: this release never was in the source; name the service to replace it"
        case .onlyInTarget: return "the source never had this release"
        case .dropped: return "removed here; name the service to bring it back"
        case .unreadable: return "its record in the source cannot be read"
        case .notChosen: return "not chosen"
        }
    }

    private var word: String {
        guard case .keep(let reason) = decision else { return "taken" }
        switch reason {
        case .held: return "held"
        case .hotfix: return "hotfix"
        case .onlyInTarget: return "only-in-target"
        case .dropped: return "dropped"
        case .unreadable: return "unreadable"
        case .notChosen: return "not-chosen"
        }
    }

    var keptJSON: Value {
        [
            "name": .string(service.text), "why": .string(word), "reason": optional(reason),
            "here": optional(before?.release?.version), "there": optional(source?.release?.version),
        ]
    }
}

extension ValueChange {
    var json: Value {
        [
            "service": .string(service.text), "path": .string(path.description), "before": before ?? .null,
            "after": after ?? .null, "layer": .string(origin.layer.rawValue),
            "location": .string(origin.location.description),
        ]
    }
}

extension ObjectDiff {
    public var json: Value {
        [
            "change": .string(change.rawValue), "kind": .string(key.groupKind.kind),
            "group": .string(key.groupKind.group),
            "namespace": optional(key.namespace), "name": .string(key.name), "service": optional(service?.text),
            "diff": .string(lines.map { "\($0)\n" }.joined()),
        ]
    }
}

extension Risk {
    var json: Value {
        [
            "kind": .string(kind.rawValue), "service": optional(service?.text),
            "object": optional(object?.description), "text": .string(text),
        ]
    }
}

private func optional(_ text: String?) -> Value { text.map(Value.string) ?? .null }
