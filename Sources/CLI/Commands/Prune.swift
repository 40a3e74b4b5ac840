// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Reconciler

extension Command {
    static let prune = Command(
        "prune", .run, "see the deletions that wait for a person, and let them go",
        [
            "Deletions above an environment's budget, and those of Namespaces, CustomResourceDefinitions, "
                + "PersistentVolumes and PersistentVolumeClaims, wait until a person confirms exactly the list that is "
                + "held. The daemon writes that list on the environment's ConfigMap in the cluster; this command shows "
                + "it, and writes the confirmation there.",
            "A confirmation counts once and only for the list it names. Who may update that ConfigMap may confirm: the "
                + "cluster's own access rules decide.",
            "Ends with 1 when something waits, with 3 when the list is another one than the confirmed.",
        ],
        arguments: [Argument("ENVIRONMENT", "whose deletions")],
        flags: [
            Flag("confirm", value: "HASH", "let exactly the list with this hash go; 8 digits or more"),
            Flag("by", value: "NAME", "who confirms, for the history", variable: "USER"),
            SharedFlag.output(["table", "name", "json"]), SharedFlag.noHeaders,
        ] + SharedFlag.liveEnvironment,
        examples: [
            Example("kubernaut prune production", "what waits, and the hash of the list"),
            Example("kubernaut prune production --confirm 3f2a91c0d4e5", "let it go"),
        ]
    ) { invocation in
        let environment = try await environment(invocation)
        let orders = EnvironmentOrders(for: environment, on: try connect(invocation))
        let held = try await orders.heldPrune()
        guard let hash = invocation.text("confirm") else { return try show(held, environment, invocation) }
        guard let held, hash.count >= shortestHash, held.hash.hasPrefix(hash) else {
            throw CommandError(
                .conflict,
                held == nil
                    ? "no deletion waits in \(environment.name)"
                    : "the held list of \(environment.name) is not \(hash)",
                hint: "look at what waits now: kubernaut prune \(environment.name)")
        }
        try await orders.confirmPrune(held.hash, by: invocation.text("by") ?? "an unnamed person")
        invocation.console.note(
            "confirmed: the daemon deletes these \(counted(held.items.count, "object")) with its next pass, which begins now"
        )
        return .done
    }
}

private let shortestHash = 8

/// The environment that the first word names, by the clone's `kubernaut.yaml`.
func environment(_ invocation: Invocation) async throws -> Environment {
    let workspace = Workspace(try await ConfigRepository(invocation).snapshot(invocation))
    return try workspace.environment(invocation.arguments[0], invocation.console)
}

private func show(
    _ held: HeldPrune?, _ environment: Environment, _ invocation: Invocation
) throws -> ExitCode {
    let items = held?.items ?? []
    switch invocation.output {
    case "json":
        let list: Value = [
            "environment": .string(environment.name.text), "hash": .string(held?.hash ?? ""),
            "items": .list(items.map(json)),
        ]
        try invocation.console.put(String(decoding: list.prettyJSON(), as: UTF8.self))
    case "name": try invocation.console.put(items.map { "\($0.key)\n" }.joined())
    default:
        if held != nil {
            let rows = items.map { [Table.Cell.plain("\($0.key)"), .plain($0.service?.text ?? "")] }
            try invocation.console.put(Table(["OBJECT", "SERVICE"], rows).text(for: invocation))
        }
    }
    guard let held else {
        invocation.console.note("no deletion waits in \(environment.name)")
        return .done
    }
    invocation.console.note(
        "\(counted(items.count, "deletion")) wait\(items.count == 1 ? "s" : ""); to let exactly these go: "
            + "kubernaut prune \(environment.name) --confirm \(held.hash.prefix(12))")
    return .no
}

private func json(_ item: HeldPrune.Item) -> Value {
    [
        "kind": .string(item.key.groupKind.kind), "group": .string(item.key.groupKind.group),
        "namespace": item.key.namespace.map(Value.string) ?? .null, "name": .string(item.key.name),
        "uid": .string(item.uid), "service": item.service.map { .string($0.text) } ?? .null,
    ]
}
