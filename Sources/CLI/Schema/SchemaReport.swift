// SPDX-License-Identifier: Apache-2.0

import Domain
import Render

/// What schemas have to say about renderings, and where the schemas came from.
struct SchemaReport {
    /// By environment.
    private(set) var diagnostics: [Name: [Diagnostic]] = [:]
    let origin: String

    /// - Parameter services: Which ones to check; empty for all.
    /// - Returns: Nil when nobody asked for schemas.
    init?(
        _ workspace: Workspace, _ renderings: [Rendering], _ services: [String], _ invocation: Invocation
    ) async throws {
        let chosen = renderings.map { $0.only(services) }
        let needed = Set(chosen.flatMap(\.services).flatMap(\.manifests).map(\.kind.apiVersion))
        guard let source = try SchemaSource(invocation, needed: needed) else { return nil }
        let basis = try await source.find()
        origin = basis.origin
        for (rendering, part) in zip(renderings, chosen) {
            let environment = rendering.environment.name
            switch basis {
            case .schemas(var schemas, _):
                // A kind may be defined by a service that is not asked about.
                schemas.add(definitionsAmong: rendering.services.flatMap(\.manifests))
                diagnostics[environment] = workspace.renderer.schemaProblems(in: part, of: workspace.snapshot, schemas)
            case .dryRun(let cluster, _):
                let refusals = try await SchemaDryRun(cluster: cluster).refusals(of: part)
                diagnostics[environment] = workspace.renderer.schemaProblems(
                    in: part, of: workspace.snapshot, refusals)
            }
        }
    }
}

extension Rendering {
    /// The services of these names alone; all of them when there is no name.
    fileprivate func only(_ names: [String]) -> Rendering {
        names.isEmpty
            ? self
            : Rendering(
                environment: environment, commit: commit, services: services.filter { names.contains($0.name.text) },
                diagnostics: diagnostics)
    }
}
