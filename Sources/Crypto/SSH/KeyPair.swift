// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A public key, or a private one with its public part. Owns its `EVP_PKEY *`.
final class KeyPair {
    fileprivate let handle: OpaquePointer

    private init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { EVP_PKEY_free(handle) }

    // MARK: Making

    /// - Parameter bytes: 32 bytes (RFC 8032).
    convenience init?(ed25519 bytes: [UInt8]) {
        guard bytes.count == 32, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, 32) else {
            return nil
        }
        self.init(key)
    }

    /// - Parameter seed: 32 bytes; the public part follows from it.
    convenience init?(ed25519Seed seed: [UInt8]) {
        guard seed.count == 32, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, 32) else {
            return nil
        }
        self.init(key)
    }

    /// - Parameters:
    ///   - group: OpenSSL's name of the curve.
    ///   - point: Uncompressed.
    ///   - secret: Big-endian; nil for a public key.
    convenience init?(curve group: String, point: [UInt8], secret: [UInt8]? = nil) {
        guard let parameters = Parameters() else { return nil }
        parameters.add(OSSL_PKEY_PARAM_GROUP_NAME, text: group)
        parameters.add(OSSL_PKEY_PARAM_PUB_KEY, octets: point)
        if let secret { parameters.add(OSSL_PKEY_PARAM_PRIV_KEY, secret: secret) }
        self.init("EC", parameters, isPrivate: secret != nil)
    }

    /// - Parameter secret: The private exponent; nil for a public key.
    convenience init?(modulus: [UInt8], exponent: [UInt8], secret: [UInt8]? = nil) {
        guard let parameters = Parameters() else { return nil }
        parameters.add(OSSL_PKEY_PARAM_RSA_N, number: modulus)
        parameters.add(OSSL_PKEY_PARAM_RSA_E, number: exponent)
        if let secret { parameters.add(OSSL_PKEY_PARAM_RSA_D, secret: secret) }
        self.init("RSA", parameters, isPrivate: secret != nil)
    }

    private convenience init?(_ type: String, _ parameters: borrowing Parameters, isPrivate: Bool) {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        guard let array = parameters.build() else { return nil }
        defer { OSSL_PARAM_free(array) }
        var raw: OpaquePointer?
        let selection = isPrivate ? kn_evp_keypair() : kn_evp_public_key()
        guard EVP_PKEY_fromdata_init(context) == 1, EVP_PKEY_fromdata(context, &raw, selection, array) == 1, let raw
        else { return nil }
        self.init(raw)
    }

    // MARK: Using

    /// - Parameter digest: Nil for Ed25519, which hashes by itself.
    /// - Returns: As OpenSSL gives it: DER for ECDSA. Nil when OpenSSL refuses.
    func sign(_ message: [UInt8], digest: OpaquePointer?) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var length = 0
        guard EVP_DigestSignInit(context, nil, digest, nil, handle) == 1,
            EVP_DigestSign(context, nil, &length, message, message.count) == 1
        else { return nil }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else { return nil }
        return Array(signature.prefix(length))
    }

    func verifies(_ signature: [UInt8], of message: [UInt8], digest: OpaquePointer?) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        // A wrong signature leaves errors in the thread's queue, which nobody reads.
        defer { ERR_clear_error() }
        return EVP_DigestVerifyInit(context, nil, digest, nil, handle) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// A list of key parameters being made. OpenSSL keeps the pointers it is given, those to names even in the built list:
/// this must live for as long as that one.
private struct Parameters: ~Copyable {
    private let builder: OpaquePointer
    private let kept = Numbers()

    init?() {
        guard let builder = OSSL_PARAM_BLD_new() else { return nil }
        self.builder = builder
    }

    deinit { OSSL_PARAM_BLD_free(builder) }

    func add(_ name: String, text: String) {
        _ = OSSL_PARAM_BLD_push_utf8_string(builder, kept.hold(name), kept.hold(text), 0)
    }

    func add(_ name: String, octets: [UInt8]) {
        let copy = kept.hold(octets)
        _ = OSSL_PARAM_BLD_push_octet_string(builder, kept.hold(name), copy.baseAddress, octets.count)
    }

    func add(_ name: String, number: [UInt8]) {
        guard let number = BN_bin2bn(number, Int32(number.count), nil) else { return }
        kept.hold(number)
        _ = OSSL_PARAM_BLD_push_BN(builder, kept.hold(name), number)
    }

    func add(_ name: String, secret: [UInt8]) {
        guard let number = BN_secure_new(), BN_bin2bn(secret, Int32(secret.count), number) != nil else { return }
        kept.hold(number)
        _ = OSSL_PARAM_BLD_push_BN(builder, kept.hold(name), number)
    }

    func build() -> UnsafeMutablePointer<OSSL_PARAM>? { OSSL_PARAM_BLD_to_param(builder) }
}

/// What a list of parameters points to.
private final class Numbers {
    private var numbers: [OpaquePointer] = []
    private var texts: [UnsafeMutablePointer<CChar>] = []
    private var octets: [UnsafeMutableBufferPointer<UInt8>] = []

    deinit {
        for number in numbers { BN_clear_free(number) }
        for text in texts { text.deallocate() }
        for buffer in octets { buffer.deallocate() }
    }

    func hold(_ number: OpaquePointer) { numbers.append(number) }

    func hold(_ text: String) -> UnsafePointer<CChar> {
        let bytes = Array(text.utf8CString)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        copy.initialize(from: bytes, count: bytes.count)
        texts.append(copy)
        return UnsafePointer(copy)
    }

    func hold(_ bytes: [UInt8]) -> UnsafeMutableBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        _ = copy.initialize(from: bytes)
        octets.append(copy)
        return copy
    }
}

// MARK: - ECDSA signatures

/// The two numbers of an ECDSA signature from DER, big-endian; nil for anything else.
func ecdsaNumbers(fromDER der: [UInt8]) -> (r: [UInt8], s: [UInt8])? {
    let signature = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
        var start = buffer.baseAddress
        return d2i_ECDSA_SIG(nil, &start, der.count)
    }
    guard let signature else { return nil }
    defer { ECDSA_SIG_free(signature) }
    func digits(_ number: OpaquePointer?) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int((BN_num_bits(number) + 7) / 8))
        BN_bn2bin(number, &bytes)
        return bytes
    }
    return (digits(ECDSA_SIG_get0_r(signature)), digits(ECDSA_SIG_get0_s(signature)))
}

/// DER of an ECDSA signature; nil when OpenSSL takes no such numbers.
func ecdsaDER(r: [UInt8], s: [UInt8]) -> [UInt8]? {
    guard let signature = ECDSA_SIG_new() else { return nil }
    defer { ECDSA_SIG_free(signature) }
    guard let left = BN_bin2bn(r, Int32(r.count), nil) else { return nil }
    guard let right = BN_bin2bn(s, Int32(s.count), nil) else {
        BN_free(left)
        return nil
    }
    // From here on the signature owns both.
    guard ECDSA_SIG_set0(signature, left, right) == 1 else {
        BN_free(left)
        BN_free(right)
        return nil
    }
    var der: UnsafeMutablePointer<UInt8>?
    let count = i2d_ECDSA_SIG(signature, &der)
    guard count > 0, let der else { return nil }
    defer { kn_openssl_free(der) }
    return Array(UnsafeBufferPointer(start: der, count: Int(count)))
}
