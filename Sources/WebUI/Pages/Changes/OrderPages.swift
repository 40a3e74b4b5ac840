// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain
import HTTPServer

/// A hold as the pages ask for it.
struct HoldForm: Sendable {
    let environment: Name?
    /// Nil for the environment as a whole.
    let service: Name?
    let reason: String?
    let until: String?
    private let fields: Form

    init(_ form: Form) {
        fields = form
        environment = form.name("env")
        service = form.name("service")
        reason = form.words("reason")
        until = form["until"]
    }

    func end(now: Instant) throws(BadField) -> Instant? { try fields.end("until", now: now) }
}

func holdPath(_ service: Name?, in environment: Name) -> String {
    "/holds/new?env=\(environment)" + (service.map { "&service=\($0)" } ?? "")
}

extension WebPages {
    // MARK: Hold

    /// `/holds/new?env=&service=`
    func holdReply(_ form: HoldForm, _ problem: FormProblem?, _ context: PageContext) throws -> HTTPResponse {
        if let environment = form.environment {
            let status = try context.environment(environment)
            if let service = form.service, status.service(service) == nil {
                throw NotFound(near: context.names(nearTo: service))
            }
        }
        return Reply.changePage(holdPage(form, problem, context), status: problem?.status ?? 200, context)
    }

    func hold(_ form: HoldForm, _ context: PageContext) async throws -> HTTPResponse {
        try await carryOut {
            guard let environment = form.environment else { throw BadField("env", "choose an environment") }
            guard let reason = form.reason else { throw BadField("reason", "say why: others will want to know") }
            let scope: HoldDecision.Scope = form.service.map { .services([$0]) } ?? .all
            _ = try await sources.actions.hold(
                scope, in: environment, reason: reason, until: try form.end(now: context.now), context.visit)
            return Reply.redirect(to: "/holds?done=hold")
        } askingAgain: {
            try holdReply(form, $0, context)
        }
    }

    func endHold(_ form: Form, _ context: PageContext) async throws -> HTTPResponse {
        guard let environment = form.name("env") else { throw NotFound() }
        let scope: HoldDecision.Scope = form.name("service").map { .services([$0]) } ?? .all
        _ = try await sources.actions.resume(scope, in: environment, reason: form.words("reason"), context.visit)
        return Reply.redirect(to: "/holds?done=resume")
    }

    // MARK: Sync

    func sync(_ form: Form, _ context: PageContext) async throws -> HTTPResponse {
        guard let environment = form.name("env") else { throw NotFound() }
        try await sources.actions.sync(environment, context.visit)
        return Reply.redirect(to: "/envs/\(environment)?done=sync")
    }
}

extension WebPages {
    /// Does what a form asks for; where that cannot be, the form is shown again with what is wrong.
    func carryOut(
        _ order: () async throws -> HTTPResponse, askingAgain: (FormProblem) throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        do {
            return try await order()
        } catch let field as BadField {
            return try askingAgain(.field(field))
        } catch let failure as ActionFailure {
            if failure.code == .notFound { throw NotFound() }
            return try askingAgain(.failure(failure))
        }
    }
}

/// Why what a form asks for was not done.
enum FormProblem {
    case field(BadField)
    case failure(ActionFailure)

    var status: Int {
        switch self {
        case .field: 400
        case .failure(let failure): failure.code.status
        }
    }

    func message(on field: String) -> String? {
        if case .field(let problem) = self, problem.field == field { problem.message } else { nil }
    }

    var banner: HTML? { if case .failure(let failure) = self { failure.banner } else { nil } }
}

// MARK: - pages

func holdPage(_ form: HoldForm, _ problem: FormProblem?, _ context: PageContext) -> Page {
    let environments = context.status.environments.map(\.environment.name).map { name -> HTML in
        "<option\(name == form.environment ? " selected=\"selected\"" : "")>\(name)</option>"
    }
    let names = Set(context.status.environments.flatMap { $0.services.map(\.name) }).sorted()
    let services = names.map { name -> HTML in
        "<option\(name == form.service ? " selected=\"selected\"" : "")>\(name)</option>"
    }
    let place: Place =
        form.environment.map { environment in
            form.service.map { .service($0, in: environment) } ?? .environment(environment)
        } ?? .site
    // Where nobody chose yet, what is chosen decides.
    let button: HTML =
        form.environment == nil ? "<button type=\"submit\">Hold</button>" : context.button("Hold", .hold, at: place)
    func fault(_ field: String) -> HTML? {
        problem?.message(on: field).map { text -> HTML in "<span class=\"bad\">\(text)</span>" }
    }
    let subject = form.service?.text ?? "everything"
    return Page(
        title: "Hold", section: .holds,
        commands: [
            "kubernaut hold \(form.service?.text ?? "SERVICE") --env \(form.environment?.text ?? "ENV") --reason TEXT"
        ],
        content: """
            <div class="headline"><h1>Hold \(form.environment.map { "\(subject) in \($0)" } ?? "a release")</h1>\
            <p class="dim">nothing replaces it until the hold ends</p></div>
            \(problem?.banner)
            <section class="card" aria-label="Hold"><form class="order" method="post" action="/holds/new">\(context.changeFields)
            <label>Environment <select name="env">\(environments)</select>\(fault("env"))</label>
            <label>Service <select name="service"><option value="">everything</option>\(services)</select></label>
            \(reasonField(form.reason, isRequired: true, problem: problem?.message(on: "reason")))
            \(untilField(form.until, problem: problem?.message(on: "until")))
            <p class="actions">\(button) <a href="/holds">Cancel</a></p></form></section>
            """)
}

/// What was just done, for the page that one is led back to. The words are ours; the query only chooses among them.
func doneBanner(_ context: PageContext) -> HTML {
    let words: [String: HTML] = [
        "sync": "A sync was asked for. It starts at once, unless one is running.",
        "suspend": "The suspension was written to the cluster; it shows here as soon as the daemon has seen it.",
        "unsuspend": "The suspension was ended. What waits is applied with the sync that begins now.",
        "prune": "The deletions were confirmed. The next sync carries them out.",
        "adopt": "Taking them over was confirmed. The next sync carries it out.",
        "hold": "The hold was written to the environment's branch; it shows here when the branch was read again.",
        "resume": "The hold was taken from the environment's branch; it goes from here when the branch was read again.",
    ]
    guard let text = context.query["done"].flatMap({ words[$0] }) else { return "" }
    return "<p class=\"done\" role=\"status\">\(Badge(icon: .healthy, word: "Done").html) \(text)</p>"
}
