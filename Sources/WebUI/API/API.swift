// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

extension WebPages {
    /// Answers REST. What changes something is done once for one idempotency key.
    func api(_ route: Route.API, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        do {
            guard request.method != "GET", request.method != "HEAD" else {
                return try await read(route, request, context)
            }
            // A new key is shown once: no memory may keep the answer for a second time.
            if route.showsSecret { return try await change(route, request, context) }
            return try await sources.actions.once(request.headers["Idempotency-Key"], request, context.visit) {
                try await change(route, request, context)
            }
        } catch let failure as ActionFailure where route.isSeed && failure.refusal == nil {
            return Reply.seedMessage(failure)
        }
    }

    private func read(_ route: Route.API, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        switch route {
        case .openAPI: return Reply.json(OpenAPI.document(version: version))
        case .status: return Reply.json(context.status.json)
        case .environments:
            return Reply.json(["items": .list(context.status.environments.map { $0.json(withServices: false) })])
        case .environment(let name): return Reply.json(try context.environment(name).json(withServices: true))
        case .services: return Reply.json(["items": .list(serviceList(context))])
        case .service(let name): return Reply.json(serviceJSON(try context.service(name), context))
        case .manifest(let environment, let service):
            return Reply.json(try await detail(environment, service, context).json(environment: environment))
        case .values(let environment, let service): return try await values(environment, service, context)
        case .diff: return try await difference(context)
        case .objects(let name): return try objects(name, context)
        case .held(let purpose, let name): return try held(purpose, name, context)
        case .passes: return try await passList(context)
        case .pass(let id): return Reply.json(try await pass(id, context).json)
        case .me: return try me(context)
        case .can: return can(context)
        case .keys: return try await keyList(context)
        case .audit: return try await auditList(context)
        case .releases: return try releaseList(context)
        case .release(let id): return try await release(id, context)
        case .actions(let kind): return try await actionList(kind, context)
        case .action(let kind, let id): return try await action(kind, id, context)
        case .holds: return try await holds(context)
        case .seedReleases: return try seedReleases(request, context)
        case .seedRelease(let id): return try await seedRelease(id, context)
        case .deployments: return try deployments(request, context)
        case .deployment(let id): return try await deploymentPage(id, context)
        case .deploymentStatus(let id): return try await deploymentStatus(id, context)
        case .sync, .confirm, .suspend, .unsuspend, .createRelease, .withdraw, .promote, .rollback, .hold, .resume,
            .seedCreateRelease, .deploy, .createKey, .revokeKey, .rotateKey, .otherMethod:
            throw NotFound()
        }
    }

    private func change(_ route: Route.API, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse
    {
        switch route {
        case .sync(let name): return try await sync(name, context)
        case .confirm(let purpose, let name): return try await confirm(purpose, name, request, context)
        case .suspend(let name): return try await suspend(name, request, context)
        case .unsuspend(let name): return try await unsuspend(name, context)
        case .createRelease: return try await createRelease(request, context)
        case .seedCreateRelease: return try await seedCreateRelease(request, context)
        case .withdraw(let id): return try await withdraw(id, context)
        case .promote: return try await promote(request, context)
        case .rollback: return try await rollback(request, context)
        case .hold: return try await hold(request, context)
        case .resume(let environment, let service): return try await resume(environment, service, context)
        case .deploy: return try await deploy(request, context)
        case .createKey: return try await postKey(request, context)
        case .revokeKey(let id): return try await deleteKey(id, context)
        case .rotateKey(let id): return try await replaceKey(id, request, context)
        default: throw NotFound()
        }
    }

    private func serviceList(_ context: PageContext) -> [Value] {
        ReleaseMatrix.allRows(context.status).map { serviceJSON($0.service, context, withReleases: false) }
    }

    private func passList(_ context: PageContext) async throws -> HTTPResponse {
        let limit = min(199, max(1, context.query["limit"].flatMap { Int($0) } ?? 50))
        let passes = try await passes(context, limit: limit + 1, environmentKey: "environment")
        var answer: Value = ["items": .list(passes.prefix(limit).map(\.json))]
        guard passes.count > limit, let last = passes.prefix(limit).last else { return Reply.json(answer) }
        // Give it back as `before` to read on.
        answer["next"] = .string(last.id)
        var response = Reply.json(answer)
        response.headers["Link"] = "<\(context.path)\(context.query.with("before", last.id).text)>; rel=\"next\""
        return response
    }

    private func sync(_ name: Name, _ context: PageContext) async throws -> HTTPResponse {
        try await sources.actions.sync(name, context.visit)
        return Reply.json(["environment": .string(name.text), "accepted": true], status: 202)
    }
}

extension Route.API {
    /// Whether its answer has something in it that nobody is told twice.
    fileprivate var showsSecret: Bool {
        switch self {
        case .createKey, .rotateKey: true
        default: false
        }
    }

    /// Whether clients of the first generation ask here, who read errors as `message`.
    fileprivate var isSeed: Bool {
        switch self {
        case .seedReleases, .seedRelease, .seedCreateRelease, .deployments, .deploy, .deployment, .deploymentStatus:
            true
        default: false
        }
    }
}
