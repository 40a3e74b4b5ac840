// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// What a form carries to prove that this site made it for this session.
///
/// Each rendering masks the secret with other random bytes, so that compression cannot give it away piece by piece
/// (BREACH). All of a session's tokens stay good until the session ends.
public enum FormToken {
    /// - Parameter secret: The session's, 32 bytes.
    public static func make(from secret: [UInt8]) -> String {
        let pad = randomBytes(secret.count)
        return Base64.url.text(pad + zip(secret, pad).map { $0 ^ $1 })
    }

    public static func isGood(_ token: String, for secret: [UInt8]) -> Bool {
        guard let bytes = Base64.url.bytes(token), bytes.count == 2 * secret.count else { return false }
        let pad = bytes.prefix(secret.count)
        return isEqualInConstantTime(zip(bytes.suffix(secret.count), pad).map { $0 ^ $1 }, secret)
    }
}
