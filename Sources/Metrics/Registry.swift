// SPDX-License-Identifier: Apache-2.0

import Lifecycle

/// Counts and measures, and prints them in Prometheus' text format 0.0.4. Safe from any thread.
public final class Registry: Sendable {
    private struct Series {
        var value = 0.0
        /// Per bucket of a histogram, not cumulative; the last one is `+Inf`.
        var buckets: [Int] = []
        var count = 0
    }

    private let families = Lock<[Metric: [[String]: Series]]>([:])

    public init() {}

    /// - Parameter values: One for each of the metric's labels, in their order.
    public func increment(_ metric: Metric, _ values: [String] = [], by amount: Double = 1) {
        update(metric, values) { $0.value += amount }
    }

    public func set(_ metric: Metric, _ values: [String] = [], to value: Double) {
        update(metric, values) { $0.value = value }
    }

    /// Forgets all series of a gauge, before it is set anew from a snapshot.
    public func clear(_ metric: Metric) { families.withLock { $0[metric] = [:] } }

    public func observe(_ metric: Metric, _ values: [String] = [], _ duration: Duration) {
        guard case .histogram(let bounds) = metric.kind else { preconditionFailure("\(metric.name) is no histogram") }
        let seconds = duration / .seconds(1)
        update(metric, values) { series in
            if series.buckets.isEmpty { series.buckets = [Int](repeating: 0, count: bounds.count + 1) }
            series.buckets[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
            series.value += seconds
            series.count += 1
        }
    }

    private func update(_ metric: Metric, _ values: [String], _ change: (inout Series) -> Void) {
        precondition(values.count == metric.labels.count, "\(metric.name) has \(metric.labels.count) labels")
        families.withLock { change(&$0[metric, default: [:]][values, default: Series()]) }
    }

    /// Everything measured so far, in the order of names.
    public func text() -> String {
        let families = families.withLock { $0 }
        var lines: [String] = []
        for (metric, series) in families.sorted(by: { $0.key.name < $1.key.name }) where !series.isEmpty {
            lines.append("# HELP \(metric.name) \(metric.help)")
            lines.append("# TYPE \(metric.name) \(metric.kind.name)")
            for (values, one) in series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                let labels = zip(metric.labels, values).map { "\($0)=\"\(Self.escaped($1))\"" }
                lines += Self.lines(metric, labels, one)
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func lines(_ metric: Metric, _ labels: [String], _ series: Series) -> [String] {
        guard case .histogram(let bounds) = metric.kind else {
            return ["\(metric.name)\(braced(labels)) \(number(series.value))"]
        }
        var total = 0
        var lines = zip(bounds.map { "\($0)" } + ["+Inf"], series.buckets).map { bound, count in
            total += count
            return "\(metric.name)_bucket\(braced(labels + ["le=\"\(bound)\""])) \(total)"
        }
        lines.append("\(metric.name)_sum\(braced(labels)) \(number(series.value))")
        lines.append("\(metric.name)_count\(braced(labels)) \(series.count)")
        return lines
    }

    private static func braced(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

extension Metric.Kind {
    fileprivate var name: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
