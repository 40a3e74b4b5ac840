// SPDX-License-Identifier: Apache-2.0

import Domain
import Reconciler
import Render

/// The pipeline that counts in a repository, that of the policy branch, and where every branch stands. Fetches.
func policyPipeline(
    of repository: any MergeableRepository
) async throws -> (pipeline: Pipeline, heads: [String: CommitID]) {
    let heads = try await repository.fetch()
    let finder = PolicyBranch(
        source: repository,
        read: { snapshot in
            let reading = Renderer.pipeline(in: snapshot)
            return (reading.content, reading.diagnostics)
        }, configured: nil)
    return (try await finder.pipeline(heads: heads, last: nil).pipeline, heads)
}

extension Pipeline {
    /// - Throws: `.notFound` when there is no such environment.
    func environment(named text: String) throws(CommandError) -> Environment {
        if let found = environments.first(where: { $0.name.text == text }) { return found }
        let names = environments.map(\.name.text)
        throw CommandError(
            .notFound, "there is no environment \"\(text)\"",
            hint: didYouMean(text, in: names) ?? "there are \(names.joined(separator: ", "))")
    }
}
