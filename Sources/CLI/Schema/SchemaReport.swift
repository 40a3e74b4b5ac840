// SPDX-License-Identifier: Apache-2.0

import Domain
import KubernetesAPI
import Render

/// What schemas have to say about renderings, and where the schemas came from.
struct SchemaReport {
    /// By environment.
    private(set) var diagnostics: [Name: [Diagnostic]] = [:]
    /// Where the schemas came from, and what was asked of the cluster instead.
    private(set) var origin: String
    private let isDryRun: Bool

    /// What was done, for people.
    var sentence: String { "objects were checked \(isDryRun ? "by" : "against schemas of") \(origin)" }

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
        if case .dryRun = basis { isDryRun = true } else { isDryRun = false }
        var undescribed: Set<GroupVersionKind> = []
        for (rendering, part) in zip(renderings, chosen) {
            let environment = rendering.environment.name
            switch basis {
            case .schemas(var schemas, _, let cluster):
                // A kind may be defined by a service that is not asked about.
                schemas.add(definitionsAmong: rendering.services.flatMap(\.manifests))
                let (asked, refusals) = try await Self.ask(cluster, schemas, part)
                undescribed.formUnion(asked)
                diagnostics[environment] =
                    workspace.renderer.schemaProblems(in: part, of: workspace.snapshot, schemas, except: asked)
                    + workspace.renderer.schemaProblems(in: part, of: workspace.snapshot, refusals)
            case .dryRun(let cluster, _):
                let refusals = try await SchemaDryRun(cluster: cluster).refusals(of: part)
                diagnostics[environment] = workspace.renderer.schemaProblems(
                    in: part, of: workspace.snapshot, refusals)
            }
        }
        if !undescribed.isEmpty {
            let kinds = undescribed.map(\.description).sorted().joined(separator: ", ")
            origin += "; it serves \(kinds) without describing them, so those were checked by its dry run"
        }
    }

    /// Shows a cluster the objects of kinds that it serves, but does not describe.
    private static func ask(
        _ cluster: KubernetesCluster?, _ schemas: KubernetesSchemas, _ rendering: Rendering
    ) async throws -> (kinds: Set<GroupVersionKind>, [ManifestRefusal]) {
        let unknown = Set(rendering.services.flatMap(\.manifests).map(\.kind).filter { !schemas.describes($0) })
        guard let cluster, !unknown.isEmpty else { return ([], []) }
        let discovery = try await cluster.discovery(refresh: false)
        let served = unknown.filter { discovery.resource(for: $0) != nil }
        let refusals = try await SchemaDryRun(cluster: cluster).refusals(of: rendering) { served.contains($0) }
        return (served, refusals)
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
