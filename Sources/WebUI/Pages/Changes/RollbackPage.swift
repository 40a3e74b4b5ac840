// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer

/// A rollback as the pages ask for it: the query of a preview, and with `expect` the order itself.
struct RollbackForm: Sendable {
    let environment: Name?
    let service: Name?
    /// Nil for the release before.
    let version: String?
    let reason: String?
    let holds: Bool
    /// As it was written.
    let until: String?
    let restoresConfiguration: Bool
    /// The digest of the preview that somebody saw.
    let expectation: String?
    private let fields: Form

    init(_ form: Form) {
        fields = form
        environment = form.name("env")
        service = form.name("service")
        version = form["to"]
        reason = form.words("reason")
        // A box that is not ticked is not sent: only a form that was shown can say no.
        holds = form["shown"] == nil || form["hold"] != nil
        until = form["until"]
        restoresConfiguration = form["what"] == "all"
        expectation = form["expect"]
    }

    func end(now: Instant) throws(BadField) -> Instant? { try fields.end("until", now: now) }

    /// The address of the preview, with the person's words.
    var address: String {
        var items = [("env", environment?.text), ("service", service?.text), ("to", version), ("reason", reason)]
            .compactMap { name, value in value.map { (name, $0) } }
        if restoresConfiguration { items.append(("what", "all")) }
        if !holds { items.append(("shown", "1")) }
        if let until { items.append(("until", until)) }
        return "/rollbacks/new" + Query(items).text.withPlusForSpaces
    }
}

func rollbackPath(_ service: Name, in environment: Name, to version: String? = nil) -> String {
    "/rollbacks/new?env=\(environment)&service=\(service)" + (version.map { "&to=\(percentEncoded($0))" } ?? "")
}

extension WebPages {
    /// `/rollbacks/new?env=&service=&to=&reason=`
    func rollbackReply(_ form: RollbackForm, _ context: PageContext) async throws -> HTTPResponse {
        try await rollbackReply(form, after: nil, field: nil, context)
    }

    private func rollbackReply(
        _ form: RollbackForm, after failure: ActionFailure?, field: BadField?, _ context: PageContext
    ) async throws -> HTTPResponse {
        let (environment, service) = try place(form, context)
        let order = RollbackOrder(
            environment: environment, service: service, target: form.version.map { .version($0) } ?? .previous,
            // A hold needs one, and the reader has not given it yet; what is promised does not depend on it.
            reason: form.reason ?? "not said yet", holds: form.holds, until: (try? form.end(now: context.now)) ?? nil,
            restoresConfiguration: form.restoresConfiguration)
        var view = RollbackView(form: form, environment: environment, service: service, failure: failure, field: field)
        do {
            let found = try await sources.actions.preview(order, context.visit)
            view.answer = found.answer
            view.preview = found.preview
        } catch {
            if error.code == .notAllowed { throw NotFound() }
            // The choice is wrong, or there is none: the page still shows what there is to choose from.
            view.failure = failure ?? error
        }
        let status = field != nil ? 400 : view.failure?.code.status ?? 200
        return Reply.changePage(rollbackPage(view, context), status: status, context)
    }

    private func place(_ form: RollbackForm, _ context: PageContext) throws -> (Name, Name) {
        guard let environment = form.environment, let service = form.service else { throw NotFound() }
        guard
            try context.environment(environment).service(service) != nil || context.hasHistory(service, in: environment)
        else { throw NotFound(near: context.names(nearTo: service)) }
        return (environment, service)
    }

    /// POST `/rollbacks`
    func rollBack(_ form: RollbackForm, _ context: PageContext) async throws -> HTTPResponse {
        let (environment, service) = try place(form, context)
        do {
            guard let reason = form.reason else {
                throw BadField("reason", "say why: it stands in the history, and in the hold")
            }
            guard let version = form.version, let expectation = form.expectation else {
                let failure = ActionFailure(.badRequest, "nothing was promised by a preview", hint: "this one is fresh")
                return try await rollbackReply(form, after: failure, field: nil, context)
            }
            let order = RollbackOrder(
                environment: environment, service: service, target: .version(version), reason: reason,
                holds: form.holds, until: try form.end(now: context.now),
                restoresConfiguration: form.restoresConfiguration,
                expectation: expectation)
            let outcome = try await sources.actions.rollback(order, context.visit)
            guard let commit = outcome.commit else { return Reply.redirect(to: "/services/\(service)") }
            return Reply.redirect(to: "/rollbacks/\(commit)")
        } catch let field as BadField {
            return try await rollbackReply(form, after: nil, field: field, context)
        } catch let failure as ActionFailure {
            if failure.code == .notFound { throw NotFound() }
            return try await rollbackReply(form, after: failure, field: nil, context)
        }
    }
}

extension PageContext {
    func hasHistory(_ service: Name, in environment: Name) -> Bool {
        status.environments.contains { $0.environment.name == environment && $0.releases[service] != nil }
    }
}

/// A preview of a rollback, as far as one can be made.
struct RollbackView {
    let form: RollbackForm
    let environment: Name
    let service: Name
    var failure: ActionFailure?
    var field: BadField?
    var answer: RollbackAnswer?
    /// Nil when there is nothing to do, or no preview.
    var preview: ChangePreview?

    var version: String? { answer?.to.version ?? form.version }
}

// MARK: - the page

/// `/rollbacks/new`: to what, what it would do, and why.
func rollbackPage(_ view: RollbackView, _ context: PageContext) -> Page {
    let (service, environment) = (view.service, view.environment)
    let status = context.status.environments.first { $0.environment.name == environment }?.service(service)
    let now = status.map { status -> HTML in
        let reason: HTML = status.reason.isEmpty ? "" : " <span class=\"reason\">\(status.reason)</span>"
        return "now \(status.release?.version ?? "no release") \(status.verdict.badge.html)\(reason)"
    }
    let to = view.version.map { " to \($0)" } ?? ""
    return Page(
        title: "Roll back \(service) in \(environment)", section: .promotions,
        commands: [
            "kubernaut rollback \(service) --env \(environment)\(view.version.map { " --to \($0)" } ?? "") --reason TEXT"
        ],
        content: """
            <div class="headline"><h1>Roll back \(serviceLink(service)) in \(environmentLink(environment))\(to)</h1>\
            <p class="dim">\(now)</p></div>
            \(view.failure?.banner)
            \(choices(view, context))
            \(effect(view, context))
            \(orderForm(view, context))
            """)
}

/// What there is to go back to, and how much of it.
private func choices(_ view: RollbackView, _ context: PageContext) -> HTML {
    let status = context.status.environments.first { $0.environment.name == view.environment }
    let events = status?.releases[view.service] ?? []
    var seen: Set<String> = []
    var options: [HTML] = []
    for (index, event) in events.enumerated() {
        guard let release = event.release, seen.insert(release.version).inserted else { continue }
        if index == 0 { continue }
        let end = events[index - 1].commit.date
        let checked: HTML = release.version == view.version ? " checked=\"checked\"" : ""
        let note = release.note.map { note -> HTML in "<div class=\"reason\">noted: \(note)</div>" }
        options.append(
            """
            <li><label><input type="radio" name="to" value="\(release.version)"\(checked)/> <b>\(release.version)</b> \
            <span class="dim">ran \(Age.text(of: event.commit.date, at: end)), until \(end.forPeople)</span></label>\(note)</li>
            """)
        if options.count == 20 { break }
    }
    guard !options.isEmpty else {
        return
            "<section class=\"card\" aria-label=\"Choices\"><p class=\"empty\">\(view.environment) never had another release of \(view.service).</p></section>"
    }
    let isAll = view.form.restoresConfiguration
    let leaves = events.first?.release?.note.map { note -> HTML in
        "<p>\(Badge(icon: .drifted, word: "look").html) The release that is left was noted with “\(note)”. Rolling back does not undo what it did elsewhere.</p>"
    }
    return """
        <form method="get" action="/rollbacks/new">\(hidden("env", view.environment))\(hidden("service", view.service))\
        \(view.form.reason.map { hidden("reason", $0) } as HTML?)
        \(card("Back to what", id: "choices", """
            <ul class="checks">\(options)</ul>
            <fieldset><legend>How much</legend>
            <label><input type="radio" name="what" value="release"\(isAll ? "" : " checked=\"checked\"")/> only the release; configuration stays as it is now</label>
            <label><input type="radio" name="what" value="all"\(isAll ? " checked=\"checked\"" : "")/> the release and its configuration, exactly as they were then</label></fieldset>
            \(leaves)
            <p class="actions"><button type="submit" class="quiet">Show what that would do</button></p>
            """))</form>
        """
}

private func effect(_ view: RollbackView, _ context: PageContext) -> HTML {
    guard let answer = view.answer else { return "" }
    let held = answer.heldBefore.map { hold -> HTML in
        "<p>\(Badge(icon: .held, word: "Held").html)\(hold.sentence). A rollback is done all the same; it is a person's word, too.</p>"
    }
    guard let preview = view.preview else {
        return
            "\(held)<section class=\"card\" aria-label=\"Effect\"><p class=\"empty\">\(Badge(icon: .healthy, word: "Nothing to do").html) It is so already.</p></section>"
    }
    let objects = preview.objects.filter { $0.change != .same }
    let files = answer.configuration.map { file -> HTML in "<li><code>\(file)</code></li>" }
    let restored: HTML =
        files.isEmpty ? "" : card("Configuration that goes back", id: "files", "<ul>\(files)</ul>")
    let problems: HTML =
        preview.problems.isEmpty
        ? "" : card("It would not render", id: "problems", diagnosticList(preview.problems))
    let cluster: HTML =
        objects.isEmpty
        ? "<section class=\"card\" aria-label=\"Effect\"><p class=\"empty\">Nothing changes in the cluster.</p></section>"
        : "<h2 class=\"between\">What changes in the cluster</h2>\(diffCards(Array(objects.prefix(100))))"
    return "\(held)\(problems)\(restored)\(cluster)"
}

private func orderForm(_ view: RollbackView, _ context: PageContext) -> HTML {
    guard let answer = view.answer, let preview = view.preview else { return "" }
    guard preview.problems.isEmpty else {
        return
            "<p class=\"needs\">This release would not render with what is there now: go back to another, or take its configuration along.</p>"
    }
    let place = Place.service(view.service, in: view.environment)
    func problem(on field: String) -> String? { view.field.flatMap { $0.field == field ? $0.message : nil } }
    return """
        <form class="order" method="post" action="/rollbacks">\(context.changeFields)\
        \(hidden("env", view.environment))\(hidden("service", view.service))\(hidden("to", answer.to.version))\
        \(hidden("what", view.form.restoresConfiguration ? "all" : "release"))\(hidden("expect", preview.digest))\(hidden("shown", "1"))
        \(reasonField(view.form.reason, isRequired: true, problem: problem(on: "reason")))
        <label class="tick"><input type="checkbox" name="hold" value="1"\(view.form.holds ? " checked=\"checked\"" : "")/> \
        Hold \(view.service) in \(view.environment): without it the next promotion brings \(answer.from?.version ?? "the release") again</label>
        \(untilField(view.form.until, problem: problem(on: "until")))
        <p class="actions">\(context.button("Roll back \(view.service) to \(answer.to.version)", .rollback, at: place)) \
        <a href="/services/\(view.service)">Cancel</a></p>
        <p class="dim">One ordinary commit on the environment's branch: nothing is forced, and it can be undone like any other.</p></form>
        """
}
