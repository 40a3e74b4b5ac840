// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Random bytes from the operating system, fit for keys.
public func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let status = RAND_bytes(&bytes, Int32(count))
    // Going on without randomness would be worse than ending.
    precondition(status == 1, "RAND_bytes failed")
    return bytes
}

/// HMAC-SHA256 (RFC 2104): 32 bytes that only holders of `key` can compute or compare.
public func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let result = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &digest, &length)
    precondition(result != nil && length == 32, "HMAC failed")
    return digest
}
