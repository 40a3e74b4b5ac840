// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

extension Command {
    static let explain = Command(
        "explain", .look, "say which file, line, commit and person set each value of a service",
        [
            "Without PATH all values are listed. PATH is a value (`resources.limits`), or a place in a manifest "
                + "(`spec.replicas`); a beginning of a path stands for everything below it.",
            "Commit, author and date are those that last changed the line, as git blame finds them; --no-blame leaves "
                + "them out. A line of the files on disk that no commit has is \"not committed yet\".",
            "When the service is not in the environment, it says why.",
        ],
        arguments: [
            Argument("SERVICE", "the service"),
            Argument("PATH", "a value, or a place in a manifest", optional: true),
        ],
        flags: [
            SharedFlag.environment, SharedFlag.output(["text", "json", "yaml"]), SharedFlag.revision,
            SharedFlag.repository, SharedFlag.path, SharedFlag.noBlame, SharedFlag.noHeaders,
        ],
        examples: [
            Example("kubernaut explain cart --env staging", "all values of cart"),
            Example("kubernaut explain cart replicas --env staging", "one value, and what it overrides"),
            Example("kubernaut explain cart spec.template.spec --env dev -o json", "places in the manifests"),
        ]
    ) { invocation in
        let console = invocation.console
        let repository = try ConfigRepository(invocation)
        let workspace = Workspace(try await repository.snapshot(invocation))
        let environment = try workspace.environment(try invocation.required("env"), console)
        let service = try parsedName(invocation.arguments[0], for: "a service")
        guard let detail = workspace.renderer.detail(of: service, in: workspace.snapshot, for: environment) else {
            throw absence(of: service, from: environment, workspace)
        }
        let problems = detail.service.diagnostics.filter { $0.severity == .error }
        if !problems.isEmpty {
            console.complain(DiagnosticReport(problems, snapshot: workspace.snapshot).text(console.style(.error)))
        }
        let facts = try facts(detail, under: invocation.argument(1))
        let places = Set(facts.flatMap(\.origin.places))
        let authorship = await repository.authorship(of: places, in: workspace.snapshot, invocation)
        let report = FactReport(facts, authorship, asked: invocation.argument(1).flatMap { FieldPath($0) })
        try console.put(report.text(invocation))
        return problems.isEmpty ? .done : .no
    }
}

private func facts(_ detail: ServiceDetail, under text: String?) throws(CommandError) -> [Fact] {
    let values = detail.values.map { Fact(object: nil, path: $0.path, value: $0.value, origin: $0.origin) }
    guard let text else { return values }
    guard let path = FieldPath(text) else {
        throw CommandError(
            .usage, "\"\(text)\" is no path", hint: "write spec.containers[0].image, and keys with dots as [\"a.b\"]")
    }
    let places = detail.manifests.flatMap { manifest in
        manifest.lines.compactMap { line -> Fact? in
            guard let place = line.path, let origin = line.origin else { return nil }
            let key = [manifest.manifest.kind.kind, manifest.manifest.namespace, manifest.manifest.name]
                .compactMap(\.self).joined(separator: "/")
            return Fact(object: key, path: place, value: manifest.manifest.object[place] ?? .null, origin: origin)
        }
    }
    let found = (values + places).filter { $0.path.starts(with: path) }
    guard found.isEmpty else { return found }
    let known = Set((values + places).flatMap { $0.path.prefixes })
    throw CommandError(
        .notFound, "\(detail.service.name) has no value and no manifest field \"\(text)\"",
        hint: didYouMean(text, in: known) ?? "`kubernaut explain \(detail.service.name)` lists all values")
}

extension FieldPath {
    fileprivate func starts(with other: FieldPath) -> Bool { steps.starts(with: other.steps) }
    fileprivate var prefixes: [String] {
        (1...max(1, steps.count)).map { FieldPath(Array(steps.prefix($0))).description }
    }
}

/// Why a service is not in an environment.
private func absence(of service: Name, from environment: Environment, _ workspace: Workspace) -> CommandError {
    let snapshot = workspace.snapshot
    let release = "releases/\(service).yaml"
    let override = "\(environment.name)/services/\(service).yaml"
    if snapshot.files[release] != nil || snapshot.files["services/\(service).yaml"] != nil {
        if snapshot.files[override] != nil, snapshot.files[release] != nil {
            return CommandError(
                .notFound, "\(service) is not in \(environment.name): \(snapshot.path(of: override)) disables it",
                hint: "remove `enabled: false` there")
        }
        return CommandError(
            .notFound, "\(service) is not in \(environment.name): there is no \(snapshot.path(of: release))",
            hint: "release it, or write `release: none` in \(snapshot.path(of: "services/\(service).yaml"))")
    }
    let known = snapshot.files.keys.filter { $0.hasPrefix("releases/") || $0.hasPrefix("services/") }
        .compactMap { $0.split(separator: "/").last?.split(separator: ".").first.map(String.init) }
    return CommandError(
        .notFound, "there is no service \"\(service)\"",
        hint: didYouMean(service.text, in: known) ?? "there are \(Set(known).sorted().joined(separator: ", "))")
}
