// SPDX-License-Identifier: Apache-2.0

public import Logging
import Platform

extension GitMirror {
    /// A mirror in a temporary folder, which goes with it, and which reads what another repository on this disk holds
    /// instead of fetching it (git's "alternates").
    ///
    /// - Parameter other: A repository; nil, or one that is not there, to begin with nothing.
    public init(
        of remote: GitRemote, borrowingFrom other: String?, configRoot: String = "environments",
        limits: SnapshotLimits = SnapshotLimits(), signer: CommitSigner? = nil, logger: Logger
    ) throws(GitError) {
        let place = try TemporaryPlace()
        if let other, let lender = try? GitRepository(openingAt: other) {
            let folder = "\(place.path)/mirror.git"
            _ = try GitRepository(creatingAt: folder)
            do throws(FileError) {
                try Files.write(
                    Array("\(lender.commonFolder)/objects\n".utf8), to: "\(folder)/objects/info/alternates")
                try Files.write(Array(remote.url.description.utf8), to: "\(place.path)/origin")
            } catch {
                throw GitError(error, "making a mirror of \(remote.url)")
            }
        }
        try self.init(
            of: remote, configRoot: configRoot, in: place.path, limits: limits, signer: signer, place: place,
            logger: logger)
    }
}
