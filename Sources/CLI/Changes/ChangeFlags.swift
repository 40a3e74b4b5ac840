// SPDX-License-Identifier: Apache-2.0

import Changes
import Domain
import Lifecycle

/// Flags of the commands that change the config repository, or read it where it lives.
enum ChangeFlag {
    static let repository = Flag(
        "repo", value: "URL",
        "the config repository: a URL, a bare repository, or a clone, which stands for its origin",
        variable: "KUBERNAUT_REPO")

    /// How to be let in.
    static let access = [
        Flag(
            "git-token-file", value: "FILE",
            "a token or user:password for http(s); else git's credential helpers and "
                + "GIT_ASKPASS are asked", variable: "KUBERNAUT_GIT_TOKEN_FILE", values: .file),
        Flag(
            "git-ssh-key", value: "FILE", "a private key for ssh; else ~/.ssh/id_ed25519, id_ecdsa or id_rsa",
            variable: "KUBERNAUT_GIT_SSH_KEY", values: .file),
        Flag(
            "git-known-hosts", value: "FILE", "the host keys to accept for ssh; else ~/.ssh/known_hosts",
            variable: "KUBERNAUT_GIT_KNOWN_HOSTS", values: .file),
        Flag(
            "git-ca", value: "FILE", "an own certificate authority for https", variable: "KUBERNAUT_GIT_CA",
            values: .file),
    ]

    static let author = Flag(
        "author", value: "'NAME <EMAIL>'",
        "who the commit is by; else GIT_AUTHOR_NAME and its like, then git's "
            + "configuration", variable: "KUBERNAUT_AUTHOR")
    static let timeout = Flag(
        "timeout", value: "DURATION", "how long to go on when others move the branch at the same time", default: "2m",
        variable: "KUBERNAUT_TIMEOUT")
    static let dryRun = Flag("dry-run", "show what would be committed, and push nothing")
    static let until = Flag(
        "until", value: "TIME", "when the hold ends by itself: 2026-08-24, 2026-08-24T06:00:00Z, or 2h, 3d from now")
    static let by = Flag(
        "by", value: "NAME", "who wants it; else what the pipeline says, then the author", variable: "KUBERNAUT_ACTOR")

    /// For every command that commits.
    static let commit = [author, timeout, dryRun, SharedFlag.signingKey, SharedFlag.output(["text", "json"])]
    static let place = [repository, SharedFlag.path] + access
}

extension Invocation {
    /// A moment that was typed, or a time from now on.
    ///
    /// - Throws: `.usage` for anything else.
    func instant(_ name: String, now: Instant, before: Bool = false) throws(CommandError) -> Instant? {
        guard let text = text(name) else { return nil }
        if let instant = Instant(text) ?? Instant("\(text)T00:00:00Z") { return instant }
        if let duration = Duration(text: text) {
            return now.adding(before ? Duration.zero - duration : duration)
        }
        throw CommandError(
            .usage,
            "--\(name) must be a time such as 2026-08-24 or 2026-08-24T06:00:00Z, or a duration such as 3d, not "
                + "\"\(text)\"")
    }

    /// Who wants a change, for the commit and for holds.
    func actor(or author: CommitIdentity) -> String {
        text("by") ?? ReleaseFacts(console.environment)[.releasedBy] ?? author.name
    }
}
