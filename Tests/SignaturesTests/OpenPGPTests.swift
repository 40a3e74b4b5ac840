// SPDX-License-Identifier: Apache-2.0

import Domain
import Platform
import Signatures
import TestKit
import Testing

@testable import struct Signatures.GPGStatus

/// Commits signed by gpg, checked by gpg with a keyring of our own.
@Suite("OpenPGP signatures", .serialized, .timeLimit(.minutes(1)))
struct OpenPGPTests {
    private let repository: SigningRepository

    init() throws { repository = try SigningRepository() }

    private func status(_ head: CommitID) async throws -> SignatureStatus {
        try #require(await repository.verifier().verify(head, of: "main"))
    }

    @Test("good, unknown, revoked and expired keys, and a changed commit, are told apart")
    func keys() async throws {
        defer { repository.stopAgent() }
        for user in ["Kim <kim@example.org>", "Rev <rev@example.org>"] {
            try repository.gpg("--quick-generate-key", user, "ed25519", "sign", "never")
        }
        try repository.gpg(
            "--faked-system-time", "20260101T000000!", "--quick-generate-key", "Old <old@example.org>", "ed25519",
            "sign", "2026-02-01")
        try repository.exportKeyring()
        // Made after the export: nobody of ours.
        try repository.gpg("--quick-generate-key", "Eve <eve@example.org>", "ed25519", "sign", "never")

        let good = try repository.commitWithGPG("one", by: "kim@example.org")
        let first = try await status(good)
        #expect(first.problem == nil && first.signer?.hasPrefix("Kim <kim@example.org> (") == true, "\(first)")

        let raw = try repository.git(["cat-file", "commit", good.hex]) + "\n"
        let changed = try repository.clone.git(
            ["hash-object", "-t", "commit", "-w", "--stdin"], input: raw.replacing("\n\none", with: "\n\nONE"))
        #expect(try await status(try #require(CommitID(changed))).problem?.contains("rewritten") == true)
        let fresh = try repository.verifier { $0.branches = ["other": .require] }
        let verdict = await fresh.verify(try #require(CommitID(changed)), of: "other")
        #expect(verdict?.problem?.contains("does not fit the commit") == true, "\(verdict?.problem ?? "")")

        let eve = try repository.commitWithGPG("two", by: "eve@example.org")
        #expect(try await status(eve).problem?.contains("a key that the keyring does not have") == true)
        try repository.git(["reset", "--quiet", "--hard", good.hex])

        let rev = try repository.commitWithGPG("three", by: "rev@example.org")
        #expect(try await status(rev).problem == nil)
        try revoke("rev@example.org")
        try repository.exportKeyring()
        let again = try await status(rev)
        #expect(again.problem?.contains("a key that was revoked (Rev <rev@example.org>)") == true)
        #expect(again.followed == rev)

        try Files.write(Array("faked-system-time 20260110T000000!\n".utf8), to: "\(repository.gnupg)/gpg.conf")
        let old = try repository.commitWithGPG("four", by: "old@example.org")
        try Files.remove("\(repository.gnupg)/gpg.conf")
        #expect(try await status(old).problem?.contains("a key that has expired (Old <old@example.org>)") == true)
    }

    private func revoke(_ user: String) throws {
        let listing = try repository.gpg("--with-colons", "--list-keys", user)
        let line = try #require(listing.split(separator: "\n").first { $0.hasPrefix("fpr:") })
        let fingerprint = try #require(line.split(separator: ":", omittingEmptySubsequences: false).dropFirst(9).first)
        let path = "\(repository.gnupg)/openpgp-revocs.d/\(fingerprint).rev"
        // gpg writes the certificate with a colon in front, so that nobody imports it by accident.
        let text = String(decoding: try Files.read(path), as: UTF8.self).replacing(":-----BEGIN", with: "-----BEGIN")
        try Files.write(Array(text.utf8), to: path)
        try repository.gpg("--import", path)
    }

    static let good = "[GNUPG:] GOODSIG AAAABBBBCCCCDDDD Kim <kim@x>\n"
    static let valid =
        "[GNUPG:] VALIDSIG 0123456789ABCDEF0123456789ABCDEF01234567 2026-01-01 1767225600 0 4 0 22 10 00 0123\n"
    static let statuses: [(String, Bool, String?)] = [
        (good + valid, true, nil),
        (good + valid, false, "is not valid"),
        (good, true, "is not valid"),
        (valid, true, "is damaged"),
        ("", true, "is damaged"),
        (good + valid + good + valid, true, "is more than one"),
        (good + valid + "[GNUPG:] BADSIG AAAA Kim\n", true, "is more than one"),
        (good + valid.replacing(" 10 00 ", with: " 2 00 "), true, "is made with a hash that is broken (MD5, SHA-1)"),
        (good + valid.replacing(" 10 00 ", with: " 10 10 "), true, "is not made over a document"),
        ("[GNUPG:] EXPSIG AAAA Kim\n" + valid, true, "has expired"),
        ("gpg: [GNUPG:] GOODSIG AAAA Kim\n" + valid, true, "is damaged"),
    ]

    @Test("only one good and valid signature is one", arguments: statuses)
    func status(text: String, isSuccess: Bool, problem: String?) {
        switch GPGStatus(text).verdict(isSuccess: isSuccess) {
        case .success(let signer): #expect(problem == nil && signer == "Kim <kim@x> (89ABCDEF01234567)")
        case .failure(let found): #expect(found.description == problem)
        }
    }
}
