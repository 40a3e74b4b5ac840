// SPDX-License-Identifier: Apache-2.0

public import Domain

/// One request to send.
public struct HTTPClientRequest: Sendable {
    /// Upper case: `GET`.
    public var method: String
    /// Absolute, `http` or `https`, percent-encoded, without user and password.
    public var url: String
    public var headers: HTTPHeaders
    /// The value of the `Authorization` header; apart, so that a printed request does not show it.
    public var authorization: Secret?
    public var body: [UInt8]
    /// Numeric addresses that the URL's host stands for in this exchange, whatever the system's resolver says; empty to ask it.
    /// Without effect behind a proxy.
    public var addresses: [String] = []
    /// From asking to the last byte of the answer; nil for no limit.
    public var timeout: Duration?
    /// How long an open exchange may be silent, in whole seconds; nil for no limit.
    public var idleTimeout: Duration?
    /// Bytes of the answer's body; a longer one fails with `.tooLarge`. Not obeyed by `stream`, which holds little.
    public var limit: Int

    public init(
        _ method: String = "GET", _ url: String, headers: HTTPHeaders = HTTPHeaders(),
        authorization: Secret? = nil, body: [UInt8] = [], timeout: Duration? = .seconds(60),
        idleTimeout: Duration? = nil, limit: Int = 16 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.authorization = authorization
        self.body = body
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.limit = limit
    }
}

/// What comes before an answer's body.
public struct HTTPClientHead: Sendable {
    public let status: Int
    public let headers: HTTPHeaders
    /// `1.1` or `2`.
    public let version: String
}

/// One whole answer.
public struct HTTPClientResponse: Sendable {
    public let head: HTTPClientHead
    public let body: [UInt8]
    /// How many connections were opened for it; 0 when one was reused.
    public let openedConnections: Int

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }
}

/// An answer whose body arrives piece by piece.
public struct HTTPClientStream: Sendable {
    public let head: HTTPClientHead
    /// Pieces as they arrive; throws `HTTPClientError`. For one reader. Dropping it ends the exchange.
    ///
    /// A slow reader holds the server back: about 256 KiB are kept, then the transfer rests.
    public let body: AsyncThrowingStream<[UInt8], any Error>
}
