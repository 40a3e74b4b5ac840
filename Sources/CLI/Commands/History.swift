// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource
import JSON
import Lifecycle
import Render

extension Command {
    static let history = Command(
        "history", .look, "which releases a service has had, where, when, by whom and why",
        [
            "Reads the branches of the environments, first parents only: a promotion is one line in the environment it "
                + "led to. A clone is read as it was fetched last; a URL is fetched now.",
            "ACTION is what kubernaut wrote into the commit (release, promote, rollback); merge and edit are commits that "
                + "people made with git.",
        ],
        arguments: [Argument("SERVICE", "the service")],
        flags: [
            Flag(
                "env", short: "e", value: "NAME", "only this environment; may come more than once",
                variable: "KUBERNAUT_ENV", repeatable: true),
            Flag("limit", value: "COUNT", "at most this many for each environment", default: "20"),
            Flag("since", value: "TIME", "only what came after: 2026-08-24, or 7d for the last seven days"),
            SharedFlag.output(["table", "wide", "json"]), SharedFlag.noHeaders,
        ] + ChangeFlag.place,
        examples: [
            Example("kubernaut history cart", "everywhere"),
            Example("kubernaut history cart --env production --since 30d -o json", "for a report"),
        ]
    ) { invocation in
        let service = try parsedName(try invocation.requiredArgument(0), for: "a service")
        let now = wallClock()
        let since = try invocation.instant("since", now: now, before: true)
        guard let limit = Int(invocation.text("limit") ?? ""), (1...10_000).contains(limit) else {
            throw CommandError(.usage, "--limit must be a whole number from 1 to 10000")
        }
        let reader = try await BranchHistory(invocation)
        var lines: [ReleaseLine] = []
        for environment in try reader.environments(invocation) {
            lines += try await reader.lines(service, environment, limit: limit, since: since)
        }
        if lines.isEmpty, since == nil { throw try await reader.unknown(service, invocation) }
        try invocation.console.put(text(lines, service, invocation))
        return .done
    }
}

/// One release in one environment.
private struct ReleaseLine {
    let environment: Name
    let commit: Commit
    /// Nil when the commit removed the record, or left one that nobody can read.
    let record: ReleaseRecord?
    let action: String
    let actor: String?
    let reason: String?
}

/// The branches of a config repository: a clone's as it was fetched last, or those of a remote.
private struct BranchHistory {
    private enum Place {
        case local(LocalRepository)
        case remote(any MergeableRepository)
    }

    private let place: Place
    private let heads: [String: CommitID]
    private let pipeline: Pipeline

    init(_ invocation: Invocation) async throws {
        let root = invocation.text("path") ?? "environments"
        if let named = invocation.text("repo"), ChangeTarget.isRemote(named) {
            let source = try ChangeTarget(invocation).access.mergeable()
            heads = try await source.fetch()
            place = .remote(source)
            let head = try await source.fetchHead(of: nil).commit
            pipeline = try Workspace(try await source.snapshot(at: head, reusing: nil))
                .usablePipeline(invocation.console)
        } else {
            let top = try ConfigRepository(invocation).top
            let repository = try LocalRepository(openingAt: top, configRoot: root)
            place = .local(repository)
            var found: [String: CommitID] = [:]
            for (branch, commit) in try await repository.heads() {
                // What everybody has is newer than the branch that lies here.
                found[branch] = (try? await repository.resolve("refs/remotes/origin/\(branch)")) ?? commit
            }
            let snapshot = try await repository.snapshot(at: try await repository.resolve("HEAD"))
            let pipeline = try Workspace(snapshot).usablePipeline(invocation.console)
            self.pipeline = pipeline
            for environment in pipeline.environments where found[environment.branch] == nil {
                // Not checked out yet; a branch that is nowhere has no history.
                found[environment.branch] = try? await repository.resolve("refs/remotes/origin/\(environment.branch)")
            }
            heads = found
        }
    }

    func environments(_ invocation: Invocation) throws(CommandError) -> [Environment] {
        let wanted = invocation.texts("env")
        let names = pipeline.environments.map(\.name.text)
        for name in wanted where !names.contains(name) {
            throw CommandError(
                .notFound, "there is no environment \"\(name)\"",
                hint: didYouMean(name, in: names) ?? "there are \(names.joined(separator: ", "))")
        }
        return pipeline.environments.filter { wanted.isEmpty || wanted.contains($0.name.text) }
    }

    func lines(_ service: Name, _ environment: Environment, limit: Int, since: Instant?) async throws -> [ReleaseLine] {
        guard let head = heads[environment.branch] else { return [] }
        let path = "releases/\(service).yaml"
        let steps: [HistoryStep] =
            switch place {
            case .local(let repository):
                try await repository.history(of: head, under: path, after: nil, limit: limit)
            case .remote(let mirror): try await mirror.history(of: head, under: path, after: nil, limit: limit)
            }
        return steps.filter { step in since.map { $0 <= step.commit.date } ?? true }.map { step in
            let file = step.changes[path] ?? nil
            return ReleaseLine(
                environment: environment.name, commit: step.commit,
                record: file.flatMap { Renderer.release($0.bytes, path: path).content },
                action: step.action(of: file), actor: step.value(TrailerKey.actor),
                reason: step.value(TrailerKey.reason))
        }
    }

    /// Nothing was found: is it a slip of the fingers?
    func unknown(_ service: Name, _ invocation: Invocation) async throws -> CommandError {
        var known = Set<String>()
        for head in Set(heads.values) {
            let snapshot: SourceSnapshot? =
                switch place {
                // A branch without a config root has no services.
                case .local(let repository): try? await repository.snapshot(at: head)
                case .remote(let mirror): try? await mirror.snapshot(at: head, reusing: nil)
                }
            for path in snapshot?.files.keys.map({ $0 }) ?? []
            where path.hasPrefix("releases/") && path.hasSuffix(".yaml") {
                known.insert(String(path.dropFirst("releases/".count).dropLast(5)))
            }
        }
        return CommandError(
            .notFound, "no environment ever had a release of \"\(service)\"",
            hint: didYouMean(service.text, in: known))
    }
}

extension HistoryStep {
    fileprivate func value(_ key: String) -> String? { trailers.last { $0.key == key }?.value }

    fileprivate func action(of file: SourceFile?) -> String {
        if let said = value(TrailerKey.action) { return said }
        if file == nil { return "removal" }
        return parentCount > 1 ? "merge" : "edit"
    }
}

private func text(_ lines: [ReleaseLine], _ service: Name, _ invocation: Invocation) -> String {
    guard invocation.output != "json" else {
        let items = lines.map { line -> Value in
            [
                "environment": .string(line.environment.text),
                "version": line.record.map { .string($0.version) } ?? .null,
                "image": line.record.map { .string($0.image) } ?? .null, "commit": .string(line.commit.id.hex),
                "author": .string(line.commit.author), "email": .string(line.commit.email),
                "date": .string("\(line.commit.date)"), "action": .string(line.action),
                "actor": line.actor.map(Value.string) ?? .null, "reason": line.reason.map(Value.string) ?? .null,
                "subject": .string(line.commit.subject),
            ]
        }
        let document: Value = ["service": .string(service.text), "items": .list(items)]
        return String(decoding: document.prettyJSON(), as: UTF8.self)
    }
    let isWide = invocation.output == "wide"
    let header =
        ["ENVIRONMENT", "VERSION", "WHEN", "BY", "ACTION", "COMMIT"] + (isWide ? ["IMAGE", "SUBJECT"] : []) + ["REASON"]
    let rows = lines.map { line -> [Table.Cell] in
        let version = line.record?.version ?? (line.action == "removal" ? "-" : "?")
        return [
            .plain(line.environment.text), .plain(version), .plain("\(line.commit.date)"),
            .plain(line.actor ?? line.commit.author), .plain(line.action), .plain(line.commit.id.short),
        ]
            + (isWide ? [.plain(line.record?.image ?? ""), .plain(line.commit.subject)] : [])
            + [.plain(line.reason ?? "")]
    }
    return Table(header, rows).text(for: invocation)
}
