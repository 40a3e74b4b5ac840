// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Reconciler

extension Command {
    static let suspend = Command(
        "suspend", .run, "stop all writes to one environment, at once",
        [
            "For emergencies and cluster work: the daemon goes on reading and showing what differs, and writes nothing, "
                + "drift included, until the time is up or `kubernaut unsuspend`. Written on the environment's ConfigMap in "
                + "the cluster; whoever may update it may suspend. What should last, or be reviewed, belongs into "
                + "kubernaut.yaml as `suspend:`.",
            "With --server a running kubernaut is asked to write it, with a key, and nothing of the cluster is needed.",
            "To keep one service at its release while everything else goes on, use a hold instead.",
        ],
        arguments: [Argument("ENVIRONMENT", "which environment")],
        flags: [
            Flag("reason", value: "TEXT", "why, for everybody who looks"),
            Flag("until", value: "TIME", "when it ends by itself: 2h, or 2026-12-01T09:00:00Z"),
            Flag("by", value: "NAME", "who suspends it; with --server the key's", variable: "USER"),
        ] + SharedFlag.liveEnvironment + SharedFlag.access,
        examples: [
            Example("kubernaut suspend production --reason node-upgrade --until 2h", "leave the cluster alone")
        ]
    ) { invocation in
        let reason = try invocation.required("reason")
        guard !reason.isEmpty else { throw CommandError(.usage, "--reason must say something") }
        let until = try invocation.text("until").map { try end($0) }
        if let server = try ServerChanges(invocation) {
            defer { server.shutdown() }
            return try await server.suspend(
                try parsedName(invocation.arguments[0], for: "an environment"), reason: reason, until: until)
        }
        let environment = try await environment(invocation)
        let orders = EnvironmentOrders(for: environment, on: try connect(invocation))
        try await orders.suspend(reason: reason, by: invocation.text("by"), until: until)
        invocation.console.note(
            "\(environment.name) is suspended\(until.map { " until \($0)" } ?? ""); to end it: "
                + "kubernaut unsuspend \(environment.name)")
        return .done
    }

    static let unsuspend = Command(
        "unsuspend", .run, "let an environment be written to again",
        ["Ends what `kubernaut suspend` began. A `suspend:` in kubernaut.yaml ends with a commit that takes it out."],
        arguments: [Argument("ENVIRONMENT", "which environment")],
        flags: [Flag("reason", value: "TEXT", "why it may be written to again; with --server, for the audit")]
            + SharedFlag.liveEnvironment + SharedFlag.access,
        examples: [Example("kubernaut unsuspend production", "go on")]
    ) { invocation in
        if let server = try ServerChanges(invocation) {
            defer { server.shutdown() }
            return try await server.unsuspend(
                try parsedName(invocation.arguments[0], for: "an environment"), reason: invocation.text("reason"))
        }
        let environment = try await environment(invocation)
        let orders = EnvironmentOrders(for: environment, on: try connect(invocation))
        let wasSuspended = try await orders.endSuspension()
        if environment.suspension?.isActive(at: wallClock()) == true {
            throw CommandError(
                .conflict, "\(environment.name) is suspended in kubernaut.yaml",
                hint: "commit its kubernaut.yaml without `suspend`")
        }
        invocation.console.note("\(environment.name) \(wasSuspended ? "goes on" : "was not suspended")")
        return .done
    }
}

/// - Throws: `.usage` for what is neither a duration nor a time, and for a time that has passed.
private func end(_ text: String) throws(CommandError) -> Instant {
    let now = wallClock()
    guard let time = Duration(text: text).map(now.adding) ?? Instant(text) else {
        throw CommandError(.usage, "--until must be a duration such as 2h, or a time such as 2026-12-01T09:00:00Z")
    }
    guard time > now else { throw CommandError(.usage, "--until \(text) has passed already") }
    return time
}
