// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
import Lifecycle

/// A key for machines, as the store keeps it: without the secret, which is shown once.
public struct APIKey: Sendable, Hashable, Identifiable {
    /// Public: the middle of `kn_<id>_<secret>`; 12 lower-case hexadecimal digits.
    public let id: String
    /// What people call it.
    public let name: String
    /// SHA-256 of the secret: it has 256 random bits, so a fast hash is enough.
    public let digest: [UInt8]
    public let scope: KeyScope
    public let createdBy: String
    /// GitHub's number of the person who made it for themselves; nil for one that a machine or an operator made.
    public let ownerID: Int64?
    public let createdAt: Instant
    public let expiresAt: Instant
    public var revokedAt: Instant?
    public var lastUsedAt: Instant?
    /// The address it was last used from.
    public var lastUsedFrom: String?

    public init(
        id: String, name: String, digest: [UInt8], scope: KeyScope, createdBy: String,
        ownerID: Int64? = nil, createdAt: Instant, expiresAt: Instant, revokedAt: Instant? = nil,
        lastUsedAt: Instant? = nil, lastUsedFrom: String? = nil
    ) {
        self.id = id
        self.name = name
        self.digest = digest
        self.scope = scope
        self.createdBy = createdBy
        self.ownerID = ownerID
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.lastUsedAt = lastUsedAt
        self.lastUsedFrom = lastUsedFrom
    }

    public func isGood(at now: Instant) -> Bool { revokedAt == nil && now < expiresAt }
    public var identity: KeyIdentity { KeyIdentity(id: id, name: name, scope: scope) }
}

/// The text of a key: `kn_<id>_<secret><checksum>`. The prefix lets scanners find a leaked one; the checksum tells a typo from
/// a guess without asking the store.
public struct APIKeyText: Sendable {
    public let id: String
    let secret: [UInt8]

    private static let prefix = "kn"
    private static let secretBytes = 32
    private static let checksumBytes = 4

    /// A new one, from the system's randomness.
    public init() {
        id = hex(randomBytes(6))
        secret = randomBytes(Self.secretBytes)
    }

    /// A new secret under an id that was chosen before; nil when `id` is none.
    public init?(id: String) {
        let isID = id.utf8.count == 12 && id.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard isID else { return nil }
        self.id = id
        secret = randomBytes(Self.secretBytes)
    }

    /// Nil when `text` is not the text of any key.
    public init?(_ text: String) {
        let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.prefix, parts[1].utf8.count == 12,
            let bytes = Base64.url.bytes(String(parts[2])), bytes.count == Self.secretBytes + Self.checksumBytes
        else { return nil }
        id = String(parts[1])
        secret = Array(bytes.prefix(Self.secretBytes))
        guard Array(bytes.suffix(Self.checksumBytes)) == checksum else { return nil }
    }

    private var checksum: [UInt8] { Array(sha256(Array(id.utf8) + secret).prefix(Self.checksumBytes)) }

    /// What the store keeps of the secret.
    public var digest: [UInt8] { sha256(secret) }

    /// To be shown once.
    public var text: Secret { Secret("\(Self.prefix)_\(id)_\(Base64.url.text(secret + checksum))") }

    public func opens(_ key: APIKey) -> Bool { isEqualInConstantTime(digest, key.digest) }
}

extension APIKey {
    /// How long a key that was replaced may go on.
    public static let longestGrace = Duration.seconds(30 * 86_400)

    /// The same, good until `end`.
    fileprivate func ending(at end: Instant) -> APIKey {
        var key = APIKey(
            id: id, name: name, digest: digest, scope: scope, createdBy: createdBy, ownerID: ownerID,
            createdAt: createdAt, expiresAt: end)
        key.revokedAt = revokedAt
        key.lastUsedAt = lastUsedAt
        key.lastUsedFrom = lastUsedFrom
        return key
    }
}

/// Where keys are. Port; the history's database implements it.
public protocol KeyStore: Sendable {
    /// - Throws: When there is one with its id.
    func add(_ key: APIKey) async throws
    /// Nil when there is none with this id.
    func key(_ id: String) async throws -> APIKey?
    /// Newest first, revoked and expired ones too.
    func keys() async throws -> [APIKey]
    /// Does nothing when it is revoked already or not there.
    func revoke(_ id: String, at now: Instant) async throws
    /// Lets a key be good no longer than `end`. Does nothing when it ends sooner, is revoked or not there.
    func shorten(_ id: String, to end: Instant) async throws
    func noteUse(of id: String, at now: Instant, from address: String) async throws
}

/// Keys that end with the process.
public final class MemoryKeys: KeyStore {
    private struct Duplicate: Error, CustomStringConvertible {
        let id: String
        var description: String { "there is a key \(id) already" }
    }

    private let stored = Lock<[String: APIKey]>([:])

    public init() {}

    public func add(_ key: APIKey) async throws {
        let isNew = stored.withLock { keys in
            guard keys[key.id] == nil else { return false }
            keys[key.id] = key
            return true
        }
        if !isNew { throw Duplicate(id: key.id) }
    }

    public func key(_ id: String) async throws -> APIKey? { stored.withLock { $0[id] } }

    public func keys() async throws -> [APIKey] {
        stored.withLock { $0.values.sorted { ($1.createdAt, $0.id) < ($0.createdAt, $1.id) } }
    }

    public func revoke(_ id: String, at now: Instant) async throws {
        stored.withLock { if $0[id]?.revokedAt == nil { $0[id]?.revokedAt = now } }
    }

    public func shorten(_ id: String, to end: Instant) async throws {
        stored.withLock { keys in
            if let key = keys[id], key.revokedAt == nil, end < key.expiresAt { keys[id] = key.ending(at: end) }
        }
    }

    public func noteUse(of id: String, at now: Instant, from address: String) async throws {
        stored.withLock {
            $0[id]?.lastUsedAt = now
            $0[id]?.lastUsedFrom = address
        }
    }
}
