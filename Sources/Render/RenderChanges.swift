// SPDX-License-Identifier: Apache-2.0

import Domain

/// What has to be looked at again since the last rendering: the way from changed files to the services that read them.
///
/// A service's own files carry its name. Templates and partials serve many, and are found through the library's own list
/// of what each template can reach.
struct RenderChanges {
    /// The files that differ; nil when everything has to be looked at.
    let paths: Set<String>?
    /// The services whose own files are among them; nil when a file that concerns all of them is.
    private(set) var services: Set<Name>? = []
    private(set) var keepsDefaults = true
    /// Changed files of `templates/`.
    private var templatePaths = Set<String>()
    /// Whether one of those came or went.
    private var hasOtherTemplates = false

    /// Whether the schema of all values is another one.
    private var hasOtherSchema = false

    /// Schemas are kept with the templates.
    var keepsTemplates: Bool { paths != nil && templatePaths.isEmpty && !hasOtherSchema }

    init(
        from basis: RenderCache.Basis?, to snapshot: SourceSnapshot, _ environment: Environment,
        _ settings: RenderSettings
    ) {
        guard let basis, basis.environment == environment, basis.settings == settings,
            basis.snapshot.root == snapshot.root
        else {
            paths = nil
            services = nil
            keepsDefaults = false
            return
        }
        let changed = snapshot.paths(differingFrom: basis.snapshot)
        paths = changed
        for path in changed {
            if path.hasPrefix(TemplateLibrary.folder) {
                templatePaths.insert(path)
                if (snapshot.files[path] == nil) != (basis.snapshot.files[path] == nil) { hasOtherTemplates = true }
            } else {
                note(path, environment)
            }
        }
    }

    private mutating func note(_ path: String, _ environment: Environment) {
        let own = "\(environment.name)/"
        for folder in ["releases/", "services/", "\(own)services/", "\(own)holds/"] where path.hasPrefix(folder) {
            guard let name = ServiceList.service(path, in: folder) else { return }
            if folder.hasSuffix("/holds/"), name.text == "all" { services = nil }
            services?.insert(name)
            return
        }
        if path == "defaults.yaml" || path == "\(own)defaults.yaml" {
            keepsDefaults = false
            services = nil
        }
        if path == TemplateLibrary.schemaPath {
            hasOtherSchema = true
            services = nil
        }
    }

    // MARK: Templates

    /// Templates that mean something else now.
    struct Templates {
        /// Without ending.
        fileprivate let names: Set<String>

        /// - Parameter template: As the service's file says; nil when it says nothing.
        func concern(_ service: Name, _ template: String?) -> Bool {
            if let template { return names.contains(template) }
            return names.contains(service.text) || names.contains("default")
        }
    }

    /// - Returns: Nil when no template changed.
    func templates(_ before: TemplateLibrary?, _ after: TemplateLibrary) -> Templates? {
        guard !templatePaths.isEmpty else { return nil }
        var changed = templatePaths
        if hasOtherTemplates { changed.formUnion([TemplateLibrary.allPartials, TemplateLibrary.allTemplates]) }
        // A template that chooses its partials by values can reach all of them.
        if changed.contains(where: { $0.hasPrefix(TemplateLibrary.partialFolder) }) {
            changed.insert(TemplateLibrary.allPartials)
        }
        var names = Set(templatePaths.compactMap(TemplateLibrary.templateName(ofFile:)))
        for library in [before, after].compactMap(\.self) { names.formUnion(library.templates(reaching: changed)) }
        return Templates(names: names)
    }
}
