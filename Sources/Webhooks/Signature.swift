// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain

/// That a delivery is genuine. Made by `Hook.verify` alone.
public struct HookProof: Sendable, Hashable {
    /// Names exactly what was signed, for finding a replay under another delivery id.
    let digest: String

    fileprivate init(_ message: HookMessage) { digest = sha256Hex(message.body) }
}

extension Hook {
    /// How far a signed time may be from ours.
    static let tolerance = Duration.seconds(300)
    /// GitLab and others that follow the Standard Webhooks text mark the keys of signatures so.
    private static let signingPrefix = "whsec_"

    /// Whether the message was made by somebody who holds one of the secrets. Looks at raw bytes; nothing is parsed before. Pure.
    ///
    /// Every secret is tried to its end, whichever fits, so that time tells nothing.
    ///
    /// - Returns: Nil when it was not, whatever the reason: a missing field, a wrong digest, a time too far off.
    public func verify(_ message: HookMessage, secrets: [Secret]) -> HookProof? {
        var isGenuine = false
        for secret in secrets {
            let fits = secret.withUnsafeValue { !$0.isEmpty && isGood(message, $0) }
            isGenuine = fits || isGenuine
        }
        return isGenuine ? HookProof(message) : nil
    }

    private func isGood(_ message: HookMessage, _ secret: String) -> Bool {
        switch kind {
        // SHA-1 in X-Hub-Signature is GitHub's old form and never counts.
        case .github: return isSigned(message, by: "X-Hub-Signature-256", secret)
        case .bitbucket, .bitbucketServer: return isSigned(message, by: "X-Hub-Signature", secret)
        case .gitea:
            let names = ["X-Hub-Signature-256", "X-Forgejo-Signature", "X-Gitea-Signature"]
            return names.contains { isSigned(message, by: $0, secret) }
        case .gitlab where secret.hasPrefix(Self.signingPrefix): return isSignedByStandard(message, secret)
        case .gitlab:
            // Digests, because their length is the same whatever was sent.
            return message.field("X-Gitlab-Token").map {
                isEqualInConstantTime(sha256(Array($0.utf8)), sha256(Array(secret.utf8)))
            } ?? false
        case .generic:
            guard let time = message.field("X-Kubernaut-Timestamp"), isNear(time, message.at) else { return false }
            return isSigned(message, by: "X-Kubernaut-Signature-256", secret, prefix: "\(time).")
        }
    }

    /// `sha256=<hex>`, or the digits alone, over the body.
    private func isSigned(_ message: HookMessage, by name: String, _ secret: String, prefix: String = "") -> Bool {
        guard let field = message.field(name) else { return false }
        let digits = field.hasPrefix("sha256=") ? field.dropFirst("sha256=".count) : field[...]
        guard let claimed = bytes(ofHex: digits), claimed.count == 32 else { return false }
        return isEqualInConstantTime(claimed, hmacSHA256(key: Array(secret.utf8), Array(prefix.utf8) + message.body))
    }

    /// GitLab since 2026, as <https://www.standardwebhooks.com>: `webhook-signature` holds `v1,<base64>`, several while a key is
    /// being changed, over `id.timestamp.body`.
    private func isSignedByStandard(_ message: HookMessage, _ secret: String) -> Bool {
        guard let key = Base64.standard.bytes(String(secret.dropFirst(Self.signingPrefix.count))), !key.isEmpty,
            let id = message.field("webhook-id"), let time = message.field("webhook-timestamp"),
            isNear(time, message.at), let signatures = message.field("webhook-signature")
        else { return false }
        let expected = hmacSHA256(key: key, Array("\(id).\(time).".utf8) + message.body)
        var isGood = false
        for signature in signatures.split(separator: " ").prefix(8) where signature.hasPrefix("v1,") {
            let claimed = Base64.standard.bytes(String(signature.dropFirst(3))) ?? []
            isGood = isEqualInConstantTime(claimed, expected) || isGood
        }
        return isGood
    }

    private func isNear(_ time: String, _ now: Instant) -> Bool {
        guard time.utf8.count <= 12, let seconds = Int64(time) else { return false }
        let distance = now.since(Instant(seconds: seconds))
        return distance <= Self.tolerance && distance >= .zero - Self.tolerance
    }
}

/// Nil for anything but pairs of hexadecimal digits.
private func bytes(ofHex text: Substring) -> [UInt8]? {
    let digits = text.utf8.map { byte -> UInt8? in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
    let values = digits.compactMap { $0 }
    guard values.count == digits.count, values.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
}
