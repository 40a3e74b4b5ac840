// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// SHA-256 (FIPS 180-4).
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, Algorithm.sha256.handle, nil) == 1 else {
            preconditionFailure("EVP_DigestInit_ex: no SHA-256 in this OpenSSL")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: [UInt8]) {
        let status = EVP_DigestUpdate(context, bytes, bytes.count)
        precondition(status == 1, "EVP_DigestUpdate failed")
    }

    public func update(_ text: String) {
        var text = text
        let status = text.withUTF8 { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(status == 1, "EVP_DigestUpdate failed")
    }

    /// 32 bytes.
    public consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let status = EVP_DigestFinal_ex(context, &digest, &length)
        precondition(status == 1 && length == 32, "EVP_DigestFinal_ex failed")
        return digest
    }
}

/// An algorithm that OpenSSL looked up: `EVP_sha256()` would be looked up again, behind a lock, with each digest.
private struct Algorithm: Sendable {
    // Safe: OpenSSL does not change an algorithm that was fetched, and this one lives as long as the process.
    nonisolated(unsafe) let handle: OpaquePointer

    static let sha256 = Algorithm("SHA256")
    static let sha1 = Algorithm("SHA1")

    private init(_ name: String) {
        guard let handle = EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("EVP_MD_fetch: no \(name) in this OpenSSL")
        }
        self.handle = handle
    }

    /// - Parameter size: How many bytes this algorithm gives.
    func digest(of bytes: [UInt8], size: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { digest, count in
            var length: UInt32 = 0
            let status = EVP_Digest(bytes, bytes.count, digest.baseAddress, &length, handle, nil)
            precondition(status == 1 && length == UInt32(size), "EVP_Digest failed")
            count = size
        }
    }
}

/// SHA-256 in 64 lower-case hexadecimal digits.
public func sha256Hex(_ bytes: [UInt8]) -> String { hex(sha256(bytes)) }

/// The id git gives to a file with this content: SHA-1 over `blob <count>\0` and the bytes, 40 hexadecimal digits.
public func gitBlobID(_ bytes: [UInt8]) -> String { hex(sha1(Array("blob \(bytes.count)\0".utf8) + bytes)) }

public func sha256(_ bytes: [UInt8]) -> [UInt8] { Algorithm.sha256.digest(of: bytes, size: 32) }

func sha512(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 64)
    SHA512(bytes, bytes.count, &digest)
    return digest
}

func sha1(_ bytes: [UInt8]) -> [UInt8] { Algorithm.sha1.digest(of: bytes, size: 20) }

/// Two lower-case hexadecimal digits for each byte.
public func hex(_ bytes: some Collection<UInt8>) -> String {
    String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
        var index = 0
        for byte in bytes {
            text[index] = digit(byte >> 4)
            text[index + 1] = digit(byte & 15)
            index += 2
        }
        return index
    }
}

private func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value }
