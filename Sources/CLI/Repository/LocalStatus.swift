// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Health
import Lifecycle
import Reconciler
import Render

/// What runs where, found without a daemon: from branches and the cluster.
struct LocalStatus {
    private let invocation: Invocation
    private let files: StatusFiles

    init(_ invocation: Invocation) async throws {
        self.invocation = invocation
        files = try await StatusFiles(invocation)
    }

    /// An environment whose branch or cluster cannot be read says why; the others are shown. With `--behind` no cluster
    /// is asked.
    func read() async throws -> DaemonStatus {
        let cluster = invocation.isOn("behind") ? nil : try connect(invocation)
        let wanted = invocation.texts("env")
        var status = DaemonStatus(repository: files.name)
        var before: SourceSnapshot?
        for environment in files.pipeline.environments {
            var shown = EnvironmentStatus(environment: environment)
            var snapshot: SourceSnapshot?
            do {
                snapshot = try await files.snapshot(of: environment, reusing: before)
            } catch {
                shown.sourceProblem = commandError(for: error).message
            }
            if wanted.isEmpty || wanted.contains(environment.name.text) {
                if let snapshot { try await read(snapshot, comparedWith: before, cluster, into: &shown) }
                status.environments.append(shown)
            }
            before = snapshot
        }
        status.isReady = true
        return status
    }

    private func read(
        _ snapshot: SourceSnapshot, comparedWith before: SourceSnapshot?, _ cluster: (any Cluster)?,
        into status: inout EnvironmentStatus
    ) async throws {
        let environment = status.environment
        let (rendering, cache) = files.renderer.render(snapshot, for: environment)
        status.head = snapshot.commit
        status.diagnostics = rendering.diagnostics
        if let problem = rendering.diagnostics.first(where: { $0.severity == .error }) {
            status.sourceProblem = "\(problem)"
        }
        var notes: [Name: [Diagnostic]] = [:]
        if let before {
            let standing = try await PositionFinder(files.histories, renderer: files.renderer).standing(
                of: environment, at: snapshot, comparedWith: before, reusing: cache, now: wallClock())
            (status.positions, notes) = (standing.positions, standing.notes)
        }
        guard let cluster else {
            status.services = rendering.services.map { service in
                let hold = service.hold.flatMap { $0.isActive(at: wallClock()) ? $0 : nil }
                return ServiceStatus(
                    name: service.name, team: service.team, release: service.release,
                    verdict: hold == nil ? .unknown : .held, reason: hold?.reason ?? "no cluster was asked", since: nil,
                    objects: [], diagnostics: service.diagnostics + (notes[service.name] ?? []), hold: hold)
            }
            let here = Set(status.services.map(\.name))
            status.services += status.positions.keys.filter { !here.contains($0) }.sorted().map { name in
                ServiceStatus(
                    name: name, team: nil, release: nil, verdict: .notHere, reason: "", since: nil, objects: [],
                    diagnostics: [])
            }
            return
        }
        var objects: [PreviewedObject] = []
        do throws(ClusterError) {
            objects = try await Preview(of: environment, on: cluster).objects(of: rendering)
        } catch {
            status.clusterProblem = "\(error)"
        }
        let byService = Dictionary(grouping: objects.filter { $0.action != .deleted }, by: \.service)
        let digests = Dictionary(
            rendering.services.flatMap(\.manifests).map { ($0.digest, true) }
        ) { first, _ in first }
        let isKnown = status.clusterProblem == nil
        status.services = rendering.services.map { service in
            judge(
                service, byService[service.name] ?? [], digests: digests, isKnown: isKnown,
                notes: notes[service.name] ?? [])
        }
    }

    private func judge(
        _ service: RenderedService, _ objects: [PreviewedObject], digests: [String: Bool], isKnown: Bool,
        notes: [Diagnostic]
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
            since: nil, objects: statuses, diagnostics: service.diagnostics + notes)
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
