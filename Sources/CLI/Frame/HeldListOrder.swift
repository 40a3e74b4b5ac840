// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Reconciler

/// Shows what waits for a person in an environment, or confirms it: what `prune` and `adopt` have in common.
struct HeldListOrder {
    static let flags =
        [
            Flag("confirm", value: "HASH", "confirm exactly the list with this hash; 8 digits or more"),
            Flag("by", value: "NAME", "who confirms, for the history", variable: "USER"),
            SharedFlag.output(["table", "name", "json"]), SharedFlag.noHeaders,
        ] + SharedFlag.liveEnvironment

    private static let shortestHash = 8

    private let purpose: HeldList.Purpose

    init(_ purpose: HeldList.Purpose) { self.purpose = purpose }

    func run(_ invocation: Invocation) async throws -> ExitCode {
        let environment = try await environment(invocation)
        let orders = EnvironmentOrders(for: environment, on: try connect(invocation))
        let held = try await orders.held(purpose)
        guard let hash = invocation.text("confirm") else { return try show(held, environment, invocation) }
        guard let held, hash.count >= Self.shortestHash, held.hash.hasPrefix(hash) else {
            throw CommandError(
                .conflict,
                held == nil
                    ? nothing(environment) : "the held list of \(environment.name) is not \(hash)",
                hint: "look at what waits now: kubernaut \(purpose.rawValue) \(environment.name)")
        }
        try await orders.confirm(purpose, held.hash, by: invocation.text("by") ?? "an unnamed person")
        let verb = purpose == .prune ? "deletes" : "takes over"
        invocation.console.note(
            "confirmed: the daemon \(verb) these \(counted(held.items.count, "object")) with its next pass, which begins now"
        )
        return .done
    }

    private func nothing(_ environment: Environment) -> String {
        switch purpose {
        case .prune: "no deletion waits in \(environment.name)"
        case .adopt: "no object waits to be taken over in \(environment.name)"
        }
    }

    private func show(_ held: HeldList?, _ environment: Environment, _ invocation: Invocation) throws -> ExitCode {
        let items = held?.items ?? []
        switch invocation.output {
        case "json":
            let list: Value = [
                "environment": .string(environment.name.text), "hash": .string(held?.hash ?? ""),
                "items": .list(items.map(json)),
            ]
            try invocation.console.put(String(decoding: list.prettyJSON(), as: UTF8.self))
        case "name": try invocation.console.put(items.map { "\($0.key)\n" }.joined())
        default: if held != nil { try invocation.console.put(table(items).text(for: invocation)) }
        }
        guard let held else {
            invocation.console.note(nothing(environment))
            return .done
        }
        let what = purpose == .prune ? "deletion" : "object"
        invocation.console.note(
            "\(counted(items.count, what)) wait\(items.count == 1 ? "s" : ""); to let exactly these go: "
                + "kubernaut \(purpose.rawValue) \(environment.name) --confirm \(held.hash.prefix(12))")
        return .no
    }

    private func table(_ items: [HeldList.Item]) -> Table {
        switch purpose {
        case .prune:
            Table(["OBJECT", "SERVICE"], items.map { [.plain("\($0.key)"), .plain($0.service?.text ?? "")] })
        case .adopt:
            Table(
                ["KIND", "NAMESPACE", "NAME", "HELD BY", "UID", "SERVICE"],
                items.map { item in
                    [
                        .plain(item.key.groupKind.description), .plain(item.key.namespace ?? ""),
                        .plain(item.key.name), .plain(item.holders.joined(separator: ", ")), .plain(item.uid),
                        .plain(item.service?.text ?? ""),
                    ]
                })
        }
    }

    private func json(_ item: HeldList.Item) -> Value {
        [
            "kind": .string(item.key.groupKind.kind), "group": .string(item.key.groupKind.group),
            "namespace": item.key.namespace.map(Value.string) ?? .null, "name": .string(item.key.name),
            "uid": .string(item.uid), "service": item.service.map { .string($0.text) } ?? .null,
            "holders": .list(item.holders.map { .string($0) }),
        ]
    }
}

/// The environment that the first word names, by the clone's `kubernaut.yaml`.
func environment(_ invocation: Invocation) async throws -> Environment {
    let workspace = Workspace(try await ConfigRepository(invocation).snapshot(invocation))
    return try workspace.environment(invocation.arguments[0], invocation.console)
}
