// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Platform
import TestKit
import Testing

/// `ssh-keygen` is the other side of everything here.
@Suite("SSH signatures", .serialized, .timeLimit(.minutes(1)))
struct SSHSignatureTests {
    let folder: TemporaryFolder
    private let message = Array("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nSubject\n".utf8)

    init() throws {
        folder = try TemporaryFolder("ssh")
        try Files.write(message, to: "\(folder.path)/message")
    }

    private func keygen(_ arguments: String..., input: String = "") throws -> String {
        try runCommand(
            ["ssh-keygen", "-q"] + arguments, environment: GitRepositoryFixture.environment, folder: folder.path,
            input: input)
    }

    private func read(_ name: String) throws -> [UInt8] { try Files.read("\(folder.path)/\(name)") }

    static let kinds: [[String]] = [
        ["-t", "ed25519"], ["-t", "ecdsa", "-b", "256"], ["-t", "ecdsa", "-b", "384"], ["-t", "ecdsa", "-b", "521"],
        ["-t", "rsa", "-b", "2048"],
    ]

    @Test("what we sign ssh-keygen verifies, and what it signs we verify", arguments: kinds)
    func bothWays(kind: [String]) throws {
        _ = try runCommand(
            ["ssh-keygen", "-q", "-N", "", "-C", "kim", "-f", "key"] + kind,
            environment: GitRepositoryFixture.environment, folder: folder.path)
        let key = try SSHSigningKey(openSSH: try read("key"))
        let line = String(decoding: try read("key.pub"), as: UTF8.self)
        #expect(key.publicKey == (try SSHPublicKey(line: line)))
        #expect(try keygen("-l", "-f", "key.pub").contains(key.publicKey.fingerprint))

        try Files.write(Array("kim@example.org \(line)".utf8), to: "\(folder.path)/signers")
        // ECDSA numbers begin with zeros now and then: several signatures.
        for _ in 0..<(kind.contains("rsa") ? 1 : 4) {
            let ours = try key.sign(message, namespace: "git")
            try Files.write(Array(ours.utf8), to: "\(folder.path)/message.ours")
            let text = String(decoding: message, as: UTF8.self)
            _ = try keygen(
                "-Y", "verify", "-f", "signers", "-I", "kim@example.org", "-n", "git", "-s", "message.ours", input: text
            )
            let again = try SSHSignature(armored: Array(ours.utf8))
            #expect(again.verifies(message))
        }
        _ = try keygen("-Y", "sign", "-f", "key", "-n", "git", "message")
        let theirs = try SSHSignature(armored: try read("message.sig"))
        #expect(theirs.namespace == "git")
        #expect(theirs.publicKey == key.publicKey)
        #expect(theirs.verifies(message))
        #expect(!theirs.verifies(message + [0x0a]))
        #expect(!theirs.verifies(Array(message.dropLast())))
    }

    @Test("the other hash, and RSA with SHA-256, are verified, too")
    func otherHash() throws {
        _ = try keygen("-t", "ed25519", "-N", "", "-f", "key")
        _ = try keygen("-Y", "sign", "-O", "hashalg=sha256", "-f", "key", "-n", "git", "message")
        #expect(try SSHSignature(armored: try read("message.sig")).verifies(message))
    }

    @Test("no bit of a signature can be changed", .timeLimit(.minutes(1)))
    func tampering() throws {
        _ = try keygen("-t", "ed25519", "-N", "", "-f", "key")
        let armored = try SSHSigningKey(openSSH: try read("key")).sign(message, namespace: "git")
        let lines = armored.split(separator: "\n")
        let blob = try #require(Base64.standard.bytes(lines.dropFirst().dropLast().joined()))
        func verifies(_ blob: [UInt8]) -> Bool {
            let text = "\(lines[0])\n\(Base64.standard.text(blob))\n\(lines[lines.count - 1])\n"
            guard let signature = try? SSHSignature(armored: Array(text.utf8)) else { return false }
            // The key and the namespace are told to the caller, who must look at them.
            guard signature.namespace == "git" else { return false }
            return signature.verifies(message)
        }
        #expect(verifies(blob))
        for index in blob.indices {
            var changed = blob
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(!verifies(changed), "byte \(index)")
        }
        #expect(!verifies(blob + [0]))
        #expect(!verifies(Array(blob.dropLast())))
    }

    @Test("hostile armour is refused at once")
    func hostile() throws {
        let begin = "-----BEGIN SSH SIGNATURE-----\n"
        let end = "\n-----END SSH SIGNATURE-----\n"
        func magic(_ bytes: [UInt8]) -> String { begin + Base64.standard.text(Array("SSHSIG".utf8) + bytes) + end }
        let texts = [
            "", begin, begin + end, begin + "AAAA", "x" + begin + "AAAA" + end, begin + "!!!!" + end,
            begin + String(repeating: "A", count: 1 << 20) + end, magic([]), magic([0, 0, 0, 2]), magic([0, 0, 0, 1]),
            magic([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), magic([0, 0, 0, 1, 0, 0, 0, 0]),
            magic([0, 0, 0, 1] + [UInt8](repeating: 0, count: 20)),
        ]
        for text in texts {
            #expect(throws: SSHError.self) { try SSHSignature(armored: Array(text.utf8)) }
        }
    }

    @Test("keys that cannot be used say why")
    func refusedKeys() throws {
        _ = try keygen("-t", "ed25519", "-N", "secret words", "-f", "locked")
        _ = try keygen("-t", "rsa", "-b", "1024", "-N", "", "-f", "short")
        _ = try keygen("-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", "pem")
        _ = try keygen("-t", "ed25519", "-N", "", "-f", "good")
        func error(_ bytes: [UInt8]) -> SSHError? {
            do throws(SSHError) {
                _ = try SSHSigningKey(openSSH: bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(error(try read("locked"))?.code == .encrypted)
        #expect(error(try read("short"))?.code == .unsupported)
        #expect(error(try read("pem"))?.description.contains("ssh-keygen -p") == true)
        #expect(error(try read("good.pub"))?.code == .malformed)
        #expect(error([])?.code == .malformed)
        let good = try read("good")
        #expect(error(good) == nil)
        #expect(error(Array(good.prefix(good.count / 2)))?.code == .malformed)
        #expect(throws: SSHError.self) { try SSHPublicKey(line: "ssh-dss AAAAB3NzaC1kc3M=") }
        #expect(throws: SSHError.self) { try SSHPublicKey(line: "nonsense") }
    }

    @Test("a private key with another's public key signs nothing")
    func mismatched() throws {
        _ = try keygen("-t", "ed25519", "-N", "", "-C", "x", "-f", "one")
        _ = try keygen("-t", "ed25519", "-N", "", "-C", "x", "-f", "two")
        func blob(_ name: String) throws -> [UInt8] {
            let lines = String(decoding: try read(name), as: UTF8.self).split(separator: "\n")
            return try #require(Base64.standard.bytes(lines.dropFirst().dropLast().joined()))
        }
        let two = try SSHSigningKey(openSSH: try read("two")).publicKey.blob
        let one = try SSHSigningKey(openSSH: try read("one")).publicKey.blob
        // The public part stands in front: replaced there, the private part is still the first one's.
        var mixed = try blob("one")
        let place = try #require(mixed.indices.first { mixed[$0...].starts(with: one) })
        mixed.replaceSubrange(place..<place + one.count, with: two)
        let text =
            "-----BEGIN OPENSSH PRIVATE KEY-----\n\(Base64.standard.text(mixed))\n-----END OPENSSH PRIVATE KEY-----\n"
        #expect(throws: SSHError.self) { try SSHSigningKey(openSSH: Array(text.utf8)) }
    }
}
