// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain

extension FileConflict {
    var json: Value {
        [
            "file": .string(path), "removedInTarget": .bool(isRemovedByOurs),
            "removedInSource": .bool(isRemovedByTheirs),
            "hunks": .list(
                hunks.map { hunk in
                    [
                        "line": Value(hunk.line), "target": .list(hunk.ours.map(Value.string)),
                        "source": .list(hunk.theirs.map(Value.string)),
                    ]
                }),
        ]
    }
}

extension PromotionMoved.Branch {
    var json: Value {
        [
            "environment": Value(environment), "expected": .string(expected), "now": now.json,
            "since": since.map { .list($0.prefix(50).map(\.json)) } ?? .null,
        ]
    }
}

extension PromotionPreview {
    /// As the reader may see it: of services that are not theirs to see, a promotion of some says nothing.
    func json(for visit: Visit) -> Value {
        let request = plan.request
        guard let chosen = request.services, !visit.allows(.view, at: .environment(request.to.name)) else {
            return json
        }
        var value = json
        func isVisible(_ text: String?) -> Bool {
            guard let name = text.flatMap({ Name($0) }) else { return false }
            return chosen.contains(name) || visit.allows(.view, at: .service(name, in: request.to.name))
        }
        value["kept"] = .list((value["kept"]?.list ?? []).filter { isVisible($0["name"]?.string) })
        value["staying"] = .list([])
        value["risks"] = .list(
            (value["risks"]?.list ?? []).filter { risk in risk["service"] == .null || isVisible(risk["service"]?.string)
            })
        return value
    }
}

extension RollbackAnswer {
    func json(_ order: RollbackOrder, _ preview: ChangePreview?) -> Value {
        var value: Value = [
            "service": Value(order.service), "environment": Value(order.environment), "from": Value(from?.version),
            "to": .string(to.version), "recordOf": origin.json, "changesRecord": .bool(changesRecord),
            "hold": .bool(order.holds), "until": Value(order.until),
            "heldBefore": heldBefore.map { .string($0.reason) } ?? .null,
            "configuration": .list(configuration.map(Value.string)),
        ]
        if let preview {
            value["base"] = Value(preview.base.commit)
            value["expect"] = .string(preview.digest)
            value["objects"] = .list(preview.objects.map(\.json))
            value["problems"] = .list(preview.problems.map(\.json))
        }
        return value
    }
}

extension ActionRecord {
    var json: Value {
        [
            "id": Value(commit), "commit": Value(commit), "from": Value(source), "environment": Value(environment),
            "all": .bool(isWhole), "actor": .string(actor), "reason": Value(reason), "at": Value(at),
            "services": .list(
                moves.map { ["service": Value($0.service), "from": Value($0.from), "to": Value($0.to)] }),
        ]
    }
}

extension ActionProgress.Step {
    var json: Value { ["name": .string(name), "state": .string(state.rawValue), "detail": .string(detail)] }
}

extension StandingHold {
    func json(at now: Instant) -> Value {
        let service: Name? = if case .service(let name) = place.scope { name } else { nil }
        return [
            "environment": Value(place.environment), "service": Value(service), "all": .bool(service == nil),
            "by": Value(hold.by), "reason": .string(hold.reason), "until": Value(hold.until),
            "active": .bool(hold.isActive(at: now)),
        ]
    }
}

extension ChangeOutcome<[HoldAnswer]> {
    var holdJSON: Value {
        [
            "commit": Value(commit), "branch": .string(base.branch),
            "items": .list(
                answer.map { answer in
                    let service: Name? = if case .service(let name) = answer.place.scope { name } else { nil }
                    return [
                        "service": Value(service), "result": .string(answer.result.word),
                        "before": answer.before.map { .string($0.reason) } ?? .null,
                    ]
                }),
        ]
    }
}

extension HoldAnswer.Result {
    fileprivate var word: String {
        switch self {
        case .held: "held"
        case .alreadyHeld: "already-held"
        case .resumed: "resumed"
        case .notHeld: "not-held"
        }
    }
}
