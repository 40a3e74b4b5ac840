// SPDX-License-Identifier: Apache-2.0

import Access
import Changes
import Domain

/// A preview, and how it came about.
struct PromotionView {
    let preview: PromotionPreview
    let form: PromotionForm
    let order: PromotionOrder
    /// What went wrong with the last order; nil on a first look.
    let failure: ActionFailure?
    let opinion: ClusterOpinion

    var plan: PromotionPlan { preview.plan }
    var canBeDone: Bool { preview.problems.isEmpty && !preview.isEmpty }
}

/// `/promotions/new`: exactly what a promotion would do, and the button that does exactly that.
func promotionPage(_ view: PromotionView, _ context: PageContext) -> Page {
    let (from, to) = (view.order.from, view.order.to)
    let preview = view.preview
    let names = (view.order.services ?? []).sorted()
    let flags = names.isEmpty ? "--all" : names.map { "--service \($0)" }.joined(separator: " ")
    return Page(
        title: "Promote \(from) to \(to)", section: .promotions,
        commands: ["kubernaut promote \(from) \(to) \(flags) --dry-run -o diff"],
        content: """
            <div class="headline"><h1>Promote \(environmentLink(from)) to \(environmentLink(to))</h1>\
            <p class="dim">\(from) @ \(commitText(view.plan.from.id)), \(to) @ \(commitText(view.plan.to.id)), looked at \(context.now.forPeople)</p></div>
            \(view.failure?.banner)
            <p class="verdict-line">\(preview.summary)</p>
            \(preview.isEmpty ? "" : checks(view, context))
            \(risks(preview))
            \(services(view, context))
            \(values(preview))
            \(clusterCard(view.opinion, of: to))
            \(diffs(preview))
            \(preview.isEmpty ? "" : git(view, context))
            \(orderForm(view, context))
            """)
}

// MARK: - what there is to know

private func checks(_ view: PromotionView, _ context: PageContext) -> HTML {
    let preview = view.preview
    var items: [HTML] = ["<li>\(Badge(icon: .healthy, word: "the merge is clean").html)</li>"]
    if preview.problems.isEmpty {
        items.append("<li>\(Badge(icon: .healthy, word: "it renders").html)</li>")
    } else {
        items.append(
            "<li>\(Badge(icon: .failed, word: "it would not render").html)\(diagnosticList(preview.problems))</li>")
    }
    if preview.problems.isEmpty { items.append(clusterCheck(view.opinion, of: view.order.to)) }
    if let source = context.status.environments.first(where: { $0.environment.name == view.order.from }) {
        let names = Set(preview.services.map(\.name))
        let ill = source.services.filter { names.contains($0.name) && $0.verdict.isProblem }
        items.append(
            ill.isEmpty
                ? "<li>\(Badge(icon: .healthy, word: "healthy in \(view.order.from)").html)</li>"
                : "<li>\(Badge(icon: .unhealthy, word: "not well in \(view.order.from)").html) \(ill.map { serviceLink($0.name) }.joined(", "))</li>"
        )
    }
    if let target = context.status.environments.first(where: { $0.environment.name == view.order.to }) {
        if let suspension = target.suspension {
            items.append(
                "<li>\(Badge(icon: .held, word: "suspended").html) \(suspension.reason): nothing is applied until that ends</li>"
            )
        }
    }
    for record in view.plan.kept {
        guard case .keep(.held) = record.decision else { continue }
        items.append(
            "<li>\(Badge(icon: .held, word: "stays").html) \(serviceLink(record.service)) is \(record.reason ?? "held") <a href=\"/holds\">Holds</a></li>"
        )
    }
    return
        "<section class=\"card\" aria-labelledby=\"checks\"><h2 id=\"checks\">Checks</h2><ul class=\"checks\">\(items)</ul></section>"
}

private func risks(_ preview: PromotionPreview) -> HTML {
    guard !preview.risks.isEmpty else { return "" }
    let items = preview.risks.prefix(100).map { risk -> HTML in
        "<li>\(Badge(icon: .drifted, word: "look").html) \(risk.text)\(risk.object.map { " <code>\($0)</code>" } as HTML?)</li>"
    }
    let more = preview.risks.count - items.count
    return card(
        "What to know before you say yes", id: "risks", aside: "<span class=\"dim\">\(preview.risks.count)</span>",
        "<ul class=\"checks\">\(items)</ul>\(more > 0 ? "<p class=\"dim\">and \(more) more</p>" : "" as HTML)")
}

/// What comes, and what could be chosen as well.
private func services(_ view: PromotionView, _ context: PageContext) -> HTML {
    let changes = view.preview.services
    let shown = Set(changes.map(\.name))
    let kept = view.plan.kept.filter { !shown.contains($0.service) && context.mayShow($0.service, in: view.order.to) }
    let others = context.waiting(for: view.order.to).filter { name in
        !shown.contains(name) && !kept.contains { $0.service == name }
    }
    guard !changes.isEmpty || !kept.isEmpty || !others.isEmpty else { return "" }
    let source = context.status.environments.first { $0.environment.name == view.order.from }
    let rows =
        changes.map { changeRow($0, source, context.now) } + kept.map { keptRow($0) }
        + others.map { otherRow($0, view.order.to, context) }
    let all: HTML =
        view.order.services == nil
        ? "" : " <a href=\"\(promotionPath(from: view.order.from, to: view.order.to))\">Everything instead</a>"
    return """
        <form method="get" action="/promotions/new">\(hidden("from", view.order.from))\(hidden("to", view.order.to))\
        \(hidden("choice", "1"))\(view.form.reason.map { hidden("reason", $0) } as HTML?)
        \(card("Services", id: "services", table(caption: "Services of this promotion", columns: ["Service", "Now", "After", "Releases", "Objects"], rows: rows) + "<p class=\"actions\"><button type=\"submit\" class=\"quiet\">Update selection</button>\(all)</p>"))</form>
        """
}

private func tick(_ service: Name, isOn: Bool, isPossible: Bool = true) -> HTML {
    let state: HTML = isOn ? " checked=\"checked\"" : ""
    let lock: HTML = isPossible ? "" : " disabled=\"disabled\""
    return """
        <label class="tick"><input type="checkbox" name="service" value="\(service)"\(state)\(lock)/> \(service)</label>
        """
}

private func changeRow(_ change: ServiceChange, _ source: EnvironmentStatus?, _ now: Instant) -> HTML {
    let releases = change.releases.map { version -> HTML in
        let release = version.content?.release
        let message: HTML? = release?.source?.message.map { text -> HTML in " \(text)" }
        let author: HTML? = release?.source?.author.map { name -> HTML in " <span class=\"dim\">\(name)</span>" }
        return "<li><b>\(release?.version ?? "?")</b>\(message)\(author)</li>"
    }
    let added = change.objects.reduce(0) { $0 + $1.addedLines }
    let removed = change.objects.reduce(0) { $0 + $1.removedLines }
    let lines: HTML = """
        \(counted(change.objects.count, "object")) <span class="nowrap"><span class="good">+\(added)</span> \
        <span class="bad">−\(removed)</span></span>
        """
    let before = change.record?.before?.release?.version
    let after = change.record?.after?.release?.version
    let isConfiguration = change.record == nil
    let health = sourceText(change, in: source, now).map { text -> HTML in "<div class=\"reason\">\(text)</div>" }
    return row(
        """
        \(rowHead(tick(change.name, isOn: true)))\
        \(cell("Now", before.map { "<span class=\"version\">\($0)</span>" } ?? "<span class=\"dim\">\(isConfiguration ? "–" : "not here")</span>"))\
        \(cell("After", "\(after.map { "<b class=\"version\">\($0)</b>" } ?? (isConfiguration ? "only configuration" : Badge(icon: .failed, word: "removed").html))\(health)"))\
        \(cell("Releases", releases.isEmpty ? "<span class=\"dim\">–</span>" : "<ul>\(releases)</ul>"))\
        \(cell("Objects", lines))
        """)
}

private func keptRow(_ record: RecordChange) -> HTML {
    var isPossible = true
    if case .keep(let reason) = record.decision {
        switch reason {
        case .held, .unreadable, .onlyInTarget: isPossible = false
        case .hotfix, .dropped, .notChosen: isPossible = true
        }
    }
    return row(
        """
        \(rowHead(tick(record.service, isOn: false, isPossible: isPossible)))\
        \(cell("Now", "\(record.before?.release?.version ?? "–")"))\
        \(cell("After", "<span class=\"dim\">stays</span>"))\
        \(cell("Releases", "<span class=\"dim\">\(record.reason ?? "")</span>"))\(cell("Objects", "<span class=\"dim\">–</span>"))
        """)
}

private func otherRow(_ service: Name, _ environment: Name, _ context: PageContext) -> HTML {
    let status = context.status.environments.first { $0.environment.name == environment }
    let words = status?.positions[service]?.gap?.long ?? "differs"
    return row(
        """
        \(rowHead(tick(service, isOn: false)))\
        \(cell("Now", "\(status?.service(service)?.release?.version ?? "–")"))\
        \(cell("After", "<span class=\"dim\">stays</span>"))\(cell("Releases", "<span class=\"dim\">\(words)</span>"))\
        \(cell("Objects", "<span class=\"dim\">–</span>"))
        """)
}

private func values(_ preview: PromotionPreview) -> HTML {
    guard !preview.values.isEmpty else { return "" }
    let rows = preview.values.prefix(200).map { change -> HTML in
        row(
            """
            \(rowHead("<code>\(change.path)</code>"))\(cell("Service", serviceLink(change.service)))\
            \(cell("Now", change.before.map { "<code>\(short($0))</code>" } ?? "<span class=\"dim\">not set</span>"))\
            \(cell("After", change.after.map { "<code>\(short($0))</code>" } ?? "<span class=\"dim\">not set</span>"))\
            \(cell("Set by", "<code>\(change.origin.location)</code>"))
            """)
    }
    let more = preview.values.count - rows.count
    return card(
        "Values that change", id: "values",
        table(caption: "Values that change", columns: ["Key", "Service", "Now", "After", "Set by"], rows: rows)
            + (more > 0 ? "<p class=\"dim\">and \(more) more</p>" : "" as HTML))
}

private func diffs(_ preview: PromotionPreview) -> HTML {
    let objects = preview.objects.filter { $0.change != .same }
    guard !objects.isEmpty else { return "" }
    let shown = Array(objects.prefix(100))
    let more: HTML =
        objects.count > shown.count
        ? "<p class=\"dim\">and \(counted(objects.count - shown.count, "object")) more: choose fewer services to see them</p>"
        : ""
    return "<h2 class=\"between\">What changes in the cluster</h2>\(diffCards(shown))\(more)"
}

private func git(_ view: PromotionView, _ context: PageContext) -> HTML {
    let change = view.preview.change(reason: view.form.reason, actor: context.visit.caller.name)
    let plan = view.plan
    let parents: HTML =
        change.otherParents.isEmpty
        ? commitText(plan.to.id) : "\(commitText(plan.to.id)) \(commitText(plan.from.id))"
    let files = plan.files.prefix(100).map { file -> HTML in "<li><code>\(view.preview.path(of: file))</code></li>" }
    let message = ([change.message] + change.trailers.map { "\($0.key): \($0.value)" }).joined(separator: "\n")
    return """
        <details class="card"><summary>The commit that is made on \(plan.request.to.branch)</summary>
        \(facts([
            ("Kind", change.otherParents.isEmpty ? "an ordinary commit of the chosen services" : "a merge"),
            ("Parents", parents), ("Tree", "<code>\(plan.tree)</code>"),
            ("Promises", "<code>\(view.preview.digest)</code>"),
            ("Other files", files.isEmpty ? nil : "<ul>\(files)</ul>"),
        ]))<pre tabindex="0">\(message)</pre></details>

        """
}

// MARK: - the order

private func orderForm(_ view: PromotionView, _ context: PageContext) -> HTML {
    guard !view.preview.isEmpty else {
        return
            "<p class=\"empty\">There is nothing to promote. <a href=\"/envs/\(view.order.to)\">\(view.order.to)</a></p>"
    }
    guard view.canBeDone else {
        return "<p class=\"needs\">This cannot be promoted: mend it on \(view.order.from) first.</p>"
    }
    let chosen = (view.order.services ?? []).sorted().map { name -> HTML in hidden("service", name) }
    let place: Place =
        view.order.services.flatMap { services in
            // The first that the reader may not change stands for all.
            services.sorted().map { Place.service($0, in: view.order.to) }.first {
                !context.visit.allows(.promote, at: $0)
            } ?? services.min().map { .service($0, in: view.order.to) }
        } ?? .environment(view.order.to)
    let count = view.preview.services.count
    let words: HTML =
        count == 0 ? "Promote files to \(view.order.to)" : "Promote \(counted(count, "service")) to \(view.order.to)"
    return """
        <form class="order" method="post" action="/promotions">\(context.changeFields)\
        \(hidden("from", view.order.from))\(hidden("to", view.order.to))\(chosen)\(hidden("expect", view.preview.expectation))
        \(reasonField(view.form.reason, isRequired: false))
        <p class="actions">\(context.button(words, .promote, at: place)) <a href="/">Cancel</a></p>
        <p class="dim">Done exactly as shown, or not at all: when either branch moves in between, you are shown what moved.</p></form>
        """
}

extension PageContext {
    func mayShow(_ service: Name, in environment: Name) -> Bool {
        visit.allows(.view, at: .service(service, in: environment))
    }
}

// MARK: - when there is no preview

/// Nothing was said about from where to where.
func choosePromotionPage(_ context: PageContext) -> Page {
    let links = context.status.environments.dropFirst().map { environment -> HTML in
        let to = environment.environment.name
        let from = context.predecessor(of: to) ?? to
        let waiting = context.waiting(for: to).count
        return
            "<li><a href=\"\(promotionPath(from: from, to: to))\">\(from) to \(to)</a> <span class=\"dim\">\(counted(waiting, "service")) differ</span></li>"
    }
    return Page(
        title: "Promote", section: .promotions,
        content: """
            <div class="headline"><h1>Promote</h1><p class="dim">from one environment to the next</p></div>
            <section class="card" aria-label="Choose"><ul>\(links)</ul></section>
            """)
}

/// A promotion of which no preview can be made: files that both sides changed, for one.
func blockedPromotionPage(
    from: Name, to: Name, failures: [ActionFailure], _ form: PromotionForm, _ context: PageContext
) -> Page {
    let reason = form.reason.map { reason -> HTML in "<p class=\"dim\">Your reason was: \(reason)</p>" }
    return Page(
        title: "Promote \(from) to \(to)", section: .promotions,
        content: """
            <div class="headline"><h1>Promote \(environmentLink(from)) to \(environmentLink(to))</h1></div>
            \(failures.map(\.banner))\(reason)
            <p><a href="\(form.address)">Look again</a> · <a href="/diff?a=env:\(to)&amp;b=env:\(from)">Compare both</a></p>
            """)
}
