// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Seals small texts so that only this site can read or make them: AES-256-GCM (NIST SP 800-38D) under a ring of keys.
///
/// The first key seals; all open, so that a new key can be put in front without ending what the old one sealed.
public struct SealedBox: Sendable {
    private let keys: [[UInt8]]

    private static let nonceBytes = 12
    private static let tagBytes = 16

    /// - Parameter keys: At least one, each of 32 bytes.
    public init(keys: [[UInt8]]) {
        precondition(!keys.isEmpty && keys.allSatisfy { $0.count == 32 }, "AES-256 needs keys of 32 bytes")
        self.keys = keys
    }

    /// - Parameter purpose: Bound to the box: it opens only with the same one.
    /// - Returns: A random nonce, the sealed bytes and the tag.
    public func seal(_ bytes: [UInt8], for purpose: String) -> [UInt8] {
        let nonce = randomBytes(Self.nonceBytes)
        guard let sealed = Self.crypt(bytes, key: keys[0], nonce: nonce, purpose: purpose, tag: nil) else {
            preconditionFailure("AES-256-GCM is missing in this OpenSSL")
        }
        return nonce + sealed
    }

    /// Nil when it was not sealed here for this purpose, or was changed.
    public func open(_ box: [UInt8], for purpose: String) -> [UInt8]? {
        guard box.count >= Self.nonceBytes + Self.tagBytes else { return nil }
        let nonce = Array(box.prefix(Self.nonceBytes))
        let tag = Array(box.suffix(Self.tagBytes))
        let sealed = Array(box.dropFirst(Self.nonceBytes).dropLast(Self.tagBytes))
        return keys.lazy.compactMap { Self.crypt(sealed, key: $0, nonce: nonce, purpose: purpose, tag: tag) }.first
    }

    /// Seals and appends the tag when `tag` is nil; otherwise opens, and gives nil for a wrong tag.
    private static func crypt(
        _ input: [UInt8], key: [UInt8], nonce: [UInt8], purpose: String, tag: [UInt8]?
    ) -> [UInt8]? {
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let direction: Int32 = tag == nil ? 1 : 0
        let label = Array(purpose.utf8)
        var output = [UInt8](repeating: 0, count: input.count)
        var count: Int32 = 0
        guard EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce, direction) == 1,
            EVP_CipherUpdate(context, nil, &count, label, Int32(label.count)) == 1,
            EVP_CipherUpdate(context, &output, &count, input, Int32(input.count)) == 1
        else { return nil }
        if var tag, EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagBytes), &tag) != 1 { return nil }
        var rest = [UInt8](repeating: 0, count: tagBytes)
        guard EVP_CipherFinal_ex(context, &rest, &count) == 1 else { return nil }
        guard tag == nil else { return output }
        var made = [UInt8](repeating: 0, count: tagBytes)
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagBytes), &made) == 1 else { return nil }
        return output + made
    }
}
