// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer

extension WebPages {
    // MARK: Promotions

    func promote(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let body = try JSONBody(
            request, known: ["from", "to", "services", "all", "expect", "reason", "dryRun", "offline"])
        let order = try Self.promotion(body, request)
        let visit = context.visit
        if try body.flag("dryRun") {
            let preview = try await sources.actions.preview(order, visit, isBound: true)
            var value = preview.json(for: visit)
            let isOffline = try body.flag("offline")
            let answer: ClusterOpinion = await isOffline ? .notAsked("nobody wanted it") : opinion(on: preview, context)
            value["server"] = answer.json
            value["services"] = .list((value["services"]?.list ?? []).map { withHealth($0, in: order.from, context) })
            var response = Reply.json(value)
            response.headers["ETag"] = "\"\(preview.expectation)\""
            return response
        }
        let outcome = try await sources.actions.promote(order, visit)
        var value = outcome.answer.json(for: visit)
        value["commit"] = Value(outcome.commit)
        guard let commit = outcome.commit else { return Reply.json(value) }
        value["id"] = Value(commit)
        var response = Reply.json(value, status: 201)
        response.headers["Location"] = "/api/v1/promotions/\(commit)"
        return response
    }

    /// A service of a preview, with how it does where it comes from.
    private func withHealth(_ service: Value, in environment: Name, _ context: PageContext) -> Value {
        let source = context.status.environments.first { $0.environment.name == environment }
        let there = service["name"]?.string.flatMap { Name($0) }.flatMap { source?.service($0) }
        guard let there, there.release?.version == service["after"]?.string else { return service }
        var service = service
        service["source"] = [
            "verdict": .string(there.verdict.slug), "healthySince": Value(there.healthy?.since),
            "seen": .bool(there.healthy?.wasSeen ?? false),
        ]
        return service
    }

    private static func promotion(_ body: JSONBody, _ request: HTTPRequest) throws(ActionFailure) -> PromotionOrder {
        let services = try body.names("services")
        guard try body.flag("all") == (services == nil) else {
            throw ActionFailure(
                .badRequest, services == nil ? "nothing says what to promote" : "all and services exclude each other",
                hint: "say \"all\": true, or name services")
        }
        var order = PromotionOrder(
            from: try body.requiredName("from"), to: try body.requiredName("to"), services: services.map { Set($0) })
        order.reason = try body.text("reason")
        // What a dry run gave as its ETag is as good as its field.
        let match = request.headers["If-Match"].map { $0.filter { $0 != "\"" && $0 != " " } }
        if let text = try body.text("expect") ?? match {
            guard let expectation = PromotionExpectation(text) else {
                throw ActionFailure(
                    .badRequest, "expect must be FROM_SHA,TO_SHA,DIGEST", hint: "give back what a dry run says")
            }
            order.expectation = expectation
        }
        return order
    }

    // MARK: Rollbacks

    func rollback(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let body = try JSONBody(
            request,
            known: ["service", "environment", "to", "reason", "hold", "until", "withConfig", "expect", "dryRun"])
        let isDryRun = try body.flag("dryRun")
        let to = try body.text("to") ?? "previous"
        var order = RollbackOrder(
            environment: try body.requiredName("environment"), service: try body.requiredName("service"),
            target: to == "previous" ? .previous : .version(to),
            reason: isDryRun ? try body.text("reason") ?? "a preview" : try body.required("reason"))
        order.holds = try body.flag("hold", default: true)
        order.until = try body.instant("until")
        order.restoresConfiguration = try body.flag("withConfig")
        order.expectation =
            try body.text("expect") ?? request.headers["If-Match"].map { $0.filter { $0 != "\"" && $0 != " " } }
        if isDryRun {
            let (answer, preview) = try await sources.actions.preview(order, context.visit)
            var response = Reply.json(answer.json(order, preview))
            if let digest = preview?.digest { response.headers["ETag"] = "\"\(digest)\"" }
            return response
        }
        let outcome = try await sources.actions.rollback(order, context.visit)
        var value = outcome.answer.json(order, nil)
        value["commit"] = Value(outcome.commit)
        value["branch"] = .string(outcome.base.branch)
        guard let commit = outcome.commit else { return Reply.json(value) }
        value["id"] = Value(commit)
        var response = Reply.json(value, status: 201)
        response.headers["Location"] = "/api/v1/rollbacks/\(commit)"
        return response
    }

    // MARK: What was done

    func actionList(_ kind: ActionRecord.Kind, _ context: PageContext) async throws -> HTTPResponse {
        let query = context.query
        let all = try await records(kind, context).filter { record in
            (query["environment"].map { $0 == record.environment.text } ?? true)
                && (query["service"].map { name in record.moves.contains { $0.service.text == name } } ?? true)
        }
        return Reply.page(all, id: { $0.commit.hex }, json: \.json, context)
    }

    func action(_ kind: ActionRecord.Kind, _ id: CommitID, _ context: PageContext) async throws -> HTTPResponse {
        guard let record = try await records(kind, context).first(where: { $0.commit == id }) else { throw NotFound() }
        let progress = try await sources.actions.log.progress(of: record, context.status)
        var value = record.json
        value["state"] = .string(progress.word)
        value["steps"] = .list(progress.steps.map(\.json))
        return Reply.json(value)
    }

    /// Those that the reader may see, newest first.
    func records(_ kind: ActionRecord.Kind, _ context: PageContext) async throws -> [ActionRecord] {
        try await sources.actions.log.records(in: context.status.environments)
            .filter { $0.kind == kind }
            .compactMap { record in record.visible { context.visit.allows(.view, at: $0) } }
    }

    // MARK: Holds

    func holds(_ context: PageContext) async throws -> HTTPResponse {
        let wanted = context.query["environment"]
        var items: [Value] = []
        for environment in context.status.environments
        where wanted.map({ $0 == environment.environment.name.text }) ?? true {
            let name = environment.environment.name
            guard let head = environment.head?.id, let desk = sources.actions.tools.desk else { continue }
            for standing in try await desk.holds(in: name, at: head) {
                // A hold of everything is known to whoever sees anything there.
                if case .service(let service) = standing.place.scope {
                    guard context.visit.allows(.view, at: .service(service, in: name)) else { continue }
                }
                items.append(standing.json(at: now()))
            }
        }
        return Reply.json(["items": .list(items)])
    }

    func hold(_ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let body = try JSONBody(
            request, known: ["environment", "services", "service", "team", "all", "reason", "until"])
        var scopes: [HoldDecision.Scope] = []
        if let names = try body.names("services") { scopes.append(.services(names)) }
        if let name = try body.name("service") { scopes.append(.services([name])) }
        if let team = try body.name("team") { scopes.append(.team(team)) }
        if try body.flag("all") { scopes.append(.all) }
        guard scopes.count == 1, let scope = scopes.first else {
            throw ActionFailure(.badRequest, "what? Say one of service, services, team, all")
        }
        let outcome = try await sources.actions.hold(
            scope, in: try body.requiredName("environment"), reason: try body.required("reason"),
            until: try body.instant("until"), context.visit)
        return Reply.json(outcome.holdJSON)
    }

    func resume(_ environment: Name, _ service: Name?, _ context: PageContext) async throws -> HTTPResponse {
        let outcome = try await sources.actions.resume(
            service.map { .services([$0]) } ?? .all, in: environment, reason: context.query["reason"], context.visit)
        return Reply.json(outcome.holdJSON)
    }
}
