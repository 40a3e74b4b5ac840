// SPDX-License-Identifier: Apache-2.0

import Domain
import Glibc
import Lifecycle
import Logging
import Reconciler
import Signatures

extension Command {
    static let serve = Command(
        "serve", .run, "follow a config repository and keep clusters equal to it",
        [
            "Fetches the repository, renders every environment, applies what changed, heals drift, and serves pages, "
                + "/metrics, /livez and /readyz. SIGHUP fetches at once; SIGTERM ends gracefully within 20 seconds.",
            "Without --kubeconfig the cluster is found as kubectl finds it, then as a pod finds its own. Settings may "
                + "also stand in a file (--config), which can name further clusters for environments that say "
                + "`cluster: NAME`.",
        ],
        flags: serveFlags,
        examples: [
            Example(
                "kubernaut serve --repo ssh://git@example.com/config.git --git-ssh-key id --git-known-hosts hosts",
                "the daemon as it runs in production"),
            Example("kubernaut serve --repo . --cluster embedded", "try a clone without any cluster"),
            Example("kubernaut serve --once --repo . --context kind-dev", "one pass, for scripts and cron"),
        ], handlesSignals: true
    ) { invocation in
        do {
            let configuration = try ServeConfiguration(invocation)
            let logger = Logger(format: configuration.logFormat, threshold: configuration.logLevel)
            return try await configuration.once
                ? runOnce(configuration, invocation, logger) : runForever(configuration, invocation, logger)
        } catch let error as ConfigurationError {
            throw CommandError(.usage, error.description)
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(.failed, "\(error)")
        }
    }
}

private let serveFlags = [
    Flag(
        "config", value: "FILE", "settings for the daemon, as YAML", variable: "KUBERNAUT_SERVE_CONFIG",
        values: .file),
    Flag("repo", value: "URL", "the config repository: a path, file, http(s) or ssh", variable: "KUBERNAUT_REPO"),
    Flag("path", value: "FOLDER", "the config root inside the repository", variable: "KUBERNAUT_PATH"),
    Flag(
        "policy-branch", value: "BRANCH", "whose kubernaut.yaml counts (default: the last environment's)",
        variable: "KUBERNAUT_POLICY_BRANCH"),
    Flag(
        "git-token-file", value: "FILE", "a token or user:password for http(s)",
        variable: "KUBERNAUT_GIT_TOKEN_FILE", values: .file),
    Flag("git-ssh-key", value: "FILE", "a private key for ssh", variable: "KUBERNAUT_GIT_SSH_KEY", values: .file),
    Flag(
        "git-known-hosts", value: "FILE", "the host keys to accept for ssh", variable: "KUBERNAUT_GIT_KNOWN_HOSTS",
        values: .file),
    Flag(
        "git-ca", value: "FILE", "an own certificate authority for https", variable: "KUBERNAUT_GIT_CA",
        values: .file),
    SharedFlag.signingKey,
    Flag(
        "signatures", value: "MODE", "what commits without a good signature are: off, warn, require (default: off)",
        variable: "KUBERNAUT_SIGNATURES", values: .choice(SignatureMode.allCases.map(\.rawValue))),
    Flag(
        "allowed-signers", value: "FILE", "the SSH keys that may sign commits, as git's gpg.ssh.allowedSignersFile",
        variable: "KUBERNAUT_ALLOWED_SIGNERS", values: .file),
    Flag(
        "signers-keyring", value: "FILE", "the OpenPGP keys that may sign commits, as gpg --export writes them",
        variable: "KUBERNAUT_SIGNERS_KEYRING", values: .file),
    Flag(
        "state", value: "DIR", "a folder of the daemon's own (default: kubernaut-state)", variable: "KUBERNAUT_STATE",
        values: .folder),
    SharedFlag.store,
    Flag(
        "listen", value: "ADDR:PORT", "where pages are served (default: 127.0.0.1:8080)",
        variable: "KUBERNAUT_LISTEN"),
    Flag(
        "cluster", value: "embedded", "use the in-memory cluster of this process", variable: "KUBERNAUT_CLUSTER",
        values: .choice(["embedded"])),
    Flag("kubeconfig", value: "FILE", "as kubectl's", values: .file),
    Flag("context", value: "NAME", "a context of the kubeconfig", variable: "KUBERNAUT_CONTEXT"),
    Flag(
        "leases", value: "WHEN", "share environments with other replicas by Leases (default: auto, in a pod)",
        variable: "KUBERNAUT_LEASES", values: .choice(ServeConfiguration.Leases.allCases.map(\.rawValue))),
    Flag(
        "poll", value: "DURATION", "time between two looks at the repository (default: 30s)",
        variable: "KUBERNAUT_POLL"),
    Flag("once", "make one pass over all environments, then end: 0 all applied, 1 something was not"),
    Flag(
        "log-format", value: "FORMAT", "json or text (default: text at a terminal)",
        variable: "KUBERNAUT_LOG_FORMAT", values: .choice(["json", "text"])),
    Flag(
        "log-level", value: "LEVEL", "the least that is logged (default: info)", variable: "KUBERNAUT_LOG_LEVEL",
        values: .choice(Logger.Level.allCases.map(\.rawValue))),
]

private func runForever(
    _ configuration: ServeConfiguration, _ invocation: Invocation, _ logger: Logger
) async throws -> ExitCode {
    let stops = stopSignals()
    limitMemoryPools()
    if !forbidCoreDumps() { logger.warning("A crash may leave a core dump, with secrets in it") }
    let daemon = try await Daemon(
        configuration, variables: invocation.console.environment, logger: logger)
    logger.notice("Listening", ["address": daemon.address, "repository": daemon.board.current.repository])
    let hangUps = Task {
        // Cancelled when the daemon has ended: SIGHUP means "look now" for as long as it lives.
        for await _ in signals([SIGHUP]) {
            daemon.repository.request(.request)
            daemon.certificate?.look()
        }
    }
    defer { hangUps.cancel() }
    try await daemon.run(until: stops)
    logger.notice("Stopped")
    return .done
}

private func runOnce(
    _ configuration: ServeConfiguration, _ invocation: Invocation, _ logger: Logger
) async throws -> ExitCode {
    let daemon = try await Daemon(
        configuration, variables: invocation.console.environment, logger: logger)
    return try await daemon.run(whileNotStoppedBy: stopSignals(), interrupted: .terminated) {
        await daemon.firstPasses() ? .done : .no
    }
}

extension ServeConfiguration {
    /// Flags and environment variables over the file over defaults.
    fileprivate init(_ invocation: Invocation) throws {
        self.init()
        logFormat = invocation.console.terminals.contains(.error) ? .text : .json
        if let file = invocation.text("config") { try read(file: invocation.console.path(file)) }
        repository.url = invocation.text("repo") ?? repository.url
        repository.path = invocation.text("path") ?? repository.path
        repository.policyBranch = invocation.text("policy-branch") ?? repository.policyBranch
        repository.tokenFile = invocation.text("git-token-file") ?? repository.tokenFile
        repository.sshKey = invocation.text("git-ssh-key") ?? repository.sshKey
        repository.knownHosts = invocation.text("git-known-hosts") ?? repository.knownHosts
        repository.authorityFile = invocation.text("git-ca") ?? repository.authorityFile
        repository.signingKey = invocation.text("signing-key") ?? repository.signingKey
        signatures.mode = invocation.text("signatures").flatMap(SignatureMode.init) ?? signatures.mode
        signatures.allowedSigners = invocation.text("allowed-signers") ?? signatures.allowedSigners
        signatures.keyring = invocation.text("signers-keyring") ?? signatures.keyring
        state = invocation.text("state") ?? state
        if let url = invocation.text("store") { store.url = try StorePlace.parsed(url, from: "--store") }
        once = invocation.isOn("once")
        listen = try Self.parsed(invocation, "listen", "ADDRESS:PORT", ListenAddress.init) ?? listen
        poll = try Self.parsed(invocation, "poll", "a duration of 1s to 24h", Self.pollInterval) ?? poll
        leases = invocation.text("leases").flatMap(Leases.init) ?? leases
        if once, leases == .on {
            throw CommandError(.usage, "--once goes without --leases on: one pass does not wait for its turn")
        }
        logFormat = invocation.text("log-format").flatMap(Logger.Format.init) ?? logFormat
        logLevel = invocation.text("log-level").flatMap(Logger.Level.init) ?? logLevel
        try readCluster(invocation)
        try checkSignatures()
        guard !repository.url.isEmpty else {
            throw CommandError(
                .usage, "which config repository?", hint: "say --repo URL, or start with `kubernaut demo`")
        }
    }

    /// What would only look safe is refused.
    private func checkSignatures() throws {
        guard signatures.isOn else { return }
        guard signatures.allowedSigners != nil || signatures.keyring != nil else {
            throw CommandError(
                .usage, "signatures count, but nobody may sign",
                hint: "name keys with --allowed-signers FILE or --signers-keyring FILE")
        }
        let modes = [signatures.mode] + signatures.branches.values
        guard let branch = repository.policyBranch else {
            guard !modes.contains(.require) else {
                throw CommandError(
                    .usage, "signatures are required, but any branch may bring the pipeline",
                    hint: "name the branch whose kubernaut.yaml counts with --policy-branch BRANCH")
            }
            return
        }
        guard !modes.contains(.require) || signatures.mode(of: branch) == .require else {
            throw CommandError(
                .usage,
                "signatures are required, but not on the policy branch \(branch), which says what is applied where",
                hint: "require them there, too")
        }
    }

    private mutating func readCluster(_ invocation: Invocation) throws {
        let (file, context) = (invocation.text("kubeconfig"), invocation.text("context"))
        if invocation.text("cluster") != nil {
            guard file == nil, context == nil else {
                throw CommandError(.usage, "--cluster embedded goes without --kubeconfig and --context")
            }
            cluster = .embedded
        } else if file != nil || context != nil {
            cluster = .kubeconfig(file: file, context: context)
        }
    }

    private static func parsed<Result>(
        _ invocation: Invocation, _ flag: String, _ rule: String, _ parse: (String) -> Result?
    ) throws -> Result? {
        guard let text = invocation.text(flag) else { return nil }
        guard let result = parse(text) else {
            throw CommandError(.usage, "--\(flag) must be \(rule), not \"\(text)\"")
        }
        return result
    }
}
