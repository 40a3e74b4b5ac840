// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import Lifecycle
import Platform

/// Git's protocol through another program: OpenSSH's client, or for a path the git of this machine.
final class ProgramStream: GitStream {
    private let conversation: RemoteConversation
    private let child: ChildProcess

    /// - Throws: `.hostKeyUnknown` before any connection when there is no known_hosts file; `.unauthorized` when the
    ///   key file cannot be used.
    init(_ conversation: RemoteConversation) throws(GitError) {
        self.conversation = conversation
        let isLocal = conversation.remote.url.transport == .local
        let command = isLocal ? Self.localCommand(conversation) : try SSHCommand(conversation).arguments
        do throws(ChildProcessError) {
            child = try ChildProcess(command, environment: Self.environment(isLocal, conversation), input: .pipe)
        } catch {
            throw GitError(
                code: .other, operation: conversation.operation,
                detail: "\(error) (package \(isLocal ? "git" : "openssh-client"))")
        }
    }

    private static func localCommand(_ conversation: RemoteConversation) -> [String] {
        ["git", String(conversation.service.rawValue.dropFirst("git-".count)), conversation.remote.url.address]
    }

    /// The agent, the display and the configuration of whoever started the daemon are not asked over SSH. Git on this
    /// machine, and the hooks it runs, know whose they are; what points git at another repository stays out.
    private static func environment(_ isLocal: Bool, _ conversation: RemoteConversation) -> [String: String] {
        var environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
        if !isLocal, conversation.remote.credentials == .none, let user = conversation.remote.user {
            environment.merge(user.sshEnvironment) { _, theirs in theirs }
        }
        if conversation.asksForVersion2 { environment["GIT_PROTOCOL"] = "version=2" }
        let names = isLocal ? ["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME"] : ["PATH"]
        for name in names {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(GitError) -> Int {
        do throws(ChildProcessError) {
            let count = try child.read(into: buffer, watch: conversation.watch)
            guard count == 0 else { return count }
        } catch {
            throw failure(error)
        }
        // The end of the output is expected only from a client that ends well.
        if let status = child.wait(timeout: .seconds(1)), status.isSuccess { return 0 }
        throw explained()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(GitError) {
        do throws(ChildProcessError) {
            try child.write(bytes, watch: conversation.watch)
        } catch {
            throw failure(error)
        }
    }

    func close() {
        child.closeInput()
        // A client that was answered ends by itself at once; one that hangs must not hold us.
        if conversation.failure != nil || child.wait(timeout: .milliseconds(200)) == nil {
            child.terminate(grace: .zero)
        }
    }

    private func failure(_ error: ChildProcessError) -> GitError {
        switch error.code {
        case .stopped(let stop): GitError(stop, conversation.operation)
        case .closed: explained()
        case .notFound, .system: GitError(code: .other, operation: conversation.operation, detail: "\(error)")
        }
    }

    /// What went wrong, from the words of ssh and of the remote's git.
    private func explained() -> GitError {
        child.gatherAllErrors(watch: conversation.watch)
        var (code, hint) = SSHComplaint.meaning(of: child.errorText)
        let remote = conversation.remote
        if code == .unauthorized || code == .hostKeyUnknown, remote.credentials == .none, remote.url.transport == .ssh,
            let more = remote.user?.sshHint, !more.isEmpty
        {
            hint += "; \(more)"
        }
        let said = child.errorText.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isNewline } }
            .filter { !$0.allSatisfy { "@ ".contains($0) } }.prefix(6).joined(separator: " / ")
        let program = child.command[0]
        let status =
            child.wait(timeout: .zero).map { "\(program) ended with \($0)" } ?? "\(program) closed the conversation"
        let text = said.isEmpty ? status : said
        return GitError(code: code, operation: conversation.operation, detail: hint.isEmpty ? text : "\(text); \(hint)")
    }
}

/// How the OpenSSH client is called.
struct SSHCommand {
    let arguments: [String]

    init(_ conversation: RemoteConversation) throws(GitError) {
        let remote = conversation.remote
        let connectSeconds = max(1, remote.limits.connect.components.seconds)
        var arguments = ["ssh"]
        var options = [
            "ConnectTimeout=\(connectSeconds)", "ServerAliveInterval=5", "ServerAliveCountMax=3", "LogLevel=ERROR",
            "ClearAllForwardings=yes", "SendEnv=GIT_PROTOCOL",
        ]
        if case .sshKey(let key, let knownHosts) = remote.credentials {
            arguments += ["-F", "/dev/null"]
            options += try Self.ownOptions(key, knownHosts, conversation)
        } else if let user = remote.user {
            options += Self.options(of: user)
        } else {
            throw GitError(
                code: .unauthorized, operation: conversation.operation,
                detail: "ssh needs a private key file and a known_hosts file; configure both")
        }
        if let socket = conversation.sshSocket {
            options += ["ControlMaster=auto", "ControlPersist=no"]
            options.append("ControlPath=\(try Self.quoted(socket, conversation))")
        }
        arguments += ["-T", "-x", "-a"] + options.flatMap { ["-o", $0] }
        if let port = remote.url.sshPort { arguments += ["-p", "\(port)"] }
        if let user = remote.url.user { arguments += ["-l", user] }
        // Everything after the host is one text for the remote shell.
        let path = remote.url.sshPath.replacingQuotes
        self.arguments = arguments + ["--", remote.url.sshHost, "\(conversation.service.rawValue) '\(path)'"]
    }

    /// Nothing but the two files counts: no agent, no configuration, no other key.
    private static func ownOptions(_ key: String, _ knownHosts: String, _ conversation: RemoteConversation)
        throws(GitError) -> [String]
    {
        try checkKnownHosts(knownHosts, conversation)
        try checkKey(key, conversation)
        return [
            "BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "CheckHostIP=no",
            "UserKnownHostsFile=\(try quoted(knownHosts, conversation))", "GlobalKnownHostsFile=/dev/null",
            "IdentitiesOnly=yes", "IdentityFile=\(try quoted(key, conversation))", "IdentityAgent=none",
            "PreferredAuthentications=publickey", "PermitLocalCommand=no",
        ]
    }

    /// The user's configuration counts, and nothing is asked at the terminal. An askpass program that answers every
    /// question with a password must not be asked about an unknown host again and again.
    private static func options(of user: UserCredentials) -> [String] {
        user.askpassProgram == nil ? ["BatchMode=yes"] : ["StrictHostKeyChecking=yes", "NumberOfPasswordPrompts=1"]
    }

    private static func checkKnownHosts(_ path: String, _ conversation: RemoteConversation) throws(GitError) {
        var count = 0
        do throws(FileError) {
            count = try Files.read(path, limit: 16 << 20).count
        } catch {
            if error.number != ENOENT {
                throw GitError(
                    code: .hostKeyUnknown, operation: conversation.operation,
                    detail: "the known_hosts file cannot be read: \(error)")
            }
        }
        guard count == 0 else { return }
        let url = conversation.remote.url
        let port = url.sshPort.map { "-p \($0) " } ?? ""
        throw GitError(
            code: .hostKeyUnknown, operation: conversation.operation,
            detail: "the known_hosts file \(path) is missing or empty, so nothing was connected; "
                + "make one with 'ssh-keyscan \(port)\(url.sshHost) > \(path)' "
                + "and compare its keys with those the server's owner publishes")
    }

    private static func checkKey(_ path: String, _ conversation: RemoteConversation) throws(GitError) {
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw GitError(
                code: .unauthorized, operation: conversation.operation,
                detail: "the private key \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        // ssh ignores such a key and then only says "Permission denied".
        if status.st_uid == getuid(), status.st_mode & 0o077 != 0 {
            throw GitError(
                code: .unauthorized, operation: conversation.operation,
                detail: "others may read the private key \(path), so ssh refuses it; run 'chmod 600 \(path)' "
                    + "(in Kubernetes: defaultMode 0400)")
        }
    }

    /// A path as a value in ssh's configuration language, where blanks split and `%` expands.
    private static func quoted(_ path: String, _ conversation: RemoteConversation) throws(GitError) -> String {
        guard !path.contains("\""), !path.contains("\\") else {
            throw GitError(
                code: .refused, operation: conversation.operation,
                detail: "ssh cannot use the file \(path): its path holds a quote or a backslash")
        }
        var text = "\""
        for character in path { text += character == "%" ? "%%" : String(character) }
        return text + "\""
    }
}

/// What ssh and the git behind it mean by their words. Pure.
enum SSHComplaint {
    static func meaning(of text: String) -> (code: GitError.Code, hint: String) {
        func says(_ words: String) -> Bool { text.contains(words) }
        if says("REMOTE HOST IDENTIFICATION HAS CHANGED") {
            return (
                .hostKeyUnknown,
                "the server shows another key than the one in known_hosts: someone may be in between; "
                    + "ask the server's owner before changing known_hosts"
            )
        }
        if says("Host key verification failed") || says("host key is known") {
            return (
                .hostKeyUnknown, "add the server's key to known_hosts after comparing it with what its owner publishes"
            )
        }
        if says("Permission denied") || says("Permission to") && says("denied") || says("Load key")
            || says("Too many authentication failures")
        {
            return (.unauthorized, "check what the key may do in this repository, and that it has no passphrase")
        }
        if says("does not appear to be a git repository") || says("epository not found") || says("no such repository")
            || says("could not be found")
        {
            return (.notFound, "check the path in the address and what the key may read")
        }
        if says("No user exists for uid") {
            return (.other, "ssh needs an entry in /etc/passwd for the user that the daemon runs as")
        }
        if says("timed out") || says("Timeout, server") { return (.timedOut, "check address and network") }
        return (.unreachable, "")
    }
}

extension String {
    /// For the inside of single quotes in a POSIX shell.
    fileprivate var replacingQuotes: String {
        var text = ""
        for character in self { text += character == "'" ? "'\\''" : String(character) }
        return text
    }
}
