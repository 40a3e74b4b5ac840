// SPDX-License-Identifier: Apache-2.0

public import Domain
import YAML

extension Renderer {
    /// Everything about one service: its manifests with the origin of each line, and its values with theirs.
    ///
    /// Objects that other services want too are not looked for: only `render` sees all services.
    ///
    /// - Returns: Nil when the environment has no such service, or cannot be read as a whole.
    public func detail(
        of service: Name, in snapshot: SourceSnapshot, for environment: Environment
    ) -> ServiceDetail? {
        guard ServiceList.contains(service, in: snapshot) else { return nil }
        let settings = settings(for: snapshot)
        let defaults = defaults(snapshot, environment, settings)
        let library = TemplateLibrary(snapshot, reusing: nil, limits: settings.limits)
        let problems = defaults.diagnostics + library.schemaProblems
        guard !problems.contains(where: { $0.severity == .error }) else { return nil }
        let context = RenderContext(
            snapshot: snapshot, environment: environment, settings: settings, library: library,
            defaults: defaults.values)
        var renderer = ServiceRenderer(service, in: context)
        guard let rendered = renderer.render() else { return nil }
        return ServiceDetail(
            service: rendered, commit: snapshot.commit, manifests: renderer.annotated(),
            values: renderer.values.explained)
    }
}

extension Renderer {
    /// The merged values of some services with their origins, without those that no file can set; services that the
    /// environment does not have, or that cannot be rendered, are left out.
    public func values(
        of services: [Name], in snapshot: SourceSnapshot, for environment: Environment,
        reusing cache: RenderCache? = nil
    ) -> [Name: [ExplainedValue]] {
        let settings = settings(for: snapshot)
        let defaults = defaults(snapshot, environment, settings)
        guard !services.isEmpty, !defaults.diagnostics.contains(where: { $0.severity == .error }) else { return [:] }
        let library = TemplateLibrary(snapshot, reusing: cache?.library, limits: settings.limits)
        let context = RenderContext(
            snapshot: snapshot, environment: environment, settings: settings, library: library,
            defaults: defaults.values)
        var found: [Name: [ExplainedValue]] = [:]
        for service in services {
            var renderer = ServiceRenderer(service, in: context)
            guard renderer.render()?.isFailed == false else { continue }
            found[service] = renderer.values.explained.filter { $0.origin.layer != .reserved }
        }
        return found
    }
}

extension ServiceRenderer {
    /// The manifests of a service that was rendered, line by line; nothing for one that failed.
    fileprivate mutating func annotated() -> [AnnotatedManifest] {
        guard !hasErrors else { return [] }
        var annotated: [AnnotatedManifest] = []
        for placed in rendered {
            let start = Origin(layer: .normalization, location: placed.manifest.location)
            let lines = placed.manifest.object.yamlLines().map { line in
                let origin = line.path.map { origins.origin(of: $0, placed) ?? start }
                return AnnotatedLine(text: line.text, path: line.path, origin: origin)
            }
            annotated.append(AnnotatedManifest(manifest: placed.manifest, lines: lines))
        }
        return annotated
    }
}

extension LeafOrigins {
    /// Nil for what normalization added.
    fileprivate func origin(of path: FieldPath, _ placed: PlacedManifest) -> Origin? {
        if let origin = origin(of: path, placed.place) { return origin }
        // A Secret's data was written as stringData.
        guard placed.manifest.kind.kind == "Secret", path.steps.first == .key("data") else { return nil }
        return origin(of: FieldPath([.key("stringData")] + path.steps.dropFirst()), placed.place)
    }
}
