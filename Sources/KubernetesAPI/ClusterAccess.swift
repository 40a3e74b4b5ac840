// SPDX-License-Identifier: Apache-2.0

public import Domain
public import HTTPClient

/// Where a cluster is and how to prove oneself to it. A description: files are read when it is used.
public struct ClusterAccess: Sendable {
    /// Bytes that are here, or in a file that may change.
    public enum Material: Sendable {
        case inline(Secret)
        case file(String)
    }

    public enum Credentials: Sendable {
        case none
        case token(Secret)
        /// Read again each minute, and when the server refuses what was read before.
        case tokenFile(String)
        case basic(user: String, password: Secret)
    }

    /// For people: `context kind-dev of /home/kim/.kube/config`.
    public var origin: String
    /// `https://10.0.0.1:6443`, perhaps with a path, without a final slash.
    public let server: String
    /// PEM; nil for the system's authorities.
    public var authorities: Material?
    public var certificate: Material?
    public var key: Material?
    public var serverName: String?
    /// False only on a person's explicit word; say so wherever the cluster is shown.
    public var verifiesServer = true
    public var proxy = HTTPClientConfiguration.Proxy.environment
    public var credentials = Credentials.none
    /// The namespace of the context; nil when it names none.
    public var namespace: String?

    /// - Parameter server: An `http` or `https` URL; a final slash is dropped.
    public init(server: String, origin: String? = nil) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.origin = origin ?? server
    }
}
