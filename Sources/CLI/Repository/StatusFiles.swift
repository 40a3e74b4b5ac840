// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Platform
import Render

/// Where `status` without a daemon reads: what a clone knows, without asking anybody; or, of a bare repository or an
/// address, what is there now.
struct StatusFiles {
    private enum Place {
        case clone(ConfigRepository)
        case remote(any MergeableRepository, heads: [String: CommitID])
    }

    private let place: Place
    /// For people.
    let name: String
    let pipeline: Pipeline
    let renderer = Renderer()
    /// Knows the commits of all snapshots.
    let histories: any LineageSource
    private let revision: String?

    init(_ invocation: Invocation) async throws {
        revision = invocation.text("at")
        let named = invocation.text("repo")
        if let named, Self.isElsewhere(named, invocation.console) {
            let repository = try ChangeTarget(invocation).access.mergeable()
            let (pipeline, heads) = try await policyPipeline(of: repository)
            place = .remote(repository, heads: heads)
            (name, self.pipeline, histories) = (named, pipeline, repository)
        } else {
            let repository = try ConfigRepository(invocation)
            let workspace = Workspace(try await repository.snapshot(invocation))
            place = .clone(repository)
            (name, pipeline) = (repository.top, try workspace.usablePipeline(invocation.console))
            histories = try LocalRepository(openingAt: repository.top, configRoot: repository.path)
        }
    }

    /// An address, or a repository without files of its own.
    private static func isElsewhere(_ named: String, _ console: Console) -> Bool {
        if ChangeTarget.isRemote(named) { return true }
        let folder = console.path(named)
        return Files.exists("\(folder)/HEAD") && Files.isFolder("\(folder)/objects")
    }

    func snapshot(of environment: Environment, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot {
        switch place {
        case .clone(let repository):
            if let revision { return try await repository.snapshot(at: revision) }
            return try await repository.snapshot(ofBranch: environment.branch)
        case .remote(let repository, let heads):
            guard let head = heads[environment.branch] else {
                throw CommandError(.notFound, "\(name) has no branch \(environment.branch)")
            }
            return try await repository.snapshot(at: head, reusing: previous)
        }
    }
}
