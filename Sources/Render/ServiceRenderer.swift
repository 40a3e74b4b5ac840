// SPDX-License-Identifier: Apache-2.0

import Domain
import YAML

/// Renders one service; lives for one rendering. Pure.
struct ServiceRenderer {
    let context: RenderContext
    let name: Name
    private let files: RenderContext.OwnFiles
    var diagnostics: [Diagnostic] = []
    private(set) var service = ServiceFile.none
    private(set) var release: ReleaseFile?
    private(set) var override: OverrideFile?
    private(set) var values = LayeredValues.empty
    private(set) var template: TemplateUse?
    /// What became of the documents; not to be used with errors.
    private(set) var rendered: [PlacedManifest] = []
    /// Found when something has to be said about a place.
    private(set) lazy var origins = locate()
    private var hold: Hold?
    private var templatePaths: [String] = []

    init(_ name: Name, in context: RenderContext) {
        self.name = name
        self.context = context
        files = context.ownFiles(name)
    }

    /// - Returns: Nil when the service is not in this environment.
    mutating func render() -> RenderedService? {
        guard read() else { return nil }
        let documents = hasErrors ? [] : documents()
        if !hasErrors { rendered = manifests(documents) }
        if !hasErrors { warn(rendered, documents) }
        return RenderedService(
            name: name, team: service.team, release: release?.record, needs: service.needs,
            manifests: hasErrors ? [] : rendered.map(\.manifest), diagnostics: distinctDiagnostics,
            inputs: inputs(isAbsent: false), source: service.source, hold: hold,
            adoptsExisting: service.adoptsExisting)
    }

    /// Every path that the result depends on, of files that are not there too; complete after `render`.
    var dependencies: [String] { RenderContext.ownPaths(name, context.environment) + templatePaths }

    /// Hash over everything that the result depends on; complete after `render`.
    ///
    /// - Parameter isAbsent: Whether the service turned out not to be in this environment.
    func inputs(isAbsent: Bool) -> String {
        context.inputs(of: name, files, template: service.template, isAbsent: isAbsent)
    }

    mutating func add(_ code: String, _ message: String, at location: SourceLocation, hint: String? = nil) {
        diagnostics.append(Diagnostic(.error, code, message, at: location, hint: hint))
    }

    /// Adds a warning unless it is switched off.
    mutating func warn(_ code: String, _ message: String, at location: SourceLocation, hint: String? = nil) {
        guard !context.settings.disabledWarnings.contains(code) else { return }
        diagnostics.append(Diagnostic(.warning, code, message, at: location, hint: hint))
    }

    /// What a loop says twice is said once.
    private var distinctDiagnostics: [Diagnostic] {
        guard diagnostics.count > 1 else { return diagnostics.map { $0.concerning(name) } }
        var seen = Set<Diagnostic>()
        return diagnostics.filter { seen.insert($0).inserted }.map { $0.concerning(name) }
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    // MARK: Reading

    /// - Returns: False when the service is not in this environment.
    private mutating func read() -> Bool {
        if let file = files.override.file {
            let reading = OverrideFile.read(
                file.bytes, path: context.path(files.override.path), limits: context.settings.limits)
            if reading.content?.isEnabled == false { return false }
            diagnostics += reading.diagnostics
            override = reading.content
        }
        if let file = files.service.file {
            let reading = ServiceFile.read(
                file.bytes, path: context.path(files.service.path), limits: context.settings.limits)
            diagnostics += reading.diagnostics
            service = reading.content ?? .none
        }
        if let file = files.release.file {
            let reading = ReleaseFile.read(file.bytes, path: context.path(files.release.path))
            diagnostics += reading.diagnostics
            release = reading.content
        }
        readHold()
        mergeValues()
        findTemplate()
        checkValues()
        return true
    }

    private mutating func readHold() {
        readHold(files.hold, isForAll: false)
        if hold == nil { readHold(context.holdForAll, isForAll: true) }
    }

    private mutating func readHold(_ file: RenderContext.OwnFiles.File, isForAll: Bool) {
        guard let content = file.file else { return }
        let reading = HoldFile.read(content.bytes, path: context.path(file.path), isForAll: isForAll)
        diagnostics += reading.diagnostics
        hold = reading.content
    }

    private mutating func mergeValues() {
        var layers: [ValueLayer] = []
        func add(_ layer: Layer, _ path: String, _ root: YAMLNode?) {
            guard let root, !root.isNull else { return }
            if root.members == nil {
                let location = SourceLocation(file: path, line: Int(root.mark.line), column: Int(root.mark.column))
                diagnostics.append(
                    Diagnostic(
                        .error, Codes.badValue, "values must be a map, not a \(root.value.kindName)", at: location))
            } else {
                layers.append(ValueLayer(layer: layer, file: path, root: root))
            }
        }
        let releasePath = context.path(files.release.path)
        add(.service, context.path(files.service.path), service.values)
        add(.release, releasePath, release?.values)
        if let override { add(.environmentService, context.path(files.override.path), override.values) }
        layers += ReservedValues.layers(
            service: name, release: release.map { ($0, releasePath) }, shared: context.reserved)
        values = context.defaults.adding(layers, &diagnostics)
    }

    private mutating func findTemplate() {
        let (use, paths) = context.library.find(service.template, service: name)
        templatePaths = paths
        switch use {
        case .success(let use): template = use
        case .failure(let missing):
            let path = service.template == nil ? "releases/\(name).yaml" : "services/\(name).yaml"
            let mark = service.templateMark
            let location = SourceLocation(
                file: context.path(path), line: Int(mark?.line ?? 0), column: Int(mark?.column ?? 0))
            add(Codes.missingTemplate, missing.message, at: location, hint: missing.hint)
        }
    }

    // MARK: Filling

    /// One parsed document of the template and the values for its tokens.
    struct Document {
        let fill: Fill
        let text: ExpandedText
        /// Where it starts.
        let location: SourceLocation
        let bindings: [Binding?]
        /// What is known of the document whatever its values are; nil where sections and partials make it.
        var flat: FlatTemplate.Document?
        /// What stands at each token, when the values' paths follow from that; nil inside of sections and partials.
        var tags: [TemplateTag]?
    }

    /// - Parameter tracksPaths: Whether bindings know their paths among the values.
    mutating func documents(tracksPaths: Bool = false) -> [Document] {
        guard let template else { return [] }
        guard template.file.problems.isEmpty else {
            diagnostics += template.file.problems.map(Diagnostic.init)
            return []
        }
        do {
            if let flat = try template.flat?.get() { return fill(flat, template.file.template, tracksPaths) }
            return try expand(template.file.template, tracksPaths)
        } catch {
            diagnostics.append(error.diagnostic)
            return []
        }
    }

    private mutating func fill(_ flat: FlatTemplate, _ template: Template, _ tracksPaths: Bool) -> [Document] {
        let root = Binding(value: values.merged, path: tracksPaths ? FieldPath() : nil)
        var bindings: [Binding?] = []
        bindings.reserveCapacity(flat.tags.count)
        let contexts = [root]
        for (index, tag) in flat.tags.enumerated() {
            let first = flat.firsts[index]
            let binding = first < index ? bindings[first] : Expander.find(tag, in: contexts)
            if binding == nil {
                let problem = Expander.unknownVariable(tag, in: template, contexts: [values.merged])
                diagnostics.append(Diagnostic(problem))
            }
            bindings.append(binding)
        }
        return flat.documents.map { document in
            Document(
                fill: document.fill, text: flat.text, location: document.location, bindings: bindings, flat: document,
                tags: flat.tags)
        }
    }

    private mutating func expand(_ template: Template, _ tracksPaths: Bool) throws(ExpandedTextError) -> [Document] {
        let library = context.library
        var broken: [String: [TemplateProblem]] = [:]
        var expander = Expander(
            template, values: values.merged, token: library.prefix, outputLimit: context.settings.limits.bytes,
            tracksPaths: tracksPaths, partials: { library.partialNames },
            partial: { name in
                let file = library.partial(name)
                if let file, !file.problems.isEmpty { broken[file.path] = file.problems }
                return file?.template
            })
        let expansion = expander.run()
        let problems = expansion.problems + broken.sorted { $0.key < $1.key }.flatMap(\.value)
        guard problems.isEmpty else {
            diagnostics += problems.map(Diagnostic.init)
            return []
        }
        let text = ExpandedText(expansion, prefix: library.prefix)
        let bindings = expansion.slots.map(\.binding)
        let fills = try text.documents(context.settings.limits)
        return fills.map { fill in
            Document(fill: fill, text: text, location: text.location(of: fill.mark), bindings: bindings)
        }
    }
}
