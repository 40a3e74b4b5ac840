// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import JSON
import Reconciler

extension Command {
    static let diff = Command(
        "diff", .look, "compare two environments, two commits, or git with the cluster",
        [
            "A and B are each one of: env:NAME or NAME (what an environment wants by the files on disk), env:NAME@REV "
                + "(by a commit), rev:REV (a commit, all environments or those of --env), dir:FOLDER (files on disk), "
                + "live:NAME (what the cluster has). Without B: the files on disk; for live:NAME what NAME wants.",
            "A live comparison is the server's own dry run: it shows what applying would change, and nothing is "
                + "written. What Secrets hold is shown as fingerprints: equal ones are equal, and good for this output "
                + "only.",
            "Ends with 0 when nothing differs, with 1 when something does, with 2 or more when it failed.",
        ],
        arguments: [Argument("A", "the old side"), Argument("B", "the new side", optional: true)],
        flags: [
            Flag(
                "env", short: "e", value: "NAME", "for rev: and dir:, only this environment; may come more than once",
                repeatable: true),
            SharedFlag.service, SharedFlag.output(["diff", "table", "name", "json"]), SharedFlag.noHeaders,
            Flag("no-exit-code", "end with 0 also when something differs"),
        ] + SharedFlag.liveEnvironment,
        examples: [
            Example("kubernaut diff dev staging", "what a promotion would change"),
            Example("kubernaut diff rev:HEAD", "what the edits on disk change, in every environment"),
            Example("kubernaut diff rev:main~1 rev:main --env production", "what a commit changed"),
            Example("kubernaut diff live:dev -o table", "what applying would change"),
        ]
    ) { invocation in
        let left = try DiffOperand(invocation.arguments[0])
        let right = try invocation.argument(1).map { try DiffOperand($0) } ?? counterpart(of: left, invocation)
        let differences = try await comparisons(left, right, DiffReader(invocation))
        try invocation.console.put(text(differences, invocation))
        let problems = differences.filter { $0.problem != nil }
        for problem in problems { invocation.console.complain("\(problem.diff.key): \(problem.problem ?? "")") }
        if invocation.output == "diff" { invocation.console.note(totals(differences)) }
        if !problems.isEmpty { return .failed }
        return differences.contains { $0.diff.change != .same } && !invocation.isOn("no-exit-code") ? .no : .done
    }
}

/// One object in one environment.
private struct Difference: Sendable {
    /// Nil when two environments are compared with each other.
    let environment: String?
    let diff: ObjectDiff
    /// What the cluster would refuse; nil when nothing.
    let problem: String?
}

private func counterpart(of left: DiffOperand, _ invocation: Invocation) throws(CommandError) -> DiffOperand {
    switch left {
    case .live(let name): .environment(name, revision: nil)
    case .environment(let name, .some): .environment(name, revision: nil)
    case .revision: .folder(".")
    case .environment(_, nil), .folder:
        throw CommandError(.usage, "B is missing", hint: "usage: kubernaut diff A B, see `kubernaut diff --help`")
    }
}

private func comparisons(
    _ left: DiffOperand, _ right: DiffOperand, _ reader: DiffReader
) async throws -> [Difference] {
    switch (left, right) {
    case (.live, .live):
        throw CommandError(.usage, "two live environments cannot be compared", hint: "compare env:A env:B")
    case (.live(let name), let other): return try await live(name, other, reader, isReversed: false)
    case (let other, .live(let name)): return try await live(name, other, reader, isReversed: true)
    default: break
    }
    let (old, new) = (try await reader.workspace(of: left), try await reader.workspace(of: right))
    let mask = SecretMask()
    let names = reader.invocation.arguments
    let labels = (names[0], names.count > 1 ? names[1] : "files on disk")
    guard left.environment != nil || right.environment != nil else {
        return try reader.environments(old, new).flatMap { name in
            let before = try reader.objects(of: name, in: old, isOptional: true, ownNamespace: false)
            let after = try reader.objects(of: name, in: new, isOptional: true, ownNamespace: false)
            return compare(
                DiffSide(name: "\(labels.0) \(name)", objects: before),
                DiffSide(name: "\(labels.1) \(name)", objects: after),
                mask: mask
            ).map { Difference(environment: name, diff: $0, problem: nil) }
        }
    }
    // `env:dev rev:main` means dev on both sides.
    guard let oldName = left.environment ?? right.environment, let newName = right.environment ?? left.environment
    else {
        return []
    }
    let isOther = oldName != newName
    let before = try reader.objects(of: oldName, in: old, isOptional: false, ownNamespace: isOther)
    let after = try reader.objects(of: newName, in: new, isOptional: false, ownNamespace: isOther)
    return compare(DiffSide(name: labels.0, objects: before), DiffSide(name: labels.1, objects: after), mask: mask)
        .map { Difference(environment: isOther ? nil : newName, diff: $0, problem: nil) }
}

/// What applying would change, by the plan of a pass and the server's dry run.
private func live(
    _ name: String, _ other: DiffOperand, _ reader: DiffReader, isReversed: Bool
) async throws -> [Difference] {
    if let named = other.environment, named != name {
        throw CommandError(
            .usage, "live:\(name) can be compared with what \(name) wants, not with \(named)",
            hint: "kubernaut diff live:\(name)")
    }
    let invocation = reader.invocation
    let workspace = try await reader.workspace(of: other)
    let environment = try workspace.environment(name, invocation.console)
    let rendering = workspace.rendering(of: environment)
    _ = try reader.rendering(of: environment, in: workspace)
    let progress = Progress(invocation.console, "asking the cluster about \(name)")
    defer { progress.end() }
    let previews = try await Preview(of: environment, on: try connect(invocation)).objects(of: rendering)
    let services = invocation.texts("service")
    let mask = SecretMask()
    return previews.filter { services.isEmpty || $0.service.map { services.contains($0.text) } ?? false }.map {
        preview in
        func side(_ label: String, _ object: Value?) -> DiffSide {
            let objects =
                object.map { [DiffObject(key: preview.key, service: preview.service, object: $0.withoutServerFields)] }
                ?? []
            return DiffSide(name: label, objects: objects)
        }
        let (cluster, git) = (side("live:\(name)", preview.live), side("git", preview.predicted))
        let found =
            preview.action == .skipped
            ? [] : compare(isReversed ? git : cluster, isReversed ? cluster : git, mask: mask)
        let diff =
            found.first ?? ObjectDiff(key: preview.key, service: preview.service, change: .same, lines: [])
        return Difference(
            environment: name, diff: diff, problem: preview.action == .failed ? preview.message : nil)
    }
}

private func text(_ differences: [Difference], _ invocation: Invocation) -> String {
    let changed = differences.filter { $0.diff.change != .same }
    let style = invocation.console.style(.output)
    switch invocation.output {
    case "json":
        return String(decoding: (["items": .list(changed.map(item))] as Value).prettyJSON(), as: UTF8.self)
    case "name": return changed.map { "\($0.diff.key)\n" }.joined()
    case "table":
        let rows = changed.map { difference -> [Table.Cell] in
            [
                .change(difference.diff.change), .plain(difference.environment ?? ""),
                .plain(difference.diff.key.description), .plain(difference.diff.service?.text ?? ""),
                .plain("+\(difference.diff.addedLines) -\(difference.diff.removedLines)"),
            ]
        }
        return Table(["CHANGE", "ENVIRONMENT", "OBJECT", "SERVICE", "LINES"], rows).text(for: invocation)
    default:
        return changed.flatMap(\.diff.lines).map { diffLine($0, style) + "\n" }.joined()
    }
}

private func item(_ difference: Difference) -> Value {
    let diff = difference.diff
    return [
        "environment": difference.environment.map(Value.string) ?? .null,
        "kind": .string(diff.key.groupKind.kind), "group": .string(diff.key.groupKind.group),
        "namespace": diff.key.namespace.map(Value.string) ?? .null, "name": .string(diff.key.name),
        "service": diff.service.map { .string($0.text) } ?? .null, "change": .string(diff.change.rawValue),
        "diff": .string(diff.lines.map { "\($0)\n" }.joined()),
        "problem": difference.problem.map(Value.string) ?? .null,
    ]
}

private func totals(_ differences: [Difference]) -> String {
    func count(_ change: ObjectDiff.Change) -> Int { differences.count { $0.diff.change == change } }
    return "\(count(.added)) added, \(count(.removed)) removed, \(count(.changed)) changed, \(count(.same)) the same"
}

extension Table.Cell {
    fileprivate static func change(_ change: ObjectDiff.Change) -> Table.Cell {
        switch change {
        case .added: Table.Cell(text: change.rawValue, tone: .good)
        case .removed: Table.Cell(text: change.rawValue, tone: .bad)
        case .changed: Table.Cell(text: change.rawValue, tone: .busy)
        case .same: Table.Cell(text: change.rawValue, tone: .quiet)
        }
    }
}
