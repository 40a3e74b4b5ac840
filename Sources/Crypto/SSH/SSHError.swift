// SPDX-License-Identifier: Apache-2.0

/// Why an SSH key or signature cannot be used.
public struct SSHError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        case malformed  // not what it should be, or damaged
        case encrypted  // a key behind a passphrase
        case unsupported  // a kind of key or signature that is not used here
        case failed  // OpenSSL refused to sign
    }

    public let code: Code
    /// One sentence without a full stop. Never holds key material.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
