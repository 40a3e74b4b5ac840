// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Crypto
import Domain
import HTTPServer

extension WebPages {
    /// Answers the pages that change something. A change is ordered by POST, and answered with the address of what came of it.
    func deed(_ deed: Route.Deed, _ request: HTTPRequest, _ context: PageContext) async throws -> HTTPResponse {
        let isOrder = request.method == "POST"
        let form = isOrder ? Form(body: request.body) : Form(request.rawQuery)
        switch deed {
        case .newPromotion: return try await promotionReply(PromotionForm(form), context)
        case .promotions:
            return isOrder
                ? try await once(form, context) { try await promote(PromotionForm(form), context) }
                : Reply.page(promotionsPage(try await records(context), context), context)
        case .promotion(let commit): return try await progressReply(commit, .promotion, context)
        case .newRollback: return try await rollbackReply(RollbackForm(form), context)
        case .rollbacks: return try await once(form, context) { try await rollBack(RollbackForm(form), context) }
        case .rollback(let commit): return try await progressReply(commit, .rollback, context)
        case .newHold:
            let hold = HoldForm(form)
            return isOrder
                ? try await once(form, context) { try await self.hold(hold, context) }
                : try holdReply(hold, nil, context)
        case .endHold: return try await once(form, context) { try await endHold(form, context) }
        case .syncs: return try await once(form, context) { try await sync(form, context) }
        case .newConfirmation(let purpose): return try heldReply(purpose, form, nil, context)
        case .confirmations(let purpose):
            return try await once(form, context) { try await confirm(purpose, form, context) }
        case .newSuspension:
            let suspension = SuspensionForm(form)
            return isOrder
                ? try await once(form, context) { try await suspend(suspension, context) }
                : try suspensionReply(suspension, nil, context)
        case .endSuspension: return try await once(form, context) { try await endSuspension(form, context) }
        }
    }

    /// Carries an order out, and gives the same answer again when the same form comes a second time. What was not done may be
    /// tried again with it.
    private func once(
        _ form: Form, _ context: PageContext, _ carryOut: () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let key = form["key"], key.utf8.count <= 64 else { return try await carryOut() }
        let fields = form.items.filter { $0.name != "form_token" }
        let fingerprint = sha256Hex(
            Array(
                ([context.path] + fields.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" })
                    .joined(separator: "&").utf8))
        let answers = sources.actions.answers
        let name = "web \(context.visit.caller.name) \(key)"
        switch answers.begin(name, fingerprint) {
        case .new: break
        case .answered(let response): return response
        case .running:
            throw ActionFailure(
                .busy, "this form was sent a moment ago, and is still being carried out", hint: "wait, then look again")
        case .other:
            throw ActionFailure(.conflict, "this form was sent before, with other content", hint: "load it anew")
        case .full: throw ActionFailure(.busy, "too many changes are under way", hint: "try again in a minute")
        }
        do {
            let response = try await carryOut()
            if response.status == 303 { answers.keep(name, response) } else { answers.forget(name) }
            return response
        } catch {
            answers.forget(name)
            throw error
        }
    }

    /// Promotions and rollbacks that the reader may see, newest first.
    func records(_ context: PageContext) async throws -> [ActionRecord] {
        try await sources.actions.log.records(in: context.status.environments)
            .compactMap { record in record.visible { context.visit.allows(.view, at: $0) } }
    }
}

// MARK: - when it did not work

extension ActionFailure {
    /// What went wrong as a banner over the page on which it can be tried again.
    var banner: HTML {
        let places = diagnostics.map { diagnostic -> HTML in
            "<li>\(codeLink(diagnostic.code)) \(diagnostic.message) <code>\(diagnostic.location)</code></li>"
        }
        let files = conflicts.map { conflict -> HTML in
            let lines = conflict.hunks.prefix(3).map { hunk -> HTML in
                let ours = hunk.ours.prefix(20).map { line -> HTML in "<del>-\(line)\n</del>" }
                let theirs = hunk.theirs.prefix(20).map { line -> HTML in "<ins>+\(line)\n</ins>" }
                return "<pre><span class=\"at\">line \(hunk.line)\n</span>\(ours)\(theirs)</pre>"
            }
            return "<li class=\"diff\"><code>\(conflict.path)</code>\(lines)</li>"
        }
        let moved = branches.map { branch -> HTML in
            let commits = (branch.since ?? [branch.now]).prefix(10).map { commit -> HTML in
                "<li>\(commitText(commit.id)) \(commit.subject) <span class=\"dim\">by \(commit.author)</span></li>"
            }
            return "<li><b>\(branch.environment)</b> moved:<ul>\(commits)</ul></li>"
        }
        let details: HTML = places.isEmpty && files.isEmpty && moved.isEmpty ? "" : "<ul>\(places)\(files)\(moved)</ul>"
        return """
            <div class="problems alert" role="alert"><p>\(Badge(icon: .failed, word: word).html) \(message).\
            \(hint.map { " <span class=\"hint\">\($0)</span>" } as HTML?)</p>\(details)</div>
            """
    }

    private var word: String {
        switch code {
        case .notAllowed: "Not allowed"
        case .moved: "Moved since your preview"
        case .held: "Held"
        case .conflict: "Does not fit"
        case .invalid: "Would be broken"
        case .busy, .unavailable: "Not now"
        case .notFound, .badRequest: "Not possible"
        case .unwritable: "Not writable"
        case .failed: "Failed"
        }
    }
}

/// The page for a change that did not come about and has no better place to say so.
func failurePage(_ failure: ActionFailure, _ context: PageContext) -> Page {
    let refusal = failure.refusal.map { refusal -> HTML in "<p>\(context.words(on: refusal)).</p>" }
    return Page(
        title: "Not done", section: .none,
        content: """
            <div class="headline"><h1>Nothing was changed</h1><p class="dim">\(failure.code.status)</p></div>
            \(failure.banner)\(refusal)
            <p><a href="/">Overview</a> · <a href="/account">What you may do</a></p>
            """)
}
