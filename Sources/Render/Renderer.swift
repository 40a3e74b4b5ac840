// SPDX-License-Identifier: Apache-2.0

public import Domain
import YAML

/// What rendering may use, and what it need not say.
public struct RenderSettings: Sendable, Hashable {
    public var limits: FileLimits
    /// Codes of warnings that nobody wants to see.
    public var disabledWarnings: Set<String>

    public init(
        limits: FileLimits = .standard, disabledWarnings: Set<String> = DiagnosticCatalogue.offByDefault
    ) {
        self.limits = limits
        self.disabledWarnings = disabledWarnings
    }

    /// As the repository's `kubernaut.yaml` wants it.
    public init(of pipeline: Pipeline) {
        self.init(limits: pipeline.limits, disabledWarnings: pipeline.disabledWarnings)
    }
}

/// Turns the files of a config repository into manifests.
///
/// In come a `SourceSnapshot` and an `Environment`; out goes a `Rendering`: what every service wants, or why it cannot
/// be said. Pure: equal input gives equal output, and nothing outside is read or changed.
public struct Renderer: Sendable {
    private let fixed: RenderSettings?

    /// - Parameter settings: Nil for what the `kubernaut.yaml` of the rendered files says, so that everybody who renders
    ///   the same files gets the same.
    public init(settings: RenderSettings? = nil) { fixed = settings }

    func settings(for snapshot: SourceSnapshot) -> RenderSettings {
        fixed ?? Self.pipeline(in: snapshot).content.map { RenderSettings(of: $0) } ?? RenderSettings()
    }

    /// Reads `kubernaut.yaml`. Nil content when it is missing or has errors.
    public static func pipeline(in snapshot: SourceSnapshot) -> Reading<Pipeline> {
        let path = snapshot.path(of: PipelineFile.path)
        guard let file = snapshot.files[PipelineFile.path] else {
            let missing = Diagnostic(
                .error, Codes.missingFile, "there is no \(path)", at: SourceLocation(file: path),
                hint: "it names the environments; kubernaut init writes one")
            return Reading(content: nil, diagnostics: [missing])
        }
        return PipelineFile.read(file.bytes, path: path)
    }

    /// Reads one release record's bytes alone.
    ///
    /// - Parameter path: As a person sees it; when its last part is `<name>.yaml`, the record must be for that service.
    public static func release(_ bytes: [UInt8], path: String) -> Reading<ReleaseRecord> {
        let reading = ReleaseFile.read(bytes, path: path)
        return Reading(content: reading.content?.record, diagnostics: reading.diagnostics)
    }

    /// Renders everything that an environment wants.
    ///
    /// - Parameter previous: What an earlier call for the same environment left; services whose inputs did not change
    ///   since are taken from there. The result is the same as without.
    public func render(
        _ snapshot: SourceSnapshot, for environment: Environment, reusing previous: RenderCache? = nil
    ) -> (rendering: Rendering, cache: RenderCache) {
        var cache = previous ?? RenderCache()
        return (render(snapshot, for: environment, updating: &cache), cache)
    }

    /// As `render(_:for:reusing:)`, without a copy of what was there before.
    ///
    /// - Parameter cache: What earlier calls for the same environment left; services whose inputs did not change since
    ///   are taken from there.
    public func render(
        _ snapshot: SourceSnapshot, for environment: Environment, updating cache: inout RenderCache
    ) -> Rendering {
        let preparation = prepare(snapshot, environment, after: cache)
        // What was rendered before stays useful for the time when the file is readable again.
        guard let context = preparation.context else {
            return Rendering(
                environment: environment, commit: snapshot.commit, services: [], diagnostics: preparation.diagnostics)
        }
        cache.advance(to: context, preparation.changes, preparation.defaults)
        return Rendering(
            environment: environment, commit: snapshot.commit, services: cache.services,
            diagnostics: preparation.diagnostics + cache.strayFiles)
    }

    /// What all services of some files share.
    struct Preparation {
        /// Nil when nothing can be rendered.
        let context: RenderContext?
        let changes: RenderChanges
        let defaults: DefaultValues
        let diagnostics: [Diagnostic]
    }

    /// Reads what concerns all services, as far as it is not known from what was rendered before.
    func prepare(_ snapshot: SourceSnapshot, _ environment: Environment, after cache: RenderCache) -> Preparation {
        let settings = settings(for: snapshot)
        let changes = RenderChanges(from: cache.basis, to: snapshot, environment, settings)
        let kept = changes.keepsDefaults ? cache.defaults : nil
        let defaults = kept ?? defaults(snapshot, environment, settings)
        let library =
            (changes.keepsTemplates ? cache.library : nil)
            ?? TemplateLibrary(
                snapshot, reusing: cache.basis?.settings.limits == settings.limits ? cache.library : nil,
                limits: settings.limits)
        let diagnostics =
            defaults.diagnostics
            + library.schemaProblems.filter { !settings.disabledWarnings.contains($0.code) }
        let isReadable = !diagnostics.contains { $0.severity == .error }
        let context = RenderContext(
            snapshot: snapshot, environment: environment, settings: settings, library: library,
            defaults: defaults.values)
        return Preparation(
            context: isReadable ? context : nil, changes: changes, defaults: defaults, diagnostics: diagnostics)
    }

    /// Reads `defaults.yaml` and the environment's own.
    func defaults(
        _ snapshot: SourceSnapshot, _ environment: Environment, _ settings: RenderSettings
    ) -> DefaultValues {
        var diagnostics: [Diagnostic] = []
        let values = defaults(snapshot, environment, settings, &diagnostics)
        return DefaultValues(values: values, diagnostics: diagnostics)
    }

    private func defaults(
        _ snapshot: SourceSnapshot, _ environment: Environment, _ settings: RenderSettings,
        _ diagnostics: inout [Diagnostic]
    ) -> LayeredValues {
        var layers: [ValueLayer] = []
        for (layer, path) in [
            (Layer.defaults, "defaults.yaml"), (.environmentDefaults, "\(environment.name)/defaults.yaml"),
        ] {
            guard let file = snapshot.files[path] else { continue }
            let reading = DefaultsFile.read(file.bytes, path: snapshot.path(of: path), limits: settings.limits)
            diagnostics += reading.diagnostics
            guard let root = reading.content else { continue }
            let valueLayer = ValueLayer(layer: layer, file: snapshot.path(of: path), root: root)
            layers.append(valueLayer)
            if !settings.disabledWarnings.contains(Codes.numberLikeVersion) {
                warnAboutNumbers(valueLayer, &diagnostics)
            }
        }
        return LayeredValues.empty.adding(layers, &diagnostics)
    }

    private func warnAboutNumbers(_ layer: ValueLayer, _ diagnostics: inout [Diagnostic]) {
        var numbers: [(text: String, mark: YAMLMark)] = []
        ReviewWarnings.numbersLosingDigits(layer.root, &numbers)
        for number in numbers {
            diagnostics.append(
                Diagnostic(
                    .warning, Codes.numberLikeVersion, "\(number.text) is read as a number and loses its last digit",
                    at: layer.location(number.mark), hint: "write \"\(number.text)\" if it is a version"))
        }
    }
}

/// What all services of an environment start from, and what is wrong with it.
struct DefaultValues: Sendable {
    let values: LayeredValues
    let diagnostics: [Diagnostic]
}
