// SPDX-License-Identifier: Apache-2.0

public import Domain

/// A receiver of notices: where, in whose dialect, and which ones.
public struct Sink: Sendable {
    /// Read at each use, so that a changed file needs no restart.
    public typealias SecretSource = @Sendable () throws -> Secret

    public enum Kind: Sendable {
        /// CloudEvents 1.0 as JSON, signed with the secret.
        case webhook(url: SecretSource, secret: SecretSource)
        /// Slack's incoming webhooks; Mattermost and Rocket.Chat speak the same. The address itself is the secret.
        case slack(url: SecretSource)
        /// A room of a server that speaks HipChat's second interface.
        case hipchat(server: String, room: String, token: SecretSource)
        /// States of the config repository's commits.
        case githubStatus(apiURL: String, repository: String, token: SecretSource)

        public var word: String {
            switch self {
            case .webhook: "webhook"
            case .slack: "slack"
            case .hipchat: "hipchat"
            case .githubStatus: "github-status"
            }
        }
    }

    /// Which notices are sent; everything unless said otherwise.
    public struct Filter: Sendable {
        public var environments = [Glob.any]
        /// What concerns an environment as a whole passes whatever these are.
        public var services = [Glob.any]
        public var events = Set(Notice.Event.allCases)

        public init() {}

        func lets(_ notice: Notice) -> Bool {
            events.contains(notice.event) && lets(notice.environment)
                && (notice.services.isEmpty
                    || notice.services.contains { name in services.contains { $0.matches(name.text) } })
        }

        func lets(_ environment: Name) -> Bool { environments.contains { $0.matches(environment.text) } }
    }

    public let name: Name
    public let kind: Kind
    public var filter = Filter()
    /// Whether it may be an address inside of the network. Otherwise an address there is refused, for whoever may change where notices go
    /// could have the daemon ask things of its neighbours.
    public var allowsPrivate = false
    /// Whether it may be reached without TLS.
    public var allowsPlain = false
    /// PEM of the authorities to trust instead of the system's; nil for those.
    public var authorities: [UInt8]?

    public init(name: Name, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// How a commit of the config repository does in one environment.
struct CommitStatus: Sendable, Hashable {
    enum State: String, Sendable {
        case pending, success, failure
    }

    let environment: Name
    let commit: CommitID
    let state: State
    let summary: String
}

/// Something to be sent.
struct Letter: Sendable {
    enum Content: Sendable {
        case notice(Notice)
        case status(CommitStatus)
    }

    let id: String
    let at: Instant
    let content: Content

    var summary: String {
        switch content {
        case .notice(let notice): notice.summary
        case .status(let status): "\(status.environment) \(status.commit.short): \(status.state.rawValue)"
        }
    }

    /// Waiting letters with the same are outdated by this one.
    var replaces: Name? { if case .status(let status) = content { status.environment } else { nil } }
}
