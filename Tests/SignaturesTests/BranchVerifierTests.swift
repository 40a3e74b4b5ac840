// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform
import Signatures
import TestKit
import Testing

/// Which heads are followed; `git verify-commit` is asked for its opinion, too.
@Suite("Signed branches", .serialized, .timeLimit(.minutes(1)))
struct BranchVerifierTests {
    private let repository: SigningRepository

    init() throws {
        repository = try SigningRepository()
        try repository.sshKey("kim")
    }

    private func gitAgrees(_ commit: CommitID) -> Bool {
        (try? repository.git([
            "-c", "gpg.ssh.allowedSignersFile=\(repository.signers)", "verify-commit", commit.hex,
        ])) != nil
    }

    private func verify(
        _ head: CommitID, _ change: (inout SignaturePolicy) -> Void = { _ in }
    ) async throws -> SignatureStatus {
        try #require(await repository.verifier(change).verify(head, of: "main"))
    }

    @Test("signed commits are followed, an unsigned one is not, and what was followed last stays")
    func unsigned() async throws {
        let first = try repository.commit("one", by: "kim")
        var status = try await verify(first)
        #expect(status == SignatureStatus(head: first, signer: "kim@example.org", problem: nil, followed: first))
        #expect(gitAgrees(first))
        let second = try repository.commit("two", by: nil)
        status = try await verify(second)
        #expect(status.followed == first && status.isRefused)
        #expect(status.sentence == "commit \(second.short) by Kim is not signed; it stays at \(first.short)")
        // A signed commit on top does not make the unsigned one below it good.
        let third = try repository.commit("three", by: "kim")
        status = try await verify(third)
        #expect(gitAgrees(third))
        #expect(status.followed == first)
        #expect(status.problem == "commit \(second.short) by Kim is not signed")
        // Somebody looked at it and says so in the daemon's own configuration.
        status = try await verify(third) { $0.trusted = [second] }
        #expect(status.followed == third && status.problem == nil)
    }

    @Test("at first only the head is looked at; without a good one nothing is followed")
    func first() async throws {
        let unsigned = try repository.commit("one", by: nil)
        let status = try await verify(unsigned)
        #expect(status.followed == nil)
        #expect(status.sentence?.hasSuffix("; nothing is applied") == true)
        let signed = try repository.commit("two", by: "kim")
        #expect(try await verify(signed).followed == signed)
    }

    @Test("warn follows everything and says what is wrong; going over to require begins there")
    func warn() async throws {
        try repository.commit("one", by: "kim")
        let second = try repository.commit("two", by: nil)
        var status = try await verify(second) { $0.mode = .warn }
        #expect(status.followed == second && !status.isRefused)
        #expect(status.sentence == "commit \(second.short) by Kim is not signed")
        status = try await verify(second)
        #expect(status.followed == second && status.problem != nil)
        let third = try repository.commit("three", by: "kim")
        #expect(try await verify(third).problem == nil)
        let other = try repository.verifier {
            $0.mode = .off
            $0.branches = ["production": .require]
        }
        #expect(await other.verify(third, of: "main") == nil)
        #expect(await other.verify(third, of: "production")?.problem == nil)
    }

    @Test("a key that nobody listed, that was revoked, or that did not count at the time signs nothing")
    func wrongKeys() async throws {
        try repository.sshKey("eve", options: nil)
        try repository.sshKey("files", options: "namespaces=\"file\"")
        try repository.sshKey("old", options: "valid-before=\"20200101Z\"")
        try repository.sshKey("gone")
        try Files.write(Array("# stolen\n\(try repository.publicKey("gone"))\n".utf8), to: repository.revoked)
        let good = try repository.commit("one", by: "kim")
        #expect(try await verify(good).problem == nil)
        for (name, reason) in [
            ("eve", "is in no line of the allowed signers"), ("files", "may not sign for \"git\""),
            ("old", "did not count on 2026-05-28T20:26:40Z"), ("gone", "was revoked"),
        ] {
            try repository.git(["reset", "--quiet", "--hard", good.hex])
            let commit = try repository.commit("by \(name)", by: name)
            let status = try await verify(commit)
            #expect(status.followed == good)
            #expect(status.problem?.contains(reason) == true, "\(status.problem ?? "")")
            if name != "gone" { #expect(!gitAgrees(commit)) }
        }
        try repository.git(["reset", "--quiet", "--hard", good.hex])
        let early = try repository.commit("by old", by: "old", at: 1_500_000_000)
        #expect(try await verify(early).problem == nil)
        #expect(gitAgrees(early))
    }

    @Test("a changed commit, a signature for another use, and two signatures do not count")
    func changed() async throws {
        let good = try repository.commit("one", by: "kim")
        let raw = try repository.git(["cat-file", "commit", good.hex]) + "\n"
        func store(_ text: String) throws -> CommitID {
            try #require(
                CommitID(try repository.clone.git(["hash-object", "-t", "commit", "-w", "--stdin"], input: text)))
        }
        #expect(try store(raw) == good)
        let changed = try store(raw.replacing("\n\none", with: "\n\nONE"))
        #expect(try await verify(changed).problem?.contains("does not fit the commit") == true)
        #expect(!gitAgrees(changed))

        let lines = raw.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("gpgsig ") })
        let end = try #require(lines.firstIndex { $0.hasPrefix(" -----END") })
        let header = lines[start...end].joined(separator: "\n") + "\n"
        let twice = try store(raw.replacing(header, with: header + header))
        #expect(try await verify(twice).problem?.contains("more than one signature") == true)

        let payload = raw.replacing(header, with: "")
        try Files.write(Array(payload.utf8), to: "\(repository.state.path)/payload")
        _ = try runCommand(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", repository.keyFile("kim"), "-n", "file", "payload"],
            environment: GitRepositoryFixture.environment, folder: repository.state.path)
        let signature = String(decoding: try Files.read("\(repository.state.path)/payload.sig"), as: UTF8.self)
        let folded = signature.split(separator: "\n").joined(separator: "\n ")
        let other = try store(raw.replacing(header, with: "gpgsig \(folded)\n"))
        #expect(try await verify(other).problem?.contains("for another use than \"git\"") == true)
        #expect(!gitAgrees(other))
        let x509 = try store(raw.replacing(header, with: "gpgsig -----BEGIN SIGNED MESSAGE-----\n"))
        #expect(try await verify(x509).problem?.contains("X.509") == true)
        // A signature in the message is none.
        let quoted = try store(payload + "\n" + header)
        #expect(try await verify(quoted).problem?.contains("is not signed") == true)
    }

    @Test("a branch that was rewritten or set back is not followed, whoever signed it")
    func rewritten() async throws {
        let first = try repository.commit("one", by: "kim")
        let second = try repository.commit("two", by: "kim")
        #expect(try await verify(second).problem == nil)
        #expect(try await verify(first).problem?.contains("was rewritten or set back") == true)
        #expect(try await verify(first).followed == second)
        try repository.git(["reset", "--quiet", "--hard", first.hex])
        let sideways = try repository.commit("another two", by: "kim")
        #expect(try await verify(sideways).followed == second)
        // An old trusted commit opens no way back, one of the new history does.
        #expect(try await verify(first) { $0.trusted = [first] }.followed == second)
        #expect(try await verify(sideways) { $0.trusted = [sideways] }.followed == sideways)
    }

    @Test("a signed merge vouches for what it merges")
    func merges() async throws {
        let base = try repository.commit("one", by: "kim")
        #expect(try await verify(base).problem == nil)
        try repository.git(["switch", "--quiet", "--create", "side"])
        try repository.clone.write("side\n", to: "environments/side.yaml")
        try repository.commit("on the side", by: nil)
        try repository.git(["switch", "--quiet", "main"])
        let signing = ["-c", "gpg.format=ssh", "-c", "user.signingkey=\(repository.keyFile("kim"))"]
        try repository.git(signing + ["merge", "--quiet", "--no-ff", "--gpg-sign", "--message", "Merge", "side"])
        let merge = try repository.clone.head()
        #expect(try await verify(merge).signer == "kim@example.org")
        try repository.git(["reset", "--quiet", "--hard", base.hex])
        try repository.git(["merge", "--quiet", "--no-ff", "--no-gpg-sign", "--message", "Merge", "side"])
        let unsigned = try repository.clone.head()
        #expect(try await verify(unsigned).followed == merge)
    }

    @Test("where the branch stands it stays when its key goes, and that is said")
    func keyGoes() async throws {
        let first = try repository.commit("one", by: "kim")
        #expect(try await verify(first).problem == nil)
        try Files.write(Array("\(try repository.publicKey("kim"))\n".utf8), to: repository.revoked)
        let status = try await verify(first)
        #expect(status.followed == first && status.problem?.contains("was revoked") == true)
    }

    @Test("files that cannot be used stop the branch where it stands")
    func unusableFiles() async throws {
        let first = try repository.commit("one", by: "kim")
        #expect(try await verify(first).problem == nil)
        let second = try repository.commit("two", by: "kim")
        try Files.write(Array("kim cert-authority x\n".utf8), to: repository.signers)
        var status = try await verify(second)
        #expect(status.followed == first && status.problem?.contains("line 1: ") == true)
        status = try await verify(second) { $0.allowedSigners = "/nonexistent" }
        #expect(status.followed == first && status.problem?.contains("/nonexistent") == true)
        try Files.write(Array("{".utf8), to: "\(repository.state.path)/signatures.json")
        status = try await verify(second)
        #expect(status.followed == nil && status.problem?.contains("accepted so far") == true)
    }
}
