// SPDX-License-Identifier: Apache-2.0

public import Domain

/// Why a Git operation failed, in terms a caller can act on and an operator can read.
public struct GitError: Error, Hashable, Sendable {
    /// What the caller can do about it. Switch on this; never on `detail`.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case notFound  // no such repository, revision or folder: fix the configuration
        case unauthorized  // credentials missing, unreadable or refused: fix the secret
        case hostKeyUnknown  // the SSH server's key is not the one we know: fix known_hosts, or beware
        case certificateUntrusted  // the HTTPS server's certificate: fix the authority, or beware
        case unreachable  // no such host, refused, cut: retry
        case timedOut  // too slow or silent: retry
        case cancelled  // the caller asked to stop: not a failure
        case locked  // another process uses the mirror: stop one of the two
        case corrupt  // what is stored here is damaged: the next fetch clones anew
        case refused  // against the rules for a config repository: change the commit or the setting
        case moved  // somebody else moved the branch first: make the change again on its new head
        case diskFull  // make room, then retry
        case other  // anything else: retry with back-off
    }

    public let code: Code
    /// What was being done, with its subject: "resolving main".
    public let operation: String
    /// The cause, and the next step where there is one. Never contains credentials.
    public let detail: String

    public init(code: Code, operation: String, detail: String) {
        self.code = code
        self.operation = operation
        self.detail = detail
    }

    /// Whether the same call may succeed later without a change of configuration.
    public var isRetryable: Bool {
        switch code {
        case .unreachable, .timedOut, .corrupt, .diskFull, .other: true
        case .notFound, .unauthorized, .hostKeyUnknown, .certificateUntrusted, .cancelled, .locked, .refused, .moved:
            false
        }
    }
}

extension GitError: CustomStringConvertible {
    public var description: String { "\(operation) failed (\(code.rawValue)): \(detail)" }
}

extension GitError: EditingError {
    public var remedy: EditingRemedy {
        switch code {
        case .moved: .startOver
        case .unreachable, .timedOut: .lookAgain
        case .notFound, .unauthorized, .hostKeyUnknown, .certificateUntrusted, .cancelled, .locked, .corrupt, .refused,
            .diskFull, .other:
            .giveUp
        }
    }
}
