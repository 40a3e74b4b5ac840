// SPDX-License-Identifier: Apache-2.0

/// One family of measurements. Names and units follow Prometheus' conventions: base units, `_total`, `_seconds`.
public struct Metric: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case counter
        case gauge
        /// Upper bounds in ascending order, `+Inf` left out.
        case histogram([Double])
    }

    public let name: String
    public let help: String
    public let kind: Kind
    /// Bounded sets only: never a commit, a version, a user or a URL.
    public let labels: [String]

    public init(_ name: String, _ kind: Kind, labels: [String] = [], help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }

    /// From a millisecond to a minute: requests and git operations.
    public static let requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]
    /// From 10 ms to half an hour: passes.
    public static let passBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]
}
