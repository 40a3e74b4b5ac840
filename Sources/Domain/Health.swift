// SPDX-License-Identifier: Apache-2.0

/// Whether an object works, apart from whether it is as git wants it.
public enum HealthStatus: String, Sendable, Hashable, CaseIterable {
    case healthy
    case suspended
    case progressing
    case terminating
    case missing
    case degraded
    case unknown

    /// 0 for the best; of several objects the worst speaks for all.
    public var severity: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.count }
}

/// An object's health and why.
public struct ObjectHealth: Sendable, Hashable {
    public let status: HealthStatus
    /// One sentence without a full stop that names what fails: "2 of 3 pods are ready". Empty only when healthy.
    public let reason: String

    public init(_ status: HealthStatus, _ reason: String = "") {
        self.status = status
        self.reason = reason
    }

    public static let healthy = ObjectHealth(.healthy)
}
