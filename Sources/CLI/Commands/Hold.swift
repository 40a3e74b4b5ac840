// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Lifecycle

extension Command {
    static let hold = Command(
        "hold", .change, "keep a service, a team's services or a whole environment at their releases",
        [
            "Commits ENV/holds/SERVICE.yaml, or all.yaml, to the environment's branch. Releases and promotions leave "
                + "what is held alone and say by whom and why, until the time is up or someone resumes. Commits that people "
                + "make with git are obeyed all the same."
        ],
        flags: [
            SharedFlag.environment, service, team, all,
            Flag("reason", value: "TEXT", "why; people will read it on every page"), ChangeFlag.until, ChangeFlag.by,
            SharedFlag.yes, SharedFlag.noInput,
        ] + ChangeFlag.commit + ChangeFlag.place + SharedFlag.access,
        examples: [
            Example(
                "kubernaut hold --env production --service cart --reason freeze --until 3d", "one service"),
            Example("kubernaut hold --env production --all --reason holidays --yes", "everything"),
        ], stopsCleanly: true
    ) { invocation in
        let reason = try invocation.required("reason")
        if let server = try ServerChanges(invocation) {
            defer { server.shutdown() }
            let scope = try Holding.scope(invocation)
            return try await server.hold(
                try parsedName(try invocation.required("env"), for: "an environment"), services: scope.services,
                team: scope.team, reason: reason, until: try invocation.instant("until", now: wallClock()))
        }
        let holding = try await Holding(invocation)
        let order = HoldOrder(
            by: invocation.actor(or: holding.session.author), reason: reason,
            until: try invocation.instant("until", now: wallClock()))
        return try await holding.run("hold", .hold(order))
    }

    static let resume = Command(
        "resume", .change, "end holds",
        ["Removes the hold's file with a commit on the environment's branch. What is not held stays so: no error."],
        flags: [
            SharedFlag.environment, service, team, all, Flag("reason", value: "TEXT", "why it may move again"),
            ChangeFlag.by, SharedFlag.yes, SharedFlag.noInput,
        ] + ChangeFlag.commit + ChangeFlag.place + SharedFlag.access,
        examples: [Example("kubernaut resume --env production --service cart", "one service")], stopsCleanly: true
    ) { invocation in
        if let server = try ServerChanges(invocation) {
            defer { server.shutdown() }
            let scope = try Holding.scope(invocation)
            guard scope.team == nil else {
                throw CommandError(.usage, "--team goes without --server here", hint: "name the services")
            }
            return try await server.resume(
                try parsedName(try invocation.required("env"), for: "an environment"), services: scope.services,
                reason: invocation.text("reason"))
        }
        let holding = try await Holding(invocation)
        let actor = invocation.actor(or: holding.session.author)
        return try await holding.run("resume", .resume(by: actor, reason: invocation.text("reason")))
    }

    private static let service = Flag(
        "service", short: "s", value: "NAME", "this service; may come more than once", repeatable: true)
    private static let team = Flag("team", value: "NAME", "the services of this team")
    private static let all = Flag("all", "everything in the environment")
}

/// What `hold` and `resume` share: an environment and the places in it.
private struct Holding {
    let session: ChangeSession
    let environment: Environment
    let scope: HoldDecision.Scope

    init(_ invocation: Invocation) async throws {
        let environmentName = try invocation.required("env")
        scope = try Self.scope(invocation)
        session = try await ChangeSession(invocation, at: try ChangeTarget(invocation))
        environment = try session.environment(environmentName)
    }

    static func scope(_ invocation: Invocation) throws(CommandError) -> HoldDecision.Scope {
        var scopes: [HoldDecision.Scope] = []
        var services: [Name] = []
        for text in invocation.texts("service") { services.append(try parsedName(text, for: "a service")) }
        if services.contains(where: { $0.text == "all" }) {
            throw CommandError(.usage, "a service called all cannot be held alone", hint: "--all holds everything")
        }
        if !services.isEmpty { scopes.append(.services(services)) }
        if let text = invocation.text("team") { scopes.append(.team(try parsedName(text, for: "a team"))) }
        if invocation.isOn("all") { scopes.append(.all) }
        guard scopes.count == 1, let scope = scopes.first else {
            throw CommandError(.usage, "what? Say one of --service NAME, --team NAME, --all")
        }
        return scope
    }

    func run(_ action: String, _ order: HoldDecision.Order) async throws -> ExitCode {
        let decision = HoldDecision(order, scope, in: environment.name, session.repository)
        let step: @Sendable (BranchHead) async throws -> ChangeStep<[HoldAnswer]> = { head in
            try await decision.step(at: head, now: wallClock())
        }
        if !session.invocation.isOn("dry-run") { try await confirm(action, step) }
        let result = try await session.run(on: environment.branch, decide: step)
        try await report(result, action)
        return .done
    }

    private func confirm(
        _ action: String, _ step: @escaping @Sendable (BranchHead) async throws -> ChangeStep<[HoldAnswer]>
    ) async throws {
        let (_, found) = try await session.refusing {
            try await session.loop().preview(on: environment.branch, decide: step)
        }
        guard case .commit = found else { return }
        let names = found.answer.map(\.place.subject).joined(separator: ", ")
        let isExplicit = if case .services = scope { true } else { environment != session.pipeline.environments.last }
        let place = if case .all = scope { "" } else { " in \(environment.name)" }
        try Confirmation(
            summary: action == "hold"
                ? "Nothing may move \(names)\(place) then." : "\(names) may move again\(place).",
            question: "\(action == "hold" ? "Hold" : "Resume")?", isExplicit: isExplicit
        ).obtain(session.invocation)
    }

    /// Everything of an environment names it already.
    private func place(_ answer: HoldAnswer) -> String {
        answer.place.scope == .all ? "" : " in \(environment.name)"
    }

    private func report(_ result: ChangeResult<[HoldAnswer]>, _ action: String) async throws {
        let lines = result.answer.map { answer in
            switch answer.result {
            case .held:
                let before = answer.before.map { $0.isActive(at: wallClock()) ? " (was held\($0.sentence))" : "" } ?? ""
                return "\(answer.place.subject) is held\(place(answer))\(before)"
            case .alreadyHeld: return "\(answer.place.subject) is already held\(place(answer))"
            case .resumed: return "\(answer.place.subject) is no longer held\(place(answer))"
            case .notHeld: return "\(answer.place.subject) is not held\(place(answer))"
            }
        }
        let items = result.answer.map { answer -> Value in
            let service: Value = if case .service(let name) = answer.place.scope { .string(name.text) } else { .null }
            return [
                "service": service, "file": .string(session.target.path(of: answer.place.path)),
                "result": .string("\(answer.result)"), "before": answer.before?.commandJSON ?? .null,
            ]
        }
        try await session.report(
            result, action: action, environment: environment,
            sentence: lines.joined(separator: "\n") + session.place(of: result), facts: ["items": .list(items)])
    }
}

extension HoldDecision.Scope {
    fileprivate var services: [Name] { if case .services(let names) = self { names } else { [] } }
    fileprivate var team: Name? { if case .team(let name) = self { name } else { nil } }
}
