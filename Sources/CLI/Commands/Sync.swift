// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Lifecycle
import Reconciler

extension Command {
    static let sync = Command(
        "sync", .run, "ask the daemon for a pass over one environment, now",
        [
            "Writes the request on the environment's ConfigMap in the cluster, where the daemon sees it at once. The "
                + "pass works from the newest commit the daemon has fetched, and runs hooks again that failed.",
            "Who may update that ConfigMap may ask. Without a daemon, use `kubernaut apply`. With --server a running "
                + "kubernaut is asked itself, with a key, and nothing of the cluster is needed.",
        ],
        arguments: [Argument("ENVIRONMENT", "which environment")],
        flags: SharedFlag.liveEnvironment + SharedFlag.access,
        examples: [Example("kubernaut sync staging", "do not wait for the next commit")]
    ) { invocation in
        if let server = try ServerChanges(invocation) {
            defer { server.shutdown() }
            return try await server.sync(try parsedName(invocation.arguments[0], for: "an environment"))
        }
        let environment = try await environment(invocation)
        let orders = EnvironmentOrders(for: environment, on: try connect(invocation))
        try await orders.requestPass(at: wallClock(), unique: hex(randomBytes(4)))
        invocation.console.note("asked for a pass over \(environment.name)")
        return .done
    }
}
