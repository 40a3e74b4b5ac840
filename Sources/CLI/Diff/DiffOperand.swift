// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import GitSource

/// One of the two words after `kubernaut diff`.
enum DiffOperand: Sendable, Hashable {
    /// `env:dev`, `dev`, `env:dev@v1.2`: what an environment wants, by the files on disk or a commit.
    case environment(String, revision: String?)
    /// `rev:HEAD~1`: a commit, for the environments of `--env`, or all.
    case revision(String)
    /// `dir:.`: the files on disk, likewise.
    case folder(String)
    /// `live:staging`: what the cluster has.
    case live(String)

    /// - Throws: `.usage` for an unknown form.
    init(_ text: String) throws(CommandError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = parts.count == 2 ? parts[1] : parts[0]
        let at = rest.split(separator: "@", maxSplits: 1).map(String.init)
        switch (parts.count == 2 ? parts[0] : "env", rest.isEmpty) {
        case ("env", false): self = .environment(at[0], revision: at.count == 2 ? at[1] : nil)
        case ("rev", false): self = .revision(rest)
        case ("dir", false): self = .folder(rest)
        case ("live", false): self = .live(rest)
        default:
            throw CommandError(
                .usage, "\"\(text)\" names nothing to compare",
                hint: "write env:NAME, rev:COMMIT, dir:FOLDER or live:NAME")
        }
    }

    /// Whether it means one environment, and not all of a commit.
    var environment: String? {
        switch self {
        case .environment(let name, _), .live(let name): name
        case .revision, .folder: nil
        }
    }
}

/// Finds what operands stand for; each commit is read once.
struct DiffReader {
    let invocation: Invocation
    let repository: ConfigRepository

    init(_ invocation: Invocation) throws(CommandError) {
        self.invocation = invocation
        repository = try ConfigRepository(invocation)
    }

    func workspace(of operand: DiffOperand) async throws -> Workspace {
        switch operand {
        case .environment(_, let revision?), .revision(let revision):
            return Workspace(try await repository.snapshot(at: revision))
        case .folder(let folder):
            let path = invocation.console.path(folder)
            let top = WorkingTree.top(above: path) ?? path
            return Workspace(try WorkingTree(top, configRoot: repository.path).snapshot())
        case .environment(_, nil), .live: return Workspace(try await repository.snapshot(invocation))
        }
    }

    /// The environments that both sides are asked about.
    func environments(_ left: Workspace, _ right: Workspace) throws -> [String] {
        let named = invocation.texts("env")
        if !named.isEmpty { return named }
        let known = [left, right].flatMap { $0.pipeline?.environments ?? [] }.map(\.name.text)
        return known.reduce(into: []) { unique, name in
            if !unique.contains(name) { unique.append(name) }
        }
    }

    /// What an environment wants; empty where the revision does not know it.
    func objects(
        of name: String, in workspace: Workspace, isOptional: Bool, ownNamespace: Bool
    ) throws -> [DiffObject] {
        if isOptional, let pipeline = workspace.pipeline,
            !pipeline.environments.contains(where: { $0.name.text == name })
        {
            return []
        }
        let environment = try workspace.environment(name, invocation.console)
        return DiffSide(
            name: name, try rendering(of: environment, in: workspace), of: environment, hidesNamespace: ownNamespace
        ).objects
    }

    /// - Throws: `.failed` when something cannot be rendered: half a comparison would mislead.
    func rendering(of environment: Environment, in workspace: Workspace) throws -> [RenderedService] {
        let rendering = workspace.rendering(of: environment)
        let services = rendering.isUnreadable ? [] : try chosen(rendering)
        let problems = (rendering.diagnostics + services.flatMap(\.diagnostics)).filter { $0.severity == .error }
        guard problems.isEmpty else {
            let report = DiagnosticReport(problems, snapshot: workspace.snapshot)
            invocation.console.complain(report.text(invocation.console.style(.error)))
            throw CommandError(
                .failed, "\(environment.name) cannot be rendered: \(counted(report.errorCount, "error"))")
        }
        return services
    }

    /// The services of `--service` that are here: one that only the other side has is a difference, no error.
    private func chosen(_ rendering: Rendering) throws -> [RenderedService] {
        let names = invocation.texts("service")
        return names.isEmpty ? rendering.services : rendering.services.filter { names.contains($0.name.text) }
    }
}
