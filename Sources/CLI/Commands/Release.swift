// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import JSON
import Lifecycle
import Render

extension Command {
    static let release = Command(
        "release", .change, "record that a version of a service was built, where releases begin",
        [
            "Writes releases/SERVICE.yaml as one commit on the first environment's branch and pushes it. When others "
                + "push at the same time, the record is written again on what they left, until --timeout. Saying the same "
                + "twice is fine; a version that is reused with another image ends with 3.",
            "Build, source and who released it are taken from the variables of Jenkins, GitHub Actions or GitLab CI where "
                + "flags do not give them, and the message and author of --commit from the clone around.",
            "--only-if-newer compares the source commits if the clone around knows both, else the build numbers of the "
                + "same job, else the versions as semver.org orders them (a leading v, and any count of numbers, are fine). "
                + "An older one is skipped with 0; when nothing can tell, the command ends with 3.",
            "With --server the release is posted to a running kubernaut, which commits it. A key for it is read from "
                + "KUBERNAUT_TOKEN_FILE or KUBERNAUT_TOKEN.",
        ],
        arguments: [Argument("SERVICE", "the service; else the last part of the image's name", optional: true)],
        flags: releaseFlags,
        examples: [
            Example(
                "kubernaut release cart --image registry.example.com/cart:1.43.0@sha256:8d2f... --version 1.43.0 --repo "
                    + "https://git.example.com/config.git", "from a pipeline"),
            Example(
                "kubernaut release cart --image cart:1.43.0 --version 1.43.0 --dry-run", "look first, from a clone"),
            Example(
                "kubernaut release --manifest ./kubernetes.yaml --image registry.example.com/app:23 --server "
                    + "https://kubernaut.example.com", "through a running kubernaut"),
        ], stopsCleanly: true
    ) { invocation in
        let input = try await ReleaseInput(invocation)
        if let server = try chosenServer(invocation) { return try await post(input, to: server, invocation) }
        return try await commit(input, invocation)
    }
}

private let releaseFlags =
    [
        Flag("image", short: "i", value: "REF", "the image, with a digest at best"),
        Flag("version", value: "VERSION", "the version; else the image's tag"),
        Flag("images", value: "NAME=REF", "a further container's image; may come more than once", repeatable: true),
        Flag(
            "value", value: "NAME=VALUE", "an attribute for the template; dots go down; may come more than once",
            repeatable: true),
        Flag("note", value: "TEXT", "what people should know about it"),
        Flag(
            "manifest", value: "FILE", "also write the template templates/SERVICE.yaml; - for standard input",
            values: .file),
        Flag("new", "the service may be one that the repository does not know yet"),
        Flag("only-if-newer", "pass over a release that is older than the recorded one"),
        Flag("allow-pull-request", "release although this is the build of a pull request"),
        Flag("no-validate", "record it although it may not render"),
        Flag("commit", value: "ID", "the application's commit"),
        Flag("source-url", value: "URL", "the application's repository"),
        Flag("source-branch", value: "NAME", "the application's branch"),
        Flag("source-message", value: "TEXT", "the commit's first line"),
        Flag("source-author", value: "NAME", "the commit's author"),
        Flag("build-number", value: "NUMBER", "the build's number, counted up by its job"),
        Flag("build-url", value: "URL", "where people find the build"),
        Flag("job", value: "NAME", "the job that numbers belong to"),
        ChangeFlag.by,
        Flag("branch", value: "NAME", "the branch to write to; default: that of the first environment"),
    ] + SharedFlag.access + ChangeFlag.commit + ChangeFlag.place

/// Nil for a commit of our own.
private func chosenServer(_ invocation: Invocation) throws(CommandError) -> String? {
    let isServerTyped = invocation.isOn("server")
    let isRepositoryTyped = invocation.isOn("repo")
    if isServerTyped, isRepositoryTyped {
        throw CommandError(.usage, "--server and --repo are two ways to the same repository", hint: "give one of them")
    }
    if isRepositoryTyped || (!isServerTyped && invocation.text("repo") != nil) { return nil }
    return invocation.text("server")
}

// MARK: Through a server

private func post(_ input: ReleaseInput, to server: String, _ invocation: Invocation) async throws -> ExitCode {
    let client = try ServerClient(server, invocation)
    defer { client.shutdown() }
    if invocation.isOn("dry-run") {
        throw CommandError(.usage, "--dry-run shows a commit; a server's is not known here", hint: "use --repo")
    }
    let said = try await ReleasePost(request: input.request).send(with: client, invocation)
    let record = input.request.record
    let id = said["id"]?.string ?? ""
    // A server that only gives an id has recorded it.
    let result = said["result"]?.string ?? "recorded"
    if invocation.output == "json" {
        let answer: Value = [
            "action": "release", "result": .string(result), "id": .string(id), "service": .string(record.service.text),
            "version": .string(record.version), "image": .string(record.image), "server": .string(client.server),
            "commit": said["commit"] ?? .null, "reason": said["reason"] ?? .null,
        ]
        try invocation.console.put(String(decoding: answer.prettyJSON(), as: UTF8.self))
        return .done
    }
    let name = "\(record.service) \(record.version)"
    let sentence =
        switch result {
        case "skipped": "skipped: \(name): \(said["reason"]?.string ?? "a newer one is recorded")"
        case "already-recorded": "\(name) is already recorded by \(client.server): \(id)"
        default: "\(name) is recorded by \(client.server): \(id)"
        }
    try invocation.console.put("\(sentence)\n")
    return .done
}

// MARK: As a commit

private func commit(_ input: ReleaseInput, _ invocation: Invocation) async throws -> ExitCode {
    let progress = Progress(invocation.console, "recording the release")
    defer { progress.end() }
    let session = try await ChangeSession(
        invocation, at: try ChangeTarget(invocation), readingPipelineOf: invocation.text("branch"))
    let environment = try environment(invocation, session.pipeline)
    let change = ReleaseChange(
        input.request, in: environment, actor: input.request.record.releasedBy ?? session.author.name)
    var decision = ReleaseDecision(change, session.repository, of: session.pipeline, root: session.root)
    decision.validates = !invocation.isOn("no-validate")
    decision.ancestry = { recorded in
        await ReleaseInput.ancestry(of: input.request.record, after: recorded, invocation.console)
    }
    decision.warn = { invocation.console.note("\($0)") }
    let result = try await session.run(on: environment.branch) { [decision] head in
        try await decision.step(at: head, now: wallClock())
    }
    progress.end()
    try await report(result, session, environment, input)
    return .done
}

/// The first environment, or the one that `--branch` belongs to.
private func environment(_ invocation: Invocation, _ pipeline: Pipeline) throws -> Environment {
    guard let first = pipeline.environments.first else { throw CommandError(.failed, "there is no environment") }
    guard let branch = invocation.text("branch") else { return first }
    return pipeline.environments.first { $0.branch == branch }
        ?? Environment(
            name: first.name, branch: branch, cluster: first.cluster, namespace: first.namespace,
            applyMode: first.applyMode, prune: first.prune)
}

private func report(
    _ result: ChangeResult<ReleaseAnswer>, _ session: ChangeSession, _ environment: Environment, _ input: ReleaseInput
) async throws {
    let record = input.request.record
    let name = "\(record.service) \(record.version)"
    var facts: Value = [
        "service": .string(record.service.text), "version": .string(record.version), "image": .string(record.image),
        "id": .string(record.id),
    ]
    let sentence: String
    switch result.answer {
    case .recorded(let previous):
        facts["result"] = "recorded"
        facts["previous"] = previous?.commandJSON ?? .null
        let was = previous.map { $0.version == record.version ? "" : " (it was \($0.version))" } ?? " (the first)"
        sentence = "\(name) is recorded in \(environment.name)\(was)\(session.place(of: result))"
    case .alreadyRecorded(let recorded):
        facts["result"] = "already-recorded"
        facts["previous"] = recorded.commandJSON
        sentence = "\(name) is already recorded in \(environment.name)"
    case .skipped(let recorded, let reason):
        facts["result"] = "skipped"
        facts["previous"] = recorded.commandJSON
        facts["reason"] = .string(reason)
        sentence = "skipped: \(recorded.version) in \(environment.name) is not older than \(record.version): \(reason)"
    }
    try await session.report(
        result, action: "release", environment: environment, sentence: sentence, facts: facts)
}
