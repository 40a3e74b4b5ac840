// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Logging
import Platform
import Signatures
import TestKit

/// A repository with people who sign: SSH keys, and OpenPGP keys in a home of their own. Everything is made by git,
/// ssh-keygen and gpg.
struct SigningRepository {
    let clone: GitRepositoryFixture
    let state: TemporaryFolder
    private let keys: TemporaryFolder
    var signers: String { "\(keys.path)/allowed_signers" }
    var revoked: String { "\(keys.path)/revoked_signers" }
    var keyring: String { "\(keys.path)/keyring.asc" }

    init() throws {
        clone = try GitRepositoryFixture()
        state = try TemporaryFolder("state")
        keys = try TemporaryFolder("keys")
        try Files.write([], to: signers)
    }

    /// Makes an SSH key; `options` go into the list of signers, nil leaves it out of the list.
    func sshKey(_ name: String, options: String? = "") throws {
        _ = try runCommand(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(keys.path)/\(name)"],
            environment: GitRepositoryFixture.environment, folder: keys.path)
        guard let options else { return }
        let line = "\(name)@example.org \(options) \(try publicKey(name))\n"
        try Files.write(try Files.read(signers) + Array(line.utf8), to: signers)
    }

    func keyFile(_ name: String) -> String { "\(keys.path)/\(name)" }
    func publicKey(_ name: String) throws -> String {
        String(decoding: try Files.read("\(keys.path)/\(name).pub"), as: UTF8.self).split(separator: "\n").joined()
    }

    /// Commits a change, signed with an SSH key or with none.
    @discardableResult
    func commit(_ text: String, by name: String?, at seconds: Int = 1_780_000_000) throws -> CommitID {
        try clone.write("\(text)\n", to: "environments/value.yaml")
        try clone.git("add", "--all")
        let signing = name.map { ["-c", "gpg.format=ssh", "-c", "user.signingkey=\(keyFile($0))"] } ?? []
        try git(
            signing + ["commit", "--quiet", name == nil ? "--no-gpg-sign" : "--gpg-sign", "--message", text], seconds)
        return try clone.head()
    }

    @discardableResult
    func git(_ arguments: [String], _ seconds: Int = 1_780_000_000, home: String? = nil) throws -> String {
        var environment = GitRepositoryFixture.environment
        environment["GIT_COMMITTER_DATE"] = "\(seconds) +0000"
        environment["GIT_AUTHOR_DATE"] = "\(seconds) +0000"
        if let home { environment["GNUPGHOME"] = home }
        return try runCommand(["git"] + arguments, environment: environment, folder: clone.path)
    }

    // MARK: OpenPGP

    var gnupg: String { "\(keys.path)/g" }

    @discardableResult
    func gpg(_ arguments: String..., input: String = "") throws -> String {
        try Files.makeFolder(gnupg, mode: 0o700)
        return try runCommand(
            [
                "gpg", "--homedir", gnupg, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase",
                "",
            ]
                + arguments, environment: GitRepositoryFixture.environment, folder: keys.path, input: input)
    }

    @discardableResult
    func commitWithGPG(_ text: String, by user: String) throws -> CommitID {
        try clone.write("\(text)\n", to: "environments/value.yaml")
        try clone.git("add", "--all")
        try git(
            ["-c", "user.signingkey=\(user)", "commit", "--quiet", "--gpg-sign", "--message", text], home: gnupg)
        return try clone.head()
    }

    func exportKeyring() throws { try gpg("--armor", "--output", keyring, "--export") }

    /// gpg starts an agent for secret keys; it ends here.
    func stopAgent() {
        _ = try? runCommand(
            ["gpgconf", "--homedir", gnupg, "--kill", "all"], environment: GitRepositoryFixture.environment,
            folder: keys.path)
    }

    // MARK: The verifier

    var policy: SignaturePolicy {
        var policy = SignaturePolicy()
        policy.mode = .require
        policy.allowedSigners = signers
        if Files.exists(revoked) { policy.revokedSigners = revoked }
        if Files.exists(keyring) { policy.keyring = keyring }
        return policy
    }

    func verifier(_ change: (inout SignaturePolicy) -> Void = { _ in }) throws -> BranchVerifier {
        var policy = policy
        change(&policy)
        return BranchVerifier(
            policy, commits: try LocalRepository(openingAt: clone.path), folder: state.path, logger: .silent)
    }
}
