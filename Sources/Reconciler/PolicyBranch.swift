// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Finds the branch whose `kubernaut.yaml` counts, and reads it.
public struct PolicyBranch: Sendable {
    let source: any Source
    let read: RepositoryLoop.PipelineReader
    /// As the daemon's own configuration says; nil for the branch of the pipeline's last environment.
    let configured: String?

    public init(source: any Source, read: @escaping RepositoryLoop.PipelineReader, configured: String?) {
        self.source = source
        self.read = read
        self.configured = configured
    }

    public struct Found: Sendable {
        public let branch: String
        public let commit: CommitID
        public let snapshot: SourceSnapshot
        public let pipeline: Pipeline
    }

    public struct Problem: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter last: What was found before; not read again while its branch stands still.
    /// - Throws: `GitError`, or `Problem` naming the first thing that is wrong with the file.
    public func pipeline(heads: [String: CommitID], last: Found?) async throws -> Found {
        if let configured { return try await pipeline(on: configured, heads: heads, last: last) }
        if let last {
            guard heads[last.branch] != nil else {
                throw Problem(description: "the policy branch \(last.branch) is gone; its last pipeline stays in force")
            }
            return try await settle(on: last.branch, heads: heads, last: last)
        }
        // Nobody said where to look: any branch with a pipeline names the one that counts.
        let usual = ["main", "master", "production", "prod"].filter { heads[$0] != nil }
        var problem: (any Error)?
        for branch in usual + heads.keys.sorted().filter({ !usual.contains($0) }) {
            do {
                return try await settle(on: branch, heads: heads, last: last)
            } catch {
                problem = problem ?? error
            }
        }
        throw problem ?? Problem(description: "the repository has no branch; push one with environments/kubernaut.yaml")
    }

    /// Follows "the branch of the last environment" from one branch's pipeline to the one that names itself.
    private func settle(on start: String, heads: [String: CommitID], last: Found?) async throws -> Found {
        var found = try await pipeline(on: start, heads: heads, last: last)
        var visited = [start]
        while let next = found.pipeline.environments.last?.branch, !visited.contains(next), heads[next] != nil {
            visited.append(next)
            // The named branch may not have the file yet; then the one that names it counts.
            guard let better = try? await pipeline(on: next, heads: heads, last: last) else { break }
            found = better
        }
        return found
    }

    private func pipeline(on branch: String, heads: [String: CommitID], last: Found?) async throws -> Found {
        guard let commit = heads[branch] else {
            throw Problem(description: "the policy branch \(branch) does not exist")
        }
        if let last, last.branch == branch, last.commit == commit { return last }
        let snapshot = try await source.snapshot(at: commit, reusing: last?.snapshot)
        let (pipeline, diagnostics) = read(snapshot)
        guard let pipeline else {
            let problem = diagnostics.first { $0.severity == .error }
            throw Problem(description: problem.map { "branch \(branch): \($0)" } ?? "branch \(branch) has no pipeline")
        }
        return Found(branch: branch, commit: commit, snapshot: snapshot, pipeline: pipeline)
    }
}
