// SPDX-License-Identifier: Apache-2.0

import Domain

/// The services that an environment's branch may have, found by the names of its files alone, and the files that nothing
/// reads.
struct ServiceList: Sendable {
    /// In the order of their names.
    private(set) var services: [Name] = []
    /// By path.
    private var strays: [String: Diagnostic] = [:]

    init() {}

    init(_ context: RenderContext) {
        var found = Set<Name>()
        var others: [(name: Name, path: String, file: SourceFile)] = []
        var suspects: [String] = []
        let folders = Folders(context)
        for (path, file) in context.snapshot.files {
            guard let folder = folders.folder(of: path) else { continue }
            let name = Self.service(path, in: folder)
            switch (folder, name) {
            case ("releases/", let name?): found.insert(name)
            case ("services/", let name?): others.append((name, path, file))
            default: break
            }
            // Of its own files a service may always have one; the rest needs the whole list.
            if name == nil || folders.isOwn(folder) { suspects.append(path) }
        }
        for other in others where !found.contains(other.name) && Self.needsNoRelease(other.file, other.path) {
            found.insert(other.name)
        }
        services = found.sorted()
        for path in suspects { strays[path] = stray(path, folders, context) }
    }

    /// Looks again at the services and files that changed paths can concern.
    ///
    /// - Returns: The services that are no longer there.
    mutating func update(_ paths: Set<String>, _ context: RenderContext) -> [Name] {
        var names = Set<Name>()
        for path in paths {
            for folder in ["releases/", "services/"] where path.hasPrefix(folder) {
                if let name = Self.service(path, in: folder) { names.insert(name) }
            }
        }
        var gone: [Name] = []
        var isOther = false
        for name in names {
            let position = position(of: name)
            let isThere = position < services.count && services[position] == name
            guard Self.contains(name, in: context.snapshot) != isThere else { continue }
            isOther = true
            if isThere {
                services.remove(at: position)
                gone.append(name)
            } else {
                services.insert(name, at: position)
            }
        }
        var suspects = paths
        for name in names { suspects.formUnion([context.overridePath(name), context.holdPath(name)]) }
        // What is said of a file that nothing reads names the services that there are.
        if isOther { suspects.formUnion(strays.keys) }
        let folders = Folders(context)
        for path in suspects { strays[path] = context.file(path) == nil ? nil : stray(path, folders, context) }
        return gone
    }

    func contains(_ name: Name) -> Bool {
        let position = position(of: name)
        return position < services.count && services[position] == name
    }

    /// The first index whose name does not precede `name`.
    private func position(of name: Name) -> Int { services.firstIndexFromHere { !($0 < name) } }

    /// Whether the branch may have this service: one look instead of a list.
    static func contains(_ service: Name, in snapshot: SourceSnapshot) -> Bool {
        if snapshot.files["releases/\(service).yaml"] != nil { return true }
        let path = "services/\(service).yaml"
        return snapshot.files[path].map { needsNoRelease($0, path) } ?? false
    }

    /// A file that cannot be read counts: the service must fail then, because one that is missing would be pruned.
    private static func needsNoRelease(_ file: SourceFile, _ path: String) -> Bool {
        let reading = ServiceFile.read(file.bytes, path: path, limits: .largest)
        return reading.content?.needsNoRelease ?? true
    }

    /// `cart` of `releases/cart.yaml`; nil when the rest of the path is no service's file.
    static func service(_ path: String, in folder: String) -> Name? {
        guard path.hasSuffix(".yaml") else { return nil }
        return Name(Substring(path.utf8.dropFirst(folder.utf8.count).dropLast(5)))
    }

    // MARK: Stray files

    /// Warnings about files that nothing reads, in the order of their paths.
    var strayFiles: [Diagnostic] { strays.values.sorted { $0.location < $1.location } }

    /// Where services' files lie.
    private struct Folders {
        private let own: String
        private let all: [String]

        init(_ context: RenderContext) {
            own = "\(context.environment.name)/"
            all = ["services/", "releases/", "\(own)services/", "\(own)holds/"]
        }

        func folder(of path: String) -> String? { all.first(where: path.hasPrefix) }

        /// Whether it is the environment's own.
        func isOwn(_ folder: String) -> Bool { folder.hasPrefix(own) }
    }

    private func stray(_ path: String, _ folders: Folders, _ context: RenderContext) -> Diagnostic? {
        guard !context.settings.disabledWarnings.contains(Codes.strayFile), let folder = folders.folder(of: path),
            let problem = problem(path, folder, context, isOwn: folders.isOwn(folder))
        else { return nil }
        return Diagnostic(
            .warning, Codes.strayFile, problem.message, at: SourceLocation(file: context.path(path)),
            hint: problem.hint)
    }

    private func problem(
        _ path: String, _ folder: String, _ context: RenderContext, isOwn: Bool
    ) -> (message: String, hint: String?)? {
        let name = path.dropFirst(folder.count)
        if name == "README.md" || name == ".gitkeep" { return nil }
        guard name.hasSuffix(".yaml") else { return ("nothing reads this file: its name does not end in .yaml", nil) }
        guard let service = Name(name.dropLast(5)) else {
            return ("nothing reads this file: \"\(name.dropLast(5))\" is no service's name", "allowed: \(Name.rule)")
        }
        guard isOwn, !contains(service), !(folder.hasSuffix("/holds/") && service.text == "all"),
            context.file("services/\(service).yaml") == nil
        else { return nil }
        return (
            "there is no service \"\(service)\" that this could be for",
            didYouMean(service.text, in: services.map(\.text))
        )
    }
}

extension Array {
    /// The first index from which on `holds` is true, of an array that is sorted by it; `count` when it never is.
    func firstIndexFromHere(_ holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
