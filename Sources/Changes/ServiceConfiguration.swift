// SPDX-License-Identifier: Apache-2.0

public import Domain
import Render

/// The configuration that belongs to one service alone in one environment. Pure.
public struct ServiceConfiguration: Sendable {
    private let service: Name
    private let environment: Name

    public init(_ service: Name, in environment: Name) {
        self.service = service
        self.environment = environment
    }

    private var ownPaths: [String] { ["services/\(service).yaml", "\(environment)/services/\(service).yaml"] }
    private var templatePaths: [String] { ["yaml", "yml", "json"].map { "templates/\(service).\($0)" } }

    /// What makes the service's own files those of `then`; its template only when no other service names it.
    public func edits(from now: SourceSnapshot, to then: SourceSnapshot) -> (edits: FileEdits, notes: [String]) {
        var edits: FileEdits = [:]
        var notes: [String] = []
        func restore(_ path: String) {
            if now.files[path] != then.files[path] { edits[path] = .some(then.files[path]?.bytes) }
        }
        ownPaths.forEach(restore)
        let changed = templatePaths.filter { now.files[$0] != then.files[$0] }
        guard !changed.isEmpty else { return (edits, notes) }
        let others = users(in: now)
        if others.isEmpty {
            changed.forEach(restore)
        } else {
            let names = others.map(\.text).joined(separator: ", ")
            notes.append(
                "\(changed.joined(separator: ", ")) stays as it is: \(names) \(others.count > 1 ? "use" : "uses") it, too"
            )
        }
        return (edits, notes)
    }

    /// Other services that name this one's template.
    private func users(in snapshot: SourceSnapshot) -> [Name] {
        snapshot.files.compactMap { path, file -> Name? in
            guard path.hasPrefix("services/"), path.hasSuffix(".yaml"),
                let name = Name(path.dropFirst("services/".count).dropLast(5)), name != service,
                Renderer.service(file.bytes, path: path).content?.template == service.text
            else { return nil }
            return name
        }.sorted()
    }
}
