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
    /// Per name, over connections of their own; "" for the standard one. Empty where no leases are used.
    private let leases: [String: any Cluster]
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
        var leases: [String: any Cluster] = [:]
        let usesLeases = configuration.usesLeases(in: environment)
        var limits = CallLimits()
        // What the kernel may still deliver must arrive before the lease ends for the others.
        if usesLeases { limits.unacknowledged = configuration.leaseDuration / 4 }
        func connect(_ cluster: ServeConfiguration.Cluster, as name: String) throws -> any Cluster {
            let find: ClusterAccess.Finder
            switch cluster {
            case .embedded:
                let server =
                    try embedded
                    ?? EmbeddedServer(
                        listen: ListenAddress(host: "127.0.0.1", port: 0),
                        kubeconfig: "\(configuration.state)/kubeconfig")
                embedded = server
                let access = ClusterAccess(server: server.url)
                find = { () throws(ClusterAccessError) in access }
            case .kubeconfig(let file, let context):
                find = { () throws(ClusterAccessError) in
                    try ClusterAccess.find(kubeconfig: file, context: context, environment: environment)
                }
            }
            do {
                let access = try find()
                if !access.verifiesServer { banners.append("TLS verification is off for \(access.origin)") }
            } catch {
                // A cluster of which nothing can be known yet must not keep the others waiting: its environments say so.
                if name.isEmpty { throw error }
            }
            func client(callsInFlight: Int) -> any Cluster {
                MeasuredCluster(
                    KubernetesCluster(finding: find, version: version, callsInFlight: callsInFlight, limits: limits),
                    registry: registry)
            }
            if usesLeases { leases[name] = client(callsInFlight: 4) }
            return client(callsInFlight: 16)
        }
        standard = try connect(configuration.cluster, as: "")
        byName = try Dictionary(
            uniqueKeysWithValues: configuration.clusters.map { ($0.key, try connect($0.value, as: $0.key)) })
        self.leases = leases
        if let embedded { banners.append("Embedded cluster: for trials only, KUBECONFIG=\(embedded.kubeconfig)") }
        self.banners = banners
        services = embedded?.services ?? []
    }

    /// The same cluster over a connection on which nothing but leases waits in line.
    func forLeases(_ name: String?) -> (any Cluster)? { leases[name ?? ""] }

    /// The cluster of that name; the one from the command line for nil. Nil when there is none of that name.
    subscript(name: String?) -> (any Cluster)? { name.map { byName[$0] } ?? standard }
}
