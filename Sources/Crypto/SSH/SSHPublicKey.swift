// SPDX-License-Identifier: Apache-2.0

import COpenSSL
import Domain

/// An SSH public key of a kind that signatures are checked with here: Ed25519, ECDSA on a NIST curve, RSA of 2048 bits
/// or more.
public struct SSHPublicKey: Sendable, Hashable {
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …
    public let type: String
    /// As it goes over the wire (RFC 4253, section 6.6).
    public let blob: [UInt8]

    /// - Throws: `.unsupported` for other kinds of keys, certificates and security keys among them; `.malformed`.
    public init(blob: [UInt8]) throws(SSHError) {
        let key = try Self.key(blob)
        type = key.type
        self.blob = blob
    }

    /// Reads `ssh-ed25519 AAAA…`, as it stands in `*.pub` and in `authorized_keys`; what follows is a comment.
    public init(line: some StringProtocol) throws(SSHError) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, let blob = Base64.standard.bytes(String(words[1])) else {
            throw SSHError(.malformed, "not a public key of SSH (TYPE BASE64)")
        }
        try self.init(blob: blob)
        guard type == words[0] else {
            throw SSHError(.malformed, "the key says it is \(type), its line says otherwise")
        }
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it.
    public var fingerprint: String {
        let digest = SHA256()
        digest.update(blob)
        return "SHA256:" + Base64.standard.text(digest.finish()).prefix { $0 != "=" }
    }

    /// `ssh-ed25519 AAAA…`
    public var line: String { "\(type) \(Base64.standard.text(blob))" }

    var family: SSHKeyFamily? { SSHKeyFamily(type: type) }

    /// The key as OpenSSL takes it.
    func pair() throws(SSHError) -> KeyPair { try Self.key(blob).pair }

    private static func key(_ blob: [UInt8]) throws(SSHError) -> (type: String, pair: KeyPair) {
        var reader = SSHReader(blob)
        guard let type = reader.text() else { throw SSHError(.malformed, "not a public key of SSH") }
        guard let family = SSHKeyFamily(type: type) else { throw SSHKeyFamily.refusal(of: type) }
        let pair = family.publicKey(&reader)
        guard let pair, reader.isAtEnd else { throw SSHError(.malformed, "the \(type) key is damaged") }
        if case .rsa = family, !Self.isLongEnough(blob) {
            throw SSHError(.unsupported, "the RSA key is not of 2048 to 16384 bits")
        }
        return (type, pair)
    }

    private static func isLongEnough(_ blob: [UInt8]) -> Bool {
        var reader = SSHReader(blob)
        guard reader.text() != nil, reader.number() != nil, let modulus = reader.number(), let first = modulus.first
        else { return false }
        return (2048...16_384).contains(modulus.count * 8 - first.leadingZeroBitCount)
    }
}

/// The kinds of keys, and what differs between them.
enum SSHKeyFamily: Hashable {
    case ed25519
    /// The SSH name of the curve: `nistp256`.
    case ecdsa(curve: String)
    case rsa

    init?(type: String) {
        switch type {
        case "ssh-ed25519": self = .ed25519
        case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
            self = .ecdsa(curve: String(type.dropFirst("ecdsa-sha2-".count)))
        case "ssh-rsa": self = .rsa
        default: return nil
        }
    }

    static func refusal(of type: String) -> SSHError {
        if type.contains("-cert-v0") {
            return SSHError(.unsupported, "SSH certificates are not supported; use the key itself")
        }
        if type.hasPrefix("sk-") {
            return SSHError(.unsupported, "keys on security tokens (\(shown(type))) are not supported")
        }
        return SSHError(.unsupported, "keys of the kind \(shown(type)) are not supported; use Ed25519, ECDSA or RSA")
    }

    private static func shown(_ type: String) -> String {
        String(type.prefix(60).map { $0.isASCII && ($0.isLetter || $0.isNumber || "-@._".contains($0)) ? $0 : "?" })
    }

    /// Reads what follows the type.
    func publicKey(_ reader: inout SSHReader) -> KeyPair? {
        switch self {
        case .ed25519: return reader.string().flatMap { KeyPair(ed25519: $0) }
        case .ecdsa(let curve):
            guard reader.text() == curve, let point = reader.string(), point.first == 4 else { return nil }
            return KeyPair(curve: Self.group(curve), point: point)
        case .rsa:
            guard let exponent = reader.number(), let modulus = reader.number(), modulus.count <= 2048 else {
                return nil
            }
            return KeyPair(modulus: modulus, exponent: exponent)
        }
    }

    /// OpenSSL's name of a curve.
    static func group(_ curve: String) -> String {
        switch curve {
        case "nistp256": "P-256"
        case "nistp384": "P-384"
        default: "P-521"
        }
    }

    /// How a signature algorithm hashes; the outer nil for one that does not belong to this kind of key.
    func digest(for algorithm: String) -> OpaquePointer?? {
        switch (self, algorithm) {
        case (.ed25519, "ssh-ed25519"): .some(nil)
        case (.ecdsa("nistp256"), "ecdsa-sha2-nistp256"): .some(EVP_sha256())
        case (.ecdsa("nistp384"), "ecdsa-sha2-nistp384"): .some(EVP_sha384())
        case (.ecdsa("nistp521"), "ecdsa-sha2-nistp521"): .some(EVP_sha512())
        case (.rsa, "rsa-sha2-512"): .some(EVP_sha512())
        case (.rsa, "rsa-sha2-256"): .some(EVP_sha256())
        default: nil
        }
    }

    /// What new signatures are made with.
    func signatureAlgorithm(_ type: String) -> String { self == .rsa ? "rsa-sha2-512" : type }
}
