// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Health
import Platform
import Render

/// The config repository that a command reads: a clone's files as they lie on disk, or any commit of it.
struct ConfigRepository: Sendable {
    /// The top folder of the clone; or a folder that is none, or a bare repository.
    let top: String
    /// The config root inside it.
    let path: String

    /// By `--repo` and `--path`; without `--repo` the clone that the current folder lies in.
    init(_ invocation: Invocation) throws(CommandError) {
        let console = invocation.console
        path = invocation.text("path") ?? "environments"
        if let named = invocation.text("repo") {
            let folder = console.path(named)
            guard Files.isFolder(folder) else {
                throw CommandError(
                    .notFound, "there is no folder \(folder)",
                    hint: "--repo names a clone of the config repository on this disk")
            }
            top = WorkingTree.top(above: folder) ?? folder
        } else {
            top = WorkingTree.top(above: console.folder) ?? console.folder
        }
    }

    /// The files that `--at` names, or those on disk.
    func snapshot(_ invocation: Invocation) async throws -> SourceSnapshot {
        if let revision = invocation.text("at") { return try await snapshot(at: revision) }
        return try workingTree()
    }

    /// The files on disk, uncommitted edits included.
    func workingTree() throws -> SourceSnapshot {
        if Files.exists("\(top)/HEAD"), Files.isFolder("\(top)/objects") {
            throw CommandError(
                .usage, "\(top) is a bare repository and has no files on disk", hint: "name a commit with --at REV")
        }
        return try WorkingTree(top, configRoot: path).snapshot()
    }

    /// - Parameter revision: A branch, a tag, an id, whole or short, or `HEAD~2`.
    func snapshot(at revision: String) async throws -> SourceSnapshot {
        let repository = try LocalRepository(openingAt: top, configRoot: path)
        return try await repository.snapshot(at: try await repository.resolve(revision))
    }

    /// The newest commit of an environment's branch that this clone knows: what was fetched last, or the local branch
    /// where there is no remote.
    func snapshot(ofBranch branch: String) async throws -> SourceSnapshot {
        let repository = try LocalRepository(openingAt: top, configRoot: path)
        for revision in ["refs/remotes/origin/\(branch)", "refs/heads/\(branch)"] {
            guard let commit = try? await repository.resolve(revision) else { continue }
            return try await repository.snapshot(at: commit)
        }
        throw CommandError(
            .notFound, "the clone \(top) has no branch \(branch)", hint: "git fetch origin \(branch)")
    }
}

/// A snapshot with what `kubernaut.yaml` says about it.
struct Workspace: Sendable {
    let snapshot: SourceSnapshot
    /// Nil when `kubernaut.yaml` cannot be used; `diagnostics` say why.
    let pipeline: Pipeline?
    let diagnostics: [Diagnostic]
    /// Of this revision.
    let health: (rules: HealthRules, diagnostics: [Diagnostic])

    init(_ snapshot: SourceSnapshot) {
        self.snapshot = snapshot
        let reading = Renderer.pipeline(in: snapshot)
        pipeline = reading.content
        health = HealthRules.builtIn.adding(
            Dictionary(
                uniqueKeysWithValues: snapshot.files.filter { $0.key.hasPrefix("\(HealthRules.folder)/") }
                    .map { (snapshot.path(of: $0.key), $0.value) }))
        diagnostics = reading.diagnostics + health.diagnostics
    }

    /// - Throws: `.no` with the file's problems when it cannot be used.
    func usablePipeline(_ console: Console) throws(CommandError) -> Pipeline {
        if let pipeline { return pipeline }
        let report = DiagnosticReport(diagnostics, snapshot: snapshot)
        console.complain(report.text(console.style(.error)))
        throw CommandError(.no, "\(snapshot.path(of: "kubernaut.yaml")) cannot be used")
    }

    /// - Throws: `.notFound` when there is no such environment.
    func environment(_ text: String, _ console: Console) throws(CommandError) -> Environment {
        let pipeline = try usablePipeline(console)
        if let environment = pipeline.environments.first(where: { $0.name.text == text }) { return environment }
        let names = pipeline.environments.map(\.name.text)
        throw CommandError(
            .notFound, "there is no environment \"\(text)\"",
            hint: didYouMean(text, in: names) ?? "there are \(names.joined(separator: ", "))")
    }

    let renderer = Renderer()

    func rendering(of environment: Environment) -> Rendering { renderer.render(snapshot, for: environment).rendering }
}

extension Rendering {
    /// Only the services that were asked for; all when none was.
    ///
    /// - Throws: `.notFound` for a service that is not in this environment.
    func services(named names: [String]) throws(CommandError) -> [RenderedService] {
        guard !names.isEmpty else { return services }
        var chosen: [RenderedService] = []
        for name in names {
            guard let service = services.first(where: { $0.name.text == name }) else {
                let known = services.map(\.name.text)
                throw CommandError(
                    .notFound, "there is no service \"\(name)\" in \(environment.name)",
                    hint: didYouMean(name, in: known) ?? "there are \(known.joined(separator: ", "))")
            }
            chosen.append(service)
        }
        return chosen
    }
}
