// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle

/// What everyone who touches one environment's cluster works with.
struct Workbench: Sendable {
    let reach: ReachingCluster
    let applySet: ApplySet
    let index: MemberIndex
    let gate: Gate
    let time: TimeSource
    let settings: ReconcilerSettings
    let autoscalers = Autoscalers()
    /// Nil where one replica works alone.
    let term: LeaseTerm?
    let retries = Retries()
    let passIDs = TimeOrderedIDs()

    var cluster: any Cluster { reach }

    init(
        cluster: any Cluster, applySet: ApplySet, index: MemberIndex, gate: Gate, time: TimeSource,
        settings: ReconcilerSettings, term: LeaseTerm? = nil
    ) {
        reach = ReachingCluster(cluster, namespace: applySet.namespace)
        self.applySet = applySet
        self.index = index
        self.gate = gate
        self.time = time
        self.settings = settings
        self.term = term
    }

    /// For a single look, without a daemon: nothing is remembered, and health does not count.
    init(toLookAt environment: Environment, on cluster: any Cluster, _ settings: ReconcilerSettings) {
        let applySet = ApplySet(of: environment)
        self.init(
            cluster: cluster, applySet: applySet, index: MemberIndex(applySet: applySet, health: { _, _ in .healthy }),
            gate: Gate(limit: settings.parallelRequests), time: .system, settings: settings)
    }

    /// Whether this replica may write to the environment.
    var mayWrite: Bool { term?.isOpen ?? true }

    static let backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))

    /// Sends one request through the gate, again when the server stumbles. For requests that may be repeated.
    ///
    /// - Throws: The last `ClusterError`; `.cancelled` when interrupted while waiting.
    func request<Result: Sendable>(
        _ interruption: Interruption, _ body: () async throws(ClusterError) -> Result
    ) async throws(ClusterError) -> Result {
        var failures = 0
        while true {
            do throws(ClusterError) {
                return try await gate.pass(body)
            } catch {
                failures += 1
                guard Self.isTransient(error), failures < settings.attempts else { throw error }
                try await pause(after: error, failures: failures, interruption)
            }
        }
    }

    /// Waits before the next attempt: as long as the server asked for, or a jittered back-off.
    func pause(after error: ClusterError, failures: Int, _ interruption: Interruption) async throws(ClusterError) {
        let delay =
            error.retryAfter ?? Self.backoff.delay(afterFailures: failures, unitRandom: time.unitRandom())
        guard await wait(upTo: delay, time: time, interruption: interruption) != .interrupted else {
            throw ClusterError(.cancelled, operation: error.operation, detail: "stopped while waiting to try again")
        }
    }

    /// Whether the very same request may succeed in a moment.
    static func isTransient(_ error: ClusterError) -> Bool {
        switch error.code {
        case .throttled, .unavailable, .interrupted: true
        // Nothing listens there: the pass as a whole waits, not each object.
        case .unreachable: false
        default: false
        }
    }

    func get(
        _ key: ResourceKey, _ resource: APIResource, detail: Detail, _ interruption: Interruption
    ) async throws(ClusterError) -> Value? {
        try await request(interruption) { () throws(ClusterError) -> Value? in
            try await cluster.get(resource, namespace: key.namespace, name: key.name, detail: detail)
        }
    }
}
