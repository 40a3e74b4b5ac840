// SPDX-License-Identifier: Apache-2.0

import EmbeddedCluster
import HTTPServer
import Lifecycle
import Platform

/// The embedded cluster behind an HTTP server, and a kubeconfig that leads there.
final class EmbeddedServer: Sendable {
    let url: String
    /// The kubeconfig's path.
    let kubeconfig: String
    let cluster: EmbeddedCluster
    private let server: WebServer

    /// Listens, and writes the kubeconfig.
    ///
    /// - Throws: `ServerError` when the address is taken, `FileError` when the kubeconfig cannot be written.
    init(listen: ListenAddress, kubeconfig: String) throws {
        let cluster = EmbeddedCluster()
        var configuration = WebServer.Configuration()
        configuration.host = listen.host
        configuration.port = listen.port
        // What a real API server takes.
        configuration.bodyLimitBytes = 3 << 20
        configuration.compresses = false
        server = WebServer(name: "embedded cluster's server", configuration: configuration, handler: cluster.handler)
        url = "http://\(ListenAddress(host: listen.host, port: try server.start()))"
        self.cluster = cluster
        self.kubeconfig = kubeconfig
        try Files.write(Array(cluster.kubeconfig(server: url).utf8), to: kubeconfig, mode: 0o600)
    }

    /// In the order of their start.
    var services: [any Service] { [cluster, server] }
}
