// SPDX-License-Identifier: Apache-2.0

/// Everything one environment wants at one commit: what `Render` hands to `Reconciler`.
public struct Rendering: Sendable {
    public let environment: Environment
    /// Nil for a working tree.
    public let commit: Commit?
    /// In the order of their names.
    public let services: [RenderedService]
    /// Problems of files that concern every service. With an error here, `services` is empty and nothing
    /// may be applied or pruned.
    public let diagnostics: [Diagnostic]

    public init(environment: Environment, commit: Commit?, services: [RenderedService], diagnostics: [Diagnostic]) {
        self.environment = environment
        self.commit = commit
        self.services = services
        self.diagnostics = diagnostics
    }

    public var allDiagnostics: [Diagnostic] { diagnostics + services.flatMap(\.diagnostics) }

    /// Whether the environment as a whole could not be read.
    public var isUnreadable: Bool { diagnostics.contains { $0.severity == .error } }
}

/// One service in one environment, rendered or failed.
public struct RenderedService: Sendable {
    public let name: Name
    public let team: Name?
    /// Nil when the record is unreadable, or the service needs none.
    public let release: ReleaseRecord?
    /// Services that must be healthy before this one is applied.
    public let needs: [Name]
    /// Where the application's own source lives, as its service file says; nil when it says nothing.
    public let source: String?
    /// Why nothing else may be promoted over this release; nil when nobody holds it.
    public let hold: Hold?
    /// Whether objects that exist and belong to nobody are taken over; nil leaves it to the environment.
    public let adoptsExisting: Bool?
    /// In the order of the template. Empty when `isFailed`.
    public let manifests: [Manifest]
    public let diagnostics: [Diagnostic]
    /// Hash over the content of every input file and the settings: equal inputs give equal manifests.
    public let inputs: String

    public init(
        name: Name, team: Name?, release: ReleaseRecord?, needs: [Name], manifests: [Manifest],
        diagnostics: [Diagnostic], inputs: String, source: String? = nil, hold: Hold? = nil,
        adoptsExisting: Bool? = nil
    ) {
        self.name = name
        self.team = team
        self.release = release
        self.needs = needs
        self.manifests = manifests
        self.diagnostics = diagnostics
        self.inputs = inputs
        self.source = source
        self.hold = hold
        self.adoptsExisting = adoptsExisting
    }

    /// Nothing of a failed service is applied, and nothing of it is pruned.
    public var isFailed: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Someone's word that a service, or a whole environment, stays at its release.
public struct Hold: Sendable, Hashable {
    public let by: String?
    public let reason: String
    /// When it ends by itself; nil for "until someone resumes".
    public let until: Instant?
    /// Whether it holds the whole environment.
    public let isForAll: Bool
    public let location: SourceLocation

    public init(by: String?, reason: String, until: Instant?, isForAll: Bool, location: SourceLocation) {
        self.by = by
        self.reason = reason
        self.until = until
        self.isForAll = isForAll
        self.location = location
    }

    public func isActive(at now: Instant) -> Bool { until.map { now < $0 } ?? true }
}
