// SPDX-License-Identifier: Apache-2.0

public import Access
import Changes
import Crypto
public import Domain
public import HTTPServer
import JSON
public import Lifecycle
public import Logging
public import Webhooks

/// The site: an HTTP request comes in, a page, JSON or a probe's answer goes out.
///
/// It reads one snapshot of the daemon's status per request and never touches git or a cluster by itself; the one
/// thing it can ask for is a pass. Everything shown came from files and clusters and counts as hostile.
public struct WebPages: Sendable {
    /// Where pages take their facts from. All are safe from any thread.
    public struct Sources: Sendable {
        /// Returns at once.
        public var status: @Sendable () -> DaemonStatus
        public var history: any PassHistory
        /// The service in the environment at a commit; nil commit for the newest. Nil result when there is no such
        /// service there.
        public var detail:
            @Sendable (_ environment: Name, _ service: Name, _ commit: CommitID?) async throws -> ServiceDetail?
        /// What an environment wants at a commit of its branch; nil commit for the newest. Nil result when there is no
        /// such environment, or its branch does not hold the commit.
        public var rendering: @Sendable (_ environment: Name, _ commit: CommitID?) async throws -> Rendering? = {
            _, _ in nil
        }
        /// What applying would change of one service, by the cluster's own dry run. Nil when nobody can be asked.
        public var live: @Sendable (_ environment: Name, _ service: Name) async throws -> [LiveObject]? = { _, _ in nil
        }
        /// What a cluster would do with these services of a rendering, by its own dry run: nothing is written. Nil when
        /// nobody can be asked.
        public var trial: @Sendable (_ rendering: Rendering, _ services: Set<Name>) async throws -> [TriedObject]? = {
            _, _ in nil
        }
        /// How long a preview waits for `trial`.
        public var trialPatience = Duration.seconds(5)
        /// Asks for a pass over an environment; false when there is no such environment.
        public var requestSync: @Sendable (_ environment: Name) -> Bool
        /// Everything that can be changed from here.
        public var actions: Actions
        /// Prometheus' text format.
        public var metrics: @Sendable () -> String
        /// Whether the daemon's loops still turn. Must not depend on git or clusters: a restart cannot mend those.
        public var isAlive: @Sendable () -> Bool = { true }
        /// Who did what; nil where nothing is written down.
        public var audit: (any AuditLog)?
        /// Keys for machines; nil where there can be none.
        public var keys: (any KeyStore)?
        /// Nil when no webhooks are configured.
        public var hooks: HookDesk?
        /// Nil when nothing tells open pages of changes.
        public var hub: LiveHub?
        /// How the receivers of notices do; empty when there are none.
        public var notifications: @Sendable () -> [SinkStatus] = { [] }

        public init(
            status: @escaping @Sendable () -> DaemonStatus, history: any PassHistory,
            detail:
                @escaping @Sendable (_ environment: Name, _ service: Name, _ commit: CommitID?) async throws ->
                ServiceDetail?,
            requestSync: @escaping @Sendable (_ environment: Name) -> Bool,
            metrics: @escaping @Sendable () -> String, actions: Actions? = nil
        ) {
            self.status = status
            self.history = history
            self.detail = detail
            self.requestSync = requestSync
            self.metrics = metrics
            self.actions =
                actions
                ?? Actions(
                    Actions.Tools(
                        desk: nil, audit: nil, status: status, requestSync: requestSync,
                        confirm: { _, _, _, _ in throw ActionRefused("nothing can be confirmed from here") }))
        }
    }

    /// Who may come in. Without login, whoever reaches the site is `.local` and may do what `localRole` says.
    public struct Access: Sendable {
        public let gate: Gate
        public let localRole: Role?

        public init(gate: Gate, localRole: Role? = nil) {
            self.gate = gate
            self.localRole = localRole
        }

        /// Without login.
        public static func local(_ role: Role?) -> Access { Access(gate: Gate(login: nil, keys: nil), localRole: role) }
    }

    let sources: Sources
    let access: Access
    /// Lives as long as the site: fingerprints on two pages can be compared.
    let mask = SecretMask()
    let shelf = ReleaseShelf()
    /// How many comparisons with clusters are under way.
    let liveLooks = Lock(0)
    /// In the forms of those who have no session, because there is no login.
    private let localFormSecret = randomBytes(32)
    let version: String
    let hosts: Set<String>
    let publicURL: String?
    let cache = PageCache()
    let logger: Logger
    let now: Now

    /// - Parameters:
    ///   - version: The daemon's own.
    ///   - hosts: Names under which the site may be reached, in lower case and without port. `localhost` and
    ///     addresses are always good: a page of another site can reach us only under a name of its own.
    ///   - publicURL: How browsers reach the site, without a slash at its end; nil when nobody said. Its host is good, too.
    public init(
        sources: Sources, access: Access, version: String, hosts: Set<String> = [], publicURL: String? = nil,
        logger: Logger = .silent,
        now: @escaping Now = wallClock
    ) {
        self.sources = sources
        self.access = access
        self.version = version
        self.hosts = hosts.union(Self.host(of: publicURL))
        self.publicURL = publicURL
        self.logger = logger
        self.now = now
    }

    /// Give this to a `WebServer`.
    public var handler: HTTPHandler { { request in await answer(request) } }

    /// Answers one request.
    public func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if let elsewhere = secured(request) { return elsewhere }
        return promised(await answerHere(request), to: request)
    }

    /// A year of TLS; only said over it, where nobody on the way can have said it (RFC 6797, 7.2).
    func promised(_ response: HTTPResponse, to request: HTTPRequest) -> HTTPResponse {
        guard request.isSecure == true else { return response }
        var response = response
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
    }

    private func answerHere(_ request: HTTPRequest) async -> HTTPResponse {
        let isAPI = Self.isForMachines(request)
        let response = await found(request, isAPI)
        return isAPI ? Reply.numbered(response) : response
    }

    /// Whether programs ask here, which read problem documents and cannot sign in.
    static func isForMachines(_ request: HTTPRequest) -> Bool {
        request.rawPath.hasPrefix("/api/") || ["/events", "/releases.atom"].contains(request.rawPath)
    }

    private func found(_ request: HTTPRequest, _ isAPI: Bool) async -> HTTPResponse {
        guard isOwnHost(request.host) else {
            return refusal(
                421, "Misdirected Request", "this site is not reached under the name in Host",
                hint: "use its address, or name the host in the daemon's configuration", to: request)
        }
        let found = Route(rawPath: request.rawPath, method: request.method)
        // One look: what is allowed and what is shown belong together.
        let status = sources.status()
        let visit: Visit
        do {
            visit = try await self.visit(request, found, status)
        } catch {
            return answer(error, to: request)
        }
        let context = context(for: request, visit, status)
        guard let route = found else { return notFound(request.rawPath, isAPI, context) }
        guard request.body.count <= route.bodyLimit else {
            return refusal(
                413, "Content Too Large", "this address takes at most \(route.bodyLimit >> 10) KiB", to: request)
        }
        guard route.methods.contains(request.method) else { return methodNotAllowed(route, isAPI, context) }
        do {
            try check(route, request, visit)
            return Reply.conditional(try await keptAnswer(route, request, context), for: request)
        } catch let refused as Refused {
            await note(refused.refusal, at: route, by: visit.caller, isAPI: isAPI)
            return answer(refused.refusal, to: request, isAPI: isAPI, context)
        } catch let failure as ActionFailure {
            return answer(failure, to: request, isAPI: isAPI, context)
        } catch let problem as NotFound {
            return notFound(request.rawPath, isAPI, context, near: problem)
        } catch {
            // What went wrong may name files and addresses: it is for the log, where the number leads to it.
            let number = hex(randomBytes(6))
            logger.error(
                "A page could not be made", ["path": request.rawPath, "error": "\(error)", "number": number])
            if let passing = error as? any PassingError, passing.isRetryable { return away(isAPI, context) }
            return failure(number, isAPI, context)
        }
    }

    private func context(for request: HTTPRequest, _ visit: Visit, _ status: DaemonStatus) -> PageContext {
        PageContext(
            status: status.visible(to: visit.caller, visit.rules), visit: visit, now: now(), version: version,
            path: request.rawPath,
            query: Query(request.rawQuery), host: request.headers["Host"] ?? "localhost",
            theme: Theme(Cookies(request.headers.all("Cookie"))), formSecret: formSecret(of: visit))
    }

    /// What forms for this reader are made with, and proved by; nil for those who get none.
    func formSecret(of visit: Visit) -> [UInt8]? {
        visit.session?.formSecret ?? (visit.caller == .local ? localFormSecret : nil)
    }

    func isOwnHost(_ host: String) -> Bool {
        let isAddress =
            host.hasPrefix("[") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
        return isAddress || host == "localhost" || hosts.contains(host)
    }

    func answer(_ route: Route, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        if let reply = loadingReply(route, context) { return reply }
        switch route {
        case .asset(let name):
            guard let asset = Assets.named(name) else { throw NotFound() }
            return Reply.asset(asset)
        case .livez: return Probes.livez(isAlive: sources.isAlive(), context)
        case .readyz: return Probes.readyz(isReady: sources.status().isReady, context)
        case .login: return Reply.page(loginPage(context), context)
        case .startLogin: return startLogin(context)
        case .finishLogin: return try await finishLogin(request, context)
        case .logout: return try await logout(context)
        case .theme: return chooseTheme(request, context)
        case .seedStatus(let exists): return Reply.seedStatus(exists: exists, version: version)
        case .accountKeys where request.method == "POST": return try await makeKeyPage(request, context)
        case .revokeKey(let id): return try await revokeKeyPage(id, request, context)
        case .endSession(let digest): return try await endSession(digest, context)
        case .refreshTeams: return try await refreshTeams(request, context)
        case .auditFile(let format): return auditFile(format, context)
        case .metrics: return Reply.text(sources.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        case .events: return try events(request, context)
        case .hook(let name): return try hook(name, request)
        case .api(let route): return try await api(route, request, context)
        case .look(let look): return try await self.look(look, context)
        case .deed(let deed): return try await self.deed(deed, request, context)
        case .manifest(let environment, let service, isRaw: true):
            let detail = try await detail(environment, service, context)
            return Reply.text(manifestYAML(detail), type: "application/yaml")
        default: return Reply.page(try await page(route, context), context)
        }
    }

    /// A daemon that has just started has nothing to show, and says so instead of "not found".
    private func loadingReply(_ route: Route, _ context: PageContext) -> HTTPResponse? {
        let status = context.status
        guard status.environments.isEmpty, !status.isReady, status.lastFetchAt == nil, status.fetchProblem == nil,
            route.showsStatus
        else { return nil }
        var reply = Reply.page(loadingPage(), status: 503, context)
        reply.headers["Retry-After"] = "2"
        reply.headers["Refresh"] = "2"
        return reply
    }

    private func page(_ route: Route, _ context: PageContext) async throws -> Page {
        switch route {
        case .environments: return environmentsPage(context)
        case .environment(let name):
            let environment = try context.environment(name)
            // The page is about what runs: it does not wait for the store to be back.
            let passes = (try? await sources.history.passes(of: name, before: nil, limit: 10)) ?? []
            return environmentPage(environment, passes: passes.filter { context.mayRead($0) }, context)
        case .service(let name): return servicePage(try context.service(name), context)
        case .manifest(let environment, let service, _):
            return manifestPage(try await detail(environment, service, context), of: environment, context)
        case .passes:
            let size = 50
            return passesPage(
                try await passes(context, limit: size + 1, environmentKey: "env"), pageSize: size, context)
        case .pass(let id): return passPage(try await pass(id, context), context)
        case .system: return systemPage(context, hooks: sources.hooks, sinks: sources.notifications())
        case .account: return try await accountPage(context)
        case .accountKeys: return try await keysPage(context, all: false)
        case .keys: return try await keysPage(context, all: true)
        case .audit: return try await auditPage(context)
        case .revokeKey, .endSession, .refreshTeams, .auditFile: return overviewPage(context)
        case .events, .hook: return overviewPage(context)
        case .overview, .asset, .livez, .readyz, .metrics, .seedStatus, .api, .look, .deed, .login, .startLogin,
            .finishLogin, .logout, .theme:
            return overviewPage(context)
        }
    }
}

// MARK: - facts for pages and API

extension WebPages {
    func detail(_ environment: Name, _ service: Name, _ context: PageContext) async throws -> ServiceDetail {
        _ = try context.environment(environment)
        let commit = try context.query["at"].map { text in
            guard let commit = CommitID(text.lowercased()) else { throw NotFound() }
            return commit
        }
        guard let detail = try await sources.detail(environment, service, commit) else {
            throw NotFound(near: context.names(nearTo: service))
        }
        return mask.masked(detail)
    }

    /// At most 200, newest first, as the query asks.
    func passes(_ context: PageContext, limit: Int, environmentKey: String) async throws -> [PassRecord] {
        let environment = try context.query[environmentKey].flatMap { text -> Name? in
            guard !text.isEmpty else { return nil }
            guard let name = Name(text) else { throw NotFound() }
            return try context.environment(name).environment.name
        }
        // Passes name every object of an environment: they are for who may see all of it. Others' are read over.
        var visible: [PassRecord] = []
        var before = context.query["before"]
        repeat {
            let page = try await sources.history.passes(of: environment, before: before, limit: min(200, limit))
            visible += page.filter { context.mayRead($0) }
            before = page.count == min(200, limit) ? page.last?.id : nil
        } while before != nil && visible.count < limit
        return Array(visible.prefix(limit))
    }

    func pass(_ id: String, _ context: PageContext) async throws -> PassRecord {
        guard let pass = try await sources.history.pass(id), context.mayRead(pass) else { throw NotFound() }
        return pass
    }
}

/// One object as the cluster has it, and as it would be after the next pass.
public struct LiveObject: Sendable {
    public let key: ResourceKey
    /// Nil when there is none.
    public let live: Value?
    /// Nil when it would go, or when nobody can tell.
    public let wanted: Value?
    /// What the cluster would refuse; nil when nothing.
    public let problem: String?

    public init(key: ResourceKey, live: Value?, wanted: Value?, problem: String?) {
        self.key = key
        self.live = live
        self.wanted = wanted
        self.problem = problem
    }
}

/// What was asked for does not exist.
struct NotFound: Error {
    /// Addresses that may have been meant.
    var near: [(path: String, name: String)] = []
}

extension PageContext {
    func mayRead(_ pass: PassRecord) -> Bool {
        visit.rules.allows(visit.caller, .view, at: .environment(pass.environment))
    }

    func environment(_ name: Name) throws(NotFound) -> EnvironmentStatus {
        if let environment = status.environments.first(where: { $0.environment.name == name }) { return environment }
        let names = status.environments.map(\.environment.name.text)
        throw NotFound(near: nearNames(to: name.text, among: names).map { ("/envs/\($0)", $0) })
    }

    /// The name itself, when any environment has or had the service.
    func service(_ name: Name) throws(NotFound) -> Name {
        let isKnown = status.environments.contains { environment in
            environment.releases[name] != nil || environment.services.contains { $0.name == name }
        }
        if isKnown { return name }
        throw NotFound(near: names(nearTo: name))
    }

    func names(nearTo service: Name) -> [(path: String, name: String)] {
        let names = status.environments.flatMap { $0.services.map(\.name.text) }
        return nearNames(to: service.text, among: names).map { ("/services/\($0)", $0) }
    }
}
