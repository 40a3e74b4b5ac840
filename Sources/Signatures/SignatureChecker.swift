// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Platform

/// Judges one commit's signature by the files of a policy, as they were when they were read.
struct SignatureChecker: Sendable {
    /// A hash over the content of all files: equal hashes judge alike.
    let digest: String
    private let signers: AllowedSigners?
    private let revoked: Set<[UInt8]>
    private let keyring: [UInt8]?
    private let openPGP: OpenPGP

    /// Why a commit does not count as signed: one sentence without a full stop.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        /// Whether the same question may have another answer in a moment.
        var isTransient = false
    }

    private static let fileLimit = 4 << 20

    /// Reads the files. Blocks, on small local files.
    ///
    /// - Throws: `Problem` naming the file that cannot be used.
    init(_ policy: SignaturePolicy, openPGP: OpenPGP) throws(Problem) {
        self.openPGP = openPGP
        var content: [UInt8] = []
        func text(_ path: String?) throws(Problem) -> String? {
            guard let path else { return nil }
            let bytes = try Self.read(path)
            content += Array("\(path)\0\(bytes.count)\0".utf8) + bytes
            return String(decoding: bytes, as: UTF8.self)
        }
        let lines = try text(policy.allowedSigners)
        do throws(AllowedSigners.Problem) {
            signers = if let lines { try AllowedSigners(lines) } else { nil }
        } catch {
            throw Problem(description: "the allowed signers \(policy.allowedSigners ?? "") cannot be used: \(error)")
        }
        revoked = try Self.keys(text(policy.revokedSigners), policy.revokedSigners ?? "")
        if let path = policy.keyring { keyring = try Self.read(path) } else { keyring = nil }
        digest = sha256Hex(content + (keyring ?? []))
    }

    private static func read(_ path: String) throws(Problem) -> [UInt8] {
        do throws(FileError) {
            return try Files.read(path, limit: fileLimit)
        } catch {
            throw Problem(description: "signatures cannot be checked: \(error)")
        }
    }

    private static func keys(_ text: String?, _ path: String) throws(Problem) -> Set<[UInt8]> {
        var keys: Set<[UInt8]> = []
        let lines = (text ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let first = line.first(where: { !$0.isWhitespace }), first != "#" else { continue }
            do throws(SSHError) {
                keys.insert(try SSHPublicKey(line: line).blob)
            } catch {
                throw Problem(
                    description: "the revoked signers \(path) cannot be used: line \(index + 1): \(error) "
                        + "(one public key in each line; key revocation lists of ssh-keygen -k are not supported)")
            }
        }
        return keys
    }

    // MARK: One commit

    /// - Returns: Who signed it.
    /// - Throws: `Problem`.
    func signer(of commit: RawCommit) async throws(Problem) -> String {
        let signed = SignedCommit(commit.bytes)
        let by = signed.author.isEmpty ? "" : " by \(signed.author)"
        let subject = "commit \(commit.id.short)\(by)"
        switch signed.signature {
        case .none: throw Problem(description: "\(subject) is not signed")
        case .unsupported(let reason): throw Problem(description: "\(subject) does not count as signed: \(reason)")
        case .ssh(let text): return try ssh(text, signed, subject)
        case .openPGP(let text): return try await openPGP(text, signed, subject)
        }
    }

    private func ssh(_ text: [UInt8], _ signed: SignedCommit, _ subject: String) throws(Problem) -> String {
        func no(_ reason: String) -> Problem { Problem(description: "\(subject) does not count as signed: \(reason)") }
        guard let signers else {
            throw no("it is signed with an SSH key, and the daemon's configuration names no allowed signers")
        }
        let signature: SSHSignature
        do throws(SSHError) {
            signature = try SSHSignature(armored: text)
        } catch {
            throw no("\(error)")
        }
        let key = "the key \(signature.publicKey.fingerprint)"
        guard signature.namespace == "git" else {
            throw no("\(key) signed it for another use than \"git\"")
        }
        guard signature.verifies(signed.payload) else {
            throw no("the signature does not fit the commit: one of the two was changed")
        }
        if revoked.contains(signature.publicKey.blob) { throw no("\(key) was revoked") }
        guard let time = signed.time else { throw no("it has no date") }
        do throws(AllowedSigners.Problem) {
            return try signers.signer(signature.publicKey, namespace: "git", at: time).get()
        } catch {
            throw no("\(key) \(error)")
        }
    }

    private func openPGP(_ text: [UInt8], _ signed: SignedCommit, _ subject: String) async throws(Problem) -> String {
        func no(_ reason: String) -> Problem { Problem(description: "\(subject) does not count as signed: \(reason)") }
        guard let keyring else {
            throw no("it is signed with OpenPGP, and the daemon's configuration names no keyring")
        }
        guard text.count <= 64 << 10 else { throw no("its signature is larger than 64 KiB") }
        switch await openPGP.signer(of: text, over: signed.payload, keyring: keyring) {
        case .success(let signer): return signer
        case .failure(let problem):
            var refusal = no("its OpenPGP signature \(problem)")
            refusal.isTransient = problem.isTransient
            throw refusal
        }
    }
}
