// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import GitSource
import Logging
import Platform
import Signatures
import TestKit
import Testing

/// Commits that kubernaut makes and signs.
@Suite("Signing commits", .serialized, .timeLimit(.minutes(1)))
struct SigningTests {
    private let repository: SigningRepository

    init() throws {
        repository = try SigningRepository()
        try repository.sshKey("jenkins")
    }

    @Test("git and the daemon both accept what is signed in memory, merges included")
    func made() async throws {
        let base = try repository.commit("one", by: "jenkins")
        let key = try SSHSigningKey(openSSH: try Files.read(repository.keyFile("jenkins")))
        let mirror = try GitMirror(
            of: GitRemote(try RepositoryURL(repository.clone.path)), in: "\(repository.state.path)/mirror",
            signer: { String(try key.sign($0, namespace: "git").dropLast()) }, logger: .silent)
        _ = try await mirror.fetchHead(of: "main")
        let identity = CommitIdentity(name: "Jürgen Jenkins", email: "jenkins@example.org")
        func commit(_ text: String, _ parents: [CommitID]) async throws -> CommitID {
            let edits: FileEdits = ["value.yaml": Array("\(text)\n".utf8)]
            let draft = CommitDraft(
                tree: try await mirror.tree(of: base, changing: edits), parents: parents, author: identity,
                committer: identity, date: Instant(seconds: 1_780_000_000), message: "Release \(text)\n\nWith a body ✓",
                trailers: [CommitDraft.Trailer("Kubernaut-Action", "release")])
            return try await mirror.make(draft)
        }
        let second = try await commit("two", [base])
        let side = try await commit("side", [base])
        let merge = try await commit("three", [second, side])
        try await mirror.push(merge, to: "main", expecting: base)
        for commit in [second, side, merge] {
            let arguments = ["-c", "gpg.ssh.allowedSignersFile=\(repository.signers)", "verify-commit", commit.hex]
            #expect(throws: Never.self) { try repository.git(arguments) }
        }
        try repository.git(["fsck", "--strict"])
        let shown = try repository.git([
            "-c", "gpg.ssh.allowedSignersFile=\(repository.signers)", "log", "-1", "--format=%G? %GS", merge.hex,
        ])
        #expect(shown == "G jenkins@example.org")
        let verifier = BranchVerifier(
            repository.policy, commits: mirror, folder: repository.state.path, logger: .silent)
        #expect(await verifier.verify(base, of: "main")?.problem == nil)
        #expect(await verifier.verify(merge, of: "main")?.signer == "jenkins@example.org")
    }
}
