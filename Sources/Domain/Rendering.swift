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
    /// In the order of the template. Empty when `isFailed`.
    public let manifests: [Manifest]
    public let diagnostics: [Diagnostic]
    /// Hash over the content of every input file and the settings: equal inputs give equal manifests.
    public let inputs: String

    public init(
        name: Name, team: Name?, release: ReleaseRecord?, needs: [Name], manifests: [Manifest],
        diagnostics: [Diagnostic], inputs: String
    ) {
        self.name = name
        self.team = team
        self.release = release
        self.needs = needs
        self.manifests = manifests
        self.diagnostics = diagnostics
        self.inputs = inputs
    }

    /// Nothing of a failed service is applied, and nothing of it is pruned.
    public var isFailed: Bool { diagnostics.contains { $0.severity == .error } }
}
