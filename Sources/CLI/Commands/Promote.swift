// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import JSON
import Lifecycle
import Render

extension Command {
    static let promote = Command(
        "promote", .change, "bring releases and configuration from one environment to the next",
        [
            "Release records merge by rule, service by service: what the target had before comes up to date, what is held "
                + "stays, and a release that the source never had stays, unless it is named. All other files merge line by "
                + "line; a conflict refuses, with both sides shown.",
            "--all makes a merge commit. --service makes an ordinary commit with the record and the service's own files; what "
                + "other services share stays, and the preview says so.",
            "The preview (--dry-run) is exact: rendered from the very tree that would be committed. Its last line is what "
                + "--expect takes; when anything has moved since, nothing is done and the command ends with 3. The cluster is "
                + "not asked: `kubernaut diff env:TO live:TO` is.",
        ],
        arguments: [
            Argument("FROM", "the environment to promote from"), Argument("TO", "the environment to promote to"),
        ],
        flags: [
            Flag("all", "everything that FROM has"), SharedFlag.service,
            Flag("expect", value: "FROM,TO,DIGEST", "do only what a preview showed"),
            Flag("reason", value: "TEXT", "why; it stands in the commit"), ChangeFlag.by, SharedFlag.yes,
            SharedFlag.noInput, ChangeFlag.author, ChangeFlag.timeout, ChangeFlag.dryRun, SharedFlag.signingKey,
            SharedFlag.output(["table", "diff", "json"]),
        ] + ChangeFlag.place,
        examples: [
            Example("kubernaut promote dev staging --all --dry-run -o diff", "what would change, and nothing else"),
            Example("kubernaut promote staging production --service cart --reason 'weekly train'", "one service"),
        ], stopsCleanly: true
    ) { invocation in
        let (from, to) = (try invocation.requiredArgument(0), try invocation.requiredArgument(1))
        let names = try invocation.texts("service").map { (text: String) throws(CommandError) in
            try parsedName(text, for: "a service")
        }
        guard invocation.isOn("all") == names.isEmpty else {
            throw CommandError(.usage, "say what to promote: --all, or --service NAME once or more")
        }
        var expectation: PromotionExpectation?
        if let text = invocation.text("expect") {
            expectation = PromotionExpectation(text)
            guard expectation != nil else {
                throw CommandError(
                    .usage, "--expect must be FROM_SHA,TO_SHA,DIGEST, the last line of a preview, not \"\(text)\"")
            }
        }
        let target = try ChangeTarget(invocation)
        let source = try target.access.mergeable()
        let session = try await ChangeSession(invocation, at: target, source)
        let request = PromotionRequest(
            from: try session.environment(from), to: try session.environment(to),
            services: names.isEmpty ? nil : Set(names))
        guard request.from.branch != request.to.branch else {
            throw CommandError(.usage, "\(from) and \(to) are the same branch")
        }
        let planner = PromotionPlanner(source, renderer: Renderer(), now: wallClock())
        do {
            return try await Promotion(session: session, planner: planner, request: request).run(expecting: expectation)
        } catch let conflict as PromotionConflict {
            invocation.console.complain(conflict.conflicts.map(\.forPeople).joined(separator: "\n"))
            throw CommandError(
                .conflict, conflict.description,
                hint: "bring both sides together on \(request.from.branch), with git, then promote again")
        } catch let moved as PromotionMoved {
            throw CommandError(
                .conflict, moved.description,
                hint: "look at a fresh preview: kubernaut promote \(from) \(to) … --dry-run")
        }
    }
}

/// One promotion: what it would do, a question, and the doing.
private struct Promotion {
    let session: ChangeSession
    let planner: PromotionPlanner
    let request: PromotionRequest

    private var invocation: Invocation { session.invocation }

    func run(expecting given: PromotionExpectation?) async throws -> ExitCode {
        var expectation = given
        if invocation.isOn("dry-run") {
            let preview = try await preview(expecting: given)
            try show(preview, commit: nil)
            return preview.problems.isEmpty ? .done : .no
        }
        if given == nil, !invocation.isOn("yes") {
            let preview = try await preview(expecting: nil)
            if !preview.isEmpty, preview.problems.isEmpty {
                try Confirmation(
                    summary: preview.summary, question: "Promote \(request.from.name) to \(request.to.name)?",
                    isExplicit: request.services != nil || !isLast
                ).obtain(invocation)
                // What was shown is what is done.
                expectation = preview.expectation
            }
        }
        let (planner, request, expected) = (planner, request, expectation)
        let reason = invocation.text("reason")
        let actor = invocation.actor(or: session.author)
        let result = try await session.run(on: request.to.branch) { head in
            try await planner.step(request, on: head, expecting: expected, reason: reason, actor: actor)
        }
        try show(result.answer, commit: result.commit)
        return .done
    }

    private var isLast: Bool { session.pipeline.environments.last?.name == request.to.name }

    private func preview(expecting expectation: PromotionExpectation?) async throws -> PromotionPreview {
        let (_, step) = try await session.refusing {
            try await session.loop().preview(on: request.to.branch) { head -> ChangeStep<PromotionPreview> in
                let preview = try await planner.preview(request, on: head)
                if let expectation { try await planner.check(preview, against: expectation) }
                return .done(preview)
            }
        }
        return step.answer
    }

    // MARK: Saying

    /// - Parameter commit: What the target's branch was moved to; nil when it was not.
    private func show(_ preview: PromotionPreview, commit: CommitID?) throws {
        let console = invocation.console
        switch invocation.output {
        case "json":
            var document = preview.json
            document["commit"] = commit.map { .string($0.hex) } ?? .null
            document["dryRun"] = .bool(invocation.isOn("dry-run"))
            try console.put(String(decoding: document.prettyJSON(), as: UTF8.self))
        case "diff":
            try console.put(preview.objects.flatMap(\.lines).map { "\($0)\n" }.joined())
        default: try console.put(table(preview))
        }
        if let commit {
            console.note("Promoted: commit \(commit.short) on \(request.to.branch)")
        } else if !preview.isEmpty, invocation.isOn("dry-run"), invocation.output != "json" {
            console.note("Do exactly this: --expect \(preview.expectation)")
        }
        for problem in preview.problems { console.complain("\(problem)") }
    }

    private func table(_ preview: PromotionPreview) -> String {
        var text = "\(preview.summary)\n"
        var rows = preview.services.map { change -> [Table.Cell] in
            [
                .plain(change.name.text), .plain(change.record?.before?.release?.version ?? "-"),
                .plain(change.record.map { $0.after?.release?.version ?? "-" } ?? "-"), .plain(change.word),
                .plain("\(change.objects.count)"),
            ]
        }
        rows += preview.plan.kept.map { kept in
            [
                .plain(kept.service.text), .plain(kept.before?.release?.version ?? "-"),
                .plain(kept.before?.release?.version ?? "-"), .plain("stays: \(kept.decision.words)"), .plain("0"),
            ]
        }
        if !rows.isEmpty {
            text += "\n" + Table(["SERVICE", "NOW", "THEN", "CHANGE", "OBJECTS"], rows).text(for: invocation)
        }
        let values = preview.values.map { change in
            let sides = [change.before, change.after].map { $0.map { $0.string ?? $0.jsonText() } ?? "-" }
            return "  \(change.service) \(change.path): \(sides[0]) -> \(sides[1])  (\(change.origin.location))"
        }
        text += section("Values", values) + section("Files", preview.plan.files.map { "  \(preview.path(of: $0))" })
        return text + section("Mind", preview.risks.map { "  \($0.text)" })
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        lines.isEmpty ? "" : "\n\(title)\n" + lines.map { "\($0)\n" }.joined()
    }
}

extension RecordDecision {
    fileprivate var words: String {
        switch self {
        case .nothing, .take: ""
        case .keep(.held(let hold)): "held\(hold.by.map { " by \($0)" } ?? ""): \(hold.reason)"
        case .keep(.hotfix): "the source never had this release"
        case .keep(.onlyInTarget): "only the target has it"
        case .keep(.dropped): "the target removed it"
        case .keep(.unreadable): "the source's record cannot be read"
        case .keep(.notChosen): "not chosen"
        }
    }
}

extension FileConflict {
    /// The file, and both sides of each place.
    fileprivate var forPeople: String {
        if isRemovedByOurs { return "\(path): the target removed it, the source changed it" }
        if isRemovedByTheirs { return "\(path): the source removed it, the target changed it" }
        guard !hunks.isEmpty else { return "\(path): both changed it, and it is no text" }
        return hunks.map { hunk in
            "\(path):\(hunk.line):\n" + hunk.ours.map { "  target: \($0)\n" }.joined()
                + hunk.theirs.map { "  source: \($0)\n" }.joined()
        }.joined()
    }
}
