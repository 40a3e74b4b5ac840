// SPDX-License-Identifier: Apache-2.0

public import Lifecycle

/// A repository somewhere else, and how to be let in.
public struct GitRemote: Sendable {
    /// Files are read again at each fetch, so a rotated secret is picked up without a restart.
    public enum Credentials: Sendable, Hashable {
        case none
        /// HTTP basic: a file that holds `user:password`, or a token alone. With a token alone the user name is the
        /// one in the address, or `x-access-token`, which GitHub and GitLab accept.
        case basic(file: String)
        /// HTTP bearer: a file that holds a token.
        case bearer(file: String)
        /// A private key and the host keys to accept; both files are required.
        case sshKey(file: String, knownHosts: String)
    }

    public let url: RepositoryURL
    public let credentials: Credentials
    /// A PEM file: the only authorities to trust for HTTPS. Nil for the system's.
    public let certificateAuthorityFile: String?
    public let limits: TransferLimits
    /// Asked where `credentials` are `none`; nil for a daemon, which has no user.
    public var user: UserCredentials?

    public init(
        _ url: RepositoryURL, credentials: Credentials = .none, certificateAuthorityFile: String? = nil,
        limits: TransferLimits = TransferLimits()
    ) {
        self.url = url
        self.credentials = credentials
        self.certificateAuthorityFile = certificateAuthorityFile
        self.limits = limits
    }

    /// Whether a password or token goes over plain HTTP to another machine.
    var sendsSecretInClear: Bool {
        guard url.address.hasPrefix("http://"), credentials != .none || url.user != nil else { return false }
        let host = url.address.dropFirst("http://".count)
        return !["127.", "localhost:", "localhost/", "[::1]"].contains { host.hasPrefix($0) }
    }
}

/// What a config repository may hold; more is refused, so that no commit can exhaust the daemon.
public struct SnapshotLimits: Sendable, Hashable {
    public var fileBytes: Int
    public var totalBytes: Int
    public var files: Int
    /// Folders below folders.
    public var depth: Int

    public init(fileBytes: Int = 4 << 20, totalBytes: Int = 256 << 20, files: Int = 50_000, depth: Int = 32) {
        self.fileBytes = fileBytes
        self.totalBytes = totalBytes
        self.files = files
        self.depth = depth
    }
}
