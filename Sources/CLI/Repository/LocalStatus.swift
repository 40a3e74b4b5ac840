// SPDX-License-Identifier: Apache-2.0

import Domain
import Health
import Lifecycle
import Reconciler

/// What runs where, found without a daemon: from the clone's branches and the cluster.
struct LocalStatus {
    private let invocation: Invocation
    private let repository: ConfigRepository

    init(_ invocation: Invocation) throws(CommandError) {
        self.invocation = invocation
        repository = try ConfigRepository(invocation)
    }

    /// An environment whose branch or cluster cannot be read says why; the others are shown.
    func read() async throws -> DaemonStatus {
        let workspace = Workspace(try await repository.snapshot(invocation))
        let pipeline = try workspace.usablePipeline(invocation.console)
        let cluster = try connect(invocation)
        let wanted = invocation.texts("env")
        var status = DaemonStatus(repository: repository.top)
        for environment in pipeline.environments where wanted.isEmpty || wanted.contains(environment.name.text) {
            status.environments.append(await read(environment, workspace, cluster))
        }
        status.isReady = true
        return status
    }

    private func read(_ environment: Environment, _ workspace: Workspace, _ cluster: any Cluster) async
        -> EnvironmentStatus
    {
        var status = EnvironmentStatus(environment: environment)
        let state: BranchState
        do {
            state = try await BranchState(environment, workspace, repository, at: invocation.text("at"))
        } catch {
            status.sourceProblem = commandError(for: error).message
            return status
        }
        status.head = state.commit
        status.diagnostics = state.rendering.diagnostics
        if let problem = state.rendering.diagnostics.first(where: { $0.severity == .error }) {
            status.sourceProblem = "\(problem)"
        }
        var objects: [PreviewedObject] = []
        do throws(ClusterError) {
            objects = try await Preview(of: environment, on: cluster).objects(of: state.rendering)
        } catch {
            status.clusterProblem = "\(error)"
        }
        let byService = Dictionary(grouping: objects.filter { $0.action != .deleted }, by: \.service)
        let digests = Dictionary(
            state.rendering.services.flatMap(\.manifests).map { ($0.digest, true) }
        ) { first, _ in first }
        status.services = state.rendering.services.map { service in
            judge(service, byService[service.name] ?? [], digests: digests, isKnown: status.clusterProblem == nil)
        }
        return status
    }

    private func judge(
        _ service: RenderedService, _ objects: [PreviewedObject], digests: [String: Bool], isKnown: Bool
    ) -> ServiceStatus {
        let now = wallClock()
        let statuses = objects.map { object in
            ObjectStatus(
                key: object.key,
                health: object.live.map { health(of: $0, now: now) }
                    ?? ObjectHealth(.missing, "it is not in the cluster"),
                isInSync: object.action == .unchanged)
        }
        let (verdict, reason) =
            isKnown ? Self.verdict(service, objects, statuses, digests) : (.unknown, "the cluster cannot be reached")
        return ServiceStatus(
            name: service.name, team: service.team, release: service.release, verdict: verdict, reason: reason,
            since: nil, objects: statuses, diagnostics: service.diagnostics)
    }

    /// The first that holds, in the order in which people must care.
    private static func verdict(
        _ service: RenderedService, _ objects: [PreviewedObject], _ statuses: [ObjectStatus], _ digests: [String: Bool]
    ) -> (Verdict, String) {
        if let problem = service.diagnostics.first(where: { $0.severity == .error }) { return (.failed, "\(problem)") }
        if let failed = objects.first(where: { $0.action == .failed }) {
            return (.failed, "\(failed.key): \(failed.message)")
        }
        func first(_ health: HealthStatus) -> String? {
            statuses.first { $0.health.status == health }.map { "\($0.key): \($0.health.reason)" }
        }
        if let reason = first(.degraded) { return (.unhealthy, reason) }
        if let reason = first(.progressing) ?? first(.terminating) { return (.rollingOut, reason) }
        for object in objects where object.action == .created || object.action == .configured {
            // An object that carries the digest of what git wants now was applied, and changed since.
            let digest = object.live?.annotation(Conventions.digestAnnotation)
            if let digest, digests[digest] == true { return (.drifted, "\(object.key) differs from git") }
            return (.waiting, "\(object.key) is not applied yet")
        }
        if let hold = service.hold, hold.isActive(at: wallClock()) { return (.held, hold.reason) }
        if let reason = first(.unknown) { return (.unknown, reason) }
        return (.healthy, "")
    }
}
