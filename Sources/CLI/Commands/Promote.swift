// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import JSON
import Lifecycle
import Render

extension Command {
    static let promote = Command(
        "promote", .change, "bring releases from one environment to another",
        [
            "Release records are merged by rule, service by service: what the target had before it gets the newer one; a "
                + "held service and a hotfix that FROM never had stay, and are listed. Holds never travel. Everything "
                + "else is merged line by line; a conflict changes nothing, and is shown. Everything (--all) is a merge "
                + "commit with two parents; chosen services are an ordinary commit that brings their records, their own "
                + "files and templates that nobody else uses.",
            "--dry-run shows exactly what would be committed and what it would mean: services, releases, values, "
                + "manifests and risks, and what the target's cluster says. The line with --expect binds a later "
                + "call to that: if anything has moved, nothing is done (exit 3).",
            "Nothing is checked out; the repository that the clone came from is changed, the clone itself is not.",
            "With --server a running kubernaut makes the promotion, in the name of the key from --token-file, "
                + "KUBERNAUT_TOKEN_FILE or KUBERNAUT_TOKEN: same preview, same rules, same exit codes, and no credential of "
                + "the repository. KUBERNAUT_SERVER alone does not. With --repo beside it, the promotion is made there and "
                + "--server only says how it goes on (--wait).",
        ],
        arguments: [
            Argument("FROM", "the environment that has the releases"), Argument("TO", "the environment that gets them"),
        ],
        flags: [
            Flag("all", "everything that FROM has"), SharedFlag.service,
            Flag("dry-run", "show what would happen, change nothing"),
            SharedFlag.output(["table", "diff", "json"]), SharedFlag.noHeaders,
            Flag("expect", value: "FROM_SHA,TO_SHA,DIGEST", "do exactly what a dry run showed, or nothing"),
            Flag("reason", value: "TEXT", "why, for the history"), ChangeFlag.by, ChangeFlag.author,
            SharedFlag.signingKey, SharedFlag.yes, SharedFlag.noInput,
            Flag("wait", "follow it until every changed service is healthy; needs --server"),
            Flag(
                "timeout", value: "DURATION", "how long to try, and then to wait", default: "5m",
                variable: "KUBERNAUT_TIMEOUT"),
            Flag("offline", "do not ask the target's cluster"), SharedFlag.kubeconfig, SharedFlag.context,
        ] + SharedFlag.access + ChangeFlag.place,
        examples: [
            Example("kubernaut promote dev staging --all --dry-run", "what would come"),
            Example("kubernaut promote dev staging --service cart --dry-run -o diff", "the manifests, line by line"),
            Example("kubernaut promote staging production --all --yes --reason weekly", "for a pipeline"),
            Example(
                "kubernaut promote dev staging --service cart --wait --server https://kubernaut.example.com",
                "with a key instead of a clone"),
        ], stopsCleanly: true
    ) { invocation in
        let promotion = try Promotion(invocation)
        if let server = try ServerPromotion(invocation, services: promotion.services) { return try await server.run() }
        return try await promotion.run()
    }
}

/// One call of `kubernaut promote`.
private struct Promotion {
    let invocation: Invocation
    let console: Console
    let services: Set<Name>?

    init(_ invocation: Invocation) throws(CommandError) {
        self.invocation = invocation
        console = invocation.console
        var named: Set<Name> = []
        for text in invocation.texts("service") { named.insert(try parsedName(text, for: "a service")) }
        guard named.isEmpty == invocation.isOn("all") else {
            throw CommandError(
                .usage, named.isEmpty ? "nothing says what to promote" : "--all and --service exclude each other",
                hint: "say --all, or --service NAME once or more")
        }
        services = named.isEmpty ? nil : named
        if invocation.isOn("wait"), invocation.text("server") == nil {
            throw CommandError(
                .usage, "--wait needs a running kubernaut to ask", hint: "say --server URL, or leave out --wait")
        }
    }

    func run() async throws -> ExitCode {
        let expectation = try PromotionExpectation(invocation)
        let progress = Progress(console, "reading the config repository")
        defer { progress.end() }
        let repository = try ChangeTarget(invocation).access.mergeable()
        let (request, pipeline) = try await request(repository)
        let planner = PromotionPlanner(
            repository, renderer: Renderer(),
            now: wallClock())
        progress.update("comparing \(request.from.name) with \(request.to.name)")
        if invocation.isOn("dry-run") { return try await dryRun(request, planner, repository, expectation, progress) }
        return try await promote(request, pipeline, planner, repository, expectation, progress)
    }

    private func request(_ repository: any MergeableRepository) async throws -> (PromotionRequest, Pipeline) {
        let pipeline = try await policyPipeline(of: repository).pipeline
        let from = try pipeline.environment(named: invocation.arguments[0])
        let to = try pipeline.environment(named: invocation.arguments[1])
        guard from != to else { throw CommandError(.usage, "\(from.name) cannot be promoted to itself") }
        return (PromotionRequest(from: from, to: to, services: services), pipeline)
    }

    // MARK: Looking

    private func dryRun(
        _ request: PromotionRequest, _ planner: PromotionPlanner, _ repository: any MergeableRepository,
        _ expectation: PromotionExpectation?, _ progress: Progress
    ) async throws -> ExitCode {
        let target = try await repository.fetchHead(of: request.to.branch)
        let source = try await repository.fetchHead(of: request.from.branch)
        let start = ContinuousClock.now
        let plan = try await refusing {
            try await planner.plan(request, from: source.commit, to: target.commit)
        }
        let planned = ContinuousClock.now
        let preview = PromotionPreview(plan, renderer: planner.renderer)
        if invocation.isOn("verbose") {
            console.note("reading and merging: \((planned - start).milliseconds) ms")
            console.note("rendering and comparing: \((ContinuousClock.now - planned).milliseconds) ms")
        }
        if let expectation { try await refusing { try await planner.check(preview, against: expectation) } }
        var opinion = ServerOpinion.notAsked("there is nothing to ask about")
        if !preview.isEmpty, preview.refusal == nil {
            progress.update("asking the cluster of \(request.to.name)")
            opinion = await ServerOpinion.of(preview, invocation)
        }
        progress.end()
        let report = PromotionReport(preview, opinion, invocation)
        try report.show()
        if let refusal = preview.refusal { throw commandError(refusal) }
        return report.isRefused ? .conflict : .done
    }

    // MARK: Doing

    private func promote(
        _ request: PromotionRequest, _ pipeline: Pipeline, _ planner: PromotionPlanner,
        _ repository: any MergeableRepository,
        _ expectation: PromotionExpectation?, _ progress: Progress
    ) async throws -> ExitCode {
        var expectation = expectation
        if !invocation.isOn("yes") {
            let target = try await repository.fetchHead(of: request.to.branch)
            let preview = try await refusing { try await planner.preview(request, on: target) }
            if let expectation { try await refusing { try await planner.check(preview, against: expectation) } }
            if let refusal = preview.refusal { throw commandError(refusal) }
            progress.end()
            if !preview.isEmpty {
                let isLast = request.to == pipeline.environments.last
                try PromotionReport(preview.json, invocation)
                    .confirmation(isExplicit: request.services != nil || !isLast).obtain(invocation)
            }
            // What somebody agreed to is what is done.
            expectation = expectation ?? preview.expectation
        }
        let timeout = try invocation.duration("timeout") ?? .seconds(300)
        let (author, committer) = identities(invocation)
        let loop = ChangeLoop(repository, author: author, committer: committer, patience: .system(timeout: timeout))
        let outcome = try await refusing { [expectation] in
            try await loop.run(
                on: request.to.branch, retrying: { attempt, error in console.note("attempt \(attempt): \(error)") },
                decide: { head in
                    try await planner.step(
                        request, on: head, expecting: expectation, reason: invocation.text("reason"),
                        actor: invocation.actor(or: author))
                })
        }
        progress.end()
        try PromotionReport(outcome.answer.json, invocation).showResult(outcome.commit)
        guard invocation.isOn("wait"), let server = invocation.text("server"), let commit = outcome.commit else {
            return .done
        }
        let services = outcome.answer.services.filter { $0.word != "removed" }.map(\.name.text)
        let client = try ServerClient(server, invocation)
        defer { client.shutdown() }
        let wait = RolloutWait(
            client: client, environment: request.to.name, commit: commit, services: services, timeout: timeout)
        return try await wait.run(console) { other in
            if other == commit { return true }
            _ = try await repository.fetch()
            return try await repository.isAncestor(commit, of: other)
        }
    }

    /// Says what was refused in full, then in one sentence.
    private func refusing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let conflict as PromotionConflict {
            let (from, to) = (conflict.request.from.name, conflict.request.to.name)
            console.complain(conflictText(conflict.conflicts, from: from, to: to, console.style(.error)))
            throw CommandError(
                .conflict, conflict.description,
                hint: "merge \(conflict.request.from.branch) into \(conflict.request.to.branch) by hand with git, "
                    + "or make the files equal on one of the two; nothing was changed")
        } catch let moved as PromotionMoved {
            throw CommandError(
                .conflict, moved.description, hint: "nothing was changed; look again with --dry-run")
        } catch let refusal as Refusal {
            throw commandError(refusal)
        }
    }

    private func commandError(_ refusal: Refusal) -> CommandError {
        if !refusal.diagnostics.isEmpty {
            console.complain(DiagnosticReport(refusal.diagnostics, snapshot: nil).text(console.style(.error)))
        }
        return CommandError(refusal)
    }
}

/// Each file with the lines that both sides changed.
func conflictText(_ conflicts: [FileConflict], from: Name, to: Name, _ style: Style) -> String {
    conflicts.map { file in
        if file.isRemovedByOurs { return style.bold(file.path) + "\n  removed in \(to), changed in \(from)" }
        if file.isRemovedByTheirs { return style.bold(file.path) + "\n  removed in \(from), changed in \(to)" }
        if file.hunks.isEmpty { return style.bold(file.path) + "\n  changed in both, and no text" }
        return file.hunks.map { hunk in
            ([style.bold("\(file.path):\(hunk.line)"), "  in \(to):"]
                + hunk.ours.map { style.red("    \($0)") } + ["  in \(from):"]
                + hunk.theirs.map { style.green("    \($0)") }).joined(separator: "\n")
        }.joined(separator: "\n")
    }.joined(separator: "\n")
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
