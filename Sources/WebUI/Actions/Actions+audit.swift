// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import Logging

extension Actions {
    /// What somebody wants, for the audit.
    struct Errand: Sendable {
        let action: AuditRecord.Action
        let environment: Name?
        let services: [Name]
        let reason: String?
        var from: String?
        var to: String?

        init(_ action: AuditRecord.Action, _ environment: Name?, _ services: [Name], reason: String? = nil) {
            self.action = action
            self.environment = environment
            self.services = services
            self.reason = reason
        }
    }

    /// What came of it, where that says more than the errand did; nil keeps what the errand says.
    struct Note: Sendable {
        let commit: CommitID?
        var environment: Name?
        var services: [Name]?
        var from: String?
        var to: String?
        var detail: String?

        init(_ commit: CommitID?) { self.commit = commit }
    }

    /// Does something, and writes down what came of it.
    ///
    /// In a task of its own, which nobody cancels: the desk's patience ends it. A client that leaves in the middle must not
    /// leave a change behind that no audit knows of.
    func carryOut<Result: Sendable>(
        _ errand: Errand, _ visit: Visit, _ body: @escaping @Sendable () async throws -> (Result, Note)
    ) async throws(ActionFailure) -> Result {
        let work = Task { () -> Swift.Result<Result, ActionFailure> in
            do {
                let (result, note) = try await body()
                await write(errand, note, .done, visit)
                return .success(result)
            } catch {
                return .failure(await noted(ActionFailure(error), errand, visit))
            }
        }
        return try await work.value.get()
    }

    /// `carryOut` for what changes the config repository.
    func change<Result: Sendable>(
        _ errand: Errand, _ visit: Visit, _ body: @escaping @Sendable (ChangeDesk) async throws -> (Result, Note)
    ) async throws(ActionFailure) -> Result {
        try await carryOut(errand, visit) {
            guard let desk = tools.desk else { throw Self.noDesk }
            return try await body(desk)
        }
    }

    /// Reads for a preview; no row of the audit.
    func reading<Result: Sendable>(
        _ body: (ChangeDesk) async throws -> Result
    ) async throws(ActionFailure) -> Result {
        guard let desk = tools.desk else { throw Self.noDesk }
        do {
            return try await body(desk)
        } catch {
            throw ActionFailure(error)
        }
    }

    private static var noDesk: ActionFailure {
        ActionFailure(.unwritable, "this daemon only reads its config repository")
    }

    private func noted(_ failure: ActionFailure, _ errand: Errand, _ visit: Visit) async -> ActionFailure {
        var note = Note(nil)
        note.detail = failure.message
        let isFault = [.failed, .unavailable].contains(failure.code)
        await write(errand, note, isFault ? .failed : .refused, visit)
        return failure
    }

    private func write(_ errand: Errand, _ note: Note, _ result: AuditRecord.Result, _ visit: Visit) async {
        var record = AuditRecord(
            id: TimeOrderedID.make(at: now()), at: now(), actor: visit.actor, channel: visit.channel,
            action: errand.action,
            result: result)
        record.environment = note.environment ?? errand.environment
        record.services = note.services ?? errand.services
        record.from = note.from ?? errand.from
        record.to = note.to ?? errand.to
        record.reason = errand.reason
        record.detail = note.detail
        record.commit = note.commit
        logger.notice(
            "Somebody wanted a change",
            [
                "who": record.actor.name, "what": errand.action.rawValue, "result": result.rawValue,
                "environment": record.environment?.text ?? "", "commit": record.commit?.hex ?? "",
                "detail": record.detail ?? "",
            ])
        do {
            try await tools.audit?.append(record)
        } catch {
            // The change is made, and its commit says who wanted it: refusing now would only hide that.
            logger.error("The audit could not be written", ["record": "\(record)", "error": "\(error)"])
        }
    }
}

extension Visit {
    var actor: AuditRecord.Actor {
        switch caller {
        case .person(let person): AuditRecord.Actor(name: person.login, personID: person.id)
        case .key(let key): AuditRecord.Actor(name: caller.name, keyID: key.id)
        case .nobody, .local: AuditRecord.Actor(name: caller.name)
        }
    }
}

extension ChangeDesk.Author {
    /// Commits are made on behalf of whoever was allowed to, and of nobody else.
    init(_ permit: Permit) {
        let caller = permit.caller
        let identity =
            switch caller {
            case .person(let person):
                CommitIdentity(
                    name: Self.plain(person.name ?? person.login) ?? person.login,
                    email: "\(person.id)+\(person.login)@users.noreply.github.com")
            case .key(let key):
                CommitIdentity(name: Self.plain(caller.name) ?? "key", email: "key-\(key.id)@kubernaut.invalid")
            case .local, .nobody: CommitIdentity(name: caller.name, email: "\(caller.name)@kubernaut.invalid")
            }
        self.init(identity, name: Self.plain(caller.name) ?? "unknown")
    }

    /// One line without what delimits addresses; nil when nothing is left. Names are chosen by their bearers.
    private static func plain(_ text: String) -> String? {
        let words = text.split { character in
            character.isWhitespace || character.isNewline || "<>".contains(character)
                || character.unicodeScalars.contains { $0.properties.generalCategory == .control }
        }
        let name = words.joined(separator: " ").prefix(100)
        return name.isEmpty ? nil : String(name)
    }
}
