// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import Logging

extension Caller {
    /// As the audit names them.
    var actor: AuditRecord.Actor {
        switch self {
        case .nobody, .local: AuditRecord.Actor(name: name)
        case .person(let person): AuditRecord.Actor(name: name, personID: person.id)
        case .key(let key): AuditRecord.Actor(name: name, keyID: key.id)
        }
    }
}

extension WebPages {
    /// Writes a row of the audit. When that fails the log has the whole row: what was done is done.
    func note(
        _ action: AuditRecord.Action, _ result: AuditRecord.Result, by actor: AuditRecord.Actor,
        over channel: AuditRecord.Channel, _ fill: (inout AuditRecord) -> Void = { _ in }
    ) async {
        let time = now()
        var record = AuditRecord(
            id: TimeOrderedID.make(at: time), at: time, actor: actor, channel: channel, action: action, result: result)
        fill(&record)
        do {
            try await sources.audit?.append(record)
        } catch {
            logger.error(
                "A row of the audit could not be written",
                [
                    "error": "\(error)", "id": record.id, "who": actor.name, "action": action.rawValue,
                    "result": result.rawValue, "environment": record.environment?.text ?? "",
                    "services": record.services.map(\.text).joined(separator: ","), "to": record.to ?? "",
                    "reason": record.reason ?? "", "detail": record.detail ?? "",
                ])
        }
    }

    /// Writes down that somebody who is somebody was not allowed to change something.
    func note(_ refusal: Refusal, at route: Route?, by caller: Caller, isAPI: Bool) async {
        guard let action = route?.auditAction, caller != .nobody else { return }
        await note(action, .refused, by: caller.actor, over: isAPI ? .api : .web) { record in
            record.environment = refusal.place.environment
            record.services = refusal.place.service.map { [$0] } ?? []
            record.detail = "\(refusal)"
        }
    }
}

extension Route {
    /// What a request to this address wants to do, where its rule alone may refuse it; nil where the action itself writes
    /// down what became of it.
    var auditAction: AuditRecord.Action? {
        switch self {
        case .api(.sync): .sync
        case .api(.confirm(let purpose, _)): purpose.auditAction
        case .api(.suspend): .suspend
        case .api(.unsuspend): .unsuspend
        case .api(.resume): .resume
        default: nil
        }
    }
}
