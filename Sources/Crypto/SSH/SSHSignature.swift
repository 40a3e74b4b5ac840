// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Domain

/// A signature over a file or a commit, as `ssh-keygen -Y sign` makes it (OpenSSH, PROTOCOL.sshsig).
public struct SSHSignature: Sendable, Hashable {
    /// What was signed for: `git` for commits. Part of what is signed.
    public let namespace: String
    public let publicKey: SSHPublicKey
    /// `sha256` or `sha512`.
    let hash: String
    /// `ssh-ed25519`, `rsa-sha2-512`, …
    let algorithm: String
    let signature: [UInt8]

    static let magic = Array("SSHSIG".utf8)
    static let begin = "-----BEGIN SSH SIGNATURE-----"
    static let end = "-----END SSH SIGNATURE-----"
    /// The largest RSA key and its signature need a fifth of this.
    private static let limit = 32 << 10

    init(namespace: String, publicKey: SSHPublicKey, algorithm: String, signature: [UInt8]) {
        self.namespace = namespace
        self.publicKey = publicKey
        self.algorithm = algorithm
        self.signature = signature
        hash = "sha512"
    }

    /// - Throws: `.malformed`; `.unsupported` for a kind of key or hash that is not used here.
    public init(armored text: [UInt8]) throws(SSHError) {
        let blob = try Self.blob(text)
        var reader = SSHReader(blob)
        guard reader.take(Self.magic.count) == Self.magic, let version = reader.uint32() else {
            throw SSHError(.malformed, "not a signature of SSH")
        }
        guard version == 1 else {
            throw SSHError(.unsupported, "version \(version) of SSH signatures is not supported")
        }
        guard let key = reader.string(), let namespace = reader.text(), reader.string() != nil,
            let hash = reader.text(), let inner = reader.string(), reader.isAtEnd
        else { throw SSHError(.malformed, "the SSH signature is damaged") }
        guard !namespace.isEmpty else { throw SSHError(.malformed, "the SSH signature has no namespace") }
        guard hash == "sha256" || hash == "sha512" else {
            throw SSHError(.unsupported, "the SSH signature uses a hash other than SHA-256 and SHA-512")
        }
        publicKey = try SSHPublicKey(blob: key)
        var parts = SSHReader(inner)
        guard let algorithm = parts.text(), let signature = parts.string(), parts.isAtEnd else {
            throw SSHError(.malformed, "the SSH signature is damaged")
        }
        guard publicKey.family?.digest(for: algorithm) != nil else {
            throw SSHError(.unsupported, "the SSH signature is made with an algorithm that is not accepted for its key")
        }
        self.namespace = namespace
        self.hash = hash
        self.algorithm = algorithm
        self.signature = signature
    }

    /// Whether the key in the signature made it over exactly this message. Whose key it is, the caller must know.
    public func verifies(_ message: [UInt8]) -> Bool {
        guard let family = publicKey.family, let digest = family.digest(for: algorithm),
            let pair = try? publicKey.pair()
        else { return false }
        var bytes = signature
        if case .ecdsa = family {
            var reader = SSHReader(signature)
            guard let r = reader.number(), let s = reader.number(), reader.isAtEnd, r.count <= 66, s.count <= 66,
                let der = ecdsaDER(r: r, s: s)
            else { return false }
            bytes = der
        }
        return pair.verifies(bytes, of: Self.signed(message, namespace: namespace, hash: hash), digest: digest)
    }

    /// What the key really signs.
    static func signed(_ message: [UInt8], namespace: String, hash: String) -> [UInt8] {
        var writer = SSHWriter()
        writer.raw(magic)
        writer.string(namespace)
        writer.string([])
        writer.string(hash)
        writer.string(hash == "sha256" ? Crypto.sha256(message) : sha512(message))
        return writer.bytes
    }

    /// With a line break at the end of every line.
    var armored: String {
        var inner = SSHWriter()
        inner.string(algorithm)
        inner.string(signature)
        var writer = SSHWriter()
        writer.raw(Self.magic)
        writer.uint32(1)
        writer.string(publicKey.blob)
        writer.string(namespace)
        writer.string([])
        writer.string(hash)
        writer.string(inner.bytes)
        var text = Self.begin + "\n"
        var rest = Base64.standard.text(writer.bytes)[...]
        while !rest.isEmpty {
            text += rest.prefix(70) + "\n"
            rest = rest.dropFirst(70)
        }
        return text + Self.end + "\n"
    }

    private static func blob(_ text: [UInt8]) throws(SSHError) -> [UInt8] {
        guard text.count <= limit else { throw SSHError(.malformed, "the SSH signature is larger than \(limit) bytes") }
        guard let body = unarmored(text, begin: begin, end: end) else {
            throw SSHError(.malformed, "the SSH signature has no beginning or no end")
        }
        guard let blob = Base64.standard.bytes(String(decoding: body, as: UTF8.self)) else {
            throw SSHError(.malformed, "the SSH signature is no base64")
        }
        return blob
    }
}

/// What stands between two lines, without white space; nil when one of them is missing.
func unarmored(_ text: [UInt8], begin: String, end: String) -> [UInt8]? {
    var body = text[...]
    while let last = body.last, last.isSpace { body.removeLast() }
    guard body.starts(with: begin.utf8), body.count >= begin.utf8.count + end.utf8.count else { return nil }
    body = body.dropFirst(begin.utf8.count)
    guard body.suffix(end.utf8.count).elementsEqual(end.utf8) else { return nil }
    return body.dropLast(end.utf8.count).filter { !$0.isSpace }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}
