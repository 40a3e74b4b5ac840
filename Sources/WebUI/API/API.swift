// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

extension WebPages {
    /// Answers under `/api/v1`.
    func api(_ route: Route.API, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        switch route {
        case .status: return Reply.json(context.status.json)
        case .environments:
            return Reply.json(["items": .list(context.status.environments.map { $0.json(withServices: false) })])
        case .environment(let name): return Reply.json(try context.environment(name).json(withServices: true))
        case .services: return Reply.json(["items": .list(serviceList(context))])
        case .service(let name): return Reply.json(serviceJSON(try context.service(name), context))
        case .manifest(let environment, let service):
            return Reply.json(try await detail(environment, service, context).json(environment: environment))
        case .passes: return Reply.json(try await passList(context))
        case .pass(let id): return Reply.json(try await pass(id, context).json)
        case .sync(let name): return try await sync(name, request, context)
        case .me: return Reply.json(me(context))
        }
    }

    private func serviceList(_ context: PageContext) -> [Value] {
        ReleaseMatrix.allRows(context.status).map { serviceJSON($0.service, context, withReleases: false) }
    }

    private func passList(_ context: PageContext) async throws -> Value {
        let limit = min(199, max(1, context.query["limit"].flatMap { Int($0) } ?? 50))
        let passes = try await passes(context, limit: limit + 1, environmentKey: "environment")
        var answer: Value = ["items": .list(passes.prefix(limit).map(\.json))]
        // Give it back as `before` to read on.
        if passes.count > limit, let last = passes.prefix(limit).last { answer["next"] = .string(last.id) }
        return answer
    }

    /// A page of another site can send a form here, but neither of these header fields without our leave.
    private func sync(_ name: Name, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let type = (request.headers["Content-Type"] ?? "").lowercased().prefix { $0 != ";" && $0 != " " }
        guard type == "application/json" || request.headers["X-Kubernaut"] != nil else {
            return Reply.problem(
                403, "Forbidden", detail: "a request that changes something must show that no foreign page sent it",
                hint: "send the header X-Kubernaut: 1, or Content-Type: application/json")
        }
        try await sources.actions.sync(name, context.visit)
        return Reply.json(["environment": .string(name.text), "accepted": true], status: 202)
    }
}
