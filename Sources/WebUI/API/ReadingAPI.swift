// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer

extension WebPages {
    // MARK: Who asks

    /// Who asks, and what they may do; with `action`, whether they may do that, and why not.
    func me(_ context: PageContext) throws -> HTTPResponse {
        let visit = context.visit
        let environments = context.status.environments.map { environment -> Value in
            let name = environment.environment.name
            let may = Permission.allCases.filter { visit.allows($0, at: .environment(name)) }
            return ["environment": .string(name.text), "permissions": .list(may.map { .string($0.rawValue) })]
        }
        var answer: Value = ["name": .string(visit.caller.name), "environments": .list(environments)]
        if case .person(let person) = visit.caller {
            answer["id"] = .integer(person.id)
            answer["teams"] = .list(
                person.teams.map { "\($0.organization)/\($0.slug)" }.sorted().map(Value.string))
        }
        guard let text = context.query["action"], !text.isEmpty else { return Reply.json(answer) }
        guard let permission = Permission(rawValue: text) else {
            throw ActionFailure(
                .badRequest, "there is no action \"\(text.prefix(40))\"",
                hint: "there are \(Permission.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var place = Place.site
        if let text = context.query["environment"], !text.isEmpty {
            let environment = try JSONBody.name(text, "environment")
            let service = try context.query["service"].flatMap { $0.isEmpty ? nil : $0 }
                .map { try JSONBody.name($0, "service") }
            place = service.map { .service($0, in: environment) } ?? .environment(environment)
        }
        do throws(AccessRefusal) {
            let permit = try visit.permit(permission, at: place)
            answer["allowed"] = true
            if case .grant(let grant) = permit.basis {
                answer["why"] = .string("\(grant.role.rawValue) by \(grant.location)")
            }
        } catch {
            answer["allowed"] = false
            answer["why"] = .string("\(error)")
        }
        return Reply.json(answer)
    }

    // MARK: Releases

    func releaseList(_ context: PageContext) throws -> HTTPResponse {
        let query = context.query
        let all = ReleaseBook(context.status).releases.filter { release in
            release.isActive && (query["service"].map { $0 == release.record.service.text } ?? true)
                && (query["environment"].map { name in release.environments.contains { $0.text == name } } ?? true)
        }
        return Reply.page(
            all, id: \.id,
            json: { release in
                var value = release.slimJSON
                value["attributes"] = nil
                value["record"] = release.record.json
                value["environments"] = .list(release.environments.map { Value($0) })
                return value
            }, context)
    }

    func release(_ id: String, _ context: PageContext) async throws -> HTTPResponse {
        guard let release = ReleaseBook(context.status).active(id) else { throw NotFound() }
        return Reply.json(try await json(of: release))
    }

    func createRelease(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let posting = try ReleasePosting(request, by: context.visit.caller.name, at: now())
        let outcome = try await sources.actions.release(posting.request, in: nil, context.visit)
        return Reply.json(outcome.json(id: posting.request.record.listID))
    }

    // MARK: Objects and deletions

    func objects(_ name: Name, _ context: PageContext) throws -> HTTPResponse {
        let environment = try context.environment(name)
        let query = context.query
        var items: [Value] = []
        for service in environment.services where query["service"].map({ $0 == service.name.text }) ?? true {
            for object in service.objects {
                guard query["kind"].map({ $0 == object.key.groupKind.kind }) ?? true,
                    query["health"].map({ $0 == object.health.status.rawValue }) ?? true,
                    query["drifted"] != "1" || !object.isInSync
                else { continue }
                items.append([
                    "key": object.key.json, "service": Value(service.name),
                    "health": .string(object.health.status.rawValue), "reason": .string(object.health.reason),
                    "inSync": .bool(object.isInSync),
                ])
            }
        }
        let isWhole = context.visit.allows(.view, at: .environment(name))
        let orphans = isWhole ? environment.orphans : []
        return Reply.json([
            "environment": Value(name), "head": Value(environment.head?.id), "items": .list(items),
            "orphans": .list(
                orphans.map { ["key": $0.key.json, "service": Value($0.service), "reason": .string($0.reason)] }),
        ])
    }

    func held(_ purpose: HeldList.Purpose, _ name: Name, _ context: PageContext) throws -> HTTPResponse {
        let held = try context.environment(name).held(purpose)
        return Reply.json([
            "environment": Value(name), "hash": .string(held.hash), "items": .list(held.items.map(\.json)),
        ])
    }

    func confirm(
        _ purpose: HeldList.Purpose, _ name: Name, _ request: HTTPRequest, _ context: PageContext
    ) async throws -> HTTPResponse {
        let hash = try JSONBody(request, known: ["hash"]).required("hash")
        try await sources.actions.confirm(purpose, in: name, hash: hash, context.visit)
        return Reply.json(["environment": Value(name), "accepted": true], status: 202)
    }

    // MARK: Values and differences

    func values(_ environment: Name, _ service: Name, _ context: PageContext) async throws -> HTTPResponse {
        let detail = try await detail(environment, service, context)
        let path = context.query["path"]
        let values = detail.values.filter { value in
            guard let path else { return true }
            let text = value.path.description
            return text == path || text.hasPrefix("\(path).") || text.hasPrefix("\(path)[")
        }
        return Reply.json([
            "environment": Value(environment), "service": Value(service), "commit": detail.commit?.json ?? .null,
            "items": .list(
                values.map {
                    [
                        "path": .string($0.path.description), "value": $0.value,
                        "origin": $0.origin.json(detail.changes),
                    ]
                }),
        ])
    }

    func difference(_ context: PageContext) async throws -> HTTPResponse {
        let query = context.query
        guard let text = query["service"], !text.isEmpty else {
            throw ActionFailure(.badRequest, "service is required")
        }
        let service = try JSONBody.name(text, "service")
        let (left, right) = (try await side("a", service, context), try await side("b", service, context))
        let diffs = compare(left, right, mask: SecretMask()).filter { $0.change != .same }
        return Reply.json([
            "service": Value(service), "a": .string(left.name), "b": .string(right.name),
            "items": .list(diffs.map(\.json)),
        ])
    }

    private func side(_ parameter: String, _ service: Name, _ context: PageContext) async throws -> DiffSide {
        guard let text = context.query[parameter], !text.isEmpty else {
            throw ActionFailure(.badRequest, "\(parameter) is required", hint: "say env:dev, or env:dev@<commit>")
        }
        let parts = text.split(separator: "@", maxSplits: 1)
        guard text.hasPrefix("env:"), let environment = Name(parts[0].dropFirst(4)) else {
            throw ActionFailure(.badRequest, "\(parameter) must be env:NAME, or env:NAME@COMMIT")
        }
        _ = try context.environment(environment)
        // Who may see it in one place need not see it in the other.
        guard context.visit.allows(.view, at: .service(service, in: environment)) else { throw NotFound() }
        var commit: CommitID?
        if parts.count == 2 {
            guard let id = CommitID(parts[1]) else {
                throw ActionFailure(.badRequest, "\(parameter) names a commit that is none: 40 hexadecimal digits")
            }
            commit = id
        }
        let detail = try await sources.detail(environment, service, commit)
        if detail == nil, commit != nil { throw NotFound() }
        let objects = (detail?.manifests ?? []).map { annotated in
            let manifest = annotated.manifest
            // Two environments keep their objects in namespaces of their own: that alone is no difference.
            return DiffObject(
                key: ResourceKey(groupKind: manifest.kind.groupKind, namespace: nil, name: manifest.name),
                service: service, object: manifest.object)
        }
        return DiffSide(name: text, objects: objects)
    }
}

extension Reply {
    /// A page of a list, newest first, with where it goes on: `next`, and RFC 8288's `Link`.
    static func page<Item>(
        _ all: [Item], id: (Item) -> String, json: (Item) -> Value, _ context: PageContext
    ) -> HTTPResponse {
        let limit = min(200, max(1, context.query["limit"].flatMap { Int($0) } ?? 50))
        var rest = all[...]
        if let cursor = context.query["cursor"] {
            // Items come and go: a cursor that is not there any more leads to the end, not back to the start.
            rest = rest.drop { id($0) != cursor }.dropFirst()
        }
        let page = rest.prefix(limit)
        var value: Value = ["items": .list(page.map(json))]
        guard rest.count > limit, let last = page.last else { return Reply.json(value) }
        value["next"] = .string(id(last))
        var response = Reply.json(value)
        let query = context.query.with("cursor", id(last))
        response.headers["Link"] = "<\(context.path)\(query.text)>; rel=\"next\""
        return response
    }
}
