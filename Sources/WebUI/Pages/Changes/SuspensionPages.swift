// SPDX-License-Identifier: Apache-2.0

import Access
import Domain
import HTTPServer

/// A suspension as the pages ask for it.
struct SuspensionForm: Sendable {
    let environment: Name?
    let reason: String?
    let until: String?
    private let fields: Form

    init(_ form: Form) {
        fields = form
        environment = form.name("env")
        reason = form.words("reason")
        until = form["until"]
    }

    func end(now: Instant) throws(BadField) -> Instant? { try fields.end("until", now: now) }

    /// The form again, as far as it was filled in.
    var address: String {
        let fields = [("env", environment?.text), ("reason", reason), ("until", until)]
        return "/suspensions/new"
            + Query(fields.compactMap { name, value in value.map { (name, $0) } }).text
            .withPlusForSpaces
    }
}

func suspensionPath(_ environment: Name) -> String { "/suspensions/new?env=\(environment)" }

extension WebPages {
    /// `/suspensions/new?env=`
    func suspensionReply(
        _ form: SuspensionForm, _ problem: FormProblem?, _ context: PageContext
    ) throws -> HTTPResponse {
        guard let name = form.environment else { throw NotFound() }
        let environment = try context.environment(name)
        return Reply.changePage(
            suspensionPage(environment, form, problem, context), status: problem?.status ?? 200, context)
    }

    func suspend(_ form: SuspensionForm, _ context: PageContext) async throws -> HTTPResponse {
        guard let environment = form.environment else { throw NotFound() }
        return try await carryOut {
            guard let reason = form.reason else { throw BadField("reason", "say why: others will want to know") }
            try await sources.actions.suspend(
                environment, reason: reason, until: try form.end(now: context.now), context.visit)
            return Reply.redirect(to: "/envs/\(environment)?done=suspend")
        } askingAgain: {
            try suspensionReply(form, $0, context)
        }
    }

    func endSuspension(_ form: Form, _ context: PageContext) async throws -> HTTPResponse {
        guard let environment = form.name("env") else { throw NotFound() }
        _ = try await sources.actions.unsuspend(environment, reason: form.words("reason"), context.visit)
        return Reply.redirect(to: "/envs/\(environment)?done=unsuspend")
    }
}

// MARK: - pages

func suspensionPage(
    _ environment: EnvironmentStatus, _ form: SuspensionForm, _ problem: FormProblem?, _ context: PageContext
) -> Page {
    let name = environment.environment.name
    return Page(
        title: "Suspend \(name)", section: .environments,
        commands: ["kubernaut suspend \(name) --reason TEXT --until 2h"],
        content: """
            <div class="headline"><h1>Suspend \(environmentLink(name))</h1>\
            <p class="dim">nothing is written to its cluster until that ends</p></div>
            \(problem?.banner)\(suspensionCard(environment, context))
            <section class="card" aria-label="Suspend">\(suspensionFields(name, form, problem, context))</section>
            """)
}

private func suspensionFields(
    _ name: Name, _ form: SuspensionForm, _ problem: FormProblem?, _ context: PageContext
) -> HTML {
    """
    <p>Commits are still read, and what differs still shows; nothing is applied, healed or deleted. To keep one \
    service at its release while all else goes on, <a href="\(holdPath(nil, in: name))">hold it</a> instead.</p>
    <form class="order" method="post" action="/suspensions/new">\(context.changeFields)\(hidden("env", name))
    \(reasonField(form.reason, isRequired: true, problem: problem?.message(on: "reason")))
    \(untilField(form.until, problem: problem?.message(on: "until")))
    <p class="actions">\(context.button("Suspend \(name)", .suspend, at: .environment(name))) <a href="/envs/\(name)">Cancel</a></p></form>
    """
}

/// That nothing is written, who said so, until when, and how it ends; empty while passes run.
func suspensionCard(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    guard let suspension = environment.suspension else { return "" }
    let name = environment.environment.name
    let by: HTML = suspension.by.map { who -> HTML in " by \(who)" } ?? ""
    let until: HTML = suspension.until.map { end -> HTML in " until \(end.forPeople)" } ?? ""
    let end: HTML =
        suspension.isInGit
        ? "It ends with a commit that takes <code>suspend</code> out of the file."
        : "<a href=\"\(suspensionPath(name))\">Change</a>"
    return card(
        "Suspended", id: "suspended",
        """
        <p>\(Badge(icon: .held, word: "Suspended").html) Nothing is written to this environment\(by)\(until): \
        \(suspension.reason)</p><p class="dim">Said in <code>\(suspension.location.file)</code>. What differs from git still shows. \
        \(end)</p>\(suspension.isInGit ? "" : endSuspensionForm(name, "End the suspension of \(name)", context))
        """)
}

/// Where an environment is suspended from: folded, for it is rarely wanted. Empty while it is suspended.
func suspensionCorner(_ environment: EnvironmentStatus, _ context: PageContext) -> HTML {
    guard environment.suspension == nil else { return "" }
    let name = environment.environment.name
    return """
        <details class="card"><summary>Suspend \(name)</summary>\
        \(suspensionFields(name, SuspensionForm(Form("")), nil, context))</details>
        """
}

/// The same where there is little room, for who may.
func endSuspensionCorner(_ name: Name, _ context: PageContext) -> HTML {
    """
    <form method="post" action="/suspensions/end">\(context.changeFields)\(hidden("env", name))\
    <button type="submit" class="quiet">End suspension<span class="hidden"> of \(name)</span></button></form>
    """
}

/// The button that lets an environment be written to again.
func endSuspensionForm(_ name: Name, _ words: HTML, _ context: PageContext) -> HTML {
    """
    <form method="post" action="/suspensions/end">\(context.changeFields)\(hidden("env", name))\
    \(context.button(words, .suspend, at: .environment(name)))</form>
    """
}
