// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Lifecycle
import Platform

/// Checks OpenPGP signatures with the system's `gpg`, against the keys of one file and no others.
///
/// gpg works in a folder of our own, so the keys, trust and options of whoever runs the daemon do not count; it asks
/// no network and starts no agent. Blocks; has a thread of its own.
actor OpenPGP {
    private let executor = SerialQueueExecutor(label: "kubernaut.gpg")
    private let home: String
    /// The content that is imported, by its hash.
    private var imported: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter home: A folder for this object alone; made when first needed.
    init(home: String) { self.home = home }

    struct Problem: Error, CustomStringConvertible {
        let description: String
        var isTransient = false
    }

    /// - Parameter keyring: Public keys as `gpg --export` writes them, armoured or not.
    /// - Returns: The signer's user id, or why the signature does not count, without a subject.
    func signer(of signature: [UInt8], over payload: [UInt8], keyring: [UInt8]) -> Result<String, Problem> {
        do {
            try load(keyring)
            try Files.write(signature, to: "\(home)/signature", mode: 0o600)
            try Files.write(payload, to: "\(home)/payload", mode: 0o600)
            let outcome = try gpg(["--verify", "\(home)/signature", "\(home)/payload"])
            return GPGStatus(outcome.outputText).verdict(isSuccess: outcome.status.isSuccess)
        } catch {
            return .failure(Problem(description: "could not be checked: \(error)", isTransient: true))
        }
    }

    private func load(_ keyring: [UInt8]) throws {
        let digest = sha256Hex(keyring)
        guard imported != digest else { return }
        imported = nil
        try Files.remove(home)
        try Files.makeFolder(home, mode: 0o700)
        try Files.write(keyring, to: "\(home)/keys", mode: 0o600)
        let outcome = try gpg(["--import", "\(home)/keys"])
        guard outcome.outputText.contains("[GNUPG:] IMPORT_OK ") else {
            throw Problem(description: "gpg finds no key in the keyring file")
        }
        imported = digest
    }

    private func gpg(_ arguments: [String]) throws(ChildProcessError) -> ChildProcess.Outcome {
        let options = [
            "--homedir", home, "--no-options", "--batch", "--no-tty", "--no-autostart", "--disable-dirmngr",
            "--no-auto-key-retrieve", "--no-auto-check-trustdb", "--trust-model", "always", "--status-fd", "1",
            "--display-charset", "utf-8",
        ]
        let watch = TransferWatch(
            TransferLimits(idle: .seconds(20), total: .seconds(20)), flag: CancellationFlag())
        return try ChildProcess.run(
            ["gpg"] + options + arguments,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "GNUPGHOME": home, "HOME": home, "LC_ALL": "C"],
            outputLimit: 1 << 20, watch: watch)
    }
}

/// What gpg says about a signature on its status stream (doc/DETAILS of GnuPG).
struct GPGStatus {
    private var verdicts: [(keyword: String, rest: String)] = []
    private var validity: [Substring]?
    private var validityCount = 0

    init(_ text: String) {
        let known: Set = ["GOODSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"]
        for line in text.split(separator: "\n") where line.hasPrefix("[GNUPG:] ") {
            let words = line.dropFirst("[GNUPG:] ".count).split(separator: " ", maxSplits: 2)
            guard let keyword = words.first else { continue }
            if known.contains(String(keyword)) {
                verdicts.append((String(keyword), words.count == 3 ? String(words[2]) : ""))
            } else if keyword == "VALIDSIG" {
                validity = line.split(separator: " ").dropFirst(2).map { $0 }
                validityCount += 1
            }
        }
    }

    func verdict(isSuccess: Bool) -> Result<String, OpenPGP.Problem> {
        func no(_ reason: String) -> Result<String, OpenPGP.Problem> { .failure(OpenPGP.Problem(description: reason)) }
        guard verdicts.count == 1, let verdict = verdicts.first else {
            return no(verdicts.isEmpty ? "is damaged" : "is more than one")
        }
        switch verdict.keyword {
        case "BADSIG": return no("does not fit the commit: one of the two was changed")
        case "ERRSIG": return no("is made with a key that the keyring does not have")
        case "EXPSIG": return no("has expired")
        case "EXPKEYSIG": return no("is made with a key that has expired (\(shown(verdict.rest)))")
        case "REVKEYSIG": return no("is made with a key that was revoked (\(shown(verdict.rest)))")
        default: break
        }
        guard isSuccess, validityCount == 1, let validity, validity.count >= 9 else { return no("is not valid") }
        // RFC 4880, section 9.4: 1 is MD5, 2 is SHA-1, 3 is RIPEMD-160.
        if ["1", "2", "3"].contains(validity[7]) { return no("is made with a hash that is broken (MD5, SHA-1)") }
        // A signature over a document, binary or text; not one over a key.
        guard ["00", "01"].contains(validity[8]) else { return no("is not made over a document") }
        return .success("\(shown(verdict.rest)) (\(validity[0].suffix(16)))")
    }

    private func shown(_ user: String) -> String {
        String(user.unicodeScalars.prefix(120).map { $0.properties.isPrintable ? Character($0) : "·" })
    }
}
