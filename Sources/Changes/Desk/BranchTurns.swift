// SPDX-License-Identifier: Apache-2.0

/// Lets one change of each branch run at a time, in the order in which they came: two of one server never race each
/// other to the remote.
actor BranchTurns {
    /// Who waits for a branch that is being changed; none for a branch at rest.
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    /// Of one branch. Further ones are turned away: they would not get their turn in reasonable time.
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// - Throws: `Refusal` `.contended` when too many wait already; what `body` throws.
    func run<Result: Sendable>(_ branch: String, _ body: @Sendable () async throws -> Result) async throws -> Result {
        if let others = waiting[branch] {
            guard others.count < limit else {
                throw Refusal(
                    .contended, "\(others.count) changes of \(branch) wait already", hint: "try again in a minute")
            }
            await withCheckedContinuation { waiting[branch, default: []].append($0) }
        } else {
            waiting[branch] = []
        }
        defer { pass(branch) }
        return try await body()
    }

    /// The turn goes to whoever waits longest.
    private func pass(_ branch: String) {
        guard let next = waiting[branch]?.first else {
            waiting[branch] = nil
            return
        }
        waiting[branch]?.removeFirst()
        next.resume()
    }
}
