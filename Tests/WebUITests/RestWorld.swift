// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import Foundation
import GitSource
import HTTPServer
import JSON
import Lifecycle
import Logging
import Render
import TestKit

@testable import WebUI

/// The site before a real config repository, with people, keys and an audit: what a daemon is to REST, without a cluster.
final class RestWorld: Sendable {
    let remote: ConfigRemote
    let mirror: GitMirror
    let audit = MemoryAudit()
    let keys = MemoryKeys()
    let syncs = Lock<[String]>([])
    /// What the target's cluster says to a promotion; nil where nobody can be asked.
    let trial = Lock<(@Sendable (Rendering, Set<Name>) async throws -> [TriedObject]?)?>(nil)
    let patience = Lock(Duration.seconds(5))
    /// What the cluster says to every order; nil when it obeys.
    let clusterError = Lock<ClusterError?>(nil)
    private let board = Lock(DaemonStatus(repository: "the remote"))
    private let folder: TemporaryFolder
    private let role: Role?

    /// - Parameter role: What whoever comes by may do; nil for nothing: then only keys get in.
    init(services: [String] = ["cart", "mail"], role: Role? = .maintainer, policy: Policy = .empty) async throws {
        remote = try ConfigRemote(services: services)
        folder = try TemporaryFolder("mirror")
        mirror = try GitMirror(
            of: GitRemote(try RepositoryURL(remote.path)), in: "\(folder.path)/mirror", logger: .silent)
        self.role = role
        board.withLock { $0.policy = policy }
        try await look()
    }

    var status: DaemonStatus { board.withLock { $0 } }
    func change(_ body: (inout DaemonStatus) -> Void) { board.withLock { body(&$0) } }

    /// Sets or ends what stands on an environment's ConfigMap.
    func suspend(_ index: Int, _ suspension: Suspension?) {
        change {
            $0.environments[index].suspension = suspension
            $0.version += 1
        }
    }

    /// Replaces what the pipeline says of an environment.
    func changeEnvironment(_ index: Int, _ change: (Environment) -> Environment) {
        self.change { status in
            let old = status.environments[index]
            var new = EnvironmentStatus(environment: change(old.environment))
            (new.head, new.appliedCommit, new.services, new.releases) = (
                old.head, old.appliedCommit, old.services, old.releases
            )
            new.suspension = new.environment.suspension
            status.environments[index] = new
            status.version += 1
        }
    }

    static let environments = ["dev", "staging"].map { Environment(name: Fixture.name($0)) }

    /// What the daemon's loops do: fetch, render, and have it all applied.
    func look() async throws {
        let heads = try await mirror.fetch()
        var found: [EnvironmentStatus] = []
        for environment in Self.environments {
            guard let head = heads[environment.branch] else { continue }
            var status = EnvironmentStatus(environment: environment)
            let snapshot = try await mirror.snapshot(at: head, reusing: nil)
            status.head = snapshot.commit
            status.appliedCommit = head
            let rendering = Renderer().render(snapshot, for: environment).rendering
            status.services = rendering.services.map { service in
                ServiceStatus(
                    name: service.name, team: service.team, release: service.release, verdict: .healthy, reason: "",
                    since: nil,
                    objects: service.manifests.map { manifest in
                        ObjectStatus(
                            key: ResourceKey(
                                groupKind: manifest.kind.groupKind, namespace: manifest.namespace, name: manifest.name),
                            health: .healthy, isInSync: true)
                    }, diagnostics: service.diagnostics)
            }
            let steps = try await mirror.history(of: head, under: "releases", after: nil, limit: 500)
            for step in steps {
                for (path, file) in step.changes {
                    guard let name = RecordComparison.service(ofRecord: path) else { continue }
                    status.releases[name, default: []].append(
                        ReleaseEvent(
                            release: file.flatMap { ChangeDesk.release(in: $0, at: path) }, commit: step.commit))
                }
            }
            found.append(status)
        }
        board.withLock { [found] in
            $0.environments = found
            $0.isReady = true
        }
    }

    private func detail(_ environment: Name, _ service: Name, _ commit: CommitID?) async throws -> ServiceDetail? {
        guard let status = status.environments.first(where: { $0.environment.name == environment }),
            let commit = commit ?? status.head?.id
        else { return nil }
        let snapshot = try await mirror.snapshot(at: commit, reusing: nil)
        return Renderer().detail(of: service, in: snapshot, for: status.environment)
    }

    var pages: WebPages {
        let desk = ChangeDesk(
            mirror, root: "environments", pipeline: { Pipeline(environments: Self.environments) },
            committer: CommitIdentity(name: "kubernaut", email: "kubernaut@kubernaut.invalid"), timeout: .seconds(20),
            changed: { _ in })
        let requestSync: @Sendable (Name) -> Bool = { [syncs] name in
            syncs.withLock { $0.append(name.text) }
            return true
        }
        var tools = Actions.Tools(
            desk: desk, audit: audit, status: { self.status }, requestSync: requestSync,
            confirm: { purpose, environment, hash, who in
                guard hash == "0123456789abcdef" else { throw ActionRefused("another list is held by now") }
            })
        tools.suspend = { environment, reason, who, until in
            if let error = self.clusterError.withLock({ $0 }) { throw error }
            let index = self.status.environments.firstIndex { $0.environment == environment } ?? 0
            self.suspend(
                index,
                Suspension(
                    reason: reason, by: who, until: until,
                    location: SourceLocation(file: "ConfigMap/\(environment.namespace)/kubernaut-\(environment.name)")))
        }
        tools.endSuspension = { environment in
            let index = self.status.environments.firstIndex { $0.environment == environment } ?? 0
            let wasSuspended = self.status.environments[index].suspension?.isInGit == false
            if wasSuspended { self.suspend(index, nil) }
            return wasSuspended
        }
        let actions = Actions(tools)
        var sources = WebPages.Sources(
            status: { self.status }, history: Fixture.History(),
            detail: { try await self.detail($0, $1, $2) }, requestSync: requestSync, metrics: { "" },
            actions: actions)
        sources.trial = { rendering, services in
            try await self.trial.withLock { $0 }?(rendering, services) ?? nil
        }
        sources.trialPatience = patience.withLock { $0 }
        return WebPages(
            sources: sources,
            access: WebPages.Access(
                gate: Gate(login: nil, keys: keys), localRole: role), version: "0.1.0")
    }

    /// Makes a key and gives its text.
    func key(_ name: String, _ permissions: Set<Permission>, in environments: String = "*", of services: String = "*")
        async -> String
    {
        let text = APIKeyText()
        await keys.add(
            APIKey(
                id: text.id, name: name, digest: text.digest,
                scope: KeyScope(
                    permissions: permissions, environments: [Glob(environments)], services: [Glob(services)]),
                createdBy: "kim", createdAt: Instant(seconds: 0), expiresAt: wallClock().adding(.seconds(3600))))
        return text.text.withUnsafeValue { $0 }
    }
}

/// Rows in memory.
final class MemoryAudit: AuditLog {
    private let rows = Lock<[AuditRecord]>([])
    var records: [AuditRecord] { rows.withLock { $0 } }
    /// `release done cart 1.1.0`
    var lines: [String] {
        records.map { "\($0.action.rawValue) \($0.result.rawValue) \($0.services.map(\.text).joined(separator: ","))" }
    }
    func append(_ record: AuditRecord) async { rows.withLock { $0.append(record) } }
    func records(matching query: AuditQuery, before: String?, limit: Int) async -> [AuditRecord] { records }
}

final class MemoryKeys: KeyStore {
    private let all = Lock<[APIKey]>([])
    func add(_ key: APIKey) async { all.withLock { $0.append(key) } }
    func key(_ id: String) async -> APIKey? { all.withLock { $0.first { $0.id == id } } }
    func keys() async -> [APIKey] { all.withLock { $0 } }
    func revoke(_ id: String, at now: Instant) async {}
    func shorten(_ id: String, to end: Instant) async {}
    func noteUse(of id: String, at now: Instant, from address: String) async {}
}

/// One asker of a site.
struct Client: Sendable {
    let pages: WebPages
    var headers: HTTPHeaders = [:]

    init(_ pages: WebPages, key: String? = nil) {
        self.pages = pages
        if let key { headers["Authorization"] = "Bearer \(key)" }
    }

    func get(_ target: String) async -> HTTPResponse { await pages.get(target, headers: headers) }

    func send(_ method: String, _ target: String, _ body: Value? = nil, headers more: HTTPHeaders = [:]) async
        -> HTTPResponse
    {
        var headers = headers
        for field in more.fields { headers[field.name] = field.value }
        if headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        return await pages.get(target, headers: headers, method: method, body: body?.jsonText() ?? "")
    }

    func post(_ target: String, _ body: Value, headers: HTTPHeaders = [:]) async -> HTTPResponse {
        await send("POST", target, body, headers: headers)
    }

    /// A form as curl sends it.
    func form(_ target: String, _ parts: [(String, String)], headers more: HTTPHeaders = [:]) async -> HTTPResponse {
        var body = ""
        for (name, text) in parts {
            let isFile = name.lowercased() == "template"
            body += "--xx\r\nContent-Disposition: form-data; name=\"\(name)\""
            body += (isFile ? "; filename=\"kubernetes.yaml\"" : "") + "\r\n\r\n\(text)\r\n"
        }
        var headers = headers
        for field in more.fields { headers[field.name] = field.value }
        headers["Content-Type"] = "multipart/form-data; boundary=xx"
        return await pages.get(target, headers: headers, method: "POST", body: body + "--xx--\r\n")
    }
}

extension HTTPResponse {
    /// Null for what is no JSON.
    var json: Value { (try? parseJSON(bytes)) ?? .null }
}
