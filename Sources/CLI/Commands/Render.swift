// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Render
import YAML

extension Command {
    static let render = Command(
        "render", .look, "print the manifests an environment wants",
        [
            "Reads the files of the clone as they lie on disk, uncommitted edits included, or a commit with --at. Asks "
                + "no server and no cluster. When something is wrong with what was asked for, nothing is printed and "
                + "the command ends with 1."
        ],
        flags: [
            SharedFlag.environment, SharedFlag.service, SharedFlag.output(["yaml", "json", "name"]),
            SharedFlag.revision, SharedFlag.repository, SharedFlag.path,
            Flag("show-origin", "write behind each line which file, line, column, commit and author set it"),
            SharedFlag.noBlame,
        ],
        examples: [
            Example("kubernaut render --env staging", "everything staging wants"),
            Example("kubernaut render --env staging --service cart --show-origin", "and where each value comes from"),
            Example("kubernaut render --env dev --at HEAD~1 -o json", "as it was one commit ago, as one List"),
        ]
    ) { invocation in
        let console = invocation.console
        let repository = try ConfigRepository(invocation)
        let workspace = Workspace(try await repository.snapshot(invocation))
        let environment = try workspace.environment(try invocation.required("env"), console)
        let rendering = workspace.rendering(of: environment)
        let names = invocation.texts("service")
        let services = rendering.isUnreadable ? [] : try rendering.services(named: names)
        let report = DiagnosticReport(
            workspace.diagnostics + rendering.diagnostics + services.flatMap(\.diagnostics),
            snapshot: workspace.snapshot)
        if !report.entries.isEmpty, report.errorCount > 0 || !console.isQuiet {
            console.complain(report.text(console.style(.error)))
        }
        guard report.errorCount == 0 else {
            throw CommandError(.no, "\(environment.name) cannot be rendered: \(counted(report.errorCount, "error"))")
        }
        if invocation.isOn("show-origin") {
            let details = services.compactMap { service in
                workspace.renderer.detail(of: service.name, in: workspace.snapshot, for: environment)
            }
            let places = Set(details.flatMap(\.lineOrigins).map(\.location))
            let authorship = await repository.authorship(of: places, in: workspace.snapshot, invocation)
            try console.put(annotated(details.flatMap(\.manifests), authorship, console.style(.output)))
        } else {
            try console.put(text(services.flatMap(\.manifests), as: invocation.output))
        }
        return .done
    }
}

private func text(_ manifests: [Manifest], as format: String) -> String {
    switch format {
    case "json":
        let list: Value = ["apiVersion": "v1", "kind": "List", "items": .list(manifests.map(\.object))]
        return String(decoding: list.prettyJSON(), as: UTF8.self)
    case "name":
        return manifests.map { "\([$0.kind.kind, $0.namespace, $0.name].compactMap(\.self).joined(separator: "/"))\n" }
            .joined()
    default: return yamlStream(manifests.map(\.object))
    }
}

extension ServiceDetail {
    fileprivate var lineOrigins: [Origin] { manifests.flatMap(\.lines).compactMap(\.origin) }
}

/// YAML that can still be applied, with a comment behind each line that a file set.
private func annotated(_ manifests: [AnnotatedManifest], _ authorship: Authorship, _ style: Style) -> String {
    manifests.map { manifest in
        let width = min(manifest.lines.map(\.text.count).max() ?? 0, 60)
        return manifest.lines.map { line in
            guard let origin = line.origin else { return "\(line.text)\n" }
            let change = authorship[origin.location].map { " \($0.words)" } ?? ""
            let comment = "# \(origin.layer.words) \(origin.location)\(change)".printable
            return "\(padded(line.text, width))  \(style.dim(comment))\n"
        }.joined()
    }.joined(separator: "---\n")
}

extension Layer {
    var words: String {
        switch self {
        case .template: "template"
        case .defaults: "defaults"
        case .environmentDefaults: "env defaults"
        case .service: "service"
        case .release: "release"
        case .environmentService: "env override"
        case .reserved: "reserved"
        case .normalization: "filled in"
        }
    }
}

/// `1 error`, `2 errors`.
