// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// What all services of one environment at one commit share.
struct RenderContext: Sendable {
    let snapshot: SourceSnapshot
    let environment: Environment
    let settings: RenderSettings
    let library: TemplateLibrary
    /// `defaults.yaml` and the environment's own.
    let defaults: LayeredValues
    private let shared: String

    func path(_ file: String) -> String { snapshot.path(of: file) }
    func file(_ path: String) -> SourceFile? { snapshot.files[path] }

    var defaultsPath: String { "\(environment.name)/defaults.yaml" }
    func overridePath(_ service: Name) -> String { "\(environment.name)/services/\(service).yaml" }
    func holdPath(_ service: Name) -> String { "\(environment.name)/holds/\(service).yaml" }
    var holdAllPath: String { "\(environment.name)/holds/all.yaml" }

    /// Every file that a service depends on by its name, those that are not there too.
    func ownPaths(_ service: Name) -> [String] { Self.ownPaths(service, environment) }

    static func ownPaths(_ service: Name, _ environment: Environment) -> [String] {
        [
            "defaults.yaml", "\(environment.name)/defaults.yaml", "services/\(service).yaml",
            "releases/\(service).yaml",
            "\(environment.name)/services/\(service).yaml", "\(environment.name)/holds/\(service).yaml",
            "\(environment.name)/holds/all.yaml", TemplateLibrary.schemaPath,
        ]
    }

    /// Hash over everything that the rendering of a service depends on.
    ///
    /// - Parameters:
    ///   - template: As the service's file says; nil when it says nothing.
    ///   - isAbsent: Whether it is known not to be in this environment, whatever its template.
    func inputs(of service: Name, template: String?, isAbsent: Bool) -> String {
        inputs(ownPaths(service) + (isAbsent ? [] : library.find(template, service: service).dependencies))
    }

    /// Hash over the content of the files at `paths`, and over everything else that a result depends on.
    func inputs(_ paths: [String]) -> String {
        var parts = [shared]
        parts.reserveCapacity(paths.count + 1)
        for path in paths {
            parts.append(file(path)?.blob ?? library.digest(of: path) ?? "-")
        }
        return sha256Hex(Array(parts.joined(separator: "\n").utf8))
    }

    /// Counts up when the same files begin to mean something else.
    private static let rendererVersion = 1

    private static func shared(_ environment: Environment, _ root: String, _ settings: RenderSettings) -> String {
        [
            String(rendererVersion), environment.name.text, environment.namespace, environment.cluster ?? "", root,
            settings.disabledWarnings.sorted().joined(separator: ","), "\(settings.limits)",
        ].joined(separator: "\n")
    }

    init(
        snapshot: SourceSnapshot, environment: Environment, settings: RenderSettings, library: TemplateLibrary,
        defaults: LayeredValues
    ) {
        self.snapshot = snapshot
        self.environment = environment
        self.settings = settings
        self.library = library
        self.defaults = defaults
        shared = Self.shared(environment, snapshot.root, settings)
    }
}
