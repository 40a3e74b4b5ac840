// SPDX-License-Identifier: Apache-2.0

public import Domain

extension PromotionPlanner {
    /// What a promotion would do on top of a head of the target's branch, and of the newest head of the source's.
    ///
    /// - Throws: `PromotionConflict`, `Refusal`, the repository's errors.
    public func preview(_ request: PromotionRequest, on target: BranchHead) async throws -> PromotionPreview {
        let source = try await repository.fetchHead(of: request.from.branch)
        return PromotionPreview(
            try await plan(request, from: source.commit, to: target.commit), renderer: renderer)
    }

    /// One attempt, for `ChangeLoop`.
    ///
    /// - Parameter expectation: What a person saw and agreed to; nil when nobody looked.
    /// - Throws: `PromotionMoved` when what was expected is no longer what would happen; `Refusal` `.invalid` when the
    ///   result could not be rendered; what `preview` throws.
    public func step(
        _ request: PromotionRequest, on target: BranchHead, expecting expectation: PromotionExpectation?,
        reason: String?, actor: String?
    ) async throws -> ChangeStep<PromotionPreview> {
        let preview = try await preview(request, on: target)
        if let expectation { try await check(preview, against: expectation) }
        if let refusal = preview.refusal { throw refusal }
        return preview.isEmpty ? .done(preview) : .commit(preview.change(reason: reason, actor: actor), preview)
    }
}

extension PromotionPreview {
    /// Why this is not promoted; nil when it can be.
    public var refusal: Refusal? {
        guard !problems.isEmpty else { return nil }
        return Refusal(
            .invalid, "\(plan.request.to.name) could not be rendered after this promotion",
            hint: "mend it on \(plan.request.from.branch), then promote again", diagnostics: problems)
    }
}
