// SPDX-License-Identifier: Apache-2.0

public import Domain

/// A place where a forge reports news: its name in the address, its dialect, and what it signs with.
public struct Hook: Sendable {
    /// Whose dialect is spoken.
    public enum Kind: String, Sendable, CaseIterable {
        case github
        case gitlab
        /// Bitbucket Cloud.
        case bitbucket
        /// Bitbucket Data Center.
        case bitbucketServer = "bitbucket-server"
        /// Forgejo too.
        case gitea
        /// Anything that can compute an HMAC; another kubernaut, for one.
        case generic
    }

    public let name: Name
    public let kind: Kind
    /// Every one that counts now; two while the secret is being changed. Never empty.
    public let secrets: @Sendable () throws -> [Secret]

    public init(name: Name, kind: Kind, secrets: @escaping @Sendable () throws -> [Secret]) {
        self.name = name
        self.kind = kind
        self.secrets = secrets
    }
}

/// A delivery as it came over the wire.
public struct HookMessage: Sendable {
    public let headers: HTTPHeaders
    /// The bytes that are signed, as they came.
    public let body: [UInt8]
    public let peer: String
    public let at: Instant

    public init(headers: HTTPHeaders, body: [UInt8], peer: String, at: Instant) {
        self.headers = headers
        self.body = body
        self.peer = peer
        self.at = at
    }

    /// Nil unless the field is there exactly once: of two, a proxy may have judged the other.
    func field(_ name: String) -> String? {
        let values = headers.all(name)
        return values.count == 1 ? values[0] : nil
    }
}

extension Hook.Kind {
    /// What the sender says happened; at most 64 printable characters, for it is not signed.
    func event(of message: HookMessage) -> String {
        let names =
            switch self {
            case .github: ["X-GitHub-Event"]
            case .gitlab: ["X-Gitlab-Event"]
            case .bitbucket, .bitbucketServer: ["X-Event-Key"]
            case .gitea: ["X-Forgejo-Event", "X-Gitea-Event"]
            case .generic: ["X-Kubernaut-Event"]
            }
        return message.first(of: names, limit: 64)
    }

    /// The sender's number for this delivery, the same when it is tried again; empty when there is none.
    func delivery(of message: HookMessage) -> String {
        let names =
            switch self {
            case .github: ["X-GitHub-Delivery"]
            case .gitlab: ["webhook-id", "Idempotency-Key", "X-Gitlab-Event-UUID"]
            case .bitbucket: ["X-Request-UUID"]
            case .bitbucketServer: ["X-Request-Id"]
            case .gitea: ["X-Forgejo-Delivery", "X-Gitea-Delivery"]
            case .generic: ["X-Kubernaut-Delivery"]
            }
        return message.first(of: names, limit: 128)
    }
}

extension HookMessage {
    fileprivate func first(of names: [String], limit: Int) -> String {
        let text = names.lazy.compactMap { field($0) }.first ?? ""
        return String(decoding: text.utf8.filter { (0x20..<0x7f).contains($0) }.prefix(limit), as: UTF8.self)
    }
}
