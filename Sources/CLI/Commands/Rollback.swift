// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import Lifecycle

extension Command {
    static let rollback = Command(
        "rollback", .change, "bring a service back to an earlier release of an environment, and hold it there",
        [
            "One commit on the environment's branch restores the record byte for byte and, unless --no-hold is given, "
                + "writes a hold, so that no promotion moves the service again before `kubernaut resume`. History is never "
                + "rewritten.",
            "`previous` is the release that the present one replaced. It never leads back to one that was rolled back: "
                + "after 1, 2, 3 and a rollback to 2 it is 1.",
            "--with-config also restores the service's own configuration as of the commit that brought the release: "
                + "services/SERVICE.yaml, ENV/services/SERVICE.yaml and templates/SERVICE.yaml, the template only if no "
                + "other service uses it. Defaults, partials and shared templates stay as they are.",
        ],
        arguments: [Argument("SERVICE", "the service")],
        flags: [
            SharedFlag.environment,
            Flag("to", value: "VERSION", "the version to go back to, or previous", default: "previous"),
            Flag("reason", value: "TEXT", "why; people will read it on every page"),
            Flag("with-config", "the service's own configuration as it was then, too"),
            Flag("hold", "hold the service there; the default"),
            Flag("no-hold", "let the next promotion move it again"), ChangeFlag.until, ChangeFlag.by,
            Flag("no-validate", "do it although the service may not render"), SharedFlag.yes, SharedFlag.noInput,
        ] + ChangeFlag.commit + ChangeFlag.place + SharedFlag.access,
        examples: [
            Example("kubernaut rollback cart --env production --reason regression", "to the release before"),
            Example(
                "kubernaut rollback cart --env staging --to 1.42.0 --no-hold --reason test --dry-run", "look first"),
        ], stopsCleanly: true
    ) { invocation in
        let service = try parsedName(try invocation.requiredArgument(0), for: "a service")
        let environmentName = try invocation.required("env")
        let reason = try invocation.required("reason")
        if invocation.isOn("hold"), invocation.isOn("no-hold") {
            throw CommandError(.usage, "--hold and --no-hold exclude each other")
        }
        let now = wallClock()
        let until = try invocation.instant("until", now: now)
        if until != nil, invocation.isOn("no-hold") {
            throw CommandError(.usage, "--until is the end of a hold, which --no-hold leaves out")
        }
        if let server = try ServerChanges(invocation) {
            defer { server.shutdown() }
            return try await server.rollback(
                service, try parsedName(environmentName, for: "an environment"),
                to: invocation.text("to") ?? "previous",
                reason: reason, holds: !invocation.isOn("no-hold"), until: until)
        }
        let target = try ChangeTarget(invocation)
        let source = try target.access.mergeable()
        let session = try await ChangeSession(invocation, at: target, source)
        let environment = try session.environment(environmentName)
        let to = invocation.text("to") ?? "previous"
        let request = RollbackRequest(
            service: service, target: to == "previous" ? .previous : .version(to), reason: reason,
            actor: invocation.actor(or: session.author), holds: !invocation.isOn("no-hold"), until: until)
        var decision = RollbackDecision(
            RollbackChange(request, in: environment), source, of: session.pipeline, root: session.root)
        decision.validates = !invocation.isOn("no-validate")
        decision.restoresConfiguration = invocation.isOn("with-config")
        decision.note = { invocation.console.note("note: \($0)") }
        return try await Rollback(session: session, decision: decision).run()
    }
}

/// One rollback: what it would do, a question, and the doing.
private struct Rollback {
    let session: ChangeSession
    let decision: RollbackDecision

    private var invocation: Invocation { session.invocation }
    private var request: RollbackRequest { decision.change.request }
    private var environment: Environment { decision.change.environment }

    func run() async throws -> ExitCode {
        let decide: @Sendable (BranchHead) async throws -> ChangeStep<RollbackAnswer> = { [decision] head in
            try await decision.step(at: head, now: wallClock())
        }
        if !invocation.isOn("dry-run") {
            let (_, step) = try await session.refusing {
                try await session.loop().preview(on: environment.branch, decide: decide)
            }
            if case .commit = step {
                try Confirmation(
                    summary: sentence(step.answer), question: "Roll back \(request.service) in \(environment.name)?",
                    isExplicit: true
                ).obtain(invocation)
            }
        }
        let result = try await session.run(on: environment.branch, decide: decide)
        if let hold = result.answer.heldBefore, result.answer.changesRecord {
            invocation.console.note("warning: it was held already\(hold.sentence)")
        }
        try await report(result)
        return .done
    }

    // MARK: Saying

    private func sentence(_ answer: RollbackAnswer) -> String {
        let from = answer.from.map { " from \($0.version)" } ?? ""
        var text = "\(request.service) goes\(from) back to \(answer.to.version) in \(environment.name)"
        text += request.holds ? " and is held there\(request.until.map { " until \($0)" } ?? "")." : ", without a hold."
        if !answer.configuration.isEmpty {
            text += " Configuration as it was then: \(answer.configuration.joined(separator: ", "))."
        }
        if let hold = answer.heldBefore { text += " It is held already\(hold.sentence)." }
        return text
    }

    private func report(_ result: ChangeResult<RollbackAnswer>) async throws {
        let answer = result.answer
        let facts: Value = [
            "service": .string(request.service.text), "from": answer.from?.commandJSON ?? .null,
            "to": answer.to.commandJSON, "recordOf": .string(answer.origin.id.hex), "held": .bool(request.holds),
            "reason": .string(request.reason), "result": result.change == nil ? "already-there" : "rolled-back",
            "configuration": .list(answer.configuration.map(Value.string)),
        ]
        let held = request.holds ? " and held" : ""
        let text =
            result.change == nil
            ? "\(request.service) is at \(answer.to.version)\(held) in \(environment.name) already"
            : "\(request.service) is back at \(answer.to.version)\(held) in \(environment.name)"
        try await session.report(
            result, action: "rollback", environment: environment, sentence: text + session.place(of: result),
            facts: facts)
    }
}
