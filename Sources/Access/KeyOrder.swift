// SPDX-License-Identifier: Apache-2.0

public import Domain

/// A key that somebody wants, before anybody has said yes.
public struct KeyOrder: Sendable, Hashable {
    /// 1...64 characters without control characters.
    public let name: String
    public let scope: KeyScope
    public let lifetime: Duration

    /// What a key gets when nobody says how long.
    public static let defaultLifetime = Duration.seconds(90 * 86_400)
    /// No key lasts longer: what nobody renews for a year, nobody needs.
    public static let longestLifetime = Duration.seconds(366 * 86_400)
    /// Patterns in each list; more is no scope any more.
    private static let patternLimit = 32

    /// Why no key can be made like that; nothing about who asks.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// Of the form and of the API: `name`, `permissions`, `environments`, `services`, `expires`.
        public let field: String
        public let description: String

        init(_ field: String, _ description: String) {
            self.field = field
            self.description = description
        }
    }

    /// - Parameters:
    ///   - environments: Patterns; empty means all.
    ///   - services: Patterns; empty means all.
    ///   - expires: How long it is good, such as `30d`; nil or empty for 90 days.
    public init(
        name: String, permissions: [String], environments: [String], services: [String], expires: String?
    ) throws(Problem) {
        guard (1...64).contains(name.count),
            !name.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
        else {
            throw Problem("name", "a key needs a name of 1 to 64 characters, such as jenkins-cart")
        }
        self.name = name
        var wanted: Set<Permission> = []
        for word in permissions {
            guard let permission = Permission(rawValue: word) else {
                let known = Permission.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem("permissions", "\"\(word)\" is no permission; there are \(known)")
            }
            wanted.insert(permission)
        }
        guard !wanted.isEmpty else { throw Problem("permissions", "a key needs at least one permission") }
        scope = KeyScope(
            permissions: wanted, environments: try Self.globs(environments, "environments"),
            services: try Self.globs(services, "services"))
        guard let expires, !expires.isEmpty else {
            lifetime = Self.defaultLifetime
            return
        }
        guard let lifetime = Duration(text: expires), lifetime >= .seconds(60), lifetime <= Self.longestLifetime else {
            throw Problem("expires", "a key is good for 1m to 366d, such as 30d, not \"\(expires)\"")
        }
        self.lifetime = lifetime
    }

    private static func globs(_ texts: [String], _ field: String) throws(Problem) -> [Glob] {
        guard texts.count <= patternLimit else {
            throw Problem(field, "at most \(patternLimit) patterns, or name them by one such as cart-*")
        }
        for text in texts {
            let isPattern =
                (1...100).contains(text.utf8.count)
                && text.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "?"):
                        true
                    default: false
                    }
                }
            guard isPattern else {
                throw Problem(field, "\"\(text)\" is neither a name nor a pattern such as cart-*")
            }
        }
        return texts.isEmpty ? [.any] : texts.map { Glob($0) }
    }

    /// A key as `key` is, and as long as that was meant to last.
    public init(replacing key: APIKey) {
        name = key.name
        scope = key.scope
        lifetime = min(Self.longestLifetime, key.expiresAt.since(key.createdAt))
    }

    /// The key itself, and what the store keeps of it.
    public func key(_ text: APIKeyText, createdBy: String, ownerID: Int64?, at now: Instant) -> APIKey {
        APIKey(
            id: text.id, name: name, digest: text.digest, scope: scope, createdBy: createdBy, ownerID: ownerID,
            createdAt: now, expiresAt: now.adding(lifetime))
    }
}

extension AccessRules {
    /// What of a scope the caller may not do themselves, in one sentence; nil when they may do all of it.
    ///
    /// A pattern is theirs when one grant covers everything that it could ever match, names that nobody thought of yet
    /// included.
    public func excess(of scope: KeyScope, over caller: Caller) -> String? {
        for permission in scope.permissions.sorted(by: { $0.rawValue < $1.rawValue }) {
            for environment in scope.environments {
                for service in scope.services where !covers(caller, permission, environment, service) {
                    return
                        "you may not \(permission.rawValue) \(service == .any ? "all services" : service.pattern) in "
                        + "\(environment == .any ? "all environments" : environment.pattern) yourself"
                }
            }
        }
        return nil
    }

    private func covers(_ caller: Caller, _ permission: Permission, _ environment: Glob, _ service: Glob) -> Bool {
        func holds(_ environments: [Glob], _ services: [Glob]) -> Bool {
            environments.contains { $0.covers(environment) } && services.contains { $0.covers(service) }
        }
        switch caller {
        case .nobody: return false
        case .local: return localRole.map { $0 >= permission.role } ?? false
        case .key(let key):
            return key.scope.permissions.contains(permission) && holds(key.scope.environments, key.scope.services)
        case .person(let person):
            return grants(of: person).contains { $0.role >= permission.role && holds($0.environments, $0.services) }
        }
    }
}
