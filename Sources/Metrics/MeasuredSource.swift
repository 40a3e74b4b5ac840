// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Metric {
    static let gitSeconds = Metric(
        "kubernaut_git_operation_duration_seconds", .histogram(requestBuckets), labels: ["operation"],
        help: "How long git operations took.")
    static let gitErrors = Metric(
        "kubernaut_git_errors_total", .counter, labels: ["operation"], help: "Git operations that failed.")
}

/// A source whose operations are counted and timed.
public struct MeasuredSource: Source {
    private let source: any Source
    private let registry: Registry

    public init(_ source: any Source, registry: Registry) {
        self.source = source
        self.registry = registry
    }

    private func measure<Result: Sendable>(
        _ operation: String, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await registry.timed(.gitSeconds, [operation], body)
        } catch {
            if !(error is CancellationError) { registry.increment(.gitErrors, [operation]) }
            throw error
        }
    }

    public func fetch() async throws -> [String: CommitID] {
        try await measure("fetch") { try await source.fetch() }
    }

    public func snapshot(at commit: CommitID, reusing previous: SourceSnapshot?) async throws -> SourceSnapshot {
        try await measure("snapshot") { try await source.snapshot(at: commit, reusing: previous) }
    }

    public func history(
        of commit: CommitID, under folder: String, after: CommitID?, limit: Int
    ) async throws -> [HistoryStep] {
        try await measure("history") {
            try await source.history(of: commit, under: folder, after: after, limit: limit)
        }
    }
}
