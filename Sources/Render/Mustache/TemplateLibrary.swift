// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import YAML

/// A template with all that it can reach.
struct TemplateUse: Sendable {
    let file: TemplateFile
    let partials: [TemplateFile]
    /// The first part of every name in the template and its partials; `*` when it uses all values at once.
    let usedNames: Set<String>
    /// What the template's meaning depends on: its own path, that of its schema, and every path where one of its
    /// partials could be.
    let dependencies: [String]
    /// Where the schema of its values would be.
    let schemaPath: String
    /// For a template without sections and partials.
    let flat: Result<FlatTemplate, ExpandedTextError>?
}

/// All templates and partials of one snapshot. Files that did not change are taken from the library before.
struct TemplateLibrary: Sendable {
    /// By path relative to the config root.
    private let files: [String: TemplateFile]
    private let partials: [String: TemplateFile]
    /// By path relative to the config root.
    private let schemas: [String: ValuesSchema]
    private let uses: [String: TemplateUse]
    /// By the name that services call a template by.
    private let found: [String: Found]
    /// Tokens of templates with sections or partials begin with this.
    let prefix: [UInt8]
    private let folderPath: String

    static let folder = "templates/"
    static let partialFolder = "templates/partials/"
    static let endings = [".yaml", ".yml", ".json"]
    static let schemaEnding = ".schema.json"
    /// The schema of every service's values.
    static let schemaPath = "values.schema.json"
    /// Stands for "any file of the partials' folder" among dependencies.
    static let allPartials = partialFolder
    /// Stands for "the names of all templates" among dependencies.
    static let allTemplates = folder

    init(_ snapshot: SourceSnapshot, reusing previous: TemplateLibrary?, limits: FileLimits) {
        var files: [String: TemplateFile] = [:]
        for (path, source) in snapshot.files where path.hasPrefix(Self.folder) {
            guard Self.endings.contains(where: path.hasSuffix), !path.hasSuffix(Self.schemaEnding) else { continue }
            if let known = previous?.files[path], known.blob == source.blob {
                files[path] = known
            } else {
                files[path] = TemplateFile(path: path, file: snapshot.path(of: path), source: source)
            }
        }
        var partials: [String: TemplateFile] = [:]
        // Where two files have the name, the first ending wins.
        for (path, file) in files where path.hasPrefix(Self.partialFolder) {
            let name = Self.name(of: path, in: Self.partialFolder)
            if let other = partials[name], Self.rank(other.path) < Self.rank(path) { continue }
            partials[name] = file
        }
        self.files = files
        self.partials = partials
        let schemas = Self.schemas(snapshot, reusing: previous?.schemas, limits)
        self.schemas = schemas
        folderPath = snapshot.path(of: Self.folder)
        prefix = Token.prefix(files.values.map(\.blob).sorted())
        var uses: [String: TemplateUse] = [:]
        for (path, file) in files where !path.hasPrefix(Self.partialFolder) {
            let known = previous?.uses[path].flatMap { $0.file.blob == file.blob ? $0.flat : nil }
            uses[path] = Self.use(of: file, partials, known, limits)
        }
        self.uses = uses
        var found: [String: Found] = [:]
        for name in Set(uses.keys.map { Self.name(of: $0, in: Self.folder) }) {
            guard let (use, dependencies) = Self.find(name, uses) else { continue }
            let lines = dependencies.map { path in
                let blob = files[path]?.blob ?? schemas[path]?.blob
                return "\(path) \(blob ?? Self.digest(of: path, partials, uses) ?? "-")"
            }
            found[name] = Found(use: use, dependencies: dependencies, digest: Self.sha256Hex(lines))
        }
        self.found = found
    }

    private static func schemas(
        _ snapshot: SourceSnapshot, reusing known: [String: ValuesSchema]?, _ limits: FileLimits
    ) -> [String: ValuesSchema] {
        var schemas: [String: ValuesSchema] = [:]
        for (path, source) in snapshot.files
        where path == schemaPath || path.hasPrefix(folder) && path.hasSuffix(schemaEnding) {
            if let schema = known?[path], schema.blob == source.blob {
                schemas[path] = schema
            } else {
                schemas[path] = ValuesSchema(file: snapshot.path(of: path), source: source, limits: limits)
            }
        }
        return schemas
    }

    /// The schema at a path relative to the config root.
    func schema(_ path: String) -> ValuesSchema? { schemas[path] }

    /// What is wrong with the schema of all values, and schemas that no template has.
    var schemaProblems: [Diagnostic] {
        let templates = Set(uses.values.map(\.schemaPath))
        let strays = schemas.filter { $0.key != Self.schemaPath && !templates.contains($0.key) }.values.map { schema in
            Diagnostic(
                .warning, Codes.strayFile, "nothing reads this file: there is no template of its name",
                at: SourceLocation(file: schema.file),
                hint: "the schema of templates/web.yaml is templates/web.schema.json")
        }
        return (schemas[Self.schemaPath]?.problems ?? []) + strays.sorted { $0.location < $1.location }
    }

    private static func use(
        of file: TemplateFile, _ partials: [String: TemplateFile], _ known: Result<FlatTemplate, ExpandedTextError>?,
        _ limits: FileLimits
    ) -> TemplateUse {
        var reached: [String: TemplateFile] = [:]
        let schemaPath = folder + name(of: file.path, in: folder) + schemaEnding
        var dependencies: Set<String> = [file.path, schemaPath]
        var names = file.template.usedNames
        var waiting = [file]
        while let next = waiting.popLast() {
            var wanted = next.template.partialNames
            if next.template.hasDynamicPartials {
                wanted.formUnion(partials.keys)
                dependencies.insert(allPartials)
            }
            for name in wanted {
                for ending in endings { dependencies.insert("\(partialFolder)\(name)\(ending)") }
                guard let partial = partials[name] else {
                    // The error names the partials that there are.
                    dependencies.insert(allPartials)
                    continue
                }
                guard reached[partial.path] == nil else { continue }
                reached[partial.path] = partial
                names.formUnion(partial.template.usedNames)
                waiting.append(partial)
            }
        }
        var flat = known
        if flat == nil, file.problems.isEmpty, file.template.isFlat {
            flat = Result { () throws(ExpandedTextError) in
                try FlatTemplate(file.template, prefix: Token.prefix([file.blob]), limits: limits)
            }
        }
        return TemplateUse(
            file: file, partials: reached.values.sorted { $0.path < $1.path }, usedNames: names,
            dependencies: dependencies.sorted(), schemaPath: schemaPath, flat: flat)
    }

    struct MissingTemplate: Error {
        let message: String
        let hint: String
    }

    private struct Found: Sendable {
        let use: Result<TemplateUse, MissingTemplate>
        /// Every path that was looked at.
        let dependencies: [String]
        /// Hash over those and what they hold.
        let digest: String
    }

    /// The template of a service: the one it names, or the one of its own name, or `default`.
    ///
    /// - Returns: The template, and every path that was looked at.
    func find(
        _ named: String?, service: Name
    ) -> (use: Result<TemplateUse, MissingTemplate>, dependencies: [String]) {
        var looked: [String] = []
        for name in named.map({ [$0] }) ?? [service.text, "default"] {
            if let found = found[name] { return (found.use, looked + found.dependencies) }
            looked += Self.candidates(name)
        }
        // The answer names the templates that there are.
        return (.failure(missing(named, service)), looked + [Self.allTemplates])
    }

    /// Hash over everything that what `find` says depends on.
    func digest(ofTemplate named: String?, service: Name) -> String {
        // One of the service's own name would have another hash: paths are a part of it.
        let chosen = named.map { found[$0] } ?? found[service.text] ?? found["default"]
        return chosen?.digest ?? Self.digest(of: Self.allTemplates, partials, uses) ?? ""
    }

    private static func candidates(_ name: String) -> [String] { endings.map { "\(folder)\(name)\($0)" } }

    /// Nil when there is no template of this name.
    private static func find(
        _ name: String, _ uses: [String: TemplateUse]
    ) -> (use: Result<TemplateUse, MissingTemplate>, dependencies: [String])? {
        let candidates = candidates(name)
        let found = candidates.compactMap { uses[$0] }
        guard let use = found.first else { return nil }
        guard found.count == 1 else {
            let endings = found.map { String($0.file.path.dropFirst(folder.count)) }
            let missing = MissingTemplate(
                message: "there are two templates \"\(name)\": \(endings.joined(separator: " and "))",
                hint: "remove one")
            return (.failure(missing), candidates)
        }
        return (.success(use), candidates + use.dependencies)
    }

    private func missing(_ named: String?, _ service: Name) -> MissingTemplate {
        guard let named else {
            return MissingTemplate(
                message: "there is neither a template \"\(service)\" nor \"default\"",
                hint: "add \(folderPath)default.yaml, or name a template in the service's file")
        }
        let known = uses.keys.map { Self.name(of: $0, in: Self.folder) }.sorted()
        return MissingTemplate(
            message: "there is no template \"\(named)\"",
            hint: didYouMean(named, in: known)
                ?? (known.isEmpty ? "\(folderPath) is empty" : "known: \(known.joined(separator: ", "))"))
    }

    /// The templates, without ending, that depend on one of these paths.
    func templates(reaching paths: Set<String>) -> [String] {
        uses.compactMap { path, use in
            use.dependencies.contains(where: paths.contains) ? Self.name(of: path, in: Self.folder) : nil
        }
    }

    /// `web` of `templates/web.yaml`; nil for a partial, and for a file that is no template.
    static func templateName(ofFile path: String) -> String? {
        guard path.hasPrefix(folder), !path.hasPrefix(partialFolder), endings.contains(where: path.hasSuffix),
            !path.hasSuffix(schemaEnding)
        else {
            return nil
        }
        return name(of: path, in: folder)
    }

    func partial(_ name: String) -> TemplateFile? { partials[name] }
    var partialNames: [String] { partials.keys.sorted() }

    /// Names what a dependency that stands for many files says; nil for a path.
    private static func digest(
        of dependency: String, _ partials: [String: TemplateFile], _ uses: [String: TemplateUse]
    ) -> String? {
        switch dependency {
        case allPartials: sha256Hex(partials.values.map { "\($0.path) \($0.blob)" })
        case allTemplates: sha256Hex(Array(uses.keys))
        default: nil
        }
    }

    private static func sha256Hex(_ lines: [String]) -> String {
        Crypto.sha256Hex(Array(lines.sorted().joined(separator: "\n").utf8))
    }

    private static func name(of path: String, in folder: String) -> String {
        let name = path.dropFirst(folder.count)
        let ending = endings.first(where: name.hasSuffix) ?? ""
        return String(name.dropLast(ending.count))
    }

    private static func rank(_ path: String) -> Int { endings.firstIndex(where: path.hasSuffix) ?? endings.count }
}
