// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Reconciler
import Render
import WebUI

/// Renders again what a page asks for: one service with the origin of every line and who last changed it, an environment
/// at a commit, what the cluster has. Secrets are as they are: `WebPages` masks them.
struct ServiceDetails: Sendable {
    let mirror: GitMirror
    let renderer: Renderer
    let board: StatusBoard
    let incremental: IncrementalRenderer
    let clusters: ClusterSet

    /// - Parameter commit: Nil for the environment's head.
    /// - Returns: Nil when there is no such environment, commit or service.
    /// - Throws: `GitError` when the mirror cannot be read.
    func detail(environment name: Name, service: Name, commit: CommitID?) async throws -> ServiceDetail? {
        guard let (status, commit) = try await place(name, commit) else { return nil }
        do {
            let snapshot = try await mirror.snapshot(at: commit, reusing: nil)
            var detail = renderer.detail(of: service, in: snapshot, for: status.environment)
            if let places = detail?.places {
                let authorship = await Authorship(of: places, in: snapshot, from: mirror.blame)
                detail?.changes = authorship.changes
                detail?.changesRemark = authorship.remark
            }
            return detail
        } catch let error as GitError where error.code == .notFound {
            return nil
        }
    }

    /// - Parameter commit: Nil for the environment's head.
    /// - Returns: Nil when there is no such environment, or its branch does not hold the commit.
    /// - Throws: `GitError` when the mirror cannot be read.
    func rendering(environment name: Name, commit: CommitID?) async throws -> Rendering? {
        guard let (status, commit) = try await place(name, commit) else { return nil }
        do {
            let snapshot = try await mirror.snapshot(at: commit, reusing: nil)
            return renderer.render(snapshot, for: status.environment, reusing: incremental.cache(of: name)).rendering
        } catch let error as GitError where error.code == .notFound {
            return nil
        }
    }

    /// What applying would change of one service, by the cluster's own dry run.
    ///
    /// - Returns: Nil when there is no such environment, or nobody knows its cluster.
    /// - Throws: `GitError`; `ClusterError` when the cluster does not answer.
    func live(environment name: Name, service: Name) async throws -> [LiveObject]? {
        guard let rendering = try await rendering(environment: name, commit: nil),
            let cluster = clusters[rendering.environment.cluster]
        else { return nil }
        let objects = try await Preview(of: rendering.environment, on: cluster).objects(of: rendering)
        return objects.filter { $0.service == service }.map { object in
            LiveObject(
                key: object.key, live: object.live, wanted: object.predicted,
                problem: object.action == .failed ? object.message : nil)
        }
    }

    /// What the environment's cluster would do with some services of a rendering, by its own dry run.
    ///
    /// - Returns: Nil when nobody knows the cluster.
    /// - Throws: `ClusterError` when it does not answer.
    func trial(_ rendering: Rendering, _ services: Set<Name>) async throws -> [TriedObject]? {
        guard let cluster = clusters[rendering.environment.cluster] else { return nil }
        let preview = Preview(of: rendering.environment, on: cluster)
        return try await preview.objects(of: rendering, only: services).map { object in
            TriedObject(
                key: object.key, service: object.service, action: object.action, message: object.message)
        }
    }

    /// A commit of an environment's own branch: what others hold is not shown under its name.
    private func place(_ name: Name, _ commit: CommitID?) async throws -> (EnvironmentStatus, CommitID)? {
        let status = board.current.environments.first { $0.environment.name == name }
        guard let status, let head = status.head?.id else { return nil }
        guard let commit, commit != head else { return (status, head) }
        do {
            return try await mirror.isAncestor(commit, of: head) ? (status, commit) : nil
        } catch let error as GitError where error.code == .notFound {
            return nil
        }
    }
}
