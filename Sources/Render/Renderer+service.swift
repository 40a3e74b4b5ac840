// SPDX-License-Identifier: Apache-2.0

public import Domain

/// One service rendered from files that may be only a part of the repository.
public struct LoneRendering: Sendable {
    /// Nil when the service is not in this environment, or the environment's defaults cannot be read.
    public let service: RenderedService?
    /// Of the environment and of the service.
    public let diagnostics: [Diagnostic]
    /// Every path that the result depends on, of files that are not there too. One that ends in `/` stands for all
    /// files of that folder.
    public let dependencies: Set<String>

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

extension Renderer {
    /// Renders one service alone, and says which files that takes: whoever has a repository far away fetches those
    /// that are missing and asks again, until nothing is missing.
    public func renderAlone(
        _ service: Name, in snapshot: SourceSnapshot, for environment: Environment
    ) -> LoneRendering {
        let settings = settings(for: snapshot)
        let defaults = defaults(snapshot, environment, settings)
        let library = TemplateLibrary(snapshot, reusing: nil, limits: settings.limits)
        let problems = defaults.diagnostics + library.schemaProblems
        let context = RenderContext(
            snapshot: snapshot, environment: environment, settings: settings, library: library,
            defaults: defaults.values)
        var renderer = ServiceRenderer(service, in: context)
        let rendered = renderer.render()
        let isReadable = !problems.contains { $0.severity == .error }
        return LoneRendering(
            service: isReadable ? rendered : nil, diagnostics: problems + (rendered?.diagnostics ?? []),
            dependencies: Set(renderer.dependencies))
    }
}
