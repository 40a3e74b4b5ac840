// SPDX-License-Identifier: Apache-2.0

import Crypto
import GitSource
import Platform

extension SharedFlag {
    static let signingKey = Flag(
        "signing-key", value: "FILE", "sign commits with this SSH key (no passphrase)",
        variable: "KUBERNAUT_SIGNING_KEY", values: .file)
}

/// What signs the commits that a command makes; nil when no `--signing-key` is given.
///
/// - Throws: `CommandError` when the key cannot be used: nothing is made unsigned by accident.
func commitSigner(_ invocation: Invocation) throws(CommandError) -> CommitSigner? {
    guard let file = invocation.text("signing-key") else { return nil }
    return try commitSigner(keyFile: invocation.console.path(file))
}

/// - Throws: `CommandError` when the key cannot be used.
func commitSigner(keyFile path: String) throws(CommandError) -> CommitSigner {
    do {
        let key = try SSHSigningKey(openSSH: try Files.read(path, limit: 64 << 10))
        return { commit in
            // git stores a signature without the line break at its end.
            String(try key.sign(commit, namespace: "git").dropLast())
        }
    } catch let error as SSHError {
        throw CommandError(
            .failed, "the signing key \(path) cannot be used: \(error)",
            hint: "make one with `ssh-keygen -t ed25519 -N '' -f FILE`")
    } catch {
        throw CommandError(.failed, "the signing key cannot be used: \(error)")
    }
}
