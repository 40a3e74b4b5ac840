// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Reconciler
import Render

/// Renders one service again with the origin of every line and who last changed it, when a page asks.
struct ServiceDetails: Sendable {
    let mirror: GitMirror
    let renderer: Renderer
    let board: StatusBoard

    /// - Parameter commit: Nil for the environment's head.
    /// - Returns: Nil when there is no such environment, commit or service.
    /// - Throws: `GitError` when the mirror cannot be read.
    func detail(environment name: Name, service: Name, commit: CommitID?) async throws -> ServiceDetail? {
        let status = board.current.environments.first { $0.environment.name == name }
        guard let status, let commit = commit ?? status.head?.id else { return nil }
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
}
