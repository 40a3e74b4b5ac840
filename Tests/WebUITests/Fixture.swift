// SPDX-License-Identifier: Apache-2.0

import Domain
import HTTPServer
import WebUI

/// A made-up shop: three environments, services in every state.
enum Fixture {
    static let now = Instant(seconds: 1_787_407_651)  // 2026-08-22T14:07:31Z
    static func ago(_ minutes: Int64) -> Instant { Instant(seconds: now.milliseconds / 1000 - minutes * 60) }

    static func name(_ text: String) -> Name {
        guard let name = Name(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    static func commitID(_ seed: Int) -> CommitID {
        let digits = String(UInt64(truncatingIfNeeded: seed &+ 7) &* 0x9e37_79b9_7f4a_7c15, radix: 16)
        let padded = String(
            (String(repeating: "3", count: 16 - digits.count) + digits + digits + digits + "3c0de").prefix(40))
        guard let id = CommitID(padded + String(repeating: "0", count: 40 - padded.count)) else {
            preconditionFailure(padded)
        }
        return id
    }

    static func commit(_ seed: Int, _ minutes: Int64, _ subject: String, by author: String) -> Commit {
        Commit(
            id: commitID(seed), author: author, email: "\(author.lowercased())@acme.example", date: ago(minutes),
            subject: subject)
    }

    static let authors = ["Kim", "Ann", "Bo", "Noor", "Jan"]
    static let messages = [
        "Fix rounding of totals", "Use new tax rates", "Cache the price list", "Retry on connection reset",
        "Drop the old checkout", "Show stock per shop", "Upgrade base image",
    ]
    private static let words = [
        "cart", "search", "user", "jobs", "mail", "checkout", "payments", "inventory", "catalog", "pricing", "shipping",
        "gateway", "reviews", "images", "returns", "vouchers", "loyalty", "reports", "export", "invoices", "tax", "geo",
        "sessions", "audit", "feeds",
    ]
    static func serviceNames(_ count: Int) -> [String] {
        (0..<count).map { $0 < words.count ? words[$0] : "\(words[$0 % words.count])-\($0 / words.count + 1)" }
    }

    static func release(_ service: String, _ minor: Int, patch: Int = 0) -> ReleaseRecord {
        let seed = service.utf8.reduce(minor * 10 + patch) { $0 &* 31 &+ Int($1) }
        let pick = abs(seed)
        return ReleaseRecord(
            service: name(service), version: "1.\(minor).\(patch)",
            image: "registry.acme.io/\(service):1.\(minor).\(patch)@sha256:\(String(repeating: "8d2f", count: 16))",
            build: .init(
                number: Int64(700 + minor), url: "https://jenkins.acme.io/job/\(service)/\(700 + minor)",
                job: "\(service)/main"),
            source: .init(
                url: "https://git.acme.io/acme/\(service).git", branch: "main", commit: commitID(seed).hex,
                message: messages[pick % messages.count], author: authors[pick % authors.count]),
            releasedAt: ago(Int64(12 + (43 - minor) * 1400)), releasedBy: "jenkins-\(service)")
    }

    static func objects(_ service: String, namespace: String, _ health: ObjectHealth = .healthy, inSync: Bool = true)
        -> [ObjectStatus]
    {
        func key(_ group: String, _ kind: String) -> ResourceKey {
            ResourceKey(groupKind: GroupKind(group: group, kind: kind), namespace: namespace, name: service)
        }
        return [
            ObjectStatus(key: key("apps", "Deployment"), health: health, isInSync: inSync),
            ObjectStatus(key: key("", "Service"), health: .healthy, isInSync: true),
            ObjectStatus(key: key("", "ConfigMap"), health: .healthy, isInSync: true),
        ]
    }

    /// What is special about some services: verdict, reason and health, by environment and service.
    private static let special: [String: (Verdict, String, ObjectHealth)] = [
        "staging/search": (
            .unhealthy,
            "Deployment/staging/search: container search of pod search-7f9c-x2x is crash looping (exit 1), 2 of 3 ready",
            ObjectHealth(.degraded, "container search of pod search-7f9c-x2x is crash looping (exit 1)")
        ),
        "dev/checkout": (
            .failed, "KN2107: value resources.limits.cpu must be a quantity, got \"half\"", ObjectHealth(.healthy)
        ),
        "dev/cart": (.rollingOut, "1 of 2 pods are ready", ObjectHealth(.progressing, "1 of 2 pods are ready")),
        "staging/mail": (.waiting, "waits for cart to be healthy", .healthy),
        "production/gateway": (
            .drifted, "Deployment/production/gateway was changed by kubectl-edit: spec.replicas", .healthy
        ),
        "production/payments": (.held, "by Ann until Monday 09:00 UTC: sale weekend", .healthy),
    ]

    static func service(_ service: String, in environment: String, minor: Int, patch: Int = 0) -> ServiceStatus {
        let (verdict, reason, health) = special["\(environment)/\(service)"] ?? (.healthy, "", .healthy)
        let diagnostics =
            verdict == .failed
            ? [
                Diagnostic(
                    .error, "KN2107", "value resources.limits.cpu must be a quantity, got \"half\"",
                    at: SourceLocation(file: "environments/dev/services/checkout.yaml", line: 7, column: 18),
                    hint: "write 500m or 0.5", service: name(service))
            ] : []
        return ServiceStatus(
            name: name(service), team: name(["checkout", "search", "platform"][abs(service.count) % 3]),
            release: release(service, minor, patch: patch), verdict: verdict, reason: reason,
            since: ago(Int64(12 + (43 - minor) * 700 + service.count * 9)),
            objects: objects(service, namespace: environment, health, inSync: verdict != .drifted),
            diagnostics: diagnostics,
            hold: verdict == .held
                ? Hold(
                    by: "Ann", reason: "sale weekend", until: Instant("2026-08-24T09:00:00Z"), isForAll: false,
                    location: SourceLocation(file: "environments/\(environment)/holds/\(service).yaml")) : nil)
    }

    static func status(services count: Int = 14) -> DaemonStatus {
        var status = DaemonStatus(repository: "https://git.acme.io/acme/deployments.git")
        status.version = 4711
        status.lastFetchAt = Instant(seconds: now.milliseconds / 1000 - 20)
        status.isReady = true
        status.environments = ["dev", "staging", "production"].enumerated().map {
            environment($1, rank: $0, serviceNames(count))
        }
        return status
    }

    private static func minor(of index: Int, rank: Int) -> Int {
        43 - (rank == 0 ? 0 : rank == 1 ? [0, 2, 0, 1, 0][index % 5] : [1, 2, 0, 4, 0][index % 5])
    }

    private static func environment(_ text: String, rank: Int, _ services: [String]) -> EnvironmentStatus {
        var environment = EnvironmentStatus(
            environment: Environment(
                name: name(text), cluster: rank == 2 ? "prod-eu-1" : nil, namespace: "shop-\(text)"))
        environment.head = commit(
            rank + 1, [4, 130, 4400][rank],
            ["Release cart 1.43.0", "Promote dev into staging", "Promote staging into production"][rank],
            by: authors[rank])
        environment.appliedCommit = rank == 0 ? commitID(99) : environment.head?.id
        environment.isReconciling = rank == 0
        for (index, service) in services.enumerated() {
            let minor = minor(of: index, rank: rank)
            if rank == 2 && service == "jobs" {
                environment.positions[name(service)] = .absent
                continue
            }
            let isHotfix = rank == 1 && service == "user"
            environment.services.append(self.service(service, in: text, minor: minor, patch: isHotfix ? 1 : 0))
            environment.releases[name(service)] = (0..<4).map { step in
                ReleaseEvent(
                    release: release(service, minor - step, patch: isHotfix && step == 0 ? 1 : 0),
                    commit: commit(
                        index * 10 + step + rank * 1000, Int64(12 + (43 - minor + step) * 1500 - rank * 5),
                        "Release \(service) 1.\(minor - step).0", by: authors[step]),
                    action: rank == 0 ? "release" : step == 1 ? "rollback" : "promote",
                    reason: rank > 0 && step == 1 ? "totals were wrong" : nil)
            }
            if rank > 0 {
                let behind = self.minor(of: index, rank: rank - 1) - minor
                environment.positions[name(service)] =
                    isHotfix ? .ahead : behind > 0 ? .behind(behind) : service == "reviews" ? .differs : .inStep
            }
        }
        environment.services.sort { $0.name < $1.name }
        environment.lastPass = passes.first { $0.environment.text == text }
        return environment
    }

    static let passes: [PassRecord] = (0..<12).map { index in
        let environment = name(["dev", "staging", "dev", "production"][index % 4])
        var pass = PassRecord(
            id: String(format16(0x0199_0000 - index * 77) + "c0ffee00c0ffee00"), environment: environment,
            trigger: [.webhook, .poll, .request, .drift][index % 4], startedAt: ago(Int64(4 + index * 47)))
        pass.finishedAt = pass.startedAt.adding(.milliseconds(8230 + index * 311))
        pass.commit = commitID(index)
        pass.previousCommit = commitID(index + 4)
        pass.stage = .health
        pass.unchangedCount = 118
        let key = ResourceKey(
            groupKind: GroupKind(group: "apps", kind: "Deployment"), namespace: "shop-dev", name: "cart")
        pass.objects = [ObjectResult(key: key, service: name("cart"), action: .configured)]
        if index % 5 == 0 {
            pass.outcome = .incomplete
            pass.stage = .apply
            pass.reason = "checkout was not applied: its override has an error; 13 other services were"
            let failed = ResourceKey(
                groupKind: GroupKind(group: "apps", kind: "Deployment"), namespace: "shop-dev", name: "search")
            pass.objects.append(
                ObjectResult(
                    key: failed, service: name("search"), action: .failed, message: "spec.selector: field is immutable")
            )
            pass.objects.append(
                ObjectResult(
                    key: ResourceKey(
                        groupKind: GroupKind(group: "", kind: "ConfigMap"), namespace: "shop-dev",
                        name: "mail-templates"), service: name("mail"), action: .created))
            pass.diagnostics = service("checkout", in: "dev", minor: 43).diagnostics
            pass.warnings = ["spec.template.spec.containers[0].ports[0]: duplicate port name \"http\""]
        }
        return pass
    }

    private static func format16(_ number: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    static func detail(_ environment: Name, _ service: Name) -> ServiceDetail {
        let template = "environments/templates/default.yaml"
        func line(
            _ text: String, _ layer: Layer? = nil, _ file: String = template, _ number: Int = 1,
            _ value: FieldPath? = nil, over: [Origin.Overridden] = []
        ) -> AnnotatedLine {
            AnnotatedLine(
                text: text, path: value,
                origin: layer.map {
                    Origin(
                        layer: $0, location: SourceLocation(file: file, line: number), value: value, overridden: over)
                })
        }
        let record = "environments/releases/\(service).yaml"
        let replicas = FieldPath([.key("replicas")])
        let over = [
            Origin.Overridden(
                layer: .defaults, location: SourceLocation(file: "environments/defaults.yaml", line: 11), value: 1)
        ]
        let lines = [
            line("apiVersion: apps/v1", .template, template, 1), line("kind: Deployment", .template, template, 2),
            line("metadata:"),
            line("  labels:"), line("    kubernaut.dev/service: \(service)", .reserved, template, 6),
            line("  name: \(service)", .reserved, template, 4),
            line("  namespace: \(environment)", .normalization, template, 3),
            line("spec:"),
            line(
                "  replicas: 3", .environmentService, "environments/\(environment)/services/\(service).yaml", 4,
                replicas, over: over),
            line("  template:"), line("    spec:"), line("      containers:"),
            line("      - env:"), line("        - name: LOG_LEVEL", .template, template, 21),
            line(
                "          value: info", .environmentDefaults, "environments/\(environment)/defaults.yaml", 3,
                FieldPath([.key("logLevel")])),
            line(
                "        image: registry.acme.io/\(service):1.43.0@sha256:8d2f8d2f8d2f", .release, record, 3,
                FieldPath([.key("image")])),
            line("        name: \(service)", .reserved, template, 18), line("        resources:"),
            line("          limits:"),
            line(
                "            memory: 512Mi", .service, "environments/services/\(service).yaml", 9,
                FieldPath([.key("resources"), .key("limits"), .key("memory")])),
        ]
        let manifest = Manifest(
            kind: GroupVersionKind(apiVersion: "apps/v1", kind: "Deployment"), namespace: environment.text,
            name: service.text,
            object: ["kind": "Deployment"], service: service, location: SourceLocation(file: template, line: 1),
            digest: String(repeating: "ab", count: 32))
        let serviceObject = Manifest(
            kind: GroupVersionKind(apiVersion: "v1", kind: "Service"), namespace: environment.text, name: service.text,
            object: ["kind": "Service"], service: service, location: SourceLocation(file: template, line: 31),
            digest: String(repeating: "cd", count: 32))
        var detail = ServiceDetail(
            service: RenderedService(
                name: service, team: name("checkout"), release: release(service.text, 43), needs: [name("user")],
                manifests: [manifest],
                diagnostics: [], inputs: "x"),
            commit: commit(1, 4, "Release cart 1.43.0", by: "Kim"),
            manifests: [
                AnnotatedManifest(manifest: manifest, lines: lines),
                AnnotatedManifest(
                    manifest: serviceObject,
                    lines: [
                        line("apiVersion: v1", .template, template, 31), line("kind: Service", .template, template, 32),
                        line("metadata:"), line("  name: \(service)", .reserved, template, 34),
                    ]),
            ],
            values: [
                ExplainedValue(
                    path: replicas, value: 3,
                    origin: Origin(
                        layer: .environmentService,
                        location: SourceLocation(file: "environments/\(environment)/services/\(service).yaml", line: 4),
                        value: replicas, overridden: over)),
                ExplainedValue(
                    path: FieldPath([.key("logLevel")]), value: "info",
                    origin: Origin(
                        layer: .environmentDefaults,
                        location: SourceLocation(file: "environments/\(environment)/defaults.yaml", line: 3))),
            ])
        for place in detail.places where place.line > 0 {
            let seed = place.line + place.file.utf8.count
            detail.changes.set(
                place.line == 9
                    ? .atOrBefore(commit(seed, 90_000, "Import", by: authors[1]))
                    : .committed(commit(seed, Int64(seed * 997), "Change line \(place.line)", by: authors[seed % 4])),
                file: place.file, line: place.line)
        }
        return detail
    }

    struct History: PassHistory {
        var records: [PassRecord] = Fixture.passes
        func append(_ record: PassRecord) async throws {}
        func passes(of environment: Name?, before: String?, limit: Int) async throws -> [PassRecord] {
            let matching = records.filter { record in
                (environment == nil || record.environment == environment) && (before == nil || record.id < before ?? "")
            }
            return Array(matching.prefix(limit))
        }
        func pass(_ id: String) async throws -> PassRecord? { records.first { $0.id == id } }
    }

    static func pages(
        _ status: DaemonStatus = Fixture.status(), history: any PassHistory = History(),
        access: WebPages.Access = .local(.developer)
    ) -> WebPages {
        var sources = WebPages.Sources(
            status: { status }, history: history,
            detail: { environment, service, commit in
                status.environments.contains { $0.services.contains { $0.name == service } } && commit == nil
                    ? Fixture.detail(environment, service) : nil
            }, requestSync: { _ in true }, metrics: { "kubernaut_up 1\n" })
        sources.rendering = { environment, commit in
            status.environments.first { $0.environment.name == environment && (commit == nil || commit == $0.head?.id) }
                .map { rendering($0) }
        }
        sources.live = { environment, service in
            status.environments.first { $0.environment.name == environment }.map { environment in
                rendering(environment).services.filter { $0.name == service }.flatMap(\.manifests).map { manifest in
                    LiveObject(
                        key: ResourceKey(
                            groupKind: manifest.kind.groupKind, namespace: manifest.namespace, name: manifest.name),
                        live: ["kind": "Deployment", "spec": ["replicas": 9]], wanted: manifest.object, problem: nil)
                }
            }
        }
        return WebPages(
            sources: sources, access: access, version: "0.1.0", hosts: ["kubernaut.acme.example"], now: { now })
    }

    /// One Deployment and one Secret for each service; the release's version is all that differs.
    static func rendering(_ environment: EnvironmentStatus) -> Rendering {
        Rendering(
            environment: environment.environment, commit: environment.head,
            services: environment.services.map { service in
                func manifest(_ kind: String, _ content: Value) -> Manifest {
                    var object = content
                    object["kind"] = .string(kind)
                    object["apiVersion"] = .string(kind == "Secret" ? "v1" : "apps/v1")
                    object["metadata"] = [
                        "name": .string(service.name.text), "namespace": .string(environment.environment.namespace),
                    ]
                    return Manifest(
                        kind: GroupVersionKind(apiVersion: kind == "Secret" ? "v1" : "apps/v1", kind: kind),
                        namespace: environment.environment.namespace, name: service.name.text, object: object,
                        service: service.name, location: SourceLocation(file: "templates/default.yaml", line: 1),
                        digest: "\(kind)\(service.release?.version ?? "")")
                }
                return RenderedService(
                    name: service.name, team: service.team, release: service.release, needs: [],
                    manifests: [
                        manifest("Deployment", ["spec": ["image": .string(service.release?.image ?? "")]]),
                        manifest(
                            "Secret", ["stringData": ["password": .string("canary-\(service.release?.version ?? "")")]]),
                    ], diagnostics: [], inputs: "")
            }, diagnostics: [])
    }
}

extension WebPages {
    /// Asks for `target` as a browser would.
    func get(_ target: String, headers: HTTPHeaders = [:], method: String = "GET", body: String = "") async
        -> HTTPResponse
    {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "localhost:8080" }
        return await answer(
            HTTPRequest(
                method: method, rawPath: String(parts[0]), rawQuery: parts.count == 2 ? String(parts[1]) : "",
                headers: headers,
                body: Array(body.utf8)))
    }
}

extension HTTPResponse {
    var bytes: [UInt8] {
        if case .bytes(let bytes) = body { bytes } else { [] }
    }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
