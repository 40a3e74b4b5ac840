// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Whether two secrets are equal, in a time that depends on their lengths alone.
public func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// A key of 32 bytes for one purpose, drawn from a master key (HKDF with SHA-256, RFC 5869, without salt).
public func derivedKey(from master: [UInt8], for purpose: String) -> [UInt8] {
    let pseudorandom = hmacSHA256(key: [UInt8](repeating: 0, count: 32), master)
    return hmacSHA256(key: pseudorandom, Array(purpose.utf8) + [1])
}
