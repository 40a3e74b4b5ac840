// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Domain

/// A private key that signs as `ssh-keygen -Y sign` does: Ed25519, ECDSA or RSA, from a file that `ssh-keygen` made.
///
/// Never printed: a description would end up in a log.
public final class SSHSigningKey: Sendable {
    public let publicKey: SSHPublicKey
    private let pair: KeyHolder

    /// - Parameter file: The content of a private key in OpenSSH's own format, without passphrase.
    /// - Throws: `SSHError`; `.encrypted` for a key behind a passphrase.
    public init(openSSH file: [UInt8]) throws(SSHError) {
        let section = try Self.privateSection(file)
        var reader = SSHReader(section.bytes)
        // The two check numbers are equal when a passphrase was right; without one they always are.
        guard let first = reader.uint32(), let second = reader.uint32(), first == second,
            let type = reader.text()
        else { throw SSHError(.malformed, "the private key is damaged") }
        guard let family = SSHKeyFamily(type: type) else { throw SSHKeyFamily.refusal(of: type) }
        let publicKey = try SSHPublicKey(blob: section.publicKey)
        guard let pair = family.privateKey(&reader) else {
            throw SSHError(.malformed, "the private key is damaged")
        }
        guard publicKey.type == type else { throw SSHError(.malformed, "the private key does not fit its public key") }
        self.publicKey = publicKey
        self.pair = KeyHolder(pair)
        // A damaged file could hold a public key that is not the private key's; a signature would betray the key then.
        let proof = Array("kubernaut".utf8)
        guard try make(proof, namespace: "check").verifies(proof) else {
            throw SSHError(.malformed, "the private key does not fit its public key")
        }
    }

    /// Signs a message for one use.
    ///
    /// - Parameter namespace: What it is for, not empty: `git` for commits.
    /// - Returns: An armoured signature, with a line break at its end.
    public func sign(_ message: [UInt8], namespace: String) throws(SSHError) -> String {
        try make(message, namespace: namespace).armored
    }

    private func make(_ message: [UInt8], namespace: String) throws(SSHError) -> SSHSignature {
        let signed = SSHSignature.signed(message, namespace: namespace, hash: "sha512")
        guard let family = publicKey.family else { throw SSHError(.unsupported, "this kind of key cannot sign") }
        let algorithm = family.signatureAlgorithm(publicKey.type)
        guard let digest = family.digest(for: algorithm), var bytes = pair.key.sign(signed, digest: digest) else {
            throw SSHError(.failed, "OpenSSL could not sign with the \(publicKey.type) key")
        }
        if case .ecdsa = family {
            guard let numbers = ecdsaNumbers(fromDER: bytes) else {
                throw SSHError(.failed, "OpenSSL gave a signature that is none")
            }
            var writer = SSHWriter()
            writer.number(numbers.r)
            writer.number(numbers.s)
            bytes = writer.bytes
        }
        return SSHSignature(namespace: namespace, publicKey: publicKey, algorithm: algorithm, signature: bytes)
    }

    /// OpenSSH's PROTOCOL.key, for one key that is not encrypted.
    private static func privateSection(_ file: [UInt8]) throws(SSHError) -> (publicKey: [UInt8], bytes: [UInt8]) {
        let (begin, end) = ("-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----")
        guard file.count <= 64 << 10, let body = unarmored(file, begin: begin, end: end) else {
            throw SSHError(
                .malformed, "not a private key in OpenSSH's format; `ssh-keygen -p -f FILE` writes an older one anew")
        }
        let magic = Array("openssh-key-v1\0".utf8)
        guard let blob = Base64.standard.bytes(String(decoding: body, as: UTF8.self)) else {
            throw SSHError(.malformed, "the private key is no base64")
        }
        var reader = SSHReader(blob)
        guard reader.take(magic.count) == magic, let cipher = reader.text(), reader.string() != nil,
            reader.string() != nil
        else { throw SSHError(.malformed, "the private key is damaged") }
        guard cipher == "none" else {
            throw SSHError(
                .encrypted, "the private key is behind a passphrase; use one without, readable by this user alone")
        }
        guard reader.uint32() == 1, let publicKey = reader.string(), let bytes = reader.string() else {
            throw SSHError(.malformed, "the private key is damaged")
        }
        return (publicKey, bytes)
    }
}

/// Safe: OpenSSL counts references to a key atomically and does not change it when it signs; each use has a context of
/// its own (EVP_PKEY(3), "thread safety" in openssl-threads(7)).
private final class KeyHolder: @unchecked Sendable {
    let key: KeyPair

    init(_ key: KeyPair) { self.key = key }
}

extension SSHKeyFamily {
    /// Reads the private fields that follow the type.
    fileprivate func privateKey(_ reader: inout SSHReader) -> KeyPair? {
        switch self {
        case .ed25519:
            guard reader.string() != nil, let secret = reader.string(), secret.count == 64 else { return nil }
            return KeyPair(ed25519Seed: Array(secret.prefix(32)))
        case .ecdsa(let curve):
            guard reader.text() == curve, let point = reader.string(), let secret = reader.number() else { return nil }
            return KeyPair(curve: Self.group(curve), point: point, secret: secret)
        case .rsa:
            guard let modulus = reader.number(), let exponent = reader.number(), let secret = reader.number() else {
                return nil
            }
            return KeyPair(modulus: modulus, exponent: exponent, secret: secret)
        }
    }
}
