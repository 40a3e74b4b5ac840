// SPDX-License-Identifier: Apache-2.0

import Domain
import Lifecycle
import Platform

/// What git itself would use for whoever runs a command: for HTTP the credential helpers and `GIT_ASKPASS`, for SSH
/// the user's own configuration, agent and known hosts.
///
/// Nothing is asked before a server asks, nothing is asked at a terminal, and what a server refuses is not offered
/// again. Safe from any thread.
public final class UserCredentials: Sendable {
    private struct State {
        var known: Secret?
        var isExhausted = false
    }

    let environment: [String: String]
    private let state = Lock(State())

    /// - Parameter environment: Of the process: programs are looked up and run in it.
    public init(_ environment: [String: String]) { self.environment = environment }

    /// `user:password`, once a server has asked for it.
    var known: Secret? { state.withLock { $0.known } }

    /// Asks for a name and a password, once. Blocks.
    ///
    /// - Returns: `user:password`; nil when nobody knows, or what was known was refused already.
    func ask(for url: RepositoryURL, watch: TransferWatch) -> Secret? {
        if state.withLock({ $0.isExhausted }) { return nil }
        let found = answer(of: "fill", url, nil, watch) ?? askpass(url, watch)
        state.withLock { $0 = State(known: found, isExhausted: true) }
        return found
    }

    /// Tells the credential helpers what became of their answer, as git does. Blocks.
    func note(isAccepted: Bool, _ url: RepositoryURL, watch: TransferWatch) {
        guard let known else { return }
        _ = answer(of: isAccepted ? "approve" : "reject", url, known, watch)
        if !isAccepted { state.withLock { $0.known = nil } }
    }

    // MARK: git credential

    private func answer(of action: String, _ url: RepositoryURL, _ known: Secret?, _ watch: TransferWatch) -> Secret? {
        var environment = environment
        // A question at the terminal would stop a program in the background for ever.
        environment["GIT_TERMINAL_PROMPT"] = "0"
        guard let target = HTTPTargetParts(url) else { return nil }
        var input = "protocol=\(target.scheme)\nhost=\(target.host)\npath=\(target.path)\n"
        if let known {
            known.withUnsafeValue { text in
                let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                input += "username=\(parts[0])\npassword=\(parts.count > 1 ? parts[1] : "")\n"
            }
        } else if let user = url.user, !user.contains("\n") {
            input += "username=\(user)\n"
        }
        do throws(ChildProcessError) {
            let outcome = try ChildProcess.run(
                ["git", "credential", action], environment: environment, input: Array("\(input)\n".utf8),
                outputLimit: 65_536, watch: watch)
            guard action == "fill", outcome.status.isSuccess else { return nil }
            var fields: [Substring: Substring] = [:]
            for line in outcome.outputText.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 { fields[parts[0]] = parts[1] }
            }
            guard let user = fields["username"], let password = fields["password"] else { return nil }
            return Secret("\(user):\(password)")
        } catch {
            // Without git, or when a helper hangs: the other ways are tried, and the server's own words are the error.
            return nil
        }
    }

    // MARK: Askpass

    /// The program that git would ask (gitcredentials(7)).
    var askpassProgram: String? {
        for name in ["GIT_ASKPASS", "SSH_ASKPASS"] {
            if let program = environment[name], !program.isEmpty { return program }
        }
        return nil
    }

    private func askpass(_ url: RepositoryURL, _ watch: TransferWatch) -> Secret? {
        guard let program = askpassProgram, let target = HTTPTargetParts(url) else { return nil }
        func ask(_ question: String) -> String? {
            let outcome = try? ChildProcess.run(
                [program, question], environment: environment, outputLimit: 65_536, watch: watch)
            guard let outcome, outcome.status.isSuccess else { return nil }
            return outcome.outputText.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init)
        }
        let place = "\(target.scheme)://"
        guard let user = url.user ?? ask("Username for '\(place)\(target.host)': "), !user.isEmpty,
            let password = ask("Password for '\(place)\(user)@\(target.host)': ")
        else { return nil }
        return Secret("\(user):\(password)")
    }

    // MARK: SSH

    /// For the OpenSSH client: the user's own, without what points git elsewhere.
    var sshEnvironment: [String: String] {
        var environment = environment.filter { !$0.key.hasPrefix("GIT_") }
        environment["LC_ALL"] = "C"
        if let askpassProgram {
            environment["SSH_ASKPASS"] = askpassProgram
            environment["SSH_ASKPASS_REQUIRE"] = "force"
        }
        return environment
    }

    /// What to know when SSH fails: git would have run another command. Empty when it would not.
    var sshHint: String {
        let names = ["GIT_SSH_COMMAND", "GIT_SSH"].filter { environment[$0]?.isEmpty == false }
        guard let name = names.first else { return "" }
        return "\(name) is set, and kubernaut does not run it: name a key file and a known_hosts file, "
            + "or put both into ~/.ssh/config"
    }
}

/// The parts of an http address that git's credential helpers are told.
private struct HTTPTargetParts {
    let scheme: Substring
    let host: Substring
    let path: Substring

    init?(_ url: RepositoryURL) {
        guard url.transport == .http, let colon = url.address.firstIndex(of: ":") else { return nil }
        scheme = url.address[..<colon]
        let rest = url.address[colon...].dropFirst("://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        host = rest[..<slash]
        path = rest[slash...].dropFirst()
    }
}
