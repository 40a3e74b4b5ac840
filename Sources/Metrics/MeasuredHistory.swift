// SPDX-License-Identifier: Apache-2.0

public import Domain

extension Metric {
    static let passes = Metric(
        "kubernaut_sync_total", .counter, labels: ["environment", "result"],
        help: "Passes that changed something or did not succeed.")
    static let passSeconds = Metric(
        "kubernaut_sync_duration_seconds", .histogram(passBuckets), labels: ["environment"],
        help: "How long those passes took.")
    static let objectsChanged = Metric(
        "kubernaut_objects_changed_total", .counter, labels: ["environment", "action"],
        help: "Objects that passes created, configured, deleted, skipped or failed.")
    static let driftHealed = Metric(
        "kubernaut_drift_detected_total", .counter, labels: ["environment"],
        help: "Passes that drift in the cluster started.")
}

/// A history whose records are counted as they are appended.
public struct MeasuredHistory: PassHistory {
    private let history: any PassHistory
    private let registry: Registry

    public init(_ history: any PassHistory, registry: Registry) {
        self.history = history
        self.registry = registry
    }

    public func append(_ record: PassRecord) async throws {
        let environment = record.environment.text
        registry.increment(.passes, [environment, record.outcome.rawValue])
        registry.observe(.passSeconds, [environment], record.finishedAt.since(record.startedAt))
        if record.trigger == .drift { registry.increment(.driftHealed, [environment]) }
        for (action, results) in Dictionary(grouping: record.objects, by: \.action) {
            registry.increment(.objectsChanged, [environment, action.rawValue], by: Double(results.count))
        }
        try await history.append(record)
    }

    public func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord] {
        try await history.passes(of: environment, before: before, limit: limit)
    }

    public func pass(_ id: String) async throws -> PassRecord? { try await history.pass(id) }
}
