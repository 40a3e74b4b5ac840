// SPDX-License-Identifier: Apache-2.0

package import Access
package import Domain
import HTTPServer
import JSON

/// `/api/v1/keys` and `/api/v1/me/can`.
extension WebPages {
    func keyList(_ context: PageContext) async throws -> HTTPResponse {
        let keys = try await keys(of: context.visit, all: true)
        return Reply.json(["items": .list(keys.map { $0.json(at: context.now) })])
    }

    /// `{"name": "jenkins", "permissions": ["release"], "environments": ["dev"], "services": ["cart-*"], "expires": "30d"}`
    func postKey(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let order: KeyOrder
        do {
            let body = try parseJSON(request.body)
            func texts(_ name: String) throws -> [String] {
                guard let value = body[name], !value.isNull else { return [] }
                let texts = value.list?.compactMap(\.string)
                guard let texts, texts.count == value.list?.count else {
                    throw JSONShape(description: "\(name) must be a list of texts")
                }
                return texts
            }
            guard body.map != nil else { throw JSONShape(description: "the body must be a JSON object") }
            order = try KeyOrder(
                name: body["name"]?.string ?? "", permissions: try texts("permissions"),
                environments: try texts("environments"), services: try texts("services"),
                expires: body["expires"]?.string)
        } catch let problem as KeyOrder.Problem {
            return Reply.problem(422, "Unprocessable Content", detail: "\(problem.field): \(problem)")
        } catch {
            return Reply.problem(400, "Bad Request", detail: "\(error)")
        }
        do {
            return shown(try await makeKey(order, id: nil, context.visit, over: .api), context)
        } catch let problem as KeyProblem {
            return answer(problem)
        }
    }

    /// `{"grace": "24h"}`; nothing at all for that.
    func replaceKey(_ id: String, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let body = try request.body.isEmpty ? nil : JSONBody(request, known: ["grace"])
        let text = try body?.text("grace") ?? "24h"
        guard let grace = Duration(text: text), grace >= .zero, grace <= APIKey.longestGrace else {
            throw ActionFailure(.badRequest, "grace must be a duration of 0s to 30d, such as 24h")
        }
        do {
            guard let made = try await rotateKey(id, grace: grace, context.visit, over: .api) else { throw NotFound() }
            return shown(made, context)
        } catch let problem as KeyProblem {
            return answer(problem)
        }
    }

    private func shown(_ made: (key: APIKey, text: APIKeyText), _ context: PageContext) -> HTTPResponse {
        var answer = made.key.json(at: context.now)
        answer["key"] = .string(made.text.text.withUnsafeValue { $0 })
        // No cache may keep it: `json` says so for every status but 200.
        var response = Reply.json(answer, status: 201)
        response.headers["Location"] = "/api/v1/keys/\(made.key.id)"
        return response
    }

    private func answer(_ problem: KeyProblem) -> HTTPResponse {
        switch problem {
        case .excess(let sentence):
            Reply.problem(
                403, "Forbidden", detail: sentence, hint: "ask for less; GET /api/v1/me lists what you may do")
        case .ended:
            Reply.problem(
                409, "Conflict", detail: "this key is revoked or has expired",
                hint: "make a new one: kubernaut key create")
        case .order, .noStore, .again: Reply.problem(409, "Conflict", detail: "this daemon keeps no keys")
        }
    }

    func deleteKey(_ id: String, _ context: PageContext) async throws -> HTTPResponse {
        guard try await revokeKey(id, context.visit, over: .api) else { throw NotFound() }
        return HTTPResponse(status: 204, headers: ["Cache-Control": "no-store"])
    }

    /// `/api/v1/me/can?action=&env=&service=`.
    func can(_ context: PageContext) -> HTTPResponse {
        let known = Permission.allCases.map(\.rawValue).joined(separator: ", ")
        guard let permission = context.query["action"].flatMap({ Permission(rawValue: $0) }) else {
            return Reply.problem(
                400, "Bad Request", detail: "action must be one of \(known)",
                hint: "for example ?action=promote&env=production&service=cart")
        }
        let (environment, service) = (context.query["env"] ?? "", context.query["service"] ?? "")
        let place: Place
        switch (Name(environment), Name(service)) {
        case (nil, nil) where environment.isEmpty && service.isEmpty: place = .site
        case (let environment?, nil) where service.isEmpty: place = .environment(environment)
        case (let environment?, let service?): place = .service(service, in: environment)
        default:
            return Reply.problem(
                400, "Bad Request", detail: "env and service must be names, and a service goes with an environment")
        }
        let decision = context.visit.rules.decide(context.visit.caller, permission, at: place)
        var answer = decision.json
        answer["action"] = .string(permission.rawValue)
        answer["environment"] = Value(place.environment?.text)
        answer["service"] = Value(place.service?.text)
        return Reply.json(answer)
    }
}

private struct JSONShape: Error, CustomStringConvertible { let description: String }

extension Decision {
    /// What `can` answers, here and at the command line.
    package var json: Value {
        switch self {
        case .allowed(.grant(let grant)):
            [
                "allowed": true, "role": .string(grant.role.rawValue), "by": .string("\(grant.location)"),
                "why": .string("you are \(grant.role.rawValue) by \(grant.location)"),
            ]
        case .allowed(.scope): ["allowed": true, "role": .null, "by": .null, "why": "the key's scope holds it"]
        case .allowed(.reach): ["allowed": true, "role": .null, "by": .null, "why": "this daemon has no login"]
        case .refused(let refusal): ["allowed": false, "role": .null, "by": .null, "why": .string("\(refusal)")]
        }
    }
}

extension APIKey {
    /// Without digest: whoever has it has something to guess against.
    package func json(at now: Instant) -> Value {
        func list(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }
        return [
            "id": .string(id), "name": .string(name), "permissions": list(scope.permissions.map(\.rawValue).sorted()),
            "environments": list(scope.environments.map(\.pattern)), "services": list(scope.services.map(\.pattern)),
            "createdBy": .string(createdBy), "createdAt": .string("\(createdAt)"), "expiresAt": .string("\(expiresAt)"),
            "revokedAt": Value(revokedAt.map { "\($0)" }), "lastUsedAt": Value(lastUsedAt.map { "\($0)" }),
            "lastUsedFrom": Value(lastUsedFrom), "state": .string(state(at: now).word),
        ]
    }
}
