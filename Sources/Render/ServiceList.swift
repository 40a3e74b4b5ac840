// SPDX-License-Identifier: Apache-2.0

import Domain

/// The services that an environment's branch may have, found by the names of its files alone.
struct ServiceList {
    /// In the order of their names.
    let services: [Name]
    private let environment: Environment

    init(_ snapshot: SourceSnapshot, _ environment: Environment) {
        var found = Set<Name>()
        for (path, file) in snapshot.files {
            if path.hasPrefix("releases/") {
                if let name = Self.service(path, in: "releases/") { found.insert(name) }
            } else if path.hasPrefix("services/") {
                guard let name = Self.service(path, in: "services/"), snapshot.files["releases/\(name).yaml"] == nil,
                    Self.needsNoRelease(file, path)
                else { continue }
                found.insert(name)
            }
        }
        services = found.sorted()
        self.environment = environment
    }

    /// Whether the branch may have this service: one look instead of a list.
    static func contains(_ service: Name, in snapshot: SourceSnapshot) -> Bool {
        if snapshot.files["releases/\(service).yaml"] != nil { return true }
        let path = "services/\(service).yaml"
        return snapshot.files[path].map { needsNoRelease($0, path) } ?? false
    }

    /// A file that cannot be read counts: the service must fail then, because one that is missing would be pruned.
    private static func needsNoRelease(_ file: SourceFile, _ path: String) -> Bool {
        let reading = ServiceFile.read(file.bytes, path: path)
        return reading.content?.needsNoRelease ?? true
    }

    /// `cart` of `releases/cart.yaml`; nil when the rest of the path is no service's file.
    private static func service(_ path: String, in folder: String) -> Name? {
        guard path.hasSuffix(".yaml") else { return nil }
        return Name(path.dropFirst(folder.count).dropLast(5))
    }

    /// Warnings about files that nothing reads.
    func strayFiles(in context: RenderContext) -> [Diagnostic] {
        guard !context.settings.disabledWarnings.contains(Codes.strayFile) else { return [] }
        var strays: [Diagnostic] = []
        let folders = ["services/", "releases/", "\(environment.name)/services/", "\(environment.name)/holds/"]
        for path in context.snapshot.files.keys {
            guard let folder = folders.first(where: path.hasPrefix) else { continue }
            guard let problem = problem(path, folder, context) else { continue }
            strays.append(
                Diagnostic(
                    .warning, Codes.strayFile, problem.message, at: SourceLocation(file: context.path(path)),
                    hint: problem.hint))
        }
        return strays.sorted { $0.location < $1.location }
    }

    private func problem(
        _ path: String, _ folder: String, _ context: RenderContext
    ) -> (message: String, hint: String?)? {
        let name = path.dropFirst(folder.count)
        if name == "README.md" || name == ".gitkeep" { return nil }
        guard name.hasSuffix(".yaml") else { return ("nothing reads this file: its name does not end in .yaml", nil) }
        guard let service = Name(name.dropLast(5)) else {
            return ("nothing reads this file: \"\(name.dropLast(5))\" is no service's name", "allowed: \(Name.rule)")
        }
        guard folder.hasPrefix("\(environment.name)/"), !services.contains(service),
            !(folder.hasSuffix("/holds/") && service.text == "all"),
            context.file("services/\(service).yaml") == nil
        else { return nil }
        return (
            "there is no service \"\(service)\" that this could be for",
            didYouMean(service.text, in: services.map(\.text))
        )
    }
}
