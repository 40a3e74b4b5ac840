// SPDX-License-Identifier: Apache-2.0

extension Registry {
    /// Runs `body` and observes how long it took, whatever came of it.
    func timed<Result: Sendable, Failure: Error>(
        _ metric: Metric, _ labels: [String], _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        defer { observe(metric, labels, clock.now - start) }
        return try await body()
    }
}
