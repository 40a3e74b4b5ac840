// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import EmbeddedCluster
import GitSource
import HTTPServer
import History
import JSON
import KubernetesAPI
import Lifecycle
import Logging
import Metrics
import Platform
import Reconciler
import Render
import Signatures
import WebUI

/// All parts of the daemon, built and connected. Decides nothing.
struct Daemon {
    /// Where pages are: `http://127.0.0.1:8080`.
    let address: String
    let board: StatusBoard
    let repository: RepositoryLoop
    let clusters: ClusterSet
    private let services: [any Service]
    /// Nil without TLS.
    let certificate: CertificateWatch?

    /// Takes hold of the state folder, opens everything and listens; nothing runs yet.
    ///
    /// - Parameter variables: The process's environment, in which kubeconfigs are found.
    /// - Throws: An error whose description is a sentence for the operator.
    init(_ configuration: ServeConfiguration, variables: [String: String], logger: Logger) async throws {
        try Files.makeFolder(configuration.state, mode: 0o700)
        let registry = Registry()
        let version = kubernautVersion
        let remote = try GitRemote(configuration.repository)
        // The first thing that is opened: its lock keeps a second daemon away from the whole state folder.
        let mirror = try GitMirror(
            of: remote, configRoot: configuration.repository.path, in: "\(configuration.state)/mirror",
            signer: try configuration.repository.signingKey.map { try commitSigner(keyFile: $0) }, logger: logger)
        let board = StatusBoard(repository: mirror.repository)
        let store = try await Self.store(configuration, board: board, logger: logger)
        let outbox = Outbox(store) { what, fields in
            let record = Value.map(Map(fields.map { Map.Entry(key: $0.key, value: .string($0.value)) }))
            logger.warning("The store has not taken everything", ["what": what, "record": record.jsonText()])
        }
        clusters = try await ClusterSet(configuration, registry: registry, version: version, environment: variables)
        let measuredHistory = MeasuredHistory(outbox, registry: registry)
        let renderer = Renderer()
        let incremental = IncrementalRenderer(renderer)
        let positions = PositionFinder(mirror, renderer: renderer)
        var settings = ReconcilerSettings()
        settings.pollInterval = configuration.poll
        settings.policyBranch = configuration.repository.policyBranch
        let rooms = EnvironmentLoop.Rooms(
            source: MeasuredSource(mirror, registry: registry),
            render: { snapshot, environment in incremental.render(snapshot, for: environment) },
            history: measuredHistory, logger: logger, settings: settings,
            verifier: configuration.signatures.isOn
                ? BranchVerifier(
                    configuration.signatures, commits: mirror, folder: configuration.state, logger: logger) : nil)
        let repository = RepositoryLoop(
            rooms: rooms,
            readPipeline: { snapshot in
                let reading = Renderer.pipeline(in: snapshot)
                return (reading.content, reading.diagnostics)
            },
            readRelease: { file, path in Renderer.release(file.bytes, path: path).content },
            compare: { environment, target, source in
                try await positions.standing(
                    of: environment, at: target, comparedWith: source,
                    reusing: incremental.cache(of: environment.name), now: wallClock())
            },
            cluster: { [clusters] name in clusters[name] }, board: board,
            leases: configuration.usesLeases(in: variables)
                ? RepositoryLoop.Leases(
                    office: LeaseOffice(identity: Self.replicaName, duration: configuration.leaseDuration),
                    cluster: { [clusters] name in clusters.forLeases(name) })
                : nil)
        let banners = clusters.banners + Self.banners(configuration)
        board.update { $0.banners = banners }
        self.board = board
        self.repository = repository

        let details = ServiceDetails(
            mirror: mirror, renderer: renderer, board: board, incremental: incremental, clusters: clusters)
        var sources = WebPages.Sources(
            status: { board.current }, history: measuredHistory,
            detail: { try await details.detail(environment: $0, service: $1, commit: $2) },
            requestSync: { name in
                guard repository.environment(name) != nil else { return false }
                repository.request(.request)
                return true
            },
            metrics: {
                registry.show(board.current, version: version)
                return registry.text()
            },
            actions: Self.actions(
                configuration, mirror: mirror, board: board, repository: repository,
                clusters: clusters, outbox: outbox, logger: logger))
        sources.rendering = { try await details.rendering(environment: $0, commit: $1) }
        sources.live = { try await details.live(environment: $0, service: $1) }
        sources.trial = { try await details.trial($0, $1) }
        sources.isAlive = { repository.isTurning }
        sources.audit = outbox
        sources.keys = store
        let setup = try LoginSetup(configuration, sessions: store, logger: logger)
        let wire = try WireSetup(
            configuration, board: board, repository: repository, login: setup.login, audit: outbox, registry: registry,
            logger: logger)
        wire.connect(&sources)
        let pages = WebPages(
            sources: sources,
            access: WebPages.Access(
                gate: Gate(login: setup.login, keys: store, logger: logger), localRole: setup.localRole),
            version: version, hosts: Set(configuration.hosts), publicURL: configuration.login?.publicURL, logger: logger
        )
        var web = WebServer.Configuration()
        web.host = configuration.listen.host
        web.port = configuration.listen.port
        // Many clients with large bodies would be the cheapest way to fill the memory.
        web.bodyLimitBytes = 64 << 10
        web.largeBodies = WebPages.largeBodies
        if !configuration.trustedProxies.isEmpty {
            web.trustedProxies = TrustedProxies(configuration.trustedProxies, field: configuration.forwardedHeader)
        }
        let certificate = try configuration.tls.map { try CertificateWatch($0, registry: registry, logger: logger) }
        web.identity = certificate?.identity
        let server = WebServer(name: "pages", configuration: web, prompt: pages.prompt, handler: pages.handler)
        let port = try server.start()
        certificate?.attach(server)
        self.certificate = certificate
        let shown = configuration.listen.host == "0.0.0.0" ? "127.0.0.1" : configuration.listen.host
        address = "\(certificate == nil ? "http" : "https")://\(ListenAddress(host: shown, port: port))"
        var services: [any Service] = clusters.services
        services += [outbox, Self.pushWatch(mirror, board: board, outbox: outbox, logger: logger), repository]
        services += wire.services
        services.append(MemoryKeeper(board))
        if let certificate { services.append(certificate) }
        self.services = services + [server]
    }

    private static func pushWatch(
        _ mirror: GitMirror, board: StatusBoard, outbox: Outbox, logger: Logger
    ) -> PushWatch {
        PushWatch(
            PushWatch.Tools(
                status: { board.current }, changes: { board.changes() },
                history: { head, limit in
                    try await mirror.history(of: head, under: "", after: nil, limit: limit)
                }, audit: outbox,
                lastCommit: { try await outbox.passes(of: $0, before: nil, limit: 1).first?.commit },
                warn: { problem in logger.warning("The audit has a gap", ["error": problem]) }))
    }

    /// The store, opened; one that does not answer is waited for, and pages say so.
    ///
    /// - Throws: When it cannot become usable: a newer kubernaut wrote it, or its address is none.
    private static func store(
        _ configuration: ServeConfiguration, board: StatusBoard, logger: Logger
    ) async throws -> Store {
        let store = try configuration.store.store(
            state: configuration.state,
            warn: { problem in logger.warning("The history file is damaged", ["error": problem]) },
            tell: { problem in
                board.update { $0.storeProblem = problem?.description }
                if let problem {
                    logger.error("The store does not answer", ["error": "\(problem)"])
                } else {
                    logger.notice("The store answers")
                }
            })
        do {
            try await store.open()
        } catch  where error.isRetryable {
            // Clusters do not wait for it.
        }
        return store
    }

    /// What can be changed from pages and REST, on the daemon's own mirror and with its credentials.
    private static func actions(
        _ configuration: ServeConfiguration, mirror: GitMirror, board: StatusBoard,
        repository: RepositoryLoop, clusters: ClusterSet, outbox: Outbox, logger: Logger
    ) -> Actions {
        let desk = ChangeDesk(
            mirror, root: configuration.repository.path,
            pipeline: {
                let status = board.current
                return Pipeline(environments: status.environments.map(\.environment), policy: status.policy)
            },
            committer: CommitIdentity(name: "kubernaut", email: "kubernaut@kubernaut.invalid"),
            changed: { _ in repository.request(.webhook) })
        var tools = Actions.Tools(
            desk: desk, audit: outbox, status: { board.current },
            requestSync: { name in
                guard repository.environment(name) != nil else { return false }
                repository.request(.request)
                return true
            },
            confirm: { purpose, environment, hash, who in
                guard let cluster = clusters[environment.cluster] else {
                    throw ActionRefused("the cluster of \(environment.name) is not configured here")
                }
                let orders = EnvironmentOrders(for: environment, on: cluster)
                guard let held = try await orders.held(purpose), held.hash == hash else {
                    throw ActionRefused(
                        "another list of \(purpose.things) waits in \(environment.name) by now, or none",
                        hint: "look at what waits, then confirm that")
                }
                try await orders.confirm(purpose, hash, by: who)
            })
        tools.connectSuspensions(to: clusters)
        return Actions(tools, logger: logger)
    }

    /// The host's name, which in a pod is the pod's, and a number that no other life of it has.
    private static var replicaName: String {
        let chance = UInt32.random(in: .min ... .max)
        return "\(hostName)_\(String(chance | 1 << 31, radix: 16))"
    }

    private static func banners(_ configuration: ServeConfiguration) -> [String] {
        configuration.listen.isLoopback || configuration.login != nil
            ? []
            : [
                "Pages are reachable from outside this machine and have no login yet: whoever can reach them can read them"
            ]
    }

    /// Runs until the first element of `stops`; then ends gracefully within 20 seconds.
    func run(until stops: AsyncStream<Void>) async throws {
        try await ServiceGroup(services).run(until: stops)
    }

    /// Runs for as long as `work` takes, or until the first element of `stops`.
    ///
    /// - Parameter interrupted: What is returned when it was stopped.
    func run(
        whileNotStoppedBy stops: AsyncStream<Void>, interrupted: ExitCode,
        _ work: @escaping @Sendable () async throws -> ExitCode
    ) async throws -> ExitCode {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: ExitCode?.self) { group in
            group.addTask {
                try await run(until: ends)
                return nil
            }
            group.addTask {
                for await _ in stops { return interrupted }
                return nil
            }
            group.addTask { try await work() }
            var code: ExitCode?
            while let result = try await group.next() {
                // Nil comes from the daemon, which has ended; the others wait for what no longer matters.
                guard let result else { break }
                code = code ?? result
                end.yield()
            }
            group.cancelAll()
            return code ?? .failed
        }
    }

    /// Waits until every environment has had a pass that ran to its end, or cannot have one.
    ///
    /// - Returns: Whether every cluster equals its branch.
    func firstPasses() async -> Bool {
        for await _ in board.changes() {
            let status = board.current
            if status.environments.isEmpty, status.fetchProblem != nil { return false }
            let isDone = status.environments.allSatisfy { environment in
                environment.sourceProblem != nil || environment.signature?.isRefused == true
                    || environment.lastPass.map { $0.commit == environment.head?.id && $0.outcome != .stopped } ?? false
            }
            guard !status.environments.isEmpty, isDone else { continue }
            return status.environments.allSatisfy {
                $0.sourceProblem == nil && $0.signature?.isRefused != true && $0.lastPass?.outcome == .succeeded
            }
        }
        return false
    }
}

extension GitRemote {
    /// - Throws: `GitError` for an address that cannot be used; `ConfigurationError` for half of an SSH identity.
    fileprivate init(_ repository: ServeConfiguration.Repository) throws {
        let url = try RepositoryURL(repository.url)
        var credentials = Credentials.none
        switch (repository.sshKey, repository.knownHosts, repository.tokenFile) {
        case (let key?, let hosts?, _): credentials = .sshKey(file: key, knownHosts: hosts)
        case (_?, nil, _), (nil, _?, _):
            throw ConfigurationError(
                description: "an SSH key and a known-hosts file go together: give --git-ssh-key and --git-known-hosts")
        case (nil, nil, let file?): credentials = .basic(file: file)
        case (nil, nil, nil): break
        }
        self.init(url, credentials: credentials, certificateAuthorityFile: repository.authorityFile)
    }
}
