// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer

/// A promotion as the pages ask for it: the query of a preview, and with `expect` the order itself.
struct PromotionForm: Sendable {
    let from: Name?
    let to: Name?
    /// As they were ticked; empty when nobody chose.
    let services: [Name]
    /// Whether somebody chose, be it nothing.
    let isChosen: Bool
    let reason: String?
    let expectation: PromotionExpectation?

    init(_ form: Form) {
        from = form.name("from")
        to = form.name("to")
        services = form.all("service").compactMap { Name($0) }
        isChosen = !services.isEmpty || form["choice"] != nil
        reason = form.words("reason")
        expectation = form["expect"].flatMap { PromotionExpectation($0) }
    }

    /// The address of the preview, with the person's words.
    var address: String {
        var items = [("from", from?.text), ("to", to?.text)].compactMap { name, value in value.map { (name, $0) } }
        items += services.map { ("service", $0.text) }
        if isChosen, services.isEmpty { items.append(("choice", "1")) }
        if let reason { items.append(("reason", reason)) }
        return "/promotions/new?"
            + items.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&").withPlusForSpaces
    }
}

/// The address of a preview.
func promotionPath(from: Name, to: Name, services: [Name] = []) -> String {
    "/promotions/new?from=\(from)&to=\(to)" + services.map { "&service=\($0)" }.joined()
}

extension PageContext {
    /// The environment before; nil for the first.
    func predecessor(of environment: Name) -> Name? {
        let names = status.environments.map(\.environment.name)
        guard let index = names.firstIndex(of: environment), index > 0 else { return nil }
        return names[index - 1]
    }

    func successor(of environment: Name) -> Name? {
        let names = status.environments.map(\.environment.name)
        guard let index = names.firstIndex(of: environment), index + 1 < names.count else { return nil }
        return names[index + 1]
    }

    /// The services that a promotion to here might bring, as far as the reader sees them.
    func waiting(for environment: Name) -> [Name] {
        let environments = status.environments
        guard let index = environments.firstIndex(where: { $0.environment.name == environment }), index > 0 else {
            return []
        }
        let source = environments[index - 1]
        // Services that only this environment has come from nowhere.
        return environments[index].positions.filter { name, position in
            position.gap != nil || (position == .absent && source.service(name)?.release != nil)
        }.keys.sorted()
    }
}

extension WebPages {
    /// `/promotions/new?from=&to=&service=&reason=`
    func promotionReply(_ form: PromotionForm, _ context: PageContext) async throws -> HTTPResponse {
        try await promotionReply(form, after: nil, context)
    }

    /// A fresh preview, below what went wrong with the last order.
    private func promotionReply(
        _ form: PromotionForm, after failure: ActionFailure?, _ context: PageContext
    ) async throws -> HTTPResponse {
        guard let to = form.to, let from = form.from ?? context.predecessor(of: to) else {
            return Reply.changePage(choosePromotionPage(context), status: form.to == nil ? 200 : 400, context)
        }
        _ = (try context.environment(from), try context.environment(to))
        let order = try order(form, from: from, to: to, context)
        do {
            let preview = try await sources.actions.preview(order, context.visit)
            let page = promotionPage(
                PromotionView(
                    preview: preview, form: form, order: order, failure: failure,
                    opinion: await opinion(on: preview, context)), context)
            return Reply.changePage(page, status: failure?.code.status ?? 200, context)
        } catch {
            if error.code == .notFound { throw NotFound() }
            let shown = failure ?? error
            let page = blockedPromotionPage(
                from: from, to: to, failures: [failure, error].compactMap(\.self), form, context)
            return Reply.changePage(page, status: shown.code.status, context)
        }
    }

    /// Everything, unless somebody chose, or may not see everything.
    private func order(_ form: PromotionForm, from: Name, to: Name, _ context: PageContext) throws -> PromotionOrder {
        let seesAll = [from, to].allSatisfy { context.visit.allows(.view, at: .environment($0)) }
        var services: Set<Name>?
        if form.isChosen {
            services = Set(form.services)
        } else if !seesAll {
            services = Set(context.waiting(for: to))
        }
        if let chosen = services, chosen.isEmpty {
            throw ActionFailure(
                .badRequest, "no service is chosen", hint: "go back and tick at least one, or promote everything")
        }
        return PromotionOrder(
            from: from, to: to, services: services, expectation: form.expectation, reason: form.reason)
    }

    /// POST `/promotions`
    func promote(_ form: PromotionForm, _ context: PageContext) async throws -> HTTPResponse {
        guard let to = form.to, let from = form.from else {
            throw ActionFailure(.badRequest, "the form does not say from where to where")
        }
        _ = (try context.environment(from), try context.environment(to))
        guard form.expectation != nil else {
            let failure = ActionFailure(.badRequest, "nothing was promised by a preview", hint: "this one is fresh")
            return try await promotionReply(form, after: failure, context)
        }
        do {
            let order = try order(form, from: from, to: to, context)
            let outcome = try await sources.actions.promote(order, context.visit)
            guard let commit = outcome.commit else { return Reply.redirect(to: form.address) }
            return Reply.redirect(to: "/promotions/\(commit)")
        } catch let failure as ActionFailure {
            if failure.code == .notFound { throw NotFound() }
            return try await promotionReply(form, after: failure, context)
        }
    }
}
