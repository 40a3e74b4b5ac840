// SPDX-License-Identifier: Apache-2.0

import Crypto
public import Domain
public import Logging
import Platform

/// A config repository as a person names it on the command line, and the ways to work on it.
///
/// A bare repository and a clone without remotes are worked on in place. A clone stands for its remote `origin`: its
/// own branches and files are left alone, and what is made lands where others see it.
public struct RepositoryAccess: Sendable {
    /// Where commits come from and go to.
    public let remote: GitRemote
    /// The clone that led to `remote`; nil when the address was given itself.
    public let clone: String?
    private let configRoot: String
    private let limits: SnapshotLimits
    private let signer: CommitSigner?
    /// Below it every remote has a mirror; nil for temporary ones.
    private let cacheFolder: String?
    private let logger: Logger

    /// - Parameters:
    ///   - text: An address, or a path of a bare repository, a clone or any folder in a clone.
    ///   - environment: Where `XDG_CACHE_HOME` or `HOME` tells the place of mirrors, and git's own variables those of
    ///     credentials (see `UserCredentials`).
    ///   - credentials: Nil for what git itself would use.
    /// - Throws: `.notFound` when the path holds no repository; `.refused` for an address that cannot be used.
    public init(
        _ text: String, configRoot: String = "environments", environment: [String: String],
        credentials: GitRemote.Credentials? = nil, certificateAuthorityFile: String? = nil,
        limits: SnapshotLimits = SnapshotLimits(), signer: CommitSigner? = nil, logger: Logger
    ) throws(GitError) {
        let (url, clone) = try Self.resolve(text)
        var remote = GitRemote(
            url, credentials: credentials ?? .none, certificateAuthorityFile: certificateAuthorityFile)
        if credentials == nil { remote.user = UserCredentials(environment) }
        self.remote = remote
        self.clone = clone
        self.configRoot = configRoot
        self.limits = limits
        self.signer = signer
        self.logger = logger
        cacheFolder = Self.cacheFolder(environment)
    }

    /// For one commit: brings only what it needs, and keeps nothing.
    public func editable() throws(GitError) -> any EditableRepository {
        if remote.url.transport == .local { return try mergeable() }
        return try SparseRepository(of: remote, configRoot: configRoot, limits: limits, signer: signer)
    }

    /// With the whole history, from a mirror that is kept for the next time.
    ///
    /// A second process at the same time gets a mirror of its own, which begins with what the kept one holds.
    public func mergeable() throws(GitError) -> any MergeableRepository {
        if remote.url.transport == .local { return try borrowing(from: remote.url.address) }
        guard let cacheFolder else { return try borrowing(from: nil) }
        let folder = "\(cacheFolder)/\(sha256Hex(Array(remote.url.description.utf8)).prefix(24))"
        do throws(GitError) {
            return try GitMirror(
                of: remote, configRoot: configRoot, in: folder, limits: limits, signer: signer, logger: logger)
        } catch {
            guard error.code == .locked else { throw error }
            logger.info("Another process uses the kept mirror; using a temporary one", ["repository": "\(remote.url)"])
            return try borrowing(from: "\(folder)/mirror.git")
        }
    }

    private func borrowing(from other: String?) throws(GitError) -> GitMirror {
        try GitMirror(
            of: remote, borrowingFrom: other, configRoot: configRoot, limits: limits, signer: signer, logger: logger)
    }

    private static func cacheFolder(_ environment: [String: String]) -> String? {
        // A relative path there is to be ignored (XDG Base Directory Specification).
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return "\(cache)/kubernaut/git" }
        guard let home = environment["HOME"], home.hasPrefix("/"), Files.isFolder(home) else { return nil }
        return "\(home)/.cache/kubernaut/git"
    }

    private static func resolve(_ text: String) throws(GitError) -> (RepositoryURL, clone: String?) {
        let url = try RepositoryURL(text)
        guard url.transport == .local else { return (url, nil) }
        let top = GitRepository.isRepository(url.address) ? url.address : WorkingTree.top(above: url.address)
        guard let top else {
            throw GitError(
                code: .notFound, operation: "opening \(url)",
                detail: "there is no repository at this path; name a clone, a bare repository or an address")
        }
        let repository = try GitRepository(openingAt: top)
        guard !repository.isBare else { return (try RepositoryURL(top), nil) }
        guard let origin = try repository.remoteAddress("origin") else { return (try RepositoryURL(top), nil) }
        // As git reads it: a path is relative to the clone.
        let isRelative = origin.hasPrefix("./") || origin.hasPrefix("../")
        return (try RepositoryURL(isRelative ? "\(top)/\(origin)" : origin), top)
    }
}
