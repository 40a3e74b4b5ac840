// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What a preview promised no longer holds.
public struct PromotionMoved: Error, Sendable, Hashable, CustomStringConvertible {
    /// A branch that does not stand where it stood.
    public struct Branch: Sendable, Hashable {
        public let environment: Name
        /// As it was given, perhaps abbreviated.
        public let expected: String
        public let now: Commit
        /// What came since, newest first, as far as it touches the config repository; nil when the branch does not
        /// contain what was expected any more.
        public let since: [Commit]?
    }

    public let request: PromotionRequest
    /// Empty when both branches stand still, and the result is another one all the same.
    public let branches: [Branch]

    public var description: String {
        guard !branches.isEmpty else {
            return
                "both branches stand where they stood, and promoting \(request.from.name) to \(request.to.name) would "
                + "give something else now: a hold has ended or begun, other services were chosen, or another version "
                + "of kubernaut made the preview"
        }
        return branches.map(\.sentence).joined(separator: "; ")
    }
}

extension PromotionMoved.Branch {
    /// `staging moved: 2 commits since 71be004 by Ann and Kim, the newest 9f31c2a "Hold cart"`
    var sentence: String {
        let shown = "\(expected.prefix(7))"
        guard let since else {
            return "\(environment) moved: it does not contain \(shown) any more, and stands at \(now.id.short) "
                + "\"\(now.subject)\" by \(now.author)"
        }
        var authors: [String] = []
        for commit in since.isEmpty ? [now] : since where !authors.contains(commit.author) {
            authors.append(commit.author)
        }
        let who = authors.count > 3 ? "\(authors.count) people" : authors.joined(separator: " and ")
        let count = max(1, since.count)
        return "\(environment) moved: \(count) commit\(count == 1 ? "" : "s") since \(shown) by \(who), the newest "
            + "\(now.id.short) \"\(now.subject)\""
    }
}

extension PromotionPlanner {
    /// - Throws: `PromotionMoved` when the preview is not exactly what was expected.
    public func check(_ preview: PromotionPreview, against expectation: PromotionExpectation) async throws {
        let plan = preview.plan
        var branches: [PromotionMoved.Branch] = []
        if !expectation.admits(from: plan.from.id) {
            branches.append(try await branch(plan.request.from, expectation.from, plan.from))
        }
        if !expectation.admits(to: plan.to.id) {
            branches.append(try await branch(plan.request.to, expectation.to, plan.to))
        }
        if branches.isEmpty, expectation.admits(digest: preview.digest) { return }
        throw PromotionMoved(request: plan.request, branches: branches)
    }

    private func branch(_ environment: Environment, _ expected: String, _ now: Commit) async throws
        -> PromotionMoved.Branch
    {
        let steps = try await repository.history(of: now.id, under: "", after: nil, limit: 1000).map(\.commit)
        let place = steps.firstIndex { $0.id.hex.hasPrefix(expected) }
        return PromotionMoved.Branch(
            environment: environment.name, expected: expected, now: now, since: place.map { Array(steps[..<$0]) })
    }
}
