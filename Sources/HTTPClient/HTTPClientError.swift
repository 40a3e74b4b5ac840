// SPDX-License-Identifier: Apache-2.0

/// Why a request got no whole answer. An answer with a bad status is an answer, not an error.
public struct HTTPClientError: Error, Hashable, Sendable {
    /// What the caller can do about it. Switch on this; never on `detail`.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case invalidRequest  // the URL or the TLS material is unusable: fix the configuration
        case notConnected  // nothing was sent: try again later
        case untrusted  // TLS failed, or one side refused the other's certificate; nothing was sent
        case timedOut  // before anything was sent
        case timedOutAfterSending  // the server may have acted
        case interrupted  // the connection broke after sending; the server may have acted
        case tooLarge  // the answer is longer than the request allows
        case cancelled  // the caller asked to stop: no failure
    }

    public let code: Code
    /// `GET https://host/path`, without the query.
    public let operation: String
    /// The library's own words.
    public let detail: String

    public init(_ code: Code, operation: String, detail: String) {
        self.code = code
        self.operation = operation
        self.detail = detail
    }

    /// Whether the server cannot have seen the request.
    public var isUnsent: Bool {
        switch code {
        case .invalidRequest, .notConnected, .untrusted, .timedOut: true
        case .timedOutAfterSending, .interrupted, .tooLarge, .cancelled: false
        }
    }
}

extension HTTPClientError: CustomStringConvertible {
    public var description: String { "\(operation) failed (\(code.rawValue)): \(detail)" }
}
