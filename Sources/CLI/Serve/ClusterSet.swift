// SPDX-License-Identifier: Apache-2.0

import Domain
import EmbeddedCluster
import HTTPServer
import KubernetesAPI
import Lifecycle
import Metrics
import Platform

/// The clusters that the daemon's configuration names, connected when first used.
struct ClusterSet: Sendable {
    private let byName: [String: any Cluster]
    private let standard: any Cluster
    /// What every page must say about them.
    let banners: [String]
    /// The embedded cluster's parts; empty when none is embedded.
    let services: [any Service]

    /// - Throws: `ClusterAccessError` with a sentence when a kubeconfig cannot be used.
    init(
        _ configuration: ServeConfiguration, registry: Registry, version: String,
        environment: [String: String]
    ) async throws {
        var embedded: EmbeddedServer?
        var banners: [String] = []
        func connect(_ cluster: ServeConfiguration.Cluster) throws -> any Cluster {
            let access: ClusterAccess
            switch cluster {
            case .embedded:
                let server =
                    try embedded
                    ?? EmbeddedServer(
                        listen: ListenAddress(host: "127.0.0.1", port: 0),
                        kubeconfig: "\(configuration.state)/kubeconfig")
                embedded = server
                access = ClusterAccess(server: server.url)
            case .kubeconfig(let file, let context):
                access = try ClusterAccess.find(kubeconfig: file, context: context, environment: environment)
            }
            if !access.verifiesServer { banners.append("TLS verification is off for \(access.origin)") }
            return MeasuredCluster(KubernetesCluster(access, version: version), registry: registry)
        }
        standard = try connect(configuration.cluster)
        byName = try configuration.clusters.mapValues(connect)
        if let embedded { banners.append("Embedded cluster: for trials only, KUBECONFIG=\(embedded.kubeconfig)") }
        self.banners = banners
        services = embedded?.services ?? []
    }

    /// The cluster of that name; the one from the command line for nil. Nil when there is none of that name.
    subscript(name: String?) -> (any Cluster)? { name.map { byName[$0] } ?? standard }
}
