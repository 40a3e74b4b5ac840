// SPDX-License-Identifier: Apache-2.0

public import Domain

/// What a cluster said about one object that it was shown and did not take.
public struct ManifestRefusal: Sendable {
    let service: Name
    /// The manifest's position in its service.
    let manifest: Int
    let message: String
    let path: FieldPath
    /// Whether the cluster could not judge the object at all.
    let isUnknown: Bool

    public init(service: Name, manifest: Int, message: String, path: FieldPath, isUnknown: Bool = false) {
        self.service = service
        self.manifest = manifest
        self.message = message
        self.path = path
        self.isUnknown = isUnknown
    }
}

extension Renderer {
    /// Compares everything that an environment wants with what a cluster says about its kinds.
    ///
    /// Each problem is shown where its value was written: in a file of values, or in the template. A kind that nothing
    /// is known about is a warning. Rules that only the cluster itself can judge (CEL, admission, references) are not
    /// looked at.
    ///
    /// - Parameters:
    ///   - rendering: What `render` made of `snapshot`.
    ///   - others: Kinds that are checked in another way.
    public func schemaProblems(
        in rendering: Rendering, of snapshot: SourceSnapshot, _ schemas: KubernetesSchemas,
        except others: Set<GroupVersionKind> = []
    ) -> [Diagnostic] {
        var schemas = schemas
        schemas.add(definitionsAmong: rendering.services.lazy.flatMap(\.manifests))
        var places = ProblemPlaces(renderer: self, snapshot: snapshot, environment: rendering.environment)
        var unknown: [GroupVersionKind: (first: Manifest, count: Int)] = [:]
        var diagnostics: [Diagnostic] = []
        for service in rendering.services {
            var problems: [Int: [ObjectProblem]] = [:]
            for (index, manifest) in service.manifests.enumerated() where !others.contains(manifest.kind) {
                guard let document = schemas.document(for: manifest.kind) else {
                    unknown[manifest.kind, default: (manifest, 0)].count += 1
                    continue
                }
                let found = SchemaCheck.problems(of: manifest.object, manifest.kind, in: document)
                if !found.isEmpty { problems[index] = found }
            }
            diagnostics += places.diagnostics(problems, service.name)
        }
        return diagnostics + warnings(about: unknown, settings(for: snapshot)) { schemas.hint(for: $0) }
    }

    /// The same from a cluster that was asked about each object.
    public func schemaProblems(
        in rendering: Rendering, of snapshot: SourceSnapshot, _ refusals: [ManifestRefusal]
    ) -> [Diagnostic] {
        var places = ProblemPlaces(renderer: self, snapshot: snapshot, environment: rendering.environment)
        var unknown: [GroupVersionKind: (first: Manifest, count: Int)] = [:]
        var reasons: [GroupVersionKind: String] = [:]
        var diagnostics: [Diagnostic] = []
        let byService = Dictionary(grouping: refusals, by: \.service)
        for service in rendering.services {
            var problems: [Int: [ObjectProblem]] = [:]
            for refusal in byService[service.name] ?? [] where service.manifests.indices.contains(refusal.manifest) {
                let manifest = service.manifests[refusal.manifest]
                if refusal.isUnknown {
                    unknown[manifest.kind, default: (manifest, 0)].count += 1
                    reasons[manifest.kind] = refusal.message
                } else {
                    problems[refusal.manifest, default: []].append(
                        ObjectProblem(code: Codes.refused, message: refusal.message, path: refusal.path))
                }
            }
            diagnostics += places.diagnostics(problems, service.name)
        }
        return diagnostics + warnings(about: unknown, settings(for: snapshot)) { reasons[$0] }
    }

    private func warnings(
        about unknown: [GroupVersionKind: (first: Manifest, count: Int)], _ settings: RenderSettings,
        hint: (GroupVersionKind) -> String?
    ) -> [Diagnostic] {
        guard !settings.disabledWarnings.contains(Codes.schemaMissing) else { return [] }
        return unknown.sorted { $0.key.description < $1.key.description }.map { kind, found in
            Diagnostic(
                .warning, Codes.schemaMissing,
                "schema unknown: \(kind) was not checked (\(found.count == 1 ? "1 object" : "\(found.count) objects"))",
                at: found.first.location, hint: hint(kind))
        }
    }
}

/// Finds where the values at paths of rendered objects were written; renders a service again for that.
private struct ProblemPlaces {
    let renderer: Renderer
    let snapshot: SourceSnapshot
    let environment: Environment
    private var context: RenderContext?

    init(renderer: Renderer, snapshot: SourceSnapshot, environment: Environment) {
        self.renderer = renderer
        self.snapshot = snapshot
        self.environment = environment
    }

    /// - Parameter problems: By the position of the manifest in the service.
    mutating func diagnostics(_ problems: [Int: [ObjectProblem]], _ service: Name) -> [Diagnostic] {
        guard !problems.isEmpty else { return [] }
        let context = sharedContext()
        var renderer = ServiceRenderer(service, in: context)
        _ = renderer.render()
        var diagnostics: [Diagnostic] = []
        for (index, placed) in renderer.rendered.enumerated() {
            let object = "\(placed.manifest.kind.kind)/\(placed.manifest.name)"
            for problem in problems[index] ?? [] {
                let place = renderer.origins.place(
                    of: problem.path, placed, isAboutKey: problem.isAboutKey,
                    isAboutType: problem.code == Codes.schemaType)
                diagnostics.append(
                    Diagnostic(
                        .error, problem.code, "\(object): \(problem.message)", at: place ?? placed.manifest.location,
                        hint: problem.hint, service: service))
            }
        }
        return diagnostics
    }

    private mutating func sharedContext() -> RenderContext {
        if let context { return context }
        let settings = renderer.settings(for: snapshot)
        let made = RenderContext(
            snapshot: snapshot, environment: environment, settings: settings,
            library: TemplateLibrary(snapshot, reusing: nil, limits: settings.limits),
            defaults: renderer.defaults(snapshot, environment, settings).values)
        context = made
        return made
    }
}

extension LeafOrigins {
    /// Where the value at a path of an object was written; of a list or map where its first part stands.
    ///
    /// - Parameters:
    ///   - isAboutKey: Whether the place of the last key is wanted, which a template may have written for a value from
    ///     elsewhere.
    ///   - isAboutType: Whether the place is wanted that made it a string and not a number.
    /// - Returns: Nil when nothing of it was written by anyone.
    func place(of path: FieldPath, _ placed: PlacedManifest, isAboutKey: Bool, isAboutType: Bool) -> SourceLocation? {
        guard documents.indices.contains(placed.place.document) else { return nil }
        let leaves = documents[placed.place.document]
        let start = placed.place.path.steps.count
        var steps = placed.place.path.steps + path.steps
        // A Secret's data was written as stringData.
        if placed.manifest.kind.kind == "Secret", path.steps.first == .key("data"), leaves[FieldPath(steps)] == nil {
            steps[start] = .key("stringData")
        }
        while steps.count >= start {
            let below = leaves.filter { $0.key.steps.starts(with: steps) }.values
            let first = below.min { ($0.template, $0.origin.location) < ($1.template, $1.origin.location) }
            if let first {
                let isTemplates = isAboutKey && steps.count <= first.templateSteps || isAboutType && first.isText
                return isTemplates ? first.template : first.origin.location
            }
            guard steps.popLast() != nil else { return nil }
        }
        return nil
    }
}
