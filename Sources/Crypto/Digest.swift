// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// SHA-256 (FIPS 180-4).
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("EVP_DigestInit_ex: no SHA-256 in this OpenSSL")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: [UInt8]) {
        let status = EVP_DigestUpdate(context, bytes, bytes.count)
        precondition(status == 1, "EVP_DigestUpdate failed")
    }

    public func update(_ text: String) { update(Array(text.utf8)) }

    /// 32 bytes.
    public consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let status = EVP_DigestFinal_ex(context, &digest, &length)
        precondition(status == 1 && length == 32, "EVP_DigestFinal_ex failed")
        return digest
    }
}

/// SHA-256 in 64 lower-case hexadecimal digits.
public func sha256Hex(_ bytes: [UInt8]) -> String {
    let digest = SHA256()
    digest.update(bytes)
    return hex(digest.finish())
}

/// The id git gives to a file with this content: SHA-1 over `blob <count>\0` and the bytes, 40 hexadecimal digits.
public func gitBlobID(_ bytes: [UInt8]) -> String { hex(sha1(Array("blob \(bytes.count)\0".utf8) + bytes)) }

public func sha256(_ bytes: [UInt8]) -> [UInt8] {
    let digest = SHA256()
    digest.update(bytes)
    return digest.finish()
}

func sha512(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 64)
    SHA512(bytes, bytes.count, &digest)
    return digest
}

func sha1(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 20)
    SHA1(bytes, bytes.count, &digest)
    return digest
}

/// Two lower-case hexadecimal digits for each byte.
public func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
