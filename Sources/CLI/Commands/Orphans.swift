// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Reconciler

extension Command {
    static let orphans = Command(
        "orphans", .look, "find objects labelled as an environment's that no revision wants",
        [
            "Lists every kind of the cluster by the environment's label, also where git has nothing any more, and says of "
                + "each object that the newest commit does not want why it is still there. Nothing is deleted: what is "
                + "really the environment's own goes with the next pass, within the budget.",
            "Ends with 1 when there is one, with 7 when not every kind could be looked at.",
        ],
        arguments: [Argument("ENVIRONMENT", "whose label")],
        flags: [
            SharedFlag.output(["table", "name", "json"]), SharedFlag.noHeaders,
        ] + SharedFlag.liveEnvironment,
        examples: [Example("kubernaut orphans production", "what was left behind")]
    ) { invocation in
        let repository = try ConfigRepository(invocation)
        let workspace = Workspace(try await repository.snapshot(invocation))
        let environment = try workspace.environment(invocation.arguments[0], invocation.console)
        let state = try await BranchState(environment, workspace, repository, at: invocation.text("at"))
        guard !state.rendering.isUnreadable else {
            throw CommandError(
                .failed, "\(environment.name) cannot be rendered: nothing can be called unwanted",
                hint: "kubernaut validate")
        }
        let search = OrphanSearch(of: environment, on: try connect(invocation))
        let (orphans, unread) = try await search.orphans(of: state.rendering)
        try show(orphans, invocation)
        for (kind, reason) in unread.sorted(by: { $0.key < $1.key }) {
            invocation.console.complain("\(kind) could not be listed: \(reason)")
        }
        if !unread.isEmpty { return .unavailable }
        invocation.console.note(
            "\(counted(orphans.count, "object")) of \(environment.name) in no revision")
        return orphans.isEmpty ? .done : .no
    }
}

private func show(_ orphans: [Orphan], _ invocation: Invocation) throws {
    switch invocation.output {
    case "json":
        let items = orphans.map { orphan -> Value in
            [
                "kind": .string(orphan.key.groupKind.kind), "group": .string(orphan.key.groupKind.group),
                "namespace": orphan.key.namespace.map(Value.string) ?? .null, "name": .string(orphan.key.name),
                "service": orphan.service.map { .string($0.text) } ?? .null, "reason": .string(orphan.reason),
            ]
        }
        try invocation.console.put(String(decoding: (["items": .list(items)] as Value).prettyJSON(), as: UTF8.self))
    case "name": try invocation.console.put(orphans.map { "\($0.key)\n" }.joined())
    default:
        guard !orphans.isEmpty else { return }
        let rows = orphans.map { orphan -> [Table.Cell] in
            [.plain("\(orphan.key)"), .plain(orphan.service?.text ?? ""), .plain(orphan.reason)]
        }
        try invocation.console.put(Table(["OBJECT", "SERVICE", "REASON"], rows).text(for: invocation))
    }
}
