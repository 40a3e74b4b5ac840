// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

/// An environment with the files that its branch, or `--at`, holds: what the daemon would work from.
struct BranchState: Sendable {
    let environment: Environment
    let commit: Commit
    let snapshot: SourceSnapshot
    let rendering: Rendering

    /// - Parameter workspace: Whose `kubernaut.yaml` counts.
    init(_ environment: Environment, _ workspace: Workspace, _ repository: ConfigRepository, at revision: String?)
        async throws
    {
        self.environment = environment
        if let revision {
            snapshot = try await repository.snapshot(at: revision)
        } else {
            snapshot = try await repository.snapshot(ofBranch: environment.branch)
        }
        guard let commit = snapshot.commit else {
            throw CommandError(.failed, "\(environment.branch) gave files without a commit")
        }
        self.commit = commit
        rendering = workspace.renderer.render(snapshot, for: environment).rendering
    }
}

/// A source that holds one commit, for a pass of its own.
struct SnapshotSource: Source {
    let state: BranchState

    func fetch() async throws -> [String: CommitID] { [state.environment.branch: state.commit.id] }

    func snapshot(at commit: CommitID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot {
        state.snapshot
    }

    func history(of commit: CommitID, under folder: String, after: CommitID?, limit: Int) async throws -> [HistoryStep]
    {
        []
    }
}
