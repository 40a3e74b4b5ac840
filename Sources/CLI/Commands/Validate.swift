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
        ],
        flags: [
            Flag(
                "env", short: "e", value: "NAME", "only this environment; may come more than once", default: "all",
                repeatable: true),
            SharedFlag.service, SharedFlag.output(["text", "json", "github", "junit", "sarif"]),
            Flag("strict", "warnings fail, too"),
            Flag("blame", "say of each problem who last changed its line, and when (text, json, github)"),
            SharedFlag.revision, SharedFlag.repository, SharedFlag.path,
        ],
        examples: [
            Example("kubernaut validate", "everything"),
            Example("kubernaut validate --env staging --service cart", "one service in one environment"),
            Example("kubernaut validate --blame", "and who last changed the lines"),
            Example("kubernaut validate --at origin/main -o junit > validate.xml", "a branch, for Jenkins"),
        ]
    ) { invocation in
        let console = invocation.console
        let repository = try ConfigRepository(invocation)
        let workspace = Workspace(try await repository.snapshot(invocation))
        let renderings = try chosenEnvironments(invocation, workspace).map(workspace.rendering)
        var report = DiagnosticReport(
            workspace.diagnostics.map { ($0, nil) } + findings(renderings, invocation.texts("service")),
            snapshot: workspace.snapshot)
        if invocation.isOn("blame") {
            let places = Set(report.entries.map(\.diagnostic.location))
            report.authorship = await repository.authorship(of: places, in: workspace.snapshot, invocation)
        }
        try console.put(text(report, renderings, invocation))
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
private func findings(_ renderings: [Rendering], _ services: [String]) -> [(Diagnostic, Name?)] {
    renderings.flatMap { rendering in
        rendering.allDiagnostics
            .filter { services.isEmpty || $0.service.map { services.contains($0.text) } ?? true }
            .map { ($0, rendering.environment.name) }
    }
}

private func text(_ report: DiagnosticReport, _ renderings: [Rendering], _ invocation: Invocation) -> String {
    switch invocation.output {
    case "json": String(decoding: report.json().prettyJSON(), as: UTF8.self)
    case "github": report.github()
    case "junit": report.junit(renderings)
    case "sarif": String(decoding: report.sarif().prettyJSON(), as: UTF8.self)
    default: report.text(invocation.console.style(.output))
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
