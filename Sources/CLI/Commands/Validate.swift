// SPDX-License-Identifier: Apache-2.0

import Domain
import JSON
import Render

extension Command {
    static let validate = Command(
        "validate", .configure, "check the config repository: every file, every environment, every manifest",
        [
            "Finds all problems, not the first one, and names file, line and column. Ends with 1 when there is an "
                + "error. Warnings alone do not fail, unless --strict is given.",
            "Formats for pipelines: github (annotations in a pull request), junit (Jenkins), sarif (code scanning).",
            "With --kubernetes-version every object is compared with the schemas of a cluster of that version too, and "
                + "nothing is applied: unknown fields, wrong types, missing fields, values that are not allowed. The "
                + "schemas come from --schema-dir, or else from the cluster, or else from what a cluster of that "
                + "version said earlier (kept in $XDG_CACHE_HOME/kubernaut); a cluster without schemas is asked about "
                + "each object in a dry run. What was used is said on standard error.",
        ],
        flags: [
            Flag(
                "env", short: "e", value: "NAME", "only this environment; may come more than once", default: "all",
                repeatable: true),
            SharedFlag.service, SharedFlag.output(["text", "json", "github", "junit", "sarif"]),
            Flag("strict", "warnings fail, too"),
            Flag("blame", "say of each problem who last changed its line, and when (text, json, github)"),
            Flag(
                "kubernetes-version", value: "VERSION",
                "check objects against this version's schemas, such as 1.33, or cluster for what the cluster has"),
            Flag(
                "schema-dir", value: "DIR", "OpenAPI v3 documents to check objects against, instead of a cluster's",
                values: .folder),
        ] + SharedFlag.liveEnvironment,
        examples: [
            Example("kubernaut validate", "everything"),
            Example("kubernaut validate --env staging --service cart", "one service in one environment"),
            Example("kubernaut validate --blame", "and who last changed the lines"),
            Example("kubernaut validate --at origin/main -o junit > validate.xml", "a branch, for Jenkins"),
            Example("kubernaut validate --kubernetes-version 1.33", "as a cluster of that version would see it"),
        ]
    ) { invocation in
        let console = invocation.console
        let repository = try ConfigRepository(invocation)
        let workspace = Workspace(try await repository.snapshot(invocation))
        let renderings = try chosenEnvironments(invocation, workspace).map(workspace.rendering)
        let services = invocation.texts("service")
        let schemas = try await SchemaReport(workspace, renderings, services, invocation)
        var found = workspace.diagnostics.map { ($0, nil as Name?) }
        for rendering in renderings {
            found += findings(rendering, rendering.allDiagnostics, services)
            found += findings(rendering, schemas?.diagnostics[rendering.environment.name] ?? [], services)
        }
        var report = DiagnosticReport(found, snapshot: workspace.snapshot)
        if invocation.isOn("blame") {
            let places = Set(report.entries.map(\.diagnostic.location))
            report.authorship = await repository.authorship(of: places, in: workspace.snapshot, invocation)
        }
        try console.put(text(report, renderings, schemas, invocation))
        if let schemas { console.note(schemas.sentence) }
        let isValid = report.errorCount == 0 && (report.warningCount == 0 || !invocation.isOn("strict"))
        if invocation.output == "text" { console.note(outcome(report, renderings, isValid, console.style(.error))) }
        return isValid ? .done : .no
    }
}

private func chosenEnvironments(_ invocation: Invocation, _ workspace: Workspace) throws(CommandError) -> [Environment]
{
    let names = invocation.texts("env")
    if names.contains("all") { return workspace.pipeline?.environments ?? [] }
    var environments: [Environment] = []
    for name in names { environments.append(try workspace.environment(name, invocation.console)) }
    return environments
}

/// - Parameter services: Empty for all.
private func findings(
    _ rendering: Rendering, _ diagnostics: [Diagnostic], _ services: [String]
) -> [(Diagnostic, Name?)] {
    diagnostics
        .filter { services.isEmpty || $0.service.map { services.contains($0.text) } ?? true }
        .map { ($0, rendering.environment.name) }
}

private func text(
    _ report: DiagnosticReport, _ renderings: [Rendering], _ schemas: SchemaReport?, _ invocation: Invocation
) -> String {
    switch invocation.output {
    case "json":
        var document = report.json()
        if let schemas { document["schemas"] = .string(schemas.origin) }
        return String(decoding: document.prettyJSON(), as: UTF8.self)
    case "github": return report.github()
    case "junit": return report.junit(renderings)
    case "sarif": return String(decoding: report.sarif().prettyJSON(), as: UTF8.self)
    default: return report.text(invocation.console.style(.output))
    }
}

private func outcome(_ report: DiagnosticReport, _ renderings: [Rendering], _ isValid: Bool, _ style: Style) -> String {
    let services = Set(renderings.flatMap { $0.services.map(\.name) }).count
    let objects = renderings.flatMap(\.services).map(\.manifests.count).reduce(0, +)
    let scope =
        "\(counted(renderings.count, "environment")), \(counted(services, "service")), \(counted(objects, "object"))"
    let found = "\(counted(report.errorCount, "error")), \(counted(report.warningCount, "warning"))"
    let gap = report.entries.isEmpty ? "" : "\n"
    return gap + (isValid ? style.green("valid") : style.red("invalid")) + ": \(found) in \(scope)"
}
