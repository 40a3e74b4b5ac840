// SPDX-License-Identifier: Apache-2.0

public import Domain

/// How a client proves itself and whom it trusts. All material is in memory, in PEM form.
public struct HTTPClientTLS: Sendable {
    /// Certificates of the authorities to trust, and no others; nil for the system's.
    public var authorities: [UInt8]?
    /// The client's certificate, chain included; nil for none.
    public var certificate: [UInt8]?
    /// The key of `certificate`, without passphrase.
    public var key: Secret?
    /// The name to ask for and to expect in the server's certificate; nil for the URL's host.
    public var serverName: String?
    /// Whether the server must prove who it is. Only ever false on a person's explicit word.
    public var verifiesServer: Bool

    public init(
        authorities: [UInt8]? = nil, certificate: [UInt8]? = nil, key: Secret? = nil, serverName: String? = nil,
        verifiesServer: Bool = true
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
        self.verifiesServer = verifiesServer
    }
}

public struct HTTPClientConfiguration: Sendable {
    public enum Proxy: Sendable {
        /// `https_proxy`, `http_proxy` and `NO_PROXY` of the environment; never for loopback addresses.
        case environment
        /// A URL, perhaps with user and password.
        case url(Secret)
        case none
    }

    public var tls: HTTPClientTLS
    public var proxy: Proxy
    /// For resolving, connecting and the TLS handshake.
    public var connectTimeout: Duration
    /// How long the kernel keeps trying to deliver what the peer does not acknowledge; then the connection is lost.
    public var unacknowledgedLimit = Duration.seconds(30)
    /// Bounds HTTP/1.1, where each running exchange holds a connection; HTTP/2 needs one for 250 exchanges.
    public var connectionsPerHost: Int
    /// Sent unless a request has its own.
    public var userAgent: String

    public init(
        tls: HTTPClientTLS = HTTPClientTLS(), proxy: Proxy = .environment, connectTimeout: Duration = .seconds(10),
        connectionsPerHost: Int = 32, userAgent: String = "kubernaut"
    ) {
        self.tls = tls
        self.proxy = proxy
        self.connectTimeout = connectTimeout
        self.connectionsPerHost = connectionsPerHost
        self.userAgent = userAgent
    }
}
