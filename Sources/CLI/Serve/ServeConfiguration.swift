// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import Logging
import Platform
import Signatures
import Webhooks

/// Everything the daemon is told: flags over environment over file over default.
struct ServeConfiguration: Sendable {
    struct Repository: Sendable {
        var url = ""
        /// The config root inside the repository; empty for its top.
        var path = "environments"
        /// The branch whose `kubernaut.yaml` counts; nil means the last environment's.
        var policyBranch: String?
        /// A file with a token, or with `user:password`; read again at each fetch.
        var tokenFile: String?
        var sshKey: String?
        var knownHosts: String?
        /// PEM of an own certificate authority.
        var authorityFile: String?
        /// An SSH key without passphrase that signs the commits that pages and REST make; nil for unsigned ones.
        var signingKey: String?
    }

    /// People sign in with GitHub.
    struct Login: Sendable {
        /// How browsers reach the pages; without a slash at its end.
        var publicURL = ""
        var clientID = ""
        var clientSecretFile = ""
        /// Whose members may sign in.
        var organizations: [String] = []
        /// Nil for github.com.
        var webURL: String?
        var apiURL: String?
        /// PEM of an own certificate authority.
        var authorityFile: String?
        /// Keys for cookies, one a line; nil for one of the daemon's own in the state folder.
        var keyFile: String?
    }

    /// PEM files, read again when they change.
    struct TLS: Sendable {
        /// With the chain, leaf first.
        let certificateFile: String
        let keyFile: String
    }

    /// Where a forge tells of pushes.
    struct Webhook: Sendable {
        let name: Name
        let kind: Hook.Kind
        /// One secret a line; two while it is being changed.
        let secretFile: String
    }

    enum Cluster: Sendable, Hashable {
        /// The in-memory cluster of this process.
        case embedded
        /// As kubectl finds it; nil means the usual places, the service account of a pod among them.
        case kubeconfig(file: String?, context: String?)
    }

    enum Leases: String, Sendable, CaseIterable {
        /// In a pod, where a rolling update runs two replicas for a while; not elsewhere.
        case auto
        case on
        case off
    }

    var repository = Repository()
    /// Whose signatures count, and on which branches.
    var signatures = SignaturePolicy()
    /// A folder of the daemon's own: mirror and history. Nothing in it is irreplaceable but the history.
    var state = "kubernaut-state"
    /// Where passes, the audit, keys and sessions are kept.
    var store = StorePlace()
    var listen = ListenAddress.standard
    /// Names under which browsers and tools may reach the pages, besides loopback.
    var hosts: [String] = []
    /// Nil: nobody has to sign in.
    var login: Login?
    /// Without login, what whoever reaches the pages may do. Nil: a developer's work on loopback, nothing elsewhere.
    var localRole: Role?
    /// Nil: pages are plain HTTP.
    var tls: TLS?
    /// Whose word counts about the addresses of clients.
    var trustedProxies: [NetworkRange] = []
    /// The field that those proxies write.
    var forwardedHeader = TrustedProxies.Field.xForwardedFor
    var webhooks: [Webhook] = []
    var notifications: [NotificationSink] = []
    /// Between two polls, before jitter; 1 s...24 h.
    var poll = Duration.seconds(30)
    /// For environments that name no cluster.
    var cluster = Cluster.kubeconfig(file: nil, context: nil)
    /// By the name that environments use.
    var clusters: [String: Cluster] = [:]
    /// Whether a lease per environment says which of several replicas writes to it.
    var leases = Leases.auto
    /// How long a lease lasts that nobody renews; whole seconds, 3 s...1 h.
    var leaseDuration = Duration.seconds(15)
    /// Make one pass over all environments, then end.
    var once = false
    var logFormat = Logger.Format.json
    var logLevel = Logger.Level.info

    /// - Parameter environment: The process's; Kubernetes sets `KUBERNETES_SERVICE_HOST` in every pod.
    func usesLeases(in environment: [String: String]) -> Bool {
        switch leases {
        case .auto: !once && cluster != .embedded && environment["KUBERNETES_SERVICE_HOST"] != nil
        case .on: true
        case .off: false
        }
    }
}

/// Where pages are served: `127.0.0.1:8080`, `[::1]:8080`, `:8080` for every address.
struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    let host: String
    /// 0 for any free port.
    let port: Int

    static let standard = ListenAddress(host: "127.0.0.1", port: 8080)

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil when `text` is no `ADDRESS:PORT` with a numeric address and a port in 0...65535.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        switch host {
        case "": self.host = "0.0.0.0"
        case "localhost": self.host = "127.0.0.1"
        default: self.host = String(host)
        }
        self.port = port
    }

    var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
