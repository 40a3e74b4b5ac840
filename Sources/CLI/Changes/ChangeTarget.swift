// SPDX-License-Identifier: Apache-2.0

import Domain
import GitSource
import Logging
import Platform

/// The config repository that a command changes, as `--repo`, `--path` and the flags of access name it.
struct ChangeTarget: Sendable {
    let access: RepositoryAccess
    /// The config root as it was typed.
    private let root: String

    /// Without `--repo` the clone that the current folder lies in. A clone stands for its `origin`: what is changed is
    /// what everybody sees, never only the clone.
    init(_ invocation: Invocation) throws {
        let console = invocation.console
        root = invocation.text("path") ?? "environments"
        access = try RepositoryAccess(
            try Self.address(invocation), configRoot: root, environment: console.environment,
            credentials: Self.credentials(invocation),
            certificateAuthorityFile: invocation.text("git-ca").map(console.path),
            signer: try commitSigner(invocation), logger: Logger(format: .text, threshold: .error))
    }

    /// A file of the config root as people see it.
    func path(of file: String) -> String { folder.isEmpty ? file : "\(folder)/\(file)" }

    /// The config root without a slash at its end; empty for the repository's root.
    var folder: String {
        var folder = root[...]
        while folder.last == "/" { folder.removeLast() }
        return folder == "." ? "" : String(folder)
    }

    private static func address(_ invocation: Invocation) throws(CommandError) -> String {
        let console = invocation.console
        guard let named = invocation.text("repo") else {
            guard let top = WorkingTree.top(above: console.folder) else {
                throw CommandError(
                    .usage, "which config repository?", hint: "say --repo URL, or go into a clone of it")
            }
            return top
        }
        if isRemote(named) { return named }
        let folder = console.path(named)
        guard Files.isFolder(folder) else {
            throw CommandError(
                .notFound, "there is no folder \(folder)",
                hint: "--repo names a config repository: a URL, a clone or a bare repository")
        }
        return folder
    }

    /// Whether git would read it as an address on another machine, or as a URL.
    static func isRemote(_ text: String) -> Bool {
        if text.contains("://") { return true }
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return false }
        return !text[..<colon].contains("/")
    }

    /// Nil for what git itself would use.
    private static func credentials(_ invocation: Invocation) -> GitRemote.Credentials? {
        let console = invocation.console
        if let key = invocation.text("git-ssh-key") {
            let hosts = invocation.text("git-known-hosts").map(console.path)
            return .sshKey(
                file: console.path(key), knownHosts: hosts ?? "\(console.variable("HOME") ?? "/root")/.ssh/known_hosts")
        }
        return invocation.text("git-token-file").map { .basic(file: console.path($0)) }
    }
}
