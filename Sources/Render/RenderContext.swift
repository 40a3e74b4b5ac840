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
    /// What goes into every hash of inputs.
    private let shared: [UInt8]
    /// Ends in a slash.
    private let overrideFolder: String
    private let holdFolder: String
    /// What no file of a service can change.
    let reserved: ValueLayer

    func path(_ file: String) -> String { snapshot.path(of: file) }
    func file(_ path: String) -> SourceFile? { snapshot.files[path] }

    func overridePath(_ service: Name) -> String { "\(overrideFolder)\(service.text).yaml" }
    func holdPath(_ service: Name) -> String { "\(holdFolder)\(service.text).yaml" }
    /// Of the whole environment.
    let holdForAll: OwnFiles.File

    private static func holdAllPath(_ environment: Environment) -> String { "\(environment.name)/holds/all.yaml" }

    /// Every file that a service depends on by its name, and those that all depend on; those that are not there too.
    static func ownPaths(_ service: Name, _ environment: Environment) -> [String] {
        [
            "services/\(service).yaml", "releases/\(service).yaml",
            "\(environment.name)/services/\(service).yaml", "\(environment.name)/holds/\(service).yaml",
        ] + sharedPaths(environment)
    }

    private static func sharedPaths(_ environment: Environment) -> [String] {
        [
            "defaults.yaml", "\(environment.name)/defaults.yaml", holdAllPath(environment), TemplateLibrary.schemaPath,
        ]
    }

    /// The files that carry a service's name.
    struct OwnFiles: Sendable {
        let service: File
        let release: File
        let override: File
        let hold: File

        struct File: Sendable {
            /// Relative to the config root.
            let path: String
            /// Nil when it is not there.
            let file: SourceFile?
        }
    }

    func ownFiles(_ service: Name) -> OwnFiles {
        func file(_ path: String) -> OwnFiles.File { OwnFiles.File(path: path, file: self.file(path)) }
        return OwnFiles(
            service: file("services/\(service.text).yaml"), release: file("releases/\(service.text).yaml"),
            override: file(overridePath(service)), hold: file(holdPath(service)))
    }

    /// Hash over everything that the rendering of a service depends on: SHA-256 over lines.
    ///
    /// - Parameters:
    ///   - template: As the service's file says; nil when it says nothing.
    ///   - isAbsent: Whether it is known not to be in this environment, whatever its template.
    func inputs(of service: Name, _ files: OwnFiles, template: String?, isAbsent: Bool) -> String {
        var text = shared
        text.reserveCapacity(shared.count + 512)
        for file in [files.service, files.release, files.override, files.hold] {
            text += (file.file?.blob ?? "-").utf8
            text.append(0x0A)
        }
        text += service.text.utf8
        text.append(0x0A)
        if !isAbsent { text += library.digest(ofTemplate: template, service: service).utf8 }
        return sha256Hex(text)
    }

    /// Counts up when the same files begin to mean something else.
    private static let rendererVersion = 2

    private static func shared(
        _ environment: Environment, _ snapshot: SourceSnapshot, _ settings: RenderSettings
    ) -> [UInt8] {
        let words = [
            String(rendererVersion), environment.name.text, environment.namespace, environment.cluster ?? "",
            snapshot.root, settings.disabledWarnings.sorted().joined(separator: ","), "\(settings.limits)",
        ]
        let files = sharedPaths(environment).map { snapshot.files[$0]?.blob ?? "-" }
        return (words + files).flatMap { Array($0.utf8) + [0x0A] }
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
        shared = Self.shared(environment, snapshot, settings)
        let holdAllPath = Self.holdAllPath(environment)
        holdForAll = OwnFiles.File(path: holdAllPath, file: snapshot.files[holdAllPath])
        overrideFolder = "\(environment.name)/services/"
        holdFolder = "\(environment.name)/holds/"
        reserved = ReservedValues.layer(of: environment, pipelinePath: snapshot.path(of: PipelineFile.path))
    }
}
