// SPDX-License-Identifier: Apache-2.0

import Access
public import Changes
public import Domain
public import Lifecycle
public import Logging

/// Everything that can be changed by page or REST, in one place: who asks is held to the rules, the desk makes the
/// change, the audit gets its row, whatever came of it.
///
/// A change goes on when the browser that asked for it leaves: what was begun is done, and known to the audit.
public struct Actions: Sendable {
    /// What actions work with.
    public struct Tools: Sendable {
        /// Nil where the config repository is only read: every change of it is refused then.
        public var desk: ChangeDesk?
        /// Nil keeps no audit.
        public var audit: (any AuditLog)?
        public var status: @Sendable () -> DaemonStatus
        /// Asks for a pass over an environment; false when there is no such environment.
        public var requestSync: @Sendable (_ environment: Name) -> Bool
        /// Lets exactly that happen which the hash names.
        ///
        /// Throws `ActionRefused` when another list is held by now.
        public var confirm: Confirm

        public typealias Confirm =
            @Sendable (
                _ purpose: HeldList.Purpose, _ environment: Environment, _ hash: String, _ who: String
            ) async throws -> Void

        /// Stops every write to an environment's cluster; nil `until` for no end.
        public var suspend:
            @Sendable (_ environment: Environment, _ reason: String, _ who: String, _ until: Instant?) async throws ->
                Void = { _, _, _, _ in throw ActionRefused("nothing can be suspended from here") }
        /// Ends what `suspend` began; false when nothing was.
        public var endSuspension: @Sendable (_ environment: Environment) async throws -> Bool = { _ in
            throw ActionRefused("nothing can be suspended from here")
        }

        public init(
            desk: ChangeDesk?, audit: (any AuditLog)?, status: @escaping @Sendable () -> DaemonStatus,
            requestSync: @escaping @Sendable (_ environment: Name) -> Bool,
            confirm: @escaping Confirm
        ) {
            self.desk = desk
            self.audit = audit
            self.status = status
            self.requestSync = requestSync
            self.confirm = confirm
        }
    }

    let tools: Tools
    let log: ActionLog
    let answers: RememberedAnswers
    let logger: Logger
    let now: Now

    public init(_ tools: Tools, logger: Logger = .silent, now: @escaping Now = wallClock) {
        self.tools = tools
        self.logger = logger
        self.now = now
        log = ActionLog(tools.desk)
        answers = RememberedAnswers(now: now)
    }

    // MARK: Releases

    /// - Parameter environment: Nil for the first, where releases begin.
    func release(
        _ request: ReleaseRequest, in environment: Name?, _ visit: Visit
    ) async throws(ActionFailure) -> ChangeOutcome<ReleaseAnswer> {
        let record = request.record
        var errand = Errand(.release, environment, [record.service], reason: record.note)
        errand.to = record.version
        return try await change(errand, visit) { desk in
            let place = try self.environment(environment ?? self.firstEnvironment(), visit, .release, record.service)
            let outcome = try await desk.release(request, in: place.environment, by: place.author)
            var note = Note(outcome.commit)
            note.environment = place.environment.name
            switch outcome.answer {
            case .recorded(let previous): note.from = previous?.version
            case .alreadyRecorded: note.detail = "it was recorded already"
            case .skipped(_, let reason): note.detail = "skipped: \(reason)"
            }
            return (outcome, note)
        }
    }

    /// Takes a release record away.
    ///
    /// - Parameter environment: Nil for the first.
    func withdraw(
        _ service: Name, version: String, in environment: Name?, reason: String?, _ visit: Visit
    ) async throws(ActionFailure) -> ChangeOutcome<WithdrawAnswer> {
        var errand = Errand(.withdraw, environment, [service], reason: reason)
        errand.from = version
        return try await change(errand, visit) { desk in
            let place = try self.environment(environment ?? self.firstEnvironment(), visit, .release, service)
            let outcome = try await desk.withdraw(
                service, version: version, in: place.environment, reason: reason, by: place.author)
            var note = Note(outcome.commit)
            note.environment = place.environment.name
            if outcome.answer == .notRecorded { note.detail = "it was not recorded there" }
            return (outcome, note)
        }
    }

    // MARK: Sync and held lists

    func sync(_ environment: Name, _ visit: Visit) async throws(ActionFailure) {
        try await carryOut(Errand(.sync, environment, []), visit) {
            _ = try self.environment(environment, visit, .sync, nil)
            guard tools.requestSync(environment) else { throw NotFound() }
            return ((), Note(nil))
        }
    }

    /// - Parameter hash: Of the held list, whole.
    func confirm(
        _ purpose: HeldList.Purpose, in environment: Name, hash: String, _ visit: Visit
    ) async throws(ActionFailure) {
        var errand = Errand(purpose.auditAction, environment, [])
        errand.to = hash
        try await carryOut(errand, visit) {
            let place = try self.environment(environment, visit, purpose.permission, nil)
            try await tools.confirm(purpose, place.environment, hash, visit.caller.name)
            return ((), Note(nil))
        }
    }

    // MARK: Places

    /// An environment, with the leave to change something in it.
    struct Clearance: Sendable {
        let environment: Environment
        let permit: Permit
        var author: ChangeDesk.Author { ChangeDesk.Author(permit) }
    }

    /// The rules are asked before anything is looked up: who may not, learns nothing.
    ///
    /// - Parameter service: Nil for the environment as a whole.
    func environment(
        _ name: Name, _ visit: Visit, _ permission: Permission, _ service: Name?
    ) throws -> Clearance {
        let permit = try visit.permit(permission, at: service.map { .service($0, in: name) } ?? .environment(name))
        return Clearance(environment: try found(name), permit: permit)
    }

    func found(_ name: Name) throws(NotFound) -> Environment {
        let environments = tools.status().environments.map(\.environment)
        guard let environment = environments.first(where: { $0.name == name }) else { throw NotFound() }
        return environment
    }

    func firstEnvironment() throws -> Name {
        guard let first = tools.status().environments.first?.environment.name else {
            throw ActionFailure(
                .unavailable, "the pipeline is not known yet", hint: "see the system page; try again in a minute")
        }
        return first
    }
}

extension HeldList.Purpose {
    /// Asked of whoever confirms such a list.
    var permission: Permission {
        switch self {
        case .prune: .prune
        case .adopt: .adopt
        }
    }

    var auditAction: AuditRecord.Action {
        switch self {
        case .prune: .prune
        case .adopt: .adopt
        }
    }
}

/// Thrown by tools: what was asked for does not fit what is there.
public struct ActionRefused: Error, Sendable {
    public let message: String
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
