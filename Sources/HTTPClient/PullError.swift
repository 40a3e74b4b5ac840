// SPDX-License-Identifier: Apache-2.0

import CCurl
public import Lifecycle

/// Why a `PullTransfer` ended early.
public struct PullError: Error, Hashable, Sendable {
    public enum Code: Hashable, Sendable {
        case stopped(TransferWatch.Stop)  // cancelled, or out of time
        case connectTimedOut(Duration)
        case unreachable  // no such host, refused, no route: check address and network
        case untrusted  // the server's certificate: check the authority
        case redirected  // to where credentials must not go
        case invalidAuthority  // the configured certificate authority is unreadable
        case other
    }

    public let code: Code
    /// curl's words, for the log. Never contains credentials.
    public let detail: String

    public init(code: Code, detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension PullError.Code {
    init(curl: CURLcode, connect: Duration) {
        self =
            switch curl {
            case CURLE_OPERATION_TIMEDOUT: .connectTimedOut(connect)
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .unreachable
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: .untrusted
            case CURLE_SSL_CACERT_BADFILE: .invalidAuthority
            default: .other
            }
    }
}
